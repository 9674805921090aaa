//! The driver's configuration file, `qemu.conf`: those of its settings that show in definitions and on command lines.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::Arch;
use ferrovirt_core::{ConfigFile, ConfigValue, Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::huge_page_mounts::{HugePageMount, huge_page_mounts, huge_page_size};
use nix::unistd::{Group, User};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::command::{
    DISPLAY_PORTS, DisplaySettings, Embedded, FirmwarePair, Settings, TlsSettings, WEBSOCKET_PORTS,
};
use crate::displays::VNC_PASSWORD_LENGTH;
use crate::firmware;
use crate::layout::Paths;

/// Where certificates of a service are that has no folder named for it in the configuration.
const CERTIFICATES: &str = "/etc/pki";

/// Reads the configuration of the driver with these folders; a file that is not there has no settings.
pub fn load(paths: &Paths) -> Result<Settings> {
    let file = ConfigFile::load(&paths.configuration())?;
    Reader { file: &file, paths }.read().map_err(|err| err.or_domain(ErrorDomain::Conf))
}

struct Reader<'a> {
    file: &'a ConfigFile,
    paths: &'a Paths,
}

/// What all TLS settings have in common that are not set for a service.
struct TlsDefaults {
    folder: PathBuf,
    verify: Option<bool>,
    secret: Option<Uuid>,
}

impl Reader<'_> {
    fn read(&self) -> Result<Settings> {
        let privileged = rustix::process::geteuid().is_root();
        let defaults = self.tls_defaults()?;
        let firmware_folders = firmware_folders(privileged);
        Ok(Settings {
            privileged,
            embedded: self.paths.root().map(embedded),
            host_arch: Arch::host(),
            sandbox: self.file.number("seccomp_sandbox")?.is_none_or(|value| value != 0),
            timestamps: self.flag("log_timestamp")?.unwrap_or(true),
            set_process_name: self.flag("set_process_name")?.unwrap_or(false),
            dump_guest_core: self.flag("dump_guest_core")?.unwrap_or(false),
            deprecation: self.file.text("deprecation_behavior")?.unwrap_or("none").to_owned(),
            memory_folder: self.memory_folder()?,
            huge_pages: self.huge_pages(privileged)?,
            passt_folder: self.paths.state().join("passt"),
            tpm_user: self.tpm_user(privileged)?,
            dbus_folder: self.paths.state().join("dbus"),
            display_ports: self.ports("remote_display_port", DISPLAY_PORTS)?,
            websocket_ports: self.ports("remote_websocket_port", WEBSOCKET_PORTS)?,
            vnc: self.vnc(&defaults)?,
            spice: self.spice(&defaults)?,
            chardev_tls: self.tls("chardev", true, &defaults)?,
            chardev_tls_by_default: self.flag("chardev_tls")?.unwrap_or(false),
            migration_tls: self.tls("migrate", true, &defaults)?,
            nbd_tls: self.tls("nbd", true, &defaults)?,
            nbd_tls_by_default: self.flag("nbd_tls")?.unwrap_or(false),
            vxhs_tls: self.tls("vxhs", true, &defaults)?,
            vxhs_tls_by_default: self.flag("vxhs_tls")?.unwrap_or(false),
            host_audio_with_vnc: self.flag("vnc_allow_host_audio")?.unwrap_or(false),
            host_audio_without_display: self.flag("nographics_allow_host_audio")?.unwrap_or(false),
            firmware_pairs: self.firmware_pairs(&firmware_folders)?,
            firmware_folders,
        })
    }

    /// A number that says yes or no.
    fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.file.number(name)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(self.file.wrong(name, "0 or 1")),
        }
    }

    /// The ports from `<name>_min` to `<name>_max`, which are among those that could be used.
    fn ports(&self, name: &str, usual: RangeInclusive<u16>) -> Result<RangeInclusive<u16>> {
        let bound = |which: &str, lowest: u16| {
            let name = format!("{name}_{which}");
            let expected = format!("a port from {lowest} to {}", usual.end());
            let found = self.file.number(&name)?.map(|port| {
                let port = u16::try_from(port).ok().filter(|port| (lowest..=*usual.end()).contains(port));
                port.ok_or_else(|| self.file.wrong(&name, &expected))
            });
            found.transpose()
        };
        let min = bound("min", *usual.start())?.unwrap_or(*usual.start());
        let max = bound("max", min)?.unwrap_or(*usual.end());
        Ok(min..=max)
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        Ok(self.file.text(name)?.map(str::to_owned))
    }

    /// A folder with certificates, which must be there if it is named.
    fn folder(&self, name: &str) -> Result<Option<PathBuf>> {
        match self.text(name)?.map(PathBuf::from) {
            Some(folder) if !folder.exists() => Err(Error::new(
                ErrorCode::ConfSyntax,
                format!("{}: there is no folder '{}'", name, folder.display()),
            )),
            found => Ok(found),
        }
    }

    fn secret(&self, name: &str) -> Result<Option<Uuid>> {
        let parsed = self.file.text(name)?.map(|text| text.parse());
        parsed.transpose().map_err(|_| self.file.wrong(name, "the UUID of a secret"))
    }

    fn tls_defaults(&self) -> Result<TlsDefaults> {
        let folder = self.folder("default_tls_x509_cert_dir")?;
        Ok(TlsDefaults {
            folder: folder.unwrap_or_else(|| self.paths.default_certificates()),
            verify: self.flag("default_tls_x509_verify")?,
            secret: self.secret("default_tls_x509_secret_uuid")?,
        })
    }

    /// Of a service: `<service>_tls_x509_…`, or what counts for all.
    fn tls(&self, service: &str, verify: bool, defaults: &TlsDefaults) -> Result<TlsSettings> {
        let named = |what: &str| format!("{service}_tls_x509_{what}");
        let folder = self.folder(&named("cert_dir"))?;
        let secret = self.secret(&named("secret_uuid"))?;
        let verified = self.flag(&named("verify"))?;
        let secret = secret.or(defaults.secret.filter(|_| folder.is_none()));
        let own = Path::new(CERTIFICATES).join(format!("libvirt-{service}"));
        let usual = || if own.exists() { own } else { defaults.folder.clone() };
        Ok(TlsSettings {
            folder: folder.unwrap_or_else(usual),
            verify: verified.or(defaults.verify).unwrap_or(verify),
            secret,
        })
    }

    fn vnc(&self, defaults: &TlsDefaults) -> Result<DisplaySettings> {
        let tls = self.tls("vnc", false, defaults)?;
        let password = self.text("vnc_password")?;
        if let Some(password) = &password
            && password.len() > VNC_PASSWORD_LENGTH
        {
            tracing::warn!("vnc_password: VNC takes no more than {VNC_PASSWORD_LENGTH} characters of it");
        }
        Ok(DisplaySettings {
            listen: self.text("vnc_listen")?.unwrap_or_else(|| DisplaySettings::default().listen),
            on_socket: self.flag("vnc_auto_unix_socket")?.unwrap_or(false),
            tls: self.flag("vnc_tls")?.unwrap_or(false).then_some(tls),
            password: password.is_some(),
            sasl: self.flag("vnc_sasl")?.unwrap_or(false),
            sasl_folder: self.text("vnc_sasl_dir")?.map(PathBuf::from),
        })
    }

    fn spice(&self, defaults: &TlsDefaults) -> Result<DisplaySettings> {
        // SPICE knows no other clients than those with the password.
        let tls = TlsSettings { verify: false, ..self.tls("spice", false, defaults)? };
        Ok(DisplaySettings {
            listen: self.text("spice_listen")?.unwrap_or_else(|| DisplaySettings::default().listen),
            on_socket: self.flag("spice_auto_unix_socket")?.unwrap_or(false),
            tls: self.flag("spice_tls")?.unwrap_or(false).then_some(tls),
            password: self.text("spice_password")?.is_some(),
            sasl: self.flag("spice_sasl")?.unwrap_or(false),
            sasl_folder: self.text("spice_sasl_dir")?.map(PathBuf::from),
        })
    }

    /// The system's emulators of TPMs run as a user of their own, where there is one.
    fn tpm_user(&self, privileged: bool) -> Result<Option<(u32, u32)>> {
        const USUAL: &str = "tss";
        let (user, group) = (self.text("swtpm_user")?, self.text("swtpm_group")?);
        // Below the root of an embedded driver nobody else may go.
        if !privileged || self.paths.root().is_some() {
            return Ok(None);
        }
        let found = |what: &str, name: &str, id: Option<u32>| {
            id.or_else(|| name.trim_start_matches('+').parse().ok())
                .ok_or_else(|| self.file.wrong(what, "somebody whom the host knows"))
        };
        let usual = User::from_name(USUAL).ok().flatten();
        let user = match user {
            Some(name) => {
                let known = User::from_name(&name).ok().flatten().map(|user| user.uid.as_raw());
                found("swtpm_user", &name, known)?
            }
            None => usual.as_ref().map_or(0, |user| user.uid.as_raw()),
        };
        let group = match group {
            Some(name) => {
                let known = Group::from_name(&name).ok().flatten().map(|group| group.gid.as_raw());
                found("swtpm_group", &name, known)?
            }
            None => Group::from_name(USUAL).ok().flatten().map_or(0, |group| group.gid.as_raw()),
        };
        Ok((user != 0).then_some((user, group)))
    }

    fn memory_folder(&self) -> Result<PathBuf> {
        let said = self.text("memory_backing_dir")?;
        Ok(said.map_or_else(|| self.paths.memory(), |folder| Path::new(&folder).join("libvirt/qemu")))
    }

    /// The mounts that are named, else those that the system has.
    fn huge_pages(&self, privileged: bool) -> Result<Vec<HugePageMount>> {
        const NAME: &str = "hugetlbfs_mount";
        let named = match self.file.get(NAME) {
            Some(ConfigValue::Text(path)) => vec![path.as_str()],
            Some(_) => self.file.texts(NAME)?,
            None if privileged => return huge_page_mounts(&KernelFiles::host()),
            None => return Ok(Vec::new()),
        };
        named.iter().map(|path| named_mount(Path::new(path))).collect()
    }

    fn firmware_pairs(&self, folders: &[PathBuf]) -> Result<Vec<FirmwarePair>> {
        const NAME: &str = "nvram";
        if self.file.get(NAME).is_none() {
            return Ok(FirmwarePair::usual());
        }
        let described = folders.iter().any(|folder| has_descriptors(folder));
        if described {
            tracing::warn!("{NAME}: firmware descriptors are installed, the list does not count beside them");
            return Ok(Vec::new());
        }
        let pair = |text: &str| {
            let (program, template) =
                text.split_once(':').ok_or_else(|| self.file.wrong(NAME, "a list of PROGRAM:VARIABLES"))?;
            Ok(FirmwarePair { program: program.to_owned(), template: template.to_owned() })
        };
        self.file.texts(NAME)?.into_iter().map(pair).collect()
    }
}

/// Of several drivers on a host, one is the system's.
fn embedded(root: &Path) -> Embedded {
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Embedded { root: root.to_owned(), name: format!("qemu-embed-{digits}") }
}

fn has_descriptors(folder: &Path) -> bool {
    let mut files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.any(|file| file.path().extension().is_some_and(|extension| extension == "json"))
}

/// A user's own firmware counts for that user's guests only.
fn firmware_folders(privileged: bool) -> Vec<PathBuf> {
    let mut folders = firmware::folders(Path::new("/"));
    if !privileged {
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".config"));
        let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
        folders.extend(config.map(|config| config.join("qemu/firmware")));
    }
    folders
}

fn named_mount(path: &Path) -> Result<HugePageMount> {
    Ok(HugePageMount { path: path.to_owned(), page_size: huge_page_size(path)?, default: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::layout::Layout;

    fn loaded(text: &str) -> Result<Settings> {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/qemu.conf"), text).unwrap();
        load(&Paths::new(Layout::embedded(root.path())))
    }

    #[test]
    fn a_driver_without_a_file_has_the_usual_settings() {
        let root = tempfile::tempdir().unwrap();
        let settings = load(&Paths::new(Layout::embedded(root.path()))).unwrap();
        assert!(settings.timestamps && settings.sandbox && settings.spice.tls.is_none());
        assert_eq!(settings.memory_folder, root.path().join("lib/qemu/ram"));
        assert!(settings.embedded.unwrap().name.starts_with("qemu-embed-"));
    }

    #[test]
    fn the_file_decides() {
        let settings = loaded(
            "spice_tls = 1\nvnc_listen = \"0.0.0.0\"\nvnc_password = \"secret\"\nchardev_tls = 1\nlog_timestamp = 0\n\
             memory_backing_dir = \"/memory\"\nseccomp_sandbox = 0\ndeprecation_behavior = \"omit\"\n",
        )
        .unwrap();
        assert!(settings.spice.tls.is_some() && settings.chardev_tls_by_default);
        assert!(settings.vnc.password && settings.vnc.listen == "0.0.0.0");
        assert!(!settings.timestamps && !settings.sandbox && settings.deprecation == "omit");
        assert_eq!(settings.memory_folder, Path::new("/memory/libvirt/qemu"));
    }

    #[test]
    fn mistakes_are_told_with_the_setting() {
        for (text, setting) in [
            ("spice_tls = 2\n", "spice_tls"),
            ("remote_display_port_min = 80\n", "remote_display_port_min"),
            ("remote_display_port_min = 6000\nremote_display_port_max = 5999\n", "remote_display_port_max"),
            ("remote_websocket_port_max = 65536\n", "remote_websocket_port_max"),
            ("vnc_tls_x509_cert_dir = \"/nowhere\"\n", "vnc_tls_x509_cert_dir"),
            ("default_tls_x509_secret_uuid = \"1\"\n", "default_tls_x509_secret_uuid"),
        ] {
            let refused = loaded(text).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::ConfSyntax);
            assert!(refused.message().contains(setting), "{refused}");
        }
    }
}
