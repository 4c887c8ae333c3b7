//! Completion of what an agent has: asked of the agent itself, and left out where none answers.

use std::time::Duration;

use agent::client::{Client, Target};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use codec::text::FIELD_WORDS;
use codec::vse::MatchField;

/// A shell waits for it.
const LIMIT: Duration = Duration::from_millis(300);

/// The agent's cores.
pub(crate) fn cores() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &std::ffi::OsStr| {
        let cores = client().and_then(|mut client| client.cores().ok()).unwrap_or_default();
        beginning_with(typed, cores.iter().map(|core| core.core.to_string()))
    })
}

/// The agent's VMs.
pub(crate) fn vms() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &std::ffi::OsStr| {
        let vms = client().and_then(|mut client| client.vms().ok()).unwrap_or_default();
        beginning_with(typed, vms.iter().map(|vm| vm.vm_id.to_string()))
    })
}

/// The fields that a flow can match, behind the last comma of what was typed.
pub(crate) fn fields() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &std::ffi::OsStr| {
        let text = typed.to_string_lossy();
        let before = text.rfind(',').map_or("", |comma| text.get(..=comma).unwrap_or_default());
        let ours = MatchField::ALL.iter().filter(|field| field.value_len().is_some());
        let ours = ours.filter_map(|field| field.name());
        let words = FIELD_WORDS.iter().copied().chain(ours);
        beginning_with(typed, words.map(|word| format!("{before}{word}")))
    })
}

fn client() -> Option<Client> {
    let target = match std::env::var("VSECTL_AGENT") {
        Ok(word) => word.parse().ok()?,
        Err(_) => Target::default(),
    };
    Client::connect(&target, LIMIT).ok()
}

fn beginning_with(
    typed: &std::ffi::OsStr,
    words: impl Iterator<Item = String>,
) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    words.filter(|word| word.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}
