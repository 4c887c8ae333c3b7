//! A flow as text: the plain form, which people read and ovs-ofctl takes, and the exact one, which
//! keeps every bit of a FLOW_MOD.

use std::fmt;

use super::action::parse_action;
use super::flow::{Flow, Options, Requirement};
use super::hidden;
use super::word::Word;
use crate::of10::{Action, BufferId, FlowMod, FlowModCommand, FlowModFlags, PortNo};
use crate::types::Bytes;
use crate::vse::{Tlvs, VseAction};

impl fmt::Display for Flow {
    /// The plain form: `priority=5,ip,nw_dst=10.0.0.1 actions=output:2`. What the match ignores is
    /// left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entry(Vec::new()).text(&plain_action))
    }
}

impl Flow {
    /// The exact form: the plain one where that says everything, else with `wildcards=` and
    /// `unmatched(…)` for what the match ignores, and actions in full. Reading it gives back the
    /// same flow.
    #[must_use]
    pub fn to_exact_string(&self) -> String {
        let short = self.entry(Vec::new()).text(&exact_action);
        let options = Options { actions: Requirement::Optional, ..Options::default() };
        if Self::parse(&short, options).is_ok_and(|(again, _)| again == *self) {
            return short;
        }
        let mut extra = vec![format!("wildcards={:#010x}", self.flow_mod.r#match.wildcards)];
        let hidden = hidden::words(&self.flow_mod.r#match);
        if !hidden.is_empty() {
            extra.push(format!("unmatched({})", hidden.join(",")));
        }
        self.entry(extra).text(&exact_action)
    }

    fn entry(&self, extra: Vec<String>) -> Entry<'_> {
        let matched = Tlvs::new(self.tlvs.clone()).with_match(&self.flow_mod.r#match);
        let words = Some(matched).filter(|words| !words.is_empty()).into_iter().chain(extra);
        Entry { flow_mod: &self.flow_mod, words: words.collect() }
    }
}

/// What a flow says beside its match, and the words of that.
pub(super) struct Entry<'a> {
    pub(super) flow_mod: &'a FlowMod,
    /// The words behind the priority.
    pub(super) words: Vec<String>,
}

impl Entry<'_> {
    /// The flow's text, with actions as `action` writes them.
    pub(super) fn text(&self, action: &dyn Fn(&Action) -> String) -> String {
        let FlowMod { cookie, command, priority, buffer_id, out_port, flags, .. } = self.flow_mod;
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
        self.words.iter().cloned().for_each(put);

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

pub(super) fn plain_action(action: &Action) -> String {
    action.to_string()
}

/// The action by its words where they say everything, else by its bytes.
pub(super) fn exact_action(action: &Action) -> String {
    let words = action.to_string();
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
