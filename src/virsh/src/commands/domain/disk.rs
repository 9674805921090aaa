//! Disks by arguments: attached, detached, and their media changed.

use super::{CONFIG, affected, affected_for_good, live_by_default};
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, text};
use crate::commands::address::{Address, Form};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{extra, say};
use crate::shell::Shell;
use crate::xml::Writer;
use crate::{find, xml};
use ferrovirt::Error;
use ferrovirt_core::abi::*;
use roxmltree::{Document, Node};

pub const COMMANDS: &[Command] = &[
    Command::new(
        "attach-disk",
        "attach a disk",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("source", "file or device behind it").empty_okay(),
            arg("target", "what it is called in the guest"),
            text("targetbus", "bus that it sits on"),
            text("driver", "the driver behind it"),
            text("subdriver", "format of the disk"),
            text("iothread", "I/O thread that serves the disk"),
            text("cache", "how the host caches the disk"),
            text("io", "how I/O is done: threads, native or io_uring"),
            text("type", "what the guest sees: disk, cdrom, floppy or lun"),
            alias("shareable", "mode=shareable"),
            text("mode", "readonly or shareable"),
            text("sourcetype", "kind of the source: file, block or network"),
            text("serial", "serial number"),
            text("wwn", "world wide name"),
            text("alias", "give the disk this alias"),
            flag("rawio", "with the right to raw I/O"),
            text("address", "where the disk sits on the guest's bus"),
            flag("multifunction", "several functions at its PCI address"),
            flag("print-xml", "only show the XML that would be sent"),
            text("source-protocol", "protocol of the source"),
            text("source-host-name", "host that has the source"),
            text("source-host-transport", "how that host is reached"),
            text("source-host-socket", "socket of that host"),
            text("throttle-groups", "groups that limit the disk, with commas between"),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        attach_disk,
    )
    .changing(),
    Command::new(
        "change-media",
        "change the medium of a CD or floppy drive",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("path", "target of the disk, or its source").completed_by(complete::disks),
            text("source", "file or device to put in").positional(),
            flag("eject", "take the medium out"),
            flag("insert", "put a medium in"),
            flag("update", "change the medium"),
            flag("current", "as it is now, running or not"),
            flag("live", "of the running domain"),
            flag("config", "for the next start"),
            flag("force", "even if the guest holds it"),
            flag("print-xml", "only show the XML that would be sent"),
            flag("block", "wait until a guest that is busy lets go"),
        ],
        change_media,
    )
    .changing(),
    Command::new(
        "detach-disk",
        "detach a disk",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("target", "what it is called in the guest").completed_by(complete::disks),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
            flag("print-xml", "only show the XML that would be sent"),
        ],
        detach_disk,
    )
    .changing(),
];

/// What lies behind the disk.
fn source_kind(args: &Args, source: &str) -> Outcome<&'static str> {
    let protocol = args.text("source-protocol")?;
    let kind = match args.text("sourcetype")? {
        Some("file") => "file",
        Some("block") => "block",
        Some("network") => "network",
        Some(other) if !other.is_empty() => fail!("Unknown source type: '{other}'"),
        _ if protocol.is_some() => "network",
        _ if !matches!(args.text("driver")?, Some("file" | "tap")) && is_block_device(source) => "block",
        _ => "file",
    };
    if (kind == "network") != protocol.is_some() {
        fail!("--source-protocol option requires --sourcetype network")
    }
    Ok(kind)
}

fn is_block_device(path: &str) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|data| data.file_type().is_block_device())
}

fn check_wwn(wwn: &str) -> Outcome {
    let digits = wwn.strip_prefix("0x").unwrap_or(wwn);
    if digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::xml(format!("malformed wwn: '{wwn}' is not 16 hexadecimal digits")).into())
}

/// The address, if it suits the kind of disk that the target's name says.
fn address(args: &Args, target: &str) -> Outcome<Option<Address>> {
    let Some(text) = args.text("address")? else { return Ok(None) };
    let Some(address) = Address::parse(text, args.flag("multifunction")) else { fail!("Invalid address.") };
    let (fits, expected) = match target.get(..2) {
        Some("vd") => {
            (matches!(address.form, Form::Pci | Form::Ccw), "a pci:0000.00.00.00 or ccw:00.0.0000 address.")
        }
        Some("sd") => (
            matches!(address.form, Form::Scsi | Form::Usb | Form::Sata),
            "a scsi:00.00.00 or usb:00.00 or sata:00.00.00 address.",
        ),
        Some("hd") => (address.form == Form::Ide, "an ide:00.00.00 address."),
        _ => (true, ""),
    };
    if !fits {
        fail!("expecting {expected}")
    }
    Ok(Some(address))
}

fn attach_disk(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    args.requires("source-host-name", "source-protocol")?;
    args.requires("source-host-transport", "source-protocol")?;
    args.requires("source-host-socket", "source-protocol")?;
    args.requires("source-host-socket", "source-host-transport")?;
    args.exclusive("source-host-name", "source-host-socket")?;
    let text = disk_xml(args)?;
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    let domain = find::domain(shell, args)?;
    let flags = affected_for_good(args, &domain)?;
    domain.attach_device(&text, live_by_default(args, flags)).or_say(|| "Failed to attach disk")?;
    extra!(shell, "Disk attached successfully\n");
    Ok(())
}

fn disk_xml(args: &Args) -> Outcome<String> {
    let (source, target) = (args.text("source")?.unwrap_or_default(), args.need("target")?);
    let kind = source_kind(args, source)?;
    let mode = args.text("mode")?;
    if let Some(mode) = mode
        && !matches!(mode, "readonly" | "shareable")
    {
        fail!("No support for {mode} in command 'attach-disk'")
    }
    if let Some(wwn) = args.text("wwn")? {
        check_wwn(wwn)?;
    }
    let given = Some(source).filter(|source| !source.is_empty());
    let mut xml = Writer::default();
    let rawio = args.flag("rawio").then_some("yes");
    xml.open("disk", &[("type", Some(kind)), ("device", args.text("type")?), ("rawio", rawio)]);
    let driver = [
        ("name", args.text("driver")?),
        ("type", args.text("subdriver")?),
        ("iothread", args.text("iothread")?),
        ("cache", args.text("cache")?),
        ("io", args.text("io")?),
    ];
    if driver.iter().any(|(_, value)| value.is_some()) {
        xml.empty("driver", &driver);
    }
    match kind {
        "network" => network_source(&mut xml, args, given)?,
        _ if given.is_none() => {}
        "block" => xml.empty("source", &[("dev", given)]),
        _ => xml.empty("source", &[("file", given)]),
    }
    xml.empty("target", &[("dev", Some(target)), ("bus", args.text("targetbus")?)]);
    if let Some(groups) = args.text("throttle-groups")? {
        xml.open("throttlefilters", &[]);
        groups.split(',').for_each(|group| xml.empty("throttlefilter", &[("group", Some(group))]));
        xml.close("throttlefilters");
    }
    if let Some(mode) = mode {
        xml.empty(mode, &[]);
    }
    xml.text("serial", args.text("serial")?);
    if let Some(alias) = args.text("alias")? {
        xml.empty("alias", &[("name", Some(alias))]);
    }
    xml.text("wwn", args.text("wwn")?);
    if let Some(address) = address(args, target)? {
        address.write(&mut xml);
    }
    xml.close("disk");
    Ok(xml.finish())
}

fn network_source(xml: &mut Writer, args: &Args, name: Option<&str>) -> Outcome {
    let source = [("protocol", args.text("source-protocol")?), ("name", name)];
    let host = args.text("source-host-name")?.map(|host| match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    });
    let host = [
        ("transport", args.text("source-host-transport")?),
        ("socket", args.text("source-host-socket")?),
        ("name", host.map(|(name, _)| name)),
        ("port", host.and_then(|(_, port)| port)),
    ];
    if host.iter().all(|(_, value)| value.is_none()) {
        xml.empty("source", &source);
        return Ok(());
    }
    xml.open("source", &source);
    xml.empty("host", &host);
    xml.close("source");
    Ok(())
}

/// The disk that has this target or this source.
fn find_disk<'a>(document: &'a Document<'a>, path: &str, removable: bool) -> Outcome<Node<'a, 'a>> {
    let disks = xml::all(document.root_element(), "devices/disk");
    if disks.is_empty() {
        fail!("Failed to get disk information")
    }
    let is_it = |disk: &Node<'_, '_>| {
        let device = disk.attribute("device").unwrap_or("cdrom");
        if removable && !matches!(device, "cdrom" | "floppy") {
            return false;
        }
        let source = xml::first(*disk, "source");
        let sources = ["file", "dev", "dir", "name"].map(|name| source.and_then(|node| node.attribute(name)));
        xml::value(*disk, "target/@dev").as_deref() == Some(path) || sources.contains(&Some(path))
    };
    match disks.into_iter().find(is_it) {
        Some(disk) => Ok(disk),
        None => fail!("No disk found whose source path or target is {path}"),
    }
}

/// The disk's children but for some, each printed.
fn children_without(disk: Node<'_, '_>, left_out: &[&str]) -> Vec<String> {
    let kept = disk.children().filter(Node::is_element);
    kept.filter(|child| !left_out.contains(&child.tag_name().name())).map(xml::pretty).collect()
}

/// The element as it stands, without one of its children.
fn without(element: Node<'_, '_>, name: &str) -> String {
    let mut whole = xml::as_it_is(element);
    let document = roxmltree::Document::parse(&whole).ok();
    let child = document.as_ref().and_then(|document| xml::first(document.root_element(), name));
    if let Some(range) = child.map(|child| child.range()) {
        whole.replace_range(range, "");
    }
    whole
}

/// A disk of these children, with its attributes but for another type.
fn rebuilt(disk: Node<'_, '_>, kind: Option<&str>, children: &[String]) -> String {
    let attributes: String = disk
        .attributes()
        .map(|attribute| {
            let value = kind.filter(|_| attribute.name() == "type").unwrap_or(attribute.value());
            format!(" {}=\"{}\"", attribute.name(), xml::escape(value))
        })
        .collect();
    let body: String = children.iter().map(|child| format!("\n  {}", child.replace('\n', "\n  "))).collect();
    format!("<disk{attributes}>{body}\n</disk>")
}

fn detach_disk(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    let domain = find::domain(shell, args)?;
    let target = args.need("target")?;
    let only_config = args.bits(&[("config", 1), ("persistent", 1), ("live", 2)]) == 1;
    let text = domain.xml_desc(if only_config { VIR_DOMAIN_XML_INACTIVE } else { 0 })?;
    let flags = affected_for_good(args, &domain)?;
    let document = xml::parse(&text, "domain description xml")?;
    let disk = find_disk(&document, target, false)?;
    let disk = without(disk, "backingStore");
    if args.flag("print-xml") {
        say!(shell, "{disk}");
        return Ok(());
    }
    domain.detach_device(&disk, live_by_default(args, flags)).or_say(|| "Failed to detach disk")?;
    extra!(shell, "Disk detached successfully\n");
    Ok(())
}

fn change_media(shell: &mut Shell, args: &Args) -> Outcome {
    args.all_exclusive(&["eject", "insert", "update"])?;
    args.exclusive("eject", "block")?;
    let source = args.text("source")?;
    let eject = args.flag("eject") || args.flag("update") && source.is_none();
    let (action, done) = match (eject, args.flag("insert")) {
        (true, _) => ("eject", "Successfully ejected media."),
        (false, true) => ("insert", "Successfully inserted media."),
        (false, false) => ("update", "Successfully updated media."),
    };
    let flags = affected(args)? | args.bits(&[("force", VIR_DOMAIN_DEVICE_MODIFY_FORCE)]);
    let domain = find::domain(shell, args)?;
    let path = args.need("path")?;
    let text = domain.xml_desc(if flags & CONFIG != 0 { VIR_DOMAIN_XML_INACTIVE } else { 0 })?;
    let document = xml::parse(&text, "domain description xml")?;
    let disk = find_disk(&document, path, true)?;
    let source = if eject { None } else { source };
    let changed = with_medium(disk, path, source, action, args.flag("block"))?;
    if args.flag("print-xml") {
        say!(shell, "{changed}");
        return Ok(());
    }
    domain
        .update_device(&changed, flags)
        .or_say(|| format!("Failed to complete action {action} on media"))?;
    say!(shell, "{done}");
    Ok(())
}

/// The disk with another medium, or with none.
fn with_medium(
    disk: Node<'_, '_>,
    target: &str,
    medium: Option<&str>,
    action: &str,
    block: bool,
) -> Outcome<String> {
    if !matches!(disk.attribute("device"), Some("cdrom" | "floppy")) {
        fail!("The disk device '{target}' is not removable")
    }
    let old = xml::first(disk, "source");
    if action == "eject" && old.is_none() {
        fail!("The disk device '{target}' doesn't have media")
    }
    if action != "eject" && medium.is_none() {
        fail!("New disk media source was not specified")
    }
    let holds = old.and_then(|source| xml::any_attribute(source, &["file", "dev", "dir", "pool", "name"]));
    if action == "insert" && holds.is_some() {
        fail!("The disk device '{target}' already has media")
    }
    let mut children = children_without(disk, &["source", "backingStore"]);
    let kind = if block && medium.is_some() { "block" } else { "file" };
    if let Some(medium) = medium {
        let policy = old.and_then(|source| source.attribute("startupPolicy"));
        let policy = policy.map(|policy| format!(" startupPolicy=\"{policy}\"")).unwrap_or_default();
        let name = if block { "dev" } else { "file" };
        children.push(format!("<source {name}=\"{}\"{policy}/>", xml::escape(medium)));
    }
    Ok(rebuilt(disk, Some(kind), &children))
}
