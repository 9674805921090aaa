//! `<serial>`, `<parallel>`, `<channel>`, `<console>`: character devices as the guest sees them.

use super::chardev::{self, Purpose};
use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Channel, ChannelTarget, ChardevKind, Console, ConsoleTargetType, DeviceInfo, Serial, SerialModel,
    SerialTargetType,
};
use ferrovirt_core::{Error, Result};
use serde_json::json;

pub fn serials(b: &mut Builder<'_>) -> Result<()> {
    for serial in &b.model().devices.serials {
        // A port of SPICE is nothing without SPICE.
        if matches!(serial.source.kind, ChardevKind::Spiceport { .. }) && !b.context.has_spice() {
            continue;
        }
        let id = alias(&serial.info)?;
        chardev::build(b, id, &serial.source, Purpose::Serial)?;
        if is_part_of_board(b.context, serial) {
            b.line.option("-serial", format_args!("chardev:char{id}"));
        } else {
            let props = b.context.serial(serial)?;
            b.device(props)?;
        }
    }
    Ok(())
}

/// Whether the machine has the port itself; it is only told where it leads.
fn is_part_of_board(context: Context<'_>, serial: &Serial) -> bool {
    let arm = matches!(context.arch(), Arch::Armv6l | Arch::Armv7l | Arch::Aarch64);
    let others = matches!(context.arch(), Arch::Riscv32 | Arch::Riscv64 | Arch::Loongarch64);
    match (serial.target_type, serial.model) {
        (SerialTargetType::None, _) => true,
        (SerialTargetType::SystemSerial, SerialModel::Pl011) => arm,
        (SerialTargetType::SystemSerial, SerialModel::Uart16550a) => others,
        _ => false,
    }
}

impl Context<'_> {
    pub fn serial(self, serial: &Serial) -> Result<Props> {
        let driver = match serial.model {
            SerialModel::IsaSerial
            | SerialModel::UsbSerial
            | SerialModel::PciSerial
            | SerialModel::SpaprVty
            | SerialModel::Sclpconsole
            | SerialModel::Sclplmconsole
            | SerialModel::IsaDebugcon => serial.model.to_string(),
            SerialModel::None | SerialModel::Pl011 | SerialModel::Uart16550a => {
                let text = format!("a serial port of model '{}' can't be plugged in", serial.model);
                return Err(Error::internal(text));
            }
        };
        if !self.capabilities.has_device(&driver) {
            return Err(Error::config_unsupported(format!("this QEMU has no serial port '{driver}'")));
        }
        let id = alias(&serial.info)?;
        let mut props = Props::device(&driver);
        props.set("chardev", format!("char{id}")).set("id", id);
        if serial.model == SerialModel::IsaSerial {
            props.maybe("index", serial.port);
        }
        self.address(&mut props, &serial.info)?;
        Ok(props)
    }

    pub fn channel(self, channel: &Channel, name: Option<&str>) -> Result<Props> {
        let spice = matches!(channel.source.kind, ChardevKind::Spicevmc);
        const AGENT: &str = "com.redhat.spice.0";
        if let Some(name) = name.filter(|name| spice && *name != AGENT) {
            let text = format!("a channel of type 'spicevmc' is for '{AGENT}', not for '{name}'");
            return Err(Error::config_unsupported(text));
        }
        self.virtio_port("virtserialport", &channel.info, name.or(spice.then_some(AGENT)))
    }

    fn virtio_port(self, driver: &str, info: &DeviceInfo, name: Option<&str>) -> Result<Props> {
        let id = alias(info)?;
        let mut props = Props::device(driver);
        self.address(&mut props, info)?;
        props.set("chardev", format!("char{id}")).set("id", id).text("name", name);
        Ok(props)
    }

    pub fn console(self, console: &Console) -> Result<Props> {
        let sclp = |driver: &str| -> Result<Props> {
            let id = alias(&console.info)?;
            let mut props = Props::device(driver);
            props.set("chardev", format!("char{id}")).set("id", id);
            Ok(props)
        };
        match console.target.kind {
            ConsoleTargetType::Virtio => self.virtio_port("virtconsole", &console.info, None),
            ConsoleTargetType::Sclp => sclp("sclpconsole"),
            ConsoleTargetType::Sclplm => sclp("sclplmconsole"),
            other => {
                Err(Error::config_unsupported(format!("QEMU's guests have no console of type '{other}'")))
            }
        }
    }
}

pub fn parallels(b: &mut Builder<'_>) -> Result<()> {
    for parallel in &b.model().devices.parallels {
        let id = alias(&parallel.info)?;
        chardev::build(b, id, &parallel.source, Purpose::Parallel)?;
        let mut props = Props::device("isa-parallel");
        props.set("chardev", format!("char{id}")).set("id", id);
        b.device(props)?;
    }
    Ok(())
}

pub fn channels(b: &mut Builder<'_>) -> Result<()> {
    for channel in &b.model().devices.channels {
        let id = alias(&channel.info)?;
        chardev::build(b, id, &channel.source, Purpose::Channel)?;
        match &channel.target {
            ChannelTarget::Virtio { name, .. } => {
                let props = b.context.channel(channel, name.as_deref())?;
                b.device(props)?;
            }
            ChannelTarget::Guestfwd { address, port } => {
                let mut props = Props::new();
                let forward = json!([{ "str": format!("tcp:{address}:{port}-chardev:char{id}") }]);
                props.set("type", "user").set("guestfwd", forward).set("id", id);
                b.line.netdev(&props);
            }
            ChannelTarget::Xen { .. } => {
                return Err(Error::config_unsupported("channels of type 'xen' are for Xen's guests"));
            }
        }
    }
    Ok(())
}

pub fn consoles(b: &mut Builder<'_>) -> Result<()> {
    for console in &b.model().devices.consoles {
        if console.target.kind == ConsoleTargetType::Serial {
            continue;
        }
        let props = b.context.console(console)?;
        chardev::build(b, alias(&console.info)?, &console.source, Purpose::Channel)?;
        b.device(props)?;
    }
    Ok(())
}
