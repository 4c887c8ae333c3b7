//! From captured frames to layers and fields.
//!
//! [`savefile`] reads frames; a [`Dissector`] walks over each and tells a [`Sink`] what it finds:
//! layers, fields with their bytes in the outermost frame, and problems. What becomes of it is
//! the sink's business; [`Tree`] keeps it, [`Summary`] makes a line of it, a [`Collector`] keeps
//! the fields that a [`filter`] asks about.
//!
//! ```
//! use dissect::{Dissector, Frame, Options, Tree};
//!
//! let bytes = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5\x01\0\0\x08\0\0\0\x09\
//!     \x01\x12\0\x08\0\0\0\x07";
//! let mut dissector = Dissector::new(Options::default());
//! let mut tree = Tree::default();
//! dissector.dissect(&Frame::ethernet(bytes), &mut tree);
//! let protocols: Vec<_> = tree.layers.iter().map(|layer| layer.protocol.name).collect();
//! assert_eq!(protocols, ["eth", "vse"]);
//! assert_eq!(tree.layers[1].layers[0].protocol.name, "openflow");
//! ```

mod assembly;
mod collector;
mod dissector;
pub mod filter;
mod frame;
mod info;
mod message_line;
mod options;
mod ports;
mod problem;
mod protocol;
pub mod registry;
pub mod savefile;
mod sink;
pub mod stats;
mod summary;
mod tree;
mod walk;

pub use assembly::Limits;
pub use collector::{Collected, Collector, Slot};
pub use dissector::{Dissector, Tracked, dissect_message};
pub use frame::{Frame, LinkType};
pub use info::Info;
pub use options::Options;
pub use ports::Assignments;
pub use problem::{Problem, ProblemKind, What};
pub use protocol::PROTOCOLS;
pub use protocol::entry::{Annotator, Entry};
pub use registry::{Field, Kind, Names, Protocol};
pub use sink::{Ends, Ignore, Place, Sink, Value};
pub use summary::Summary;
pub use tree::{Layer, OwnedValue, Tree, TreeField};

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod tests;
