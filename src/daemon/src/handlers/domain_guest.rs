//! What the guest agent does.

use super::answers;
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_core::driver::{FsInfo, GuestTime};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::records::DomainFsInfo;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainFstrim |on, call| {
            on.domain(call.dom).fs_trim(call.mount_point.as_deref(), call.minimum, call.flags)
        };
        DomainFsfreeze |on, call| on.domain(call.dom).fs_freeze(&texts(&call.mountpoints), call.flags);
        DomainFsthaw |on, call| on.domain(call.dom).fs_thaw(&texts(&call.mountpoints), call.flags);
        DomainGetTime |on, call| {
            let answer = on.domain(call.dom).time(call.flags);
            answer.map(|time| DomainGetTimeReply { seconds: time.seconds, nseconds: time.nanoseconds })
        };
        DomainSetTime |on, call| {
            let time = GuestTime { seconds: call.seconds, nanoseconds: call.nseconds };
            on.domain(call.dom).set_time(time, call.flags)
        };
        DomainGetFsinfo |on, call| {
            let found = on.domain(call.dom).fs_info(call.flags)?;
            let ret = found.len() as u32;
            Ok::<_, Error>(DomainGetFsinfoReply { info: found.into_iter().map(fs_info).collect(), ret })
        };
        DomainSetUserPassword |on, call| {
            let (user, password) = (call.user.unwrap_or_default(), call.password.unwrap_or_default());
            on.domain(call.dom).set_user_password(&user, &password, call.flags)
        };
        DomainGetGuestInfo |on, call| on.domain(call.dom).guest_info(call.types, call.flags);
        DomainAgentSetResponseTimeout |on, call| {
            on.domain(call.dom).agent_set_response_timeout(call.timeout, call.flags).map(|()| 0)
        };
        DomainAuthorizedSshKeysGet |on, call| on.domain(call.dom).authorized_ssh_keys(&call.user, call.flags);
        DomainAuthorizedSshKeysSet |on, call| {
            let keys = texts(&call.keys);
            let keys = (!keys.is_empty()).then_some(&keys[..]);
            on.domain(call.dom).set_authorized_ssh_keys(&call.user, keys, call.flags)
        };
    }
}

/// Texts, to be lent.
pub(super) fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn fs_info(found: FsInfo) -> DomainFsInfo {
    DomainFsInfo {
        mountpoint: found.mount_point,
        name: found.name,
        fstype: found.fs_type,
        dev_aliases: found.device_aliases.into(),
    }
}
