//! The disks' share of the host, for a running guest.

use super::Guest;
use ferrovirt_conf::domain::{BlkioDevice, Domain};
use ferrovirt_conf::tuning::blkio;
use ferrovirt_core::{Error, Result, TypedParams};
use ferrovirt_host::cgroup::Controller;
use rustix::fs::{major, minor, stat};

/// Kernels have had two names for it.
const WEIGHTS: [&str; 2] = ["blkio.bfq.weight", "blkio.weight"];

impl Guest<'_> {
    /// Puts limits in force. What the description does not have yet is taken into it.
    pub fn limit_blkio(&self, model: &mut Domain, params: &TypedParams) -> Result<()> {
        let before = model.blkiotune.clone();
        blkio::set_blkio(model, params)?;
        let after = model.blkiotune.clone();
        if let Some(weight) = after.weight.filter(|_| params.get("weight").is_some()) {
            self.set_weight(weight)?;
        }
        for device in &after.devices {
            let old = before.devices.iter().find(|old| old.path == device.path);
            let none = BlkioDevice::default();
            self.limit_device(old.unwrap_or(&none), device)?;
        }
        model.blkiotune.drop_empty();
        Ok(())
    }

    fn set_weight(&self, weight: u32) -> Result<()> {
        let group = self.cgroup(Controller::Blkio)?;
        let file = WEIGHTS.into_iter().find(|file| group.knows(Controller::Blkio, file));
        let file = file.ok_or_else(|| {
            Error::operation_invalid("the kernel's block scheduler knows no weights: it has no bfq or cfq")
        })?;
        group.set(Controller::Blkio, file, &weight.to_string())
    }

    /// The weight that the kernel has; 0 where it knows none.
    pub fn blkio_weight(&self) -> Result<u32> {
        let group = self.cgroup(Controller::Blkio)?;
        match WEIGHTS.into_iter().find(|file| group.knows(Controller::Blkio, file)) {
            // Newer ones say `default 100`.
            Some(file) => {
                let text = group.get(Controller::Blkio, file)?;
                let number = text.lines().next().and_then(|line| line.rsplit(' ').next()?.parse().ok());
                number.ok_or_else(|| Error::internal(format!("'{file}' holds '{text}'")))
            }
            None => Ok(0),
        }
    }

    fn limit_device(&self, old: &BlkioDevice, new: &BlkioDevice) -> Result<()> {
        let settings = [
            ("blkio.weight_device", old.weight.map(u64::from), new.weight.map(u64::from)),
            (
                "blkio.throttle.read_iops_device",
                old.read_iops_sec.map(u64::from),
                new.read_iops_sec.map(u64::from),
            ),
            (
                "blkio.throttle.write_iops_device",
                old.write_iops_sec.map(u64::from),
                new.write_iops_sec.map(u64::from),
            ),
            ("blkio.throttle.read_bps_device", old.read_bytes_sec, new.read_bytes_sec),
            ("blkio.throttle.write_bps_device", old.write_bytes_sec, new.write_bytes_sec),
        ];
        for (file, old, new_value) in settings {
            if old != new_value {
                let number = device_number(&new.path)?;
                let text = format!("{number} {}", new_value.unwrap_or(0));
                self.cgroup(Controller::Blkio)?.set(Controller::Blkio, file, &text)?;
            }
        }
        Ok(())
    }

    /// Puts the limits of the description in force, at the start.
    pub fn apply_blkio(&self, model: &Domain) -> Result<()> {
        if let Some(weight) = model.blkiotune.weight {
            self.set_weight(weight)?;
        }
        let none = BlkioDevice::default();
        model.blkiotune.devices.iter().try_for_each(|device| self.limit_device(&none, device))
    }
}

/// The kernel's number of a block device.
fn device_number(path: &str) -> Result<String> {
    let found = stat(path).map_err(|err| Error::system(err, format_args!("cannot look at '{path}'")))?;
    let is_block = rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::BlockDevice;
    if !is_block {
        return Err(Error::invalid_arg(format!("'{path}' is not a block device of the host")));
    }
    Ok(format!("{}:{}", major(found.st_rdev), minor(found.st_rdev)))
}
