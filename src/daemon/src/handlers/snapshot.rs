//! Snapshots of domains.

use super::{answers, listed, named};
use crate::client::Client;
use ferrovirt_core::Error;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::Dispatch;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainSnapshotCreateXml |on, call| on.domain(call.dom).create_snapshot(&call.xml_desc, call.flags);
        DomainSnapshotGetXmlDesc |on, call| on.snapshot(call.snap).xml_desc(call.flags);
        DomainSnapshotNum |on, call| on.domain(call.dom).snapshot_names(call.flags).map(|names| names.len());
        DomainSnapshotListNames |on, call| {
            named(on.domain(call.dom).snapshot_names(call.flags), call.maxnames)
        };
        DomainSnapshotLookupByName |on, call| {
            on.domain(call.dom).lookup_snapshot_by_name(&call.name, call.flags)
        };
        DomainHasCurrentSnapshot |on, call| on.domain(call.dom).has_current_snapshot(call.flags);
        DomainSnapshotCurrent |on, call| on.domain(call.dom).current_snapshot(call.flags);
        DomainRevertToSnapshot |on, call| on.snapshot(call.snap).revert(call.flags);
        DomainSnapshotDelete |on, call| on.snapshot(call.snap).delete(call.flags);
        DomainSnapshotGetParent |on, call| on.snapshot(call.snap).parent(call.flags);
        DomainSnapshotNumChildren |on, call| {
            on.snapshot(call.snap).children_names(call.flags).map(|names| names.len())
        };
        DomainSnapshotListChildrenNames |on, call| {
            named(on.snapshot(call.snap).children_names(call.flags), call.maxnames)
        };
        DomainSnapshotIsCurrent |on, call| on.snapshot(call.snap).is_current(call.flags);
        DomainSnapshotHasMetadata |on, call| on.snapshot(call.snap).has_metadata(call.flags);
        DomainListAllSnapshots |on, call| {
            let (snapshots, ret) = listed(on.domain(call.dom).list_all_snapshots(call.flags)?, call.need_results);
            Ok::<_, Error>(DomainListAllSnapshotsReply { snapshots, ret })
        };
        DomainSnapshotListAllChildren |on, call| {
            let children = on.snapshot(call.snapshot).list_all_children(call.flags)?;
            let (snapshots, ret) = listed(children, call.need_results);
            Ok::<_, Error>(DomainSnapshotListAllChildrenReply { snapshots, ret })
        };
    }
}
