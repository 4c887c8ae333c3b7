//! Wire formats of VSE.

mod code_points;
mod error;
pub mod fcf;
pub mod netlink;
pub mod of10;
pub mod proxy;
pub mod text;
pub mod types;
pub mod vse;
mod wire;

pub use error::{DecodeError, DecodeErrorKind, EncodeError, Expected, Limit};
