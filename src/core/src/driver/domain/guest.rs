//! What the guest agent answers: users, file systems, time, host name, keys.

use crate::{DomainId, TypedParams};

/// A file system that is mounted in the guest (`virDomainFSInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FsInfo {
    pub mount_point: String,
    /// The device as the guest calls it, such as `vda1`.
    pub name: String,
    pub fs_type: String,
    /// Targets of the disks that it lies on.
    pub device_aliases: Vec<String>,
}

/// The guest's clock, since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuestTime {
    pub seconds: i64,
    pub nanoseconds: u32,
}

driver_trait! {
    /// What the guest agent answers: users, file systems, time, host name, keys.
    pub trait DomainGuest in Domain {
        fn domain_get_fs_info(&self, domain: &DomainId, flags: u32) -> Vec<FsInfo> = "virDomainGetFSInfo" writes;
        /// Gives unused blocks back to the host; free runs below `minimum` bytes may be left out.
        fn domain_fs_trim(
            &self,
            domain: &DomainId,
            mount_point: Option<&str>,
            minimum: u64,
            flags: u32,
        ) -> () = "virDomainFSTrim" writes;
        /// How many file systems were frozen; no mount points means all of them.
        fn domain_fs_freeze(&self, domain: &DomainId, mount_points: &[&str], flags: u32) -> usize = "virDomainFSFreeze" writes;
        /// How many file systems were thawed; no mount points means all of them.
        fn domain_fs_thaw(&self, domain: &DomainId, mount_points: &[&str], flags: u32) -> usize = "virDomainFSThaw" writes;
        fn domain_get_time(&self, domain: &DomainId, flags: u32) -> GuestTime = "virDomainGetTime" writes;
        /// With `VIR_DOMAIN_TIME_SYNC` the guest reads its hardware clock and `time` is ignored.
        fn domain_set_time(&self, domain: &DomainId, time: GuestTime, flags: u32) -> () = "virDomainSetTime" writes;
        fn domain_set_user_password(
            &self,
            domain: &DomainId,
            user: &str,
            password: &str,
            flags: u32,
        ) -> () = "virDomainSetUserPassword" writes;
        /// `types` are `VIR_DOMAIN_GUEST_INFO_*` bits, 0 for all that the guest can tell.
        fn domain_get_guest_info(&self, domain: &DomainId, types: u32, flags: u32) -> TypedParams = "virDomainGetGuestInfo" writes;
        fn domain_authorized_ssh_keys_get(
            &self,
            domain: &DomainId,
            user: &str,
            flags: u32,
        ) -> Vec<String> = "virDomainAuthorizedSSHKeysGet" writes;
        fn domain_authorized_ssh_keys_set(
            &self,
            domain: &DomainId,
            user: &str,
            keys: &[&str],
            flags: u32,
        ) -> () = "virDomainAuthorizedSSHKeysSet" writes;
        /// Seconds, or a `virDomainAgentResponseTimeoutValues`.
        fn domain_agent_set_response_timeout(
            &self,
            domain: &DomainId,
            timeout: i32,
            flags: u32,
        ) -> () = "virDomainAgentSetResponseTimeout" writes;
    }
}
