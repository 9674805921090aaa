//! A definition as the command line that QEMU would be started with, as text: nothing is opened, nothing is started.

use crate::command::{CommandLine, Descriptors, Passed};
use crate::cpu::{self, StartKind};
use crate::driver::Shared;
use crate::{definitions, displays, launch, secrets, volumes};
use ferrovirt_conf::domain::{Connection, Domain, ParseFlags};
use ferrovirt_core::{Error, ErrorDomain, Result};

/// The only format that there is.
const FORMAT: &str = "qemu-argv";

/// Variables that say where the calling program has its libraries: they are nothing to the guest's.
const OF_THE_LOADER: [&str; 2] = ["LD_PRELOAD", "LD_LIBRARY_PATH"];

/// The command line of a description, with the variables of its environment before it.
pub fn command_line(shared: &Shared, format: &str, xml: &str, flags: ParseFlags) -> Result<String> {
    if format != FORMAT {
        return Err(Error::invalid_arg(format!("unsupported config type '{format}'; there is: {FORMAT}")));
    }
    build(shared, xml, flags).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

fn build(shared: &Shared, xml: &str, flags: ParseFlags) -> Result<String> {
    let model = definitions::parse(shared, xml, flags)?;
    for disk in &model.devices.disks {
        volumes::find(&*shared.storage, disk)?;
        secrets::look_up_disk(&*shared.secret, disk)?;
    }
    let mut model = volumes::resolved(&*shared.storage, &model)?;
    displays::find_networks(shared, &model)?;
    let emulator = model.devices.emulator.clone().unwrap_or_default();
    let capabilities = shared.capabilities(&emulator)?;
    unplug_interfaces(&mut model);
    displays::pretend_ports(&shared.settings, &mut model)?;
    launch::complete(shared.site(), &capabilities, &mut model, false)?;
    cpu::concrete(&mut model, &capabilities, &*shared.host.cpu()?, StartKind::New)?;
    let line = launch::preview(shared.site(), &model, &capabilities, &mut ByPath::default())?;
    Ok(shell_words(&line, &emulator))
}

/// Where an interface is plugged in is decided when a guest is started. Whoever types the line has a tap of their own.
fn unplug_interfaces(model: &mut Domain) {
    for interface in &mut model.devices.interfaces {
        let old = std::mem::take(interface);
        interface.connection = Connection::Ethernet(Default::default());
        interface.mac = old.mac;
        interface.model = old.model;
        interface.script = old.script;
    }
}

/// Files and sockets by their paths: QEMU opens them itself. Of what has no path there is a number, or none.
#[derive(Debug, Default)]
struct ByPath {
    last: i32,
}

impl Descriptors for ByPath {
    fn opens(&self, what: &Passed) -> bool {
        use Passed::{File, Log, Monitor, Socket};
        !matches!(what, Monitor | Socket { .. } | File { .. } | Log { .. })
    }

    fn pass(&mut self, what: Passed) -> Result<String> {
        match what {
            Passed::Vsock => return Ok("-1".into()),
            Passed::Image { node } => return started_with_it(&format!("image '{node}'")),
            Passed::Device { alias } if alias.starts_with("video") => {
                return started_with_it(&format!("video card '{alias}'"));
            }
            _ => {}
        }
        self.last = self.last.max(2) + 1;
        Ok(self.last.to_string())
    }

    fn queues(&self, _interface: usize) -> (usize, usize) {
        (1, 0)
    }
}

/// What a program serves that is started together with the guest can't be typed.
fn started_with_it(what: &str) -> Result<String> {
    let text = format!("no command line has the {what}: what serves it is started together with the guest");
    Err(Error::internal(text).domain(ErrorDomain::None))
}

/// The command line as one would type it: words that a shell would take apart are quoted.
fn shell_words(line: &CommandLine, program: &str) -> String {
    let shown = line.environment.iter().filter(|(name, _)| !OF_THE_LOADER.contains(&name.as_str()));
    let variables = shown.map(|(name, value)| format!("{name}={}", quoted(value)));
    let words = std::iter::once(program).chain(line.arguments.iter().map(String::as_str)).map(quoted);
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_the_loader_is_not_spoken_of() {
        let mut line = CommandLine::default();
        line.env("LD_LIBRARY_PATH", "/opt/lib");
        line.env("HOME", "/var/lib/a b");
        line.option("-name", "guest=it's");
        line.flag("-S");
        assert_eq!(
            shell_words(&line, "/bin/qemu"),
            r"HOME='/var/lib/a b' /bin/qemu -name 'guest=it'\''s' -S"
        );
    }
}
