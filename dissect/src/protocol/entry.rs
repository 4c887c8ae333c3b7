//! The entry of VSE's flow table that governs a frame. It is in none of the frame's bytes: somebody
//! who follows the table has to tell.

use crate::frame::Frame;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};

protocol! {
    pub(crate) static PROTOCOL = "vse.entry", "VSE entry";
    SET_BY: Unsigned, "vse.set_by", "set_by",
        "Number of the frame with the FLOW_MOD that governs this frame";
    SET_BY_XID: Hex, "vse.set_by.xid", "xid", "Transaction id of that FLOW_MOD";
    FLOW: Text, "vse.entry.flow", "flow", "The entry that governs the frame";
}

/// The entry that governs a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is, as a flow's text.
    pub flow: String,
    /// The number of the frame that set it, and the xid; nothing where that is not in the capture.
    pub set_by: Option<(u64, u32)>,
}

/// Follows a flow table, and knows which entry governs a frame.
pub trait Annotator: std::fmt::Debug + Send {
    /// The entry that governs `frame`, if one does. Asked at most once for each walk over a frame,
    /// and only where somebody wants to know.
    fn entry_of(&mut self, frame: &Frame<'_>) -> Option<Entry>;
}

/// Reports the entry as a layer without bytes, behind those of the frame.
pub(crate) fn report(annotator: &mut dyn Annotator, frame: &Frame<'_>, sink: &mut impl Sink) {
    let Some(entry) = annotator.entry_of(frame) else { return };
    let place = Place { offset: None, len: 0 };
    sink.enter(&PROTOCOL, place);
    if let Some((number, xid)) = entry.set_by {
        sink.field(&SET_BY, place, Value::Unsigned(number));
        sink.field(&SET_BY_XID, place, Value::Unsigned(xid.into()));
    }
    sink.field(&FLOW, place, Value::Text(&entry.flow));
    sink.leave();
}
