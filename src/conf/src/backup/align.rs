//! Which of a guest's disks are copied, how, and to which files.

use super::disk::BackupCopy;
use super::{BackupDisk, BackupDiskMode, BackupStore, DomainBackup};
use crate::domain::{Disk, FileSource, StorageLocation, StorageSource};
use ferrovirt_core::{Error, ErrorDomain, Result};
use std::collections::HashSet;

impl DomainBackup {
    /// Says of every disk of the guest whether it is copied, and where to: beside its image, with `suffix`, if nothing
    /// else is said.
    pub fn align_disks(&mut self, disks: &[Disk], suffix: &str) -> Result<()> {
        self.align(disks, suffix).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn align(&mut self, disks: &[Disk], suffix: &str) -> Result<()> {
        let refuse = |text: String| Err(Error::config_unsupported(text));
        if disks.is_empty() {
            return refuse("a domain without disks has nothing to back up".into());
        }
        let all = self.disks.is_empty();
        let mut seen = HashSet::new();
        for wanted in &mut self.disks {
            let name = &wanted.name;
            let Some(disk) = disks.iter().find(|disk| disk.name() == Some(name)) else {
                return refuse(format!("the domain has no disk '{name}'"));
            };
            if !seen.insert(name.clone()) {
                return refuse(format!("disk '{name}' is named twice"));
            }
            let Some(copy) = &mut wanted.copy else { continue };
            let since = copy.incremental.as_ref().or(self.incremental.as_ref());
            if copy.mode == Some(BackupDiskMode::Incremental) && since.is_none() {
                return refuse(format!("disk '{name}' needs 'incremental' to say since when"));
            }
            copy.name_store(disk, suffix)?;
        }
        for disk in disks.iter().filter(|disk| !disk.name().is_some_and(|name| seen.contains(name))) {
            let copied = all && !disk.source.is_empty() && !disk.readonly;
            let store = BackupStore::new(self.mode, StorageSource::default());
            let mut copy = copied.then(|| BackupCopy { store, ..BackupCopy::default() });
            if let Some(copy) = &mut copy {
                copy.name_store(disk, suffix)?;
            }
            self.disks.push(BackupDisk { name: disk.name().unwrap_or_default().to_owned(), copy });
        }
        for copy in self.disks.iter_mut().filter_map(|disk| disk.copy.as_mut()) {
            copy.complete(self.incremental.as_ref());
        }
        Ok(())
    }
}

impl BackupCopy {
    /// Makes up the file, beside that of the disk.
    fn name_store(&mut self, disk: &Disk, suffix: &str) -> Result<()> {
        let name = disk.name().unwrap_or_default();
        if disk.source.is_empty() {
            return Err(Error::config_unsupported(format!(
                "disk '{name}' is empty: there is nothing to copy"
            )));
        }
        let store = self.store.source_mut();
        if !store.is_empty() {
            return Ok(());
        }
        let StorageLocation::File(FileSource { path: Some(path), .. }) = &disk.source.location else {
            let text = format!("disk '{name}' is no file: say where its backup is to be written");
            return Err(Error::config_unsupported(text));
        };
        let path = Some(format!("{path}.{suffix}"));
        store.location = StorageLocation::File(FileSource { path, ..FileSource::default() });
        Ok(())
    }

    fn complete(&mut self, since: Option<&String>) {
        let incremental = self.incremental.is_some() || since.is_some();
        let usual = if incremental { BackupDiskMode::Incremental } else { BackupDiskMode::Full };
        if *self.mode.get_or_insert(usual) == BackupDiskMode::Incremental && self.incremental.is_none() {
            self.incremental = since.cloned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::BackupMode;
    use ferrovirt_xml::from_str;

    fn disks() -> Vec<Disk> {
        [
            "<disk type='file'><source file='/a'/><target dev='vda'/></disk>",
            "<disk device='cdrom'><target dev='hdc'/></disk>",
        ]
        .map(|text| from_str(text, "test").unwrap())
        .into()
    }

    #[test]
    fn all_that_can_be_written_is_copied_beside_itself() {
        let mut backup = DomainBackup { mode: BackupMode::Pull, ..DomainBackup::default() };
        backup.align_disks(&disks(), "1234").unwrap();
        let expected = "<domainbackup mode='pull'>\n  <disks>\n    <disk name='vda' backup='yes' type='file' \
                        backupmode='full'>\n      <scratch file='/a.1234'/>\n    </disk>\n    \
                        <disk name='hdc' backup='no'/>\n  </disks>\n</domainbackup>\n";
        assert_eq!(backup.to_xml(), expected);
    }

    #[test]
    fn disks_that_are_not_there_or_hold_nothing_are_refused() {
        for wrong in [
            "<disk name='vdz'/>",
            "<disk name='hdc'/>",
            "<disk name='vda' backupmode='incremental'/>",
            "<disk name='vda'/><disk name='vda'/>",
        ] {
            let text = format!("<domainbackup><disks>{wrong}</disks></domainbackup>");
            let mut backup = DomainBackup::from_xml(&text).unwrap();
            let err = backup.align_disks(&disks(), "x").unwrap_err();
            assert_eq!(err.code(), ferrovirt_core::ErrorCode::ConfigUnsupported, "{wrong}");
        }
    }
}
