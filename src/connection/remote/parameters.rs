//! The parameters of a URI that are about the way to the daemon; the rest is the driver's behind it.

use super::sockets::Mode;
use super::{address, wrong};
use ferrovirt_core::{ConfigFile, Result};
use fluent_uri::Uri;

/// What is said of the way, and what is left.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// What the daemon is to open, in place of what the URI says.
    pub name: Option<String>,
    pub socket: Option<String>,
    pub mode: Option<Mode>,
    pub auth: Option<String>,
    pub auth_file: Option<String>,
    pub command: Option<String>,
    pub netcat: Option<String>,
    pub keyfile: Option<String>,
    pub proxy: Option<String>,
    pub pki_path: Option<String>,
    pub tls_priority: Option<String>,
    pub no_verify: bool,
    pub no_tty: bool,
    pub reconnect: bool,
    /// The pairs that are the driver's, as they were written.
    pub for_driver: String,
    /// The same with those that a helper on the daemon's host understands.
    pub for_helper: String,
}

impl Parameters {
    pub fn of(uri: &Uri<&str>, config: &ConfigFile) -> Result<Self> {
        let mut this = Self::default();
        let mut mode = None;
        for (name, value, written) in address::parameters(uri) {
            let text = |place: &mut Option<String>| *place = Some(value.clone());
            match name.to_ascii_lowercase().as_str() {
                "name" => text(&mut this.name),
                "socket" => text(&mut this.socket),
                "mode" => mode = Some(value.clone()),
                "auth" => text(&mut this.auth),
                "authfile" => text(&mut this.auth_file),
                "command" => text(&mut this.command),
                "netcat" => text(&mut this.netcat),
                "keyfile" => text(&mut this.keyfile),
                "proxy" => text(&mut this.proxy),
                "pkipath" => text(&mut this.pki_path),
                "tls_priority" => text(&mut this.tls_priority),
                "no_verify" => this.no_verify = flag(&name, &value)?,
                "no_tty" => this.no_tty = flag(&name, &value)?,
                "reconnect" => this.reconnect = flag(&name, &value)?,
                // Certificates are looked at in one way only.
                "no_sanity" => _ = flag(&name, &value)?,
                // These are for the SSH libraries, which the program 'ssh' has in its own configuration.
                "sshauth" | "known_hosts" | "known_hosts_verify" => {}
                _ => {
                    join(&mut this.for_driver, written);
                    join(&mut this.for_helper, written);
                }
            }
            if matches!(name.as_str(), "mode" | "socket") {
                join(&mut this.for_helper, written);
            }
        }
        this.mode = Mode::of(mode.as_deref().or(config.text("remote_mode")?))?;
        this.proxy = this.proxy.or(config.text("remote_proxy")?.map(str::to_owned));
        this.tls_priority = this.tls_priority.or(config.text("tls_priority")?.map(str::to_owned));
        Ok(this)
    }
}

fn join(pairs: &mut String, pair: &str) {
    if !pairs.is_empty() {
        pairs.push('&');
    }
    pairs.push_str(pair);
}

/// Numbers are truth values here: 0 is no, all others are yes.
fn flag(name: &str, value: &str) -> Result<bool> {
    let number: i32 = value
        .trim()
        .parse()
        .map_err(|_| wrong(format!("the parameter '{name}' must be 0 or 1, it is '{value}'")))?;
    Ok(number != 0)
}
