//! Logging in, by the way that the daemon asks for.

mod auth_file;
mod sasl;

use crate::session::is_unknown;
use crate::target::Target;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::client::Client;
use ferrovirt_rpc::frame::Layered;
use ferrovirt_rpc::program::remote::{AuthList, AuthPolkit};

/// How a daemon wants its clients to log in (`remote_auth_type`).
mod way {
    pub const NONE: i32 = 0;
    pub const SASL: i32 = 1;
    pub const POLKIT: i32 = 2;
}

/// Logs in by the way that the caller wants, or by the first that the daemon names.
pub(crate) fn log_in(client: &Client, target: &Target, transport: &Layered) -> Result<()> {
    let ways = match client.call(&AuthList {}) {
        // A daemon from before there were logins.
        Err(err) if is_unknown(&err) => return Ok(()),
        ways => ways?.0,
    };
    let Some(first) = ways.first() else { return Ok(()) };
    let chosen = match &target.login {
        Some(wanted) => wanted_way(wanted, &ways)?,
        None => *first,
    };
    match chosen {
        way::NONE => Ok(()),
        // The daemon asks the system's authority about our process; nothing is to be sent.
        way::POLKIT => client.call(&AuthPolkit {}).map(|_| ()),
        way::SASL => {
            let mechanism = target.login.as_deref().and_then(|wanted| wanted.split_once('.'));
            sasl::log_in(client, target, transport, mechanism.map(|(_, mechanism)| mechanism))
        }
        other => Err(failed(format!("the daemon wants a login of kind {other}, which is not known here"))),
    }
}

fn wanted_way(wanted: &str, offered: &[i32]) -> Result<i32> {
    let lower = wanted.to_ascii_lowercase();
    let way = match lower.as_str() {
        "sasl" => way::SASL,
        "polkit" => way::POLKIT,
        other if other.starts_with("sasl.") => way::SASL,
        _ => {
            let detail = format!("'auth={wanted}': known are 'sasl', 'sasl.MECHANISM' and 'polkit'");
            return Err(failed(detail));
        }
    };
    if !offered.contains(&way) {
        return Err(failed(format!("'auth={wanted}': the daemon does not offer this way to log in")));
    }
    Ok(way)
}

pub(crate) fn failed(detail: String) -> Error {
    Error::new(ErrorCode::AuthFailed, detail).domain(ErrorDomain::Remote)
}
