//! The made-up host of the fixtures.

use ferrovirt_conf::domain::{Connection, Domain, Graphics, SecretReference};
use ferrovirt_core::Result;
use ferrovirt_driver_qemu::command::{
    Descriptors, HugePageMount, Passed, Sealed, SecretUse, Secrets, Settings, Surroundings, TlsSettings,
};
use std::path::Path;

/// Every secret is the same one.
#[derive(Debug)]
struct SameSecret;

impl Secrets for SameSecret {
    fn seal(&self, usage: SecretUse, _secret: &SecretReference) -> Result<Sealed> {
        let _ = usage;
        self.seal_text("")
    }

    fn seal_text(&self, _text: &str) -> Result<Sealed> {
        Ok(Sealed {
            data: "9eao5F8qtkGt+seB1HYivWIxbtwUu6MQtg1zpj/oDtUsPr1q8wBYM91uEHCn6j/1".to_owned(),
            iv: "AAECAwQFBgcICQoLDA0ODw==".to_owned(),
        })
    }
}

/// The numbers that the fixtures have instead of real descriptors.
pub struct Numbers<'a>(&'a Domain);

impl<'a> Numbers<'a> {
    pub fn of(model: &'a Domain) -> Self {
        Self(model)
    }
}

impl Descriptors for Numbers<'_> {
    fn pass(&mut self, what: Passed) -> Result<i32> {
        Ok(match what {
            Passed::Monitor | Passed::Socket { .. } => 1729,
            Passed::File { alias } if alias.starts_with("tpm") => 1730,
            Passed::Device { alias } if alias.starts_with("tpm") => 1731,
            Passed::Device { alias } if alias.starts_with("video") => 1729,
            Passed::NetworkBackend { .. } => 1732,
            Passed::File { .. } => 1750,
            Passed::Log { .. } => 1751,
            Passed::Vsock => 6789,
            Passed::Device { .. } => 3,
            Passed::Tap { queue, .. } => 102 + queue as i32,
            Passed::Vhost { queue, .. } => 44 + queue as i32,
        })
    }

    fn queues(&self, interface: usize) -> (usize, usize) {
        let interface = &self.0.devices.interfaces[interface];
        let driver = interface.driver.as_ref();
        let queues = driver.map_or(1, |driver| driver.queues.max(1)) as usize;
        let tap = !matches!(interface.connection, Connection::Ethernet(_));
        let vhost = tap
            && driver.is_some_and(|driver| {
                driver.name == Some(ferrovirt_conf::domain::InterfaceDriverName::Vhost)
            });
        (queues, if vhost { queues } else { 0 })
    }
}

/// What the tests change before a start.
pub fn as_in_the_tests(model: &mut Domain) {
    for graphics in &mut model.devices.graphics {
        match graphics {
            Graphics::Vnc(vnc) => {
                for (port, first) in [(&mut vnc.port, 5900), (&mut vnc.websocket, 5700)] {
                    if *port == Some(-1) {
                        *port = Some(first);
                    }
                }
            }
            Graphics::Spice(spice) if spice.is_autoport() => spice.port = Some(5901),
            Graphics::EglHeadless(egl) => _ = egl.render_node.get_or_insert_with(render_node),
            _ => {}
        }
        if let Graphics::Spice(spice) = graphics {
            if spice.gl.is_some_and(|gl| gl.is_set()) {
                spice.render_node.get_or_insert_with(render_node);
            }
        }
    }
}

fn render_node() -> String {
    "/dev/dri/foo".to_owned()
}

pub fn with_surroundings<T>(name: &str, model: &Domain, act: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let page = |path: &str, page_size, default| HugePageMount { path: path.into(), page_size, default };
    let tls = |folder: &str| Some(TlsSettings { folder: folder.into(), verify: true, secret: None });
    let mut settings = Settings {
        huge_pages: vec![page("/dev/hugepages2M", 2048, true), page("/dev/hugepages1G", 1_048_576, false)],
        passt_folder: "/var/run/libvirt/qemu/passt".into(),
        ..Settings::default()
    };
    settings.spice.password = true;
    settings.spice.tls = tls("/etc/pki/libvirt-spice");
    if name.starts_with("graphics-vnc-sasl") || name.starts_with("graphics-vnc-tls") {
        settings.vnc.sasl = true;
        settings.vnc.sasl_folder = Some("/etc/sasl2".into());
    }
    if name.starts_with("graphics-vnc-tls") {
        settings.vnc.tls = tls("/etc/pki/libvirt-vnc");
    }
    settings.vnc.on_socket = name.contains("auto-socket-cfg");
    settings.spice.on_socket = settings.vnc.on_socket;
    if name.starts_with("graphics-spice-sasl") {
        settings.spice.sasl = true;
        settings.spice.sasl_folder = Some("/etc/sasl2".into());
    }
    let short = format!("-1-{}", model.name.chars().take(20).collect::<String>());
    let folder = format!("/var/lib/libvirt/qemu/domain-{short}");
    let environment = [("PATH", "/bin"), ("USER", "test"), ("LOGNAME", "test")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let aliases: Vec<String> =
        model.devices.hostdevs.iter().filter_map(|device| device.info.alias.clone()).collect();
    let scsi: Vec<(&str, &str)> = aliases.iter().map(|alias| (alias.as_str(), "/dev/sg0")).collect();
    act(&Surroundings {
        short_name: &short,
        guest_folder: Path::new(&folder),
        channel_folder: Path::new("/var/run/libvirt/qemu/channel"),
        settings: &settings,
        secrets: &SameSecret,
        now: 1_285_337_640,
        environment: &environment,
        smbios: None,
        cdroms: &["/dev/cdrom"],
        scsi_devices: &scsi,
        tpm_socket: Some(Path::new("/dev/test")),
        time_zone: 0,
    })
}
