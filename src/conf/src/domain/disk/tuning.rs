//! `<iotune>`: limits on what a disk may transfer. 0 everywhere: no limit.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// Limits on bytes and operations a second.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "iotune")]
pub struct IoTune {
    #[xml(value = "total_bytes_sec", default, skip_default)]
    pub total_bytes_sec: u64,
    #[xml(value = "read_bytes_sec", default, skip_default)]
    pub read_bytes_sec: u64,
    #[xml(value = "write_bytes_sec", default, skip_default)]
    pub write_bytes_sec: u64,
    #[xml(value = "total_iops_sec", default, skip_default)]
    pub total_iops_sec: u64,
    #[xml(value = "read_iops_sec", default, skip_default)]
    pub read_iops_sec: u64,
    #[xml(value = "write_iops_sec", default, skip_default)]
    pub write_iops_sec: u64,
    #[xml(value = "total_bytes_sec_max", default, skip_default)]
    pub total_bytes_sec_max: u64,
    #[xml(value = "read_bytes_sec_max", default, skip_default)]
    pub read_bytes_sec_max: u64,
    #[xml(value = "write_bytes_sec_max", default, skip_default)]
    pub write_bytes_sec_max: u64,
    #[xml(value = "total_iops_sec_max", default, skip_default)]
    pub total_iops_sec_max: u64,
    #[xml(value = "read_iops_sec_max", default, skip_default)]
    pub read_iops_sec_max: u64,
    #[xml(value = "write_iops_sec_max", default, skip_default)]
    pub write_iops_sec_max: u64,
    /// What counts as one operation, in bytes.
    #[xml(value = "size_iops_sec", default, skip_default)]
    pub size_iops_sec: u64,
    /// Disks of one group share the limits.
    #[xml(value = "group_name")]
    pub group_name: Option<String>,
    /// For how many seconds a burst may last; the same for those below.
    #[xml(value = "total_bytes_sec_max_length", default, skip_default)]
    pub total_bytes_sec_max_length: u64,
    #[xml(value = "read_bytes_sec_max_length", default, skip_default)]
    pub read_bytes_sec_max_length: u64,
    #[xml(value = "write_bytes_sec_max_length", default, skip_default)]
    pub write_bytes_sec_max_length: u64,
    #[xml(value = "total_iops_sec_max_length", default, skip_default)]
    pub total_iops_sec_max_length: u64,
    #[xml(value = "read_iops_sec_max_length", default, skip_default)]
    pub read_iops_sec_max_length: u64,
    #[xml(value = "write_iops_sec_max_length", default, skip_default)]
    pub write_iops_sec_max_length: u64,
}

impl IoTune {
    /// Whether there is any limit; a group's name is none.
    pub fn has_any(&self) -> bool {
        *self != Self { group_name: self.group_name.clone(), ..Self::default() }
    }

    /// A total and its parts exclude each other.
    pub fn validate(&self) -> Result<()> {
        let pairs = [
            ("bytes_sec", self.total_bytes_sec, self.read_bytes_sec | self.write_bytes_sec),
            ("iops_sec", self.total_iops_sec, self.read_iops_sec | self.write_iops_sec),
            ("bytes_sec_max", self.total_bytes_sec_max, self.read_bytes_sec_max | self.write_bytes_sec_max),
            ("iops_sec_max", self.total_iops_sec_max, self.read_iops_sec_max | self.write_iops_sec_max),
        ];
        match pairs.iter().find(|(_, total, parts)| *total != 0 && *parts != 0) {
            Some((name, ..)) => Err(Error::xml(format!(
                "<iotune> limits {name} in total and for reading or writing: only one of the two can hold"
            ))),
            None => Ok(()),
        }
    }
}
