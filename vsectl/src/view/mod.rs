//! What a command shows, as data: these types are the documented JSON.

mod frame;
mod message;

pub(crate) use frame::FrameView;
pub(crate) use message::MessageView;
