//! `vsectl.frame/1`: a frame of a capture, its layers and its problems. A sink that writes as it is
//! told, since a tree would cost more than the writing.

use std::io::{self, Write};
use std::mem;

use codec::types::Padded;
use dissect::savefile::Record;
use dissect::{Field, Kind, PROTOCOLS, Place, Problem, Protocol, Sink, Value};

use super::clock::Clock;
use super::json_line::JsonLine;

const LAYER: Padded<16> = Padded::new("{\"proto\":\"");
const OFFSET: Padded<16> = Padded::new("\",\"offset\":");
const LEN: Padded<8> = Padded::new(",\"len\":");
const FIELDS: Padded<16> = Padded::new(",\"fields\":{");
const LAYERS_INSIDE: Padded<16> = Padded::new("},\"layers\":[");
const END_OF_FIELDS: Padded<2> = Padded::new("}}");
const END_OF_LAYERS: Padded<2> = Padded::new("]}");
const OBJECT: Padded<1> = Padded::new("{");
const END_OF_OBJECT: Padded<1> = Padded::new("}");
const ARRAY: Padded<1> = Padded::new("[");
const END_OF_ARRAY: Padded<1> = Padded::new("]");

/// Writes frames as JSON objects.
#[derive(Debug, Default)]
pub(crate) struct FrameJson {
    /// The layers of the frame.
    layers: JsonLine,
    /// What is open, and in what.
    state: State,
    outside: Vec<State>,
    pub(crate) problems: Vec<Problem>,
    /// What stands around the layers.
    frame: JsonLine,
    clock: Clock,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// The layers of the frame.
    #[default]
    Frame,
    /// The fields of a layer.
    Fields,
    /// The layers in a layer.
    Layers,
    Structure,
    List,
}

impl FrameJson {
    /// Forgets the frame.
    pub(crate) fn clear(&mut self) {
        self.layers.clear();
        self.state = State::Frame;
        self.outside.clear();
        self.problems.clear();
    }

    /// Writes the frame, of which the layers were told.
    pub(crate) fn write(&mut self, record: &Record<'_>, out: &mut impl Write) -> io::Result<()> {
        let frame = record.frame;
        let line = &mut self.frame;
        line.clear();
        line.put(&Padded::<48>::new("{\"schema\":\"vsectl.frame/1\",\"number\":"));
        line.number(frame.number);
        line.put(&Padded::<16>::new(",\"time\":"));
        line.time(frame.time, &mut self.clock);
        line.put(&Padded::<16>::new(",\"interface\":"));
        line.number(frame.interface.into());
        line.put(&LEN);
        line.number(wide(frame.len));
        line.put(&Padded::<16>::new(",\"caplen\":"));
        line.number(wide(frame.bytes.len()));
        if let Some(comment) = record.comment {
            line.put(&Padded::<16>::new(",\"comment\":"));
            line.string(comment);
        }
        line.put(&Padded::<16>::new(",\"layers\":["));
        out.write_all(line.as_bytes())?;
        out.write_all(self.layers.as_bytes())?;
        line.clear();
        line.open(&Padded::<16>::new("],\"problems\":["));
        for problem in &self.problems {
            line.element();
            line.put(&Padded::<16>::new("{\"kind\":"));
            line.plain(problem.kind.name());
            line.put(&Padded::<8>::new(",\"at\":"));
            line.place(problem.at);
            line.put(&Padded::<8>::new(",\"text\":"));
            line.string_of(&problem.what);
            line.close(&END_OF_OBJECT);
        }
        line.close(&END_OF_LAYERS);
        out.write_all(line.as_bytes())
    }

    /// Writes what stands before a value of `field`. Returns whether it has a place: one outside of
    /// all layers has none.
    #[inline]
    fn begin(&mut self, field: &Field) -> bool {
        match self.state {
            State::Fields | State::Structure => self.layers.member(&field.padded_key),
            State::List => self.layers.element(),
            State::Frame | State::Layers => return false,
        }
        true
    }

    #[inline]
    fn push(&mut self, state: State) {
        self.outside.push(mem::replace(&mut self.state, state));
    }

    /// Returns what was open.
    #[inline]
    fn pop(&mut self) -> State {
        let outside = self.outside.pop().unwrap_or_default();
        mem::replace(&mut self.state, outside)
    }
}

fn wide(count: usize) -> u64 {
    // No machine has more than 64 bits for it.
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Sink for FrameJson {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        // What a capture says of a frame stands outside of its layers.
        PROTOCOLS.first().is_none_or(|frame| !std::ptr::eq(*frame, protocol))
    }

    fn enter(&mut self, protocol: &'static Protocol, at: Place) {
        let layers = &mut self.layers;
        if !matches!(self.state, State::Frame | State::Layers) {
            self.state = State::Layers;
            layers.open(&LAYERS_INSIDE);
        }
        layers.element();
        layers.put(&LAYER);
        layers.put(&protocol.padded_name);
        layers.put(&OFFSET);
        layers.place(at.offset);
        layers.put(&LEN);
        layers.number(wide(at.len));
        layers.open(&FIELDS);
        self.push(State::Fields);
    }

    fn leave(&mut self) {
        match self.pop() {
            State::Layers => self.layers.close(&END_OF_LAYERS),
            _ => self.layers.close(&END_OF_FIELDS),
        }
    }

    fn field(&mut self, field: &'static Field, _: Place, value: Value<'_>) {
        if self.begin(field) {
            self.layers.value(field, value);
        }
    }

    fn open(&mut self, field: &'static Field, _: Place) {
        self.begin(field);
        if matches!(field.kind, Kind::List) {
            self.layers.open(&ARRAY);
            self.push(State::List);
        } else {
            self.layers.open(&OBJECT);
            self.push(State::Structure);
        }
    }

    fn close(&mut self) {
        match self.pop() {
            State::List => self.layers.close(&END_OF_ARRAY),
            _ => self.layers.close(&END_OF_OBJECT),
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}
