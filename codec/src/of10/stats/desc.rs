//! What the switch is: OpenFlow 1.0.0 section 5.3.5, `struct ofp_desc_stats`.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 256 | mfr_desc |
//! | 256 | 256 | hw_desc |
//! | 512 | 256 | sw_desc |
//! | 768 | 32 | serial_num |
//! | 800 | 256 | dp_desc |

use std::fmt;

use nom::Parser;
use serde::{Deserialize, Serialize};

use crate::types::FixedStr;
use crate::wire::{Parsed, Put, array};

/// What the switch is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescStats {
    /// Who made it.
    pub mfr_desc: FixedStr<256>,
    /// The hardware.
    pub hw_desc: FixedStr<256>,
    /// The software.
    pub sw_desc: FixedStr<256>,
    /// The serial number.
    pub serial_num: FixedStr<32>,
    /// The datapath, for people.
    pub dp_desc: FixedStr<256>,
}

impl DescStats {
    /// Bytes of the structure.
    pub(in crate::of10) const LEN: usize = 1056;

    pub(super) fn read(input: &[u8]) -> Parsed<'_, Self> {
        (
            array("mfr_desc").map(FixedStr),
            array("hw_desc").map(FixedStr),
            array("sw_desc").map(FixedStr),
            array("serial_num").map(FixedStr),
            array("dp_desc").map(FixedStr),
        )
            .map(|(mfr_desc, hw_desc, sw_desc, serial_num, dp_desc)| Self {
                mfr_desc,
                hw_desc,
                sw_desc,
                serial_num,
                dp_desc,
            })
            .parse(input)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.put(&self.mfr_desc.0);
        out.put(&self.hw_desc.0);
        out.put(&self.sw_desc.0);
        out.put(&self.serial_num.0);
        out.put(&self.dp_desc.0);
    }
}

impl fmt::Display for DescStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Manufacturer: {:?} Hardware: {:?} Software: {:?} Serial Num: {:?} DP Description: {:?}",
            self.mfr_desc, self.hw_desc, self.sw_desc, self.serial_num, self.dp_desc
        )
    }
}
