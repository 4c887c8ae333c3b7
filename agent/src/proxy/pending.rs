//! Requests that VSE has not settled yet, with the xids that they had.
//!
//! To VSE each request goes under a number of the session's own, so that those of the controller
//! and those of the proxy never meet. VSE does what it is asked in order: an answer settles all
//! that was asked before.

use std::collections::VecDeque;

/// Bytes of a refused message that an ERROR brings back.
const HEAD_LEN: usize = 64;

/// A request that is not settled.
#[derive(Debug)]
pub(super) struct Asked<O> {
    /// Its xid on the way to VSE.
    pub(super) number: u32,
    /// The xid that the sender gave it.
    pub(super) xid: u32,
    /// How it reached the proxy; its answer goes the same way back.
    pub(super) origin: O,
    /// Whether it is answered where all is well.
    pub(super) answered: bool,
    /// The beginning of it as the sender wrote it.
    pub(super) head: Vec<u8>,
}

/// The requests that are not settled, in the order in which they were sent.
#[derive(Debug)]
pub(super) struct Pending<O> {
    asked: VecDeque<Asked<O>>,
    last: u32,
}

impl<O: Copy> Pending<O> {
    /// Nothing asked.
    pub(super) fn new() -> Self {
        Self { asked: VecDeque::new(), last: 0 }
    }

    /// Notes `message`, which has `xid`; its number on the way to VSE.
    pub(super) fn note(&mut self, message: &[u8], xid: u32, origin: O, answered: bool) -> u32 {
        // Zero is the xid of what nobody asked for.
        self.last = self.last.wrapping_add(1).max(1);
        let head = message.get(..HEAD_LEN).unwrap_or(message).to_vec();
        self.asked.push_back(Asked { number: self.last, xid, origin, answered, head });
        self.last
    }

    /// The request that an answer under `number` is for; those before it are settled. It stays
    /// where `more` answers follow.
    pub(super) fn answer(&mut self, number: u32, more: bool) -> Option<Asked<O>> {
        let at = self.asked.iter().position(|asked| asked.number == number)?;
        self.asked.drain(..at);
        let asked = self.asked.pop_front()?;
        if more {
            let Asked { number, xid, origin, answered, .. } = asked;
            self.asked.push_front(Asked {
                number,
                xid,
                origin,
                answered,
                head: asked.head.clone(),
            });
        }
        Some(asked)
    }

    /// Whether something was asked last that is not answered where all is well: nothing tells then
    /// that it is settled.
    pub(super) fn is_open(&self) -> bool {
        self.asked.back().is_some_and(|asked| !asked.answered)
    }

    /// Whether a change that came this way is not settled.
    pub(super) fn has_change(&self, came: impl Fn(O) -> bool) -> bool {
        self.asked.iter().any(|asked| !asked.answered && came(asked.origin))
    }

    /// Requests that are not settled.
    pub(super) fn len(&self) -> usize {
        self.asked.len()
    }

    /// Takes all that is not settled: VSE is gone.
    pub(super) fn take(&mut self) -> VecDeque<Asked<O>> {
        std::mem::take(&mut self.asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_settles_what_was_asked_before() {
        let mut pending = Pending::new();
        let message = [7; 100];
        let first = pending.note(&message, 70, "frame", false);
        let second = pending.note(&message, 71, "session", true);
        let third = pending.note(&message[..8], 71, "session", false);
        assert!(pending.is_open() && pending.has_change(|came| came == "session"));
        let asked = pending.answer(second, false).unwrap();
        assert_eq!((asked.xid, asked.origin, asked.head.len()), (71, "session", 64));
        assert!(pending.answer(first, false).is_none());
        assert_eq!(pending.take().iter().map(|asked| asked.number).collect::<Vec<_>>(), [third]);
        assert_eq!(pending.len(), 0);
    }

    #[test]
    fn one_of_several_answers_leaves_the_request() {
        let mut pending = Pending::new();
        let number = pending.note(&[1; 8], 5, "session", true);
        assert!(pending.answer(number, true).is_some());
        assert!(pending.answer(number, false).is_some());
        assert!(pending.answer(number, false).is_none());
    }
}
