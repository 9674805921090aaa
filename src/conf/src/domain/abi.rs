//! Whether a guest could go on with another definition: on restore, on migration, and when it goes back to a snapshot.

use super::visible::Facts;
use super::{Clock, Device, Devices, Domain, TimerName};
use crate::cpu::GuestCpu;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::XmlElement;

/// What of a definition may differ all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AbiCheck {
    /// What changes while a guest runs, such as its balloon.
    pub skip_volatile: bool,
}

impl Domain {
    /// Refuses `other` if the guest, which has this definition, would see the difference. Says which element differs, in
    /// what, and both values.
    pub fn check_abi(&self, other: &Self, check: AbiCheck) -> Result<()> {
        self.compare(other, check).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn compare(&self, other: &Self, check: AbiCheck) -> Result<()> {
        self.identity().check(&other.identity(), "<domain>")?;
        self.resources(check).check(&other.resources(check), "machine")?;
        self.nodes().check(&other.nodes(), "<numa>")?;
        self.machine().check(&other.machine(), "<os>")?;
        whole(&self.features).check(&whole(&other.features), "<features>")?;
        self.clock.visible().check(&other.clock.visible(), "<clock>")?;
        self.processor().check(&other.processor(), "<cpu>")?;
        self.tables().check(&other.tables(), "<sysinfo>")?;
        self.devices.compare(&other.devices)
    }

    fn identity(&self) -> Facts {
        let mut facts = Facts::default();
        facts.is("type", &self.virt_type);
        facts.may("uuid", &self.uuid);
        facts.may("genid", &self.genid);
        facts.is("name", &self.name);
        facts
    }

    fn resources(&self, check: AbiCheck) -> Facts {
        let mut facts = Facts::default();
        facts.is("memory", &self.memory.size.0.saturating_sub(self.devices.memory()));
        if !check.skip_volatile {
            facts.is("currentMemory", &self.current_memory.0);
        }
        facts.may("maxMemory", &self.max_memory.map(|max| max.size.0));
        facts.may("slots of maxMemory", &self.max_memory.and_then(|max| max.slots));
        facts.is("vcpu", &self.vcpu.max);
        if self.vcpus.is_empty() {
            facts.is("current of vcpu", &self.vcpu.current());
        }
        for state in &self.vcpus {
            facts.is("enabled of vcpu", &state.enabled);
            facts.may("order of vcpu", &state.order);
        }
        facts
    }

    fn nodes(&self) -> Facts {
        let mut facts = Facts::default();
        for cell in self.numa().iter().flat_map(|numa| &numa.cells) {
            facts.is("memory of cell", &cell.memory.0);
            facts.may("cpus of cell", &cell.cpus);
        }
        facts
    }

    fn machine(&self) -> Facts {
        let mut facts = Facts::default();
        facts.is("type", &self.os.os_type);
        facts.may("arch", &self.os.arch);
        facts.may("machine", &self.os.machine);
        facts.may("mode of smbios", &self.os.smbios);
        facts
    }

    /// How the CPU is looked for and checked on the host is no matter of the guest's.
    fn processor(&self) -> Facts {
        let mut facts = Facts::default();
        let cpu = self.cpu.as_deref().map(|cpu| GuestCpu { check: None, numa: None, ..cpu.clone() });
        facts.all_of(cpu.as_ref());
        facts
    }

    fn tables(&self) -> Facts {
        let mut facts = Facts::default();
        self.sysinfo.iter().for_each(|table| facts.all_of(Some(table)));
        facts
    }
}

fn whole<T: XmlElement>(element: &T) -> Facts {
    let mut facts = Facts::default();
    facts.all_of(Some(element));
    facts
}

impl Clock {
    fn visible(&self) -> Facts {
        let mut facts = Facts::default();
        for timer in &self.timers {
            facts.is("timer", &timer.name);
            facts.may("present of timer", &timer.present);
            if timer.name == TimerName::Tsc {
                facts.may("frequency of timer", &timer.frequency);
                facts.may("mode of timer", &timer.mode);
            }
        }
        facts
    }
}

impl Devices {
    fn compare(&self, other: &Self) -> Result<()> {
        macro_rules! each {
            ($($field:ident: $name:literal),* $(,)?) => {$(
                compare(self.$field.iter(), other.$field.iter(), $name)?;
            )*};
        }
        each! {
            disks: "disk", controllers: "controller", filesystems: "filesystem", interfaces: "interface",
            inputs: "input", sounds: "sound", videos: "video", hostdevs: "hostdev", smartcards: "smartcard",
            serials: "serial", parallels: "parallel", channels: "channel", consoles: "console", hubs: "hub",
            redirdevs: "redirdev",
        }
        let mut filters = [Facts::default(), Facts::default()];
        filters[0].all_of(self.redirfilter.as_ref());
        filters[1].all_of(other.redirfilter.as_ref());
        filters[0].check(&filters[1], "<redirfilter>")?;
        each! {
            watchdogs: "watchdog", memballoon: "memballoon", rngs: "rng", nvram: "nvram", panics: "panic",
            shmems: "shmem", tpms: "tpm", memories: "memory", cryptos: "crypto", iommu: "iommu", vsock: "vsock",
            pstore: "pstore",
        }
        Ok(())
    }
}

/// Compares devices of a kind one by one, in their order.
fn compare<'d, D: Device + 'd>(
    had: impl ExactSizeIterator<Item = &'d D>,
    gets: impl ExactSizeIterator<Item = &'d D>,
    name: &str,
) -> Result<()> {
    if had.len() != gets.len() {
        let text = format!("the guest would see {} <{name}>, it had {}", gets.len(), had.len());
        return Err(Error::config_unsupported(text));
    }
    for (at, (had, gets)) in had.zip(gets).enumerate() {
        let mut facts = [Facts::default(), Facts::default()];
        had.visible(&mut facts[0]);
        gets.visible(&mut facts[1]);
        facts[0].check(&facts[1], &format!("<{name}> (number {})", at + 1))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ParseFlags;
    use ferrovirt_core::ErrorCode;

    fn domain(os: &str, devices: &str) -> Domain {
        let text = format!(
            "<domain type='kvm'><name>web</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>4096</memory>\
             <os><type arch='x86_64' machine='{os}'>hvm</type></os><features><acpi/></features>\
             <devices>{devices}</devices></domain>"
        );
        Domain::read(&text, ParseFlags::DEFINE).unwrap()
    }

    const DISK: &str = "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk>";
    const CARD: &str = "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/>\
        <address type='pci' slot='3'/></interface>";

    #[test]
    fn what_the_guest_does_not_see_may_change() {
        let had = domain("pc", &format!("{DISK}{CARD}"));
        let mut gets = domain("pc", &format!("{DISK}{CARD}").replace("/a", "/b").replace("user", "ethernet"));
        gets.title = Some("new".into());
        gets.devices.interfaces[0].info.alias = Some("net7".into());
        had.check_abi(&gets, AbiCheck::default()).unwrap();
        gets.current_memory.0 = 1024;
        had.check_abi(&gets, AbiCheck { skip_volatile: true }).unwrap();
        assert!(had.check_abi(&gets, AbiCheck::default()).is_err());
    }

    #[test]
    fn what_it_sees_is_named_with_both_values() {
        let had = domain("pc", &format!("{DISK}{CARD}"));
        for (os, devices, said) in [
            ("q35", format!("{DISK}{CARD}"), "<os>: machine is 'q35', was 'pc'"),
            ("pc", CARD.into(), "0 <disk>, it had 1"),
            (
                "pc",
                format!("{DISK}{CARD}").replace("'virtio'/></disk>", "'scsi'/></disk>"),
                "bus is 'scsi', was 'virtio'",
            ),
            (
                "pc",
                format!("{DISK}{CARD}").replace(":33", ":34"),
                "mac is '52:54:00:11:22:34', was '52:54:00:11:22:33'",
            ),
            ("pc", format!("{DISK}{CARD}").replace("slot='3'", "slot='4'"), "slot='0x04'"),
            (
                "pc",
                format!("{DISK}{CARD}<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"),
                "1 <tpm>, it had 0",
            ),
        ] {
            let err = had.check_abi(&domain(os, &devices), AbiCheck::default()).unwrap_err();
            assert_eq!((err.code(), err.error_domain()), (ErrorCode::ConfigUnsupported, ErrorDomain::Domain));
            assert!(err.to_string().contains(said), "{err}\nis to say: {said}");
        }
    }
}
