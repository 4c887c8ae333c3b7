//! Changes that a client has kept back, to be done together: BUNDLE of vse-protocol(7).

use codec::of10::{BadRequestCode, Body};
use codec::vse::BundleCommand;

use super::refused::Refused;
use super::service::Service;
use crate::engine::FlowChange;

/// The bundle of one client, if it has one open.
#[derive(Debug, Default)]
pub(crate) struct Bundles {
    open: Option<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// What names each change to the client: an xid, or a sequence number.
    names: Vec<u32>,
    bodies: Vec<Body>,
    changes: Vec<FlowChange>,
    /// Whether a change could not be kept, so that nothing will be done.
    is_spoilt: bool,
}

/// A commit that was refused: the change that was to blame, where one was, and why.
pub(crate) struct NotCommitted {
    /// The name of the change, and the change.
    pub(crate) change: Option<Box<(u32, Body)>>,
    /// Why.
    pub(crate) refused: Refused,
}

impl From<Refused> for NotCommitted {
    fn from(refused: Refused) -> Self {
        Self { change: None, refused }
    }
}

impl Bundles {
    /// Whether FLOW_MODs are kept now.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Keeps a change under a name.
    pub(crate) fn keep(
        &mut self,
        name: u32,
        body: &Body,
        service: &Service,
    ) -> Result<(), Refused> {
        let Some(open) = &mut self.open else { return Ok(()) };
        // More changes than the table has room for, twice, are no change of it that makes sense.
        let most = service.engine.settings().max_flows.saturating_mul(2);
        let kept = if open.bodies.len() >= most {
            let text = format!("a bundle has at most {most} changes");
            Err(Refused::new(BadRequestCode::Eperm, text))
        } else {
            FlowChange::try_from(body).map_err(Refused::from)
        };
        match kept {
            Ok(change) if !open.is_spoilt => {
                open.names.push(name);
                open.bodies.push(body.clone());
                open.changes.push(change);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(refused) => {
                self.spoil();
                Err(refused)
            }
        }
    }

    /// A change could not even be read: the bundle will not be done.
    pub(crate) fn spoil(&mut self) {
        if let Some(open) = &mut self.open {
            *open = Open { is_spoilt: true, ..Open::default() };
        }
    }

    /// Begins or ends a bundle.
    pub(crate) fn command(
        &mut self,
        command: BundleCommand,
        service: &mut Service,
    ) -> Result<(), NotCommitted> {
        let refuse = |text: &str| Refused::new(BadRequestCode::Eperm, text);
        match command {
            BundleCommand::Open if self.is_open() => Err(refuse("a bundle is open already"))?,
            BundleCommand::Open => self.open = Some(Open::default()),
            BundleCommand::Commit | BundleCommand::Discard => {
                let Some(open) = self.open.take() else { Err(refuse("no bundle is open"))? };
                if command == BundleCommand::Commit {
                    commit(open, service)?;
                }
            }
            _ => Err(refuse("the command of BUNDLE is unknown: want 1 to 3"))?,
        }
        Ok(())
    }
}

fn commit(open: Open, service: &mut Service) -> Result<(), NotCommitted> {
    if open.is_spoilt {
        let text = "a change of the bundle was refused: nothing was done";
        return Err(Refused::new(BadRequestCode::Eperm, text).into());
    }
    if open.bodies.is_empty() {
        return Ok(());
    }
    service.bundle(&open.bodies, &open.changes).map_err(|(number, refused)| {
        let body = open.bodies.into_iter().nth(number);
        NotCommitted { change: open.names.get(number).copied().zip(body).map(Box::new), refused }
    })
}
