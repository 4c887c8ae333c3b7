//! What a match of OpenFlow 1.0 has under its wildcards and in its padding: `unmatched(…)` of the exact
//! form.

use std::fmt::{self, Write};

use super::diagnostic::Problem;
use super::field::Fields;
use super::reader::{MatchReader, unknown_word};
use super::word::Word;
use crate::of10::{Match, Wildcards};
use crate::types::{Bytes, Pad};

/// The values that a match ignores, where they are not zero.
pub(super) fn words(m: &Match) -> Vec<String> {
    let mut words = Vec::new();
    let mut put = |hidden: bool, name: &str, zero: bool, value: &dyn fmt::Display| {
        if hidden && !zero {
            let mut word = String::new();
            // Writing to a string does not fail.
            _ = write!(word, "{name}={value}");
            words.push(word);
        }
    };
    let ignored = |field: Wildcards| m.wildcards.contains(field);
    put(ignored(Wildcards::IN_PORT), "in_port", m.in_port.0 == 0, &m.in_port.0);
    put(ignored(Wildcards::DL_SRC), "dl_src", m.dl_src.0 == [0; 6], &m.dl_src);
    put(ignored(Wildcards::DL_DST), "dl_dst", m.dl_dst.0 == [0; 6], &m.dl_dst);
    put(ignored(Wildcards::DL_VLAN), "dl_vlan", m.dl_vlan == 0, &m.dl_vlan);
    put(ignored(Wildcards::DL_VLAN_PCP), "dl_vlan_pcp", m.dl_vlan_pcp == 0, &m.dl_vlan_pcp);
    put(ignored(Wildcards::DL_TYPE), "dl_type", m.dl_type == 0, &m.dl_type);
    put(ignored(Wildcards::NW_TOS), "nw_tos", m.nw_tos == 0, &m.nw_tos);
    put(ignored(Wildcards::NW_PROTO), "nw_proto", m.nw_proto == 0, &m.nw_proto);
    put(m.nw_src_prefix().is_none(), "nw_src", m.nw_src.is_unspecified(), &m.nw_src);
    put(m.nw_dst_prefix().is_none(), "nw_dst", m.nw_dst.is_unspecified(), &m.nw_dst);
    put(ignored(Wildcards::TP_SRC), "tp_src", m.tp_src == 0, &m.tp_src);
    put(ignored(Wildcards::TP_DST), "tp_dst", m.tp_dst == 0, &m.tp_dst);
    put(true, "pad1", m.pad1.is_zero(), &Bytes::from(&m.pad1.0[..]));
    put(true, "pad2", m.pad2.is_zero(), &Bytes::from(&m.pad2.0[..]));
    words
}

/// The values in `unmatched(…)`; the rest is zero.
pub(super) fn read(inside: &Word<'_>) -> Result<Match, Problem> {
    let mut fields = Fields { exact: true, ..Fields::default() };
    for word in inside.words()? {
        let (key, value) = word.key_value();
        let hex = value.as_ref().and_then(|value| crate::types::read_hex(value.text));
        match (key, hex.as_deref()) {
            ("pad1", Some([byte])) => fields.r#match.pad1 = Pad([*byte]),
            ("pad2", Some([high, low])) => fields.r#match.pad2 = Pad([*high, *low]),
            _ if fields.read(&word)? => {}
            _ => return Err(unknown_word::<Fields>(&word, key)),
        }
    }
    Ok(fields.r#match)
}

/// Puts the values of `hidden` where `to` has no field of its own.
pub(super) fn fill(to: &mut Match, hidden: &Match) {
    let own = *to;
    let ignored = |field: Wildcards| own.wildcards.contains(field);
    fill_one(ignored(Wildcards::IN_PORT), &mut to.in_port, hidden.in_port);
    fill_one(ignored(Wildcards::DL_SRC), &mut to.dl_src, hidden.dl_src);
    fill_one(ignored(Wildcards::DL_DST), &mut to.dl_dst, hidden.dl_dst);
    fill_one(ignored(Wildcards::DL_VLAN), &mut to.dl_vlan, hidden.dl_vlan);
    fill_one(ignored(Wildcards::DL_VLAN_PCP), &mut to.dl_vlan_pcp, hidden.dl_vlan_pcp);
    fill_one(ignored(Wildcards::DL_TYPE), &mut to.dl_type, hidden.dl_type);
    fill_one(ignored(Wildcards::NW_TOS), &mut to.nw_tos, hidden.nw_tos);
    fill_one(ignored(Wildcards::NW_PROTO), &mut to.nw_proto, hidden.nw_proto);
    fill_one(own.nw_src_prefix().is_none(), &mut to.nw_src, hidden.nw_src);
    fill_one(own.nw_dst_prefix().is_none(), &mut to.nw_dst, hidden.nw_dst);
    fill_one(ignored(Wildcards::TP_SRC), &mut to.tp_src, hidden.tp_src);
    fill_one(ignored(Wildcards::TP_DST), &mut to.tp_dst, hidden.tp_dst);
    (to.pad1, to.pad2) = (hidden.pad1, hidden.pad2);
}

fn fill_one<T>(ignored: bool, to: &mut T, hidden: T) {
    if ignored {
        *to = hidden;
    }
}
