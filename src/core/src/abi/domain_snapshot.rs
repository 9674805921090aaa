//! `libvirt-domain-snapshot.h`: snapshots of a domain.

use crate::abi::VIR_DOMAIN_XML_SECURE;

/// A snapshot of a domain; opaque. Since 0.8.0.
#[repr(C)]
#[derive(Debug)]
pub struct virDomainSnapshot {
    _opaque: [u8; 0],
}

/// Pointer to a `virDomainSnapshot`. Since 0.8.0.
pub type virDomainSnapshotPtr = *mut virDomainSnapshot;

c_enum! {
    /// Flags for creating a snapshot. Since 0.9.5.
    pub enum virDomainSnapshotCreateFlags: u32 {
        /// Only put back the metadata of an existing one. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE = 1 << 0,
        /// With a redefinition, make it the current one. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT = 1 << 1,
        /// Take it and forget it. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA = 1 << 2,
        /// Leave the domain off afterwards. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_CREATE_HALT = 1 << 3,
        /// Disks only, not memory. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY = 1 << 4,
        /// Use image files that exist already. Since 0.9.10.
        VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT = 1 << 5,
        /// Freeze the guest's file systems by the agent. Since 0.9.10.
        VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE = 1 << 6,
        /// All disks or none. Since 0.9.11.
        VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC = 1 << 7,
        /// Keep the guest running while memory is saved. Since 1.0.1.
        VIR_DOMAIN_SNAPSHOT_CREATE_LIVE = 1 << 8,
        /// Check the XML against the schema. Since 5.6.0.
        VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE = 1 << 9,
    }
}

c_enum! {
    /// Flags for deleting a snapshot. Since 0.8.0.
    pub enum virDomainSnapshotDeleteFlags: u32 {
        /// All descendants too. Since 0.8.0.
        VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN = 1 << 0,
        /// Forget it and leave the data. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY = 1 << 1,
        /// All descendants, but not itself. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY = 1 << 2,
    }
}

c_enum! {
    /// Filters for a list of snapshots. Since 0.9.5.
    pub enum virDomainSnapshotListFlags: u32 {
        /// All descendants, when asked of a snapshot. Since 0.9.7.
        VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS = 1 << 0,
        /// Only those without a parent, when asked of a domain. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_LIST_ROOTS = 1 << 0,
        /// Only those whose metadata would hinder an undefine. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_LIST_METADATA = 1 << 1,
        /// Only those without children. Since 0.9.7.
        VIR_DOMAIN_SNAPSHOT_LIST_LEAVES = 1 << 2,
        /// Only those with children. Since 0.9.13.
        VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES = 1 << 3,
        /// Only those kept without metadata. Since 0.9.13.
        VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA = 1 << 4,
        /// Taken while the domain was off. Since 1.0.1.
        VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE = 1 << 5,
        /// Taken with memory while it ran. Since 1.0.1.
        VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE = 1 << 6,
        /// Taken of disks alone while it ran. Since 1.0.1.
        VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY = 1 << 7,
        /// Kept inside the disk images. Since 1.0.1.
        VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL = 1 << 8,
        /// Kept in files of their own. Since 1.0.1.
        VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL = 1 << 9,
        /// Parents come before children. Since 5.2.0.
        VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL = 1 << 10,
    }
}

c_enum! {
    /// Flags for going back to a snapshot. Since 0.9.5.
    pub enum virDomainSnapshotRevertFlags: u32 {
        /// Run afterwards. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING = 1 << 0,
        /// Stay paused afterwards. Since 0.9.5.
        VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED = 1 << 1,
        /// Allow what is risky, such as an incompatible hypervisor process. Since 0.9.7.
        VIR_DOMAIN_SNAPSHOT_REVERT_FORCE = 1 << 2,
        /// Make the NVRAM anew from its template. Since 8.1.0.
        VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM = 1 << 3,
    }
}

c_enum! {
    /// What the XML of a snapshot shows. Since 5.1.0.
    pub enum virDomainSnapshotXMLFlags: u32 {
        /// Passwords too. Since 5.1.0.
        VIR_DOMAIN_SNAPSHOT_XML_SECURE = VIR_DOMAIN_XML_SECURE,
    }
}
