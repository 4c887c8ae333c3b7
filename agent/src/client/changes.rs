//! What changes an agent. Each change is acknowledged: when a method returns, it is in force or
//! was refused.

use codec::netlink::{Command, NetlinkCommand, NetlinkFlags, NetlinkObject, command_of_change};
use codec::of10::{Body, Vendor};
use codec::text::Flow;
use codec::types::Pad;
use codec::vse::{
    Bundle, BundleCommand, Config, Core, CoreCommand, CoreMod, Tlvs, VmEvent, VmInfo, VseFlowMod,
    VseMessage,
};

use super::error::{ClientError, Refusal, RefusalCode};
use super::netlink::Conversation;
use super::openflow::Session;
use super::{Client, Transport, eligibility};

/// Changes that are on their way at a time: so few that neither end's queue is full of what the
/// other does not read.
const WINDOW: usize = 64;

/// ERRORs, each with the xid of the message that it answers.
type Errors = Vec<(u32, Refusal)>;

/// A change of several that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which one: its place in what was handed in; nothing where the bundle as a whole was.
    pub index: Option<usize>,
    /// Why.
    pub refusal: Refusal,
}

impl Client {
    /// Changes the flow table, each change by itself. Returns those that were refused; the others
    /// are in force.
    pub fn change_flows(&mut self, flows: &[Flow]) -> Result<Vec<Refused>, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => session.changes(flows),
            Transport::Netlink(conversation) => conversation.changes(flows),
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "change something")),
        }
    }

    /// Changes the flow table, all or nothing. Returns what was refused; then nothing has changed.
    pub fn bundle(&mut self, flows: &[Flow]) -> Result<Vec<Refused>, ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => session.bundle(flows),
            Transport::Netlink(conversation) => conversation.bundle(flows),
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "change something")),
        }
    }

    /// Lets a core be chosen, or no longer.
    pub fn set_eligible(&mut self, core: Core, eligible: bool) -> Result<(), ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => {
                let command =
                    if eligible { CoreCommand::Eligible } else { CoreCommand::Ineligible };
                let change = CoreMod { command, core, vm_id: 0, pad: Pad::default() };
                session.change(vse(VseMessage::CoreMod(change)))
            }
            Transport::Netlink(conversation) => conversation
                .change(&Command::new(NetlinkCommand::CoreSet, eligibility(core, eligible)?)),
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "change something")),
        }
    }

    /// Tells of a VM: it came, or has gone.
    pub fn tell_vm(&mut self, vm: &VmInfo) -> Result<(), ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => session.change(vse(VseMessage::VmInfo(*vm))),
            Transport::Netlink(conversation) => {
                let command = match vm.event {
                    VmEvent::Down => NetlinkCommand::VmDel,
                    _ => NetlinkCommand::VmAdd,
                };
                conversation.change(&Command::new(command, vm.to_object()?))
            }
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "change something")),
        }
    }

    /// Sets the whole configuration.
    pub fn set_config(&mut self, config: &Config) -> Result<(), ClientError> {
        match &mut self.0 {
            Transport::OpenFlow(session) => session.change(vse(VseMessage::SetConfig(*config))),
            Transport::Netlink(conversation) => {
                conversation.change(&Command::new(NetlinkCommand::ConfigSet, config.to_object()?))
            }
            Transport::Bpf(target, _) => Err(Transport::read_only(target, "change something")),
        }
    }
}

fn vse(message: VseMessage) -> Body {
    Body::Vendor(Vendor::Vse(message))
}

impl Session {
    /// Has something done, and waits until it is.
    pub(super) fn change(&mut self, body: Body) -> Result<(), ClientError> {
        match self.done(vec![body])?.pop() {
            None => Ok(()),
            Some((_, refusal)) => Err(refusal.into()),
        }
    }

    fn changes(&mut self, flows: &[Flow]) -> Result<Vec<Refused>, ClientError> {
        let mut refused = Vec::new();
        for (window, begin) in flows.chunks(WINDOW).zip((0..).step_by(WINDOW)) {
            let found = self.done(window.iter().map(Flow::to_body).collect())?;
            let found = found.into_iter();
            refused.extend(
                found.map(|(index, refusal)| Refused { index: index.map(|i| begin + i), refusal }),
            );
        }
        Ok(refused)
    }

    fn bundle(&mut self, flows: &[Flow]) -> Result<Vec<Refused>, ClientError> {
        self.change(vse(VseMessage::Bundle(Bundle::new(BundleCommand::Open))))?;
        let kept = self.changes(flows)?;
        if !kept.is_empty() {
            self.change(vse(VseMessage::Bundle(Bundle::new(BundleCommand::Discard))))?;
            return Ok(kept);
        }
        // An ERROR of a change that cannot be done comes with the change's own xid.
        let after = self.next_xid();
        let first = after.wrapping_sub(u32::try_from(sent(flows.len())).unwrap_or(u32::MAX));
        let commit = vse(VseMessage::Bundle(Bundle::new(BundleCommand::Commit)));
        let (commit, errors) = self.errors(vec![commit])?;
        let mut refused: Vec<Refused> = Vec::new();
        let mut whole = None;
        for (xid, refusal) in errors {
            if commit.first() == Some(&xid) {
                whole = Some(refusal);
                continue;
            }
            let place = usize::try_from(xid.wrapping_sub(first)).unwrap_or(usize::MAX);
            let index = index_of(place).filter(|index| *index < flows.len());
            refused.push(Refused { index, refusal });
        }
        if let (true, Some(refusal)) = (refused.is_empty(), whole) {
            refused.push(Refused { index: None, refusal });
        }
        Ok(refused)
    }

    /// Sends `bodies` and a barrier; returns the places of those that were refused.
    fn done(&mut self, bodies: Vec<Body>) -> Result<Vec<(Option<usize>, Refusal)>, ClientError> {
        let (xids, errors) = self.errors(bodies)?;
        let place = |xid: u32| xids.iter().position(|known| *known == xid);
        Ok(errors.into_iter().map(|(xid, refusal)| (place(xid), refusal)).collect())
    }

    /// Sends `bodies` and a barrier; returns the xids of the bodies, and the ERRORs that came
    /// before the barrier's reply.
    fn errors(&mut self, bodies: Vec<Body>) -> Result<(Vec<u32>, Errors), ClientError> {
        let mut bytes = Vec::new();
        let mut xids = Vec::with_capacity(bodies.len());
        for body in bodies {
            xids.push(self.encode(body, &mut bytes)?);
        }
        let barrier = self.encode(Body::BarrierRequest, &mut bytes)?;
        self.send(&bytes)?;
        let mut errors = Vec::new();
        loop {
            match self.next_answer()? {
                (xid, Body::Error(error)) => {
                    let code = RefusalCode::OpenFlow(error.code);
                    errors.push((xid, Refusal { code, words: None }));
                }
                (xid, Body::BarrierReply) if xid == barrier => return Ok((xids, errors)),
                (_, body) => return Err(self.unexpected(&body)),
            }
        }
    }
}

/// The messages that `changes` sends for so many flows: a barrier behind each window.
fn sent(flows: usize) -> usize {
    flows + flows.div_ceil(WINDOW)
}

/// The place among the flows of the message that was sent at `place`; nothing for a barrier.
fn index_of(place: usize) -> Option<usize> {
    let (window, within) = (place / (WINDOW + 1), place % (WINDOW + 1));
    (within < WINDOW).then_some(window * WINDOW + within)
}

impl Conversation {
    fn changes(&mut self, flows: &[Flow]) -> Result<Vec<Refused>, ClientError> {
        let mut refused = Vec::new();
        let mut sent = Vec::with_capacity(WINDOW);
        for (window, begin) in flows.chunks(WINDOW).zip((0..).step_by(WINDOW)) {
            for (flow, index) in window.iter().zip(begin..) {
                sent.push((index, self.send(&command(flow)?, NetlinkFlags::ACK)?));
            }
            for (index, seq) in sent.drain(..) {
                match self.acknowledged(seq) {
                    Ok(()) => {}
                    Err(ClientError::Refused(refusal)) => {
                        refused.push(Refused { index: Some(index), refusal });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(refused)
    }

    fn bundle(&mut self, flows: &[Flow]) -> Result<Vec<Refused>, ClientError> {
        self.change(&bundle(BundleCommand::Open)?)?;
        let kept = self.changes(flows)?;
        if !kept.is_empty() {
            self.change(&bundle(BundleCommand::Discard)?)?;
            return Ok(kept);
        }
        match self.change(&bundle(BundleCommand::Commit)?) {
            Ok(()) => Ok(Vec::new()),
            Err(ClientError::Refused(refusal)) => Ok(vec![Refused { index: None, refusal }]),
            Err(error) => Err(error),
        }
    }
}

fn bundle(command: BundleCommand) -> Result<Command, ClientError> {
    Ok(Command::new(NetlinkCommand::Bundle, Bundle::new(command).to_object()?))
}

fn command(flow: &Flow) -> Result<Command, ClientError> {
    let tlvs = Tlvs::new(flow.tlvs.clone());
    let change = VseFlowMod { flow: flow.flow_mod.clone(), pad: Pad::default(), tlvs };
    Ok(command_of_change(&change)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_found_by_its_xid() {
        assert_eq!(sent(0), 0);
        assert_eq!(sent(64), 65);
        assert_eq!(sent(65), 67);
        assert_eq!(index_of(0), Some(0));
        assert_eq!(index_of(63), Some(63));
        assert_eq!(index_of(64), None);
        assert_eq!(index_of(65), Some(64));
    }
}
