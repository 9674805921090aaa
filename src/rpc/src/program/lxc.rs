//! What only LXC can do.

use crate::procedure::procedures;
use ferrovirt_core::DomainId;

procedures! {
    Lxc;
    1 => LxcDomainOpenNamespace { dom: DomainId, flags: u32 } -> (),
        Normal, Write, [domain:open_namespace], fds Receives;
}
