//! Data frames joined to the FLOW_MODs that govern them, for the fields `vse.set_by`.

use std::sync::{Arc, Mutex, PoisonError};

use agent::engine::UnixOffset;
use dissect::{Annotator, Entry, Frame};

use super::{FollowOptions, Follower, Tap};
use crate::view::FlowView;

/// Follows the flow table beside a walk over the frames of a capture.
#[derive(Debug, Clone)]
pub(crate) struct Join(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    follower: Follower,
    tap: Tap,
    /// Number and time of the frame that was looked at last, whose messages are not done yet.
    held: Option<(u64, u64)>,
}

impl Join {
    pub(crate) fn new(options: FollowOptions) -> Self {
        let follower = Follower::new(options);
        Self(Arc::new(Mutex::new(State { follower, tap: Tap::default(), held: None })))
    }

    /// Does what the messages of the frame before ask for, then has `walk` find those of `frame`,
    /// which count from the next frame on.
    pub(crate) fn look(&self, frame: &Frame<'_>, walk: impl FnOnce(&mut Tap)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { follower, tap, held } = &mut *state;
        if let Some((number, time)) = held.replace((frame.number, frame.time)) {
            follower.messages(number, time, tap);
        }
        tap.clear();
        walk(tap);
    }
}

impl Annotator for Join {
    fn entry_of(&mut self, frame: &Frame<'_>) -> Option<Entry> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What asks for a flow is none of its frames.
        if state.tap.is_control() {
            return None;
        }
        let (entry, origin) = state.follower.governing(frame)?;
        let now = entry.last_used;
        let flow = FlowView::from(entry.to_stats(now, UnixOffset(0))).flow;
        Some(Entry { flow, set_by: origin.map(|origin| (origin.frame, origin.xid)) })
    }
}
