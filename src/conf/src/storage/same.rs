//! Whether two pools are made of the same thing, which must not be.

use super::{PoolType, StoragePool};

impl StoragePool {
    /// Whether a pool of another name is made of what this one is to be made of.
    pub fn shares_source(&self, other: &Self) -> bool {
        self.name() != other.name() && same_source(other, self)
    }
}

fn same_source(one: &StoragePool, other: &StoragePool) -> bool {
    let device = |kind| {
        matches!(kind, PoolType::Iscsi | PoolType::Fs | PoolType::Logical | PoolType::Disk | PoolType::Zfs)
    };
    let (first, second) = (&one.source, &other.source);
    let shares_device =
        first.devices.iter().any(|device| second.devices.iter().any(|other| other.path == device.path));
    if device(one.kind) && device(other.kind) {
        let both = one.kind == PoolType::Iscsi && other.kind == PoolType::Iscsi;
        let neither = one.kind != PoolType::Iscsi && other.kind != PoolType::Iscsi;
        return shares_device && (neither || both && first.initiator == second.initiator);
    }
    if one.kind != other.kind {
        return false;
    }
    match one.kind {
        PoolType::Dir => one.target_path() == other.target_path(),
        PoolType::Gluster => first.name == second.name && first.dir == second.dir && same_host(one, other),
        PoolType::NetFs => first.dir == second.dir && same_host(one, other),
        PoolType::Scsi => first.adapter == second.adapter,
        PoolType::Sheepdog => same_host(one, other),
        PoolType::Mpath => true,
        PoolType::Vstorage => first.name == second.name,
        _ => false,
    }
}

/// Whether they come from the same server. Where the new one does not say at which port, any is the same.
fn same_host(old: &StoragePool, new: &StoragePool) -> bool {
    let (olds, news) = (&old.source.hosts, &new.source.hosts);
    let (Some(old), Some(new)) = (olds.first(), news.first()) else { return false };
    (olds.len() == 1 || news.len() == 1) && old.name == new.name && (new.port == 0 || old.port == new.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(kind: &str, name: &str, source: &str) -> StoragePool {
        let target = "<target><path>/t</path></target>";
        let xml = format!("<pool type='{kind}'><name>{name}</name><source>{source}</source>{target}</pool>");
        StoragePool::from_xml(&xml, false).unwrap()
    }

    #[test]
    fn one_device_is_in_one_pool() {
        let device = "<device path='/dev/a'/>";
        let (disk, fs) = (pool("disk", "a", device), pool("fs", "b", device));
        assert!(disk.shares_source(&fs) && fs.shares_source(&disk));
        assert!(!disk.shares_source(&pool("fs", "a", device)));
        assert!(!disk.shares_source(&pool("fs", "b", "<device path='/dev/b'/>")));
    }

    #[test]
    fn one_export_of_a_server_is_in_one_pool() {
        let nfs = |name: &str, host: &str| pool("netfs", name, &format!("<host {host}/><dir path='/e'/>"));
        let (plain, port) = (nfs("a", "name='h'"), nfs("b", "name='h' port='1'"));
        assert!(plain.shares_source(&port) && !port.shares_source(&plain));
        assert!(!nfs("a", "name='other'").shares_source(&plain));
    }
}
