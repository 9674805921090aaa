//! Checkpoints of domains.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::List;
use ferrovirt_core::abi::{VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE, VIR_DOMAIN_CHECKPOINT_XML_SECURE};
use ferrovirt_core::{DomainCheckpointId, DomainId};

procedures! {
    Remote;
    411 => DomainCheckpointCreateXml { dom: DomainId, xml_desc: String, flags: u32 }
        -> DomainCheckpointId,
        Normal, Write, [domain:checkpoint, domain:fs_freeze if(VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE)];
    412 => DomainCheckpointGetXmlDesc { checkpoint: DomainCheckpointId, flags: u32 } -> String,
        Normal, Read, [domain:read, domain:read_secure if(VIR_DOMAIN_CHECKPOINT_XML_SECURE)];
    413 => DomainListAllCheckpoints { dom: DomainId, need_results: i32, flags: u32 }
        -> struct DomainListAllCheckpointsReply {
        checkpoints: List<DomainCheckpointId, DOMAIN_CHECKPOINT_LIST_MAX>, ret: i32,
    },
        High, Read, [domain:read];
    414 => DomainCheckpointListAllChildren {
        checkpoint: DomainCheckpointId, need_results: i32, flags: u32,
    } -> struct DomainCheckpointListAllChildrenReply {
        checkpoints: List<DomainCheckpointId, DOMAIN_CHECKPOINT_LIST_MAX>, ret: i32,
    },
        High, Read, [domain:read];
    415 => DomainCheckpointLookupByName { dom: DomainId, name: String, flags: u32 } -> DomainCheckpointId,
        High, Read, [domain:read];
    416 => DomainCheckpointGetParent { checkpoint: DomainCheckpointId, flags: u32 } -> DomainCheckpointId,
        High, Read, [domain:read];
    417 => DomainCheckpointDelete { checkpoint: DomainCheckpointId, flags: u32 } -> (),
        Normal, Write, [domain:checkpoint];
}
