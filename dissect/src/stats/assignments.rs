//! VSE's rules and decisions by core.

use std::collections::BTreeMap;

use codec::vse::{Core, Reason};

use super::Statistic;
use super::report::{Cell, Report, columns};
use crate::frame::Frame;
use crate::problem::Problem;
use crate::protocol::openflow::{self, NEW_CORE, REASON, SET_IRQ_CORE};
use crate::registry::{Field, Protocol};
use crate::sink::{Place, Sink, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A rule names the core, or leaves it to VSE.
    Rule,
    /// VSE told of a decision, for this reason.
    Decision(Option<u8>),
}

/// Counts rules and decisions.
#[derive(Debug, Default)]
pub(super) struct Assignments {
    counts: BTreeMap<(u16, What), u64>,
    reason: Option<u8>,
}

impl Statistic for Assignments {
    fn begin(&mut self, _: &Frame<'_>) {
        self.reason = None;
    }

    fn end(&mut self, _: &Frame<'_>) {}

    fn report(&self) -> Report {
        let rows = self.counts.iter().map(|((core, what), count)| {
            let (kind, reason) = match what {
                What::Rule => ("rule", Cell::Nothing),
                What::Decision(reason) => {
                    let reason = reason.map(|reason| Reason::from(reason).to_string());
                    ("decision", reason.map_or(Cell::Nothing, Cell::Text))
                }
            };
            let core = match Core(*core) {
                Core::NONE => "auto".into(),
                Core(core) => Cell::Number(core.into()),
            };
            vec![core, kind.into(), reason, (*count).into()]
        });
        Report {
            name: "assignments",
            title: "VSE by core".to_owned(),
            columns: columns![
                "core" "Core", "kind" "Kind", "reason" "Reason", "count" "Count",
            ],
            rows: rows.collect(),
        }
    }
}

impl Sink for Assignments {
    fn wants(&self, protocol: &'static Protocol) -> bool {
        std::ptr::eq(protocol, &raw const openflow::BODY)
    }

    fn enter(&mut self, _: &'static Protocol, _: Place) {}

    fn leave(&mut self) {}

    fn field(&mut self, field: &'static Field, _: Place, value: Value<'_>) {
        let Value::Unsigned(number) = value else { return };
        let core = u16::try_from(number).unwrap_or(Core::NONE.0);
        if *field == REASON {
            self.reason = u8::try_from(number).ok();
        } else if *field == SET_IRQ_CORE {
            *self.counts.entry((core, What::Rule)).or_default() += 1;
        } else if *field == NEW_CORE {
            *self.counts.entry((core, What::Decision(self.reason))).or_default() += 1;
        }
    }

    fn problem(&mut self, _: Problem) {}
}
