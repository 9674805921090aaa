//! Devices by their XML: attached, detached, changed.

use super::{CONFIG, LIVE, affected, affected_for_good, live_by_default, xml_of, xml_of_either};
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{extra, say};
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::{find, xml};
use ferrovirt_core::abi::*;
use roxmltree::Node;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "attach-device",
        "attach a device that an XML file describes",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("file", "file with the device's XML").completed_by(complete::paths),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        attach_device,
    )
    .changing(),
    Command::new(
        "detach-device",
        "detach a device that an XML file describes",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("file", "file with the device's XML").completed_by(complete::paths),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        detach_device,
    )
    .changing(),
    Command::new(
        "detach-device-alias",
        "detach a device by its alias",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("alias", "name of the device in the domain's XML"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        detach_device_alias,
    )
    .changing(),
    Command::new(
        "domif-setlink",
        "plug or unplug the cable of an interface",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("interface", "its name or MAC address").completed_by(complete::guest_interfaces),
            arg("state", "up or down"),
            alias("persistent", "config"),
            flag("config", "for the next start"),
            flag("print-xml", "only show the XML that would be sent"),
        ],
        domif_setlink,
    )
    .changing(),
    Command::new(
        "update-device",
        "change a device to what an XML file describes",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("file", "file with the device's XML").completed_by(complete::paths),
            flag("persistent", "also for the next starts"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
            flag("force", "even if the guest objects"),
        ],
        update_device,
    )
    .changing(),
    Command::new(
        "update-memory-device",
        "change the size of a memory device",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
            flag("print-xml", "only show the XML that would be sent"),
            text("alias", "name of the device in the domain's XML").also_positional(),
            number("node", "NUMA node of the guest").also_positional(),
            number("requested-size", "size to reach (KiB without a unit)").also_positional(),
        ],
        update_memory_device,
    )
    .changing(),
];

fn attach_device(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    let domain = find::domain(shell, args)?;
    let file = args.need("file")?;
    let flags = affected_for_good(args, &domain)?;
    let text = read_document(file)?;
    domain
        .attach_device(&text, live_by_default(args, flags))
        .or_say(|| format!("Failed to attach device from {file}"))?;
    extra!(shell, "Device attached successfully\n");
    Ok(())
}

fn detach_device(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    let domain = find::domain(shell, args)?;
    let flags = affected_for_good(args, &domain)?;
    let file = args.need("file")?;
    let text = read_document(file)?;
    domain
        .detach_device(&text, live_by_default(args, flags))
        .or_say(|| format!("Failed to detach device from {file}"))?;
    extra!(shell, "Device detached successfully\n");
    Ok(())
}

fn detach_device_alias(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let alias = args.need("alias")?;
    domain
        .detach_device_alias(alias, flags)
        .or_say(|| format!("Failed to detach device with alias {alias}"))?;
    extra!(shell, "Device detach request sent successfully\n");
    Ok(())
}

fn update_device(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("persistent", "current")?;
    affected(args)?;
    let domain = find::domain(shell, args)?;
    let file = args.need("file")?;
    let mut flags = affected_for_good(args, &domain)?;
    let text = read_document(file)?;
    flags |= args.bits(&[("force", VIR_DOMAIN_DEVICE_MODIFY_FORCE)]);
    domain.update_device(&text, flags).or_say(|| format!("Failed to update device from {file}"))?;
    extra!(shell, "Device updated successfully\n");
    Ok(())
}

/// An element with one of its children put in place, in a form that the library reads.
fn with_child(element: Node<'_, '_>, name: &str, child: &str) -> String {
    let whole = xml::as_it_is(element);
    let document = roxmltree::Document::parse(&whole);
    let old = document.as_ref().ok().and_then(|document| xml::first(document.root_element(), name));
    if let Some(old) = old {
        let range = old.range();
        return format!("{}{child}{}", &whole[..range.start], &whole[range.end..]);
    }
    match whole.rfind("</") {
        Some(end) => format!("{}{child}{}", &whole[..end], &whole[end..]),
        None => {
            let tag = element.tag_name().name();
            format!("{}>{child}</{tag}>", whole.trim_end_matches("/>"))
        }
    }
}

fn domif_setlink(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let (name, state) = (args.need("interface")?, args.need("state")?);
    if state != "up" && state != "down" {
        fail!("invalid link state '{state}'")
    }
    let config = args.flag("config");
    let running = domain.is_active().unwrap_or(true);
    let flags = if config || !running { CONFIG } else { LIVE };
    let text = xml_of_either(&domain, config)?;
    let document = xml::parse(&text, "domain description xml")?;
    let all = xml::all(document.root_element(), "devices/interface");
    if all.is_empty() {
        fail!("Failed to extract interface information or no interfaces found")
    }
    let is_it = |node: &&Node<'_, '_>| {
        let names = [xml::value(**node, "mac/@address"), xml::value(**node, "target/@dev")];
        names.iter().flatten().any(|known| known.eq_ignore_ascii_case(name))
    };
    let Some(interface) = all.iter().find(is_it) else { fail!("interface '{name}' not found") };
    let changed = with_child(*interface, "link", &format!("<link state=\"{state}\"/>"));
    if args.flag("print-xml") {
        say!(shell, "{changed}");
        return Ok(());
    }
    domain.update_device(&changed, flags).or_say(|| "Failed to update interface link state")?;
    extra!(shell, "Device updated successfully\n");
    Ok(())
}

fn update_memory_device(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    args.exclusive("node", "alias")?;
    let domain = find::domain(shell, args)?;
    let text = xml_of(&domain, if flags & CONFIG != 0 { VIR_DOMAIN_XML_INACTIVE } else { 0 })?;
    let document = xml::parse(&text, "domain description xml")?;
    let (alias, node): (_, Option<u32>) = (args.text("alias")?, args.number("node")?);
    let is_it = |device: &Node<'_, '_>| match (node, alias) {
        (Some(node), _) => xml::value(*device, "target/node") == Some(node.to_string()),
        (None, Some(alias)) => xml::value(*device, "alias/@name").as_deref() == Some(alias),
        (None, None) => true,
    };
    let found: Vec<_> =
        xml::all(document.root_element(), "devices/memory").into_iter().filter(is_it).collect();
    let [device] = found[..] else {
        match found.is_empty() {
            true => fail!("no memory device found"),
            false => fail!("multiple memory devices found, use --alias or --node to select one"),
        }
    };
    let mut changed = xml::as_it_is(device);
    if let Some(bytes) = args.scaled("requested-size", 1024, u64::MAX)? {
        let Some(target) = xml::first(device, "target").filter(|t| xml::first(*t, "requested").is_some())
        else {
            fail!("virtio-mem device is missing <requested/>")
        };
        let size = format!("<requested unit=\"KiB\">{}</requested>", bytes.div_ceil(1024));
        changed = with_child(device, "target", &with_child(target, "requested", &size));
    }
    if args.flag("print-xml") {
        say!(shell, "{changed}");
        return Ok(());
    }
    Ok(domain.update_device(&changed, flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_replaced_or_added() {
        let put = |text: &str| {
            let document = roxmltree::Document::parse(text).unwrap();
            with_child(document.root_element(), "link", "<link state=\"up\"/>")
        };
        let expected = "<interface><link state=\"up\"/></interface>";
        assert_eq!(put("<interface><link state='down'/></interface>"), expected);
        assert_eq!(put("<interface/>"), expected);
        assert!(
            put("<interface><mac address='x'/></interface>").ends_with("/><link state=\"up\"/></interface>")
        );
    }
}
