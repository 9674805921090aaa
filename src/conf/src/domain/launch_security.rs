//! `<launchSecurity>`: guests whose memory the host can't read.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{HexDigits, TextWriter, ValueKind, XmlElement, XmlValue, YesNo};
use serde::{Deserialize, Serialize};

/// `<launchSecurity>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[xml(name = "launchSecurity", tag = "type")]
pub enum LaunchSecurity {
    Sev(Sev),
    SevSnp(SevSnp),
    S390Pv,
}

/// What AMD's encryptions have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct SevCommon {
    /// Kernel, initrd and command line are measured.
    #[xml(attr)]
    pub kernel_hashes: Option<YesNo>,
    /// The bit of an address that says "encrypted".
    #[xml(value = "cbitpos")]
    pub c_bit_position: Option<u32>,
    /// How many address bits that costs.
    #[xml(value)]
    pub reduced_phys_bits: Option<u32>,
}

/// AMD SEV and SEV-ES.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Sev {
    #[xml(flatten)]
    pub common: SevCommon,
    #[xml(value)]
    pub policy: Policy<u32, 4>,
    /// The owner's Diffie-Hellman key, base64.
    #[xml(value)]
    pub dh_cert: Option<String>,
    /// The owner's session data, base64.
    #[xml(value)]
    pub session: Option<String>,
}

/// AMD SEV-SNP.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct SevSnp {
    #[xml(flatten)]
    pub common: SevCommon,
    #[xml(attr)]
    pub author_key: Option<YesNo>,
    #[xml(attr)]
    pub vcek: Option<YesNo>,
    #[xml(value)]
    pub policy: Policy<u64, 8>,
    #[xml(value)]
    pub guest_visible_workarounds: Option<String>,
    #[xml(value)]
    pub id_block: Option<String>,
    #[xml(value)]
    pub id_auth: Option<String>,
    #[xml(value)]
    pub host_data: Option<String>,
}

impl LaunchSecurity {
    /// Refuses data of SEV-SNP that has the wrong length.
    pub fn validate(&self) -> Result<()> {
        let Self::SevSnp(snp) = self else { return Ok(()) };
        for (name, data, expected) in [
            ("guestVisibleWorkarounds", &snp.guest_visible_workarounds, 16),
            ("idBlock", &snp.id_block, 96),
            ("idAuth", &snp.id_auth, 4096),
            ("hostData", &snp.host_data, 32),
        ] {
            let length = data.as_deref().map(decoded_length);
            if let Some(length) = length.filter(|length| *length != expected) {
                let text = format!("<{name}> must be {expected} bytes in base64, not {length}");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }
}

/// How many bytes a base64 text stands for.
fn decoded_length(text: &str) -> usize {
    let letters = text.bytes().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
    letters * 3 / 4
}

/// A set of bits, read as hexadecimal with or without `0x`, written with it and at least `WIDTH` digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Policy<T, const WIDTH: usize>(pub T);

impl<T, const WIDTH: usize> XmlValue for Policy<T, WIDTH>
where
    HexDigits<T, WIDTH>: XmlValue,
    T: Copy,
{
    const KIND: ValueKind = ValueKind::Named("a hexadecimal number");

    fn from_text(text: &str) -> Option<Self> {
        HexDigits::<T, WIDTH>::from_text(text).map(|digits| Self(digits.0))
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        out.push("0x");
        HexDigits::<T, WIDTH>(self.0).write_text(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};

    #[test]
    fn all_kinds_print_back() {
        check_same::<LaunchSecurity>("<launchSecurity type='s390-pv'/>");
        check_same::<LaunchSecurity>(
            "<launchSecurity type='sev' kernelHashes='yes'>\n  <cbitpos>47</cbitpos>\n  \
             <reducedPhysBits>1</reducedPhysBits>\n  <policy>0x0001</policy>\n  <session>c2Vz</session>\n\
             </launchSecurity>",
        );
        check_same::<LaunchSecurity>(
            "<launchSecurity type='sev-snp' authorKey='yes' vcek='no'>\n  <policy>0x00030000</policy>\n  \
             <hostData>aGk=</hostData>\n</launchSecurity>",
        );
    }

    #[test]
    fn policies_are_hexadecimal_and_have_to_be_there() {
        check::<LaunchSecurity>(
            "<launchSecurity type='sev'><policy>10</policy></launchSecurity>",
            "<launchSecurity type='sev'>\n  <policy>0x0010</policy>\n</launchSecurity>",
        );
        check_error::<LaunchSecurity>("<launchSecurity type='sev'/>", ErrorCode::XmlError);
        check_error::<LaunchSecurity>("<launchSecurity type='none'/>", ErrorCode::XmlError);
    }
}
