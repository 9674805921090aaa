//! What the guest agent does.

use crate::RemoteDriver;
use crate::forward::{forward, text, texts};
use ferrovirt_core::driver::{DomainGuest, FsInfo, GuestTime};
use ferrovirt_core::{DomainId, TypedParams};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::DomainFsInfo;

impl DomainGuest for RemoteDriver {
    forward! {
        fn domain_get_fs_info(domain: &DomainId, flags: u32) -> Vec<FsInfo> =
            DomainGetFsinfo { dom: domain.clone(), flags } => |reply| reply.info.into_iter().map(fs_info).collect();
        fn domain_fs_trim(domain: &DomainId, mount_point: Option<&str>, minimum: u64, flags: u32) -> () =
            DomainFstrim { dom: domain.clone(), mount_point: text(mount_point), minimum, flags };
        fn domain_fs_freeze(domain: &DomainId, mount_points: &[&str], flags: u32) -> usize =
            DomainFsfreeze { dom: domain.clone(), mountpoints: texts(mount_points), flags }
            => |count| count.try_into().unwrap_or(0);
        fn domain_fs_thaw(domain: &DomainId, mount_points: &[&str], flags: u32) -> usize =
            DomainFsthaw { dom: domain.clone(), mountpoints: texts(mount_points), flags }
            => |count| count.try_into().unwrap_or(0);
        fn domain_get_time(domain: &DomainId, flags: u32) -> GuestTime =
            DomainGetTime { dom: domain.clone(), flags }
            => |reply| GuestTime { seconds: reply.seconds, nanoseconds: reply.nseconds };
        fn domain_set_time(domain: &DomainId, time: GuestTime, flags: u32) -> () =
            DomainSetTime { dom: domain.clone(), seconds: time.seconds, nseconds: time.nanoseconds, flags };
        fn domain_set_user_password(domain: &DomainId, user: &str, password: &str, flags: u32) -> () =
            DomainSetUserPassword {
                dom: domain.clone(),
                user: Some(user.into()),
                password: Some(password.into()),
                flags,
            };
        fn domain_get_guest_info(domain: &DomainId, types: u32, flags: u32) -> TypedParams =
            DomainGetGuestInfo { dom: domain.clone(), types, flags };
        fn domain_authorized_ssh_keys_get(domain: &DomainId, user: &str, flags: u32) -> Vec<String> =
            DomainAuthorizedSshKeysGet { dom: domain.clone(), user: user.into(), flags };
        fn domain_authorized_ssh_keys_set(domain: &DomainId, user: &str, keys: &[&str], flags: u32) -> () =
            DomainAuthorizedSshKeysSet { dom: domain.clone(), user: user.into(), keys: texts(keys), flags };
        fn domain_agent_set_response_timeout(domain: &DomainId, timeout: i32, flags: u32) -> () =
            DomainAgentSetResponseTimeout { dom: domain.clone(), timeout, flags } => |_| ();
    }
}

fn fs_info(info: DomainFsInfo) -> FsInfo {
    FsInfo {
        mount_point: info.mountpoint,
        name: info.name,
        fs_type: info.fstype,
        device_aliases: info.dev_aliases.0,
    }
}
