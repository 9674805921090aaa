//! `list`, and the words for the states of domains.

use crate::args::Args;
use crate::command::{Command, arg, flag};
use crate::complete;
use crate::failure::{OrSay, Outcome};
use crate::output::{Cell, say};
use crate::shell::Shell;
use crate::table::Table;
use ferrovirt::{Domain, ErrorCode};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "list",
        "list domains",
        &[
            flag("inactive", "only inactive domains"),
            flag("all", "inactive domains too"),
            flag("transient", "only those that are gone once they stop"),
            flag("persistent", "only persistent domains"),
            flag("with-snapshot", "only domains with snapshots"),
            flag("without-snapshot", "only domains without snapshots"),
            flag("with-checkpoint", "only domains with checkpoints"),
            flag("without-checkpoint", "only domains without checkpoints"),
            flag("state-running", "only running domains"),
            flag("state-paused", "only paused domains"),
            flag("state-shutoff", "only domains that are shut off"),
            flag("state-other", "only domains in other states"),
            flag("autostart", "those that start with the host"),
            flag("no-autostart", "those that don't start with the host"),
            flag("with-managed-save", "only domains with a saved state"),
            flag("without-managed-save", "only domains without a saved state"),
            flag("uuid", "UUIDs, only or as a column"),
            flag("name", "only names"),
            flag("id", "only numbers"),
            flag("table", "as a table"),
            flag("managed-save", "those with a saved state are told so"),
            flag("title", "titles too"),
        ],
        show_list,
    ),
    Command::new(
        "domstate",
        "show a domain's state",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("reason", "say why too"),
        ],
        domstate,
    ),
];

/// The word for a `virDomainState`.
pub fn state_word(state: i32) -> &'static str {
    const WORDS: [&str; 8] =
        ["no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended"];
    usize::try_from(state).ok().and_then(|state| WORDS.get(state)).unwrap_or(&"no state")
}

/// The words for the reason of a state.
fn reason_word(state: i32, reason: i32) -> &'static str {
    let words: &[&str] = match state as u32 {
        VIR_DOMAIN_RUNNING => &[
            "unknown",
            "booted",
            "migrated",
            "restored",
            "from snapshot",
            "unpaused",
            "migration canceled",
            "save canceled",
            "event wakeup",
            "crashed",
            "post-copy",
            "post-copy failed",
        ],
        VIR_DOMAIN_PAUSED => &[
            "unknown",
            "user",
            "migrating",
            "saving",
            "dumping",
            "I/O error",
            "watchdog",
            "from snapshot",
            "shutting down",
            "creating snapshot",
            "crashed",
            "starting up",
            "post-copy",
            "post-copy failed",
            "api error",
        ],
        VIR_DOMAIN_SHUTDOWN => &["unknown", "user"],
        VIR_DOMAIN_SHUTOFF => &[
            "unknown",
            "shutdown",
            "destroyed",
            "crashed",
            "migrated",
            "saved",
            "failed",
            "from snapshot",
            "daemon",
        ],
        VIR_DOMAIN_CRASHED => &["unknown", "panicked"],
        _ => &[],
    };
    usize::try_from(reason).ok().and_then(|reason| words.get(reason)).unwrap_or(&"unknown")
}

/// The state and its reason; a hypervisor that knows no reasons tells the state.
pub fn state_of(domain: &Domain) -> ferrovirt::Result<(i32, i32)> {
    match domain.state(0) {
        Ok(state) => Ok((state.state, state.reason)),
        Err(err) if err.code() == ErrorCode::NoSupport => Ok((domain.info()?.state.into(), -1)),
        Err(err) => Err(err),
    }
}

fn domstate(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = crate::find::domain(shell, args)?;
    let (state, reason) = state_of(&domain)?;
    let (state_word, reason_word) = (state_word(state), reason_word(state, reason));
    let json = serde_json::json!({ "state": state_word, "reason": reason_word });
    if args.flag("reason") {
        shell.out.document(format_args!("{state_word} ({reason_word})\n"), json);
    } else {
        shell.out.document(format_args!("{state_word}\n"), json);
    }
    Ok(())
}

const FILTERS: &[(&str, u32)] = &[
    ("persistent", VIR_CONNECT_LIST_DOMAINS_PERSISTENT),
    ("transient", VIR_CONNECT_LIST_DOMAINS_TRANSIENT),
    ("with-managed-save", VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE),
    ("without-managed-save", VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE),
    ("autostart", VIR_CONNECT_LIST_DOMAINS_AUTOSTART),
    ("no-autostart", VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART),
    ("with-snapshot", VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT),
    ("without-snapshot", VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT),
    ("with-checkpoint", VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT),
    ("without-checkpoint", VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT),
    ("state-running", VIR_CONNECT_LIST_DOMAINS_RUNNING),
    ("state-paused", VIR_CONNECT_LIST_DOMAINS_PAUSED),
    ("state-shutoff", VIR_CONNECT_LIST_DOMAINS_SHUTOFF),
    ("state-other", VIR_CONNECT_LIST_DOMAINS_OTHER),
];

/// Running domains by number, then the others by name.
fn in_order(domains: &mut [Domain]) {
    let key = |domain: &Domain| {
        let id = domain.numeric_id();
        if id >= 0 { (0, id, String::new()) } else { (1, 0, domain.name().to_lowercase()) }
    };
    domains.sort_by_key(key);
}

fn show_list(shell: &mut Shell, args: &Args) -> Outcome {
    let (active, inactive) = (VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    let mut flags = if args.flag("all") {
        active | inactive
    } else if args.flag("inactive") || args.flag("state-shutoff") {
        inactive
    } else {
        active
    };
    flags |= args.bits(FILTERS);
    args.exclusive("table", "name")?;
    args.exclusive("table", "id")?;
    let connection = shell.connection()?;
    let mut domains = connection.list_all_domains(flags).or_say(|| "Failed to list domains")?;
    in_order(&mut domains);
    let plain = args.flag("uuid") || args.flag("name") || args.flag("id");
    if args.flag("table") || !plain { table(shell, args, &domains) } else { lines(shell, args, &domains) }
}

fn number(domain: &Domain) -> Option<i32> {
    Some(domain.numeric_id()).filter(|id| *id >= 0)
}

fn table(shell: &mut Shell, args: &Args, domains: &[Domain]) -> Outcome {
    let mut header = vec!["Id", "Name", "State"];
    header.extend(args.flag("title").then_some("Title"));
    header.extend(args.flag("uuid").then_some("UUID"));
    let mut table = Table::new(&header);
    for domain in domains {
        // One that has gone meanwhile is not listed.
        let Ok((state, _)) = state_of(domain) else { continue };
        let saved = args.flag("managed-save")
            && state as u32 == VIR_DOMAIN_SHUTOFF
            && domain.has_managed_save_image(0).unwrap_or(false);
        let word = if saved { "saved" } else { state_word(state) };
        let mut row: Vec<Cell> = vec![number(domain).into(), (&*domain.name()).into(), word.into()];
        if args.flag("title") {
            row.push(crate::commands::describe::description_of(domain, true, 0)?.into());
        }
        if args.flag("uuid") {
            row.push(domain.uuid().into());
        }
        table.push(row);
    }
    shell.out.table(&table);
    Ok(())
}

fn lines(shell: &mut Shell, args: &Args, domains: &[Domain]) -> Outcome {
    let mut all = Vec::new();
    for domain in domains {
        let mut parts: Vec<String> = Vec::new();
        let mut object = serde_json::Map::new();
        if args.flag("uuid") {
            parts.push(domain.uuid().to_string());
            object.insert("uuid".into(), domain.uuid().to_string().into());
        }
        if args.flag("id") {
            if number(domain).is_none() && !args.flag("uuid") && !args.flag("name") {
                continue;
            }
            parts.push(number(domain).map_or("-".into(), |id| id.to_string()));
            object.insert("id".into(), number(domain).into());
        }
        if args.flag("name") {
            parts.push(domain.name().to_string());
            object.insert("name".into(), domain.name().as_ref().into());
        }
        // A line that does not begin with the UUID begins with nothing, as it always did.
        say!(shell, "{}\n", parts.join(" "));
        all.push(serde_json::Value::Object(object));
    }
    if shell.out.is_json() {
        shell.out.document(format_args!(""), all.into());
    }
    Ok(())
}
