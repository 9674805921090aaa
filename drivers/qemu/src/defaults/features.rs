//! `<features>` that a machine has or needs without being told.

use ferrovirt_conf::domain::{Domain, Gic, GicVersion, IoApicDriver, IommuModel, ParseFlags, VirtType};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::OnOff;

use super::implicit::VCPUS_WITHOUT_EIM;
use super::machine::accel;
use crate::capabilities::Capabilities;
use crate::machine::{self, Family};

/// Old definitions of s390 guests ask for ACPI, which never was there.
pub fn drop_foreign(model: &mut Domain, capabilities: &Capabilities, flags: ParseFlags) {
    if !model.features.acpi || flags.abi_update || !machine::arch(model).is_s390() {
        return;
    }
    let known = capabilities.machine(accel(model), model.os.machine.as_deref().unwrap_or(""));
    if known.is_some_and(|machine| machine.acpi == Some(false)) {
        model.features.acpi = false;
    }
}

/// Chooses the interrupt controllers.
pub fn fill(model: &mut Domain, capabilities: &Capabilities) {
    let arm_virt = Family::of_domain(model) == Family::ArmVirt;
    let lacking = match model.features.gic {
        None => arm_virt,
        Some(gic) => gic.version.is_none(),
    };
    if lacking {
        let version = Some(best_gic(model, capabilities));
        model.features.gic = Some(Gic { version });
    }
    let remaps = |iommu: &ferrovirt_conf::domain::Iommu| iommu.driver.intremap == Some(OnOff::On);
    if model.devices.iommu.as_ref().is_some_and(|iommu| remaps(iommu) || needs_eim(model)) {
        model.features.ioapic.get_or_insert(IoApicDriver::Qemu);
    }
}

/// So many CPUs need extended interrupts.
pub fn needs_eim(model: &Domain) -> bool {
    Family::of_domain(model) == Family::Q35 && model.vcpu.max > VCPUS_WITHOUT_EIM
}

/// The newest that there is; emulated ones of version 3 lack message-signalled interrupts.
fn best_gic(model: &Domain, capabilities: &Capabilities) -> GicVersion {
    let emulated = model.virt_type == VirtType::Qemu;
    let able = |version: u8| {
        capabilities
            .gic
            .iter()
            .any(|gic| gic.version == version && if emulated { gic.emulated } else { gic.kernel })
    };
    if !emulated && able(3) { GicVersion::V3 } else { GicVersion::V2 }
}

/// Brings an IOMMU up to what so many CPUs need. Only of new guests: those that are there know theirs.
pub fn complete_iommu(model: &mut Domain, capabilities: &Capabilities, flags: ParseFlags) {
    if !flags.abi_update || !needs_eim(model) {
        return;
    }
    let Some(iommu) = model.devices.iommu.as_mut().filter(|iommu| iommu.model == IommuModel::Intel) else {
        return;
    };
    if capabilities.device_has_property("intel-iommu", "intremap") {
        iommu.driver.intremap.get_or_insert(OnOff::On);
    }
    if capabilities.device_has_property("intel-iommu", "eim") {
        iommu.driver.eim.get_or_insert(OnOff::On);
    }
}

/// How much memory system management mode has can be said only where the chip has a register for it.
pub fn check_tseg(model: &Domain, capabilities: &Capabilities) -> Result<()> {
    let Some(smm) = model.features.smm.filter(|smm| smm.state == OnOff::On) else { return Ok(()) };
    let Some(size) = smm.tseg else { return Ok(()) };
    let wrong = |text: &str| Err(Error::config_unsupported(text));
    if Family::of_domain(model) != Family::Q35 {
        return wrong("<tseg> of <smm> needs machine type 'q35'");
    }
    if !capabilities.device_has_property("mch", "extended-tseg-mbytes") {
        return wrong("this QEMU can't set the size of <tseg>");
    }
    if size.0 % (1 << 20) != 0 {
        return wrong("<tseg> of <smm> must be whole MiB");
    }
    Ok(())
}
