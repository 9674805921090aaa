//! `-machine` and `-accel`.

use super::context::Builder;
use super::line::{Parts, on_off};
use crate::capabilities::Fact;
use ferrovirt_conf::cpu::{Arch, CpuMode};
use ferrovirt_conf::domain::{
    Features, GicVersion, IoApicDriver, KeyWrapCipherName, LaunchSecurity, SoundModel, TimerName, VirtType,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let mut parts = Parts::new(b.context.machine());
    // Controllers are all devices of their own.
    parts.add("usb=off");
    key_wrapping(b, &mut parts)?;
    features(b, &mut parts)?;
    super::iommu::machine(b.model(), &mut parts);
    memory(b, &mut parts)?;
    compatibility(b, &mut parts);
    security(b, &mut parts);
    super::firmware::machine(b, &mut parts)?;
    if super::numa::has_attributes(b.model()) {
        parts.add("hmat=on");
    }
    // Without graphics, the firmware talks on the serial port.
    if b.model().os.bios.as_ref().is_some_and(|bios| bios.use_serial == Some(YesNo::Yes)) {
        parts.add("graphics=off");
    }
    timers(b, &mut parts);
    speaker(b, &mut parts)?;
    if b.context.machine_info().and_then(|machine| machine.acpi) == Some(true) {
        parts.add(format_args!("acpi={}", on_off(b.model().features.acpi)));
    }
    b.line.option("-machine", parts);
    Ok(())
}

pub fn accelerator(b: &mut Builder<'_>) {
    let features = &b.model().features;
    let mut parts = Parts::default();
    match b.model().virt_type {
        VirtType::Kvm => {
            parts.add("kvm");
            let ring = features.kvm.as_ref().and_then(|kvm| kvm.dirty_ring.as_ref());
            if let Some(ring) = ring.filter(|ring| ring.state.is_set()) {
                parts.maybe("dirty-ring-size", ring.size.map(|size| size.0));
            }
        }
        VirtType::Hvf => _ = parts.add("hvf"),
        _ => {
            parts.add("tcg");
            parts.maybe("tb-size", features.tcg_tb_cache.map(|size| size.0 / 1024).filter(|size| *size != 0));
        }
    }
    b.line.option("-accel", parts);
}

fn key_wrapping(b: &Builder<'_>, parts: &mut Parts) -> Result<()> {
    let ciphers = &b.model().keywrap;
    if !ciphers.is_empty() && !b.context.is_s390() {
        return Err(Error::config_unsupported("<keywrap> is for guests of s390"));
    }
    for (kind, option) in [(KeyWrapCipherName::Aes, "aes-key-wrap"), (KeyWrapCipherName::Dea, "dea-key-wrap")]
    {
        let cipher = ciphers.iter().find(|cipher| cipher.name == kind);
        parts.maybe(option, cipher.map(|cipher| on_off(cipher.state.is_set())));
    }
    Ok(())
}

fn features(b: &Builder<'_>, parts: &mut Parts) -> Result<()> {
    let features = &b.model().features;
    let switch = |on: bool| on_off(on);
    parts.maybe("vmport", features.vmport.map(|f| switch(f.is_on())));
    parts.maybe("smm", features.smm.as_ref().map(|smm| switch(smm.state.is_set())));
    interrupt_controllers(b, features, parts)?;
    if b.context.is_pseries() {
        parts.maybe("resize-hpt", features.hpt.resizing);
        parts.maybe("cap-hpt-max-page-size", features.hpt.max_page_size.map(|size| format!("{}k", size.0)));
    }
    parts.maybe("cap-htm", features.htm.map(|f| switch(f.is_on())));
    parts.maybe("cap-nested-hv", features.nested_hv.map(|f| switch(f.is_on())));
    parts.maybe("cap-ccf-assist", features.ccf_assist.map(|f| switch(f.is_on())));
    parts.maybe("cap-cfpc", features.cfpc);
    parts.maybe("cap-sbbc", features.sbbc);
    parts.maybe("cap-ibs", features.ibs);
    parts.maybe("ras", features.ras.map(|f| switch(f.is_on())));
    parts.maybe("i8042", features.ps2.map(|f| switch(f.is_on())));
    parts.maybe("aia", features.aia);
    Ok(())
}

fn interrupt_controllers(b: &Builder<'_>, features: &Features, parts: &mut Parts) -> Result<()> {
    if let Some(version) = features.gic.as_ref().and_then(|gic| gic.version) {
        // Only 64-bit machines can choose; others have version 2.
        if b.context.arch() == Arch::Aarch64 {
            parts.set("gic-version", version);
        } else if version != GicVersion::V2 {
            return Err(Error::config_unsupported(format!(
                "this machine has no interrupt controller GIC {version}"
            )));
        }
    }
    match features.ioapic {
        Some(IoApicDriver::Qemu) => _ = parts.add("kernel_irqchip=split"),
        Some(IoApicDriver::Kvm) => _ = parts.add("kernel_irqchip=on"),
        None => {}
    }
    Ok(())
}

fn memory(b: &Builder<'_>, parts: &mut Parts) -> Result<()> {
    let model = b.model();
    let dump = model.memory.dump_core.map_or(b.host().settings.dump_guest_core, OnOff::is_set);
    parts.set("dump-guest-core", on_off(dump));
    if model.memory_backing.no_share_pages {
        parts.add("mem-merge=off");
    }
    super::memory_device::machine(model, parts)?;
    if super::numa::cells(model).is_empty() {
        parts.maybe(
            "memory-backend",
            b.context.machine_info().and_then(|info| info.default_ram_id.as_deref()),
        );
    }
    Ok(())
}

fn compatibility(b: &Builder<'_>, parts: &mut Parts) {
    let cpu = b.model().cpu.as_ref().filter(|cpu| cpu.mode() == CpuMode::HostModel);
    if b.context.is_pseries() {
        parts.maybe("max-cpu-compat", cpu.and_then(|cpu| cpu.model_name()));
    }
}

fn security(b: &Builder<'_>, parts: &mut Parts) {
    let Some(security) = b.model().launch_security.as_deref() else { return };
    let new = b.context.capabilities.answers(&Fact::Parameter("machine", "confidential-guest-support"));
    match security {
        LaunchSecurity::Sev(_) | LaunchSecurity::SevSnp(_) if !new => {
            _ = parts.add("memory-encryption=lsec0")
        }
        _ => _ = parts.add("confidential-guest-support=lsec0"),
    }
}

fn timers(b: &Builder<'_>, parts: &mut Parts) {
    let timers = b.model().clock.timers.iter().filter(|timer| timer.name == TimerName::Hpet);
    for timer in timers {
        parts.maybe("hpet", timer.present.map(|present| on_off(present.is_set())));
    }
}

fn speaker(b: &Builder<'_>, parts: &mut Parts) -> Result<()> {
    let mut sounds = b.model().devices.sounds.iter();
    if let Some(speaker) = sounds.find(|sound| sound.model == SoundModel::Pcspk) {
        parts.set("pcspk-audiodev", super::sound::backend_id(b.model(), speaker.audio_id)?);
    }
    Ok(())
}
