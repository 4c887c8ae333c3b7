//! Whatever message a flow's text is about.

use std::fmt;

use super::diagnostic::{FlowTextError, LineError, Warning};
use super::flow::{Flow, Options, lines};
use super::nxm_flow::NxmFlow;
use crate::nicira::FlowFormat;
use crate::of10::{Body, FlowMod};

/// A change of a flow table: of OpenFlow 1.0, with what VSE adds; or of Open vSwitch, where OpenFlow 1.0
/// cannot say what is matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowMessage {
    /// A FLOW_MOD, plain or VSE's own.
    Flow(Flow),
    /// An NXT_FLOW_MOD.
    Nxm(NxmFlow),
}

impl FlowMessage {
    /// Reads a flow. It becomes a FLOW_MOD where that can say it and an NXT_FLOW_MOD where not, unless
    /// `format` says which.
    pub fn parse(
        text: &str,
        options: Options,
        format: Option<FlowFormat>,
    ) -> Result<(Self, Vec<Warning>), FlowTextError> {
        let plain = || Flow::read(text, options).map(|(flow, told)| (Self::Flow(flow), told));
        let nxm = || NxmFlow::read(text, options).map(|(flow, told)| (Self::Nxm(flow), told));
        let read = match format {
            Some(FlowFormat::Nxm) => nxm(),
            Some(_) => plain(),
            // The words say which, so that what is wrong is told in the terms of that.
            None => plain().or_else(|problem| if problem.is_beyond { nxm() } else { Err(problem) }),
        };
        let (flow, told) = read.map_err(|problem| problem.error(text))?;
        Ok((flow, told.into_iter().map(|problem| problem.warning(text)).collect()))
    }

    /// Reads a file of flows, one a line, as [`Flow::parse_lines`] does.
    pub fn parse_lines(
        text: &str,
        options: Options,
        format: Option<FlowFormat>,
    ) -> Result<Vec<(Self, Vec<Warning>)>, LineError> {
        lines(text, |line| Self::parse(line, options, format))
    }

    /// The flow of a FLOW_MOD, plain or extended; nothing for another message.
    #[must_use]
    pub fn from_body(body: &Body) -> Option<Self> {
        Flow::from_body(body).map(Self::Flow).or_else(|| NxmFlow::from_body(body).map(Self::Nxm))
    }

    /// The message of the flow.
    #[must_use]
    pub fn to_body(&self) -> Body {
        match self {
            Self::Flow(flow) => flow.to_body(),
            Self::Nxm(flow) => flow.to_body(),
        }
    }

    /// All but what is matched beyond OpenFlow 1.0.
    #[must_use]
    pub fn flow_mod(&self) -> &FlowMod {
        match self {
            Self::Flow(flow) => &flow.flow_mod,
            Self::Nxm(flow) => &flow.flow_mod,
        }
    }

    /// The text that keeps every bit. Reading it gives back the same flow.
    #[must_use]
    pub fn to_exact_string(&self) -> String {
        match self {
            Self::Flow(flow) => flow.to_exact_string(),
            Self::Nxm(flow) => flow.to_exact_string(),
        }
    }
}

impl fmt::Display for FlowMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(flow) => flow.fmt(f),
            Self::Nxm(flow) => flow.fmt(f),
        }
    }
}
