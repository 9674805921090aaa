//! Snapshots of guests.

use super::{Snapshot, own};
use crate::domain::{Change, Definition, copy, parse_node, user};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::{Domain, ParseFlags, SnapshotLocation};
use ferrovirt_conf::moments::{Asked, OfDomain, snapshots};
use ferrovirt_conf::snapshot::SnapshotState;
use ferrovirt_core::driver::SnapshotDriver;
use ferrovirt_core::{DomainId, DomainSnapshotId, ErrorCode, ErrorDomain, Result, abi};
use ferrovirt_xml::{Document, Node};
use std::sync::Arc;

fn read_domain(node: &Node<'_>) -> Result<Domain> {
    parse_node(node, ParseFlags { skip_validate: true, ..user(false) }).map(|(model, _)| model)
}

/// Takes in a snapshot of the host's own description.
pub fn install(guest: &mut Change<'_>, text: &str) -> Result<()> {
    let document = Document::parse(text, "domainsnapshot")?;
    let node = document.root();
    let snapshot = Snapshot::from_node(&node, true, &read_domain)?;
    let active = node.child("active").and_then(|active| active.text().trim().parse::<i32>().ok());
    let active = active.ok_or_else(|| {
        node.missing_child("active", ErrorCode::Internal).domain(ErrorDomain::DomainSnapshot)
    })?;
    let active = active != 0;
    let name = snapshot.name.clone();
    let snapshots = Arc::make_mut(&mut guest.snapshots);
    snapshots.add(snapshot)?;
    if active {
        if snapshots.current().is_some() {
            return Err(refuse::internal(format!("snapshot '{name}' can't be the active one: there is one")));
        }
        snapshots.set_current(Some(&name));
    }
    Ok(())
}

/// Whether the snapshots that were taken in belong together.
pub fn check_relations(guest: &mut Change<'_>) -> Result<()> {
    if guest.snapshots.is_tree() {
        return Ok(());
    }
    Err(refuse::internal(format!("snapshots of domain '{}' follow each other in a circle", guest.name())))
}

impl SnapshotDriver for TestDriver {
    fn domain_snapshot_create_xml(
        &self,
        domain: &DomainId,
        xml: &str,
        flags: u32,
    ) -> Result<DomainSnapshotId> {
        let redefine = flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE != 0;
        let known = abi::VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE
            | abi::VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT
            | abi::VIR_DOMAIN_SNAPSHOT_CREATE_HALT
            | abi::VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE
            | abi::VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC
            | abi::VIR_DOMAIN_SNAPSHOT_CREATE_LIVE
            | abi::VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE;
        refuse::flags(flags, known, "virDomainSnapshotCreateXML")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            if !guest.checkpoints.is_empty() {
                return Err(refuse::operation_unsupported(
                    "a domain with checkpoints can't have snapshots, too",
                ));
            }
            let halt = flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_HALT != 0;
            if !guest.persistent && halt {
                let text = "a transient domain would be gone if its snapshot stopped it";
                return Err(refuse::operation_invalid(text));
            }
            if flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE != 0 {
                Snapshot::check_strict(xml)?;
            }
            let mut snapshot = Snapshot::from_xml(xml, redefine, &read_domain)?;
            // A mock keeps nothing of its own.
            snapshot.cookie = None;
            let name = snapshot.name.clone();
            if redefine {
                let uuid = guest.definition.model.uuid;
                snapshots::redefine(Arc::make_mut(&mut guest.snapshots), snapshot, uuid)?;
            } else {
                take(guest, snapshot)?;
            }
            if !redefine || flags & abi::VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT != 0 {
                Arc::make_mut(&mut guest.snapshots).set_current(Some(&name));
            }
            if halt && !redefine && guest.is_active() {
                let detail = abi::VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT;
                guest.stop(abi::VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT, detail);
            }
            Ok(Snapshot::id(domain, &name))
        })
    }

    fn domain_snapshot_get_xml_desc(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<String> {
        let secure = abi::VIR_DOMAIN_SNAPSHOT_XML_SECURE;
        refuse::flags(flags, secure, "virDomainSnapshotGetXMLDesc")?;
        let found = self.snapshots(&snapshot.domain, |all| all.find(&snapshot.name))?;
        Ok(found.to_xml(snapshot.domain.uuid, flags & secure != 0))
    }

    fn domain_list_all_snapshots(&self, domain: &DomainId, flags: u32) -> Result<Vec<DomainSnapshotId>> {
        refuse::flags(flags, snapshots::LIST_FLAGS, "virDomainListAllSnapshots")?;
        self.snapshots(domain, |all| all.list(flags))
    }

    fn domain_snapshot_list_all_children(
        &self,
        snapshot: &DomainSnapshotId,
        flags: u32,
    ) -> Result<Vec<DomainSnapshotId>> {
        refuse::flags(flags, snapshots::LIST_FLAGS, "virDomainSnapshotListAllChildren")?;
        self.snapshots(&snapshot.domain, |all| all.children(&snapshot.name, flags))
    }

    fn domain_snapshot_lookup_by_name(
        &self,
        domain: &DomainId,
        name: &str,
        flags: u32,
    ) -> Result<DomainSnapshotId> {
        refuse::flags(flags, 0, "virDomainSnapshotLookupByName")?;
        self.snapshots(domain, |all| all.lookup(name))
    }

    fn domain_has_current_snapshot(&self, domain: &DomainId, flags: u32) -> Result<bool> {
        refuse::flags(flags, 0, "virDomainHasCurrentSnapshot")?;
        Ok(self.host.guest(domain)?.view().snapshots.current().is_some())
    }

    fn domain_snapshot_current(&self, domain: &DomainId, flags: u32) -> Result<DomainSnapshotId> {
        refuse::flags(flags, 0, "virDomainSnapshotCurrent")?;
        self.snapshots(domain, |all| all.current())
    }

    fn domain_snapshot_get_parent(
        &self,
        snapshot: &DomainSnapshotId,
        flags: u32,
    ) -> Result<DomainSnapshotId> {
        refuse::flags(flags, 0, "virDomainSnapshotGetParent")?;
        self.snapshots(&snapshot.domain, |all| all.parent(&snapshot.name))
    }

    fn domain_snapshot_is_current(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<bool> {
        refuse::flags(flags, 0, "virDomainSnapshotIsCurrent")?;
        self.snapshots(&snapshot.domain, |all| all.is_current(&snapshot.name))
    }

    fn domain_snapshot_has_metadata(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<bool> {
        refuse::flags(flags, 0, "virDomainSnapshotHasMetadata")?;
        self.snapshots(&snapshot.domain, |all| all.find(&snapshot.name)).map(|_| true)
    }

    fn domain_revert_to_snapshot(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<i32> {
        let known = abi::VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING
            | abi::VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED
            | abi::VIR_DOMAIN_SNAPSHOT_REVERT_FORCE;
        refuse::flags(flags, known, "virDomainRevertToSnapshot")?;
        let host = &self.host;
        host.guest(&snapshot.domain)?.change(host, |guest| {
            let all = OfDomain { domain: &snapshot.domain, moments: &guest.snapshots };
            let found = all.find(&snapshot.name).map_err(own)?;
            // A handle that saw the guest stop on the way does not see it start again: so libvirt's test driver has it.
            let known_id = if guest.is_active() { -1 } else { snapshot.domain.id };
            let run = flags & abi::VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING != 0;
            let pause = flags & abi::VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED != 0;
            let online = found.state.is_some_and(SnapshotState::is_online);
            if !guest.persistent && !online && !run && !pause {
                let text = "a transient domain would be gone if it went back to being off: ask for it to run";
                return Err(refuse::operation_invalid(text));
            }
            let Some(model) = &found.domain else {
                let text = format!("snapshot '{}' does not know what the domain was like", found.name);
                return Err(refuse::error(ErrorCode::SnapshotRevertRisky, text));
            };
            let reverted = Definition::new(copy(model));
            // Of a running guest without another description libvirt's test driver only changes what would come next.
            let lives_on = online && guest.is_active() && guest.next.is_none();
            let live = lives_on.then(|| guest.definition.clone());
            let stops = guest.is_active();
            if stops {
                guest.shut_off(abi::VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT);
            }
            let stopped = (abi::VIR_DOMAIN_EVENT_STOPPED, abi::VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT);
            if stops && online {
                guest.announce_lifecycle(stopped.0, stopped.1);
            }
            guest.next = live.is_some().then(|| reverted.clone());
            guest.definition = live.unwrap_or(reverted);
            // It may have had another name then, and is told of by that if it stays off.
            if stops && !online {
                guest.announce_lifecycle(stopped.0, stopped.1);
            }
            // A guest that was off stays so, whatever is asked for and told of: so does libvirt's test driver have it.
            if online {
                guest.start(host, abi::VIR_DOMAIN_RUNNING_FROM_SNAPSHOT);
            }
            if online || run || pause {
                let detail = abi::VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT;
                guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_STARTED, detail);
            }
            let pause =
                if online { !run && (pause || found.state == Some(SnapshotState::Paused)) } else { pause };
            if online && pause {
                guest.set_state(abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_FROM_SNAPSHOT);
            }
            if pause {
                let detail = abi::VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT;
                guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_SUSPENDED, detail);
            }
            Arc::make_mut(&mut guest.snapshots).set_current(Some(&found.name));
            Ok(known_id)
        })
    }

    fn domain_snapshot_delete(&self, snapshot: &DomainSnapshotId, flags: u32) -> Result<()> {
        let children = abi::VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN;
        let only = abi::VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY;
        refuse::flags(flags, children | only, "virDomainSnapshotDelete")?;
        self.host.guest(&snapshot.domain)?.change(&self.host, |guest| {
            let all = OfDomain { domain: &snapshot.domain, moments: &guest.snapshots };
            all.find(&snapshot.name).map_err(own)?;
            let snapshots = Arc::make_mut(&mut guest.snapshots);
            snapshots.remove(&snapshot.name, flags & children != 0, flags & only != 0);
            Ok(())
        })
    }
}

impl TestDriver {
    /// Asks something of a domain's snapshots.
    fn snapshots<T>(
        &self,
        domain: &DomainId,
        ask: impl FnOnce(OfDomain<'_, Snapshot>) -> Result<T>,
    ) -> Result<T> {
        let view = self.host.guest(domain)?.view();
        ask(OfDomain { domain, moments: &view.snapshots }).map_err(own)
    }
}

/// Takes a snapshot of the guest as it is.
fn take(guest: &mut Change<'_>, mut snapshot: Snapshot) -> Result<()> {
    guest.definition.check_readable()?;
    snapshot.domain = Some(Box::new(copy(&guest.definition.model)));
    if snapshot.disks.iter().any(|disk| disk.snapshot == Some(SnapshotLocation::Manual)) {
        return Err(refuse::operation_unsupported("disks can't be snapshot by hand here"));
    }
    snapshot.state = SnapshotState::from_number(guest.state);
    let external = snapshot.memory == Some(SnapshotLocation::External);
    if !external {
        snapshot.memory = Some(match snapshot.state {
            Some(SnapshotState::Shutoff) => SnapshotLocation::No,
            _ => SnapshotLocation::Internal,
        });
    }
    let location = if external { SnapshotLocation::External } else { SnapshotLocation::Internal };
    snapshot.align_disks(None, location)?;
    snapshot.parent = guest.snapshots.current().map(|current| current.name.clone());
    Arc::make_mut(&mut guest.snapshots).add(snapshot)
}
