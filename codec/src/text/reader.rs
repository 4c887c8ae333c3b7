//! Reads a flow's text: what stands beside its match, which is read by who knows its fields.

use super::action::parse_actions;
use super::diagnostic::Problem;
use super::flow::{Options, Requirement};
use super::word::{Word, nearest, number_up_to, number16, words};
use crate::of10::{BufferId, FlowMod, FlowModCommand, FlowModFlags, Match, PortNo};
use crate::types::Hex;

/// Who reads the words of a match.
pub(super) trait MatchReader {
    /// Looks at the words in front of the actions before the first of them is read.
    fn begin(&mut self, words: &[Word<'_>], lenient: bool);

    /// Reads `word`, if it is about a field; false where it is not.
    fn read(&mut self, word: &Word<'_>) -> Result<bool, Problem>;

    /// Takes the table that the flow is for.
    fn set_table(&mut self, value: &Word<'_>) -> Result<(), Problem>;

    /// Checks that every field counts, when all are read.
    fn check(&mut self, command: FlowModCommand) -> Result<(), Problem>;

    /// The words that it knows, to find one that is like another.
    fn names() -> Vec<&'static str>;
}

/// Words of a dump that say what a flow has done; they are read over.
const STATISTICS: [&str; 8] =
    ["duration", "n_packets", "n_bytes", "idle_age", "hard_age", "core", "rxhash", "reset_counts"];

/// Words that are neither fields nor actions.
const OTHER_WORDS: [&str; 12] = [
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
];

/// A flow that is being read.
pub(super) struct Reader<M> {
    /// All but the match, which is any here.
    pub(super) flow_mod: FlowMod,
    pub(super) matched: M,
    seen: Vec<String>,
}

impl<M: MatchReader + Default> Reader<M> {
    /// Reads all of `text`.
    pub(super) fn read(text: &str, options: Options) -> Result<Self, Problem> {
        let flow_mod = FlowMod {
            r#match: Match::ANY,
            cookie: Hex(0),
            command: options.command.unwrap_or(FlowModCommand::Add),
            idle_timeout: 0,
            hard_timeout: 0,
            priority: FlowMod::DEFAULT_PRIORITY,
            buffer_id: BufferId::NONE,
            out_port: PortNo::NONE,
            flags: FlowModFlags::empty(),
            actions: Vec::new(),
        };
        let mut reader = Self { flow_mod, matched: M::default(), seen: Vec::new() };
        let all = words(text, 0)?;
        let mut words = all.as_slice();
        if let Some((first, rest)) = words.split_first()
            // None of the names is a field.
            && let Some(command) = FlowModCommand::from_name(first.text)
        {
            reader.flow_mod.command = command;
            words = rest;
        }
        let actions = words
            .iter()
            .position(|word| word.text.starts_with("actions=") || word.text.starts_with("action="));
        let (head, tail) = words.split_at(actions.unwrap_or(words.len()));
        reader.matched.begin(head, options.lenient);
        for word in head {
            reader.read_word(word)?;
        }
        match tail.split_first() {
            Some((first, rest)) => {
                let (_, value) = first.key_value();
                let value = value.filter(|value| !value.text.is_empty());
                let list: Vec<Word<'_>> = value.into_iter().chain(rest.iter().cloned()).collect();
                if list.is_empty() {
                    return Err(first.problem("actions= has no actions").help("actions=drop"));
                }
                reader.flow_mod.actions = parse_actions(&list)?;
            }
            None if reader.needs_actions(options.actions) => {
                let end = text.trim_end().len();
                return Err(Problem::new(end..end, "there are no actions")
                    .help("end with actions=…, or actions=drop"));
            }
            None => {}
        }
        reader.matched.check(reader.flow_mod.command)?;
        Ok(reader)
    }

    fn needs_actions(&self, requirement: Requirement) -> bool {
        let deletes =
            matches!(self.flow_mod.command, FlowModCommand::Delete | FlowModCommand::DeleteStrict);
        requirement == Requirement::ByCommand && !deletes
    }

    fn read_word(&mut self, word: &Word<'_>) -> Result<(), Problem> {
        if self.matched.read(word)? {
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
            ("table", Some(value)) => self.matched.set_table(&value)?,
            _ => return Err(unknown_word::<M>(word, &key)),
        }
        self.seen.push(key);
        Ok(())
    }
}

/// Tells that `word` is none of a flow, and which is like it.
pub(super) fn unknown_word<M: MatchReader>(word: &Word<'_>, key: &str) -> Problem {
    let all: Vec<&str> = OTHER_WORDS.into_iter().chain(M::names()).collect();
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
