//! The action controller in a flow's text: OpenFlow's output where that can say it, else one of Nicira's
//! two.

use serde_json::{Value as Json, json};

use super::diagnostic::Problem;
use super::nicira::{make, set};
use super::word::{Word, number_up_to, number16};
use crate::nicira::NiciraPacketInReason;
use crate::of10::{Action, PortNo};
use crate::types::{Bytes, read_hex};

/// `controller`, with at most so many bytes.
pub(super) fn controller(len: Option<&Word<'_>>) -> Result<Action, Problem> {
    let max_len = len.map_or(Ok(u16::MAX), |len| number16(len, "max_len"))?;
    Ok(Action::Output { port: PortNo::CONTROLLER, max_len })
}

/// `controller(…)`.
pub(super) fn controller_with(word: &Word<'_>, arguments: &[Word<'_>]) -> Result<Action, Problem> {
    let (mut max_len, mut id, mut meter) = (u16::MAX, 0, None);
    let (mut reason, mut userdata, mut pause) = (NiciraPacketInReason::Action, Vec::new(), false);
    for argument in arguments {
        match argument.key_value() {
            ("max_len", Some(value)) => max_len = number16(&value, "max_len")?,
            ("id", Some(value)) => id = number16(&value, "id")?,
            ("reason", Some(value)) => {
                reason = NiciraPacketInReason::from_name(value.text).ok_or_else(|| {
                    let names = NiciraPacketInReason::ALL.iter().filter_map(|it| it.name());
                    let text = format!("{:?} is no reason", value.text);
                    value.problem(text).help(names.collect::<Vec<_>>().join(", "))
                })?;
            }
            ("userdata", Some(value)) => {
                let bytes = read_hex(&value.text.replace('.', ""));
                let bytes = bytes.filter(|bytes| !bytes.is_empty());
                userdata = bytes.ok_or_else(|| {
                    value.problem("userdata is pairs of hex digits").help("userdata=01.02.03")
                })?;
            }
            ("pause", None) => pause = true,
            ("meter_id", Some(value)) => {
                meter = Some(number_up_to(&value, "meter_id", u32::MAX.into())?);
            }
            _ => {
                let text = format!("controller has no {:?}", argument.text);
                let help = "max_len, id, reason, userdata, pause and meter_id";
                return Err(argument.problem(text).help(help));
            }
        }
    }
    let by_action = reason == NiciraPacketInReason::Action;
    if userdata.is_empty() && !pause && meter.is_none() {
        if by_action && id == 0 {
            return Ok(Action::Output { port: PortNo::CONTROLLER, max_len });
        }
        return make(
            word,
            json!({
                "subtype": "controller", "max_len": max_len, "controller_id": id, "reason": reason,
            }),
        );
    }
    let mut properties = Vec::new();
    let mut put = |kind: &str, value: Option<Json>| {
        let mut property = json!({ "type": kind });
        if let Some(value) = value {
            set(&mut property, kind, value);
        }
        properties.push(property);
    };
    if max_len != u16::MAX {
        put("max_len", Some(max_len.into()));
    }
    if id != 0 {
        put("controller_id", Some(id.into()));
    }
    if !by_action {
        put("reason", Some(json!(reason)));
    }
    if !userdata.is_empty() {
        put("userdata", Some(json!(Bytes(userdata))));
    }
    if pause {
        put("pause", None);
    }
    if let Some(meter) = meter {
        put("meter_id", Some(meter.into()));
    }
    make(word, json!({ "subtype": "controller2", "properties": properties }))
}
