//! What is opened and made for a guest before its process is: sockets, files, the key of its secrets.

use crate::capabilities::Capabilities;
use crate::command::{self, CommandLine, Context, Descriptors, Launch, Part, Passed, Plugged, Surroundings};
use crate::layout::{Site, short_name};
use crate::network::Taps;
use crate::secrets::{self, Keyring};
use crate::{addresses, aliases, firmware, host_needs};
use ferrovirt_conf::domain::{ChardevKind, ChardevSource, DeviceInfo, Domain, SocketMode};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::persist;
use ferrovirt_core::{Error, Result};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::process::Command;
use ferrovirt_xml::OnOff;
use rustix::fs::{Mode, OFlags};
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Puts the guest's command line, and all that it has open, into `command`.
pub fn prepare(
    site: Site<'_>,
    model: &Domain,
    capabilities: &Capabilities,
    taps: Taps,
    incoming: bool,
    command: &mut Command,
) -> Result<()> {
    let id = running_id(model);
    let folder = site.paths.guest(id, &model.name);
    secrets::write_key(&folder)?;
    firmware::make_variables(model)?;
    let mut files = open_files(model)?;
    files.insert(Passed::Monitor, listen(&site.paths.monitor(id, &model.name))?);
    for (interface, queues) in taps.into_iter().enumerate() {
        files
            .extend(queues.into_iter().enumerate().map(|(queue, fd)| (Passed::Tap { interface, queue }, fd)));
    }
    // Nobody advises: all nodes are as good.
    let found = Found::of(model)?;
    let found = Found { auto_nodes: found.nodes.clone(), incoming, ..found };
    with_surroundings(site, &model.name, id, &found, |surroundings| {
        command::build(Launch { model, capabilities, surroundings, files }, command)
    })
}

/// Decides what the definition leaves to the start: addresses on USB, names of devices, sockets, addresses of displays,
/// names of images.
///
/// `incoming`: the guest has run before, and comes back as it was.
pub fn complete(
    site: Site<'_>,
    capabilities: &Capabilities,
    model: &mut Domain,
    incoming: bool,
) -> Result<()> {
    addresses::assign(model, capabilities, true)?;
    aliases::assign(model);
    if let Some(driver) = site.secrets {
        secrets::look_up(driver, model)?;
    }
    host_needs::choose(model)?;
    let (id, name) = (running_id(model), model.name.clone());
    with_surroundings(site, &name, id, &Found { incoming, ..Found::default() }, |host| {
        command::prepare(model, host)
    });
    host_needs::check(model)
}

/// The id that the guest runs under, or is about to.
fn running_id(model: &Domain) -> i32 {
    model.id.and_then(|id| i32::try_from(id).ok()).unwrap_or(-1)
}

/// What a device of a running guest consists of; descriptors are named by `descriptors`.
pub fn parts(
    site: Site<'_>,
    model: &Domain,
    capabilities: &Capabilities,
    which: Plugged,
    descriptors: &mut dyn Descriptors,
) -> Result<Vec<Part>> {
    with_surroundings(site, &model.name, running_id(model), &Found::default(), |host| {
        command::parts(Context { model, capabilities, host }, which, descriptors)
    })
}

/// The command line as text, for a guest that is not started.
pub fn preview(
    site: Site<'_>,
    model: &Domain,
    capabilities: &Capabilities,
    descriptors: &mut dyn Descriptors,
) -> Result<CommandLine> {
    with_surroundings(site, &model.name, -1, &Found::of(model)?, |host| {
        command::arguments(Context { model, capabilities, host }, descriptors)
    })
}

/// What was looked up on the host for a guest.
#[derive(Default)]
struct Found {
    nodes: Option<CpuSet>,
    auto_nodes: Option<CpuSet>,
    scsi_devices: Vec<(String, String)>,
    /// The guest comes back from where it was saved.
    incoming: bool,
}

impl Found {
    fn of(model: &Domain) -> Result<Self> {
        let scsi_devices = host_needs::scsi_devices(model)?;
        Ok(Self { nodes: Some(host_nodes()?), scsi_devices, ..Self::default() })
    }
}

/// The host's NUMA nodes; hosts that know none have the first.
fn host_nodes() -> Result<CpuSet> {
    let online = KernelFiles::host().find_set("sys/devices/system/node/online")?;
    Ok(online.unwrap_or_else(|| std::iter::once(0).collect()))
}

fn with_surroundings<T>(
    site: Site<'_>,
    name: &str,
    id: i32,
    found: &Found,
    work: impl FnOnce(&Surroundings<'_>) -> T,
) -> T {
    let scsi_devices = found.scsi_devices.iter().map(|(alias, path)| (alias.as_str(), path.as_str()));
    let scsi_devices: Vec<_> = scsi_devices.collect();
    let Site { paths, settings, secrets } = site;
    let tpm_socket = paths.tpm_socket(id, name);
    let folder = paths.guest(id, name);
    // What is not text can't be of use to QEMU; which of them it gets, the command line's builder decides.
    let environment: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    work(&Surroundings {
        short_name: &format!("{id}-{}", short_name(name)),
        guest_folder: &folder,
        channel_folder: &paths.channels(id, name),
        settings,
        // A guest that is not started has no key of its own.
        secrets: &Keyring::new(secrets, (id >= 0).then_some(folder.as_path())),
        now: i64::try_from(now).unwrap_or(i64::MAX),
        environment: &environment,
        smbios: None,
        cdroms: &[],
        scsi_devices: &scsi_devices,
        // A guest that is not started has no emulator, either.
        tpm_socket: (id >= 0).then_some(tpm_socket.as_path()),
        nodes: found.nodes.as_ref(),
        auto_nodes: found.auto_nodes.as_ref(),
        // QEMU waits to be told where the state comes from.
        incoming: found.incoming.then_some("defer"),
        time_zone: 0,
    })
}

/// The files and sockets of character devices, by what they are for.
fn open_files(model: &Domain) -> Result<HashMap<Passed, OwnedFd>> {
    let mut files = HashMap::new();
    for (info, source) in host_ends(model) {
        let Some(alias) = info.alias.clone() else { continue };
        if let Some(log) = &source.log
            && let Some(path) = &log.file
        {
            files.insert(
                Passed::Log { alias: alias.clone() },
                open_file(path, log.append == Some(OnOff::On))?,
            );
        }
        match &source.kind {
            ChardevKind::File { source } => {
                let path = source.path.as_deref().unwrap_or_default();
                files.insert(Passed::File { alias }, open_file(path, source.append == Some(OnOff::On))?);
            }
            ChardevKind::Unix { source } if source.mode == SocketMode::Bind => {
                let path = source.path.as_deref().unwrap_or_default();
                files.insert(Passed::Socket { alias }, listen(Path::new(path))?);
            }
            _ => {}
        }
    }
    Ok(files)
}

/// Every character device that is a device of its own; a console that only repeats a serial port has the same alias.
fn host_ends(model: &Domain) -> impl Iterator<Item = (&DeviceInfo, &ChardevSource)> {
    let devices = &model.devices;
    let serials = devices.serials.iter().map(|device| (&device.info, &device.source));
    let parallels = devices.parallels.iter().map(|device| (&device.info, &device.source));
    let channels = devices.channels.iter().map(|device| (&device.info, &device.source));
    let repeats = |info: &DeviceInfo| devices.serials.iter().any(|serial| serial.info.alias == info.alias);
    let consoles = devices.consoles.iter().map(|device| (&device.info, &device.source));
    serials.chain(parallels).chain(channels).chain(consoles.filter(move |(info, _)| !repeats(info)))
}

fn open_file(path: &str, append: bool) -> Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::APPEND;
    let flags = if append { flags } else { flags | OFlags::TRUNC };
    rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))
        .map_err(|err| Error::system(err, format!("cannot open '{path}' for the guest's output")))
}

/// A listening socket; a stale one in its place is removed.
fn listen(path: &Path) -> Result<OwnedFd> {
    let describe = |err| Error::system(err, format!("cannot listen on the socket '{}'", path.display()));
    persist::remove(path)?;
    Ok(UnixListener::bind(path).map_err(describe)?.into())
}
