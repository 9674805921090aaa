//! What contradicts itself in a definition whatever the hypervisor.

use crate::domain::{
    DeviceRef, Domain, Firmware, FirmwareFeatureName, LaunchSecurity, LifecycleAction, LoaderKind, Os,
    ParseFlags, ThrottleGroup,
};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::YesNo;
use std::collections::HashSet;

/// What a driver can't do.
pub trait Refusals {
    /// Looks at all but the devices, before them.
    fn check_domain(&self, domain: &Domain) -> Result<()>;

    /// Looks at a device of the domain, which does not contradict itself.
    fn check_device(&self, domain: &Domain, device: DeviceRef<'_>) -> Result<()>;
}

/// No driver has anything to say.
struct NothingElse;

impl Refusals for NothingElse {
    fn check_domain(&self, _domain: &Domain) -> Result<()> {
        Ok(())
    }

    fn check_device(&self, _domain: &Domain, _device: DeviceRef<'_>) -> Result<()> {
        Ok(())
    }
}

impl Domain {
    /// Refuses what contradicts itself. A driver refuses what it can't do besides.
    pub fn validate(&self, flags: ParseFlags) -> Result<()> {
        self.validate_with(flags, &NothingElse)
    }

    /// Refuses what contradicts itself, and what a driver can't do: the domain as a whole for the driver, device by
    /// device for both, and what is left of the domain.
    pub fn validate_with(&self, flags: ParseFlags, refusals: &dyn Refusals) -> Result<()> {
        if flags.skip_validate {
            return Ok(());
        }
        refusals.check_domain(self)?;
        for device in self.devices.all() {
            self.validate_device(device)?;
            refusals.check_device(self, device)?;
        }
        self.validate_as_a_whole().map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn validate_as_a_whole(&self) -> Result<()> {
        self.validate_resource()?;
        self.validate_devices_together()?;
        self.validate_topology()?;
        self.validate_aliases()?;
        self.validate_remapping()?;
        self.validate_events()?;
        self.validate_huge_pages()?;
        self.os.validate()?;
        self.cputune.validate()?;
        self.validate_boot()?;
        self.validate_videos()?;
        self.blkiotune.validate()?;
        self.validate_idmap()?;
        self.numatune.validate()?;
        if let Some(numa) = self.numa() {
            numa.validate_caches_and_links()?;
        }
        self.iothreads.validate()?;
        self.launch_security.as_deref().map_or(Ok(()), LaunchSecurity::validate)?;
        self.throttle_groups.iter().try_for_each(ThrottleGroup::validate)
    }

    fn validate_resource(&self) -> Result<()> {
        let Some(appid) = &self.resource.fibre_channel_appid else { return Ok(()) };
        if !appid.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(Error::xml("the appid of <fibrechannel> must be printable"));
        }
        if !(1..=128).contains(&appid.len()) {
            let text = format!("the appid '{appid}' of <fibrechannel> must have 1 to 128 characters");
            return Err(Error::invalid_arg(text));
        }
        Ok(())
    }

    fn validate_topology(&self) -> Result<()> {
        let topology = self.cpu.as_ref().and_then(|cpu| cpu.topology);
        match topology {
            Some(topology) if topology.total().is_none() => {
                Err(Error::config_unsupported("the CPU <topology> has more CPUs than can be counted"))
            }
            _ => Ok(()),
        }
    }

    fn validate_videos(&self) -> Result<()> {
        if self.devices.videos.iter().filter(|video| video.is_primary()).count() > 1 {
            return Err(Error::config_unsupported("only one <video> can be the primary one"));
        }
        Ok(())
    }

    fn validate_aliases(&self) -> Result<()> {
        let mut seen = HashSet::new();
        for alias in self.devices.infos().iter().filter_map(|info| info.alias.as_deref()) {
            if alias.starts_with("ua-") && !seen.insert(alias) {
                let text = format!("alias '{alias}' is given to more than one device");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    fn validate_events(&self) -> Result<()> {
        for (name, action) in [("on_poweroff", self.events.on_poweroff), ("on_reboot", self.events.on_reboot)]
        {
            if matches!(action, LifecycleAction::CoredumpDestroy | LifecycleAction::CoredumpRestart) {
                let text = format!("<{name}> can't be '{action}', only <on_crash> can");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    fn validate_huge_pages(&self) -> Result<()> {
        let wrong = |text: String| Err(Error::new(ErrorCode::XmlDetail, text));
        let pages = self.memory_backing.huge_pages.as_ref().map_or(&[][..], |huge| &huge.pages);
        // Without cells, node 0 stands for all of the guest.
        let nodes = self.numa().map_or(1, |numa| numa.cells.len());
        for (index, page) in pages.iter().enumerate() {
            for earlier in &pages[..index] {
                let clash = match (&page.nodes, &earlier.nodes) {
                    (Some(a), Some(b)) => a.overlaps(b),
                    (None, None) => true,
                    _ => false,
                };
                if clash {
                    let text = "huge pages of {} and {} KiB are both for the same NUMA nodes";
                    let text = text.replacen("{}", &earlier.size.0.to_string(), 1);
                    return wrong(text.replacen("{}", &page.size.0.to_string(), 1));
                }
            }
            let beyond = page.nodes.iter().flat_map(|set| set.iter()).find(|node| *node as usize >= nodes);
            if let Some(node) = beyond {
                return wrong(format!(
                    "huge pages of {} KiB are for NUMA node {node}, which there is none",
                    page.size.0
                ));
            }
        }
        Ok(())
    }

    fn validate_boot(&self) -> Result<()> {
        let timeout = self.os.boot_menu.and_then(|menu| menu.timeout);
        if timeout.is_some_and(|timeout| timeout > 65535) {
            return Err(Error::config_unsupported("the timeout of <bootmenu> must be from 0 to 65535"));
        }
        let timeout = self.os.bios.and_then(|bios| bios.reboot_timeout);
        if timeout.is_some_and(|timeout| !(-1..=65535).contains(&timeout)) {
            return Err(Error::config_unsupported("rebootTimeout of <bios> must be from -1 to 65535"));
        }
        Ok(())
    }

    fn validate_idmap(&self) -> Result<()> {
        let (uids, gids) = (&self.idmap.uids, &self.idmap.gids);
        if uids.is_empty() != gids.is_empty() {
            return Err(Error::config_unsupported("<idmap> must map both <uid> and <gid>, or neither"));
        }
        let without_root = |ranges: &[super::IdRange]| ranges.first().is_some_and(|range| range.start != 0);
        if without_root(uids) || without_root(gids) {
            return Err(Error::config_unsupported(
                "<idmap> must map root: a <uid> and a <gid> with start='0'",
            ));
        }
        Ok(())
    }
}

impl Os {
    /// Refuses firmware that can't be found or can't keep its variables.
    pub fn validate(&self) -> Result<()> {
        let wrong = |text: &str| Err(Error::new(ErrorCode::XmlDetail, text));
        let feature = |name| self.firmware_features.iter().find(|f| f.name == name).map(|f| f.enabled);
        let loader = self.loader.clone().unwrap_or_default();
        let described = self.loader.is_some() || self.nvram.is_some();
        match self.firmware {
            None if !self.firmware_features.is_empty() => {
                return wrong("features of <firmware> need <os firmware='…'>, which chooses by them");
            }
            None if described && loader.path.is_none() => {
                return wrong("<os> needs the path of a <loader>, or firmware='…' to choose one");
            }
            Some(_)
                if feature(FirmwareFeatureName::EnrolledKeys) == Some(YesNo::Yes)
                    && feature(FirmwareFeatureName::SecureBoot) == Some(YesNo::No) =>
            {
                return wrong("firmware without 'secure-boot' can't have 'enrolled-keys'");
            }
            Some(Firmware::Bios) if self.nvram.is_some() => {
                return wrong("firmware of type 'bios' has no <nvram>");
            }
            _ => {}
        }
        if !described {
            return Ok(());
        }
        match (loader.stateless, self.firmware) {
            (Some(YesNo::Yes), _) if self.nvram.is_some() => {
                return wrong("a stateless <loader> has no <nvram>");
            }
            (Some(YesNo::No), None) if loader.kind != Some(LoaderKind::Pflash) => {
                return wrong("only a <loader> of type 'pflash' keeps variables");
            }
            (Some(YesNo::No), Some(Firmware::Bios)) => {
                return wrong("firmware of type 'bios' keeps no variables");
            }
            _ => {}
        }
        if self.shim.is_some() && self.kernel.is_none() {
            return Err(Error::config_unsupported("<shim> needs a <kernel>"));
        }
        Ok(())
    }
}
