//! Who sent a frame: HMAC-SHA256 (RFC 2104, RFC 6234), its first 128 bits (RFC 4868 section 2.1.1).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of a code.
pub(super) const CODE_LEN: usize = 16;
/// Bytes that a key must have at least: a shorter one could be tried out.
const LEAST_KEY_LEN: usize = 16;

/// What shows that a frame comes from a holder of the key, and that it is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Counts the frames of a sender; see [`ReplayWindow`](super::ReplayWindow).
    pub sequence: u64,
    /// The code over all bytes from the header to the sequence.
    pub code: [u8; CODE_LEN],
}

/// A key that both sides know. It is not shown in any way.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

/// A key of less than 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("key has {0} bytes, needs at least {LEAST_KEY_LEN}")]
pub struct KeyTooShort(pub usize);

/// A frame that is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The frame has no signature.
    #[error("frame is not signed")]
    Unsigned,
    /// The code is not the one that the key gives.
    #[error("frame has a wrong code")]
    Code,
}

impl Key {
    /// A key of at least 16 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyTooShort> {
        if bytes.len() < LEAST_KEY_LEN {
            return Err(KeyTooShort(bytes.len()));
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| KeyTooShort(bytes.len()))
    }

    pub(super) fn code(&self, payload: &[u8]) -> [u8; CODE_LEN] {
        let mut code = [0; CODE_LEN];
        let whole = self.0.clone().chain_update(payload).finalize().into_bytes();
        for (to, from) in code.iter_mut().zip(whole) {
            *to = from;
        }
        code
    }

    /// Compares in a time that does not depend on where the codes differ.
    pub(super) fn verify(&self, payload: &[u8], code: &[u8; CODE_LEN]) -> Result<(), AuthError> {
        let hmac = self.0.clone().chain_update(payload);
        hmac.verify_truncated_left(code).map_err(|_| AuthError::Code)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}
