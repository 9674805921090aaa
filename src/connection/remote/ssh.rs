//! Another host's daemon through the program `ssh`: what it runs there.

use super::parameters::Parameters;
use super::sockets::Sockets;
use super::{Parts, host_or_here, wrong};
use ferrovirt_core::Result;
use ferrovirt_driver_remote::Way;

/// What leads from the other end of `ssh` to the daemon's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proxy {
    /// The helper where it is installed, or netcat.
    Auto,
    Netcat,
    /// libvirt's helper, which knows where daemons listen on its host.
    Native,
}

pub(super) fn way(
    parts: &Parts<'_>,
    parameters: &Parameters,
    sockets: &Sockets<'_>,
    for_helper: &str,
) -> Result<Way> {
    let socket = match &parameters.socket {
        Some(socket) => socket.clone(),
        None => sockets.named(parameters.mode)?.0.to_string_lossy().into_owned(),
    };
    let proxy = proxy(parameters, sockets)?;
    let mut arguments = Vec::new();
    let port = parts.port.map(|port| port.to_string());
    for (option, value) in [("-p", &port), ("-l", &parts.user), ("-i", &parameters.keyfile)] {
        if let Some(value) = value {
            arguments.extend([option.to_owned(), value.clone()]);
        }
    }
    arguments.extend(["-T", "-e", "none"].map(str::to_owned));
    if parameters.no_tty {
        arguments.extend(["-o", "BatchMode=yes"].map(str::to_owned));
    }
    if parameters.no_verify {
        arguments.extend(["-o", "StrictHostKeyChecking=no"].map(str::to_owned));
    }
    arguments.extend(["--".to_owned(), host_or_here(parts)]);
    arguments.push(remote_command(proxy, parameters, &socket, for_helper, sockets.read_only));
    let program = parameters.command.clone().unwrap_or_else(|| "ssh".to_owned());
    Ok(Way::Command { program, arguments, secure: true })
}

fn proxy(parameters: &Parameters, sockets: &Sockets<'_>) -> Result<Proxy> {
    let proxy = match parameters.proxy.as_deref() {
        Some("auto") => Proxy::Auto,
        Some("netcat") => Proxy::Netcat,
        Some("native") => Proxy::Native,
        Some(other) => {
            let detail = format!("the proxy '{other}' is unknown; there are 'auto', 'netcat' and 'native'");
            return Err(wrong(detail));
        }
        // The helper takes no socket; and only it finds the socket of the user's own daemon.
        None if parameters.socket.is_some() => Proxy::Netcat,
        None if sockets.own_daemon => Proxy::Native,
        None => Proxy::Auto,
    };
    match (proxy, &parameters.netcat) {
        (Proxy::Native, Some(netcat)) => {
            Err(wrong(format!("'netcat={netcat}' has no meaning where 'proxy=native'")))
        }
        // Who names a netcat wants it.
        (Proxy::Auto, Some(_)) => Ok(Proxy::Netcat),
        (proxy, _) => Ok(proxy),
    }
}

/// A command for the shell of the other host, which may be any: all that matters is said to a POSIX one.
fn remote_command(
    proxy: Proxy,
    parameters: &Parameters,
    socket: &str,
    for_helper: &str,
    read_only: bool,
) -> String {
    let read_only = if read_only { "-r " } else { "" };
    let helper = format!("exec virt-ssh-helper {read_only}{}", quoted(for_helper));
    let netcat = quoted(parameters.netcat.as_deref().unwrap_or("nc"));
    // Some netcats stay when their input ends unless they are told how long, others do not know the option.
    let netcat = format!(
        "if {netcat} -q 2>&1 | grep 'requires an argument' >/dev/null; then exec {netcat} -q0 -U {socket}; \
         else exec {netcat} -U {socket}; fi",
        socket = quoted(socket)
    );
    let script = match proxy {
        Proxy::Native => helper,
        Proxy::Netcat => netcat,
        Proxy::Auto => {
            format!("if command -v virt-ssh-helper >/dev/null 2>&1; then {helper}; else {netcat}; fi")
        }
    };
    format!("sh -c {}", quoted(&script))
}

/// A word for the shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::address;
    use ferrovirt_core::ConfigFile;
    use std::process::Command;

    fn way_of(uri: &str) -> Result<(String, Vec<String>)> {
        let uri = address::parse(uri).unwrap();
        let parameters = Parameters::of(&uri, &ConfigFile::default())?;
        let parts = Parts::of(&uri)?;
        let sockets = Sockets {
            driver: Some("qemu"),
            local: false,
            own_daemon: false,
            read_only: true,
            autostart: false,
        };
        match way(&parts, &parameters, &sockets, "qemu:///system")? {
            Way::Command { program, arguments, secure: true } => Ok((program, arguments)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ssh_is_told_what_the_uri_says_of_it() {
        let (program, arguments) = way_of("qemu+ssh://me@far:77/system?keyfile=/k&no_tty=1").unwrap();
        assert_eq!(program, "ssh");
        let wanted = "-p 77 -l me -i /k -T -e none -o BatchMode=yes -- far";
        assert_eq!(arguments[..arguments.len() - 1].join(" "), wanted);
        let (program, arguments) = way_of("qemu+ssh:///system?command=/o/ssh&no_verify=1").unwrap();
        assert_eq!(program, "/o/ssh");
        assert!(
            arguments.join(" ").starts_with("-T -e none -o StrictHostKeyChecking=no -- localhost sh -c '")
        );
    }

    #[test]
    fn the_proxy_follows_from_what_is_known() {
        let script = |uri: &str| way_of(uri).unwrap().1.pop().unwrap();
        let auto = script("qemu+ssh://far/system");
        assert!(auto.contains("virt-ssh-helper -r ") && auto.contains("nc"), "{auto}");
        assert!(!script("qemu+ssh://far/system?netcat=/bin/nc").contains("virt-ssh-helper"));
        assert!(!script("qemu+ssh://far/system?socket=/s").contains("virt-ssh-helper"));
        assert!(!script("qemu+ssh://far/system?proxy=native").contains("-U"));
        assert!(way_of("qemu+ssh://far/system?proxy=native&netcat=nc").is_err());
        assert!(way_of("qemu+ssh://far/system?proxy=odd").is_err());
    }

    /// The other host's shell reads the command once, and the shell that it starts reads the script.
    #[test]
    fn words_pass_two_shells_whatever_is_in_them() {
        let odd = r#"/tmp/it's "$HOME" `x` \ ;"#;
        let script = format!("printf %s {}", quoted(odd));
        let command = format!("sh -c {}", quoted(&script));
        let output = Command::new("sh").args(["-c", &command]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), odd);
    }
}
