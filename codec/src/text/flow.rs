//! A flow: a change of the flow table, as text and as a message.

use std::str::FromStr;

use super::diagnostic::{FlowTextError, LineError, Problem, Warning};
use super::field::Fields;
use super::reader::Reader;
use crate::of10::{Body, FlowMod, FlowModCommand, Vendor};
use crate::types::Pad;
use crate::vse::{Tlv, Tlvs, VseFlowMod, VseMessage};

/// A change of the flow table, whether OpenFlow 1.0 can say it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What OpenFlow 1.0 can say, and the actions.
    pub flow_mod: FlowMod,
    /// What else must match.
    pub tlvs: Vec<Tlv>,
}

/// Whether a flow's text must have actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requirement {
    /// As the command asks: all but deletions need them.
    #[default]
    ByCommand,
    /// They may be left out, as in a filter.
    Optional,
}

/// How a flow's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What to do where the text does not begin with a command.
    pub command: Option<FlowModCommand>,
    /// Change what would be ignored or refused, as ovs-ofctl does, with a warning.
    pub lenient: bool,
    /// Whether actions are needed.
    pub actions: Requirement,
}

impl Flow {
    /// The flow of a FLOW_MOD, plain or extended; nothing for another message.
    #[must_use]
    pub fn from_body(body: &Body) -> Option<Self> {
        match body {
            Body::FlowMod(flow_mod) => Some(Self { flow_mod: flow_mod.clone(), tlvs: Vec::new() }),
            Body::Vendor(Vendor::Vse(VseMessage::FlowMod(extended))) => {
                Some(Self { flow_mod: extended.flow.clone(), tlvs: extended.tlvs.tlvs.clone() })
            }
            _ => None,
        }
    }

    /// The message of the flow: a plain FLOW_MOD where that can say it, VSE's own where not.
    #[must_use]
    pub fn to_body(&self) -> Body {
        let flow = self.flow_mod.clone();
        if self.tlvs.is_empty() {
            return Body::FlowMod(flow);
        }
        let tlvs = Tlvs::new(self.tlvs.clone());
        let extended = VseFlowMod { flow, pad: Pad::default(), tlvs };
        Body::Vendor(Vendor::Vse(VseMessage::FlowMod(extended)))
    }

    /// Reads a flow; in lenient mode, also tells what was changed.
    pub fn parse(text: &str, options: Options) -> Result<(Self, Vec<Warning>), FlowTextError> {
        let (flow, warnings) = Self::read(text, options).map_err(|problem| problem.error(text))?;
        Ok((flow, warnings.into_iter().map(|problem| problem.warning(text)).collect()))
    }

    pub(super) fn read(text: &str, options: Options) -> Result<(Self, Vec<Problem>), Problem> {
        let Reader { mut flow_mod, matched, .. } = Reader::<Fields>::read(text, options)?;
        let (r#match, tlvs, warnings) = matched.finish();
        flow_mod.r#match = r#match;
        Ok((Self { flow_mod, tlvs }, warnings))
    }

    /// Reads a file of flows, one a line; blank lines and `#` comments are left out, as is the
    /// line at the head of a dump.
    pub fn parse_lines(
        text: &str,
        options: Options,
    ) -> Result<Vec<(Self, Vec<Warning>)>, LineError> {
        lines(text, |line| Self::parse(line, options))
    }
}

/// Reads each line that has a flow.
pub(super) fn lines<T>(
    text: &str,
    read: impl Fn(&str) -> Result<T, FlowTextError>,
) -> Result<Vec<T>, LineError> {
    let flows = text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.split('#').next().unwrap_or(line).trim();
        let heading = line.starts_with("NXST_FLOW reply")
            || line.starts_with("OFPST_FLOW reply")
            || line.is_empty();
        let numbered = |error| LineError { line: index + 1, error };
        (!heading).then(|| read(line).map_err(numbered))
    });
    flows.collect()
}

impl FromStr for Flow {
    type Err = FlowTextError;

    /// Reads a flow strictly; without a command it is an addition.
    fn from_str(text: &str) -> Result<Self, FlowTextError> {
        Self::parse(text, Options::default()).map(|(flow, _)| flow)
    }
}
