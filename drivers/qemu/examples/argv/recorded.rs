//! The made-up host of the fixtures.

use ferrovirt_conf::cpu::{Arch, CpuMode};
use ferrovirt_conf::domain::{
    Connection, Domain, Graphics, InterfaceDriverName, ParseFlags, SecretReference,
};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::Result;
use ferrovirt_driver_qemu::capabilities::Capabilities;
use ferrovirt_driver_qemu::command::{
    CommandLine, Context, Descriptors, Passed, Sealed, SecretUse, Secrets, Settings, Surroundings,
    TlsSettings, arguments, prepare,
};
use ferrovirt_driver_qemu::cpu::{self, Native, StartKind};
use ferrovirt_driver_qemu::{addresses, aliases};
use ferrovirt_host::huge_page_mounts::HugePageMount;
use std::path::{Path, PathBuf};

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
struct Numbers<'a>(&'a Domain);

impl<'a> Numbers<'a> {
    fn is_ethernet(&self, interface: usize) -> bool {
        matches!(self.0.devices.interfaces[interface].connection, Connection::Ethernet(_))
    }

    fn of(model: &'a Domain) -> Self {
        Self(model)
    }
}

impl Descriptors for Numbers<'_> {
    fn pass(&mut self, what: Passed) -> Result<String> {
        let number = match what {
            Passed::Monitor | Passed::Socket { .. } => 1729,
            Passed::File { alias } if alias.starts_with("tpm") => 1730,
            Passed::Device { alias } if alias.starts_with("tpm") => 1731,
            Passed::Device { alias } if alias.starts_with("video") => 1729,
            Passed::NetworkBackend { .. } => 1732,
            Passed::File { .. } => 1750,
            Passed::Log { .. } => 1751,
            Passed::Image { .. } => 201,
            Passed::Vsock => 6789,
            Passed::Device { .. } => 3,
            Passed::Tap { interface, .. } if self.is_ethernet(interface) => 3,
            Passed::Tap { queue, .. } => 102 + queue as i32,
            Passed::Vhost { queue, .. } => 44 + queue as i32,
        };
        Ok(number.to_string())
    }

    fn queues(&self, interface: usize) -> (usize, usize) {
        let interface = &self.0.devices.interfaces[interface];
        let driver = interface.driver.as_ref();
        let queues = driver.map_or(1, |driver| driver.queues.max(1)) as usize;
        let qemu = driver.is_some_and(|driver| driver.name == Some(InterfaceDriverName::Qemu));
        let vhost = interface.is_virtio() && !qemu;
        (queues, if vhost { queues } else { 0 })
    }
}

/// What the tests change before a start.
fn as_in_the_tests(model: &mut Domain) {
    if let Some(vsock) = &mut model.devices.vsock {
        vsock.guest_cid = vsock.guest_cid.or(std::num::NonZeroU32::new(42));
    }
    for listen in model.devices.graphics.iter_mut().filter_map(Graphics::listens_mut).flatten() {
        if listen.network.is_some() {
            listen.address = Some("192.168.122.1".to_owned());
        }
    }
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
        if let Graphics::Spice(spice) = graphics
            && spice.gl.is_some_and(|gl| gl.is_set())
        {
            spice.render_node.get_or_insert_with(render_node);
        }
    }
}

/// What the tests restore or migrate from.
fn incoming(name: &str) -> Option<&'static str> {
    match name.split('.').next()? {
        "migrate" => Some("tcp:10.0.0.1:5000"),
        "migrate-numa-unaligned" => Some("fd:7"),
        "restore-v2" => Some("exec:cat"),
        _ => None,
    }
}

fn render_node() -> String {
    "/dev/dri/foo".to_owned()
}

fn with_surroundings<T>(name: &str, model: &Domain, act: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let page = |path: &str, page_size, default| HugePageMount { path: path.into(), page_size, default };
    let tls = |folder: &str| Some(TlsSettings { folder: folder.into(), verify: true, secret: None });
    let mut settings = Settings {
        huge_pages: vec![page("/dev/hugepages2M", 2048, true), page("/dev/hugepages1G", 1_048_576, false)],
        passt_folder: "/var/run/libvirt/qemu/passt".into(),
        dbus_folder: "/var/run/libvirt/qemu/dbus".into(),
        ..Settings::default()
    };
    settings.spice.password = true;
    let secret = Some(uuid::Uuid::nil());
    if name.starts_with("serial-tcp-tlsx509-secret-chardev") {
        settings.chardev_tls_by_default = true;
        settings.chardev_tls.secret = secret;
    }
    settings.spice.tls = tls("/etc/pki/libvirt-spice");
    if name.starts_with("graphics-vnc-sasl") || name.starts_with("graphics-vnc-tls") {
        settings.vnc.sasl = true;
        settings.vnc.sasl_folder = Some("/etc/sasl2".into());
    }
    if name.starts_with("graphics-vnc-tls") {
        settings.vnc.tls = tls("/etc/pki/libvirt-vnc");
        if let Some(tls) = settings.vnc.tls.as_mut().filter(|_| name.contains("secret")) {
            tls.secret = secret;
        }
    }
    settings.vnc.on_socket = name.contains("auto-socket-cfg");
    settings.spice.on_socket = settings.vnc.on_socket;
    if name.starts_with("graphics-spice-sasl") {
        settings.spice.sasl = true;
        settings.spice.sasl_folder = Some("/etc/sasl2".into());
    }
    let short = format!("-1-{}", model.name.chars().take(20).collect::<String>());
    let folder = format!("/var/lib/libvirt/qemu/domain-{short}");
    let environment =
        [("PATH", "/bin"), ("USER", "test"), ("LOGNAME", "test"), ("PIPEWIRE_RUNTIME_DIR", "/run/user/1000")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let aliases: Vec<String> =
        model.devices.hostdevs.iter().filter_map(|device| device.info.alias.clone()).collect();
    let scsi: Vec<(&str, &str)> = aliases.iter().map(|alias| (alias.as_str(), "/dev/sg0")).collect();
    let nodes: CpuSet = (0..4).collect();
    act(&Surroundings {
        short_name: &short,
        guest_folder: Path::new(&folder),
        channel_folder: Path::new("/var/run/libvirt/qemu/channel"),
        settings: &settings,
        secrets: &SameSecret,
        now: 1_234_567_890,
        incoming: incoming(name),
        nodes: None,
        auto_nodes: Some(&nodes),
        environment: &environment,
        smbios: None,
        cdroms: &["/dev/cdrom"],
        scsi_devices: &scsi,
        tpm_socket: Some(Path::new("/dev/test")),
        time_zone: 0,
    })
}

/// What the fixtures that are compared have in their names.
pub const SUFFIX: &str = ".x86_64-latest";

/// The names of all fixtures that have a command line.
pub fn names(fixtures: &Path) -> Vec<String> {
    let folder = std::fs::read_dir(fixtures.join("qemuxmlconfdata")).expect("fixtures");
    let files = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.strip_suffix(&format!("{SUFFIX}.args"))?.to_owned())).collect();
    names.sort();
    names
}

pub fn with(base: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", base.display()))
}

/// The command line of a definition in which all defaults are filled in.
pub fn build(path: &Path, capabilities: &Capabilities) -> Result<CommandLine> {
    let text = std::fs::read_to_string(path).expect("a fixture");
    let mut model = Domain::parse(&text, ParseFlags { inactive: true, ..ParseFlags::default() })?;
    addresses::assign(&mut model, capabilities, true)?;
    aliases::assign(&mut model);
    let native = Native { arch: Some(Arch::X86_64), ..Native::default() };
    // What is said with a model the tests' own host, which is none of the recorded ones, would have to be asked for.
    if model.cpu.as_ref().is_some_and(|cpu| cpu.mode() == CpuMode::HostModel) {
        cpu::concrete(&mut model, capabilities, &native, StartKind::New)?;
    }
    as_in_the_tests(&mut model);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    with_surroundings(name, &model.clone(), |host| {
        prepare(&mut model, host);
        let context = Context { model: &model, capabilities, host };
        arguments(context, &mut Numbers::of(&model))
    })
}
