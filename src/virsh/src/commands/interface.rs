//! Commands about the host's network interfaces.

use super::common::{done, from_file, sort_by_name};
use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::extra;
use crate::shell::Shell;
use crate::table::Table;
use crate::{find, xml};
use ferrovirt::Interface;
use ferrovirt_core::abi::*;
use roxmltree::Node;

pub const COMMANDS: &[Command] = &[
    Command::new("iface-begin", "remember the interfaces, to go back to", &[], iface_begin).changing(),
    Command::new(
        "iface-bridge",
        "make a bridge of an interface",
        &[
            arg("interface", "its name or MAC address").completed_by(complete::interfaces),
            arg("bridge", "name of the bridge"),
            flag("no-stp", "without the spanning tree protocol"),
            number("delay", "seconds until a new port forwards").also_positional(),
            flag("no-start", "don't start it"),
        ],
        iface_bridge,
    )
    .changing(),
    Command::new("iface-commit", "keep what was changed since iface-begin", &[], iface_commit).changing(),
    Command::new(
        "iface-define",
        "define an interface that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        iface_define,
    )
    .changing(),
    Command::new(
        "iface-destroy",
        "take an interface down",
        &[arg("interface", "its name or MAC address").completed_by(complete::interfaces)],
        iface_destroy,
    )
    .changing(),
    Command::new(
        "iface-dumpxml",
        "show an interface as XML",
        &[
            arg("interface", "its name or MAC address").completed_by(complete::interfaces),
            flag("inactive", "as at the next start"),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        iface_dumpxml,
    ),
    Command::new(
        "iface-edit",
        "edit an interface's XML",
        &[arg("interface", "its name or MAC address").completed_by(complete::interfaces)],
        iface_edit,
    )
    .changing(),
    Command::new(
        "iface-list",
        "list the host's interfaces",
        &[flag("inactive", "only inactive interfaces"), flag("all", "inactive interfaces too")],
        iface_list,
    ),
    Command::new(
        "iface-mac",
        "show an interface's MAC address",
        &[arg("interface", "its name or MAC address").completed_by(complete::interfaces)],
        iface_mac,
    ),
    Command::new(
        "iface-name",
        "show an interface's name",
        &[arg("interface", "its name or MAC address")],
        iface_name,
    ),
    Command::new("iface-rollback", "go back to what iface-begin remembered", &[], iface_rollback).changing(),
    Command::new(
        "iface-start",
        "bring an interface up",
        &[arg("interface", "its name or MAC address").completed_by(complete::interfaces)],
        iface_start,
    )
    .changing(),
    Command::new(
        "iface-unbridge",
        "undo a bridge and free its interface",
        &[arg("bridge", "name of the bridge"), flag("no-start", "don't start it")],
        iface_unbridge,
    )
    .changing(),
    Command::new(
        "iface-undefine",
        "forget an interface's definition",
        &[arg("interface", "its name or MAC address").completed_by(complete::interfaces)],
        iface_undefine,
    )
    .changing(),
];

fn iface_list(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "inactive")?;
    let (active, inactive) = (VIR_CONNECT_LIST_INTERFACES_ACTIVE, VIR_CONNECT_LIST_INTERFACES_INACTIVE);
    let flags = match (args.flag("all"), args.flag("inactive")) {
        (true, _) => active | inactive,
        (false, true) => inactive,
        (false, false) => active,
    };
    let mut interfaces =
        shell.connection()?.list_all_interfaces(flags).or_say(|| "Failed to list interfaces")?;
    sort_by_name(&mut interfaces, |interface| interface.name().to_owned());
    let mut table = Table::new(&["Name", "State", "MAC Address"]);
    for interface in interfaces {
        let state = if interface.is_active().unwrap_or(true) { "active" } else { "inactive" };
        table.row([interface.name().into(), state.into(), interface.mac().into()]);
    }
    shell.out.table(&table);
    Ok(())
}

fn iface_name(shell: &mut Shell, args: &Args) -> Outcome {
    let mac = args.need("interface")?;
    if !find::is_mac(mac) {
        fail!("failed to get interface '{mac}'")
    }
    let found = shell.connection()?.lookup_interface_by_mac(mac);
    let interface = found.or_say(|| format!("failed to get interface '{mac}'"))?;
    shell.out.document(format_args!("{}\n", interface.name()), interface.name().into());
    Ok(())
}

fn by_name(shell: &Shell, name: &str) -> Outcome<Interface> {
    if find::is_mac(name) {
        fail!("failed to get interface '{name}'")
    }
    let found = shell.connection()?.lookup_interface_by_name(name);
    found.or_say(|| format!("failed to get interface '{name}'"))
}

fn iface_mac(shell: &mut Shell, args: &Args) -> Outcome {
    let interface = by_name(shell, args.need("interface")?)?;
    shell.out.document(format_args!("{}\n", interface.mac()), interface.mac().into());
    Ok(())
}

fn iface_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let interface = find::interface(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = interface.xml_desc(args.bits(&[("inactive", VIR_INTERFACE_XML_INACTIVE)]))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn iface_define(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_INTERFACE_DEFINE_VALIDATE)]);
    let failed = "Failed to define interface from";
    let interface = from_file(shell, args, failed, |conn, xml| conn.define_interface(xml, flags))?;
    extra!(shell, "Interface {} defined from {}\n", interface.name(), args.need("file")?);
    Ok(())
}

fn iface_edit(shell: &mut Shell, args: &Args) -> Outcome {
    let interface = find::interface(shell, args)?;
    let connection = shell.connection()?;
    let mut defined = interface.name().to_owned();
    let fetch = || Ok(interface.xml_desc(VIR_INTERFACE_XML_INACTIVE)?);
    let mut define = |text: &str, _| {
        defined = connection.define_interface(text, 0)?.name().to_owned();
        Ok(())
    };
    match edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false })? {
        Edit::Unchanged => extra!(shell, "Interface {} XML configuration not changed.\n", interface.name()),
        Edit::Defined => extra!(shell, "Interface {defined} XML configuration edited.\n"),
    }
    Ok(())
}

/// An action on the interface that was named.
fn act(
    shell: &mut Shell,
    args: &Args,
    action: impl FnOnce(&Interface) -> ferrovirt::Result<()>,
    failed: &str,
    what: &str,
) -> Outcome {
    let interface = find::interface(shell, args)?;
    let name = args.need("interface")?;
    let result = action(&interface);
    done(
        shell,
        result,
        || format!("Failed to {failed} interface {name}"),
        || format!("Interface {name} {what}"),
    )
}

fn iface_undefine(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, Interface::undefine, "undefine", "undefined")
}

fn iface_start(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, |interface| interface.create(0), "start", "started")
}

/// Its success is told as a failure, which scripts may have come to count on.
fn iface_destroy(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, |interface| interface.destroy(0), "destroy", "destroyed")?;
    Err(Failure::silent())
}

fn iface_begin(shell: &mut Shell, _: &Args) -> Outcome {
    let result = shell.connection()?.begin_interface_change(0);
    transaction(shell, result, "begin", "started")
}

fn iface_commit(shell: &mut Shell, _: &Args) -> Outcome {
    let result = shell.connection()?.commit_interface_change(0);
    transaction(shell, result, "commit", "committed")
}

fn iface_rollback(shell: &mut Shell, _: &Args) -> Outcome {
    let result = shell.connection()?.rollback_interface_change(0);
    transaction(shell, result, "rollback", "rolled back")
}

fn transaction(shell: &mut Shell, result: ferrovirt::Result<()>, failed: &str, what: &str) -> Outcome {
    done(
        shell,
        result,
        || format!("Failed to {failed} network config change transaction"),
        || format!("Network config change transaction {what}"),
    )
}

/// Elements that go with an interface into its bridge and out of it again.
const MOVES: [&str; 3] = ["mac", "bond", "vlan"];

/// Children that move, or those that stay, printed one after the other.
fn children(node: Node<'_, '_>, moving: bool, but: &str) -> String {
    let all = node.children().filter(Node::is_element);
    let wanted = all.filter(|child| MOVES.contains(&child.tag_name().name()) == moving);
    wanted.filter(|child| child.tag_name().name() != but).map(xml::pretty).collect()
}

fn iface_bridge(shell: &mut Shell, args: &Args) -> Outcome {
    let name = args.need("interface")?;
    let interface = by_name(shell, name)?;
    let bridge = args.need("bridge")?;
    let connection = shell.connection()?;
    if connection.lookup_interface_by_name(bridge).is_ok() {
        fail!("Network device {bridge} already exists")
    }
    let delay = args.number::<u32>("delay")?.unwrap_or_default();
    let text = interface.xml_desc(VIR_INTERFACE_XML_INACTIVE)?;
    let document = xml::parse(&text, &format!("configuration of {name}"))?;
    let top = document.root_element();
    let Some(kind) = top.attribute("type") else { fail!("Existing device {name} has no type") };
    if kind == "bridge" {
        fail!("Existing device {name} is already a bridge")
    }
    if top.attribute("name") != Some(name) {
        let other = top.attribute("name").unwrap_or_default();
        fail!("Interface name from config {other} doesn't match given supplied name {name}")
    }
    let how = if args.flag("no-stp") { "stp='off'".to_owned() } else { format!("stp='on' delay='{delay}'") };
    let (stays, moves) = (children(top, false, "bridge"), children(top, true, ""));
    let new = format!(
        "<interface type='bridge' name='{bridge}'>{stays}<bridge {how}><interface type='{kind}' \
         name='{name}'>{moves}</interface></bridge></interface>",
        bridge = xml::escape(bridge),
    );
    let made = connection
        .define_interface(&new, 0)
        .or_say(|| format!("Failed to define new bridge interface {bridge}"))?;
    extra!(shell, "Created bridge {bridge} with attached device {name}\n");
    if !args.flag("no-start") {
        made.create(0).or_say(|| format!("Failed to start bridge interface {bridge}"))?;
        extra!(shell, "Bridge interface {bridge} started\n");
    }
    Ok(())
}

fn iface_unbridge(shell: &mut Shell, args: &Args) -> Outcome {
    let bridge = args.need("bridge")?;
    let old = by_name(shell, bridge)?;
    let text = old.xml_desc(VIR_INTERFACE_XML_INACTIVE)?;
    let document = xml::parse(&text, &format!("configuration of {bridge}"))?;
    let top = document.root_element();
    if top.attribute("type") != Some("bridge") {
        fail!("Device {bridge} is not a bridge")
    }
    let ports = xml::all(top, "bridge/interface");
    let port = match ports[..] {
        [port] => port,
        [] => fail!("No interface attached to bridge"),
        _ => fail!("Multiple interfaces attached to bridge"),
    };
    let Some(name) = port.attribute("name") else { fail!("Device attached to bridge {bridge} has no name") };
    let Some(kind) = port.attribute("type") else { fail!("Attached device {name} has no type") };
    let (stays, moves) = (children(top, false, "bridge"), children(port, true, ""));
    let new = format!("<interface type='{kind}' name='{}'>{stays}{moves}</interface>", xml::escape(name));
    old.destroy(0).or_say(|| format!("Failed to destroy bridge interface {bridge}"))?;
    old.undefine().or_say(|| format!("Failed to undefine bridge interface {bridge}"))?;
    let freed = shell
        .connection()?
        .define_interface(&new, 0)
        .or_say(|| format!("Failed to define new interface {name}"))?;
    extra!(shell, "Device {name} un-attached from bridge {bridge}\n");
    if !args.flag("no-start") {
        freed.create(0).or_say(|| format!("Failed to start interface {name}"))?;
        extra!(shell, "Interface {name} started\n");
    }
    Ok(())
}
