//! What is filled in whatever the hypervisor, once a definition is read.
//!
//! A driver does its part before: which devices its guests have anyway, and what the machine type implies.

use crate::cpu::{GuestCpu, Numa};
use crate::domain::{
    Boot, BootDevice, Context, Domain, LoaderKind, OsType, ParseFlags, TickPolicy, Timer, TimerName,
    VcpuState, VirtType, assign_ports,
};
use crate::values::ScaledSize;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::YesNo;
use std::collections::HashSet;

impl Domain {
    /// Fills in what the user left out, and refuses what can't be completed. Devices get no addresses here.
    pub fn fill_defaults(&mut self, flags: ParseFlags) -> Result<()> {
        self.fill_all(flags).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn fill_all(&mut self, flags: ParseFlags) -> Result<()> {
        let context = self.context();
        assign_ports(&mut self.devices.serials);
        self.devices.fill_defaults(&context);
        self.devices.place_scsi_hostdevs()?;
        if self.os.os_type == OsType::Exe && self.os.init.is_none() {
            return Err(Error::xml("<os> of a container needs an <init>, the program to run"));
        }
        self.fill_vcpus()?;
        self.fill_memory(flags)?;
        if self.numa().is_none()
            && let Some(backing) = self.memory_backing.said()
            && let Some(pages) = &mut backing.huge_pages
        {
            pages.drop_only_node();
        }
        if let Some(loader) = self.os.loader.as_mut().filter(|loader| loader.path.is_some()) {
            loader.kind.get_or_insert(LoaderKind::Rom);
        }
        self.devices.refuse_twins()?;
        if self.os.os_type == OsType::Hvm && !flags.no_boot_order {
            self.fill_boot_order()?;
        }
        self.clock.timers.iter().try_for_each(Timer::check)?;
        if self.os.os_type == OsType::Hvm && !flags.no_stub_console {
            self.devices.alias_first_console()?;
        }
        self.devices.check_controller_numbers()?;
        self.devices.add_implicit_controllers();
        self.devices.add_implicit_video();
        self.devices.prefer_first_video();
        if let Some(tune) = self.blkiotune.said() {
            tune.drop_empty();
        }
        self.cpu.as_deref().map_or(Ok(()), GuestCpu::validate_check)
    }

    fn fill_vcpus(&mut self) -> Result<()> {
        for state in &mut self.vcpus {
            state.hotpluggable.get_or_insert(YesNo::from(!state.enabled.is_set()));
        }
        self.check_vcpus()
    }

    /// Refuses CPUs that are off and could never be plugged. To take CPUs out may lead there: what such a description says
    /// can't be read again.
    pub fn check_vcpus(&self) -> Result<()> {
        let is_lost = |state: &&VcpuState| !state.enabled.is_set() && state.hotpluggable == Some(YesNo::No);
        match self.vcpus.iter().find(is_lost) {
            Some(state) => {
                let text = format!("CPU {} can't be both off and not hot-pluggable", state.id);
                Err(Error::config_unsupported(text))
            }
            None => Ok(()),
        }
    }

    fn fill_memory(&mut self, flags: ParseFlags) -> Result<()> {
        let hotplug = self.devices.memory();
        let nodes = self.numa().map_or(0, Numa::memory);
        let total = &mut self.memory.size.0;
        if nodes != 0 && (*total == 0 || flags.abi_update) {
            *total = nodes.saturating_add(hotplug);
        }
        if hotplug > *total {
            let text = format!("memory devices hold {hotplug} KiB, more than the {total} KiB of <memory>");
            return Err(Error::xml(text));
        }
        if *total == hotplug {
            return Err(Error::xml("a domain needs <memory>, or <numa> cells with memory"));
        }
        let ScaledSize(current) = &mut self.current_memory;
        if *current == 0 || *current > *total {
            *current = *total;
        }
        self.max_memory = self.max_memory.filter(|max| max.slots.is_some_and(|n| n > 0) || max.size.0 > 0);
        let Some(max) = &mut self.max_memory else { return Ok(()) };
        max.slots = max.slots.filter(|slots| *slots != 0);
        if max.size.0 == 0 {
            return Err(Error::xml("<maxMemory slots='…'> needs a size"));
        }
        if max.size.0 < *total {
            let text = format!("<maxMemory> of {} KiB is below the {total} KiB of <memory>", max.size.0);
            return Err(Error::xml(text));
        }
        Ok(())
    }

    fn fill_boot_order(&mut self) -> Result<()> {
        let mut seen = HashSet::new();
        for order in self.devices.infos().iter().filter_map(|info| info.boot_order) {
            if !seen.insert(order) {
                let text = format!("boot order {order} is given to more than one device");
                return Err(Error::config_unsupported(text));
            }
        }
        match (self.os.boot.is_empty(), seen.is_empty()) {
            (false, false) => {
                let text = "<boot> in <os> does not go with <boot order='…'> of devices: leave one out";
                Err(Error::config_unsupported(text))
            }
            (true, true) if self.bootloader.is_none() => {
                self.os.boot.push(Boot { dev: BootDevice::Hd });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a device may need to know of the machine.
    pub fn context(&self) -> Context {
        let os_type = match self.os.os_type {
            OsType::Linux if self.virt_type == VirtType::Xen => OsType::Xen,
            other => other,
        };
        Context {
            virt_type: self.virt_type.to_string(),
            arch: self.os.arch.map(|arch| arch.to_string()).unwrap_or_default(),
            machine: self.os.machine.clone().unwrap_or_default(),
            os_type: os_type.to_string(),
        }
    }

    /// Takes out what only running guests have.
    pub fn strip_live(&mut self) {
        self.id = None;
        self.seclabels.iter_mut().for_each(|label| label.strip_live());
        if let Some(tune) = self.cputune.said() {
            tune.strip_live();
        }
        self.clock.strip_live();
        if let Some(vars) = &mut self.os.nvram {
            vars.strip_live();
        }
        self.devices.strip_live();
    }

    /// The NUMA nodes of the guest.
    pub fn numa(&self) -> Option<&Numa> {
        self.cpu.as_ref()?.numa.as_ref()
    }
}

impl Timer {
    /// Refuses settings that this timer does not have.
    fn check(&self) -> Result<()> {
        let no = |what: &str| {
            let text = format!("timer '{}' has no {what} to set", self.name);
            Err(Error::config_unsupported(text))
        };
        if matches!(self.name, TimerName::KvmClock | TimerName::HypervClock) && self.tick_policy.is_some() {
            return no("tickpolicy");
        }
        let catchup = [self.catchup.threshold, self.catchup.slew, self.catchup.limit];
        if self.tick_policy != Some(TickPolicy::CatchUp) && catchup.iter().flatten().any(|n| *n != 0) {
            return Err(Error::xml("<catchup> of a timer is only for tickpolicy='catchup'"));
        }
        if self.name != TimerName::Tsc {
            if self.frequency.is_some_and(|frequency| frequency != 0) {
                return no("frequency");
            }
            if self.mode.is_some() {
                return no("mode");
            }
        }
        if !matches!(self.name, TimerName::Platform | TimerName::Rtc) && self.track.is_some() {
            return no("track");
        }
        Ok(())
    }
}
