//! `<throttlegroups>`: limits that several disks share.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<throttlegroup>`. Rates are a second, `…_max_length` is how many seconds a burst may last; zero is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ThrottleGroup {
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
    #[xml(value = "size_iops_sec", default, skip_default)]
    pub size_iops_sec: u64,
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
    #[xml(value = "group_name")]
    pub name: String,
}

impl ThrottleGroup {
    /// Refuses groups of the same name.
    pub fn validate_all(groups: &[Self]) -> Result<()> {
        for (index, group) in groups.iter().enumerate() {
            if groups[..index].iter().any(|earlier| earlier.name == group.name) {
                return Err(Error::xml(format!("throttle group '{}' is there twice", group.name)));
            }
        }
        Ok(())
    }

    /// Refuses a limit for both directions together beside one for a single direction.
    pub fn validate(&self) -> Result<()> {
        let clashes = [
            ("bytes_sec", self.total_bytes_sec, self.read_bytes_sec, self.write_bytes_sec),
            ("iops_sec", self.total_iops_sec, self.read_iops_sec, self.write_iops_sec),
            ("bytes_sec_max", self.total_bytes_sec_max, self.read_bytes_sec_max, self.write_bytes_sec_max),
            ("iops_sec_max", self.total_iops_sec_max, self.read_iops_sec_max, self.write_iops_sec_max),
        ];
        for (name, total, read, write) in clashes {
            if total != 0 && (read != 0 || write != 0) {
                let text = format!(
                    "throttle group '{}' has a total_{name} beside one for reads or writes",
                    self.name
                );
                return Err(Error::xml(text));
            }
        }
        Ok(())
    }
}
