//! Finding the objects that options name, by all that they may be called by.

use crate::args::Args;
use crate::failure::{OrSay, Outcome, fail};
use crate::shell::Shell;
use crate::values::number::parse;
use ferrovirt::{Domain, Error, Interface, Network, NwFilter, Secret, StoragePool, StorageVol};
use uuid::Uuid;

/// How long a UUID is that is written out.
const UUID_LENGTH: usize = 36;

/// A UUID, if the text is as long as one and is one.
fn as_uuid(text: &str) -> Option<Uuid> {
    if text.len() == UUID_LENGTH { Uuid::parse_str(text).ok() } else { None }
}

/// What a domain may be named by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Any,
    NameOrUuid,
    NameOrId,
    IdOrUuid,
}

/// The domain that the option `domain` names.
pub fn domain(shell: &Shell, args: &Args) -> Outcome<Domain> {
    domain_by(shell, args, By::Any)
}

pub fn domain_by(shell: &Shell, args: &Args, by: By) -> Outcome<Domain> {
    let name = args.need("domain")?;
    let command = args.command.name;
    shell.debug.info(|| format!("{command}: found option <domain>: {name}"));
    find_domain(shell, command, name, by)
}

/// A domain by its number, UUID or name.
pub fn domain_named(shell: &Shell, name: &str) -> Outcome<Domain> {
    find_domain(shell, "unknown", name, By::Any)
}

fn find_domain(shell: &Shell, command: &str, name: &str, by: By) -> Outcome<Domain> {
    let connection = shell.connection()?;
    if by != By::NameOrUuid
        && let Some(id) = parse::<i32>(name).filter(|id| *id >= 0)
    {
        shell.debug.detail(|| format!("{command}: <domain> looks like ID"));
        if let Ok(domain) = connection.lookup_domain_by_id(id) {
            return Ok(domain);
        }
    }
    if by != By::NameOrId
        && let Some(uuid) = as_uuid(name)
    {
        shell.debug.detail(|| format!("{command}: <domain> trying as domain UUID"));
        if let Ok(domain) = connection.lookup_domain_by_uuid(uuid) {
            return Ok(domain);
        }
    }
    if by != By::IdOrUuid {
        shell.debug.detail(|| format!("{command}: <domain> trying as domain NAME"));
        if let Ok(domain) = connection.lookup_domain_by_name(name) {
            return Ok(domain);
        }
    }
    fail!("failed to get domain '{name}'")
}

/// The network that the option `network` names.
pub fn network(shell: &Shell, args: &Args) -> Outcome<Network> {
    network_named(shell, args.need("network")?)
}

pub fn network_named(shell: &Shell, name: &str) -> Outcome<Network> {
    let connection = shell.connection()?;
    if let Some(network) = as_uuid(name).and_then(|uuid| connection.lookup_network_by_uuid(uuid).ok()) {
        return Ok(network);
    }
    connection.lookup_network_by_name(name).or_say(|| format!("failed to get network '{name}'"))
}

/// The pool that this option names.
pub fn pool(shell: &Shell, args: &Args, option: &str) -> Outcome<StoragePool> {
    let name = args.need(option)?;
    let connection = shell.connection()?;
    if let Some(pool) = as_uuid(name).and_then(|uuid| connection.lookup_storage_pool_by_uuid(uuid).ok()) {
        return Ok(pool);
    }
    connection.lookup_storage_pool_by_name(name).or_say(|| format!("failed to get pool '{name}'"))
}

/// The volume that the option `vol` names: in a pool by name, anywhere by key or path.
pub fn volume(shell: &Shell, args: &Args, pool_option: Option<&str>) -> Outcome<StorageVol> {
    let name = args.need("vol")?;
    let connection = shell.connection()?;
    let named = pool_option.filter(|option| args.has(option));
    let pool = match named {
        Some(option) => {
            let pool = pool(shell, args, option)?;
            if !pool.is_active()? {
                fail!("pool '{}' is not active", args.need(option)?)
            }
            Some(pool)
        }
        None => None,
    };
    if let Some(volume) = pool.as_ref().and_then(|pool| pool.lookup_volume_by_name(name).ok()) {
        return Ok(volume);
    }
    let anywhere =
        connection.lookup_storage_vol_by_key(name).or_else(|_| connection.lookup_storage_vol_by_path(name));
    match (anywhere, pool) {
        (Ok(volume), None) => Ok(volume),
        (Ok(volume), Some(pool)) if volume.pool().is_ok_and(|other| other.name() == pool.name()) => {
            Ok(volume)
        }
        (Ok(_), Some(pool)) => {
            fail!("Requested volume '{name}' is not in pool '{}'", pool.name())
        }
        (Err(err), pool) => Err(err).or_say(|| match pool_option.filter(|_| pool.is_none()) {
            Some(option) => format!("failed to get vol '{name}', specifying --{option} might help"),
            None => format!("failed to get vol '{name}'"),
        }),
    }
}

/// The host interface that the option `interface` names.
pub fn interface(shell: &Shell, args: &Args) -> Outcome<Interface> {
    let name = args.need("interface")?;
    let connection = shell.connection()?;
    let found = connection.lookup_interface_by_name(name);
    let found =
        found.or_else(|err| if is_mac(name) { connection.lookup_interface_by_mac(name) } else { Err(err) });
    found.or_say(|| format!("failed to get interface '{name}'"))
}

/// Six pairs of hexadecimal digits.
pub fn is_mac(text: &str) -> bool {
    let pairs: Vec<&str> = text.split(':').collect();
    let is_pair = |pair: &&str| (1..=2).contains(&pair.len()) && pair.bytes().all(|b| b.is_ascii_hexdigit());
    pairs.len() == 6 && pairs.iter().all(is_pair)
}

/// The secret that the option `secret` names.
pub fn secret(shell: &Shell, args: &Args) -> Outcome<Secret> {
    let name = args.need("secret")?;
    let connection = shell.connection()?;
    let uuid = as_uuid(name).ok_or_else(|| Error::invalid_arg(format!("'{name}' is no UUID")));
    let found = uuid.and_then(|uuid| connection.lookup_secret_by_uuid(uuid));
    found.or_say(|| format!("failed to get secret '{name}'"))
}

/// The filter that the option `nwfilter` names.
pub fn nw_filter(shell: &Shell, args: &Args) -> Outcome<NwFilter> {
    let name = args.need("nwfilter")?;
    let connection = shell.connection()?;
    if let Some(filter) = as_uuid(name).and_then(|uuid| connection.lookup_nw_filter_by_uuid(uuid).ok()) {
        return Ok(filter);
    }
    connection.lookup_nw_filter_by_name(name).or_say(|| format!("failed to get nwfilter '{name}'"))
}
