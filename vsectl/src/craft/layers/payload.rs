//! What the innermost layer carries.

use super::{BuildError, Part, View};
use crate::craft::field::{FieldType, Kind, LayerType, Protocol};
use crate::craft::probe::{self, Probe};

pub(crate) static LAYER: LayerType = LayerType {
    name: "payload",
    aliases: &["data"],
    title: "bytes",
    protocol: Protocol::Payload,
    fields: &[
        FieldType::new("len", Kind::Number(16), "bytes; those of the content where not given"),
        FieldType::new("text", Kind::Text, "begin with this text, commas and all"),
        FieldType::new(
            "hex",
            Kind::Bytes,
            "begin with these bytes, or random(8): with eight of any value",
        ),
        FieldType::new("fill", Kind::Hex(8), "the byte of the rest; it counts where not given"),
        FieldType::new("noise", Kind::Switch, "the rest is random, by the seed"),
        FieldType::new("probe", Kind::Switch, "begin with a probe, for loss, order and delay"),
        FieldType::new(probe::FLOW, Kind::Number(32), "flow of the probe").needs("probe"),
        FieldType::new(probe::SEQUENCE, Kind::Number(64), "sequence of the probe").needs("probe"),
        FieldType::new(probe::TIME, Kind::Number(64), "time of the probe").needs("probe"),
    ],
};

pub(super) fn build(seed: u64, view: View<'_>, part: &mut Part) -> Result<(), BuildError> {
    let mut bytes = Vec::new();
    if view.is("probe") {
        let number = |name: &str| {
            u64::try_from(view.number(name).unwrap_or(0) & u128::from(u64::MAX)).unwrap_or(0)
        };
        let probe = Probe {
            flow: view.u32(probe::FLOW, 0),
            sequence: number(probe::SEQUENCE),
            time: number(probe::TIME),
        };
        bytes.extend(probe.bytes());
    }
    bytes.extend_from_slice(&view.bytes("text"));
    bytes.extend_from_slice(&view.bytes("hex"));
    let len = view.number("len").map_or(bytes.len(), |len| usize::from(super::low16(len)));
    if view.is("probe") && len < Probe::LEN {
        return Err(BuildError::Probe(len));
    }
    bytes.truncate(len);
    let mut random = fastrand::Rng::with_seed(seed);
    let (noise, fill) = (view.is("noise"), view.number("fill"));
    while bytes.len() < len {
        let count = u8::try_from(bytes.len() & 0xff).unwrap_or(0);
        bytes.push(match fill {
            _ if noise => random.u8(..),
            Some(_) => view.u8("fill", 0),
            None => count,
        });
    }
    part.prepend(bytes);
    Ok(())
}
