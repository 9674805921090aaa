//! Emulated TPMs: a `swtpm` process beside the guest, and the state that outlives it.

mod program;

use crate::driver::Shared;
use crate::layout::Paths;
use ferrovirt_conf::domain::{Domain, TpmBackend, TpmEmulator, TpmStateKind, TpmVersion};
use ferrovirt_core::{Error, Result, abi, persist};
use ferrovirt_host::process::{PidFile, Process};
use program::Program;
use rustix::process::Signal;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long an emulator may take to end that is told to.
const PATIENCE: Duration = Duration::from_secs(5);

/// The TPM of a guest that the driver has to emulate.
pub fn emulated(model: &Domain) -> Option<&TpmEmulator> {
    model.devices.tpms.iter().find_map(|tpm| match &tpm.backend {
        TpmBackend::Emulator(emulator) => Some(emulator),
        _ => None,
    })
}

/// An emulator that runs beside a guest.
pub struct Emulator {
    pub process: Process,
}

impl Emulator {
    /// Sees that the emulator has ended. It does so with its guest, but must have let go of its state.
    pub fn end(&self) {
        let ended = || self.process.wait_until(Some(Instant::now() + PATIENCE));
        let outcome = self.process.kill(Signal::TERM).and_then(|_| match ended()? {
            Some(_) => Ok(()),
            None => {
                self.process.kill(Signal::KILL)?;
                self.process.wait().map(drop)
            }
        });
        if let Err(err) = outcome {
            tracing::warn!(pid = self.process.pid(), %err, "the emulator of a TPM was left behind");
        }
    }
}

/// An emulator that was started for a guest that does not run yet. Dropped, it goes again, with the state that was made
/// for it.
pub struct Started<'a> {
    emulator: Option<Emulator>,
    made: Option<PathBuf>,
    shared: &'a Shared,
    id: i32,
    name: String,
}

impl Started<'_> {
    /// The guest runs, and has the emulator.
    pub fn keep(mut self) -> Option<Emulator> {
        self.made = None;
        self.emulator.take()
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if let Some(emulator) = self.emulator.take() {
            emulator.end();
            remove_files(&self.shared.paths, self.id, &self.name);
        }
        if let Some(made) = &self.made {
            remove(made);
        }
    }
}

/// Starts the emulator of a guest's TPM, if it has one. `incoming`: the guest brings the TPM's state with it.
pub fn start<'a>(shared: &'a Shared, model: &Domain, id: i32, incoming: bool) -> Result<Started<'a>> {
    let mut started = Started { emulator: None, made: None, shared, id, name: model.name.clone() };
    let Some(wanted) = emulated(model) else { return Ok(started) };
    let uuid = model.uuid.unwrap_or_default();
    let program = Program {
        wanted,
        state: State::of(&shared.paths, wanted, uuid),
        guest: format!("{}:{uuid}", model.name),
        log: shared.paths.tpm_log(&model.name),
        user: shared.settings.tpm_user,
        secret: program::secret(&*shared.secret, wanted)?,
    };
    make_folders(shared, &program)?;
    started.made = program.state.make(program.user)?;
    if started.made.is_some() && !incoming {
        program.set_up()?;
    }
    if !wanted.active_pcr_banks.is_empty() && !incoming {
        program.set_banks()?;
    }
    let socket = shared.paths.tpm_socket(id, &model.name);
    persist::remove(&socket)?;
    let describe = |err| Error::system(err, format!("cannot listen on the socket '{}'", socket.display()));
    // Listening already: QEMU can connect at once, and finds it closed where the emulator does not come up.
    let listener = UnixListener::bind(&socket).map_err(describe)?;
    let process = started.emulator.insert(Emulator { process: program.spawn(listener)? });
    PidFile::write(&shared.paths.tpm_pid_file(id, &model.name), process.process.pid())?;
    Ok(started)
}

/// The folders that all emulators share: their own user writes the logs, and ours makes the sockets.
fn make_folders(shared: &Shared, program: &Program<'_>) -> Result<()> {
    let logs = program.log.parent().unwrap_or(Path::new("/"));
    make_folder(logs, 0o730, program.user)?;
    make_folder(&shared.paths.tpm_sockets(), 0o770, None)
}

fn make_folder(path: &Path, mode: u32, owner: Option<(u32, u32)>) -> Result<()> {
    let describe = |err| Error::system(err, format!("cannot make the folder '{}'", path.display()));
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o711).create(parent).map_err(describe)?;
    }
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(describe)?;
    give(path, owner)
}

fn give(path: &Path, owner: Option<(u32, u32)>) -> Result<()> {
    let Some((user, group)) = owner else { return Ok(()) };
    chown(path, Some(user), Some(group))
        .map_err(|err| Error::system(err, format!("cannot give '{}' to user {user}", path.display())))
}

/// Where an emulator keeps what its TPM knows.
enum State {
    /// Below our own folders.
    Own(PathBuf),
    Folder(PathBuf),
    File(PathBuf),
}

impl State {
    fn of(paths: &Paths, wanted: &TpmEmulator, uuid: Uuid) -> Self {
        let named = wanted.state.as_ref().and_then(|state| Some((state.kind?, PathBuf::from(&state.path))));
        match named {
            Some((TpmStateKind::Dir, path)) => Self::Folder(path),
            Some((TpmStateKind::File, path)) => Self::File(path),
            None => {
                let version = if wanted.version == Some(TpmVersion::V1_2) { "tpm1.2" } else { "tpm2" };
                Self::Own(paths.tpm_state(uuid).join(version))
            }
        }
    }

    /// Makes it where it is missing; what has to go again should the start fail comes back.
    fn make(&self, owner: Option<(u32, u32)>) -> Result<Option<PathBuf>> {
        let (path, made) = match self {
            Self::Own(path) => (path, path.parent().unwrap_or(path)),
            Self::Folder(path) => (path, path.as_path()),
            Self::File(path) => return make_file(path, owner),
        };
        if path.is_dir() {
            return Ok(None);
        }
        make_folder(path, 0o700, owner).inspect_err(|_| remove(made))?;
        Ok(Some(made.to_owned()))
    }
}

fn make_file(path: &Path, owner: Option<(u32, u32)>) -> Result<Option<PathBuf>> {
    let describe = |err| Error::system(err, format!("cannot make '{}'", path.display()));
    match fs::OpenOptions::new().write(true).create_new(true).open(path) {
        Err(err) if err.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(err) => Err(describe(err)),
        Ok(_) => {
            give(path, owner).inspect_err(|_| remove(path))?;
            Ok(Some(path.to_owned()))
        }
    }
}

fn remove(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(err) = removed
        && err.kind() != ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %err, "the state of a TPM was left behind");
    }
}

/// Removes what stands for the emulator of a guest that has ended.
pub fn remove_files(paths: &Paths, id: i32, name: &str) {
    for file in [paths.tpm_socket(id, name), paths.tpm_pid_file(id, name)] {
        if let Err(err) = persist::remove(&file) {
            tracing::warn!(path = %file.display(), %err, "a file of a TPM's emulator was left behind");
        }
    }
}

/// What becomes of the state of a guest that is undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its definition decides.
    AsDefined,
    Kept,
    Removed,
}

impl Fate {
    /// As the flags of undefining say.
    pub fn of(flags: u32) -> Result<Self> {
        match flags & (abi::VIR_DOMAIN_UNDEFINE_TPM | abi::VIR_DOMAIN_UNDEFINE_KEEP_TPM) {
            0 => Ok(Self::AsDefined),
            abi::VIR_DOMAIN_UNDEFINE_TPM => Ok(Self::Removed),
            abi::VIR_DOMAIN_UNDEFINE_KEEP_TPM => Ok(Self::Kept),
            _ => Err(Error::operation_invalid("the state of a TPM is either kept or removed: give one flag")),
        }
    }
}

/// Removes the state of a guest that is no longer known, if that is its fate. What is in a place of the user's own stays
/// in any case.
pub fn forget(paths: &Paths, model: &Domain, fate: Fate) {
    let Some(emulator) = emulated(model).filter(|emulator| emulator.state.is_none()) else { return };
    if fate == Fate::Removed || fate == Fate::AsDefined && !emulator.persistent_state {
        remove(&paths.tpm_state(model.uuid.unwrap_or_default()));
    }
}
