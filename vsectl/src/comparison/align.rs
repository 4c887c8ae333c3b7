//! Which message of one conversation is which of another.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::fields::differences;
use super::recording::Item;
use crate::view::{ChangedMessage, ConversationDiff, MessageAt};

/// How long the best alignment is looked for; then a good one does.
const PATIENCE: Duration = Duration::from_secs(5);

/// Numbers for what is the same.
#[derive(Debug, Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, text: String) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(text).or_insert(next)
    }
}

/// Notes in `diff` how the messages of `to` differ from those of `from`, in their order. Those that
/// say the same are the same; of the others, those of one kind in the same place have changed.
pub(super) fn align(from: &[Item], to: &[Item], diff: &mut ConversationDiff) {
    let deadline = Some(Instant::now() + PATIENCE);
    let mut numbers = Numbers::default();
    let mut said = |items: &[Item]| -> Vec<u32> {
        items.iter().map(|item| numbers.of(format!("{} {}", item.kind, item.value))).collect()
    };
    let (a, b) = (said(from), said(to));
    for op in capture_diff_slices_deadline(Algorithm::Patience, &a, &b, deadline) {
        let (old, new) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { len, .. } = op {
            diff.same += u64::try_from(len).unwrap_or(0);
            continue;
        }
        let (old, new) = (from.get(old).unwrap_or_default(), to.get(new).unwrap_or_default());
        by_kind(old, new, deadline, diff);
    }
}

fn by_kind(from: &[Item], to: &[Item], deadline: Option<Instant>, diff: &mut ConversationDiff) {
    let kinds = |items: &[Item]| items.iter().map(|item| item.kind.clone()).collect::<Vec<_>>();
    let (a, b) = (kinds(from), kinds(to));
    for op in capture_diff_slices_deadline(Algorithm::Patience, &a, &b, deadline) {
        let old = from.get(op.old_range()).unwrap_or_default();
        let new = to.get(op.new_range()).unwrap_or_default();
        if matches!(op, DiffOp::Equal { .. }) {
            diff.changed.extend(old.iter().zip(new).map(|(old, new)| ChangedMessage {
                from: MessageAt::from(old),
                to: MessageAt::from(new),
                fields: differences(&old.value, &new.value),
            }));
        } else {
            diff.removed.extend(old.iter().map(MessageAt::from));
            diff.added.extend(new.iter().map(MessageAt::from));
        }
    }
}

impl From<&Item> for MessageAt {
    fn from(item: &Item) -> Self {
        Self { frame: item.frame, message: item.text.clone() }
    }
}
