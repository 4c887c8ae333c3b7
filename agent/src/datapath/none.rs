//! No datapath: there are the tables alone.

use codec::vse::DatapathMode;

use super::{Datapath, DatapathError, Description, short_name};
use crate::engine::{Engine, Event, RuleChange, Time};

/// Moves no frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDatapath;

impl Datapath for NoDatapath {
    fn describe(&self) -> Description {
        let name = short_name("none");
        Description { name, mode: DatapathMode::None, interfaces: Vec::new() }
    }

    fn apply(&mut self, _: &Engine, _: &[RuleChange]) -> Result<(), DatapathError> {
        Ok(())
    }

    fn poll(
        &mut self,
        _: &mut Engine,
        _: Time,
        _: &mut Vec<Event>,
    ) -> Result<Option<Time>, DatapathError> {
        Ok(None)
    }
}
