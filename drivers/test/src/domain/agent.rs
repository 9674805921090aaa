//! What a guest agent would answer: file systems, time, passwords.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::DiskDevice;
use ferrovirt_core::driver::{DomainGuest, FsInfo, GuestTime};
use ferrovirt_core::{DomainId, Result, abi};

/// The file systems that every guest has mounted.
const MOUNTS: [&str; 2] = ["/", "/boot"];

impl DomainGuest for TestDriver {
    fn domain_get_fs_info(&self, domain: &DomainId, flags: u32) -> Result<Vec<FsInfo>> {
        refuse::flags(flags, 0, "virDomainGetFSInfo")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        let disks = view.definition.model.devices.disks.iter();
        let first = disks.filter(|disk| disk.device == DiskDevice::Disk).find_map(|disk| disk.name());
        let Some(disk) = first else { return Ok(Vec::new()) };
        let infos = (1..).zip(MOUNTS).map(|(partition, mount_point)| FsInfo {
            mount_point: mount_point.to_owned(),
            name: format!("{disk}{partition}"),
            fs_type: "ext4".to_owned(),
            device_aliases: vec![disk.to_owned()],
        });
        Ok(infos.collect())
    }

    fn domain_fs_trim(&self, domain: &DomainId, mount_point: Option<&str>, _: u64, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainFSTrim")?;
        self.host.guest(domain)?.view().check_active()?;
        mount_point.map_or(Ok(()), |mount_point| mount_number(mount_point).map(|_| ()))
    }

    fn domain_fs_freeze(&self, domain: &DomainId, mount_points: &[&str], flags: u32) -> Result<usize> {
        refuse::flags(flags, 0, "virDomainFSFreeze")?;
        self.set_frozen(domain, mount_points, true)
    }

    fn domain_fs_thaw(&self, domain: &DomainId, mount_points: &[&str], flags: u32) -> Result<usize> {
        refuse::flags(flags, 0, "virDomainFSThaw")?;
        self.set_frozen(domain, mount_points, false)
    }

    fn domain_get_time(&self, domain: &DomainId, flags: u32) -> Result<GuestTime> {
        refuse::flags(flags, 0, "virDomainGetTime")?;
        let view = self.host.guest(domain)?.view();
        if view.state != abi::VIR_DOMAIN_RUNNING {
            return Err(refuse::operation_invalid("the domain is not running, so it has no time"));
        }
        Ok(view.time)
    }

    fn domain_set_time(&self, domain: &DomainId, time: GuestTime, flags: u32) -> Result<()> {
        refuse::flags(flags, abi::VIR_DOMAIN_TIME_SYNC, "virDomainSetTime")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            guest.time = time;
            Ok(())
        })
    }

    fn domain_set_user_password(&self, domain: &DomainId, _: &str, _: &str, flags: u32) -> Result<()> {
        refuse::flags(flags, abi::VIR_DOMAIN_PASSWORD_ENCRYPTED, "virDomainSetUserPassword")?;
        self.host.guest(domain)?.view().check_active()
    }
}

impl TestDriver {
    /// Freezes or thaws file systems, all if none is named; how many changed comes back.
    fn set_frozen(&self, domain: &DomainId, mount_points: &[&str], frozen: bool) -> Result<usize> {
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.check_active()?;
            let all = if mount_points.is_empty() { &MOUNTS } else { mount_points };
            let mut changed = 0;
            for mount_point in all {
                let number = mount_number(mount_point)?;
                changed += usize::from(guest.frozen[number] != frozen);
                guest.frozen[number] = frozen;
            }
            Ok(changed)
        })
    }
}

fn mount_number(mount_point: &str) -> Result<usize> {
    MOUNTS.iter().position(|known| *known == mount_point).ok_or_else(|| {
        refuse::operation_invalid(format!(
            "nothing is mounted at '{mount_point}'; there are: {}",
            MOUNTS.join(", ")
        ))
    })
}
