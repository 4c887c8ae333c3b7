//! What a command shows, as data: these types are the documented JSON.

mod assignment;
mod comparison;
mod config;
mod core;
mod datapath;
mod doctor;
mod expect;
mod experiment;
mod flow;
mod flow_diff;
mod forecast;
mod list;
mod message;
mod trace;
mod vm;

pub(crate) use self::core::CoreView;
pub(crate) use assignment::AssignmentView;
pub(crate) use comparison::{
    CaptureDiffView, CaptureSide, ChangedMessage, ChangedRow, ConversationDiff, FieldChange,
    MessageAt, RowsDiff, TableDiffView,
};
pub(crate) use config::ConfigView;
pub(crate) use datapath::DatapathView;
pub(crate) use doctor::{DoctorInput, DoctorView};
pub(crate) use expect::{DelayView, ExpectView, ProbeFlowView};
pub(crate) use experiment::{CaseView, ExperimentView, ResultView, Spread};
pub(crate) use flow::FlowView;
pub(crate) use flow_diff::FlowDiffView;
pub(crate) use forecast::{CoreForecast, EntryForecast, ForecastView};
pub(crate) use list::{EntryView, ListView, Listed};
pub(crate) use message::MessageView;
pub(crate) use trace::TraceView;
pub(crate) use vm::VmView;
