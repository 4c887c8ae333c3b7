//! The screen as it is drawn, to the letter; and what keys do to it. The tables are those of an
//! engine.

use std::time::Duration;

use agent::engine::{CoreInfo, Engine, Event, FlowChange, PacketKey, Settings, Time, UnixOffset};
use codec::of10::PortNo;
use codec::text::Flow;
use codec::types::Pad;
use codec::vse::{Core, DatapathMode, DatapathStats};
use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::Next;
use super::rates::FlowSort;
use super::state::{Options, Sample, State};
use super::view::draw;
use crate::view::{AssignmentView, CoreView, FlowView};

/// An agent that is one engine, and the view of it.
struct World {
    engine: Engine,
    state: State,
    seconds: u64,
}

const FLOWS: [&str; 4] = [
    "priority=90,udp,tp_dst=53,actions=set_irq_core:auto",
    "priority=80,tcp,nw_dst=10.0.0.1,actions=set_irq_core:1",
    "priority=70,vm_id=5,actions=set_irq_core:auto",
    "priority=1,arp,actions=drop",
];

impl World {
    fn new() -> Self {
        let cores = (0..3).map(|core| CoreInfo::new(Core(core)));
        let mut engine = Engine::new(Settings::default(), cores);
        for text in FLOWS {
            let flow: Flow = text.parse().expect("a flow");
            let change = FlowChange::try_from(&flow.to_body()).expect("a change");
            engine.flow_mod(&change, Time::ZERO, &mut Vec::new()).expect("it is done");
        }
        engine.set_eligible(Core(2), false, Time::ZERO, &mut Vec::new()).expect("it is there");
        let state = State::new(Options {
            target: "unix:/run/vse/agent.sock".to_owned(),
            interval: Duration::from_secs(1),
            sort: FlowSort::Rate,
            color: false,
        });
        Self { engine, state, seconds: 0 }
    }

    /// A second passes with so many frames to UDP port 53 and to 10.0.0.1, and these loads.
    fn second(&mut self, udp: u32, tcp: u32, loads: [u16; 3]) {
        let now = Time::from_secs(self.seconds);
        for (core, load) in (0..).zip(loads) {
            self.engine.set_load(Core(core), load, now);
        }
        let mut events = Vec::new();
        for (protocol, count) in [(17, udp), (6, tcp)] {
            let mut frame = [0; 42];
            frame[12..14].copy_from_slice(&[0x08, 0x00]);
            frame[14] = 0x45;
            frame[23] = protocol;
            frame[30..34].copy_from_slice(&[10, 0, 0, 1]);
            frame[36..38].copy_from_slice(&[0, 53]);
            let key = PacketKey::extract(&frame, PortNo(1), &self.engine.config().fcf_layout);
            for _ in 0..count {
                self.engine.receive(&key, 100, Core(0), now, &mut events);
            }
        }
        for event in events {
            if let Event::Decided(decided) = event {
                // The first second of 2026.
                let told = decided.to_message(0, UnixOffset(1_767_225_600_000_000_000));
                self.state.decided(AssignmentView::from(told));
            }
        }
        let (engine, counters) = (&self.engine, self.engine.counters());
        let cores = engine.cores().iter().map(|core| engine.cores().to_stats(core, 900));
        let flows = engine.flows().map(|flow| flow.to_stats(now, UnixOffset(0)));
        self.state.sample(Sample {
            at: Duration::from_secs(self.seconds),
            clock: format!("12:00:{:02}", self.seconds),
            cores: cores.map(CoreView::from).collect(),
            flows: flows.map(FlowView::from).collect(),
            datapath: DatapathStats {
                name: agent::datapath::short_name("none"),
                mode: DatapathMode::None,
                pad: Pad::default(),
                n_cores: 2,
                generation: 4,
                n_flows: 4,
                max_flows: 65_536,
                matched: counters.matched,
                missed: counters.missed,
                passed: counters.passed,
                redirected: counters.redirected,
                errors: counters.errors,
                moves: 0,
                deferred: 0,
            },
        });
        self.seconds += 1;
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{1b}' => KeyCode::Esc,
                '\u{8}' => KeyCode::Backspace,
                key => KeyCode::Char(key),
            };
            assert_eq!(self.state.key(KeyEvent::new(code, KeyModifiers::NONE)), Next::Go);
        }
    }

    fn screen(&mut self, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("memory");
        terminal.draw(|frame| draw(&mut self.state, frame)).expect("memory");
        terminal.backend().to_string()
    }

    /// The first words of the entries, from the top.
    fn order(&self) -> Vec<u16> {
        self.state.shown_flows().map(|row| row.flow.priority).collect()
    }
}

/// Two looks, as many frames in between as to make rates.
fn busy() -> World {
    let mut world = World::new();
    world.second(1, 1, [100, 300, 0]);
    world.second(1500, 20, [950, 450, 0]);
    world
}

#[test]
fn a_small_terminal() {
    assert_snapshot!(busy().screen(80, 24));
}

#[test]
fn a_wide_terminal() {
    assert_snapshot!(busy().screen(120, 30));
}

#[test]
fn before_the_first_look_and_too_small() {
    let mut world = World::new();
    assert!(world.screen(80, 24).contains("unix:/run/vse/agent.sock"));
    assert!(world.screen(20, 4).contains("40 by 8"));
}

#[test]
fn help_lies_over_it() {
    let mut world = busy();
    world.keys("?");
    assert_snapshot!(world.screen(80, 24));
    // Any key takes it away, and does nothing else.
    world.keys("p");
    assert!(!world.state.is_paused && !world.state.shows_help);
}

#[test]
fn an_agent_that_has_gone_and_come_back() {
    let mut world = busy();
    world.state.lost("unix:/run/vse/agent.sock: connection\nrefused".to_owned());
    let screen = world.screen(80, 24);
    assert!(screen.contains("no agent, trying again: unix:/run/vse/agent.sock"), "{screen}");
    // What was known stays, and the new agent's counters make no rate with the old one's.
    assert!(screen.contains("10.0.0.1"), "{screen}");
    world.second(0, 0, [0; 3]);
    assert!(!world.screen(80, 24).contains("no agent"));
    assert!(world.state.flows.iter().all(|row| row.packets == 0.0));
}

#[test]
fn sorting() {
    let mut world = busy();
    assert_eq!(world.order(), [90, 80, 70, 1]);
    // bits, packets, priority, core: entries without one last.
    world.keys("ssss");
    assert_eq!(world.state.flow_sort, FlowSort::Core);
    assert_eq!(world.order().first(), Some(&90));
    world.keys("S");
    assert_eq!(world.state.flow_sort, FlowSort::Priority);
    world.keys("r");
    assert_eq!(world.order(), [1, 70, 80, 90]);
    // The cores' own order: by load.
    world.keys("\t\ts");
    let cores: Vec<u16> = world.state.cores.iter().map(|row| row.core.core.0).collect();
    assert_eq!(cores, [0, 1, 2]);
    world.second(0, 0, [0, 1000, 0]);
    let cores: Vec<u16> = world.state.cores.iter().map(|row| row.core.core.0).collect();
    assert_eq!(cores, [1, 0, 2]);
    assert!(world.screen(80, 24).contains("(by load)"));
}

#[test]
fn filtering() {
    let mut world = busy();
    world.keys("/TP_dst u");
    // Words count while they are written.
    assert_eq!(world.order(), [90]);
    assert!(world.screen(80, 24).contains("filter: TP_dst u"));
    world.keys("\u{8}\u{8}\n");
    assert!(world.screen(80, 24).contains("1 of 4 with \"TP_dst\""));
    // Esc while it is written takes back what was written, else the filter.
    world.keys("/x\u{1b}");
    assert_eq!(world.state.filter.text(), "TP_dst");
    world.keys("\u{1b}");
    assert_eq!(world.order().len(), 4);
}

#[test]
fn a_pause_holds_the_tables() {
    let mut world = busy();
    world.keys("p");
    world.second(0, 5000, [0; 3]);
    assert_eq!(world.order(), [90, 80, 70, 1]);
    assert!(world.screen(80, 24).contains("PAUSED"));
    // The latest look is shown at once, with the rate since the one before.
    world.keys("p");
    assert_eq!(world.order().first(), Some(&80));
    assert!((world.state.flows[0].packets - 5000.0).abs() < 1.0);
}

#[test]
fn scrolling_ends_at_the_rows() {
    let mut world = busy();
    world.screen(80, 24);
    world.keys("jjjjjjjj");
    assert_eq!(world.state.scrolled[1], 3);
    world.keys("kkg");
    assert_eq!(world.state.scrolled[1], 0);
    world.keys("G");
    // All rows fit, so the last page begins with the first.
    assert_eq!(world.state.scrolled[1], 0);
    world.keys("/arp\n");
    world.keys("j");
    assert_eq!(world.state.scrolled[1], 0);
}

#[test]
fn the_pace_and_the_end() {
    let mut world = World::new();
    world.keys("++-");
    assert_eq!(world.state.options.interval, Duration::from_secs(2));
    world.keys("--------");
    assert_eq!(world.state.options.interval, Duration::from_millis(100));
    let quits = [
        KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE),
        KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL),
    ];
    for key in quits {
        assert_eq!(world.state.key(key), Next::Quit);
    }
    // In the filter a q is a letter.
    world.keys("/q");
    assert_eq!(world.state.filter.text(), "q");
}
