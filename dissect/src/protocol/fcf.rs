//! The Flow Control Field, which the type of service or a VLAN tag carries: vse-protocol(7).

use codec::fcf::Fcf;
use codec::vse::Carrier;

use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};
use crate::walk::Walk;

protocol! {
    /// Fields of the layer that carries them, and of no layer of their own.
    pub(crate) static PROTOCOL = "vse.fcf", "Flow Control Field";
    VM_ID: Unsigned, "vse.fcf.vm_id", "vse.fcf.vm_id", "VM id, 0 for none";
    PRIORITY: Flag, "vse.fcf.priority", "vse.fcf.priority", "Priority";
}

/// Reports the field in `bits`, where frames have one in this carrier.
pub(crate) fn report(
    walk: &Walk<'_>,
    carrier: Carrier,
    bits: u16,
    place: Place,
    sink: &mut impl Sink,
) -> Option<Fcf> {
    let layout = walk.options.fcf.filter(|layout| layout.carrier == carrier)?;
    let field = layout.read(bits);
    if sink.wants(&PROTOCOL) {
        sink.field(&VM_ID, place, Value::Unsigned(field.vm_id.into()));
        sink.field(&PRIORITY, place, Value::Flag(field.priority));
    }
    Some(field)
}
