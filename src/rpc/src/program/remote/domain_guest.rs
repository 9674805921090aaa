//! What the guest agent does.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::DomainFsInfo;
use crate::values::Params;
use crate::xdr::List;
use ferrovirt_core::DomainId;

procedures! {
    Remote;
    294 => DomainFstrim { dom: DomainId, mount_point: Option<String>, minimum: u64, flags: u32 } -> (),
        Normal, Write, [domain:fs_trim];
    335 => DomainFsfreeze {
        dom: DomainId, mountpoints: List<String, DOMAIN_FSFREEZE_MOUNTPOINTS_MAX>, flags: u32,
    } -> i32,
        Normal, Write, [domain:fs_freeze];
    336 => DomainFsthaw {
        dom: DomainId, mountpoints: List<String, DOMAIN_FSFREEZE_MOUNTPOINTS_MAX>, flags: u32,
    } -> i32,
        Normal, Write, [domain:fs_freeze];
    337 => DomainGetTime { dom: DomainId, flags: u32 }
        -> struct DomainGetTimeReply { seconds: i64, nseconds: u32 },
        Normal, Write, [domain:write];
    338 => DomainSetTime { dom: DomainId, seconds: i64, nseconds: u32, flags: u32 } -> (),
        Normal, Write, [domain:set_time];
    349 => DomainGetFsinfo { dom: DomainId, flags: u32 }
        -> struct DomainGetFsinfoReply { info: List<DomainFsInfo, DOMAIN_FSINFO_MAX>, ret: u32 },
        Normal, Write, [domain:fs_freeze];
    357 => DomainSetUserPassword {
        dom: DomainId, user: Option<String>, password: Option<String>, flags: u32,
    } -> (),
        Normal, Write, [domain:set_password];
    418 => DomainGetGuestInfo { dom: DomainId, types: u32, flags: u32 }
        -> Params<DOMAIN_GUEST_INFO_PARAMS_MAX>,
        Normal, Write, [domain:write];
    420 => DomainAgentSetResponseTimeout { dom: DomainId, timeout: i32, flags: u32 } -> i32,
        Normal, Write, [domain:write];
    424 => DomainAuthorizedSshKeysGet { dom: DomainId, user: String, flags: u32 }
        -> List<String, DOMAIN_AUTHORIZED_SSH_KEYS_MAX>,
        Normal, Write, [domain:write];
    425 => DomainAuthorizedSshKeysSet {
        dom: DomainId, user: String, keys: List<String, DOMAIN_AUTHORIZED_SSH_KEYS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [domain:write];
}
