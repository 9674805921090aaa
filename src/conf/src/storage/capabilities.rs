//! `<storagepoolCapabilities>`: which types of pools there are on a host, and what formats pools and volumes may have.

use super::PoolType;
use crate::domain::StorageFormat;
use ferrovirt_core::Result;
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo, from_str, to_string};
use serde::{Deserialize, Serialize};

/// What can be said of every type of pool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "storagepoolCapabilities", block)]
pub struct PoolCapabilities {
    #[xml(child)]
    pub pools: Vec<PoolCapability>,
}

/// `<pool>`: what can be said of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "pool", block)]
pub struct PoolCapability {
    #[xml(attr = "type")]
    pub kind: PoolType,
    /// Whether the host has what such pools need.
    #[xml(attr)]
    pub supported: YesNo,
    #[xml(child = "poolOptions")]
    pub pool_options: Option<FormatChoice>,
    #[xml(child = "volOptions")]
    pub volume_options: Option<FormatChoice>,
}

/// The formats there are, and the one of those that do not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct FormatChoice {
    #[xml(attr = "defaultFormat/@type")]
    pub default: Option<String>,
    #[xml(child)]
    pub formats: Option<FormatList>,
}

/// `<enum>`: formats by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "enum", block)]
pub struct FormatList {
    #[xml(attr)]
    pub name: String,
    #[xml(value = "value")]
    pub values: Vec<String>,
}

impl PoolCapabilities {
    /// The report of a host on which these types work.
    pub fn of_host(supported: &[PoolType]) -> Self {
        let describe = |kind: &PoolType| PoolCapability {
            kind: *kind,
            supported: YesNo::from(supported.contains(kind)),
            pool_options: kind.default_format().map(|default| {
                let formats = kind.formats().iter().map(|format| (*format).to_owned()).collect();
                FormatChoice::new("sourceFormatType", default, formats)
            }),
            volume_options: kind
                .volume_format()
                .map(|default| FormatChoice::new("targetFormatType", default, volume_formats(*kind))),
        };
        Self { pools: PoolType::ALL.iter().map(describe).collect() }
    }

    /// Reads a report.
    pub fn from_xml(text: &str) -> Result<Self> {
        from_str(text, "storage_pool_capabilities")
    }

    /// The report as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }
}

impl FormatChoice {
    fn new(name: &str, default: &str, values: Vec<String>) -> Self {
        let formats = Some(FormatList { name: name.to_owned(), values });
        Self { default: Some(default.to_owned()), formats }
    }
}

/// The formats of a pool's volumes, as the report has them: images of RBD are of one, and not told of.
fn volume_formats(kind: PoolType) -> Vec<String> {
    let names: Vec<&str> = match kind {
        PoolType::Rbd => Vec::new(),
        PoolType::Disk => super::kinds::PARTITION_FORMATS.to_vec(),
        _ => std::iter::once("none").chain(StorageFormat::NAMES.iter().copied()).collect(),
    };
    names.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_told_of_and_the_report_reads_back() {
        let report = PoolCapabilities::of_host(&[PoolType::Dir, PoolType::Logical]);
        let xml = report.to_xml();
        assert_eq!(PoolCapabilities::from_xml(&xml).unwrap(), report);
        for part in [
            "  <pool type='dir' supported='yes'>\n    <volOptions>\n      <defaultFormat type='raw'/>\n      \
             <enum name='targetFormatType'>\n        <value>none</value>\n        <value>raw</value>",
            "<pool type='logical' supported='yes'>\n    <poolOptions>\n      <defaultFormat type='lvm2'/>\n      \
             <enum name='sourceFormatType'>\n        <value>unknown</value>\n        <value>lvm2</value>",
            "  <pool type='iscsi' supported='no'>\n  </pool>",
            "<pool type='rbd' supported='no'>\n    <volOptions>\n      <defaultFormat type='raw'/>\n      \
             <enum name='targetFormatType'>\n      </enum>",
        ] {
            assert!(xml.contains(part), "{part}\n{xml}");
        }
    }
}
