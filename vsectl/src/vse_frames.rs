//! Where the frames go that carry messages to an agent, as commands take it.

use codec::of10::PortNo;
use codec::types::MacAddr;

/// The place of an agent.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AgentPlace {
    /// The agent's Ethernet address, in frames.
    #[arg(long, value_name = "MAC", default_value = "02:00:00:00:00:0a")]
    pub(crate) agent_mac: MacAddr,

    /// The port to the agent, to which frames are sent; LOCAL, if it is not said.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// The stream id of frames.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) stream: u32,
}

impl AgentPlace {
    pub(crate) fn port(&self) -> PortNo {
        self.port.map_or(PortNo::LOCAL, PortNo)
    }
}
