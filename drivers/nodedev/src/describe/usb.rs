//! USB devices and their interfaces.

use super::Described;
use crate::sysfs::Device;
use ferrovirt_conf::nodedev::CapabilityBuilder;

pub fn device(device: &Device) -> Option<Described> {
    let decimal = |name: &str| device.property(name).and_then(|text| text.parse::<u32>().ok());
    let hexadecimal = |name: &str| device.property(name).and_then(|text| u32::from_str_radix(text, 16).ok());
    let (bus, number) = (decimal("BUSNUM")?, decimal("DEVNUM")?);
    // Where udev has not come by yet, the kernel's own numbers are as good.
    let vendor = hexadecimal("ID_VENDOR_ID").or_else(|| device.hexadecimal("idVendor"))?;
    let product = hexadecimal("ID_MODEL_ID").or_else(|| device.hexadecimal("idProduct"))?;
    let named = |element: &str, id: u32, known: &str, own: &str| {
        let name = device.property(known).map(str::to_owned).or_else(|| device.attribute(own));
        let element = CapabilityBuilder::element(element).attribute("id", format_args!("0x{id:04x}"));
        name.into_iter().fold(element, CapabilityBuilder::content)
    };
    let capability = CapabilityBuilder::capability("usb_device")
        .text("bus", bus)
        .text("device", number)
        .child(named("product", product, "ID_MODEL_FROM_DATABASE", "product"))
        .child(named("vendor", vendor, "ID_VENDOR_FROM_DATABASE", "manufacturer"));
    Some(Described::new(capability.finish()))
}

pub fn interface(device: &Device) -> Option<Described> {
    let capability = CapabilityBuilder::capability("usb")
        .text("number", device.hexadecimal("bInterfaceNumber")?)
        .text("class", device.hexadecimal("bInterfaceClass")?)
        .text("subclass", device.hexadecimal("bInterfaceSubClass")?)
        .text("protocol", device.hexadecimal("bInterfaceProtocol")?);
    Some(Described::new(capability.finish()))
}
