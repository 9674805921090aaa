//! Consoles, channels, screenshots, keys.

use crate::driver::QemuDriver;
use crate::live::Live;
use crate::model;
use crate::qmp::{AddClient, Closefd, Getfd, Screendump, SendKey};
use crate::vm::Vm;
use ferrovirt_conf::domain::{ChardevKind, ChardevSource, Graphics};
use ferrovirt_core::driver::{DomainConsole, Screenshot, StreamDriver};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, abi, keycode};
use ferrovirt_host::FdStream;
use rustix::fs::{Mode, OFlags};
use serde_json::json;
use std::fs;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

impl DomainConsole for QemuDriver {
    fn domain_open_console(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        let known = abi::VIR_DOMAIN_CONSOLE_FORCE | abi::VIR_DOMAIN_CONSOLE_SAFE;
        super::refuse_flags(flags, known, "virDomainOpenConsole")?;
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        let definition = live.definition();
        let source = model::console(&definition.model, device).ok_or_else(|| {
            let what = device.map_or("a console".to_owned(), |alias| format!("a character device '{alias}'"));
            Error::new(ErrorCode::OperationFailed, format!("domain '{}' does not have {what}", vm.name()))
        })?;
        let stream = FdStream::new(open_source(source, &vm.name())?)?;
        live.consoles.claim(
            source.kind.path().unwrap_or_default(),
            stream.closer(),
            flags & abi::VIR_DOMAIN_CONSOLE_FORCE != 0,
        )?;
        Ok(Box::new(stream))
    }

    fn domain_open_channel(
        &self,
        domain: &DomainId,
        name: Option<&str>,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_CHANNEL_FORCE, "virDomainOpenChannel")?;
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        let definition = live.definition();
        let source = model::channel(&definition.model, name).ok_or_else(|| {
            Error::internal(format!("domain '{}' has no channel '{}'", vm.name(), name.unwrap_or("(any)")))
        })?;
        let stream = FdStream::new(open_source(source, &vm.name())?)?;
        live.consoles.claim(
            source.kind.path().unwrap_or_default(),
            stream.closer(),
            flags & abi::VIR_DOMAIN_CHANNEL_FORCE != 0,
        )?;
        Ok(Box::new(stream))
    }

    fn domain_open_graphics(
        &self,
        domain: &DomainId,
        index: u32,
        socket: BorrowedFd<'_>,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH, "virDomainOpenGraphics")?;
        let socket = socket
            .try_clone_to_owned()
            .map_err(|err| Error::system(err, "cannot use the socket for a display"))?;
        self.changing(domain, "open graphics", |vm, live| self.add_client(vm, live, index, socket, flags))
    }

    fn domain_open_graphics_fd(&self, domain: &DomainId, index: u32, flags: u32) -> Result<OwnedFd> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH, "virDomainOpenGraphicsFD")?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()
            .map_err(|err| Error::system(err, "cannot make a pair of sockets"))?;
        self.changing(domain, "open graphics", |vm, live| {
            self.add_client(vm, live, index, theirs.into(), flags)
        })?;
        Ok(ours.into())
    }

    fn domain_screenshot(&self, domain: &DomainId, screen: u32, flags: u32) -> Result<Screenshot> {
        super::refuse_flags(flags, 0, "virDomainScreenshot")?;
        self.changing(domain, "screenshot", |vm, live| {
            let definition = live.definition();
            let videos = &definition.model.devices.videos;
            if videos.is_empty() {
                return Err(Error::invalid_arg(format!("domain '{}' has no video device", vm.name())));
            }
            let alias = videos.first().and_then(|video| video.info.alias.clone());
            let emulator = definition.model.devices.emulator.as_deref().unwrap_or_default();
            let capabilities = self.shared.capabilities(emulator)?;
            // Whoever looks at it would rather have it in a format that is packed.
            let png = capabilities.schema_has("screendump/arg-type/format/^png");
            let path = self.shared.paths.guest(live.id, &vm.name()).join("screenshot");
            let command = Screendump {
                filename: path.display().to_string(),
                device: alias.filter(|_| screen > 0),
                head: (screen > 0).then_some(i64::from(screen)),
                format: png.then(|| "png".to_owned()),
            };
            let file = Removed(path);
            live.ask(&self.shared.reactor, command)?;
            let fd = rustix::fs::open(&file.0, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
                .map_err(|err| Error::system(err, "cannot open the screenshot that QEMU made"))?;
            let mime_type = if png { "image/png" } else { "image/x-portable-pixmap" };
            Ok(Screenshot { mime_type: mime_type.into(), data: Box::new(FdStream::new(fd)?) })
        })
    }

    fn domain_send_key(
        &self,
        domain: &DomainId,
        codeset: u32,
        hold_time: u32,
        keycodes: &[u32],
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainSendKey")?;
        let number = |code: &u32| match codeset {
            // QEMU itself refuses what it does not know.
            abi::VIR_KEYCODE_SET_QNUM => Ok(*code),
            _ => keycode::translate(*code, codeset, abi::VIR_KEYCODE_SET_QNUM).ok_or_else(|| {
                let text = format!("the key {code} of the code set {codeset} is not known here");
                Error::internal(text).domain(ErrorDomain::Qemu)
            }),
        };
        let key = |code| Ok(json!({"type": "number", "data": number(code)?}));
        let keys = keycodes.iter().map(key).collect::<Result<_>>()?;
        let hold_time = (hold_time > 0).then_some(u64::from(hold_time));
        self.changing(domain, "send key", |_, live| {
            live.ask(&self.shared.reactor, SendKey { keys, hold_time }).map(drop)
        })
    }
}

impl QemuDriver {
    /// Hands a connected socket to a display.
    fn add_client(&self, vm: &Vm, live: &Live, index: u32, socket: OwnedFd, flags: u32) -> Result<()> {
        let definition = live.definition();
        let protocol = match definition.model.devices.graphics.get(index as usize) {
            Some(Graphics::Vnc(_)) => "vnc",
            Some(Graphics::Spice(_)) => "spice",
            Some(_) => {
                let text = format!("only displays of type vnc and spice can be opened, not number {index}");
                return Err(Error::invalid_arg(text));
            }
            None => {
                let text = format!("domain '{}' has no display number {index}", vm.name());
                return Err(Error::internal(text));
            }
        };
        let fdname = "graphicsfd".to_owned();
        let skipauth = Some(flags & abi::VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH != 0);
        let add = AddClient { protocol: protocol.to_owned(), fdname: fdname.clone(), skipauth };
        let monitor = live.monitor.clone();
        self.shared.reactor.call(async move {
            monitor.execute_with_fds(&Getfd { fdname: fdname.clone() }, vec![socket]).await?;
            let added = monitor.execute(&add).await;
            if added.is_err() {
                let _ = monitor.execute(&Closefd { fdname }).await;
            }
            Ok(added.map(drop)?)
        })
    }
}

/// A file that goes when nobody needs it any more; an open descriptor still reads it.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(err) = fs::remove_file(&self.0) {
            tracing::debug!(path = %self.0.display(), %err, "a temporary file was gone already");
        }
    }
}

/// Opens the host's end of a character device.
fn open_source(source: &ChardevSource, domain: &str) -> Result<OwnedFd> {
    match source.kind {
        ChardevKind::Pty { .. } | ChardevKind::Dev { .. } => open_terminal(source.kind.path(), domain),
        ChardevKind::Unix { .. } => connect(source.kind.path(), domain),
        _ => Err(Error::new(
            ErrorCode::OperationFailed,
            format!("the character device of domain '{domain}' is neither a terminal nor a UNIX socket"),
        )),
    }
}

fn missing(domain: &str) -> Error {
    Error::internal(format!("a character device of the running domain '{domain}' has no path"))
}

fn open_terminal(path: Option<&str>, domain: &str) -> Result<OwnedFd> {
    let path = path.ok_or_else(|| missing(domain))?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    rustix::fs::open(Path::new(path), flags, Mode::empty())
        .map_err(|err| Error::system(err, format!("cannot open the terminal '{path}' of domain '{domain}'")))
}

fn connect(path: Option<&str>, domain: &str) -> Result<OwnedFd> {
    let path = path.ok_or_else(|| missing(domain))?;
    let socket = std::os::unix::net::UnixStream::connect(path).map_err(|err| {
        Error::system(err, format!("cannot connect to the channel '{path}' of domain '{domain}'"))
    })?;
    Ok(socket.into())
}
