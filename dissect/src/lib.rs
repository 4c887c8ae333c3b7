//! From captured frames to layers and fields.
//!
//! [`savefile`] reads frames; a [`Dissector`] walks over each and tells a [`Sink`] what it finds:
//! layers, fields with their bytes in the outermost frame, and problems. What becomes of it is
//! the sink's business; [`Tree`] keeps it, [`Summary`] makes a line of it.
//!
//! ```
//! use dissect::{Dissector, Frame, LinkType, Options, Tree};
//!
//! let bytes = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5\x01\0\0\x08\0\0\0\x09\
//!     \x01\x12\0\x08\0\0\0\x07";
//! let mut dissector = Dissector::new(Options::default());
//! let mut tree = Tree::default();
//! dissector.dissect(Frame { link_type: LinkType::ETHERNET, bytes, len: 30 }, &mut tree);
//! let protocols: Vec<_> = tree.layers.iter().map(|layer| layer.protocol.name).collect();
//! assert_eq!(protocols, ["eth", "vse"]);
//! assert_eq!(tree.layers[1].layers[0].protocol.name, "openflow");
//! ```

mod dissector;
mod problem;
mod protocol;
mod registry;
pub mod savefile;
mod sink;
mod stream;
mod summary;
mod tree;

pub use dissector::{Dissector, Frame, LinkType, Options, dissect_message};
pub use problem::{Problem, ProblemKind};
pub use protocol::PROTOCOLS;
pub use registry::{Field, Protocol};
pub use sink::{Place, Sink, Value};
pub use stream::Limits;
pub use summary::Summary;
pub use tree::{Layer, OwnedValue, Tree, TreeField};

#[cfg(test)]
mod tests;
