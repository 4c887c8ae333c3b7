//! STATS_REQUEST, controller to switch, and STATS_REPLY: OpenFlow 1.0.0 section 5.3.5,
//! `struct ofp_stats_request` and `struct ofp_stats_reply`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 8 | 2 | type |
//! | 10 | 2 | flags |
//! | 12 | any | body, by type |

mod aggregate;
mod desc;
mod flow;
mod port;
mod queue;
mod reply;
mod request;
mod table;

pub use aggregate::AggregateStats;
pub use desc::DescStats;
pub use flow::{FlowStats, FlowStatsRequest};
pub use port::{PortStats, PortStatsRequest};
pub use queue::{QUEUE_ALL, QueueStats, QueueStatsRequest};
pub use reply::{StatsReply, StatsReplyBody, StatsReplyFlags};
pub use request::{StatsRequest, StatsRequestBody, StatsRequestFlags};
pub use table::TableStats;

use serde::{Deserialize, Serialize};

use crate::code_points::code_points;
use crate::types::{Bytes, Hex};

/// Bytes of type and flags.
const FIXED_LEN: usize = 4;

code_points! {
    /// OpenFlow 1.0.0 section 5.3.5, `enum ofp_stats_types`.
    pub enum StatsType: u16 {
        /// What the switch is.
        Desc = 0 "desc",
        /// Each entry.
        Flow = 1 "flow",
        /// Sums over entries.
        Aggregate = 2 "aggregate",
        /// Each table.
        Table = 3 "table",
        /// Each port.
        Port = 4 "port",
        /// Each queue.
        Queue = 5 "queue",
        /// An extension.
        Vendor = 0xffff "vendor",
    }
}

/// The statistics of a vendor that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownVendorStats {
    /// Who defines them.
    pub vendor: Hex<u32>,
    /// What follows the vendor id.
    pub data: Bytes,
}

/// Statistics of a type that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownStats {
    /// The number of the type.
    pub code: u16,
    /// The body.
    pub data: Bytes,
}
