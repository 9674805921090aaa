//! The programs of the package swtpm: one makes the state of a new TPM, one is the TPM.

use super::State;
use ferrovirt_conf::domain::{TpmEmulator, TpmProfile, TpmProfileCheck, TpmVersion};
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_host::process::{Command, Process, Stdio};
use rustix::pipe::{PipeFlags, pipe_with};
use serde::Deserialize;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

const SETUP: &str = "swtpm_setup";
const EMULATOR: &str = "swtpm";

/// How secrets encrypt states.
const CIPHER: &str = "aes-256-cbc";

/// How long making a state may take: it may make a certificate authority, too.
const PATIENCE: Duration = Duration::from_secs(120);

/// The value of the secret that encrypts the state.
pub fn secret(secrets: &dyn SecretDriver, wanted: &TpmEmulator) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(uuid) = wanted.secret else { return Ok(None) };
    let found = secrets.secret_lookup_by_uuid(uuid)?;
    secrets.secret_get_value(&found, 0).map(|value| Some(Zeroizing::new(value)))
}

/// What the programs are told about a guest's TPM.
pub struct Program<'a> {
    pub wanted: &'a TpmEmulator,
    pub state: State,
    /// The guest, as certificates name it.
    pub guest: String,
    pub log: PathBuf,
    /// Whom the programs run as; none: as we do.
    pub user: Option<(u32, u32)>,
    pub secret: Option<Zeroizing<Vec<u8>>>,
}

/// What a program says of itself.
#[derive(Deserialize)]
struct Abilities {
    features: Vec<String>,
}

impl Program<'_> {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if let Some((user, group)) = self.user {
            command.identity(user, group, &[group]);
        }
        command
    }

    fn is_2(&self) -> bool {
        self.wanted.version != Some(TpmVersion::V1_2)
    }

    /// Makes the state of a new TPM.
    pub fn set_up(&self) -> Result<()> {
        let mut command = self.setup()?;
        command.args(["--vmid", &self.guest]);
        for what in
            ["--createek", "--create-ek-cert", "--create-platform-cert", "--lock-nvram", "--not-overwrite"]
        {
            command.arg(what);
        }
        if let Some(profile) = self.wanted.profile.as_ref().filter(|profile| profile.source.is_some()) {
            self.add_profile(&mut command, profile)?;
        }
        self.run(command)
    }

    /// Switches on the banks of registers that are wanted, and no others.
    pub fn set_banks(&self) -> Result<()> {
        self.require("cmdarg-reconfigure-pcr-banks", "can't switch banks of registers on and off")?;
        let banks: Vec<_> = self.wanted.active_pcr_banks.iter().map(|bank| bank.to_string()).collect();
        let mut command = self.setup()?;
        command.args(["--pcr-banks", &banks.join(","), "--reconfigure"]);
        self.run(command)
    }

    fn setup(&self) -> Result<Command> {
        let mut command = self.command(SETUP);
        if self.is_2() {
            command.arg("--tpm2");
        }
        if self.secret.is_some() {
            let number = self.pass_secret(&mut command)?;
            command.args(["--pwdfile-fd", &number, "--cipher", CIPHER]);
        }
        let state = match &self.state {
            State::Own(path) | State::Folder(path) => path.display().to_string(),
            State::File(path) => format!("file://{}", path.display()),
        };
        command.args(["--tpm-state", &state, "--logfile"]).arg(&self.log);
        Ok(command)
    }

    fn add_profile(&self, command: &mut Command, profile: &TpmProfile) -> Result<()> {
        self.require("cmdarg-profile", "has no support for profiles")?;
        command.args(["--profile-name", profile.source.as_deref().unwrap_or_default()]);
        if let Some(check) = profile.remove_disabled {
            let how = match check {
                TpmProfileCheck::Check => "check",
                TpmProfileCheck::FipsHost => "fips-host",
            };
            command.args(["--profile-remove-disabled", how]);
        }
        Ok(())
    }

    /// Refuses what the installed program is too old for.
    fn require(&self, feature: &str, otherwise: &str) -> Result<()> {
        let mut command = Command::new(SETUP);
        command.args(["--print-capabilities"]).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = command.output(PATIENCE)?;
        let known = serde_json::from_slice::<Abilities>(&output.stdout);
        if known.is_ok_and(|known| known.features.iter().any(|known| known == feature)) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::ArgumentUnsupported, format!("the installed '{SETUP}' {otherwise}")))
    }

    fn run(&self, mut command: Command) -> Result<()> {
        let output = command.output(PATIENCE)?;
        if output.status.success() {
            return Ok(());
        }
        let text = format!(
            "'{SETUP}' can't make the state of the TPM: {} (see its log '{}')",
            output.complaint(),
            self.log.display()
        );
        Err(Error::internal(text))
    }

    /// Starts the TPM itself, which takes connections from `listener`.
    pub fn spawn(&self, listener: UnixListener) -> Result<Process> {
        let mut command = self.command(EMULATOR);
        let control = command.pass_fd(listener.into())?;
        let state = match &self.state {
            State::Own(path) | State::Folder(path) => format!("dir={},mode=0600", path.display()),
            State::File(path) => format!("backend-uri=file://{}", path.display()),
        };
        let level =
            if self.wanted.debug > 0 { format!(",level={}", self.wanted.debug) } else { String::new() };
        command
            .args(["socket", "--ctrl", &format!("type=unixio,fd={control}"), "--tpmstate", &state])
            .args(["--log", &format!("file={}{level}", self.log.display()), "--terminate"]);
        if self.is_2() {
            command.arg("--tpm2");
        }
        if self.secret.is_some() {
            for key in ["--key", "--migration-key"] {
                let number = self.pass_secret(&mut command)?;
                command.args([key, &format!("pwdfd={number},mode={CIPHER}")]);
            }
        }
        command.stdin(Stdio::Null).new_session();
        command.spawn()
    }

    /// Hands the secret over by a pipe; the number that the program knows it by comes back.
    fn pass_secret(&self, command: &mut Command) -> Result<String> {
        let describe = |err| Error::system(err, "cannot hand a secret to the TPM's emulator");
        let (reader, writer): (OwnedFd, OwnedFd) =
            pipe_with(PipeFlags::CLOEXEC).map_err(|err| describe(err.into()))?;
        // Nobody reads yet, so that what does not fit must not be waited for.
        rustix::io::ioctl_fionbio(&writer, true).map_err(|err| describe(err.into()))?;
        let value = self.secret.as_ref().map_or(&[][..], |secret| secret.as_slice());
        File::from(writer).write_all(value).map_err(describe)?;
        Ok(command.pass_fd(reader)?.to_string())
    }
}
