//! Single settings outside of a specification: `ip.src=10.0.0.1` and the like, for rewriting frames.
//! Where a field stands in its header is found out by building, as for a template.

use codec::fcf::{Fcf, FcfLayout};
use codec::text::Diagnostic;

use super::build;
use super::field::{FieldType, LayerType, Protocol};
use super::layers::{self, LAYERS};
use super::parse::{SpecError, parse};
use super::spec::{Combine, Layer, Spec};
use super::template::{Place, find_place};

/// Where a field stands, from the start of its header.
pub(crate) type FieldPlace = Place;

/// A field of a header, and its value.
#[derive(Debug, Clone)]
pub(crate) struct FieldSetting {
    pub(crate) protocol: Protocol,
    /// The word of the field.
    pub(crate) field: &'static str,
    pub(crate) place: FieldPlace,
    pub(crate) value: u128,
}

/// Reads `LAYER.FIELD=VALUE`; the name may be that of the display filter as well.
pub(crate) fn parse_set(text: &str) -> Result<FieldSetting, SpecError> {
    let wrong = |message: String, help: Option<String>| {
        let span = 0..text.split('=').next().unwrap_or(text).len();
        SpecError(Box::new(Diagnostic { text: text.to_owned(), span, message, help }))
    };
    let Some((name, value)) = text.split_once('=') else {
        return Err(wrong(format!("{text} has no value"), Some(format!("{text}=…"))));
    };
    let Some((layer, field)) = find(name) else {
        let names = LAYERS.iter().flat_map(|layer| layer.fields.iter().map(|f| full(layer, f)));
        let names: Vec<String> = names.collect();
        let like = codec::text::nearest(name, names.iter().map(String::as_str));
        let help = like.map(|like| format!("did you mean {like}?"));
        return Err(wrong(format!("{name} is no field that can be set"), help));
    };
    // What stands below decides nothing but that the layer can be built.
    let below = match layer.protocol {
        Protocol::Ethernet => "",
        Protocol::Icmpv6 => "ip6 / ",
        Protocol::Icmp | Protocol::Udp | Protocol::Tcp => "ip / ",
        Protocol::Vlan | Protocol::Arp | Protocol::Ipv4 | Protocol::Ipv6 => "eth / ",
        _ => return Err(wrong(format!("{} is not set in frames", layer.title), None)),
    };
    // Flags follow from the acknowledgement where they are not given.
    let given =
        if layer.protocol == Protocol::Tcp && field.name == "ack" { " flags=A" } else { "" };
    let line = |value: &str| format!("{below}{}{given} {}={value}", layer.name, field.name);
    let layers = parse(&line(value)).map_err(|SpecError(inner)| {
        let (text, span) = (text.to_owned(), name.len() + 1..text.len());
        SpecError(Box::new(Diagnostic { text, span, ..*inner }))
    })?;
    let place = place(parse(&line(&field.kind.write(0))).unwrap_or_default());
    let fixed = layers.last().and_then(|layer| layer.values(field.name)?.fixed());
    match (place, fixed) {
        (Some(place), Some(value)) => {
            Ok(FieldSetting { protocol: layer.protocol, field: field.name, place, value })
        }
        (None, _) => Err(wrong(format!("{name} is no field that can be set"), None)),
        (_, None) => Err(wrong(format!("{name} takes one value"), None)),
    }
}

fn full(layer: &LayerType, field: &FieldType) -> String {
    format!("{}.{}", layer.name, field.name)
}

fn find(name: &str) -> Option<(&'static LayerType, &'static FieldType)> {
    let fields = || {
        let layers = LAYERS.iter().copied();
        layers.flat_map(|layer| layer.fields.iter().map(move |field| (layer, field)))
    };
    let exact = fields().find(|(layer, field)| full(layer, field) == name);
    exact.or_else(|| fields().find(|(_, field)| field.filter == Some(name)))
}

/// Where the last setting of the last layer stands in that layer.
fn place(mut layers: Vec<Layer>) -> Option<Place> {
    let spec = |layers: &[Layer]| Spec {
        layers: layers.to_vec(),
        count: None,
        seed: 0,
        combine: Combine::Product,
    };
    let whole = spec(&layers);
    let settings = whole.layers.iter().flat_map(|layer| &layer.settings);
    let values: Vec<u128> = settings.map(|setting| setting.values.lowest()).collect();
    let bits = whole.layers.last()?.settings.last()?.field.kind.bits()?;
    let built = build::frames(&whole, &values, 0).ok()?;
    let found = find_place(&whole, &values, values.len().checked_sub(1)?, bits, built.first()?)?;
    layers.pop();
    let below = build::frames(&spec(&layers), &[], 0).ok()?;
    found.behind(below.first()?.bytes.len())
}

/// Reads what follows `fcf` in a layer: `vm=5 prio layout=dscp`.
pub(crate) fn parse_fcf(text: &str) -> Result<(FcfLayout, Fcf), SpecError> {
    let in_tag = text.contains("layout=vlan") || text.contains("layout=custom(vlan");
    let layers = parse(&format!("{} fcf {text}", if in_tag { "vlan" } else { "ip" }))?;
    let missing = || {
        let message = "one VM id is needed, and one layout at most".to_owned();
        let (text, help) = (text.to_owned(), Some("vm=5".to_owned()));
        SpecError(Box::new(Diagnostic { span: 0..text.len(), text, message, help }))
    };
    let layer = layers.last().ok_or_else(missing)?;
    let [layout] = layers::layouts(layer)[..] else { return Err(missing()) };
    let fixed = |name: &str| layer.values(name)?.fixed();
    let vm_id = fixed("vm").and_then(|vm| u16::try_from(vm).ok()).ok_or_else(missing)?;
    let priority = fixed("prio").is_some_and(|prio| prio != 0);
    Ok((layout, Fcf { vm_id, priority }))
}

/// Reads what follows `vlan`: the EtherType and the TCI of the tag.
pub(crate) fn parse_tag(text: &str) -> anyhow::Result<[u8; 4]> {
    let layers = parse(&format!("vlan {text}"))?;
    let spec = Spec { layers, count: Some(1), seed: 0, combine: Combine::Product };
    let mut family = super::Family::new(spec)?;
    let frame = family.next(0)?.unwrap_or_default();
    let tag = frame.get(12..).and_then(<[u8]>::first_chunk).copied();
    tag.ok_or_else(|| anyhow::anyhow!("{text:?} makes no tag"))
}
