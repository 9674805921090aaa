//! Snapshots of domains.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::List;
use ferrovirt_core::abi::{VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE, VIR_DOMAIN_SNAPSHOT_XML_SECURE};
use ferrovirt_core::{DomainId, DomainSnapshotId};

procedures! {
    Remote;
    185 => DomainSnapshotCreateXml { dom: DomainId, xml_desc: String, flags: u32 } -> DomainSnapshotId,
        Normal, Write, [domain:snapshot, domain:fs_freeze if(VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE)];
    186 => DomainSnapshotGetXmlDesc { snap: DomainSnapshotId, flags: u32 } -> String,
        High, Read, [domain:read, domain:read_secure if(VIR_DOMAIN_SNAPSHOT_XML_SECURE)];
    187 => DomainSnapshotNum { dom: DomainId, flags: u32 } -> i32, High, Read, [domain:read];
    188 => DomainSnapshotListNames { dom: DomainId, maxnames: i32, flags: u32 }
        -> List<String, DOMAIN_SNAPSHOT_LIST_MAX>,
        High, Read, [domain:read];
    189 => DomainSnapshotLookupByName { dom: DomainId, name: String, flags: u32 } -> DomainSnapshotId,
        High, Read, [domain:read];
    190 => DomainHasCurrentSnapshot { dom: DomainId, flags: u32 } -> i32, Normal, Read, [domain:read];
    191 => DomainSnapshotCurrent { dom: DomainId, flags: u32 } -> DomainSnapshotId,
        Normal, Read, [domain:read];
    192 => DomainRevertToSnapshot { snap: DomainSnapshotId, flags: u32 } -> (),
        Normal, Write, [domain:snapshot];
    193 => DomainSnapshotDelete { snap: DomainSnapshotId, flags: u32 } -> (),
        Normal, Write, [domain:snapshot];
    244 => DomainSnapshotGetParent { snap: DomainSnapshotId, flags: u32 } -> DomainSnapshotId,
        High, Read, [domain:read];
    246 => DomainSnapshotNumChildren { snap: DomainSnapshotId, flags: u32 } -> i32,
        High, Read, [domain:read];
    247 => DomainSnapshotListChildrenNames { snap: DomainSnapshotId, maxnames: i32, flags: u32 }
        -> List<String, DOMAIN_SNAPSHOT_LIST_MAX>,
        High, Read, [domain:read];
    271 => DomainSnapshotIsCurrent { snap: DomainSnapshotId, flags: u32 } -> i32,
        Normal, Read, [domain:read];
    272 => DomainSnapshotHasMetadata { snap: DomainSnapshotId, flags: u32 } -> i32,
        Normal, Read, [domain:read];
    274 => DomainListAllSnapshots { dom: DomainId, need_results: i32, flags: u32 }
        -> struct DomainListAllSnapshotsReply {
        snapshots: List<DomainSnapshotId, DOMAIN_SNAPSHOT_LIST_MAX>, ret: i32,
    },
        High, Read, [domain:read];
    275 => DomainSnapshotListAllChildren { snapshot: DomainSnapshotId, need_results: i32, flags: u32 }
        -> struct DomainSnapshotListAllChildrenReply {
        snapshots: List<DomainSnapshotId, DOMAIN_SNAPSHOT_LIST_MAX>, ret: i32,
    },
        High, Read, [domain:read];
}
