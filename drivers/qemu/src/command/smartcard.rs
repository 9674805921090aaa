//! `<smartcard>`

use super::chardev::{self, Purpose};
use super::context::{Builder, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Address, ControllerType, SmartcardMode};
use ferrovirt_core::Result;

/// Where the host's certificates are, if nothing else is said.
const DATABASE: &str = "/etc/pki/nssdb";

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for card in &b.model().devices.smartcards {
        let id = alias(&card.info)?;
        let mut props;
        match &card.mode {
            SmartcardMode::Host => {
                props = Props::device("ccid-card-emulated");
                props.set("backend", "nss-emulated");
            }
            SmartcardMode::HostCertificates { certificates, database } => {
                props = Props::device("ccid-card-emulated");
                props.set("backend", "certificates");
                for (at, certificate) in certificates.iter().enumerate() {
                    props.set(&format!("cert{}", at + 1), certificate.as_str());
                }
                props.set("db", database.as_deref().unwrap_or(DATABASE));
            }
            SmartcardMode::Passthrough { source } => {
                chardev::build(b, id, source, Purpose::Smartcard)?;
                props = Props::device("ccid-card-passthru");
                props.set("chardev", format!("char{id}"));
            }
        }
        let controller = match &card.info.address {
            Some(Address::Ccid(address)) => address.controller,
            _ => 0,
        };
        let bus = b.context.controller_alias(ControllerType::Ccid, controller)?;
        props.set("id", id).set("bus", format!("{bus}.0"));
        b.device(props)?;
    }
    Ok(())
}
