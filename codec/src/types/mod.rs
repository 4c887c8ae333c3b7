//! Values that several wire formats share, with the text that people write for them.

mod by_text;
mod bytes;
mod digits;
mod fixed_str;
pub mod flags;
mod hex;
mod line;
mod mac_addr;
mod pad;
mod padded;
mod short;

pub(crate) use by_text::ByText;
pub use bytes::Bytes;
pub(crate) use bytes::read_hex;
pub use digits::hex_pair;
pub use fixed_str::FixedStr;
pub use hex::Hex;
pub use line::{Line, LowerCase, Piece, UpperCase};
pub use mac_addr::{MacAddr, MacAddrError};
pub use pad::Pad;
pub use padded::Padded;
pub use short::Short;
