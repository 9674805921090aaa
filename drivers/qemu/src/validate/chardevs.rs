//! The host's ends of character devices.

use ferrovirt_conf::domain::{
    Address, ChardevKind, ChardevSource, Graphics, Reconnect, Serial, SerialModel, SerialTargetType,
    Smartcard, SmartcardMode, TcpProtocol,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlTagged, YesNo};

use super::{Subject, refuse};
use crate::machine::Family;

pub(super) fn check_parallel(subject: &Subject<'_>) -> Result<()> {
    if subject.arch.is_s390() || subject.family == Family::PSeries {
        return refuse(format!("machine type '{}' has no parallel ports", subject.machine()));
    }
    Ok(())
}

/// QEMU has one reader with one card.
pub(super) fn check_smartcard(subject: &Subject<'_>, card: &Smartcard) -> Result<()> {
    let first =
        matches!(&card.info.address, Some(Address::Ccid(place)) if place.controller == 0 && place.slot == 0);
    if subject.model.devices.smartcards.len() > 1 || !first {
        return refuse("a guest has one smart card, in the first slot of the first reader");
    }
    let device = match card.mode {
        SmartcardMode::Host | SmartcardMode::HostCertificates { .. } => "ccid-card-emulated",
        SmartcardMode::Passthrough { .. } => "ccid-card-passthru",
    };
    if subject.has_device(device) {
        return Ok(());
    }
    refuse(format!("this QEMU has no smart cards of such a mode: it lacks the device '{device}'"))
}

/// Where each kind of serial port is, and which chips it can be.
pub(super) fn check_serial(subject: &Subject<'_>, serial: &Serial) -> Result<()> {
    use SerialTargetType as T;
    let kind = serial.target_type;
    let fits = matches!(
        (&serial.info.address, kind),
        (None, _)
            | (_, T::None)
            | (Some(Address::Isa(_)), T::IsaSerial | T::IsaDebug)
            | (Some(Address::Usb(_)), T::UsbSerial)
            | (Some(Address::Pci(_)), T::PciSerial)
            | (Some(Address::SpaprVio(_)), T::SpaprVioSerial)
    );
    if !fits {
        return refuse(format!("a serial port of type '{kind}' can't have such an address"));
    }
    let expected = match serial.model {
        SerialModel::None => return Ok(()),
        SerialModel::IsaSerial => T::IsaSerial,
        SerialModel::UsbSerial => T::UsbSerial,
        SerialModel::PciSerial => T::PciSerial,
        SerialModel::SpaprVty => T::SpaprVioSerial,
        SerialModel::Pl011 | SerialModel::Uart16550a => T::SystemSerial,
        SerialModel::Sclpconsole | SerialModel::Sclplmconsole => T::SclpSerial,
        SerialModel::IsaDebugcon => T::IsaDebug,
    };
    if kind != expected {
        return refuse(format!("a serial port of model '{}' needs the type '{expected}'", serial.model));
    }
    let exists = match (serial.model, subject.family) {
        (SerialModel::IsaSerial | SerialModel::IsaDebugcon, _) => subject.arch.is_x86(),
        (SerialModel::SpaprVty, family) => family == Family::PSeries,
        (SerialModel::Pl011, family) => family == Family::ArmVirt,
        (SerialModel::Uart16550a, family) => matches!(family, Family::RiscvVirt | Family::LoongArchVirt),
        (SerialModel::Sclpconsole | SerialModel::Sclplmconsole, _) => subject.arch.is_s390(),
        _ => true,
    };
    if exists {
        return Ok(());
    }
    refuse(format!(
        "there is no serial port of model '{}' on machine type '{}'",
        serial.model,
        subject.machine()
    ))
}

pub(super) fn check_source(subject: &Subject<'_>, source: &ChardevSource) -> Result<()> {
    let has_spice = || subject.model.devices.graphics.iter().any(|d| matches!(d, Graphics::Spice(_)));
    match &source.kind {
        ChardevKind::Tcp { protocol: TcpProtocol::Telnets | TcpProtocol::Tls, .. } => {
            refuse("QEMU's TCP connections are 'raw' or 'telnet'; tls='yes' encrypts them")
        }
        ChardevKind::Tcp { source, .. } => check_reconnect(source.reconnect.as_ref()),
        ChardevKind::Unix { source } => check_reconnect(source.reconnect.as_ref()),
        ChardevKind::QemuVdagent { .. }
            if !subject.capabilities.schema_has("chardev-add/arg-type/backend/+qemu-vdagent") =>
        {
            refuse("this QEMU has no agent for the clipboard of its own")
        }
        ChardevKind::Spicevmc | ChardevKind::Spiceport { .. } if !has_spice() => {
            refuse(format!("a character device of type '{}' needs a SPICE display", source.kind.tag_value()))
        }
        _ => Ok(()),
    }
}

/// Whoever connects again does so after some time.
fn check_reconnect(again: Option<&Reconnect>) -> Result<()> {
    match again {
        Some(again) if again.enabled == Some(YesNo::Yes) && again.timeout.unwrap_or(0) == 0 => {
            Err(Error::invalid_arg("<reconnect> needs a timeout of at least one second"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::define;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn what_spice_carries_needs_a_spice_display() {
        let channel = "<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>";
        let refused = define("pc", "", channel).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigUnsupported);
    }

    #[test]
    fn nobody_connects_again_without_a_pause() {
        let serial = |seconds: u32| {
            format!(
                "<serial type='tcp'><source mode='connect' host='a' service='1'><reconnect enabled='yes' \
                 timeout='{seconds}'/></source></serial>"
            )
        };
        assert_eq!(define("pc", "", &serial(0)).unwrap_err().code(), ErrorCode::InvalidArg);
        define("pc", "", &serial(1)).unwrap();
    }
}
