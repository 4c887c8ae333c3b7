//! A flow as text: the plain form, which people read and ovs-ofctl takes, and the exact one, which
//! keeps every bit of a FLOW_MOD.

use std::fmt::{self, Write};

use super::action::parse_action;
use super::flow::{Flow, Options, Requirement};
use super::word::Word;
use crate::of10::{
    Action, BufferId, FlowMod, FlowModCommand, FlowModFlags, Match, PortNo, Wildcards,
};
use crate::types::Bytes;
use crate::vse::{Tlvs, VseAction};

impl fmt::Display for Flow {
    /// The plain form: `priority=5,ip,nw_dst=10.0.0.1 actions=output:2`. What the match ignores is
    /// left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(&plain_action, &[]))
    }
}

impl Flow {
    /// The exact form: the plain one where that says everything, else with `wildcards=` and
    /// `unmatched(…)` for what the match ignores, and actions in full. Reading it gives back the
    /// same flow.
    #[must_use]
    pub fn to_exact_string(&self) -> String {
        let short = self.write(&exact_action, &[]);
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        if Self::parse(&short, options).is_ok_and(|(again, _)| again == *self) {
            return short;
        }
        let mut extra = vec![format!("wildcards={:#010x}", self.flow_mod.r#match.wildcards)];
        let hidden = hidden_words(&self.flow_mod.r#match);
        if !hidden.is_empty() {
            extra.push(format!("unmatched({})", hidden.join(",")));
        }
        self.write(&exact_action, &extra)
    }

    fn write(&self, action: &dyn Fn(&Action) -> String, extra: &[String]) -> String {
        let FlowMod { r#match, cookie, command, priority, buffer_id, out_port, flags, .. } =
            &self.flow_mod;
        let mut words = Vec::new();
        let mut put = |word: String| words.push(word);
        if cookie.0 != 0 {
            put(format!("cookie={cookie}"));
        }
        for (name, seconds) in [
            ("idle_timeout", self.flow_mod.idle_timeout),
            ("hard_timeout", self.flow_mod.hard_timeout),
        ] {
            if seconds != 0 {
                put(format!("{name}={seconds}"));
            }
        }
        for (flag, name) in [
            (FlowModFlags::SEND_FLOW_REM, "send_flow_rem"),
            (FlowModFlags::CHECK_OVERLAP, "check_overlap"),
            (FlowModFlags::EMERG, "emerg"),
        ] {
            if flags.contains(flag) {
                put(name.to_owned());
            }
        }
        let unnamed = FlowModFlags::SEND_FLOW_REM
            .union(FlowModFlags::CHECK_OVERLAP)
            .union(FlowModFlags::EMERG);
        if flags.bits() & !unnamed.bits() != 0 {
            put(format!("flags={:#x}", flags.bits() & !unnamed.bits()));
        }
        if *buffer_id != BufferId::NONE {
            put(format!("buffer_id={:#x}", buffer_id.0));
        }
        if *out_port != PortNo::NONE {
            put(format!("out_port={out_port}"));
        }
        if let FlowModCommand::Unknown(code) = command {
            put(format!("command={code}"));
        }
        if *priority != FlowMod::DEFAULT_PRIORITY {
            put(format!("priority={priority}"));
        }
        match Tlvs::new(self.tlvs.clone()).with_match(r#match) {
            matched if matched.is_empty() => {}
            matched => put(matched),
        }
        extra.iter().cloned().for_each(put);

        let mut text = String::new();
        if let (Some(name), true) = (command.name(), *command != FlowModCommand::Add) {
            text.push_str(name);
            text.push(' ');
        }
        text.push_str(&words.join(","));
        let deletes = matches!(command, FlowModCommand::Delete | FlowModCommand::DeleteStrict);
        if deletes && self.flow_mod.actions.is_empty() {
            text.truncate(text.trim_end().len());
            return text;
        }
        if !words.is_empty() {
            text.push(' ');
        }
        text.push_str("actions=");
        match self.flow_mod.actions.as_slice() {
            [] => text.push_str("drop"),
            actions => text.push_str(&actions.iter().map(action).collect::<Vec<_>>().join(",")),
        }
        text
    }
}

fn plain_action(action: &Action) -> String {
    action.to_string()
}

/// The action by its words where they say everything, else by its bytes.
fn exact_action(action: &Action) -> String {
    let words = match action {
        Action::Output { port, max_len } if *max_len != 0 && *port != PortNo::CONTROLLER => {
            format!("output(port={port},max_len={max_len})")
        }
        _ => action.to_string(),
    };
    // A hash of its own is written behind a comma, which is no single word.
    let hashed =
        matches!(action, Action::Vse(VseAction::SetIrqCore { rxhash, .. }) if rxhash.0 != 0);
    let word = Word { text: &words, span: 0..words.len() };
    if hashed || parse_action(&word).as_ref() == Ok(action) {
        return words;
    }
    let mut wire = Vec::new();
    match action.encode(&mut wire) {
        Ok(()) => format!("raw({})", Bytes(wire)),
        // It has no bytes to show; its words are the best there is.
        Err(_) => words,
    }
}

/// The values that a match ignores, where they are not zero.
fn hidden_words(m: &Match) -> Vec<String> {
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
