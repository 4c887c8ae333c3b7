//! Frames by VM id and priority.

use std::collections::BTreeMap;

use super::Statistic;
use super::report::{Cell, Report, columns, count};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::protocol::fcf::{PRIORITY, PROTOCOL, VM_ID};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

/// Counts frames by their Flow Control Field; of several, the outermost.
#[derive(Debug, Default)]
pub(super) struct Fields {
    counts: BTreeMap<(Option<u64>, bool), (u64, u64)>,
    vm_id: Option<u64>,
    priority: Option<bool>,
}

impl Statistic for Fields {
    fn begin(&mut self, _: &Frame<'_>) {
        (self.vm_id, self.priority) = (None, None);
    }

    fn end(&mut self, frame: &Frame<'_>) {
        let key = (self.vm_id, self.priority.unwrap_or(false));
        let counts = self.counts.entry(key).or_default();
        counts.0 += 1;
        counts.1 += count(frame.len);
    }

    fn report(&self) -> Report {
        let rows = self.counts.iter().map(|((vm_id, priority), (frames, bytes))| {
            vec![
                vm_id.map_or(Cell::Nothing, Cell::Number),
                vm_id.map_or(Cell::Nothing, |_| Cell::Flag(*priority)),
                (*frames).into(),
                (*bytes).into(),
            ]
        });
        Report {
            name: "fcf",
            title: "Frames by Flow Control Field".to_owned(),
            columns: columns![
                "vm_id" "VM id", "priority" "Priority", "frames" "Frames", "bytes" "Bytes",
            ],
            rows: rows.collect(),
        }
    }
}

impl Sink for Fields {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        std::ptr::eq(protocol, &raw const PROTOCOL)
    }

    fn enter(&mut self, _: &'static Protocol, _: Place) {}

    fn leave(&mut self) {}

    fn field(&mut self, field: &'static Field, _: Place, value: Value<'_>) {
        match value {
            Value::Unsigned(vm_id) if *field == VM_ID => _ = self.vm_id.get_or_insert(vm_id),
            Value::Flag(priority) if *field == PRIORITY => {
                self.priority.get_or_insert(priority);
            }
            _ => {}
        }
    }

    fn problem(&mut self, _: Problem) {}
}
