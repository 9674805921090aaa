//! `libvirt-domain-checkpoint.h`: checkpoints of a domain's disks.

/// A checkpoint of a domain's disks; opaque. Since 5.2.0.
#[repr(C)]
#[derive(Debug)]
pub struct virDomainCheckpoint {
    _opaque: [u8; 0],
}

/// Pointer to a `virDomainCheckpoint`. Since 5.2.0.
pub type virDomainCheckpointPtr = *mut virDomainCheckpoint;

c_enum! {
    /// Flags for creating a checkpoint. Since 5.6.0.
    pub enum virDomainCheckpointCreateFlags: u32 {
        /// Only put back the metadata of an existing one. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE = 1 << 0,
        /// Freeze the guest's file systems by the agent. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE = 1 << 1,
        /// With a redefinition, check that its bitmaps are there. Since 6.10.0.
        VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE = 1 << 2,
    }
}

c_enum! {
    /// Flags for deleting a checkpoint. Since 5.6.0.
    pub enum virDomainCheckpointDeleteFlags: u32 {
        /// All descendants too. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN = 1 << 0,
        /// Forget it and leave the bitmaps. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY = 1 << 1,
        /// All descendants, but not itself. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY = 1 << 2,
    }
}

c_enum! {
    /// Filters for a list of checkpoints. Since 5.6.0.
    pub enum virDomainCheckpointListFlags: u32 {
        /// All descendants, when asked of a checkpoint. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS = 1 << 0,
        /// Only those without a parent, when asked of a domain. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_LIST_ROOTS = 1 << 0,
        /// Parents come before children. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL = 1 << 1,
        /// Only those without children. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_LIST_LEAVES = 1 << 2,
        /// Only those with children. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES = 1 << 3,
    }
}

c_enum! {
    /// What the XML of a checkpoint shows. Since 5.6.0.
    pub enum virDomainCheckpointXMLFlags: u32 {
        /// Passwords too. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_XML_SECURE = 1 << 0,
        /// No `<domain>` inside. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN = 1 << 1,
        /// Each disk's amount of changed data. Since 5.6.0.
        VIR_DOMAIN_CHECKPOINT_XML_SIZE = 1 << 2,
    }
}
