//! `<domainbackup>`: copies of a guest's disks, written to files or offered to whoever fetches them.

mod align;
mod disk;
mod schema;

pub use disk::{BackupCopy, BackupDisk, BackupDiskMode, BackupStore};

use crate::domain::HostTransport;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, XmlElement, XmlEnum, YesNo, check_strict, to_string};
use serde::{Deserialize, Serialize};

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "domainbackup", rules = "schema::BACKUP")]
pub struct DomainBackup {
    #[xml(attr, default, error = "ConfigUnsupported")]
    pub mode: BackupMode,
    /// Only what changed since that checkpoint.
    #[xml(value)]
    pub incremental: Option<String>,
    /// Of `pull`: where the copies can be fetched; none: the driver decides.
    #[xml(child)]
    pub server: Option<BackupServer>,
    /// None: all disks that can be written.
    #[xml(child = "disks/disk")]
    pub disks: Vec<BackupDisk>,
}

/// Who moves the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum BackupMode {
    /// The hypervisor writes it to `<target>`.
    #[default]
    Push,
    /// Others fetch it over NBD; `<scratch>` keeps what the guest overwrites meanwhile.
    Pull,
}

/// `<server>`: the NBD server of a backup in `pull` mode.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "server")]
pub struct BackupServer {
    #[xml(attr, default)]
    pub transport: HostTransport,
    #[xml(attr)]
    pub tls: Option<YesNo>,
    /// Of `tcp`.
    #[xml(attr)]
    pub name: Option<String>,
    /// Of `tcp`; 0: the driver decides.
    #[xml(attr, default, skip_default, error = "InvalidArg@None")]
    pub port: u16,
    /// Of `unix`.
    #[xml(attr)]
    pub socket: Option<String>,
    /// Of `fd`: the name under which descriptors were passed.
    #[xml(attr = "fdgroup")]
    pub fd_group: Option<String>,
}

impl DomainBackup {
    /// Reads a description. It is always checked strictly, as libvirt does it.
    pub fn from_xml(text: &str) -> Result<Self> {
        Self::read(text).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn read(text: &str) -> Result<Self> {
        let document = Document::parse(text, "domain_backup")?;
        document.expect_root(Self::TAG)?;
        check_strict::<Self>(&document)?;
        let backup: Self = document.read()?;
        if backup.mode == BackupMode::Pull && backup.server.is_none() {
            let text = "a backup of mode='pull' needs a <server>: nobody could fetch it";
            return Err(document.root().error(ErrorCode::XmlInvalidSchema, text));
        }
        backup.validate()?;
        Ok(backup)
    }

    /// The description as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    /// Refuses a server where there is nothing to fetch, or that can't be reached.
    pub fn validate(&self) -> Result<()> {
        let Some(server) = &self.server else { return Ok(()) };
        if self.mode != BackupMode::Pull {
            return Err(Error::config_unsupported("<server> of a backup is for mode='pull'"));
        }
        server.validate()
    }
}

impl BackupServer {
    fn validate(&self) -> Result<()> {
        let transport = self.transport;
        if self.socket.is_some() && transport != HostTransport::Unix {
            return Err(Error::xml(format!("<server transport='{transport}'> has no 'socket'")));
        }
        match transport {
            HostTransport::Rdma => {
                Err(Error::config_unsupported("<server> of a backup can't be reached by 'rdma'"))
            }
            HostTransport::Tcp if self.name.is_none() => Err(Error::xml("<server> needs a 'name'")),
            HostTransport::Fd if self.fd_group.is_none() => {
                Err(Error::xml("<server transport='fd'> needs an 'fdgroup'").domain(ErrorDomain::Xml))
            }
            HostTransport::Unix => match self.socket.as_deref() {
                Some(path) if path.starts_with('/') => Ok(()),
                Some(path) => Err(Error::xml(format!("the socket '{path}' of <server> must be absolute"))),
                None => Err(Error::xml("<server transport='unix'> needs a 'socket'")),
            },
            HostTransport::Tcp | HostTransport::Fd => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn backups_print_back() {
        let disk = "<disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='monday' \
                    exportname='a' exportbitmap='b'>\n      <driver type='qcow2'/>\n      <scratch file='/s'>\n        \
                    <encryption format='luks'>\n          <secret type='passphrase' usage='/b'/>\n        \
                    </encryption>\n      </scratch>\n    </disk>";
        for text in [
            format!(
                "<domainbackup mode='pull'>\n  <incremental>monday</incremental>\n  \
                 <server transport='tcp' tls='yes' name='localhost' port='10809'/>\n  <disks>\n    {disk}\n    \
                 <disk name='vdb' backup='no'/>\n  </disks>\n</domainbackup>\n"
            ),
            "<domainbackup mode='pull'>\n  <server transport='fd' fdgroup='nbd'/>\n</domainbackup>\n".into(),
            "<domainbackup mode='push'>\n  <disks>\n    <disk name='vda' backup='yes' type='block'>\n      \
             <target dev='/dev/a'/>\n    </disk>\n  </disks>\n</domainbackup>\n"
                .into(),
        ] {
            assert_eq!(DomainBackup::from_xml(&text).unwrap().to_xml(), text);
        }
        let json = serde_json::to_string(&DomainBackup::default()).unwrap();
        assert_eq!(serde_json::from_str::<DomainBackup>(&json).unwrap(), DomainBackup::default());
    }

    #[test]
    fn what_can_not_be_is_refused() {
        for text in [
            "<domainbackup><server name='a'/></domainbackup>",
            "<domainbackup mode='pull'><server transport='rdma' name='a'/></domainbackup>",
            "<domainbackup mode='pull'><server transport='unix' socket='a'/></domainbackup>",
            "<domainbackup mode='pull'><server/></domainbackup>",
            "<domainbackup><disks><disk/></disks></domainbackup>",
            "<domainbackup mode='fetch'/>",
            "<domainbackup mode='pull'/>",
            "<domainbackup><dance/></domainbackup>",
        ] {
            let err = DomainBackup::from_xml(text).expect_err(text);
            assert_eq!(err.code(), ErrorCode::XmlInvalidSchema, "{text}");
        }
    }
}
