//! What a command shows, as data: these types are the documented JSON.

mod doctor;
mod experiment;
mod message;

pub(crate) use doctor::{DoctorInput, DoctorView};
pub(crate) use experiment::{CaseView, ExperimentView, ResultView, Spread};
pub(crate) use message::MessageView;
