//! Starting a guest: every resource is taken behind a guard, so that a start that fails leaves nothing.

use crate::capabilities::Capabilities;
use crate::cpu::{self, StartKind};
use crate::driver::Shared;
use crate::live::{Live, Parts, StopCause};
use crate::network::{self, Plugs};
use crate::qmp::{Client, Cont, EventStream, Options, QueryChardev, QueryCpusFast, SetLink};
use crate::vm::{Definition, Vm};
use crate::{displays, launch, model, status, tpm, tune, volumes, watch};
use ferrovirt_conf::domain::{Domain, LinkState};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainEvent, DomainEventKind, Error, ErrorCode, ErrorDomain, Event, Result, abi};
use ferrovirt_host::process::{Command, PidFile, Process, Stdio};
use rustix::process::Signal;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long QEMU may take until its monitor answers: a host under load, with much memory to prepare.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a guest's memory comes from.
#[derive(Clone, Copy)]
pub enum Origin<'a> {
    /// From nowhere: it boots.
    Boot,
    /// From a file; QEMU waits for it.
    Saved(Load<'a>),
    /// From a snapshot in the guest's images.
    Snapshot(Load<'a>),
}

/// Brings a guest that does not run yet to where it was.
pub type Load<'a> = &'a dyn Fn(&Arc<Live>) -> Result<()>;

impl<'a> Origin<'a> {
    fn load(self) -> Option<Load<'a>> {
        match self {
            Self::Boot => None,
            Self::Saved(load) | Self::Snapshot(load) => Some(load),
        }
    }

    fn is_incoming(self) -> bool {
        matches!(self, Self::Saved(_))
    }

    /// `virDomainRunningReason`, and the details of the events.
    fn reasons(self) -> Reasons {
        match self {
            Self::Boot => Reasons {
                running: abi::VIR_DOMAIN_RUNNING_BOOTED,
                paused: abi::VIR_DOMAIN_PAUSED_USER,
                started: abi::VIR_DOMAIN_EVENT_STARTED_BOOTED,
                suspended: abi::VIR_DOMAIN_EVENT_SUSPENDED_PAUSED,
                resumed: abi::VIR_DOMAIN_EVENT_RESUMED_UNPAUSED,
            },
            Self::Saved(_) => Reasons {
                running: abi::VIR_DOMAIN_RUNNING_RESTORED,
                // It comes as from another host.
                paused: abi::VIR_DOMAIN_PAUSED_MIGRATION,
                started: abi::VIR_DOMAIN_EVENT_STARTED_RESTORED,
                suspended: abi::VIR_DOMAIN_EVENT_SUSPENDED_RESTORED,
                resumed: abi::VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT,
            },
            Self::Snapshot(_) => Reasons {
                running: abi::VIR_DOMAIN_RUNNING_FROM_SNAPSHOT,
                paused: abi::VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
                started: abi::VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT,
                suspended: abi::VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT,
                resumed: abi::VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT,
            },
        }
    }
}

struct Reasons {
    running: u32,
    paused: u32,
    started: u32,
    suspended: u32,
    resumed: u32,
}

/// Starts `vm` from `definition`; its id comes back. The caller holds the guest's job.
pub fn start(shared: &Arc<Shared>, vm: &Arc<Vm>, definition: &Definition, paused: bool) -> Result<i32> {
    start_from(shared, vm, definition, paused, Origin::Boot)
}

/// The same for a guest that may have run before.
pub fn start_from(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    definition: &Definition,
    paused: bool,
    origin: Origin<'_>,
) -> Result<i32> {
    start_up(shared, vm, definition, paused, origin).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

fn start_up(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    definition: &Definition,
    paused: bool,
    origin: Origin<'_>,
) -> Result<i32> {
    let id = shared.take_id();
    let attempt = Attempt::begin(shared, vm, id, definition.model.clone(), origin.is_incoming())?;
    let name = vm.name();
    let process = attempt.process.clone().expect("an attempt that has begun has a process");
    let monitor_path = shared.paths.monitor(id, &name);
    let unplugged = unplugged(&attempt.model);
    // What is limited runs only when the limits are in force, what has run before only when it is all there.
    let plugged = tune::vcpus::plugged(&attempt.model);
    let held = tune::has_limits(&attempt.model) || origin.load().is_some() || !plugged.is_empty();
    let ready =
        shared.reactor.call(async move { Ok(connect(&monitor_path, paused || held, unplugged).await) })?;
    let ready = ready.map_err(|err| attempt.explain(err))?;
    let (log, log_start) = (attempt.log.clone(), attempt.log_start);
    let (live, events) = attempt.succeed(ready);
    if held && let Err(err) = release(shared, vm, &live, &plugged, paused, origin) {
        // Nobody follows the guest yet, so its end is brought about and waited for here.
        live.ending(StopCause::Failed);
        live.process.kill(Signal::KILL)?;
        live.process.wait()?;
        crate::stop::give_back(shared, &name, id, &live.plugs, &live.definition().model, live.tpm.as_ref());
        let said = read_from(&log, log_start);
        return Err(match said.trim() {
            "" => err,
            said => err.context(format!("QEMU says: {said}")),
        });
    }
    announce(shared, vm, &live, paused, &origin.reasons());
    let handle = shared.reactor.handle()?;
    // Before anybody follows the guest and sees its end: with that, the file goes again.
    let noted = PidFile::write(&shared.paths.pid_file(&name), process.pid());
    handle.spawn(watch::follow(shared.clone(), vm.clone(), live, events));
    if let Err(err) = noted.and_then(|()| status::save(shared, vm)) {
        // Without its status the guest would be lost with this process: better not to run it.
        tracing::warn!(domain = %name, %err, "the guest's status can't be kept; it is stopped again");
        crate::stop::destroy(vm, &*vm.live()?, false)?;
        return Err(err);
    }
    Ok(id)
}

/// Plugs in what is plugged, puts the limits of the description in force, brings the guest to where it was, and lets it
/// run.
fn release(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    live: &Arc<Live>,
    plugged: &[u32],
    paused: bool,
    origin: Origin<'_>,
) -> Result<()> {
    let guest = tune::Guest { shared, vm, live };
    guest.plug_vcpus(plugged)?;
    guest.apply_limits()?;
    if let Some(load) = origin.load() {
        load(live)?;
    }
    match paused {
        true => Ok(()),
        false => live.ask(&shared.reactor, Cont {}).map(drop),
    }
}

/// The cards whose cable is not plugged in, by their names in QEMU.
fn unplugged(model: &Domain) -> Vec<String> {
    let down = model.devices.interfaces.iter().filter(|card| card.link_state == Some(LinkState::Down));
    down.filter_map(|card| card.info.alias.clone()).collect()
}

/// What a monitor that answers has told.
struct Ready {
    monitor: Client,
    events: EventStream,
    vcpu_threads: Vec<(u32, u32)>,
    /// Alias and path of each pseudo terminal.
    terminals: Vec<(String, String)>,
}

/// Waits for QEMU and asks what has to be known; all questions are under way at once.
async fn connect(path: &Path, paused: bool, unplugged: Vec<String>) -> Result<Ready> {
    let options = Options { deadline: PATIENCE, ..Options::default() };
    let (monitor, events) = Client::connect(path, options).await?;
    let cpus = monitor.submit(&QueryCpusFast {});
    let chardevs = monitor.submit(&QueryChardev {});
    let links: Vec<_> =
        unplugged.into_iter().map(|name| monitor.submit(&SetLink { name, up: false })).collect();
    let cont = (!paused).then(|| monitor.submit(&Cont {}));
    let vcpu_threads = cpus.await?.iter().map(|cpu| (cpu.cpu_index as u32, cpu.thread_id as u32)).collect();
    let terminals = chardevs.await?.into_iter().filter_map(|chardev| {
        let path = chardev.filename.strip_prefix("pty:")?.to_owned();
        Some((chardev.label, path))
    });
    let terminals = terminals.collect();
    for link in links {
        link.await?;
    }
    if let Some(cont) = cont {
        cont.await?;
    }
    Ok(Ready { monitor: monitor.with_deadline(Options::default().deadline), events, vcpu_threads, terminals })
}

/// A start under way. Dropped before it has succeeded, it takes back all that was done.
struct Attempt<'a> {
    shared: &'a Arc<Shared>,
    vm: &'a Arc<Vm>,
    id: i32,
    model: Domain,
    plugs: Plugs,
    tpm: Option<tpm::Started<'a>>,
    process: Option<Arc<Process>>,
    log: PathBuf,
    /// Where this start's part of the log begins.
    log_start: u64,
    done: bool,
}

impl<'a> Attempt<'a> {
    /// Takes what the guest needs, and starts its process.
    fn begin(
        shared: &'a Arc<Shared>,
        vm: &'a Arc<Vm>,
        id: i32,
        mut description: Domain,
        incoming: bool,
    ) -> Result<Self> {
        description.id = u32::try_from(id).ok();
        let log = shared.paths.log(&vm.name());
        if let Some((what, path)) = model::missing_file(&description) {
            let cause = std::io::Error::from_raw_os_error(2);
            return Err(Error::system(cause, format!("cannot access the {what} '{path}'")));
        }
        let mut attempt = Self {
            shared,
            vm,
            id,
            model: description,
            plugs: Plugs::default(),
            tpm: None,
            process: None,
            log,
            log_start: 0,
            done: false,
        };
        let kind = if incoming { StartKind::Continued } else { StartKind::New };
        attempt.make_folders()?;
        let capabilities = attempt.capabilities()?;
        launch::complete(shared.site(), &capabilities, &mut attempt.model, incoming)?;
        cpu::concrete(&mut attempt.model, &capabilities, &*shared.host.cpu()?, kind)?;
        displays::assign_ports(shared, &mut attempt.model)?;
        let taps = network::plug_in(shared, &mut attempt.model, &attempt.plugs)?;
        attempt.tpm = Some(tpm::start(shared, &attempt.model, id, incoming)?);
        attempt.spawn(&capabilities, taps, incoming)?;
        Ok(attempt)
    }

    fn make_folders(&self) -> Result<()> {
        let (paths, name) = (&self.shared.paths, self.vm.name());
        for folder in [paths.guest(self.id, &name), paths.channels(self.id, &name)] {
            fs::create_dir_all(&folder).map_err(|err| {
                Error::system(err, format!("cannot make the guest's folder '{}'", folder.display()))
            })?;
        }
        Ok(())
    }

    /// What the guest's emulator can do.
    fn capabilities(&self) -> Result<Arc<Capabilities>> {
        self.shared.capabilities(self.model.devices.emulator.as_deref().unwrap_or_default())
    }

    fn spawn(&mut self, capabilities: &Capabilities, taps: network::Taps, incoming: bool) -> Result<()> {
        let name = self.vm.name();
        let emulator = self.model.devices.emulator.clone().unwrap_or_default();
        let mut command = Command::new(&emulator);
        let model = volumes::resolved(&*self.shared.storage, &self.model)?;
        launch::prepare(self.shared.site(), &model, capabilities, taps, incoming, &mut command)?;
        let ([out, err], log_start) = self.open_log()?;
        self.log_start = log_start;
        command.stdin(Stdio::Null).stdout(out).stderr(err).new_session();
        let started = command.spawn()?;
        tracing::info!(domain = %name, id = self.id, pid = started.pid(), "guest process started");
        self.process = Some(Arc::new(started));
        Ok(())
    }

    /// The guest's log, twice: for what QEMU prints and for what it complains of; and where this start's part begins.
    fn open_log(&self) -> Result<([Stdio; 2], u64)> {
        let start = fs::metadata(&self.log).map_or(0, |meta| meta.len());
        if let Some(folder) = self.log.parent() {
            fs::create_dir_all(folder).map_err(|err| {
                Error::system(err, format!("cannot make the log folder '{}'", folder.display()))
            })?;
        }
        Ok(([Stdio::append(&self.log)?, Stdio::append(&self.log)?], start))
    }

    /// A start that failed in QEMU is told in QEMU's own words.
    fn explain(&self, err: Error) -> Error {
        let said = read_from(&self.log, self.log_start);
        let said = said.trim();
        if said.is_empty() {
            return err.context(format!("the emulator of domain '{}' did not come up", self.vm.name()));
        }
        Error::new(
            ErrorCode::Internal,
            format!("process exited while connecting to monitor: {said} (full log: {})", self.log.display()),
        )
        .caused_by(err)
    }

    /// The guest is up: from here on it ends by its own end.
    fn succeed(mut self, ready: Ready) -> (Arc<Live>, EventStream) {
        self.done = true;
        displays::note_terminals(&mut self.model, &ready.terminals);
        let parts = Parts {
            id: self.id,
            process: self.process.clone().expect("an attempt that succeeds has a process"),
            monitor: ready.monitor,
            definition: Definition::new(std::mem::take(&mut self.model)),
            vcpu_threads: ready.vcpu_threads,
            plugs: std::mem::take(&mut self.plugs),
            tpm: self.tpm.take().and_then(tpm::Started::keep),
        };
        (Live::new(parts), ready.events)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Some(process) = &self.process {
            // Whatever fails here, there is nothing better left to do, and the first error is the one to tell.
            let _ = process.kill(Signal::KILL);
            let _ = process.wait();
        }
        self.plugs.release(self.shared);
        self.shared.graphics_ports.release(&self.model);
        let name = self.vm.name();
        for folder in [self.shared.paths.guest(self.id, &name), self.shared.paths.channels(self.id, &name)] {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Publishes the running guest, and says so.
fn announce(shared: &Shared, vm: &Arc<Vm>, live: &Arc<Live>, paused: bool, reasons: &Reasons) {
    let (state, reason) = match paused {
        true => (abi::VIR_DOMAIN_PAUSED, reasons.paused),
        false => (abi::VIR_DOMAIN_RUNNING, reasons.running),
    };
    vm.change(|view| {
        view.live = Some(live.clone());
        (view.state, view.reason) = (state as i32, reason as i32);
    });
    shared.domains.set_id(vm, live.id);
    let publish = |event: u32, detail: u32| {
        let kind = DomainEventKind::Lifecycle { event: event as i32, detail: detail as i32 };
        shared.events.publish(Event::Domain(DomainEvent { domain: vm.id(), kind }));
    };
    publish(abi::VIR_DOMAIN_EVENT_STARTED, reasons.started);
    if paused {
        publish(abi::VIR_DOMAIN_EVENT_SUSPENDED, reasons.suspended);
    } else {
        publish(abi::VIR_DOMAIN_EVENT_RESUMED, reasons.resumed);
    }
}

/// The text of a file from `start` on; empty where it can't be read.
fn read_from(path: &Path, start: u64) -> String {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.take(64 * 1024).read_to_end(&mut text)
    });
    read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}
