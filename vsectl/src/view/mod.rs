//! What a command shows, as data: these types are the documented JSON.

mod message;

pub(crate) use message::MessageView;
