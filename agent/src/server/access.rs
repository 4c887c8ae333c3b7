//! Who may do what: reading needs the socket's group, changing needs root or the socket's owner.

use nix::unistd::{Gid, Uid, User, getgrouplist};
use std::ffi::CString;

/// What a client may do. Each includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Nothing.
    None,
    /// Read tables, and hear of decisions.
    Read,
    /// Change tables and configuration.
    Change,
}

/// The rules by which clients are told apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccessRules {
    /// The user that the agent runs as, who owns its socket.
    pub(crate) owner: Uid,
    /// The group whose members may read.
    pub(crate) group: Option<Gid>,
    /// What a client over TCP may do, which nobody can say who it is.
    pub(crate) tcp: Access,
}

impl AccessRules {
    /// What a client of the unix socket may do: that it could connect says that it may read.
    pub(crate) fn connected(&self, user: Uid) -> Access {
        if self.is_owner(user) { Access::Change } else { Access::Read }
    }

    /// What the sender of a netlink message may do; any local user can send one.
    pub(crate) fn sender(&self, user: Uid, group: Gid) -> Access {
        if self.is_owner(user) {
            return Access::Change;
        }
        match self.group {
            Some(readers) if readers == group || is_member(user, group, readers) => Access::Read,
            _ => Access::None,
        }
    }

    fn is_owner(&self, user: Uid) -> bool {
        user.is_root() || user == self.owner
    }
}

/// Whether the user database has `user` in `group`; a process can have left its groups, and that
/// would be a question to a process that may be another one by now.
fn is_member(user: Uid, primary: Gid, group: Gid) -> bool {
    let Ok(Some(entry)) = User::from_uid(user) else { return false };
    let Ok(name) = CString::new(entry.name) else { return false };
    getgrouplist(&name, primary).is_ok_and(|groups| groups.contains(&group))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: AccessRules = AccessRules {
        owner: Uid::from_raw(1000),
        group: Some(Gid::from_raw(50_000)),
        tcp: Access::Read,
    };

    #[test]
    fn who_may_do_what() {
        let user = Uid::from_raw;
        assert_eq!(RULES.connected(user(0)), Access::Change);
        assert_eq!(RULES.connected(user(1000)), Access::Change);
        assert_eq!(RULES.connected(user(1001)), Access::Read);
        let group = Gid::from_raw;
        assert_eq!(RULES.sender(user(0), group(0)), Access::Change);
        assert_eq!(RULES.sender(user(1000), group(7)), Access::Change);
        assert_eq!(RULES.sender(user(61_001), group(50_000)), Access::Read);
        assert_eq!(RULES.sender(user(61_001), group(7)), Access::None);
        let nobody = AccessRules { group: None, ..RULES };
        assert_eq!(nobody.sender(user(61_001), group(50_000)), Access::None);
    }
}
