//! Which protocols there are, and within which.

use std::{mem, ptr};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::Statistic;
use super::report::{Cell, Report, columns, count};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// Shapes that are kept: more than most captures have. Frames of others are counted one by one, so
/// that what is kept does not depend on the capture.
const SHAPES: usize = 1024;
/// Layers of a shape that is kept.
const LAYERS: usize = 64;
/// Nodes of the tree, and how many may stand within each other. Frames can have layers without end, in any
/// order: what goes further is counted with what it is in.
const NODES: usize = 4096;
const DEPTH: usize = 64;

/// Counts frames by the path of their layers.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    /// Frames whose layers are the same, which most frames of a capture are: counted together.
    shapes: HashTable<Shape>,
    /// All other frames.
    tree: Tree,
    /// The layers of the frame that was begun.
    layers: Vec<Layer>,
    hash: u64,
    /// How many layers are open.
    depth: usize,
}

/// A layer of a frame.
#[derive(Debug, Clone, Copy)]
struct Layer {
    protocol: &'static Protocol,
    /// How many layers were open when it began.
    depth: usize,
}

impl PartialEq for Layer {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.protocol, other.protocol) && self.depth == other.depth
    }
}

/// The layers of frames, and what was counted of these.
#[derive(Debug)]
struct Shape {
    hash: u64,
    layers: Box<[Layer]>,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    frames: u64,
    bytes: u64,
    /// The number of the first frame.
    first: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.bytes += other.bytes;
        self.first = self.first.min(other.first);
    }
}

impl Statistic for Hierarchy {
    fn begin(&mut self, _: &Frame<'_>) {
        self.layers.clear();
        (self.hash, self.depth) = (0, 0);
    }

    fn end(&mut self, frame: &Frame<'_>) {
        let counts = Counts { frames: 1, bytes: count(frame.len), first: frame.number };
        let (hash, layers) = (self.hash, self.layers.as_slice());
        let is_room = self.shapes.len() < SHAPES && layers.len() <= LAYERS;
        let same = |shape: &Shape| *shape.layers == *layers;
        match self.shapes.entry(hash, same, |shape| shape.hash) {
            Entry::Occupied(mut shape) => shape.get_mut().counts.add(counts),
            Entry::Vacant(place) if is_room => {
                place.insert(Shape { hash, layers: layers.into(), counts });
            }
            Entry::Vacant(_) => self.tree.add(layers, counts),
        }
    }

    fn report(&self) -> Report {
        let mut tree = self.tree.clone();
        self.add_shapes(&mut tree);
        let mut rows = Vec::new();
        for root in tree.in_order(&tree.roots) {
            tree.add_rows(root, "", 0, &mut rows);
        }
        Report {
            name: "phs",
            title: if tree.is_cut {
                format!("Protocol hierarchy, of {DEPTH} levels and {NODES} rows at most")
            } else {
                "Protocol hierarchy".to_owned()
            },
            columns: columns!["protocol" "Protocol", "path" "Path", "frames" "Frames", "bytes" "Bytes"],
            rows,
        }
    }
}

impl Hierarchy {
    /// Adds what was counted of other frames of the capture.
    pub(super) fn join(&mut self, other: &Self) {
        self.tree.join(None, &other.tree, &other.tree.roots);
        other.add_shapes(&mut self.tree);
    }

    fn add_shapes(&self, tree: &mut Tree) {
        for shape in &self.shapes {
            tree.add(&shape.layers, shape.counts);
        }
    }
}

impl Sink for Hierarchy {
    fn wants(&self, _: &'static Protocol) -> bool {
        false
    }

    #[inline]
    fn enter(&mut self, protocol: &'static Protocol, _: Place) {
        let layer = Layer { protocol, depth: self.depth };
        self.depth += 1;
        // One more message beside the one before makes no other shape.
        if self.layers.last() != Some(&layer) {
            let word = u64::try_from(ptr::from_ref(protocol).addr() ^ layer.depth).unwrap_or(0);
            self.hash = (self.hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.layers.push(layer);
        }
    }

    #[inline]
    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn field(&mut self, _: &'static Field, _: Place, _: Value<'_>) {}

    fn problem(&mut self, _: Problem) {}
}

/// Protocols within protocols.
#[derive(Debug, Clone, Default)]
struct Tree {
    nodes: Vec<Node>,
    roots: Vec<usize>,
    /// Counts what was added.
    additions: u64,
    /// For each level that is open, the layer that came last in it; kept for its room.
    levels: Vec<Option<usize>>,
    /// Whether there was more than there is room for.
    is_cut: bool,
}

#[derive(Debug, Clone)]
struct Node {
    protocol: &'static Protocol,
    children: Vec<usize>,
    /// How many it is in.
    depth: usize,
    frames: u64,
    bytes: u64,
    /// The frame in which it was first seen, and its place among the layers there.
    first: (u64, usize),
    /// The addition that counted it last.
    last: u64,
}

impl Tree {
    /// Adds frames of these layers.
    fn add(&mut self, layers: &[Layer], counts: Counts) {
        self.additions += 1;
        let mut levels = mem::take(&mut self.levels);
        levels.clear();
        for (place, layer) in layers.iter().enumerate() {
            levels.resize(layer.depth + 1, None);
            let before = levels.last().copied().flatten();
            let node = before.and_then(|index| self.nodes.get(index));
            let index = match (before, node) {
                // One more message stands beside the one before.
                (Some(before), Some(node)) if ptr::eq(node.protocol, layer.protocol) => before,
                // What comes next is within the one before, or in the level around it.
                _ => {
                    let outer = levels.iter().rev().find_map(|level| *level);
                    let node = self.node(outer, layer.protocol, (counts.first, place));
                    let Some(index) = node else { continue };
                    index
                }
            };
            if let Some(level) = levels.last_mut() {
                *level = Some(index);
            }
            if let Some(node) = self.nodes.get_mut(index) {
                node.first = node.first.min((counts.first, place));
                if node.last != self.additions {
                    node.last = self.additions;
                    node.frames += counts.frames;
                    node.bytes += counts.bytes;
                }
            }
        }
        self.levels = levels;
    }

    /// The node of a protocol within another one, or at the top; nothing where there is no room for it.
    fn node(
        &mut self,
        parent: Option<usize>,
        protocol: &'static Protocol,
        first: (u64, usize),
    ) -> Option<usize> {
        let index = self.nodes.len();
        let siblings = match parent {
            Some(parent) => self.nodes.get(parent).map(|node| &node.children),
            None => Some(&self.roots),
        };
        let same = |index: &&usize| {
            self.nodes.get(**index).is_some_and(|node| ptr::eq(node.protocol, protocol))
        };
        if let Some(known) = siblings.and_then(|siblings| siblings.iter().find(same)) {
            return Some(*known);
        }
        let around = parent.and_then(|parent| self.nodes.get(parent));
        let depth = around.map_or(0, |node| node.depth + 1);
        if depth >= DEPTH || index >= NODES {
            self.is_cut = true;
            return None;
        }
        match parent.and_then(|parent| self.nodes.get_mut(parent)) {
            Some(node) => node.children.push(index),
            None => self.roots.push(index),
        }
        self.nodes.push(Node {
            protocol,
            children: Vec::new(),
            depth,
            frames: 0,
            bytes: 0,
            first,
            last: 0,
        });
        Some(index)
    }

    /// Adds nodes of another tree, `children` there, below a node of this one.
    fn join(&mut self, parent: Option<usize>, other: &Self, children: &[usize]) {
        self.is_cut |= other.is_cut;
        for theirs in children.iter().filter_map(|index| other.nodes.get(*index)) {
            let Some(index) = self.node(parent, theirs.protocol, theirs.first) else { continue };
            if let Some(node) = self.nodes.get_mut(index) {
                node.first = node.first.min(theirs.first);
                node.frames += theirs.frames;
                node.bytes += theirs.bytes;
            }
            self.join(Some(index), other, &theirs.children);
        }
    }

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
}
