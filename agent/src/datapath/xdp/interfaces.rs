//! The interfaces whose frames are steered: attached when the agent begins, and anew when one that had gone is back. A
//! link does not outlive its interface, and one that is made again under the same name has no program.

use std::os::unix::net::UnixDatagram;

use rustix::net::netdevice::name_to_index;

use super::XdpDatapath;
use super::error::XdpError;
use super::options::{AttachMode, Attachment};
use super::{program, trace};
use crate::engine::Time;

/// How often names are looked up.
const INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// What the interfaces were when they were looked at last.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    /// The kernel's number of each, 0 for one that has gone; in the order of the options.
    indices: Vec<u32>,
    /// When they are looked at again.
    next: Option<Time>,
    /// What the kernel is asked by; any kind will do.
    socket: Option<UnixDatagram>,
}

impl Interfaces {
    /// The number of the interface of that name; 0 where there is none, nothing where it cannot be asked for.
    fn index(&mut self, name: &str) -> Option<u32> {
        if self.socket.is_none() {
            self.socket = UnixDatagram::unbound().ok();
        }
        match name_to_index(self.socket.as_ref()?, name) {
            Ok(index) => Some(index),
            Err(rustix::io::Errno::NODEV) => Some(0),
            Err(_) => None,
        }
    }
}

impl XdpDatapath {
    /// Attaches the program to the interfaces, or puts it in the place of the one that is there, and
    /// takes it off those that were left out.
    pub fn attach(&mut self) -> Result<(), XdpError> {
        self.trace = trace(&self.maps);
        let folder = &self.options.folder;
        let wanted = self.options.interfaces.clone();
        for (interface, _) in program::attached(folder)? {
            if wanted.iter().all(|attachment| attachment.interface != interface) {
                program::detach(folder, &interface)?;
                tracing::info!(interface, "detached");
            }
        }
        for (port, attachment) in (1_u16..).zip(&wanted) {
            self.attach_one(port, attachment)?;
        }
        self.interfaces.indices = wanted
            .iter()
            .map(|attachment| self.interfaces.index(&attachment.interface).unwrap_or(0))
            .collect();
        Ok(())
    }

    fn attach_one(&self, port: u16, attachment: &Attachment) -> Result<(), XdpError> {
        let folder = &self.options.folder;
        let Attachment { interface, mode } = attachment;
        let mut object = program::load(folder, self.sizes, port)?;
        let mut attach = |mode| program::attach(&mut object, folder, interface, mode);
        match (attach(*mode), mode) {
            (Err(XdpError::NotNative { source, .. }), AttachMode::Either) => {
                tracing::warn!(
                    interface,
                    %source,
                    "no native XDP: the generic mode copies every frame, and is slower"
                );
                attach(AttachMode::Generic)?;
            }
            (attached, _) => attached?,
        }
        let attached = program::attached(folder)?;
        let is_native = attached.iter().any(|(name, is_native)| name == interface && *is_native);
        let mode = if is_native { "native" } else { "generic" };
        tracing::info!(interface, mode, "attached");
        Ok(())
    }

    /// Attaches anew to interfaces that were made again. Until they are there, and where the program is refused,
    /// their frames are not steered, which is told once.
    pub(super) fn watch_interfaces(&mut self, now: Time) {
        if self.interfaces.next.is_some_and(|next| now < next) {
            return;
        }
        self.interfaces.next = Some(now + INTERVAL);
        for at in 0..self.interfaces.indices.len() {
            let Some(attachment) = self.options.interfaces.get(at).cloned() else { continue };
            let interface = &attachment.interface;
            let Some(index) = self.interfaces.index(interface) else { continue };
            let known = self.interfaces.indices.get_mut(at);
            let Some(before) = known.map(|known| std::mem::replace(known, index)) else { continue };
            if index == before {
                continue;
            }
            if index == 0 {
                tracing::warn!(interface, "it has gone: nothing is steered there until it is back");
                continue;
            }
            let port = u16::try_from(at).unwrap_or(u16::MAX).saturating_add(1);
            if let Err(error) = self.attach_one(port, &attachment) {
                tracing::error!(interface, %error, "it is back, but its frames are not steered");
            }
        }
    }
}
