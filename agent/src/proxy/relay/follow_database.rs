//! What the switch's database says, for all of its sessions.

use std::time::Instant;

use super::super::pair::Link;
use super::super::{Database, Said};
use super::Relay;

impl Relay {
    pub(super) fn database_ready(&mut self, now: Instant) {
        let told = self.database_said(now);
        let said = match told {
            Ok(said) => said,
            Err(error) => {
                tracing::warn!("database: {error}");
                self.database = Link::Down;
                self.said = Database::default();
                self.to_database.lost(now);
                return;
            }
        };
        for said in said {
            match &said.vm {
                Some(vm) => self.known.insert(said.port.clone(), vm.clone()),
                None => self.known.remove(&said.port),
            };
            for pair in self.pairs.values_mut() {
                pair.database(said.clone());
            }
        }
        let ids: Vec<usize> = self.pairs.keys().copied().collect();
        for id in ids {
            self.pump(id, now);
        }
    }

    fn database_said(&mut self, now: Instant) -> Result<Vec<Said>, Box<dyn std::error::Error>> {
        if self.database.ready()? {
            self.to_database.connected(now);
            if let Some(channel) = self.database.up() {
                channel.output().extend(Database::request());
            }
        }
        let Some(channel) = self.database.up() else { return Ok(Vec::new()) };
        let mut said = Vec::new();
        while channel.read(now)? {
            let bytes = channel.take_bytes();
            said.extend(self.said.take(&bytes, channel.output())?);
        }
        channel.flush()?;
        Ok(said)
    }
}
