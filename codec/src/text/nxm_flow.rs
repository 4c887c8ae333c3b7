//! A flow with an extended match, which an NXT_FLOW_MOD carries.

use std::fmt;

use super::diagnostic::Problem;
use super::flow::Options;
use super::nxm_match::NxmFields;
use super::print::{Entry, exact_action, plain_action};
use super::reader::Reader;
use crate::nicira::{NiciraMessage, NxmMatch, match_text};
use crate::of10::{Body, FlowMod, Vendor};
use crate::types::{Bytes, Pad};

/// A change of the flow table of Open vSwitch whose match OpenFlow 1.0 cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NxmFlow {
    /// All but the match, which is any here.
    pub flow_mod: FlowMod,
    /// The table; a switch looks at it after NXT_FLOW_MOD_TABLE_ID alone.
    pub table_id: u8,
    /// What a frame must be like.
    pub r#match: NxmMatch,
    /// The padding of the message.
    pub pad: Pad<6>,
}

impl NxmFlow {
    /// The flow of an NXT_FLOW_MOD; nothing for another message.
    #[must_use]
    pub fn from_body(body: &Body) -> Option<Self> {
        match body {
            Body::Vendor(Vendor::Nicira(message)) => {
                let (r#match, pad) = message.extended_match()?;
                let mut flow_mod = message.flow_mod()?;
                let [table_id, command] = u16::from(flow_mod.command).to_be_bytes();
                flow_mod.command = u16::from(command).into();
                let pad = Pad(pad.try_into().unwrap_or_default());
                Some(Self { flow_mod, table_id, r#match: r#match.clone(), pad })
            }
            _ => None,
        }
    }

    /// The message of the flow.
    #[must_use]
    pub fn to_body(&self) -> Body {
        let [_, command] = u16::from(self.flow_mod.command).to_be_bytes();
        let command = u16::from_be_bytes([self.table_id, command]).into();
        let flow_mod = FlowMod { command, ..self.flow_mod.clone() };
        let message = NiciraMessage::of_flow_mod(&flow_mod, &self.r#match, &self.pad.0);
        Body::Vendor(Vendor::Nicira(message))
    }

    pub(super) fn read(text: &str, options: Options) -> Result<(Self, Vec<Problem>), Problem> {
        let Reader { mut flow_mod, matched, .. } = Reader::<NxmFields>::read(text, options)?;
        // A command has one byte here, behind that of the table.
        let [high, command] = u16::from(flow_mod.command).to_be_bytes();
        flow_mod.command = u16::from(command).into();
        let table_id = matched.table | high;
        let (r#match, pad, warnings) = matched.finish();
        let pad = Pad(pad.as_slice().try_into().unwrap_or_default());
        Ok((Self { flow_mod, table_id, r#match, pad }, warnings))
    }

    /// The exact form: the plain one where that says everything, else with entries of the match as
    /// they are and actions in full. Reading it gives back the same flow.
    #[must_use]
    pub fn to_exact_string(&self) -> String {
        let plain = self.entry(match_text::words(&self.r#match.entries)).text(&exact_action);
        let options = Options { actions: super::Requirement::Optional, ..Options::default() };
        if Self::read(&plain, options).is_ok_and(|(again, _)| again == *self) {
            return plain;
        }
        let mut words: Vec<String> = self.r#match.entries.iter().map(ToString::to_string).collect();
        let pads =
            [("pad", &self.pad.0[..]), ("match_pad", self.r#match.odd_pad().unwrap_or_default())];
        let pads = pads.iter().filter(|(_, pad)| pad.iter().any(|byte| *byte != 0));
        let pads: Vec<String> =
            pads.map(|(name, pad)| format!("{name}={}", Bytes::from(*pad))).collect();
        if !pads.is_empty() {
            words.push(format!("unmatched({})", pads.join(",")));
        }
        self.entry(words.join(",")).text(&exact_action)
    }

    fn entry(&self, matched: String) -> Entry<'_> {
        let mut words = Vec::new();
        if self.table_id != 0 {
            words.push(format!("table={}", self.table_id));
        }
        if !matched.is_empty() {
            words.push(matched);
        }
        Entry { flow_mod: &self.flow_mod, words }
    }
}

impl fmt::Display for NxmFlow {
    /// The plain form, in the words of ovs-ofctl: `priority=5,tcp,reg0=0x1 actions=output:2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entry(match_text::words(&self.r#match.entries)).text(&plain_action))
    }
}
