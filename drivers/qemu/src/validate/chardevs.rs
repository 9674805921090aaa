//! The host's ends of character devices.

use ferrovirt_conf::domain::{
    ChardevKind, ChardevSource, Graphics, Reconnect, RngBackend, SmartcardMode, TcpProtocol,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlTagged, YesNo};

use super::{Subject, refuse};
use crate::machine::Family;
use crate::model::host_ends;

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    let devices = &subject.model.devices;
    let no_parallels = subject.arch.is_s390() || subject.family == Family::PSeries;
    if no_parallels && !devices.parallels.is_empty() {
        return refuse(format!("machine type '{}' has no parallel ports", subject.machine()));
    }
    let cards = devices.smartcards.iter().filter_map(|card| match &card.mode {
        SmartcardMode::Passthrough { source } => Some(source),
        _ => None,
    });
    let entropy = devices.rngs.iter().filter_map(|rng| match &rng.backend {
        RngBackend::Egd { source } => Some(source),
        _ => None,
    });
    host_ends(subject.model).chain(cards).chain(entropy).try_for_each(|source| check_source(subject, source))
}

fn check_source(subject: &Subject<'_>, source: &ChardevSource) -> Result<()> {
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
        Some(again) if again.enabled == YesNo::Yes && again.timeout.unwrap_or(0) == 0 => {
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
