//! Which agent a command speaks with: `--agent TARGET`, or `VSECTL_AGENT`.

use std::time::Duration;

use agent::client::{Client, Target};

/// No wait for an agent is longer.
const LIMIT: Duration = Duration::from_secs(5);

/// The option that every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AgentOption {
    /// The agent to speak with: `unix:PATH`, `netlink[:PORT]` or `tcp:HOST[:PORT]`; or `bpf[:DIR]`, its
    /// pinned maps, which can be read without it.
    #[arg(
        long,
        global = true,
        env = "VSECTL_AGENT",
        hide_env_values = true,
        value_name = "TARGET",
        default_value_t
    )]
    agent: Target,
}

impl AgentOption {
    /// Where the agent is.
    pub(crate) fn target(&self) -> &Target {
        &self.agent
    }

    /// Connects with the agent.
    pub(crate) fn connect(&self) -> anyhow::Result<Client> {
        Ok(Client::connect(&self.agent, LIMIT)?)
    }
}

/// Connects with the agent at a target that stands in place of a file.
pub(crate) fn connect(target: &Target) -> anyhow::Result<Client> {
    Ok(Client::connect(target, LIMIT)?)
}
