//! `<blkiotune>`: how much of the host's disk bandwidth the guest gets.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<blkiotune>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct BlkioTune {
    /// From 100 to 1000, or 10 to 1000 with newer kernels.
    #[xml(value, strict = "schema_weight")]
    pub weight: Option<u32>,
    #[xml(child = "device")]
    pub devices: Vec<BlkioDevice>,
}

/// The schema does not know of newer kernels.
mod schema_weight {
    use ferrovirt_xml::ValueKind;

    pub const KIND: ValueKind = ValueKind::Integer { min: 100, max: 1000 };

    pub fn valid(text: &str) -> bool {
        text.parse().is_ok_and(|weight: u32| (100..=1000).contains(&weight))
    }
}

/// The limits for one of the host's block devices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct BlkioDevice {
    #[xml(value, error = "ConfigUnsupported")]
    pub path: String,
    #[xml(value, error = "ConfigUnsupported")]
    pub weight: Option<u32>,
    #[xml(value = "read_iops_sec", error = "ConfigUnsupported")]
    pub read_iops_sec: Option<u32>,
    #[xml(value = "write_iops_sec", error = "ConfigUnsupported")]
    pub write_iops_sec: Option<u32>,
    #[xml(value = "read_bytes_sec", error = "ConfigUnsupported")]
    pub read_bytes_sec: Option<u64>,
    #[xml(value = "write_bytes_sec", error = "ConfigUnsupported")]
    pub write_bytes_sec: Option<u64>,
}

impl BlkioDevice {
    fn says_nothing(&self) -> bool {
        *self == Self { path: self.path.clone(), ..Self::default() }
    }
}

impl BlkioTune {
    /// Zero is no limit, and a device without limits goes.
    pub fn fill_defaults(&mut self) {
        self.weight = self.weight.filter(|n| *n != 0);
        for device in &mut self.devices {
            device.weight = device.weight.filter(|n| *n != 0);
            device.read_iops_sec = device.read_iops_sec.filter(|n| *n != 0);
            device.write_iops_sec = device.write_iops_sec.filter(|n| *n != 0);
            device.read_bytes_sec = device.read_bytes_sec.filter(|n| *n != 0);
            device.write_bytes_sec = device.write_bytes_sec.filter(|n| *n != 0);
        }
    }

    /// Drops devices without limits; after validation, which sees them.
    pub fn drop_empty(&mut self) {
        self.devices.retain(|device| !device.says_nothing());
    }

    /// Refuses a device that is there twice.
    pub fn validate(&self) -> Result<()> {
        for (index, device) in self.devices.iter().enumerate() {
            if self.devices[..index].iter().any(|earlier| earlier.path == device.path) {
                return Err(Error::config_unsupported(format!(
                    "<blkiotune> has device '{}' more than once",
                    device.path
                )));
            }
        }
        Ok(())
    }
}
