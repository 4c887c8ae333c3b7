//! A flow: a change of the flow table, as text and as a message.

use std::str::FromStr;

use super::action::parse_actions;
use super::diagnostic::{FlowTextError, LineError, Problem, Warning};
use super::field::{FIELD_WORDS, Fields};
use super::word::{Word, nearest, number, number_up_to, number16, words};
use crate::of10::{
    Body, BufferId, FlowMod, FlowModCommand, FlowModFlags, Match, PortNo, Vendor, Wildcards,
};
use crate::types::{Hex, Pad};
use crate::vse::{MatchField, Tlv, Tlvs, VseFlowMod, VseMessage};

/// A change of the flow table, whether OpenFlow 1.0 can say it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What OpenFlow 1.0 can say, and the actions.
    pub flow_mod: FlowMod,
    /// What else must match.
    pub tlvs: Vec<Tlv>,
}

/// Whether a flow's text must have actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requirement {
    /// As the command asks: all but deletions need them.
    #[default]
    ByCommand,
    /// They may be left out, as in a filter.
    Optional,
}

/// How a flow's text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What to do where the text does not begin with a command.
    pub command: Option<FlowModCommand>,
    /// Change what would be ignored or refused, as ovs-ofctl does, with a warning.
    pub lenient: bool,
    /// Whether actions are needed.
    pub actions: Requirement,
}

/// Words of a dump that say what a flow has done; they are read over.
const STATISTICS: [&str; 8] =
    ["duration", "n_packets", "n_bytes", "idle_age", "hard_age", "core", "rxhash", "reset_counts"];

/// Words that are neither fields nor actions.
const OTHER_WORDS: [&str; 13] = [
    "priority",
    "cookie",
    "idle_timeout",
    "hard_timeout",
    "send_flow_rem",
    "check_overlap",
    "emerg",
    "flags",
    "buffer_id",
    "out_port",
    "table",
    "actions",
    "wildcards",
];

impl Flow {
    /// The flow of a FLOW_MOD, plain or extended; nothing for another message.
    #[must_use]
    pub fn from_body(body: &Body) -> Option<Self> {
        match body {
            Body::FlowMod(flow_mod) => Some(Self { flow_mod: flow_mod.clone(), tlvs: Vec::new() }),
            Body::Vendor(Vendor::Vse(VseMessage::FlowMod(extended))) => {
                Some(Self { flow_mod: extended.flow.clone(), tlvs: extended.tlvs.tlvs.clone() })
            }
            _ => None,
        }
    }

    /// The message of the flow: a plain FLOW_MOD where that can say it, VSE's own where not.
    #[must_use]
    pub fn to_body(&self) -> Body {
        let flow = self.flow_mod.clone();
        if self.tlvs.is_empty() {
            return Body::FlowMod(flow);
        }
        let tlvs = Tlvs::new(self.tlvs.clone());
        let extended = VseFlowMod { flow, pad: Pad::default(), tlvs };
        Body::Vendor(Vendor::Vse(VseMessage::FlowMod(extended)))
    }

    /// Reads a flow; in lenient mode, also tells what was changed.
    pub fn parse(text: &str, options: Options) -> Result<(Self, Vec<Warning>), FlowTextError> {
        let read = Reader::default().read(text, options).map_err(|problem| problem.error(text))?;
        let (flow, warnings) = read;
        Ok((flow, warnings.into_iter().map(|problem| problem.warning(text)).collect()))
    }

    /// Reads a file of flows, one a line; blank lines and `#` comments are left out, as is the
    /// line at the head of a dump.
    pub fn parse_lines(
        text: &str,
        options: Options,
    ) -> Result<Vec<(Self, Vec<Warning>)>, LineError> {
        let flows = text.lines().enumerate().filter_map(|(index, line)| {
            let line = line.split('#').next().unwrap_or(line).trim();
            let heading = line.starts_with("NXST_FLOW reply")
                || line.starts_with("OFPST_FLOW reply")
                || line.is_empty();
            let numbered = |error| LineError { line: index + 1, error };
            let read = || Self::parse(line, options).map_err(numbered);
            (!heading).then(read)
        });
        flows.collect()
    }
}

impl FromStr for Flow {
    type Err = FlowTextError;

    /// Reads a flow strictly; without a command it is an addition.
    fn from_str(text: &str) -> Result<Self, FlowTextError> {
        Self::parse(text, Options::default()).map(|(flow, _)| flow)
    }
}

/// A flow that is being read.
struct Reader {
    flow_mod: FlowMod,
    fields: Fields,
    wildcards: Option<Wildcards>,
    hidden: Option<Match>,
    seen: Vec<String>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            flow_mod: FlowMod {
                r#match: Match::ANY,
                cookie: Hex(0),
                command: FlowModCommand::Add,
                idle_timeout: 0,
                hard_timeout: 0,
                priority: FlowMod::DEFAULT_PRIORITY,
                buffer_id: BufferId::NONE,
                out_port: PortNo::NONE,
                flags: FlowModFlags::empty(),
                actions: Vec::new(),
            },
            fields: Fields::default(),
            wildcards: None,
            hidden: None,
            seen: Vec::new(),
        }
    }
}

impl Reader {
    fn read(mut self, text: &str, options: Options) -> Result<(Flow, Vec<Problem>), Problem> {
        let all = words(text, 0)?;
        let mut words = all.as_slice();
        self.flow_mod.command = options.command.unwrap_or(FlowModCommand::Add);
        if let Some((first, rest)) = words.split_first()
            && let Some(command) = command(first.text)
        {
            self.flow_mod.command = command;
            words = rest;
        }
        self.fields.lenient = options.lenient;
        self.fields.exact = words.iter().any(|word| word.text.starts_with("wildcards="));
        let actions = words
            .iter()
            .position(|word| word.text.starts_with("actions=") || word.text.starts_with("action="));
        let (head, tail) = words.split_at(actions.unwrap_or(words.len()));
        for word in head {
            self.read_word(word)?;
        }
        match tail.split_first() {
            Some((first, rest)) => {
                let (_, value) = first.key_value();
                let value = value.filter(|value| !value.text.is_empty());
                let list: Vec<Word<'_>> = value.into_iter().chain(rest.iter().cloned()).collect();
                if list.is_empty() {
                    return Err(first.problem("actions= has no actions").help("actions=drop"));
                }
                self.flow_mod.actions = parse_actions(&list)?;
            }
            None if self.needs_actions(options.actions) => {
                let end = text.trim_end().len();
                return Err(Problem::new(end..end, "there are no actions")
                    .help("end with actions=…, or actions=drop"));
            }
            None => {}
        }
        self.fields.check()?;
        Ok(self.finish())
    }

    fn needs_actions(&self, requirement: Requirement) -> bool {
        let deletes =
            matches!(self.flow_mod.command, FlowModCommand::Delete | FlowModCommand::DeleteStrict);
        requirement == Requirement::ByCommand && !deletes
    }

    fn read_word(&mut self, word: &Word<'_>) -> Result<(), Problem> {
        if self.fields.read(word)? {
            return Ok(());
        }
        let (key, value) = word.key_value();
        let key = key.to_ascii_lowercase();
        if STATISTICS.contains(&key.as_str()) {
            return Ok(());
        }
        if self.seen.contains(&key) {
            return Err(word.problem(format!("{key} was set before")));
        }
        match (key.as_str(), value) {
            ("priority", Some(value)) => self.flow_mod.priority = number16(&value, "priority")?,
            ("cookie", Some(value)) => {
                self.flow_mod.cookie = Hex(number_up_to(&value, "cookie", u64::MAX)?);
            }
            ("idle_timeout", Some(value)) => {
                self.flow_mod.idle_timeout = number16(&value, "idle_timeout")?;
            }
            ("hard_timeout", Some(value)) => {
                self.flow_mod.hard_timeout = number16(&value, "hard_timeout")?;
            }
            ("send_flow_rem", None) => self.flow_mod.flags |= FlowModFlags::SEND_FLOW_REM,
            ("check_overlap", None) => self.flow_mod.flags |= FlowModFlags::CHECK_OVERLAP,
            ("emerg", None) => self.flow_mod.flags |= FlowModFlags::EMERG,
            ("flags", Some(value)) => {
                let bits = number16(&value, "flags")?;
                self.flow_mod.flags |= FlowModFlags::from_bits_retain(bits);
            }
            ("buffer_id", Some(value)) => {
                let id = number_up_to(&value, "buffer_id", u32::MAX.into())?;
                self.flow_mod.buffer_id = BufferId(u32::try_from(id).unwrap_or(u32::MAX));
            }
            ("out_port", Some(value)) => {
                self.flow_mod.out_port = match PortNo::from_name(value.text) {
                    Some(port) => port,
                    None => PortNo(number16(&value, "out_port")?),
                };
            }
            ("command", Some(value)) => {
                self.flow_mod.command = number16(&value, "command")?.into();
            }
            ("table", Some(value)) => {
                if !matches!(number(value.text), Some(0 | 255)) {
                    let message = format!("OpenFlow 1.0 cannot say table {}", value.text);
                    return Err(value.problem(message).help("table=0, or leave it out"));
                }
            }
            ("wildcards", Some(value)) => {
                let bits = number_up_to(&value, "wildcards", u32::MAX.into())?;
                let bits = u32::try_from(bits).unwrap_or(u32::MAX);
                self.wildcards = Some(Wildcards::from_bits_retain(bits));
            }
            _ => return self.read_other(word, &key),
        }
        self.seen.push(key);
        Ok(())
    }

    /// `unmatched(…)` and `tlv(…)`, or nothing that is known.
    fn read_other(&mut self, word: &Word<'_>, key: &str) -> Result<(), Problem> {
        match word.call() {
            Some(("unmatched", inside)) => {
                self.hidden = Some(hidden_values(&inside)?);
                Ok(())
            }
            Some(("tlv", hex)) => {
                let wire = crate::types::read_hex(hex.text);
                match wire.as_deref().map(Tlv::read) {
                    Some(Ok(([], tlv))) => {
                        self.fields.tlvs.push(tlv);
                        Ok(())
                    }
                    _ => Err(hex.problem("not the hex digits of one whole match TLV")),
                }
            }
            _ => Err(unknown_word(word, key)),
        }
    }

    fn finish(self) -> (Flow, Vec<Problem>) {
        let mut flow_mod = self.flow_mod;
        flow_mod.r#match = self.fields.r#match;
        if let Some(hidden) = self.hidden {
            fill_hidden(&mut flow_mod.r#match, &hidden);
        }
        if let Some(wildcards) = self.wildcards {
            flow_mod.r#match.wildcards = wildcards;
        }
        (Flow { flow_mod, tlvs: self.fields.tlvs }, self.fields.warnings)
    }
}

fn command(word: &str) -> Option<FlowModCommand> {
    // `add`, but not a field: none of the names is both.
    FlowModCommand::from_name(word)
}

/// The values in `unmatched(…)`; the rest is zero.
fn hidden_values(inside: &Word<'_>) -> Result<Match, Problem> {
    let mut fields = Fields { exact: true, ..Fields::default() };
    for word in inside.words()? {
        let (key, value) = word.key_value();
        let hex = value.as_ref().and_then(|value| crate::types::read_hex(value.text));
        match (key, hex.as_deref()) {
            ("pad1", Some([byte])) => fields.r#match.pad1 = Pad([*byte]),
            ("pad2", Some([high, low])) => fields.r#match.pad2 = Pad([*high, *low]),
            _ if fields.read(&word)? => {}
            _ => return Err(unknown_word(&word, key)),
        }
    }
    Ok(fields.r#match)
}

/// Puts the values of `hidden` where `to` has no field of its own.
fn fill_hidden(to: &mut Match, hidden: &Match) {
    let own = *to;
    let pick = |field: Wildcards| own.wildcards.contains(field);
    if pick(Wildcards::IN_PORT) {
        to.in_port = hidden.in_port;
    }
    if pick(Wildcards::DL_SRC) {
        to.dl_src = hidden.dl_src;
    }
    if pick(Wildcards::DL_DST) {
        to.dl_dst = hidden.dl_dst;
    }
    if pick(Wildcards::DL_VLAN) {
        to.dl_vlan = hidden.dl_vlan;
    }
    if pick(Wildcards::DL_VLAN_PCP) {
        to.dl_vlan_pcp = hidden.dl_vlan_pcp;
    }
    if pick(Wildcards::DL_TYPE) {
        to.dl_type = hidden.dl_type;
    }
    if pick(Wildcards::NW_TOS) {
        to.nw_tos = hidden.nw_tos;
    }
    if pick(Wildcards::NW_PROTO) {
        to.nw_proto = hidden.nw_proto;
    }
    if own.nw_src_prefix().is_none() {
        to.nw_src = hidden.nw_src;
    }
    if own.nw_dst_prefix().is_none() {
        to.nw_dst = hidden.nw_dst;
    }
    if pick(Wildcards::TP_SRC) {
        to.tp_src = hidden.tp_src;
    }
    if pick(Wildcards::TP_DST) {
        to.tp_dst = hidden.tp_dst;
    }
    (to.pad1, to.pad2) = (hidden.pad1, hidden.pad2);
}

fn unknown_word(word: &Word<'_>, key: &str) -> Problem {
    let known = FIELD_WORDS.iter().chain(&OTHER_WORDS).copied();
    let ours = MatchField::ALL.iter().filter(|field| field.value_len().is_some());
    let all: Vec<&str> = known.chain(ours.filter_map(|field| field.name())).collect();
    if all.contains(&key) {
        let help = if word.text.contains('=') { key.to_owned() } else { format!("{key}=…") };
        return word.problem(format!("{key} is written otherwise")).help(help);
    }
    let problem = word.problem(format!("{key:?} is no word of a flow"));
    match nearest(key, all) {
        Some(like) => problem.help(format!("did you mean {like}?")),
        None => problem,
    }
}
