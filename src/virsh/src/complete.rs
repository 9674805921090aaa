//! Completion: commands, options, and values that the connection knows.

use crate::args::{Args, Value};
use crate::command::Kind;
use crate::commands::GROUPS;
use crate::parser::parse_partial;
use crate::shell::Shell;
use ferrovirt_core::abi::*;

/// What could stand in place of `word`, the last one of `line`.
pub fn propose(shell: &mut Shell, line: &str, word: &str) -> Vec<String> {
    let mut proposals = match parse_partial(line) {
        Some(args) if args.command.name != word => of_command(shell, &args, word),
        _ => GROUPS.iter().flat_map(|group| group.listed()).map(|command| command.name.to_owned()).collect(),
    };
    for proposal in &mut proposals {
        *proposal = proposal.replace(' ', "\\ ");
    }
    proposals.retain(|proposal| proposal.starts_with(word));
    proposals
}

fn of_command(shell: &mut Shell, args: &Args, word: &str) -> Vec<String> {
    if let Some(at) = args.last
        && let Some(completer) = args.command.options[at].completer
        && let Some(typed) = last_word(&args.values[at])
        && (typed == word || (typed == " " && word.is_empty()))
    {
        return completer(shell, args);
    }
    let options = args.command.options.iter().enumerate();
    let open = options.filter(|(at, option)| !matches!(option.kind, Kind::Alias(_)) && args.is_open(*at));
    open.map(|(_, option)| format!("--{}", option.name)).collect()
}

fn last_word(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::List(words) => words.last().map(String::as_str),
        _ => None,
    }
}

/// Nothing to propose where the connection can't say.
fn domains_of(shell: &mut Shell, flags: u32) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_domains(flags).ok());
    all.unwrap_or_default().iter().map(|domain| domain.name().to_string()).collect()
}

/// All domains.
pub fn domains(shell: &mut Shell, _: &Args) -> Vec<String> {
    domains_of(shell, 0)
}

pub fn active_domains(shell: &mut Shell, _: &Args) -> Vec<String> {
    domains_of(shell, VIR_CONNECT_LIST_DOMAINS_ACTIVE)
}

pub fn inactive_domains(shell: &mut Shell, _: &Args) -> Vec<String> {
    domains_of(shell, VIR_CONNECT_LIST_DOMAINS_INACTIVE)
}

pub fn running_domains(shell: &mut Shell, _: &Args) -> Vec<String> {
    domains_of(shell, VIR_CONNECT_LIST_DOMAINS_RUNNING)
}

pub fn paused_domains(shell: &mut Shell, _: &Args) -> Vec<String> {
    domains_of(shell, VIR_CONNECT_LIST_DOMAINS_PAUSED)
}

pub fn persistent_domains(shell: &mut Shell, _: &Args) -> Vec<String> {
    domains_of(shell, VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
}

fn networks_of(shell: &mut Shell, flags: u32) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_networks(flags).ok());
    all.unwrap_or_default().iter().map(|network| network.name().to_owned()).collect()
}

pub fn networks(shell: &mut Shell, _: &Args) -> Vec<String> {
    networks_of(shell, 0)
}

pub fn active_networks(shell: &mut Shell, _: &Args) -> Vec<String> {
    networks_of(shell, VIR_CONNECT_LIST_NETWORKS_ACTIVE)
}

pub fn inactive_networks(shell: &mut Shell, _: &Args) -> Vec<String> {
    networks_of(shell, VIR_CONNECT_LIST_NETWORKS_INACTIVE)
}

pub fn pools(shell: &mut Shell, _: &Args) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_storage_pools(0).ok());
    all.unwrap_or_default().iter().map(|pool| pool.name().to_owned()).collect()
}

/// The volumes of the pool that was named.
pub fn volumes(shell: &mut Shell, args: &Args) -> Vec<String> {
    let Ok(connection) = shell.connection() else { return Vec::new() };
    if !args.knows_and_has("pool") {
        return Vec::new();
    }
    let pool = args.raw("pool").and_then(|name| connection.lookup_storage_pool_by_name(name).ok());
    let all = pool.and_then(|pool| pool.list_all_volumes(0).ok());
    all.unwrap_or_default().iter().map(|volume| volume.name().to_owned()).collect()
}

pub fn interfaces(shell: &mut Shell, _: &Args) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_interfaces(0).ok());
    all.unwrap_or_default().iter().map(|interface| interface.name().to_owned()).collect()
}

pub fn node_devices(shell: &mut Shell, _: &Args) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_node_devices(0).ok());
    all.unwrap_or_default().iter().map(|device| device.name().to_owned()).collect()
}

pub fn secrets(shell: &mut Shell, _: &Args) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_secrets(0).ok());
    all.unwrap_or_default().iter().map(|secret| secret.uuid().to_string()).collect()
}

pub fn nw_filters(shell: &mut Shell, _: &Args) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_nw_filters(0).ok());
    all.unwrap_or_default().iter().map(|filter| filter.name().to_owned()).collect()
}

pub fn nw_filter_bindings(shell: &mut Shell, _: &Args) -> Vec<String> {
    let all = shell.connection().ok().and_then(|connection| connection.list_all_nw_filter_bindings(0).ok());
    all.unwrap_or_default().iter().map(|binding| binding.port_dev().to_owned()).collect()
}

/// The domain that was named.
fn domain(shell: &mut Shell, args: &Args) -> Option<ferrovirt::Domain> {
    args.raw("domain").and_then(|name| crate::find::domain_named(shell, name).ok())
}

pub fn snapshots(shell: &mut Shell, args: &Args) -> Vec<String> {
    let all = domain(shell, args).and_then(|domain| domain.list_all_snapshots(0).ok());
    all.unwrap_or_default().iter().map(|snapshot| snapshot.name().to_owned()).collect()
}

pub fn checkpoints(shell: &mut Shell, args: &Args) -> Vec<String> {
    let all = domain(shell, args).and_then(|domain| domain.list_all_checkpoints(0).ok());
    all.unwrap_or_default().iter().map(|checkpoint| checkpoint.name().to_owned()).collect()
}

/// Targets of the disks of the domain that was named.
pub fn disks(shell: &mut Shell, args: &Args) -> Vec<String> {
    in_domain(shell, args, "devices/disk", &["target/@dev"])
}

/// MAC addresses and host ends of the interfaces of the domain that was named.
pub fn guest_interfaces(shell: &mut Shell, args: &Args) -> Vec<String> {
    in_domain(shell, args, "devices/interface", &["target/@dev", "mac/@address"])
}

fn in_domain(shell: &mut Shell, args: &Args, elements: &str, names: &[&str]) -> Vec<String> {
    let Some(xml) = domain(shell, args).and_then(|domain| domain.xml_desc(0).ok()) else { return Vec::new() };
    let Ok(document) = roxmltree::Document::parse(&xml) else { return Vec::new() };
    let found = crate::xml::all(document.root_element(), elements);
    found.into_iter().filter_map(|node| names.iter().find_map(|name| crate::xml::value(node, name))).collect()
}

/// Files and folders that begin with what was typed.
pub fn paths(_: &mut Shell, args: &Args) -> Vec<String> {
    let typed = args.last.and_then(|at| last_word(&args.values[at])).unwrap_or_default();
    let (folder, _) = typed.rsplit_once('/').map_or(("", typed), |(folder, name)| (folder, name));
    let prefix = if typed.contains('/') { format!("{folder}/") } else { String::new() };
    let place = if prefix.is_empty() { "." } else { prefix.as_str() };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| {
        let end = if entry.path().is_dir() { "/" } else { "" };
        format!("{prefix}{}{end}", entry.file_name().to_string_lossy())
    };
    let mut all: Vec<String> = entries.flatten().map(name).collect();
    all.sort();
    all
}

pub fn events(_: &mut Shell, _: &Args) -> Vec<String> {
    crate::commands::domain_event::names()
}

pub fn command_names(_: &mut Shell, _: &Args) -> Vec<String> {
    GROUPS.iter().flat_map(|group| group.listed()).map(|command| command.name.to_owned()).collect()
}
