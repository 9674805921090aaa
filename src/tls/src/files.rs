//! The files with certificates and keys: where they are, and what is in them.

use crate::unusable;
use ferrovirt_core::{Error, ErrorDomain, Result};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// Where a side's certificates and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Who is trusted to sign the other side's certificate.
    pub ca_certificate: PathBuf,
    /// Which of those certificates are no longer good.
    pub ca_revocations: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A side that has no certificate of its own says nothing of itself.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Files {
    /// The system's, by the names that libvirt has for them; `side` is `client` or `server`.
    pub fn system(side: &str) -> Self {
        Self {
            ca_certificate: "/etc/pki/CA/cacert.pem".into(),
            ca_revocations: "/etc/pki/CA/cacrl.pem".into(),
            certificate: format!("/etc/pki/libvirt/{side}cert.pem").into(),
            key: format!("/etc/pki/libvirt/private/{side}key.pem").into(),
        }
    }

    /// All in one folder.
    pub fn in_folder(folder: &Path, side: &str) -> Self {
        Self {
            ca_certificate: folder.join("cacert.pem"),
            ca_revocations: folder.join("cacrl.pem"),
            certificate: folder.join(format!("{side}cert.pem")),
            key: folder.join(format!("{side}key.pem")),
        }
    }

    /// Those of `folder` if one is named; else, for users but root, what they have of their own, and the system's for
    /// the rest.
    pub fn locate(folder: Option<&Path>, privileged: bool, side: &str) -> Self {
        if let Some(folder) = folder {
            return Self::in_folder(folder, side);
        }
        let system = Self::system(side);
        let home = env::var_os("HOME").map(PathBuf::from).filter(|_| !privileged);
        let Some(home) = home else { return system };
        let own = Self::in_folder(&home.join(".pki/libvirt"), side);
        let or_system = |own: PathBuf, system: PathBuf| if own.exists() { own } else { system };
        // A certificate without its key is of no use.
        let has_pair = own.certificate.exists() && own.key.exists();
        let (certificate, key) =
            if has_pair { (own.certificate, own.key) } else { (system.certificate, system.key) };
        Self {
            ca_certificate: or_system(own.ca_certificate, system.ca_certificate),
            ca_revocations: or_system(own.ca_revocations, system.ca_revocations),
            certificate,
            key,
        }
    }

    /// Who is trusted to sign.
    pub(crate) fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.ca_certificate, "CA certificate")? {
            roots.add(certificate).map_err(|err| {
                unusable(format!("the CA certificate '{}': {err}", self.ca_certificate.display()))
            })?;
        }
        Ok(roots)
    }

    /// What has been revoked; there need not be such a file.
    pub(crate) fn revocations(&self) -> Result<Vec<CertificateRevocationListDer<'static>>> {
        let path = &self.ca_revocations;
        if !path.exists() {
            return Ok(Vec::new());
        }
        CertificateRevocationListDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|err| unreadable(path, "revocation list", err))
    }

    /// The side's own certificates and key; `None` if one of them is not there.
    pub(crate) fn identity(&self) -> Result<Option<Identity>> {
        if !self.certificate.exists() || !self.key.exists() {
            return Ok(None);
        }
        self.needed_identity().map(Some)
    }

    /// The same where it has to be there.
    pub(crate) fn needed_identity(&self) -> Result<Identity> {
        let chain = certificates(&self.certificate, "certificate")?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|err| unreadable(&self.key, "private key", err))?;
        Ok((chain, key))
    }
}

fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let found = found.map_err(|err| unreadable(path, what, err))?;
    if found.is_empty() {
        return Err(unusable(format!("there is no {what} in '{}'", path.display())));
    }
    Ok(found)
}

fn unreadable(path: &Path, what: &str, err: rustls::pki_types::pem::Error) -> Error {
    use rustls::pki_types::pem::Error as Pem;
    let what = format!("cannot read the {what} '{}'", path.display());
    match err {
        Pem::Io(err) => Error::system(err, what).domain(ErrorDomain::Rpc),
        Pem::NoItemsFound => {
            Error::system(io::Error::from(io::ErrorKind::InvalidData), what).domain(ErrorDomain::Rpc)
        }
        other => unusable(format!("{what}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_has_them_all_and_the_systems_are_where_libvirt_has_them() {
        let files = Files::locate(Some(Path::new("/p")), true, "client");
        assert_eq!(files.key, Path::new("/p/clientkey.pem"));
        let files = Files::locate(None, true, "server");
        assert_eq!(files.key, Path::new("/etc/pki/libvirt/private/serverkey.pem"));
        assert_eq!(files, Files::system("server"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(folder.path(), "client");
        let err = files.roots().unwrap_err();
        assert!(err.message().contains("cacert.pem") && err.ints()[0] == 2, "{err:?}");
        assert!(files.identity().unwrap().is_none());
        assert!(files.revocations().unwrap().is_empty());
        std::fs::write(&files.ca_certificate, "nothing").unwrap();
        assert!(files.roots().is_err());
    }
}
