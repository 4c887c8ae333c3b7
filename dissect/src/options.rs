//! What a dissection looks for.

use codec::fcf::FcfLayout;

use crate::assembly::Limits;
use crate::ports::Assignments;

/// What to look for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the Flow Control Field stands; nothing where frames have none.
    pub fcf: Option<FcfLayout>,
    /// Whether to dissect what messages carry.
    pub nested: bool,
    /// Messages within frames within messages, and frames within tunnels, at most.
    pub max_depth: usize,
    /// How much to keep of streams and datagrams.
    pub limits: Limits,
    /// Which ports and EtherTypes carry what.
    pub assignments: Assignments,
    /// Whether to number TCP connections: a look-up for each segment, for `tcp.stream`.
    pub numbers_streams: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fcf: None,
            nested: true,
            max_depth: 8,
            limits: Limits::default(),
            assignments: Assignments::default(),
            numbers_streams: false,
        }
    }
}
