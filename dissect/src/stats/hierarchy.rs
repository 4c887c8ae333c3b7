//! Which protocols there are, and within which.

use super::Statistic;
use super::report::{Cell, Report, columns, count};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

#[derive(Debug)]
struct Node {
    protocol: &'static Protocol,
    children: Vec<usize>,
    frames: u64,
    bytes: u64,
    /// The frame that was counted last.
    last: u64,
    /// The frame in which it was first seen, and its place among those first seen there.
    first: (u64, usize),
}

/// Counts frames by the path of their layers.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    nodes: Vec<Node>,
    roots: Vec<usize>,
    /// For each level that is open, the layer that came last in it.
    levels: Vec<Option<usize>>,
    frame: u64,
    len: u64,
}

impl Statistic for Hierarchy {
    fn begin(&mut self, frame: &Frame<'_>) {
        self.levels.clear();
        self.levels.push(None);
        (self.frame, self.len) = (frame.number, count(frame.len));
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        let mut rows = Vec::new();
        for root in self.in_order(&self.roots) {
            self.add_rows(root, "", 0, &mut rows);
        }
        Report {
            name: "phs",
            title: "Protocol hierarchy".to_owned(),
            columns: columns!["protocol" "Protocol", "path" "Path", "frames" "Frames", "bytes" "Bytes"],
            rows,
        }
    }
}

impl Hierarchy {
    fn add_rows(&self, index: usize, path: &str, depth: usize, rows: &mut Vec<Vec<Cell>>) {
        let Some(node) = self.nodes.get(index) else { return };
        let name = node.protocol.name;
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}:{name}") };
        let shown = format!("{:1$}{name}", "", depth * 2);
        rows.push(vec![shown.into(), path.clone().into(), node.frames.into(), node.bytes.into()]);
        for child in self.in_order(&node.children) {
            self.add_rows(child, &path, depth + 1, rows);
        }
    }

    /// Siblings in the order in which they were first seen.
    fn in_order(&self, siblings: &[usize]) -> Vec<usize> {
        let mut siblings = siblings.to_vec();
        siblings.sort_by_key(|index| self.nodes.get(*index).map(|node| node.first));
        siblings
    }

    /// Adds what was counted of other frames of the capture.
    pub(super) fn join(&mut self, other: &Self) {
        self.join_children(None, other, &other.roots);
    }

    fn join_children(&mut self, parent: Option<usize>, other: &Self, children: &[usize]) {
        for theirs in children.iter().filter_map(|index| other.nodes.get(*index)) {
            let index = self.node(parent, theirs.protocol, theirs.first);
            if let Some(node) = self.nodes.get_mut(index) {
                node.first = node.first.min(theirs.first);
                node.frames += theirs.frames;
                node.bytes += theirs.bytes;
            }
            self.join_children(Some(index), other, &theirs.children);
        }
    }

    /// The node of a protocol within another one, or at the top.
    fn node(
        &mut self,
        parent: Option<usize>,
        protocol: &'static Protocol,
        first: (u64, usize),
    ) -> usize {
        let children = match parent {
            Some(parent) => self.nodes.get(parent).map(|node| &node.children),
            None => Some(&self.roots),
        };
        let same = |index: &&usize| {
            self.nodes.get(**index).is_some_and(|node| std::ptr::eq(node.protocol, protocol))
        };
        if let Some(known) = children.and_then(|children| children.iter().find(same)) {
            return *known;
        }
        let index = self.nodes.len();
        let children = Vec::new();
        self.nodes.push(Node { protocol, children, frames: 0, bytes: 0, last: 0, first });
        match parent.and_then(|parent| self.nodes.get_mut(parent)) {
            Some(node) => node.children.push(index),
            None => self.roots.push(index),
        }
        index
    }
}

impl Sink for Hierarchy {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }

    fn enter(&mut self, protocol: &'static Protocol, _: Place) {
        let before = self.levels.last().copied().flatten();
        let is_again = |index: usize| {
            self.nodes.get(index).is_some_and(|node| std::ptr::eq(node.protocol, protocol))
        };
        // The next layer is within the one before; one more message stands beside it.
        let first = (self.frame, self.nodes.len());
        let index = match before {
            Some(index) if is_again(index) => index,
            Some(index) => self.node(Some(index), protocol, first),
            None => {
                let outer = self.levels.iter().rev().find_map(|level| *level);
                self.node(outer, protocol, first)
            }
        };
        if let Some(level) = self.levels.last_mut() {
            *level = Some(index);
        }
        self.levels.push(None);
        if let Some(node) = self.nodes.get_mut(index).filter(|node| node.last != self.frame) {
            node.frames += 1;
            node.bytes += self.len;
            node.last = self.frame;
        }
    }

    fn leave(&mut self) {
        self.levels.pop();
    }

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn problem(&mut self, _: Problem) {}
}
