//! `<redirfilter>`: which USB devices may be redirected into the guest.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{AutoBase, Fault, Node, Shape, Tag, Writer, XmlContent, XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// The rules; the first that fits counts. Without rules it is not written at all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "redirfilter")]
pub struct RedirFilter {
    #[xml(child)]
    pub rules: Vec<RedirRule>,
}

/// A rule. None: any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RedirRule {
    pub class: Option<u8>,
    pub vendor: Option<u32>,
    pub product: Option<u32>,
    pub version: Option<UsbVersion>,
    pub allow: bool,
}

/// A device's version: 2.1 is major 2, minor 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UsbVersion {
    /// 0 to 99.
    pub major: u8,
    /// Hundredths.
    pub minor: u8,
}

impl UsbVersion {
    /// As devices report it: binary coded decimal, `0x0210` for 2.1.
    pub fn bcd(self) -> u16 {
        let pair = |n: u8| u16::from(n / 10) << 4 | u16::from(n % 10);
        pair(self.major) << 8 | pair(self.minor)
    }

    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let number = |digits: &str| {
            let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            valid.then(|| digits.parse::<u8>().ok()).flatten().filter(|n| *n < 100)
        };
        let tenths = minor.len() == 1;
        let (major, minor) = (number(major)?, number(minor)?);
        // One digit is tenths: 2.1 is 2.10.
        Some(Self { major, minor: if tenths { minor * 10 } else { minor } })
    }
}

#[derive(XmlElement)]
struct RuleXml {
    #[xml(attr)]
    class: Option<AutoBase<i32>>,
    #[xml(attr)]
    vendor: Option<AutoBase<i32>>,
    #[xml(attr)]
    product: Option<AutoBase<i32>>,
    #[xml(attr)]
    version: Option<String>,
    #[xml(attr)]
    allow: YesNo,
}

impl XmlContent for RedirRule {
    /// -1 stands for any, too.
    fn parse(node: &Node<'_>) -> Result<Self> {
        let RuleXml { class, vendor, product, version, allow } = RuleXml::parse(node)?;
        let class = match class.map(|class| class.0).filter(|class| *class != -1) {
            None => None,
            Some(class) => Some(u8::try_from(class).map_err(|_| {
                node.error(
                    ErrorCode::Internal,
                    format!("{class:#x} is no class of USB devices: they end at 0xff"),
                )
            })?),
        };
        let version = match version.as_deref().filter(|version| *version != "-1") {
            None => None,
            Some(text) => Some(UsbVersion::parse(text).ok_or_else(|| {
                let text = format!("'{text}' is no version of a USB device such as 2.10");
                node.error(Fault::of_object(ErrorCode::XmlError), text)
            })?),
        };
        let positive = |number: Option<AutoBase<i32>>| u32::try_from(number?.0).ok();
        Ok(Self {
            class,
            vendor: positive(vendor),
            product: positive(product),
            version,
            allow: allow.is_set(),
        })
    }

    fn write_attrs(&self, w: &mut Writer) {
        if let Some(class) = self.class {
            w.attr_str("class", &format!("0x{class:02X}"));
        }
        if let Some(vendor) = self.vendor {
            w.attr_str("vendor", &format!("0x{vendor:04X}"));
        }
        if let Some(product) = self.product {
            w.attr_str("product", &format!("0x{product:04X}"));
        }
        if let Some(UsbVersion { major, minor }) = self.version {
            w.attr_str("version", &format!("{major}.{minor:02}"));
        }
        w.attr("allow", &YesNo::from(self.allow));
    }

    fn shape() -> &'static Shape {
        RuleXml::shape()
    }
}

impl XmlElement for RedirRule {
    const TAG: Tag = Tag::new("usbdev");
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check, check_error, check_same};

    #[test]
    fn rules_print_back() {
        check_same::<RedirFilter>(
            "<redirfilter>
  <usbdev class='0x08' vendor='0x15E1' product='0x2007' version='1.10' allow='yes'/>
  <usbdev allow='no'/>
</redirfilter>",
        );
        check::<RedirRule>(
            "<usbdev class='-1' version='2.1' allow='no'/>",
            "<usbdev version='2.10' allow='no'/>",
        );
        assert_eq!(UsbVersion { major: 4, minor: 7 }.bcd(), 0x0407);
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        check_error::<RedirRule>("<usbdev class='256' allow='no'/>", ErrorCode::Internal);
        check_error::<RedirRule>("<usbdev version='2' allow='no'/>", ErrorCode::XmlError);
        check_error::<RedirRule>("<usbdev version='100.1' allow='no'/>", ErrorCode::XmlError);
        check_error::<RedirRule>("<usbdev/>", ErrorCode::XmlError);
    }
}
