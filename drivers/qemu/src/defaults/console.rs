//! The first console, which of old is another name for the first serial port.

use ferrovirt_conf::domain::{
    Console, ConsoleTarget, ConsoleTargetType, Domain, OsType, Serial, SerialTargetType,
};
use ferrovirt_core::{Error, Result};

fn is_serial(console: &Console) -> bool {
    matches!(console.target.kind, ConsoleTargetType::Serial | ConsoleTargetType::None)
}

/// Adds the serial port to a console that means one, and the console to a serial port.
pub fn complete(model: &mut Domain) -> Result<()> {
    let devices = &mut model.devices;
    if devices.consoles.iter().skip(1).any(|console| console.target.kind == ConsoleTargetType::Serial) {
        return Err(Error::config_unsupported("only the first console can be a serial port"));
    }
    if model.os.os_type == OsType::Hvm {
        match devices.consoles.first() {
            Some(console) if is_serial(console) => {
                if devices.serials.is_empty() {
                    let (source, info) = (console.source.clone(), console.info.clone());
                    devices.serials.push(Serial { source, info, port: Some(0), ..Serial::default() });
                }
            }
            _ if devices.serials.first().is_some_and(can_be_console) => {
                let target = ConsoleTarget { kind: ConsoleTargetType::Serial, port: None };
                devices.consoles.insert(0, Console { target, ..Console::default() });
            }
            _ => {}
        }
    }
    for (console, port) in devices.consoles.iter_mut().zip(0..) {
        console.target.port = Some(port);
    }
    Ok(())
}

fn can_be_console(serial: &Serial) -> bool {
    use SerialTargetType::{IsaDebug, PciSerial, UsbSerial};
    !matches!(serial.target_type, PciSerial | UsbSerial | IsaDebug)
}

/// Makes the first console what the first serial port is, once that is complete.
pub fn mirror(model: &mut Domain) {
    let devices = &mut model.devices;
    if let (Some(console), Some(serial), OsType::Hvm) =
        (devices.consoles.first_mut(), devices.serials.first(), model.os.os_type)
    {
        if is_serial(console) {
            *console = Console::of_serial(serial);
        }
    }
}
