//! Commands about the host's devices.

use super::common::{ObjectEvents, Told, autostart, done, from_file, sort_by_name};
use super::network::{autostart_cell, what_was_updated};
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::tree::{Entry, draw};
use crate::values::lists::split;
use crate::xml;
use ferrovirt::event::{Event, ObjectEventKind};
use ferrovirt::{NODE_DEVICE_CAPABILITIES, NodeDevice};
use ferrovirt_core::abi::*;
use serde_json::json;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "nodedev-autostart",
        "say whether a device is made with the host",
        &[arg("device", "the device").completed_by(complete::node_devices), flag("disable", "turn off")],
        nodedev_autostart,
    )
    .changing(),
    Command::new(
        "nodedev-create",
        "make a device that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        nodedev_create,
    )
    .changing(),
    Command::new(
        "nodedev-define",
        "define a device that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        nodedev_define,
    )
    .changing(),
    Command::new(
        "nodedev-destroy",
        "remove a device that was made",
        &[
            alias("name", "device"),
            arg("device", "its name, or WWNN,WWPN of a vHBA").completed_by(complete::node_devices),
        ],
        nodedev_destroy,
    )
    .changing(),
    Command::new(
        "nodedev-detach",
        "take a device from its driver, for guests",
        &[
            arg("device", "the device").completed_by(complete::node_devices),
            text("driver", "the host's driver that takes it").also_positional(),
        ],
        nodedev_detach,
    )
    .changing(),
    Command::new(
        "nodedev-dumpxml",
        "show a device as XML",
        &[
            arg("device", "the device").completed_by(complete::node_devices),
            flag("inactive", "as at the next start"),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
        ],
        nodedev_dumpxml,
    ),
    Command::new(
        "nodedev-event",
        "wait for events of devices",
        &[
            text("device", "the device").also_positional().completed_by(complete::node_devices),
            text("event", "which event").also_positional(),
            flag("loop", "go on until a time is over or Ctrl-C comes"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("list", "the events there are"),
            flag("timestamp", "with the time of each"),
        ],
        nodedev_event,
    ),
    Command::new(
        "nodedev-info",
        "show the basics of a device",
        &[arg("device", "the device").completed_by(complete::node_devices)],
        nodedev_info,
    ),
    Command::new(
        "nodedev-list",
        "list the host's devices",
        &[
            flag("tree", "as a tree"),
            text("cap", "capabilities to list by, with commas between").also_positional(),
            flag("inactive", "only inactive devices"),
            flag("all", "inactive devices too"),
            flag("persistent", "only persistent devices"),
            flag("transient", "only transient devices"),
        ],
        nodedev_list,
    ),
    Command::new(
        "nodedev-reattach",
        "give a device back to its driver",
        &[arg("device", "the device").completed_by(complete::node_devices)],
        nodedev_reattach,
    )
    .changing(),
    Command::new(
        "nodedev-reset",
        "reset a device",
        &[arg("device", "the device").completed_by(complete::node_devices)],
        nodedev_reset,
    )
    .changing(),
    Command::new(
        "nodedev-start",
        "make a device that is defined",
        &[arg("device", "the device").completed_by(complete::node_devices)],
        nodedev_start,
    )
    .changing(),
    Command::new(
        "nodedev-undefine",
        "forget a device's definition",
        &[arg("device", "the device").completed_by(complete::node_devices)],
        nodedev_undefine,
    )
    .changing(),
    Command::new(
        "nodedev-update",
        "change a device to what an XML file describes",
        &[
            arg("device", "the device").completed_by(complete::node_devices),
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        nodedev_update,
    )
    .changing(),
];

/// A device by its name, or by the WWNN and WWPN of its SCSI host.
fn device_or_host(shell: &Shell, args: &Args) -> Outcome<NodeDevice> {
    let text = args.need("device")?;
    if !text.contains(',') {
        return device(shell, args);
    }
    let names = split(text);
    let [wwnn, wwpn] = &names[..] else { fail!("Malformed device value '{text}'") };
    shell
        .connection()?
        .lookup_scsi_host_by_wwn(wwnn, wwpn, 0)
        .or_say(|| format!("Could not find matching device '{text}'"))
}

fn device(shell: &Shell, args: &Args) -> Outcome<NodeDevice> {
    let name = args.need("device")?;
    shell
        .connection()?
        .lookup_node_device_by_name(name)
        .or_say(|| format!("Could not find matching device '{name}'"))
}

fn nodedev_create(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_NODE_DEVICE_CREATE_XML_VALIDATE)]);
    let failed = "Failed to create node device from";
    let device = from_file(shell, args, failed, |conn, xml| conn.create_node_device(xml, flags))?;
    extra!(shell, "Node device {} created from {}\n", device.name(), args.need("file")?);
    Ok(())
}

fn nodedev_define(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("validate", VIR_NODE_DEVICE_DEFINE_XML_VALIDATE)]);
    let file = args.need("file")?;
    let text = read_document(file)?;
    let device = shell
        .connection()?
        .define_node_device(&text, flags)
        .or_say(|| format!("Failed to define node device from '{file}'"))?;
    extra!(shell, "Node device '{}' defined from '{file}'\n", device.name());
    Ok(())
}

fn nodedev_destroy(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device_or_host(shell, args)?;
    let name = args.need("device")?;
    let failed = || format!("Failed to destroy node device '{name}'");
    done(shell, device.destroy(), failed, || format!("Destroyed node device '{name}'"))
}

fn nodedev_undefine(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device_or_host(shell, args)?;
    let name = args.need("device")?;
    let failed = || format!("Failed to undefine node device '{name}'");
    done(shell, device.undefine(0), failed, || format!("Undefined node device '{name}'"))
}

fn nodedev_detach(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device(shell, args)?;
    let name = args.need("device")?;
    let driver = args.raw("driver").filter(|driver| !driver.is_empty());
    let failed = || format!("Failed to detach device {name}");
    done(shell, device.detach(driver, 0), failed, || format!("Device {name} detached"))
}

fn nodedev_reattach(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device(shell, args)?;
    let name = args.need("device")?;
    let failed = || format!("Failed to re-attach device {name}");
    done(shell, device.re_attach(), failed, || format!("Device {name} re-attached"))
}

fn nodedev_reset(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device(shell, args)?;
    let name = args.need("device")?;
    let failed = || format!("Failed to reset device {name}");
    done(shell, device.reset(), failed, || format!("Device {name} reset"))
}

fn nodedev_start(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device(shell, args)?;
    let name = args.need("device")?;
    let failed = || format!("Failed to start device {name}");
    done(shell, device.create(0), failed, || format!("Device {name} started"))
}

fn nodedev_autostart(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device_or_host(shell, args)?;
    autostart(shell, args, "Device", args.need("device")?, |on| device.set_autostart(on))
}

fn nodedev_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let xpath = args.text("xpath")?;
    let device = device_or_host(shell, args)?;
    let text = device.xml_desc(args.bits(&[("inactive", VIR_NODE_DEVICE_XML_INACTIVE)]))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn nodedev_info(shell: &mut Shell, args: &Args) -> Outcome {
    let device = device_or_host(shell, args)?;
    let parent = device.parent().ok().flatten();
    let fields = [
        ("Name:", Cell::from(device.name())),
        ("Parent:", parent.map_or_else(|| Cell::absent(""), Cell::from)),
        ("Active:", device.is_active().unwrap_or(true).into()),
        ("Persistent:", device.is_persistent().unwrap_or(true).into()),
        ("Autostart:", autostart_cell(device.autostart())),
    ];
    shell.out.fields(15, &fields);
    Ok(())
}

fn nodedev_list(shell: &mut Shell, args: &Args) -> Outcome {
    let capabilities = args.raw("cap").filter(|text| !text.is_empty());
    let [all, inactive, persistent, transient, tree] =
        ["all", "inactive", "persistent", "transient", "tree"].map(|name| args.flag(name));
    if all && inactive {
        fail!("Option --all is incompatible with --inactive")
    }
    if transient && (persistent || inactive) {
        fail!("Option --transient is incompatible with --persistent and --inactive")
    }
    if tree && (capabilities.is_some() || inactive || persistent || transient) {
        fail!("Option --tree is incompatible with --cap, --inactive, --persistent and --transient")
    }
    let mut flags = args.bits(&[
        ("persistent", VIR_CONNECT_LIST_NODE_DEVICES_PERSISTENT),
        ("transient", VIR_CONNECT_LIST_NODE_DEVICES_TRANSIENT),
    ]);
    for name in capabilities.map(split).unwrap_or_default() {
        match NODE_DEVICE_CAPABILITIES.iter().find(|(known, _)| *known == name) {
            Some((_, flag)) => flags |= flag,
            None => fail!("Invalid capability type"),
        }
    }
    if inactive || all {
        flags |= VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE;
    }
    if !inactive {
        flags |= VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE;
    }
    let mut devices =
        shell.connection()?.list_all_node_devices(flags).or_say(|| "Failed to list node devices")?;
    sort_by_name(&mut devices, |device| device.name().to_owned());
    if tree {
        show_tree(shell, &devices)
    } else {
        show_names(shell, &devices)
    }
    Ok(())
}

fn show_names(shell: &mut Shell, devices: &[NodeDevice]) {
    let names: Vec<&str> = devices.iter().map(NodeDevice::name).collect();
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    shell.out.document(format_args!("{lines}"), json!(names));
}

fn show_tree(shell: &mut Shell, devices: &[NodeDevice]) {
    let entry = |device: &NodeDevice| {
        let parent = if device.name() == "computer" { None } else { device.parent().ok().flatten() };
        Entry { name: device.name().to_owned(), parent }
    };
    let entries: Vec<Entry> = devices.iter().map(entry).collect();
    for (at, _) in entries.iter().enumerate().filter(|(_, entry)| entry.parent.is_none()) {
        say!(shell, "{}", draw(&entries, at));
    }
    if shell.out.is_json() {
        let all: Vec<_> =
            entries.iter().map(|entry| json!({ "name": entry.name, "parent": entry.parent })).collect();
        shell.out.document(format_args!(""), all.into());
    }
}

static EVENTS: ObjectEvents = ObjectEvents {
    names: &["lifecycle", "update"],
    noun: "node device",
    lifecycle: &["Created", "Deleted", "Defined", "Undefined"],
};

fn nodedev_event(shell: &mut Shell, args: &Args) -> Outcome {
    let register = |shell: &mut Shell, connection: &ferrovirt::Connection, kind, listener| {
        let device = args.has("device").then(|| device(shell, args)).transpose()?;
        Ok(connection.register_node_device_event(device.as_ref(), kind, listener)?)
    };
    let told = |event: &Event| match event {
        Event::NodeDevice { device, kind } => {
            let details = match kind {
                ObjectEventKind::Lifecycle { event, .. } => Some(EVENTS.lifecycle_word(*event)),
                ObjectEventKind::Changed => None,
            };
            Some(Told { object: device.name.to_string(), details })
        }
        _ => None,
    };
    EVENTS.wait(shell, args, register, told)
}

fn nodedev_update(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("current", "live")?;
    args.exclusive("current", "config")?;
    let device = device_or_host(shell, args)?;
    let file = args.need("file")?;
    let text = read_document(file)?;
    let flags = args.bits(&[
        ("config", VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG),
        ("live", VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE),
    ]);
    let name = device.name();
    device.update(&text, flags).or_say(|| format!("Failed to update node device {name} from '{file}'"))?;
    let running = || device.is_active().unwrap_or(true);
    extra!(shell, "Updated node device {name} {}", what_was_updated(args, running));
    Ok(())
}
