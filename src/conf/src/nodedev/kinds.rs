//! What stands in each type of capability, in the order in which it is told.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, RawElement, XmlContent};
use uuid::Uuid;

use super::form::{Digits, Form, element};
use super::pci::pci;
use crate::interface::Link;

/// Features of a network card, in the kernel's words and our order.
const FEATURES: &[&str] = &[
    "rx",
    "tx",
    "sg",
    "tso",
    "gso",
    "gro",
    "lro",
    "rxvlan",
    "txvlan",
    "ntuple",
    "rxhash",
    "rdma",
    "txudptnl",
    "switchdev",
];

/// Reads a capability of the device itself; of a `new` one less is known.
pub(super) fn read(kind: &str, node: Node<'_>, new: bool) -> Result<RawElement> {
    use ErrorCode::{ConfigUnsupported, Internal};
    let mut form = Form::capability(node);
    match kind {
        "system" => system(&mut form)?,
        "pci" => pci(&mut form)?,
        "usb_device" => {
            form.numbers(&["bus", "device"])?;
            form.id("product")?;
            form.id("vendor")?;
        }
        "usb" => {
            form.numbers(&["number", "class", "subclass", "protocol"])?;
            form.text("description");
        }
        "net" => net(&mut form)?,
        "scsi_host" => scsi_host(&mut form, new)?,
        "scsi_target" => scsi_target(&mut form)?,
        "scsi" => {
            form.numbers(&["host", "bus", "target", "lun"])?;
            form.text("type");
        }
        "storage" => storage(&mut form)?,
        "scsi_generic" => form.needed("char", Internal)?,
        "drm" => {
            form.require("type", ConfigUnsupported)?;
            form.word("type", &["primary", "control", "render"], ConfigUnsupported)?;
        }
        "mdev" => mdev(&mut form)?,
        "ccw" => {
            channel(&mut form, true)?;
            if let Some(member) = form.inner("ccwgroup_member") {
                let mut member = Form::capability(member);
                member.needed("group_device", ConfigUnsupported)?;
                form.push(member.out);
            }
        }
        "css" => css(&mut form)?,
        "ccwgroup" => ccw_group(&mut form)?,
        "vdpa" => form.needed("chardev", Internal)?,
        "ap_card" => adapter(&mut form)?,
        "ap_queue" => {
            adapter(&mut form)?;
            let domain = form.number("ap-domain", Digits::Any, ConfigUnsupported)?;
            if domain > 255 {
                return Err(
                    form.refuse(ConfigUnsupported, format_args!("<ap-domain> {domain} is more than 255"))
                );
            }
            form.put("ap-domain", format_args!("0x{domain:04x}"));
        }
        "ap_matrix" => {
            form.check_inner(None, ErrorCode::XmlError)?;
            mdev_types(&mut form)?;
        }
        // The rest are only found inside of others.
        _ => {
            let text = format!("'{kind}' can't be the type of a device's own capability");
            return Err(form.refuse(Internal, text));
        }
    }
    Ok(form.out)
}

fn system(form: &mut Form<'_>) -> Result<()> {
    form.text("product");
    let node = form.node();
    let mut hardware = RawElement::default();
    let mut uuid = None;
    if let Some(node) = node.child("hardware") {
        let mut part = Form::new(node, "hardware");
        part.texts(&["vendor", "version", "serial"]);
        uuid = part.read("uuid");
        hardware = part.out;
    }
    let uuid = uuid.and_then(|text| Uuid::try_parse(text.trim()).ok()).ok_or_else(|| {
        form.refuse(ErrorCode::Internal, "<hardware> of a system needs a <uuid> that is one")
    })?;
    let mut part = Form::new(node, "hardware");
    part.out.children = hardware.children;
    part.put("uuid", uuid);
    form.push(part.out);
    match node.child("firmware") {
        Some(node) => {
            let mut part = Form::new(node, "firmware");
            part.texts(&["vendor", "version", "release_date"]);
            form.push(part.out);
        }
        None => form.push(element("firmware")),
    }
    Ok(())
}

fn net(form: &mut Form<'_>) -> Result<()> {
    form.needed("interface", ErrorCode::Internal)?;
    form.text("address");
    let node = form.node();
    if let Some(node) = node.child("link") {
        let link = Link::parse(&node)?;
        let mut part = Form::new(node, "link");
        if link.speed > 0 {
            part.set("speed", link.speed);
        }
        if let Some(state) = link.state {
            part.set("state", state);
        }
        if !part.out.attributes.is_empty() {
            form.push(part.out);
        }
    }
    let mut found = Vec::new();
    for feature in node.children_named("feature") {
        let name = feature.attr("name").unwrap_or_default();
        if !FEATURES.contains(&name) {
            let text = format!("'{name}' is not a feature of a network card");
            return Err(form.refuse(ErrorCode::XmlError, text));
        }
        found.push(name);
    }
    for name in FEATURES.iter().filter(|name| found.contains(name)) {
        let mut feature = Form::new(node, "feature");
        feature.set("name", name);
        form.push(feature.out);
    }
    let kind = node.children_named("capability").find_map(|inner| inner.attr("type"));
    match kind.filter(|kind| !kind.is_empty()) {
        Some(kind @ ("80203" | "80211")) => {
            let mut inner = Form::new(node, "capability");
            inner.set("type", kind);
            form.push(inner.out);
            Ok(())
        }
        Some(kind) => {
            let text = format!("'{kind}' is not a type of network card");
            Err(form.refuse(ErrorCode::ConfigUnsupported, text))
        }
        None => Ok(()),
    }
}

fn scsi_host(form: &mut Form<'_>, new: bool) -> Result<()> {
    if new {
        form.put("host", 0);
    } else {
        form.numbers(&["host"])?;
        if let Some(text) = form.read("unique_id") {
            let id = text.trim_start().parse::<i32>();
            let id = id.map_err(|_| form.no_number("unique_id", &text, ErrorCode::Internal))?;
            if id != -1 {
                form.put("unique_id", id);
            }
        }
    }
    form.check_inner(Some(&["fc_host", "vport_ops"]), ErrorCode::Internal)?;
    if let Some(node) = form.inner("fc_host") {
        let mut inner = Form::capability(node);
        inner.needed("wwnn", ErrorCode::Internal)?;
        inner.needed("wwpn", ErrorCode::Internal)?;
        inner.text("fabric_wwn");
        form.push(inner.out);
    }
    if let Some(node) = form.inner("vport_ops") {
        // How many there are is asked of the host, never read.
        let mut inner = Form::capability(node);
        inner.put("max_vports", 0);
        inner.put("vports", 0);
        form.push(inner.out);
    }
    Ok(())
}

fn scsi_target(form: &mut Form<'_>) -> Result<()> {
    form.needed("target", ErrorCode::Internal)?;
    form.check_inner(Some(&["fc_remote_port"]), ErrorCode::Internal)?;
    if let Some(node) = form.inner("fc_remote_port") {
        let mut inner = Form::capability(node);
        inner.needed("rport", ErrorCode::Internal)?;
        inner.needed("wwpn", ErrorCode::Internal)?;
        form.push(inner.out);
    }
    Ok(())
}

fn storage(form: &mut Form<'_>) -> Result<()> {
    form.needed("block", ErrorCode::Internal)?;
    form.texts(&["bus", "drive_type", "model", "vendor", "serial"]);
    form.check_inner(Some(&["hotpluggable", "removable"]), ErrorCode::Internal)?;
    match form.inner("removable") {
        Some(node) => {
            let mut inner = Form::capability(node);
            let mut available = node.children_named("media_available");
            inner.put("media_available", u8::from(available.any(|one| one.text() == "1")));
            inner.size("media_size")?;
            inner.text("media_label");
            form.push(inner.out);
        }
        None => form.size("size")?,
    }
    if let Some(node) = form.inner("hotpluggable") {
        form.push(Form::capability(node).out);
    }
    Ok(())
}

fn mdev(form: &mut Form<'_>) -> Result<()> {
    let node = form.node();
    let kind = node.child("type").and_then(|kind| kind.attr("id")).filter(|id| !id.is_empty());
    let kind = kind.ok_or_else(|| {
        form.refuse(ErrorCode::ConfigUnsupported, "<type> of a mediated device needs the attribute 'id'")
    })?;
    let mut part = Form::new(node, "type");
    part.set("id", kind);
    form.push(part.out);
    if let Some(text) = form.read("uuid") {
        let uuid = Uuid::try_parse(text.trim());
        let uuid =
            uuid.map_err(|_| form.refuse(ErrorCode::Internal, format_args!("'{text}' is not a UUID")))?;
        form.put("uuid", uuid);
    }
    // One that is not known is told as group 0.
    let group =
        node.child("iommuGroup").and_then(|group| group.attr("number")).filter(|text| !text.is_empty());
    let group = group.unwrap_or("0");
    let number = Digits::Ten.read(group);
    let number = number.ok_or_else(|| form.no_number("iommuGroup", group, ErrorCode::Internal))?;
    let mut part = Form::new(node, "iommuGroup");
    part.set("number", number);
    form.push(part.out);
    for attribute in node.children_named("attr") {
        // What is not whole is left out.
        let (Some(name), Some(value)) = (attribute.attr("name"), attribute.attr("value")) else { continue };
        let mut part = Form::new(attribute, "attr");
        part.set("name", name);
        part.set("value", value);
        form.push(part.out);
    }
    Ok(())
}

/// Where a device is on the channel subsystem, and whether it is switched on.
fn channel(form: &mut Form<'_>, state: bool) -> Result<()> {
    const CODE: ErrorCode = ErrorCode::ConfigUnsupported;
    if state {
        form.word("state", &["offline", "online"], CODE)?;
    }
    let subsystem = form.number("cssid", Digits::Any, CODE)?;
    let set = form.number("ssid", Digits::Any, CODE)?;
    let device = form.number("devno", Digits::Sixteen, CODE)?;
    form.put("cssid", format_args!("0x{subsystem:x}"));
    form.put("ssid", format_args!("0x{set:x}"));
    form.put("devno", format_args!("0x{device:04x}"));
    Ok(())
}

fn css(form: &mut Form<'_>) -> Result<()> {
    channel(form, false)?;
    form.check_inner(None, ErrorCode::XmlError)?;
    if let Some(node) = form.node().child("channel_dev_addr") {
        let mut part = Form::new(node, "channel_dev_addr");
        channel(&mut part, false)?;
        form.push(part.out);
    }
    mdev_types(form)
}

fn ccw_group(form: &mut Form<'_>) -> Result<()> {
    channel(form, true)?;
    let node = form.node();
    let mut members = Form::new(node, "members");
    for member in node.children_named("members").flat_map(|members| members.children_named("ccw_device")) {
        let mut part = Form::new(member, "ccw_device");
        let reference =
            member.attr("ref").ok_or_else(|| form.refuse(ErrorCode::XmlError, "<ccw_device> needs 'ref'"))?;
        part.set("ref", reference);
        part.out.children = vec![ferrovirt_xml::RawNode::Text(member.text().into_owned())];
        members.push(part.out);
    }
    if !members.out.children.is_empty() {
        form.push(members.out);
    }
    let kinds = ["qeth_generic", "qeth_layer2", "qeth_layer3"];
    let Some(inner) = node.child("capability") else { return Ok(()) };
    let kind = inner.attr("type").ok_or_else(|| inner.missing_attr("type", ErrorCode::XmlError))?;
    if !kinds.contains(&kind) {
        return Err(inner.error(ErrorCode::XmlError, format_args!("'{kind}' is not a type of device group")));
    }
    let mut inner = Form::capability(inner);
    inner.texts(&["card_type", "chpid"]);
    form.push(inner.out);
    Ok(())
}

fn adapter(form: &mut Form<'_>) -> Result<()> {
    let adapter = form.number("ap-adapter", Digits::Any, ErrorCode::ConfigUnsupported)?;
    form.put("ap-adapter", format_args!("0x{adapter:02x}"));
    Ok(())
}

/// The types of mediated devices that can be made of it, if it tells any.
pub(super) fn mdev_types(form: &mut Form<'_>) -> Result<()> {
    const CODE: ErrorCode = ErrorCode::XmlError;
    let Some(node) = form.inner("mdev_types") else { return Ok(()) };
    let mut inner = Form::capability(node);
    for node in node.children_named("type") {
        let mut kind = Form::new(node, "type");
        let id = node.attr("id").filter(|id| !id.is_empty());
        let id =
            id.ok_or_else(|| kind.refuse(CODE, "<type> of mediated devices needs the attribute 'id'"))?;
        kind.set("id", id);
        kind.text("name");
        kind.needed("deviceAPI", CODE)?;
        let instances = kind.number("availableInstances", Digits::Ten, CODE)?;
        kind.put("availableInstances", instances);
        inner.push(kind.out);
    }
    if !inner.out.children.is_empty() {
        form.push(inner.out);
    }
    Ok(())
}
