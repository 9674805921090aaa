//! Long work on a domain: save, restore, core dump, backup, job information.
