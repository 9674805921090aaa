//! `<lease>`: a place on shared storage that the guest's lock manager holds while it runs.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use super::Device;

/// A lease.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "lease")]
pub struct Lease {
    /// Who shares it.
    #[xml(value)]
    pub lockspace: String,
    /// Its name there.
    #[xml(value)]
    pub key: String,
    /// The file or device.
    #[xml(attr = "target/@path")]
    pub path: String,
    /// Bytes from its beginning.
    #[xml(attr = "target/@offset", default, skip_default)]
    pub offset: u64,
}

impl Device for Lease {}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::XmlError;
    use ferrovirt_xml::check::{check_error, check_same};

    #[test]
    fn a_lease_prints_back() {
        check_same::<Lease>(
            "<lease>\n  <lockspace>somearea</lockspace>\n  <key>somekey</key>\n  <target path='/l' offset='1024'/>\n</lease>",
        );
        check_error::<Lease>("<lease><lockspace>a</lockspace><key>b</key></lease>", XmlError);
        check_error::<Lease>("<lease><lockspace>a</lockspace><target path='/l'/></lease>", XmlError);
    }
}
