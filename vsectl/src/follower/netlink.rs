//! The netlink conversations of a VSE.

use agent::engine::FlowChange;
use codec::netlink::{
    Ack, Command, NetlinkCommand, NetlinkFlags, NetlinkMessage, NetlinkObject, NetlinkType,
    change_of,
};
use codec::vse::{
    Assignment, Bundle, Config, CoreCommand, CoreFlags, CoreMod, CoreStats, VmEvent, VmInfo,
    VmStats, VseFlowStats, VseFlowStatsRequest,
};

use super::listing::{Table, Told};
use super::openflow::is_all;
use super::{Follower, Line, Question};

/// Bytes of an acknowledgement's code and of the request's header in front of its port.
const PORT_AT: usize = 4 + 12;

impl Follower {
    /// Takes a message by its bytes.
    pub(super) fn netlink(&mut self, bytes: &[u8]) {
        let Ok((message, _)) = NetlinkMessage::decode(bytes) else { return self.gaps.undecoded() };
        match message.r#type {
            NetlinkType::Error => self.acknowledged(&message),
            // A dump's answers name its number alone.
            NetlinkType::Done => self.told_all(dump(message.seq)),
            NetlinkType::Noop | NetlinkType::Overrun => {}
            _ => match Command::parse(&message.payload) {
                Ok(command) if message.flags.contains(NetlinkFlags::REQUEST) => {
                    self.request(&message, &command);
                }
                Ok(command) => self.answer(&message, &command),
                Err(_) => self.gaps.undecoded(),
            },
        }
    }

    /// Takes a message if it says that a request was refused.
    pub(super) fn netlink_refusal(&mut self, bytes: &[u8]) {
        if let Ok((message, _)) = NetlinkMessage::decode(bytes)
            && message.r#type == NetlinkType::Error
        {
            self.acknowledged(&message);
        }
    }

    fn acknowledged(&mut self, message: &NetlinkMessage) {
        let port = message.payload.get(PORT_AT..).and_then(<[u8]>::first_chunk);
        let refused = Ack::parse(message).ok().filter(|ack| ack.errno != 0);
        if let (Some(port), Some(ack)) = (port, refused) {
            let line = Line::Netlink(u32::from_le_bytes(*port));
            self.refused(Question { line, carried: false, xid: ack.seq });
        }
    }

    fn request(&mut self, message: &NetlinkMessage, command: &Command) {
        let line = Line::Netlink(message.pid);
        let question = Question { line, carried: false, xid: message.seq };
        let object = &command.object;
        let is_dump = message.flags.contains(NetlinkFlags::DUMP);
        match command.command {
            NetlinkCommand::FlowAdd | NetlinkCommand::FlowMod | NetlinkCommand::FlowDel => {
                match change_of(command) {
                    Ok(change) => self.change(question, None, FlowChange::try_from(&change)),
                    Err(_) => self.gaps.undecoded(),
                }
            }
            NetlinkCommand::FlowGet => {
                let wanted = VseFlowStatsRequest::from_object(object);
                let all = wanted.is_ok_and(|wanted| is_all(&wanted));
                self.asked(dump(message.seq), Table::Flows, all);
            }
            NetlinkCommand::CoreGet => self.asked(dump(message.seq), Table::Cores, is_dump),
            NetlinkCommand::VmGet => self.asked(dump(message.seq), Table::Vms, is_dump),
            NetlinkCommand::CoreSet => {
                if let Ok(CoreStats { core, flags, .. }) = CoreStats::from_object(object) {
                    let eligible = flags.contains(CoreFlags::ELIGIBLE);
                    let command =
                        if eligible { CoreCommand::Eligible } else { CoreCommand::Ineligible };
                    let change =
                        CoreMod { command, core, vm_id: 0, pad: codec::types::Pad::default() };
                    self.core_mod(question, None, &change);
                }
            }
            NetlinkCommand::VmAdd | NetlinkCommand::VmDel => {
                if let Ok(mut vm) = VmInfo::from_object(object) {
                    if command.command == NetlinkCommand::VmDel {
                        vm.event = VmEvent::Down;
                    }
                    self.vm_info(question, None, &vm);
                }
            }
            NetlinkCommand::ConfigSet => {
                if let Ok(config) = self.engine.config().updated(object) {
                    self.configure(question, None, config);
                }
            }
            NetlinkCommand::Bundle => {
                if let Ok(wanted) = Bundle::from_object(object) {
                    self.bundle(question, None, wanted.command);
                }
            }
            _ => {}
        }
    }

    fn answer(&mut self, message: &NetlinkMessage, command: &Command) {
        let object = &command.object;
        let question = dump(message.seq);
        match command.command {
            NetlinkCommand::FlowGet => {
                if let Ok(stats) = VseFlowStats::from_object(object) {
                    self.told(question, Told::Flows(vec![stats]));
                }
            }
            NetlinkCommand::CoreGet => {
                if let Ok(stats) = CoreStats::from_object(object) {
                    self.told(question, Told::Cores(vec![stats]));
                }
            }
            NetlinkCommand::VmGet => {
                if let Ok(stats) = VmStats::from_object(object) {
                    self.told(question, Told::Vms(vec![stats]));
                }
            }
            NetlinkCommand::ConfigGet => {
                if let Ok(config) = Config::from_object(object) {
                    self.told_config(config);
                }
            }
            NetlinkCommand::AssignmentNtf => {
                if let Ok(told) = Assignment::from_object(object) {
                    self.assignment(&told);
                }
            }
            _ => {}
        }
    }
}

/// A dump, by its number.
fn dump(seq: u32) -> Question {
    Question { line: Line::Netlink(0), carried: true, xid: seq }
}
