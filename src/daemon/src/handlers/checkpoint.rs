//! Checkpoints of domains.

use super::{answers, listed};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainCheckpointCreateXml |on, call| on.domain(call.dom).create_checkpoint(&call.xml_desc, call.flags);
        DomainCheckpointGetXmlDesc |on, call| on.checkpoint(call.checkpoint).xml_desc(call.flags);
        DomainListAllCheckpoints |on, call| {
            let all = on.domain(call.dom).list_all_checkpoints(call.flags)?;
            let (checkpoints, ret) = listed(all, call.need_results);
            Ok::<_, Error>(DomainListAllCheckpointsReply { checkpoints, ret })
        };
        DomainCheckpointListAllChildren |on, call| {
            let children = on.checkpoint(call.checkpoint).list_all_children(call.flags)?;
            let (checkpoints, ret) = listed(children, call.need_results);
            Ok::<_, Error>(DomainCheckpointListAllChildrenReply { checkpoints, ret })
        };
        DomainCheckpointLookupByName |on, call| {
            on.domain(call.dom).lookup_checkpoint_by_name(&call.name, call.flags)
        };
        DomainCheckpointGetParent |on, call| on.checkpoint(call.checkpoint).parent(call.flags);
        DomainCheckpointDelete |on, call| on.checkpoint(call.checkpoint).delete(call.flags);
    }
}
