//! `vsectl.message/1`: one OpenFlow message.

use codec::of10::Message;
use serde::Serialize;

/// A message with the name of its schema.
#[derive(Debug, Serialize)]
pub(crate) struct MessageView {
    schema: &'static str,
    #[serde(flatten)]
    pub(crate) message: Message,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self { schema: "vsectl.message/1", message }
    }
}
