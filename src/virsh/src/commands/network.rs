//! Commands about virtual networks and their ports.

use super::common::{ObjectEvents, Told, autostart, done, from_file, sort_by_name};
use super::describe::{check_metadata, describe, description_of, metadata};
use super::domain::affected;
use crate::args::Args;
use crate::command::{Command, arg, flag, list, number, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::transfer::read_document;
use crate::values::time;
use crate::{find, xml};
use ferrovirt::event::{Event, NetworkEventKind};
use ferrovirt::{Error, ErrorCode, Network, NetworkPort};
use ferrovirt_core::abi::*;
use uuid::Uuid;

pub const COMMANDS: &[Command] = &[
    Command::new("net-autostart", "say whether a network starts with the host", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
        flag("disable", "turn off"),
    ], net_autostart).changing(),
    Command::new("net-create", "start a network that an XML file describes", &[
        arg("file", "file with its XML").completed_by(complete::paths),
        flag("validate", "check the XML against the schema first"),
    ], net_create).changing(),
    Command::new("net-define", "define a network that an XML file describes", &[
        arg("file", "file with its XML").completed_by(complete::paths),
        flag("validate", "check the XML against the schema first"),
    ], net_define).changing(),
    Command::new("net-desc", "show or set a network's description or title", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
        flag("live", "of the running network"),
        flag("config", "for the next start"),
        flag("current", "as it is now, running or not"),
        flag("title", "the title"),
        flag("edit", "open an editor on it"),
        list("new-desc", "the new text").positional(),
    ], net_desc),
    Command::new("net-destroy", "stop a network", &[
        arg("network", "its name or UUID").completed_by(complete::active_networks),
    ], net_destroy).changing(),
    Command::new("net-dhcp-leases", "list the addresses that a network has given out", &[
        arg("network", "its name or UUID").completed_by(complete::active_networks),
        text("mac", "only those of this MAC address").also_positional(),
    ], net_dhcp_leases),
    Command::new("net-dumpxml", "show a network as XML", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
        flag("inactive", "as at the next start"),
        text("xpath", "only what this XPath finds"),
        flag("wrap", "put what is found into one element"),
    ], net_dumpxml),
    Command::new("net-edit", "edit a network's XML", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
    ], net_edit).changing(),
    Command::new("net-event", "wait for events of networks", &[
        text("network", "its name or UUID").also_positional().completed_by(complete::networks),
        text("event", "which event").also_positional(),
        flag("loop", "go on until a time is over or Ctrl-C comes"),
        number("timeout", "seconds to wait at most").also_positional(),
        flag("list", "the events there are"),
        flag("timestamp", "with the time of each"),
    ], net_event),
    Command::new("net-info", "show the basics of a network", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
    ], net_info),
    Command::new("net-list", "list networks", &[
        flag("inactive", "only inactive networks"),
        flag("all", "inactive networks too"),
        flag("persistent", "only persistent networks"),
        flag("transient", "only those that are gone once they stop"),
        flag("autostart", "those that start with the host"),
        flag("no-autostart", "those that don't start with the host"),
        flag("uuid", "only UUIDs"),
        flag("name", "only names"),
        flag("table", "as a table"),
        flag("title", "titles too"),
    ], net_list),
    Command::new("net-metadata", "show or set an application's metadata of a network", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
        arg("uri", "namespace of the metadata"),
        flag("live", "of the running network"),
        flag("config", "for the next start"),
        flag("current", "as it is now, running or not"),
        flag("edit", "open an editor on it"),
        text("key", "prefix for its namespace").also_positional(),
        text("set", "the new XML").also_positional(),
        flag("remove", "remove it"),
    ], net_metadata),
    Command::new("net-name", "show a network's name", &[
        arg("network", "its UUID"),
    ], net_name),
    Command::new("net-port-create", "make a port that an XML file describes", &[
        arg("network", "its name or UUID").completed_by(complete::active_networks),
        arg("file", "file with its XML").completed_by(complete::paths),
        flag("validate", "check the XML against the schema first"),
    ], net_port_create).changing(),
    Command::new("net-port-delete", "delete a port", &[
        arg("network", "its name or UUID").completed_by(complete::active_networks),
        arg("port", "UUID of the port"),
    ], net_port_delete).changing(),
    Command::new("net-port-dumpxml", "show a port as XML", &[
        arg("network", "its name or UUID").completed_by(complete::active_networks),
        arg("port", "UUID of the port"),
        text("xpath", "only what this XPath finds"),
        flag("wrap", "put what is found into one element"),
    ], net_port_dumpxml),
    Command::new("net-port-list", "list a network's ports", &[
        arg("network", "its name or UUID").completed_by(complete::active_networks),
        flag("uuid", "only UUIDs"),
        flag("table", "as a table"),
    ], net_port_list),
    Command::new("net-start", "start a network that is defined", &[
        arg("network", "its name or UUID").completed_by(complete::inactive_networks),
    ], net_start).changing(),
    Command::new("net-undefine", "forget a network's definition", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
    ], net_undefine).changing(),
    Command::new("net-update", "change a part of a network", &[
        arg("network", "its name or UUID").completed_by(complete::networks),
        arg("command", "what to do: add-first, add-last, add, delete or modify"),
        arg("section", "which part: bridge, domain, ip, ip-dhcp-host, ip-dhcp-range, forward, forward-interface, forward-pf, portgroup, dns-host, dns-txt or dns-srv"),
        arg("xml", "the XML, or a file that has it").completed_by(complete::paths),
        number("parent-index", "which of several elements it belongs to").also_positional(),
        flag("config", "for the next start"),
        flag("live", "of the running network"),
        flag("current", "as it is now, running or not"),
    ], net_update).changing(),
    Command::new("net-uuid", "show a network's UUID", &[
        arg("network", "its name").completed_by(complete::networks),
    ], net_uuid),
];

fn net_autostart(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    autostart(shell, args, "Network", args.need("network")?, |on| network.set_autostart(on))
}

fn net_create(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_NETWORK_CREATE_VALIDATE)]);
    let network =
        from_file(shell, args, "Failed to create network from", |conn, xml| conn.create_network(xml, flags))?;
    extra!(shell, "Network {} created from {}\n", network.name(), args.need("file")?);
    Ok(())
}

fn net_define(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_NETWORK_DEFINE_VALIDATE)]);
    let network =
        from_file(shell, args, "Failed to define network from", |conn, xml| conn.define_network(xml, flags))?;
    extra!(shell, "Network {} defined from {}\n", network.name(), args.need("file")?);
    Ok(())
}

/// An action on the network that was named.
fn act(
    shell: &mut Shell,
    args: &Args,
    action: fn(&Network) -> ferrovirt::Result<()>,
    failed: &str,
    what: &str,
) -> Outcome {
    let network = find::network(shell, args)?;
    let name = args.need("network")?;
    let result = action(&network);
    done(shell, result, || format!("Failed to {failed} network {name}"), || format!("Network {name} {what}"))
}

fn net_destroy(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, Network::destroy, "destroy", "destroyed")
}

fn net_start(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, Network::create, "start", "started")
}

fn net_undefine(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, Network::undefine, "undefine", "has been undefined")
}

fn net_desc(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let network = find::network(shell, args)?;
    describe(shell, args, &network, flags)
}

fn net_metadata(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    check_metadata(args)?;
    let network = find::network(shell, args)?;
    metadata(shell, args, &network, flags)
}

fn net_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = network.xml_desc(args.bits(&[("inactive", VIR_NETWORK_XML_INACTIVE)]))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn net_edit(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    let connection = shell.connection()?;
    let mut defined = network.name().to_owned();
    let fetch = || Ok(network.xml_desc(VIR_NETWORK_XML_INACTIVE)?);
    let mut define = |text: &str, _| {
        defined = connection.define_network(text, 0)?.name().to_owned();
        Ok(())
    };
    match edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false })? {
        Edit::Unchanged => extra!(shell, "Network {} XML configuration not changed.\n", network.name()),
        Edit::Defined => extra!(shell, "Network {defined} XML configuration edited.\n"),
    }
    Ok(())
}

fn net_info(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    let mut fields = vec![("Name:", Cell::from(network.name())), ("UUID:", network.uuid().into())];
    if let Ok(active) = network.is_active() {
        fields.push(("Active:", active.into()));
    }
    fields.push((
        "Persistent:",
        network.is_persistent().map_or_else(|_| Cell::absent("unknown"), Cell::yes_no),
    ));
    fields.push(("Autostart:", autostart_cell(network.autostart())));
    if let Ok(bridge) = network.bridge_name() {
        fields.push(("Bridge:", bridge.into()));
    }
    shell.out.fields(15, &fields);
    Ok(())
}

/// Whether something starts with the host, where it could.
pub fn autostart_cell(answer: ferrovirt::Result<bool>) -> Cell {
    answer.map_or_else(|_| Cell::absent("no autostart"), Cell::yes_no)
}

fn net_list(shell: &mut Shell, args: &Args) -> Outcome {
    let (active, inactive) = (VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE);
    let mut flags = match (args.flag("all"), args.flag("inactive")) {
        (true, _) => active | inactive,
        (false, true) => inactive,
        (false, false) => active,
    };
    flags |= args.bits(&[
        ("persistent", VIR_CONNECT_LIST_NETWORKS_PERSISTENT),
        ("transient", VIR_CONNECT_LIST_NETWORKS_TRANSIENT),
        ("autostart", VIR_CONNECT_LIST_NETWORKS_AUTOSTART),
        ("no-autostart", VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART),
    ]);
    if ["table", "name", "uuid"].iter().filter(|name| args.flag(name)).count() > 1 {
        fail!("Only one argument from --table, --name and --uuid may be specified.")
    }
    let mut networks = shell.connection()?.list_all_networks(flags).or_say(|| "Failed to list networks")?;
    sort_by_name(&mut networks, |network| network.name().to_owned());
    if args.flag("uuid") || args.flag("name") {
        let label = |network: &Network| match args.flag("uuid") {
            true => network.uuid().to_string(),
            false => network.name().to_owned(),
        };
        let labels: Vec<String> = networks.iter().map(label).collect();
        let lines: String = labels.iter().map(|label| format!("{label}\n")).collect();
        shell.out.document(format_args!("{lines}"), labels.into());
        return Ok(());
    }
    let mut header = vec!["Name", "State", "Autostart", "Persistent"];
    header.extend(args.flag("title").then_some("Title"));
    let mut table = Table::new(&header);
    for network in &networks {
        let state = if network.is_active().unwrap_or(true) { "active" } else { "inactive" };
        let mut row: Vec<Cell> = vec![
            network.name().into(),
            state.into(),
            autostart_cell(network.autostart()),
            network.is_persistent().unwrap_or(true).into(),
        ];
        if args.flag("title") {
            row.push(description_of(network, true, 0)?.into());
        }
        table.push(row);
    }
    shell.out.table(&table);
    Ok(())
}

fn net_name(shell: &mut Shell, args: &Args) -> Outcome {
    let text = args.need("network")?;
    let uuid = Uuid::parse_str(text).ok().filter(|_| text.len() == 36);
    let connection = shell.connection()?;
    let Some(network) = uuid.and_then(|uuid| connection.lookup_network_by_uuid(uuid).ok()) else {
        fail!("failed to get network '{text}'")
    };
    shell.out.document(format_args!("{}\n", network.name()), network.name().into());
    Ok(())
}

fn net_uuid(shell: &mut Shell, args: &Args) -> Outcome {
    let name = args.need("network")?;
    let Ok(network) = shell.connection()?.lookup_network_by_name(name) else {
        fail!("failed to get network '{name}'")
    };
    let uuid = network.uuid().to_string();
    shell.out.document(format_args!("{uuid}\n"), uuid.as_str().into());
    Ok(())
}

/// What `net-update` can do, by number.
const UPDATES: [&str; 5] = ["none", "modify", "delete", "add-last", "add-first"];

/// The parts that it can do it to.
const SECTIONS: [&str; 13] = [
    "none",
    "bridge",
    "domain",
    "ip",
    "ip-dhcp-host",
    "ip-dhcp-range",
    "forward",
    "forward-interface",
    "forward-pf",
    "portgroup",
    "dns-host",
    "dns-txt",
    "dns-srv",
];

fn net_update(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let network = find::network(shell, args)?;
    let position =
        |words: &[&str], word: &str| words.iter().position(|known| *known == word).filter(|at| *at > 0);
    let command = args.need("command")?;
    let wanted = if command == "add" { "add-last" } else { command };
    let Some(update) = position(&UPDATES, wanted) else { fail!("unrecognized command name '{command}'") };
    let section = args.need("section")?;
    let Some(part) = position(&SECTIONS, section) else { fail!("unrecognized section name '{section}'") };
    let parent = args.number::<i32>("parent-index")?.unwrap_or(-1);
    let xml = args.need("xml")?;
    let text = if xml.starts_with('<') { xml.to_owned() } else { read_document(xml)? };
    let name = network.name();
    network
        .update(update as u32, part as u32, parent, &text, flags)
        .or_say(|| format!("Failed to update network {name}"))?;
    let running = || network.is_active().unwrap_or(true);
    extra!(shell, "Updated network {name} {}", what_was_updated(args, running));
    Ok(())
}

/// What an update has reached.
pub fn what_was_updated(args: &Args, is_active: impl FnOnce() -> bool) -> &'static str {
    match (args.flag("config"), args.flag("live")) {
        (true, true) => "persistent config and live state",
        (true, false) => "persistent config",
        (false, true) => "live state",
        (false, false) if is_active() => "live state",
        (false, false) => "persistent config",
    }
}

fn net_dhcp_leases(shell: &mut Shell, args: &Args) -> Outcome {
    let mac = args.text("mac")?;
    let network = find::network(shell, args)?;
    let name = args.need("network")?;
    let mut leases =
        network.dhcp_leases(mac, 0).or_say(|| format!("Failed to get leases info for {name}"))?;
    leases.sort_by_key(|lease| lease.mac.as_deref().unwrap_or_default().to_lowercase());
    let header = ["Expiry Time", "MAC address", "Protocol", "IP address", "Hostname", "Client ID or DUID"];
    let mut table = Table::new(&header);
    for lease in leases {
        let kind = match lease.kind as u32 {
            VIR_IP_ADDR_TYPE_IPV6 => "ipv6",
            _ => "ipv4",
        };
        table.row([
            time::local(lease.expiry_time).into(),
            lease.mac.into(),
            kind.into(),
            format!("{}/{}", lease.ip_addr, lease.prefix).into(),
            lease.hostname.into(),
            lease.client_id.into(),
        ]);
    }
    shell.out.table(&table);
    Ok(())
}

static EVENTS: ObjectEvents = ObjectEvents {
    names: &["lifecycle", "metadata-change"],
    noun: "network",
    lifecycle: &["Defined", "Undefined", "Started", "Stopped"],
};

fn net_event(shell: &mut Shell, args: &Args) -> Outcome {
    let register = |shell: &mut Shell, connection: &ferrovirt::Connection, kind, listener| {
        let network = args.has("network").then(|| find::network(shell, args)).transpose()?;
        Ok(connection.register_network_event(network.as_ref(), kind, listener)?)
    };
    let told = |event: &Event| match event {
        Event::Network { network, kind } => {
            let details = match kind {
                NetworkEventKind::Lifecycle { event, .. } => EVENTS.lifecycle_word(*event),
                NetworkEventKind::MetadataChange { kind, uri } => {
                    let words = ["description", "title", "element"];
                    let word = usize::try_from(*kind).ok().and_then(|at| words.get(at)).unwrap_or(&"unknown");
                    format!("type {word}, uri {}", uri.as_deref().unwrap_or("<null>"))
                }
            };
            Some(Told { object: network.name.to_string(), details: Some(details) })
        }
        _ => None,
    };
    EVENTS.wait(shell, args, register, told)
}

/// The port that was named.
fn port(args: &Args, network: &Network) -> Outcome<NetworkPort> {
    let text = args.need("port")?;
    let malformed = || Error::new(ErrorCode::InvalidArg, format!("'{text}' is no UUID of a port"));
    let found =
        Uuid::parse_str(text).map_err(|_| malformed()).and_then(|uuid| network.lookup_port_by_uuid(uuid));
    found.or_say(|| format!("failed to get network port '{text}'"))
}

fn net_port_create(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    let flags = args.bits(&[("validate", VIR_NETWORK_PORT_CREATE_VALIDATE)]);
    let port =
        from_file(shell, args, "Failed to create network from", |_, xml| network.create_port(xml, flags))?;
    extra!(shell, "Network port {} created from {}\n", port.uuid(), args.need("file")?);
    Ok(())
}

fn net_port_delete(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    let port = port(args, &network)?;
    let uuid = port.uuid();
    let result = port.delete(0);
    done(
        shell,
        result,
        || format!("Failed to delete network port {uuid}"),
        || format!("Network port {uuid} deleted"),
    )
}

fn net_port_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let network = find::network(shell, args)?;
    let port = port(args, &network)?;
    let xpath = args.text("xpath")?;
    let text = port.xml_desc(0)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn net_port_list(shell: &mut Shell, args: &Args) -> Outcome {
    if args.flag("table") && args.flag("uuid") {
        fail!("Only one argument from --table and --uuid may be specified.")
    }
    let network = find::network(shell, args)?;
    let mut uuids: Vec<Uuid> = network.list_all_ports(0)?.iter().map(NetworkPort::uuid).collect();
    uuids.sort();
    if args.flag("uuid") {
        for uuid in &uuids {
            say!(shell, "{uuid}\n");
        }
        return Ok(());
    }
    let mut table = Table::new(&["UUID"]);
    uuids.into_iter().for_each(|uuid| table.row([uuid.into()]));
    shell.out.table(&table);
    Ok(())
}
