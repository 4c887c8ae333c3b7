//! The probe: 24 bytes at the start of a payload, by which a receiver finds loss, reordering and
//! delay.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 4 | mark: "VSEP" |
//! | 4 | 4 | flow: the number of the combination of values |
//! | 8 | 8 | sequence: within the flow, from 0 |
//! | 16 | 8 | time: when it was sent, nanoseconds since the Unix epoch |

/// What a probe says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) flow: u32,
    pub(crate) sequence: u64,
    /// Nanoseconds since the Unix epoch.
    pub(crate) time: u64,
}

/// The words of the fields.
pub(super) const FLOW: &str = "flow";
pub(super) const SEQUENCE: &str = "sequence";
pub(super) const TIME: &str = "time";

impl Probe {
    pub(crate) const LEN: usize = 24;
    pub(crate) const MARK: [u8; 4] = *b"VSEP";
    /// Where the time stands.
    pub(crate) const TIME_OFFSET: usize = 16;

    pub(crate) fn bytes(self) -> Vec<u8> {
        let Self { flow, sequence, time } = self;
        [&Self::MARK[..], &flow.to_be_bytes(), &sequence.to_be_bytes(), &time.to_be_bytes()]
            .concat()
    }

    /// Where the first probe in `frame` begins.
    pub(crate) fn find(frame: &[u8]) -> Option<usize> {
        let last = frame.len().checked_sub(Self::LEN)?;
        let places = frame.windows(Self::MARK.len()).take(last + 1);
        places.into_iter().position(|bytes| bytes == Self::MARK)
    }

    /// Reads the probe at the start of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (mark, rest) = bytes.split_first_chunk::<4>()?;
        let (flow, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (time, _) = rest.split_first_chunk::<8>()?;
        (*mark == Self::MARK).then_some(Self {
            flow: u32::from_be_bytes(*flow),
            sequence: u64::from_be_bytes(*sequence),
            time: u64::from_be_bytes(*time),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_where_it_is_and_nowhere_else() {
        let probe = Probe { flow: 7, sequence: 1 << 40, time: 9 };
        let frame = [&b"VSEx"[..], &probe.bytes(), b"VSEP"].concat();
        let at = Probe::find(&frame).unwrap();
        assert_eq!((at, Probe::read(&frame[at..])), (4, Some(probe)));
        assert_eq!(Probe::find(&frame[..27]), None);
        assert_eq!(Probe::find(b"VSEP"), None);
    }
}
