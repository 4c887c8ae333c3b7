//! The terminal: full screen while the view runs, and as it was before when it ends, however it ends.

use std::io::IsTerminal;
use std::sync::mpsc;
use std::thread;

use anyhow::Context;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as TerminalEvent, KeyEvent};

use super::keys::Next;
use super::source::{Interval, Source};
use super::state::{Options, Sample, State};
use super::view::draw;
use crate::exit::UsageError;
use crate::signals;
use crate::view::AssignmentView;

/// What the loop waits for.
#[derive(Debug)]
pub(super) enum Event {
    /// The agent was looked at.
    Sample(Box<Sample>),
    /// The agent decided something.
    Decided(Box<AssignmentView>),
    /// There is no agent any more, and why.
    Lost(String),
    Key(KeyEvent),
    /// The terminal has another size.
    Resized,
    /// A signal says to end, or the terminal has gone.
    Stop,
}

/// Shows what `source` tells until a key or a signal ends it.
pub(crate) fn run(source: Source, options: Options) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let text = "top needs a terminal; for a pipe there are flow watch, core watch and monitor";
        anyhow::bail!(UsageError(text.to_owned()));
    }
    let (sender, events) = mpsc::channel();
    let stop = sender.clone();
    signals::on_stop(signals::WITH_HANGUP, move || drop(stop.send(Event::Stop)))
        .context("signals")?;
    let interval = Interval::new(options.interval);
    source.start(interval.clone(), sender.clone()).context("a thread")?;
    let screen = Screen::enter()?;
    read_keys(sender).context("a thread")?;
    screen.run(State::new(options), &interval, &events)
}

/// The terminal in full screen; restored when the value goes, after a panic too.
struct Screen(DefaultTerminal);

impl Screen {
    fn enter() -> anyhow::Result<Self> {
        Ok(Self(ratatui::try_init().context("the terminal")?))
    }

    fn run(
        mut self,
        mut state: State,
        interval: &Interval,
        events: &mpsc::Receiver<Event>,
    ) -> anyhow::Result<()> {
        loop {
            self.0.draw(|frame| draw(&mut state, frame)).context("the terminal")?;
            // Nobody is left who could tell anything: as when told to stop.
            let Ok(first) = events.recv() else { return Ok(()) };
            // What has come meanwhile is drawn at once: a burst of decisions is one drawing.
            for event in std::iter::once(first).chain(events.try_iter()) {
                match event {
                    Event::Sample(sample) => state.sample(*sample),
                    Event::Decided(told) => state.decided(*told),
                    Event::Lost(why) => state.lost(why),
                    Event::Key(key) if state.key(key) == Next::Quit => return Ok(()),
                    Event::Key(_) => interval.set(state.options.interval),
                    Event::Resized => {}
                    Event::Stop => return Ok(()),
                }
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Where the terminal has gone there is nothing to restore.
        drop(ratatui::try_restore());
    }
}

fn read_keys(sender: mpsc::Sender<Event>) -> std::io::Result<()> {
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        loop {
            let event = match event::read() {
                Ok(TerminalEvent::Key(key)) => Event::Key(key),
                Ok(TerminalEvent::Resize(..)) => Event::Resized,
                Ok(_) => continue,
                Err(_) => Event::Stop,
            };
            let is_last = matches!(event, Event::Stop);
            if sender.send(event).is_err() || is_last {
                return;
            }
        }
    })?;
    Ok(())
}
