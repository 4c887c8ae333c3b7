//! The XDP program as one of the agent's datapaths.

use std::time::Duration;

use codec::vse::DatapathMode;

use super::{XdpDatapath, program};
use crate::datapath::{Datapath, DatapathError, Description, short_name};
use crate::engine::{Engine, Event, RuleChange, Time};

/// How often the maps are read: cores that the program gave are reported after so long at most.
const INTERVAL: Duration = Duration::from_millis(200);

impl Datapath for XdpDatapath {
    fn describe(&self) -> Description {
        let attachments = &self.options.interfaces;
        let interfaces: Vec<String> =
            attachments.iter().map(|attachment| attachment.interface.clone()).collect();
        let attached = program::attached(&self.options.folder).unwrap_or_default();
        // One interface in generic mode makes the whole what it is not in the driver.
        let mode = if attached.iter().all(|(_, is_native)| *is_native) {
            DatapathMode::XdpNative
        } else {
            DatapathMode::XdpGeneric
        };
        Description { name: short_name(&interfaces.join(",")), mode, interfaces }
    }

    fn apply(&mut self, engine: &Engine, changes: &[RuleChange]) -> Result<(), DatapathError> {
        let failed = |error| DatapathError::new("changing the tables of the XDP program", error);
        self.sync(engine, changes).map_err(failed)
    }

    fn poll(
        &mut self,
        engine: &mut Engine,
        now: Time,
        events: &mut Vec<Event>,
    ) -> Result<Option<Time>, DatapathError> {
        let failed = |error| DatapathError::new("reading the maps of the XDP program", error);
        self.collect(engine, now, events).map_err(failed)?;
        self.watch_interfaces(now);
        Ok(Some(now + INTERVAL))
    }
}
