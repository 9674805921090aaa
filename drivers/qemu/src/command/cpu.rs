//! `-cpu` and `-smp`.

use super::context::Builder;
use super::line::{Parts, on_off};
use crate::capabilities::Fact;
use crate::cpu::names::feature_to_qemu;
use ferrovirt_conf::cpu::{Arch, CpuCacheMode, CpuMode, FeaturePolicy, GuestCpu, MaxPhysAddrMode};
use ferrovirt_conf::domain::{FeatureState, Hyperv, HypervMode, TickPolicy, TimerName};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let chosen =
        b.model().cpu.as_ref().filter(|cpu| cpu.mode() != CpuMode::Custom || cpu.model_name().is_some());
    let model = match chosen {
        Some(cpu) => Some(model(b, cpu)?),
        None if b.context.arch() == Arch::I686 && runs_64_bit(b) => Some(Parts::new("qemu32")),
        None => None,
    };
    let mut flags = Parts::default();
    timers(b, &mut flags);
    features(b, &mut flags);
    if let Some(cpu) = &b.model().cpu {
        caches(cpu, &mut flags);
        address_width(cpu, &mut flags);
    }
    let no_flags = flags == Parts::default();
    let mut all = match (model, b.context.arch()) {
        (Some(model), _) => model,
        (None, _) if no_flags => return Ok(()),
        (None, Arch::I686) => Parts::new("qemu32"),
        (None, Arch::X86_64) => Parts::new("qemu64"),
        (None, arch) => {
            return Err(Error::config_unsupported(format!(
                "CPU features of {arch} need a CPU model to stand beside"
            )));
        }
    };
    if !no_flags {
        all.add(flags);
    }
    b.line.option("-cpu", all);
    Ok(())
}

fn runs_64_bit(b: &Builder<'_>) -> bool {
    let emulator = b.model().devices.emulator.as_deref().unwrap_or_default();
    emulator.contains("x86_64") || (cfg!(target_arch = "x86_64") && emulator.contains("kvm"))
}

/// The model and its own features.
fn model(b: &Builder<'_>, cpu: &GuestCpu) -> Result<Parts> {
    let mut parts = match cpu.mode() {
        mode @ (CpuMode::HostPassthrough | CpuMode::Maximum) => {
            let mut parts = Parts::new(if mode == CpuMode::Maximum { "max" } else { "host" });
            if b.context.arch() == Arch::Armv7l && cfg!(target_arch = "aarch64") {
                parts.add("aarch64=off");
            }
            let known = Fact::Property("max-x86_64-cpu", "migratable");
            if b.context.capabilities.answers(&known) {
                parts.maybe("migratable", cpu.migratable.map(|m| on_off(m.is_set())));
            }
            parts
        }
        CpuMode::HostModel if matches!(b.context.arch(), Arch::Ppc64 | Arch::Ppc64le) => Parts::new("host"),
        CpuMode::HostModel => {
            return Err(Error::internal(
                "the CPU mode host-model must be replaced by a model before a start",
            ));
        }
        CpuMode::Custom => Parts::new(cpu.model_name().unwrap_or_default()),
    };
    parts.maybe("vendor", cpu.model.as_ref().and_then(|model| model.vendor_id.as_deref()));
    for feature in &cpu.features {
        let name = feature_to_qemu(b.context.arch(), &feature.name);
        match feature.policy {
            FeaturePolicy::Force | FeaturePolicy::Require => _ = parts.set(name, "on"),
            // QEMU can't switch off what it has never heard of.
            FeaturePolicy::Disable | FeaturePolicy::Forbid if knows_feature(b, name) => {
                _ = parts.set(name, "off")
            }
            FeaturePolicy::Disable | FeaturePolicy::Forbid | FeaturePolicy::Optional => {}
        }
    }
    Ok(parts)
}

fn knows_feature(b: &Builder<'_>, name: &str) -> bool {
    if !b.context.is_x86() {
        return true;
    }
    let accelerator = b.context.capabilities.accelerator(b.context.accel());
    match accelerator.and_then(|accelerator| accelerator.host_cpu.as_ref()) {
        Some(host) => host.property(name).is_some(),
        None => true,
    }
}

/// Clocks that the CPU gives the guest.
fn timers(b: &Builder<'_>, flags: &mut Parts) {
    for timer in &b.model().clock.timers {
        match timer.name {
            TimerName::KvmClock => _ = flags.maybe("kvmclock", timer.present.map(|on| on_off(on.is_set()))),
            TimerName::HypervClock if timer.present == Some(YesNo::Yes) => _ = flags.add("hv-time=on"),
            TimerName::Tsc => _ = flags.maybe("tsc-frequency", timer.frequency.filter(|hertz| *hertz != 0)),
            TimerName::ArmVtimer => match timer.tick_policy {
                Some(TickPolicy::Delay) => _ = flags.add("kvm-no-adjvtime=off"),
                Some(TickPolicy::Discard) => _ = flags.add("kvm-no-adjvtime=on"),
                _ => {}
            },
            _ => {}
        }
    }
}

fn features(b: &Builder<'_>, flags: &mut Parts) {
    let features = &b.model().features;
    let eoi = features.apic.as_ref().and_then(|apic| apic.eoi);
    flags.maybe("kvm-pv-eoi", eoi.map(|eoi| on_off(eoi.is_set())));
    flags.maybe("kvm-pv-unhalt", features.pvspinlock.map(|switch| on_off(switch.is_on())));
    if let Some(hyperv) = &features.hyperv {
        enlightenments(hyperv, flags);
    }
    super::panic::hyperv(b.model(), flags);
    if let Some(kvm) = &features.kvm {
        let is = |state: Option<FeatureState>, on: bool| state.is_some_and(|state| state.is_on() == on);
        for (wanted, flag) in [
            (is(kvm.hidden, true), "kvm=off"),
            (is(kvm.hint_dedicated, true), "kvm-hint-dedicated=on"),
            (is(kvm.poll_control, true), "kvm-poll-control=on"),
            (is(kvm.pv_ipi, false), "kvm-pv-ipi=off"),
        ] {
            if wanted {
                flags.add(flag);
            }
        }
    }
    if !matches!(b.context.arch(), Arch::Ppc64 | Arch::Ppc64le) {
        flags.maybe("pmu", features.pmu.map(|switch| on_off(switch.is_on())));
    }
}

/// What a guest that runs on Hyper-V expects.
fn enlightenments(hyperv: &Hyperv, flags: &mut Parts) {
    if hyperv.mode == HypervMode::Passthrough {
        flags.add("hv-passthrough=on");
    }
    let simple = |flags: &mut Parts, name: &str, state: Option<FeatureState>| {
        if state.is_some_and(FeatureState::is_on) {
            flags.add(format_args!("hv-{name}=on"));
        }
    };
    let on = |state: OnOff| state.is_set();
    simple(flags, "relaxed", hyperv.relaxed);
    simple(flags, "vapic", hyperv.vapic);
    if let Some(spinlocks) = hyperv.spinlocks.as_ref().filter(|spinlocks| on(spinlocks.state)) {
        flags.add(format_args!("hv-spinlocks=0x{:x}", spinlocks.retries.map_or(0, |retries| retries.0)));
    }
    simple(flags, "vpindex", hyperv.vpindex);
    simple(flags, "runtime", hyperv.runtime);
    simple(flags, "synic", hyperv.synic);
    if let Some(timer) = hyperv.stimer.as_ref().filter(|timer| on(timer.state)) {
        flags.add("hv-stimer=on");
        simple(flags, "stimer-direct", timer.direct);
    }
    simple(flags, "reset", hyperv.reset);
    if let Some(vendor) = hyperv.vendor_id.as_ref().filter(|vendor| on(vendor.state)) {
        flags.add(format_args!("hv-vendor-id={}", vendor.value.as_deref().unwrap_or_default()));
    }
    simple(flags, "frequencies", hyperv.frequencies);
    simple(flags, "reenlightenment", hyperv.reenlightenment);
    if let Some(flush) = hyperv.tlbflush.as_ref().filter(|flush| on(flush.state)) {
        flags.add("hv-tlbflush=on");
        simple(flags, "tlbflush-direct", flush.direct);
        simple(flags, "tlbflush-ext", flush.extended);
    }
    simple(flags, "ipi", hyperv.ipi);
    simple(flags, "evmcs", hyperv.evmcs);
    simple(flags, "avic", hyperv.avic);
    simple(flags, "emsr-bitmap", hyperv.emsr_bitmap);
    simple(flags, "xmm-input", hyperv.xmm_input);
}

fn caches(cpu: &GuestCpu, flags: &mut Parts) {
    let Some(cache) = cpu.cache else { return };
    let is_host = matches!(cpu.mode(), CpuMode::HostPassthrough | CpuMode::Maximum);
    match cache.mode {
        CpuCacheMode::Emulate => _ = flags.add("l3-cache=on"),
        CpuCacheMode::Passthrough => _ = flags.add("host-cache-info=on"),
        CpuCacheMode::Disable => {}
    }
    if is_host && cache.mode != CpuCacheMode::Passthrough {
        flags.add("host-cache-info=off");
    }
    if cache.mode != CpuCacheMode::Emulate {
        flags.add("l3-cache=off");
    }
}

fn address_width(cpu: &GuestCpu, flags: &mut Parts) {
    let Some(width) = cpu.max_phys_addr else { return };
    match width.mode {
        MaxPhysAddrMode::Passthrough => {
            flags.add("host-phys-bits=on").maybe("host-phys-bits-limit", width.limit);
        }
        MaxPhysAddrMode::Emulate => match width.bits.filter(|bits| *bits != 0) {
            Some(bits) => _ = flags.set("phys-bits", bits),
            None => _ = flags.add("host-phys-bits=off"),
        },
    }
}

/// How many processors there are, and how they are built together. Those that can be unplugged come later, one by one.
pub fn smp(b: &mut Builder<'_>) -> Result<()> {
    let model = b.model();
    let max = model.vcpu.max;
    let fixed = match model.vcpus.is_empty() {
        true => model.vcpu.current(),
        false => {
            let fixed = |vcpu: &&ferrovirt_conf::domain::VcpuState| {
                vcpu.enabled == YesNo::Yes && vcpu.hotpluggable != Some(YesNo::Yes)
            };
            model.vcpus.iter().filter(fixed).count() as u32
        }
    };
    let mut parts = Parts::new(fixed);
    if fixed != max {
        parts.set("maxcpus", max);
    }
    match model.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) {
        Some(topology) => {
            parts.set("sockets", topology.sockets);
            for (name, id, count) in
                [("dies", "die-id", topology.dies), ("clusters", "cluster-id", topology.clusters)]
            {
                if b.context.capabilities.schema_has(&format!("query-hotpluggable-cpus/ret-type/props/{id}"))
                {
                    parts.set(name, count);
                } else if count.get() != 1 {
                    let text = format!("this QEMU's processors can't be built of several {name}");
                    return Err(Error::config_unsupported(text));
                }
            }
            parts.set("cores", topology.cores).set("threads", topology.threads);
        }
        None => _ = parts.set("sockets", max).set("cores", 1).set("threads", 1),
    }
    b.line.option("-smp", parts);
    Ok(())
}
