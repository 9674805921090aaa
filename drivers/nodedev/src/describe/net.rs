//! Network interfaces.

use super::Described;
use crate::sysfs::Device;
use ferrovirt_conf::nodedev::CapabilityBuilder;

pub fn net(device: &Device) -> Option<Described> {
    let interface = device.property("INTERFACE")?;
    let address = device.attribute("address");
    let kind = if device.property("DEVTYPE") == Some("wlan") { "80211" } else { "80203" };
    let feature = |name: &str| CapabilityBuilder::element("feature").attribute("name", name);
    let features = ferrovirt_net::ethtool::features(interface).unwrap_or_default();
    let capability = CapabilityBuilder::capability("net")
        .text("interface", interface)
        .maybe("address", address.as_deref())
        .children(link(device))
        .children(features.into_iter().map(feature))
        .child(CapabilityBuilder::capability(kind));
    Some(Described { suffix: address, ..Described::new(capability.finish()) })
}

/// What is known of its cable; the speed is only if there is something at the other end.
fn link(device: &Device) -> Option<CapabilityBuilder> {
    let state = device.attribute("operstate")?;
    let speed = device.number("speed").filter(|speed| state == "up" && (1..i32::MAX as u64).contains(speed));
    let link = CapabilityBuilder::element("link");
    let link = match speed {
        Some(speed) => link.attribute("speed", speed),
        None => link,
    };
    Some(link.attribute("state", state))
}
