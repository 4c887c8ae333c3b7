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
    children: Vec<Child>,
    /// The child that came last: mostly the next one too.
    latest: Option<Child>,
    frames: u64,
    bytes: u64,
    /// The frame that was counted last.
    last: u64,
    /// The frame in which it was first seen, and its place among those first seen there.
    first: (u64, usize),
}

/// A node within another one, or at the top. Its protocol stands here too: who looks for it need not
/// look at each node.
type Child = (&'static Protocol, usize);

/// Counts frames by the path of their layers.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    nodes: Vec<Node>,
    roots: Vec<Child>,
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
    fn in_order(&self, siblings: &[Child]) -> Vec<usize> {
        let mut siblings: Vec<usize> = siblings.iter().map(|(_, index)| *index).collect();
        siblings.sort_by_key(|index| self.nodes.get(*index).map(|node| node.first));
        siblings
    }

    /// Adds what was counted of other frames of the capture.
    pub(super) fn join(&mut self, other: &Self) {
        self.join_children(None, other, &other.roots);
    }

    fn join_children(&mut self, parent: Option<usize>, other: &Self, children: &[Child]) {
        for theirs in children.iter().filter_map(|(_, index)| other.nodes.get(*index)) {
            let index = self.node(parent, theirs.protocol, theirs.first);
            if let Some(node) = self.nodes.get_mut(index) {
                node.first = node.first.min(theirs.first);
                node.frames += theirs.frames;
                node.bytes += theirs.bytes;
            }
            self.join_children(Some(index), other, &theirs.children);
        }
    }

    /// The node of a layer that comes next: within the one before, or in the level around it.
    fn next(&mut self, before: Option<usize>, protocol: &'static Protocol) -> usize {
        let first = (self.frame, self.nodes.len());
        let outer = before.or_else(|| self.levels.iter().rev().find_map(|level| *level));
        let index = self.node(outer, protocol, first);
        if let Some(node) = outer.and_then(|outer| self.nodes.get_mut(outer)) {
            node.latest = Some((protocol, index));
        }
        index
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
        let same = |child: &&Child| std::ptr::eq(child.0, protocol);
        if let Some((_, known)) = children.and_then(|children| children.iter().find(same)) {
            return *known;
        }
        let index = self.nodes.len();
        let children = Vec::new();
        let latest = None;
        self.nodes.push(Node { protocol, children, latest, frames: 0, bytes: 0, last: 0, first });
        match parent.and_then(|parent| self.nodes.get_mut(parent)) {
            Some(node) => node.children.push((protocol, index)),
            None => self.roots.push((protocol, index)),
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
        let node = before.and_then(|index| Some((index, self.nodes.get(index)?)));
        let index = match node {
            // One more message stands beside the one before.
            Some((index, node)) if std::ptr::eq(node.protocol, protocol) => index,
            Some((_, Node { latest: Some((known, index)), .. }))
                if std::ptr::eq(*known, protocol) =>
            {
                *index
            }
            _ => self.next(before, protocol),
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
