//! The Flow Control Field: a VM id and a priority bit, in the IPv4 type of service or in the VLAN
//! tag. Section III.D of the paper (figures 3 and 4) defines the field; where its bits stand is a
//! value here, since the paper does not say.
//!
//! ```text
//!            dscp (ToS)             tos8 (ToS)                      vlan (TCI)
//!        7 6 5 4 3 2 1 0        7 6 5 4 3 2 1 0      15 14 13 12 11                     0
//!       +-+---------+---+      +-+-------------+     +-+-----+--+----------------------+
//!       |P|  VM id  |ECN|      |P|    VM id    |     |P| PCP |D |         VM id        |
//!       +-+---------+---+      +-+-------------+     +-+-----+--+----------------------+
//! ```
//!
//! ```
//! use codec::fcf::{Fcf, FcfLayout};
//!
//! let field = Fcf { vm_id: 5, priority: true };
//! // ECN, the low two bits, stays as it is.
//! assert_eq!(FcfLayout::DSCP.write(field, 0b01)?, 0b1_00101_01);
//! assert_eq!(FcfLayout::DSCP.read(0b1_00101_01), field);
//! assert!(FcfLayout::DSCP.write(Fcf { vm_id: 32, priority: false }, 0).is_err());
//! # Ok::<(), codec::fcf::FcfError>(())
//! ```

mod frame;
mod layout;

pub use frame::{set_fcf_ipv4, set_fcf_vlan};
pub use layout::{Fcf, FcfError, FcfLayout, FcfLayoutError, ParseLayoutError};
