//! What a capture says of a frame, which is not in its bytes.

use crate::frame::Frame;
use crate::registry::protocol;
use crate::sink::{Place, Sink, Value};

protocol! {
    pub(crate) static PROTOCOL = "frame", "Frame";
    NUMBER: Unsigned, "frame.number", "number", "Number in the capture, from 1";
    TIME: Time, "frame.time", "time", "When it was captured";
    TIME_EPOCH: Seconds, "frame.time_epoch", "time_epoch", "Seconds since the Unix epoch";
    TIME_RELATIVE: Seconds, "frame.time_relative", "time_relative", "Seconds since the first frame";
    TIME_DELTA: Seconds, "frame.time_delta", "time_delta", "Seconds since the frame before";
    TIME_DELTA_DISPLAYED: Seconds, "frame.time_delta_displayed", "time_delta_displayed",
        "Seconds since the frame shown before";
    LEN: Unsigned, "frame.len", "len", "Length on the wire, bytes";
    CAP_LEN: Unsigned, "frame.cap_len", "cap_len", "Captured length, bytes";
    INTERFACE_ID: Unsigned, "frame.interface_id", "interface_id", "Interface, from 0";
    INTERFACE_NAME: Text, "frame.interface_name", "interface_name",
        "Name of the interface, where the capture has it";
}

/// The times of the frames before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    first: Option<u64>,
    before: Option<u64>,
    now: u64,
    shown: Option<u64>,
}

impl Clock {
    /// Notes the next frame.
    pub(crate) fn advance(&mut self, time: u64) {
        self.before = self.first.map(|_| self.now);
        self.first.get_or_insert(time);
        self.now = time;
    }

    /// Notes that a frame is shown.
    pub(crate) fn shown(&mut self, time: u64) {
        self.shown = Some(time);
    }
}

/// Reports the fields of `frame`, outside of any layer.
pub(crate) fn fields(frame: &Frame<'_>, clock: &Clock, sink: &mut impl Sink) {
    let place = Place { offset: None, len: 0 };
    let mut put = |field, value| sink.field(field, place, Value::Unsigned(value));
    let since = |time: Option<u64>| frame.time.saturating_sub(time.unwrap_or(frame.time));
    put(&NUMBER, frame.number);
    put(&TIME, frame.time);
    put(&TIME_EPOCH, frame.time);
    put(&TIME_RELATIVE, since(clock.first));
    put(&TIME_DELTA, since(clock.before));
    put(&TIME_DELTA_DISPLAYED, since(clock.shown));
    put(&LEN, u64::try_from(frame.len).unwrap_or(u64::MAX));
    put(&CAP_LEN, u64::try_from(frame.bytes.len()).unwrap_or(u64::MAX));
    put(&INTERFACE_ID, frame.interface.into());
    if let Some(name) = frame.interface_name {
        sink.field(&INTERFACE_NAME, place, Value::Text(name));
    }
}
