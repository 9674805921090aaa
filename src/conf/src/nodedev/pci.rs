//! What stands in the capability of a PCI device.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, RawElement, RawNode};

use super::form::{Digits, Form};
use super::kinds::mdev_types;

/// How fast a lane of a PCI Express link can be, in GT/s.
const SPEEDS: &[&str] = &["2.5", "5", "8", "16", "32", "64"];

pub(super) fn pci(form: &mut Form<'_>) -> Result<()> {
    if let Some(text) = form.read("class") {
        let class = Digits::Sixteen.read(&text).filter(|class| *class <= 0xff_ffff);
        let class = class.ok_or_else(|| form.no_number("class", &text, ErrorCode::Internal))?;
        form.put("class", format_args!("0x{class:06x}"));
    }
    form.numbers(&["domain", "bus", "slot", "function"])?;
    form.id("product")?;
    form.id("vendor")?;
    form.check_inner(None, ErrorCode::XmlError)?;
    functions(form)?;
    let mut kinds = form.node().children_named("capability").filter_map(|inner| inner.attr("type"));
    // The header of an ordinary device is not worth telling.
    if let Some(header) = kinds.find(|kind| ["pci-bridge", "cardbus-bridge"].contains(kind)) {
        let mut inner = Form::new(form.node(), "capability");
        inner.set("type", header);
        form.push(inner.out);
    }
    mdev_types(form)?;
    if let Some(node) = form.inner("vpd") {
        form.push(vital_data(node)?);
    }
    iommu_group(form)?;
    numa(form)?;
    if let Some(node) = form.node().child("pci-express") {
        form.push(express(node)?);
    }
    Ok(())
}

/// Which functions it shares its hardware with.
fn functions(form: &mut Form<'_>) -> Result<()> {
    if let Some(node) = form.inner("phys_function") {
        let mut inner = Form::capability(node);
        let place = node.child("address").ok_or_else(|| {
            inner.refuse(ErrorCode::XmlError, "<capability type='phys_function'> needs an <address>")
        })?;
        inner.push(address(place)?);
        form.push(inner.out);
    }
    if let Some(node) = form.inner("virt_functions") {
        let mut inner = Form::capability(node);
        if let Some(text) = node.attr("maxCount").filter(|text| !text.is_empty()) {
            let count = Digits::Ten.read(text);
            let count = count.ok_or_else(|| inner.no_number("maxCount", text, ErrorCode::XmlError))?;
            if count > 0 {
                inner.set("maxCount", count);
            }
        }
        addresses(&mut inner)?;
        form.push(inner.out);
    }
    Ok(())
}

fn addresses(form: &mut Form<'_>) -> Result<()> {
    for place in form.node().children_named("address") {
        form.push(address(place)?);
    }
    Ok(())
}

fn address(node: Node<'_>) -> Result<RawElement> {
    let mut form = Form::new(node, "address");
    let part = |name| Ok(form.attr_number(name, Digits::Any)?.unwrap_or(0));
    let (domain, bus, slot, function) = (part("domain")?, part("bus")?, part("slot")?, part("function")?);
    let limits = [(domain, 0xffff), (bus, 0xff), (slot, 0x1f), (function, 7)];
    if limits.iter().any(|(value, limit)| value > limit) {
        return Err(node.error(ErrorCode::XmlError, "a number in the PCI address is too large"));
    }
    form.set("domain", format_args!("0x{domain:04x}"));
    form.set("bus", format_args!("0x{bus:02x}"));
    form.set("slot", format_args!("0x{slot:02x}"));
    form.set("function", format_args!("0x{function:x}"));
    Ok(form.out)
}

fn iommu_group(form: &mut Form<'_>) -> Result<()> {
    let Some(node) = form.node().child("iommuGroup") else { return Ok(()) };
    let mut group = Form::new(node, "iommuGroup");
    let number = group.needed_attr("number", Digits::Ten)?;
    group.set("number", number);
    addresses(&mut group)?;
    if !group.out.children.is_empty() {
        form.push(group.out);
    }
    Ok(())
}

fn numa(form: &mut Form<'_>) -> Result<()> {
    let text = form.node().child("numa").and_then(|numa| numa.attr("node")).filter(|text| !text.is_empty());
    let Some(text) = text else { return Ok(()) };
    let cell = text.trim_start().parse::<i32>();
    let cell = cell.map_err(|_| form.no_number("numa", text, ErrorCode::Internal))?;
    if cell >= 0 {
        let mut part = Form::new(form.node(), "numa");
        part.set("node", cell);
        form.push(part.out);
    }
    Ok(())
}

/// What its link could do, and what it does.
fn express(node: Node<'_>) -> Result<RawElement> {
    let mut form = Form::new(node, "pci-express");
    for validity in ["cap", "sta"] {
        let mut links = node.children_named("link");
        let Some(node) = links.find(|link| link.attr("validity") == Some(validity)) else { continue };
        let mut link = Form::new(node, "link");
        let width = link.needed_attr("width", Digits::Any)?;
        let speed = node.attr("speed").filter(|speed| !speed.is_empty());
        if let Some(speed) = speed.filter(|speed| !SPEEDS.contains(speed)) {
            let text = format!("'{speed}' is not a speed of PCI Express; known are {}", SPEEDS.join(", "));
            return Err(node.error(ErrorCode::XmlError, text));
        }
        link.set("validity", validity);
        if let Some(port) = link.attr_number("port", Digits::Ten)? {
            link.set("port", port);
        }
        if let Some(speed) = speed {
            link.set("speed", speed);
        }
        link.set("width", width);
        form.push(link.out);
    }
    Ok(form.out)
}

/// What the device says of itself (VPD).
fn vital_data(node: Node<'_>) -> Result<RawElement> {
    const CODE: ErrorCode = ErrorCode::XmlError;
    let mut form = Form::capability(node);
    form.needed("name", CODE)?;
    let mut parts = [None, None];
    for node in node.children_named("fields") {
        let mut part = Form::new(node, "fields");
        let access = node.attr("access").ok_or_else(|| node.missing_attr("access", CODE))?;
        part.set("access", access);
        let at = match access {
            "readonly" => {
                part.texts(&["change_level", "manufacture_id", "part_number", "serial_number"]);
                custom(&mut part, "vendor_field")?;
                0
            }
            "readwrite" => {
                part.text("asset_tag");
                custom(&mut part, "vendor_field")?;
                custom(&mut part, "system_field")?;
                1
            }
            _ => return Err(part.refuse(CODE, format_args!("'{access}' is no access to <fields>"))),
        };
        parts[at] = Some(part.out);
    }
    parts.into_iter().flatten().for_each(|part| form.push(part));
    Ok(form.out)
}

/// Fields that the vendor made up, each with a letter or digit.
fn custom(form: &mut Form<'_>, name: &'static str) -> Result<()> {
    for node in form.node().children_named(name) {
        let mut field = Form::new(node, name);
        let index = node.attr("index").ok_or_else(|| node.missing_attr("index", ErrorCode::XmlError))?;
        if index.len() != 1 {
            return Err(
                field.refuse(ErrorCode::XmlError, format_args!("index '{index}' is not one character"))
            );
        }
        field.set("index", index);
        field.out.children = vec![RawNode::Text(node.text().into_owned())];
        form.push(field.out);
    }
    Ok(())
}
