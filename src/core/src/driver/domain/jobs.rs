//! Long work on a domain: save, restore, core dump, backup, job information.

driver_trait! {
    /// Long work on a domain: save, restore, core dump, backup, job information.
    pub trait DomainJobs in Domain {
    }
}
