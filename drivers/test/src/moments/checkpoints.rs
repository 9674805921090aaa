//! Checkpoints of guests.

use super::{Checkpoint, own};
use crate::domain::{Change, copy, parse_node, user};
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::checkpoint::CheckpointXml;
use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_conf::moments::{Asked, OfDomain, checkpoints};
use ferrovirt_core::driver::CheckpointDriver;
use ferrovirt_core::{DomainCheckpointId, DomainId, Result, abi};
use ferrovirt_xml::Node;
use std::sync::Arc;

fn read_domain(node: &Node<'_>) -> Result<Domain> {
    parse_node(node, ParseFlags { skip_validate: true, ..user(false) }).map(|(model, _)| model)
}

impl TestDriver {
    /// Asks something of a domain's checkpoints.
    fn checkpoints<T>(
        &self,
        domain: &DomainId,
        ask: impl FnOnce(OfDomain<'_, Checkpoint>) -> Result<T>,
    ) -> Result<T> {
        let view = self.host.guest(domain)?.view();
        ask(OfDomain { domain, moments: &view.checkpoints }).map_err(own)
    }
}

impl CheckpointDriver for TestDriver {
    fn domain_checkpoint_create_xml(
        &self,
        domain: &DomainId,
        xml: &str,
        flags: u32,
    ) -> Result<DomainCheckpointId> {
        let redefine = abi::VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE;
        let quiesce = abi::VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE;
        refuse::flags(flags, redefine | quiesce, "virDomainCheckpointCreateXML")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            if !guest.snapshots.is_empty() {
                return Err(refuse::operation_unsupported(
                    "a domain with snapshots can't have checkpoints, too",
                ));
            }
            if !guest.is_active() {
                return Err(refuse::operation_unsupported("only a running domain can make a checkpoint"));
            }
            let redefined = flags & redefine != 0;
            let checkpoint = Checkpoint::from_xml(xml, redefined, &read_domain)?;
            let name = checkpoint.name.clone();
            let update_current = if redefined {
                let uuid = guest.definition.model.uuid;
                checkpoints::redefine(Arc::make_mut(&mut guest.checkpoints), checkpoint, uuid)?
            } else {
                make(guest, checkpoint)?
            };
            if update_current {
                Arc::make_mut(&mut guest.checkpoints).set_current(Some(&name));
            }
            Ok(Checkpoint::id(domain, &name))
        })
    }

    fn domain_checkpoint_get_xml_desc(&self, checkpoint: &DomainCheckpointId, flags: u32) -> Result<String> {
        let secure = abi::VIR_DOMAIN_CHECKPOINT_XML_SECURE;
        let no_domain = abi::VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN;
        let size = abi::VIR_DOMAIN_CHECKPOINT_XML_SIZE;
        refuse::flags(flags, secure | no_domain | size, "virDomainCheckpointGetXMLDesc")?;
        let found = self.checkpoints(&checkpoint.domain, |all| all.find(&checkpoint.name))?;
        if flags & size != 0 {
            self.host.guest(&checkpoint.domain)?.view().check_active()?;
        }
        // How much was written nobody has counted, as nothing was.
        let what =
            CheckpointXml { secure: flags & secure != 0, no_domain: flags & no_domain != 0, sizes: None };
        Ok(found.to_xml(what))
    }

    fn domain_list_all_checkpoints(&self, domain: &DomainId, flags: u32) -> Result<Vec<DomainCheckpointId>> {
        refuse::flags(flags, checkpoints::LIST_FLAGS, "virDomainListAllCheckpoints")?;
        self.checkpoints(domain, |all| all.list(flags))
    }

    fn domain_checkpoint_list_all_children(
        &self,
        checkpoint: &DomainCheckpointId,
        flags: u32,
    ) -> Result<Vec<DomainCheckpointId>> {
        refuse::flags(flags, checkpoints::LIST_FLAGS, "virDomainCheckpointListAllChildren")?;
        self.checkpoints(&checkpoint.domain, |all| all.children(&checkpoint.name, flags))
    }

    fn domain_checkpoint_lookup_by_name(
        &self,
        domain: &DomainId,
        name: &str,
        flags: u32,
    ) -> Result<DomainCheckpointId> {
        refuse::flags(flags, 0, "virDomainCheckpointLookupByName")?;
        self.checkpoints(domain, |all| all.lookup(name))
    }

    fn domain_checkpoint_get_parent(
        &self,
        checkpoint: &DomainCheckpointId,
        flags: u32,
    ) -> Result<DomainCheckpointId> {
        refuse::flags(flags, 0, "virDomainCheckpointGetParent")?;
        self.checkpoints(&checkpoint.domain, |all| all.parent(&checkpoint.name))
    }

    fn domain_checkpoint_delete(&self, checkpoint: &DomainCheckpointId, flags: u32) -> Result<()> {
        let children = abi::VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN;
        let only = abi::VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY;
        let metadata = abi::VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY;
        refuse::flags(flags, children | only | metadata, "virDomainCheckpointDelete")?;
        self.host.guest(&checkpoint.domain)?.change(&self.host, |guest| {
            let all = OfDomain { domain: &checkpoint.domain, moments: &guest.checkpoints };
            all.find(&checkpoint.name).map_err(own)?;
            let checkpoints = Arc::make_mut(&mut guest.checkpoints);
            checkpoints.remove(&checkpoint.name, flags & children != 0, flags & only != 0);
            Ok(())
        })
    }
}

/// Makes a checkpoint of the guest as it is; it is the current one.
fn make(guest: &mut Change<'_>, mut checkpoint: Checkpoint) -> Result<bool> {
    checkpoint.domain = Some(Box::new(copy(&guest.definition.model)));
    checkpoint.align_disks()?;
    checkpoint.parent = guest.checkpoints.current().map(|current| current.name.clone());
    Arc::make_mut(&mut guest.checkpoints).add(checkpoint)?;
    Ok(true)
}
