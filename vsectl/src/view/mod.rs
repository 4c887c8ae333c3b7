//! What a command shows, as data: these types are the documented JSON.

mod doctor;
mod message;

pub(crate) use doctor::{DoctorInput, DoctorView};
pub(crate) use message::MessageView;
