//! What the guest agent answers: users, file systems, time, host name, keys.

use super::Domain;
use crate::flags::exclusive;
use ferrovirt_core::abi::{
    VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND, VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE,
};
use ferrovirt_core::driver::{FsInfo, GuestTime};
use ferrovirt_core::{Error, Result, TypedParams};

impl Domain {
    /// The file systems that are mounted in the guest.
    pub fn fs_info(&self, flags: u32) -> Result<Vec<FsInfo>> {
        self.driver().domain_get_fs_info(&self.id(), flags)
    }

    /// Has the guest give unused blocks back, of one mounted file system or all.
    pub fn fs_trim(&self, mount_point: Option<&str>, minimum: u64, flags: u32) -> Result<()> {
        self.driver().domain_fs_trim(&self.id(), mount_point, minimum, flags)
    }

    /// Freezes file systems, all if none is named, and says how many.
    pub fn fs_freeze(&self, mount_points: &[&str], flags: u32) -> Result<usize> {
        self.driver().domain_fs_freeze(&self.id(), mount_points, flags)
    }

    /// Thaws file systems, all if none is named, and says how many.
    pub fn fs_thaw(&self, mount_points: &[&str], flags: u32) -> Result<usize> {
        self.driver().domain_fs_thaw(&self.id(), mount_points, flags)
    }

    /// The guest's clock.
    pub fn time(&self, flags: u32) -> Result<GuestTime> {
        self.driver().domain_get_time(&self.id(), flags)
    }

    /// Sets the guest's clock, or with `VIR_DOMAIN_TIME_SYNC` has it read its hardware clock.
    pub fn set_time(&self, time: GuestTime, flags: u32) -> Result<()> {
        self.driver().domain_set_time(&self.id(), time, flags)
    }

    pub fn set_user_password(&self, user: &str, password: &str, flags: u32) -> Result<()> {
        self.driver().domain_set_user_password(&self.id(), user, password, flags)
    }

    /// What the guest says of itself; `types` are `VIR_DOMAIN_GUEST_INFO_*`, 0 for all it can say.
    pub fn guest_info(&self, types: u32, flags: u32) -> Result<TypedParams> {
        self.driver().domain_get_guest_info(&self.id(), types, flags)
    }

    /// The public keys that may log in to the guest as `user`.
    pub fn authorized_ssh_keys(&self, user: &str, flags: u32) -> Result<Vec<String>> {
        self.driver().domain_authorized_ssh_keys_get(&self.id(), user, flags)
    }

    /// Replaces the public keys of `user`, or adds or removes some, as the flags say.
    /// No keys at all empties the file, and is refused where there must be some to add or remove.
    pub fn set_authorized_ssh_keys(&self, user: &str, keys: Option<&[&str]>, flags: u32) -> Result<()> {
        const CHANGES: u32 =
            VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND | VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
        ssh_keys_flags(flags)?;
        if flags & CHANGES != 0 && keys.is_none() {
            return Err(Error::invalid_arg(format!(
                "no keys were given to add to or remove from user '{user}'"
            )));
        }
        self.driver().domain_authorized_ssh_keys_set(&self.id(), user, keys.unwrap_or_default(), flags)
    }

    /// How many seconds the guest agent may take to answer, or a `VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_*`.
    pub fn agent_set_response_timeout(&self, timeout: i32, flags: u32) -> Result<()> {
        self.driver().domain_agent_set_response_timeout(&self.id(), timeout, flags)
    }
}

/// Keys can't be added and removed at once.
pub fn ssh_keys_flags(flags: u32) -> Result<()> {
    exclusive!(flags, VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND, VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::test_domain;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn keys_can_be_all_replaced_by_none_but_not_none_added() {
        const APPEND: u32 = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
        const REMOVE: u32 = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |keys, flags| domain.set_authorized_ssh_keys("root", keys, flags).unwrap_err().code();
        assert_eq!(code(None, 0), ErrorCode::NoSupport);
        assert_eq!(code(None, APPEND), ErrorCode::InvalidArg);
        assert_eq!(code(Some(&["ssh-ed25519 A"]), APPEND), ErrorCode::NoSupport);
        assert_eq!(code(Some(&["ssh-ed25519 A"]), APPEND | REMOVE), ErrorCode::InvalidArg);
    }
}
