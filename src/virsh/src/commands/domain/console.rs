//! The terminal as a guest's console, and keys and signals for the guest.

use super::list::state_of;
use crate::args::Args;
use crate::command::{Command, arg, flag, list, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::{extra, flush};
use crate::shell::Shell;
use crate::values::{keycode, number};
use ferrovirt::driver::Received;
use ferrovirt::{Domain, Stream};
use ferrovirt_core::abi::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub const COMMANDS: &[Command] = &[
    Command::new("console", "connect the terminal to a guest's console", &[
        arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
        text("devname", "alias of the console; the first one without").also_positional(),
        flag("force", "take the console from whoever has it"),
        flag("resume", "let the guest run once connected"),
        flag("safe", "only where a console can be shared safely"),
    ], console).changing(),
    Command::new("send-key", "press keys in the guest", &[
        arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
        text("codeset", "where the key codes come from: linux, xt, atset1, atset2, atset3, os_x, xt_kbd, usb, win32, qnum"),
        number("holdtime", "milliseconds to hold the keys"),
        list("keycode", "codes or names of the keys").required().positional(),
    ], send_key).changing(),
    Command::new("send-process-signal", "send a signal to a process of the guest", &[
        arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
        arg("pid", "number of the process"),
        arg("signame", "name or number of the signal"),
    ], send_process_signal).changing(),
];

fn console(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let device = args.text("devname")?.map(str::to_owned);
    let flags = args.bits(&[("force", VIR_DOMAIN_CONSOLE_FORCE), ("safe", VIR_DOMAIN_CONSOLE_SAFE)]);
    run(shell, &domain, device.as_deref(), args.flag("resume"), flags)
}

/// Connects the terminal to a console until the escape key or the guest's end.
pub fn run(shell: &mut Shell, domain: &Domain, device: Option<&str>, resume: bool, flags: u32) -> Outcome {
    let (state, _) = state_of(domain).or_say(|| "Unable to get domain status")?;
    if state as u32 == VIR_DOMAIN_SHUTOFF {
        fail!("The domain is not running")
    }
    if !isatty(std::io::stdin()) {
        fail!("Cannot run interactive console without a controlling TTY")
    }
    extra!(shell, "Connected to domain '{}'\n", domain.name());
    let escape = escape_name(shell.escape);
    extra!(shell, "Escape character is {escape}");
    if let Some(key) = escape.strip_prefix('^') {
        extra!(shell, " (Ctrl + {key})");
    }
    extra!(shell, "\n");
    flush();
    let stream = shell.connection()?.new_stream(0)?;
    domain.open_console(device, &stream, flags)?;
    let _raw = RawTerminal::begin()?;
    if resume {
        domain.resume().or_say(|| format!("Failed to resume domain '{}'", domain.name()))?;
    }
    let ended = Arc::new(AtomicBool::new(false));
    receive(stream.clone(), ended.clone())?;
    let outcome = send_keys(&stream, shell.escape, &ended);
    // The console goes on for others; this end of it is done with.
    let _ = stream.abort();
    outcome
}

fn escape_name(escape: u8) -> String {
    match escape {
        0..0x20 => format!("^{}", (escape ^ 0x40) as char),
        _ => (escape as char).to_string(),
    }
}

/// Shows what the guest says, on a thread that ends with the stream.
fn receive(stream: Stream, ended: Arc<AtomicBool>) -> Outcome {
    let show = move || {
        let mut buffer = [0; 4096];
        let mut out = std::io::stdout();
        while let Ok(Received::Data(length @ 1..)) = stream.recv(&mut buffer) {
            if out.write_all(&buffer[..length]).and_then(|()| out.flush()).is_err() {
                break;
            }
        }
        ended.store(true, Ordering::Relaxed);
    };
    match std::thread::Builder::new().name("console".into()).spawn(show) {
        Ok(_) => Ok(()),
        Err(err) => fail!("cannot start the thread for the console: {err}"),
    }
}

/// Sends what is typed, up to the escape key.
fn send_keys(stream: &Stream, escape: u8, ended: &AtomicBool) -> Outcome {
    let mut stdin = std::io::stdin();
    let look_again = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    while !ended.load(Ordering::Relaxed) {
        let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut watched, Some(&look_again)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(err) => fail!("cannot wait for keys: {err}"),
        }
        let mut keys = [0; 1024];
        let length = match stdin.read(&mut keys) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(err) => fail!("cannot read from the terminal: {err}"),
        };
        let stop = keys[..length].iter().position(|key| *key == escape);
        let mut rest = &keys[..stop.unwrap_or(length)];
        while !rest.is_empty() {
            let sent = stream.send(rest)?.unwrap_or_default();
            rest = &rest[sent..];
        }
        if stop.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// The terminal passes everything on as it is, as long as this lives.
struct RawTerminal(Termios);

impl RawTerminal {
    fn begin() -> Outcome<Self> {
        let Ok(before) = tcgetattr(std::io::stdin()) else { fail!("unable to get tty attributes") };
        let mut raw = before.clone();
        raw.make_raw();
        match tcsetattr(std::io::stdin(), OptionalActions::Flush, &raw) {
            Ok(()) => Ok(Self(before)),
            Err(err) => fail!("unable to set tty attributes: {err}"),
        }
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // A terminal that is gone needs no care.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
        let _ = std::io::stdout().write_all(b"\r\n");
    }
}

fn send_key(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let set = args.raw("codeset").filter(|set| !set.is_empty()).unwrap_or("linux");
    let hold = args.number::<u32>("holdtime")?.unwrap_or_default();
    let Some(codeset) = keycode::set(set) else { fail!("unknown codeset: '{set}'") };
    let mut codes = Vec::new();
    for key in args.list("keycode") {
        if codes.len() == VIR_DOMAIN_SEND_KEY_MAX_KEYS {
            fail!("too many keycodes")
        }
        let number = number::parse_any_base(key).filter(|code| *code <= 0xffff);
        match number.or_else(|| keycode::named(codeset, key)) {
            Some(code) => codes.push(code),
            None => fail!("invalid keycode: '{key}'"),
        }
    }
    Ok(domain.send_key(codeset, hold, &codes, 0)?)
}

const SIGNALS: [&str; 32] = [
    "nop", "hup", "int", "quit", "ill", "trap", "abrt", "bus", "fpe", "kill", "usr1", "segv", "usr2", "pipe",
    "alrm", "term", "stkflt", "chld", "cont", "stop", "tstp", "ttin", "ttou", "urg", "xcpu", "xfsz",
    "vtalrm", "prof", "winch", "poll", "pwr", "sys",
];
/// How many real-time signals follow.
const REAL_TIME: u32 = 33;

/// A signal by number or name, `SIG` in front or not.
fn signal(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    if let Some(number) = number::parse::<i32>(&name) {
        return u32::try_from(number).ok();
    }
    let name = name.strip_prefix("sig_").or_else(|| name.strip_prefix("sig")).unwrap_or(&name);
    if let Some(at) = SIGNALS.iter().position(|known| *known == name) {
        return Some(at as u32);
    }
    let real_time: u32 = name.strip_prefix("rt")?.parse().ok()?;
    (real_time < REAL_TIME).then_some(SIGNALS.len() as u32 + real_time)
}

fn send_process_signal(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let pid = args.number::<i64>("pid")?.unwrap_or_default();
    let name = args.need("signame")?;
    let Some(signal) = signal(name) else { fail!("malformed signal name: {name}") };
    Ok(domain.send_process_signal(pid, signal, 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        assert_eq!(signal("SIGTERM"), Some(15));
        assert_eq!(signal("sig_hup"), Some(1));
        assert_eq!(signal("9"), Some(9));
        assert_eq!(signal("rt0"), Some(32));
        assert_eq!(signal("nonsense"), None);
        assert_eq!(escape_name(0x1d), "^]");
    }
}
