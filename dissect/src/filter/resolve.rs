//! What the names of a filter or a column stand for.

use crate::collector::{Collected, Collector, Slot};
use crate::registry::{self, Field, Kind};
use crate::sink::Value;

/// Names that stand for several fields, as in Wireshark.
const TOGETHER: [(&str, [&str; 2]); 7] = [
    ("eth.addr", ["eth.dst", "eth.src"]),
    ("ip.addr", ["ip.src", "ip.dst"]),
    // Of IPv6 too.
    ("ip.version", ["ip.version", "ipv6.version"]),
    ("ipv6.addr", ["ipv6.src", "ipv6.dst"]),
    ("tcp.port", ["tcp.srcport", "tcp.dstport"]),
    ("udp.port", ["udp.srcport", "udp.dstport"]),
    ("vlan.tci", ["vlan.id", "vlan.priority"]),
];

/// The fields that a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) slots: Vec<Slot>,
    /// One of the fields; all are of one kind.
    pub(super) field: &'static Field,
    /// The bit of the fields that is meant, as in `tcp.flags.syn`.
    pub(super) bit: Option<u64>,
}

impl Named {
    /// The fields of `name`, which `collector` collects from now on.
    pub(super) fn resolve(name: &str, collector: &mut Collector) -> Option<Self> {
        if let Some((_, names)) = TOGETHER.iter().find(|(together, _)| *together == name) {
            let slots = names.iter().filter_map(|name| collector.want(name)).collect();
            let field = registry::fields_named(names.first()?).next()?.1;
            return Some(Self { slots, field, bit: None });
        }
        if let Some((_, field)) = registry::fields_named(name).next() {
            return Some(Self { slots: vec![collector.want(name)?], field, bit: None });
        }
        let (flags, bit) = name.rsplit_once('.')?;
        let (_, field) = registry::fields_named(flags).next()?;
        let Kind::Bits(names) = field.kind else { return None };
        let bit = names.value(bit)?;
        Some(Self { slots: vec![collector.want(flags)?], field, bit: Some(bit) })
    }

    /// The values that were found.
    pub(super) fn values<'a>(
        &'a self,
        collected: &'a Collector,
    ) -> impl Iterator<Item = Collected<'a>> {
        collected.values_of(&self.slots).map(|mut found| {
            if let (Some(bit), Some(Value::Unsigned(bits))) = (self.bit, found.value) {
                found.value = Some(Value::Flag(bits & bit == bit));
            }
            found
        })
    }

    /// The kind of the values.
    pub(super) fn kind(&self) -> Kind {
        if self.bit.is_some() { Kind::Flag } else { self.field.kind }
    }
}

/// The known name that is nearest to `name`, if one is near.
#[must_use]
pub fn nearest_field(name: &str) -> Option<&'static str> {
    let fields = registry::all_fields().map(|(_, field)| field.name);
    let protocols = crate::PROTOCOLS.iter().map(|protocol| protocol.name);
    let together = TOGETHER.iter().map(|(name, _)| *name);
    let all = fields.chain(protocols).chain(together);
    let near = all.map(|known| (strsim::jaro_winkler(name, known), known));
    let best = near.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness > 0.85).map(|(_, known)| known)
}

/// A field that is to be printed.
#[derive(Debug, Clone)]
pub struct Column {
    named: Target,
}

#[derive(Debug, Clone)]
enum Target {
    Fields(Named),
    Layer(Slot),
}

/// A name that is no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no field {name:?}{}", help.as_ref().map(|help| format!("; did you mean {help}?")).unwrap_or_default())]
pub struct ColumnError {
    /// The name.
    pub name: String,
    /// A name that is like it.
    pub help: Option<&'static str>,
}

impl Column {
    /// The field or protocol of that name, which `collector` collects from now on.
    pub fn new(name: &str, collector: &mut Collector) -> Result<Self, ColumnError> {
        if let Some(named) = Named::resolve(name, collector) {
            return Ok(Self { named: Target::Fields(named) });
        }
        let slot = collector
            .want_layer(name)
            .ok_or_else(|| ColumnError { name: name.to_owned(), help: nearest_field(name) })?;
        Ok(Self { named: Target::Layer(slot) })
    }

    /// The kind of its values.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match &self.named {
            Target::Fields(named) => Some(named.kind()),
            Target::Layer(_) => None,
        }
    }

    /// Calls `each` for the values that were found.
    pub fn each<'a>(&'a self, collected: &'a Collector, mut each: impl FnMut(Collected<'a>)) {
        match &self.named {
            Target::Fields(named) => named.values(collected).for_each(each),
            Target::Layer(slot) => collected.values(*slot).for_each(&mut each),
        }
    }
}
