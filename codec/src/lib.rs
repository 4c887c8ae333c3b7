//! Wire formats of VSE.

mod code_points;
mod error;
pub mod of10;
pub mod types;
mod wire;

pub use error::{DecodeError, DecodeErrorKind, EncodeError, Expected, Limit};
