//! Showing a list again and again, until interrupted.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use agent::client::Client;

/// Moves to the upper left corner and clears what is below: the screen does not flicker.
const CLEAR: &[u8] = b"\x1b[H\x1b[J";

/// How long nothing is said to the agent at most: it asks who is silent for longer.
pub(crate) const ALIVE: Duration = Duration::from_secs(5);

/// How often to show it.
#[derive(Debug, clap::Args)]
pub(crate) struct Watching {
    /// Time between two looks: `500ms`, `2s`, `1m`.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::duration::parse)]
    interval: Duration,

    /// Stop after so many looks.
    #[arg(short, long, value_name = "N")]
    count: Option<u64>,
}

impl Watching {
    /// Shows what `look` writes, in place of what it wrote before where that is a terminal.
    pub(crate) fn run(
        &self,
        out: &mut impl Write,
        client: &mut Client,
        look: impl Fn(&mut Client, &mut Vec<u8>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let clears = io::stdout().is_terminal();
        let mut seen = 0;
        loop {
            let mut text = Vec::new();
            look(client, &mut text)?;
            if clears {
                out.write_all(CLEAR)?;
            }
            out.write_all(&text)?;
            out.flush()?;
            seen += 1;
            if self.count.is_some_and(|count| seen >= count) {
                return Ok(());
            }
            let next = Instant::now() + self.interval;
            loop {
                let left = next.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                std::thread::sleep(left.min(ALIVE));
                client.keep_alive()?;
            }
        }
    }
}
