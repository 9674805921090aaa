//! Which pools a list is to hold.

use super::PoolType;
use ferrovirt_core::abi;
use ferrovirt_core::flags::{either, matches};

/// What a list looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolListing {
    pub kind: PoolType,
    pub active: bool,
    pub persistent: bool,
    pub autostart: bool,
}

const STATES: [u32; 6] = [
    abi::VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE,
    abi::VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE,
    abi::VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
    abi::VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT,
    abi::VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
    abi::VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART,
];

fn kind_flag(kind: PoolType) -> u32 {
    match kind {
        PoolType::Dir => abi::VIR_CONNECT_LIST_STORAGE_POOLS_DIR,
        PoolType::Fs => abi::VIR_CONNECT_LIST_STORAGE_POOLS_FS,
        PoolType::NetFs => abi::VIR_CONNECT_LIST_STORAGE_POOLS_NETFS,
        PoolType::Logical => abi::VIR_CONNECT_LIST_STORAGE_POOLS_LOGICAL,
        PoolType::Disk => abi::VIR_CONNECT_LIST_STORAGE_POOLS_DISK,
        PoolType::Iscsi => abi::VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI,
        PoolType::IscsiDirect => abi::VIR_CONNECT_LIST_STORAGE_POOLS_ISCSI_DIRECT,
        PoolType::Scsi => abi::VIR_CONNECT_LIST_STORAGE_POOLS_SCSI,
        PoolType::Mpath => abi::VIR_CONNECT_LIST_STORAGE_POOLS_MPATH,
        PoolType::Rbd => abi::VIR_CONNECT_LIST_STORAGE_POOLS_RBD,
        PoolType::Sheepdog => abi::VIR_CONNECT_LIST_STORAGE_POOLS_SHEEPDOG,
        PoolType::Gluster => abi::VIR_CONNECT_LIST_STORAGE_POOLS_GLUSTER,
        PoolType::Zfs => abi::VIR_CONNECT_LIST_STORAGE_POOLS_ZFS,
        PoolType::Vstorage => abi::VIR_CONNECT_LIST_STORAGE_POOLS_VSTORAGE,
    }
}

impl PoolListing {
    /// All flags that a list can be asked for with.
    pub fn known() -> u32 {
        let kinds = PoolType::ALL.iter().map(|kind| kind_flag(*kind));
        STATES.into_iter().chain(kinds).fold(0, |known, flag| known | flag)
    }

    /// Whether the pool is among those that `VIR_CONNECT_LIST_STORAGE_POOLS_*` ask for.
    pub fn passes(&self, flags: u32) -> bool {
        let [active, inactive, persistent, transient, autostart, no_autostart] = STATES;
        let kinds: Vec<_> = PoolType::ALL.iter().map(|kind| (kind_flag(*kind), *kind == self.kind)).collect();
        matches(flags, &either(active, inactive, self.active))
            && matches(flags, &either(persistent, transient, self.persistent))
            && matches(flags, &either(autostart, no_autostart, self.autostart))
            && matches(flags, &kinds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_states_narrow_a_list() {
        let pool = PoolListing { kind: PoolType::Fs, active: true, persistent: true, autostart: false };
        assert!(pool.passes(0) && pool.passes(PoolListing::known()));
        assert!(pool.passes(kind_flag(PoolType::Fs) | kind_flag(PoolType::Dir)));
        assert!(!pool.passes(kind_flag(PoolType::Dir)) && !pool.passes(STATES[1]) && !pool.passes(STATES[4]));
    }
}
