//! `<features>`: which machines have which.

use ferrovirt_conf::domain::VirtType;
use ferrovirt_core::Result;
use ferrovirt_xml::YesNo;

use super::{Subject, refuse};
use crate::machine::Family;

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    check_machine(subject)?;
    check_ps2(subject)?;
    check_binary(subject)
}

/// Whether the feature is of this architecture or machine at all.
fn check_machine(subject: &Subject<'_>) -> Result<()> {
    let (features, family, arch) = (&subject.model.features, subject.family, subject.arch);
    let (x86, pseries, virt) = (arch.is_x86(), family == Family::PSeries, family == Family::ArmVirt);
    let apic_eoi = features.apic.is_some_and(|apic| apic.eoi.is_some());
    let hpt = features.hpt.resizing.is_some() || features.hpt.max_page_size.is_some();
    for (name, asked, able) in [
        ("ioapic", features.ioapic.is_some(), x86),
        ("apic eoi", apic_eoi, x86),
        ("pvspinlock", features.pvspinlock.is_some(), x86),
        ("hyperv", features.hyperv.is_some(), x86 || virt),
        ("gic", features.gic.is_some(), virt),
        ("ras", features.ras.is_some(), virt),
        ("aia", features.aia.is_some(), family == Family::RiscvVirt),
        ("hpt", hpt, pseries),
        ("htm", features.htm.is_some(), pseries),
        ("nested-hv", features.nested_hv.is_some(), pseries),
        ("ccf-assist", features.ccf_assist.is_some(), pseries),
        ("cfpc", features.cfpc.is_some(), pseries),
        ("sbbc", features.sbbc.is_some(), pseries),
        ("ibs", features.ibs.is_some(), pseries),
    ] {
        if asked && !able {
            let machine = subject.machine();
            return refuse(format!(
                "feature '{name}' is not there on architecture '{arch}' with machine type '{machine}'"
            ));
        }
    }
    if features.pmu.is_some_and(|pmu| !pmu.is_on()) && arch.is_ppc64() {
        return refuse("the PMU of POWER can't be switched off");
    }
    Ok(())
}

fn check_ps2(subject: &Subject<'_>) -> Result<()> {
    let features = &subject.model.features;
    let has = |property| subject.capabilities.device_has_property("generic-pc-machine", property);
    let off = features.ps2.is_some_and(|ps2| !ps2.is_on());
    if let Some(vmport) = features.vmport {
        let machine = matches!(subject.family, Family::I440fx | Family::Q35 | Family::Isapc);
        if !machine || !has("vmport") {
            return refuse("this QEMU has no vmport to switch in such a guest");
        }
        if vmport.is_on() && off {
            return refuse("vmport is a part of PS/2: it can't be on while <ps2> is off");
        }
    }
    if features.ps2.is_some() {
        if !subject.family.has_ps2() || !subject.has_device("i8042") {
            return refuse("such a guest has no PS/2");
        }
        if subject.family == Family::Isapc || !has("i8042") {
            return refuse("this QEMU can't switch PS/2 off and on");
        }
    }
    Ok(())
}

/// Whether this QEMU can do it.
fn check_binary(subject: &Subject<'_>) -> Result<()> {
    let (features, capabilities) = (&subject.model.features, subject.capabilities);
    let lacks = |name: &str| refuse(format!("this QEMU has no feature '{name}'"));
    if features.vmcoreinfo.is_some_and(|info| info.is_on()) && !subject.has_device("vmcoreinfo") {
        return lacks("vmcoreinfo");
    }
    for (name, asked) in [("ras", features.ras.is_some()), ("aia", features.aia.is_some())] {
        if asked && !capabilities.machine_has_property(subject.machine(), name) {
            return lacks(name);
        }
    }
    let teardown = features.async_teardown.is_some_and(|teardown| teardown.enabled == YesNo::Yes);
    if teardown && !capabilities.option_has_parameter("run-with", "async-teardown") {
        return lacks("async-teardown");
    }
    if let Some(cache) = features.tcg_tb_cache {
        if subject.model.virt_type != VirtType::Qemu {
            return refuse(format!(
                "<tcg> features are not for guests of type '{}'",
                subject.model.virt_type
            ));
        }
        if cache.0 % 1024 != 0 {
            return refuse("<tb-cache> of <tcg> must be whole MiB");
        }
    }
    Ok(())
}
