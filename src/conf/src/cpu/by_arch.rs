//! Questions about CPUs, put to the architecture that knows the answer.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};

use super::x86::{self, Allowed, FeatureSet, Purpose, X86Map};
use super::{
    Arch, CpuCheck, CpuContent, CpuDefinition, CpuFallback, CpuFeature, CpuMatch, CpuMode, CpuModel,
    FeaturePolicy, GuestCpu, arm, ppc64,
};

/// How a host relates to a CPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Why it can't be it.
    Incompatible(String),
    Identical,
    /// It can be it, and has more.
    Superset,
}

impl Comparison {
    /// A `virCPUCompareResult`; an incompatible CPU is an error for who wants it so.
    pub fn into_number(self, fail: bool) -> Result<i32> {
        match self {
            Self::Incompatible(why) if fail => {
                Err(Error::new(ErrorCode::CpuIncompatible, why).domain(ErrorDomain::Cpu))
            }
            Self::Incompatible(_) => Ok(0),
            Self::Identical => Ok(1),
            Self::Superset => Ok(2),
        }
    }
}

/// Whose models are known, at least by what can be done with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    X86,
    Ppc64,
    S390,
    Arm,
    Riscv64,
    Loongarch,
}

fn known_family(arch: Arch) -> Option<Family> {
    match arch {
        arch if arch.is_x86() => Some(Family::X86),
        arch if arch.is_ppc64() => Some(Family::Ppc64),
        arch if arch.is_s390() => Some(Family::S390),
        arch if arch.is_arm() => Some(Family::Arm),
        Arch::Riscv64 => Some(Family::Riscv64),
        Arch::Loongarch64 => Some(Family::Loongarch),
        _ => None,
    }
}

fn family(arch: Arch) -> Result<Family> {
    known_family(arch).ok_or_else(|| unsupported(format!("CPUs of architecture '{arch}' are not known")))
}

fn unsupported(text: String) -> Error {
    Error::new(ErrorCode::NoSupport, text).domain(ErrorDomain::Cpu)
}

/// Whether anything is known of the CPUs of an architecture.
pub fn is_known(arch: Arch) -> bool {
    known_family(arch).is_some()
}

/// Compares a CPU with that of the host, if that is known.
pub fn compare(arch: Arch, host: Option<&CpuContent>, cpu: &CpuDefinition) -> Result<Comparison> {
    let family = family(arch)?;
    let host = host.filter(|host| host.model.is_some());
    match family {
        Family::Arm => return Ok(arm::compare(host, cpu)),
        Family::S390 | Family::Riscv64 | Family::Loongarch => return Ok(Comparison::Identical),
        Family::X86 | Family::Ppc64 => {}
    }
    let Some(host) = host else {
        return Ok(Comparison::Incompatible("the host's CPU is not known".into()));
    };
    if let Some(other) = cpu.arch().filter(|other| known_family(*other) != Some(family)) {
        return Ok(Comparison::Incompatible(format!("the host's CPU is not of architecture '{other}'")));
    }
    let vendor = cpu.content().vendor;
    if let Some(vendor) = vendor.filter(|vendor| Some(vendor) != host.vendor.as_ref()) {
        return Ok(Comparison::Incompatible(format!("the host's CPU is not of vendor '{vendor}'")));
    }
    if family == Family::X86 { x86::compare(host, cpu) } else { ppc64::compare(host, cpu) }
}

/// The best CPU that all of several hosts can give. `known` are the features that the hypervisor can switch.
pub fn baseline(
    arch: Arch,
    cpus: &[CpuContent],
    allowed: Option<&Allowed>,
    known: Option<&[&str]>,
    migratable: bool,
) -> Result<GuestCpu> {
    if let Some(place) = cpus.iter().position(|cpu| cpu.model.is_none()) {
        let text = format!("the CPU at index {place} has no model");
        return Err(Error::invalid_arg(text).domain(ErrorDomain::Cpu));
    }
    match family(arch)? {
        Family::X86 => x86::baseline(cpus, allowed, known, migratable),
        Family::Ppc64 => ppc64::baseline(cpus),
        Family::Arm => Ok(GuestCpu {
            mode: Some(CpuMode::Custom),
            match_: Some(CpuMatch::Exact),
            model: Some(CpuModel {
                fallback: Some(CpuFallback::Allow),
                vendor_id: None,
                name: cpus[0].model.clone(),
            }),
            ..GuestCpu::default()
        }),
        Family::S390 | Family::Riscv64 | Family::Loongarch => {
            Err(unsupported(format!("CPUs of architecture '{arch}' have no baseline")))
        }
    }
}

/// Makes a guest's CPU concrete where it speaks of the host's, `host` being the best one that guests can have.
/// Features that were removed from the model and are not spoken of get the policy `removed`.
pub fn update(
    arch: Arch,
    guest: &mut GuestCpu,
    host: Option<&CpuContent>,
    removed: FeaturePolicy,
) -> Result<()> {
    let family = family(arch)?;
    let has_optional = || guest.features.iter().any(|f| f.policy == FeaturePolicy::Optional);
    let relative = match guest.mode() {
        CpuMode::HostPassthrough | CpuMode::Maximum => return Ok(()),
        CpuMode::HostModel => true,
        CpuMode::Custom => guest.match_ == Some(CpuMatch::Minimum) || has_optional(),
    };
    match family {
        Family::X86 => x86::update(guest, host, relative, removed),
        Family::Ppc64 => {
            if guest.mode() == CpuMode::Custom {
                guest.match_ = Some(CpuMatch::Exact);
            }
            Ok(())
        }
        Family::S390 if relative => {
            if guest.mode() == CpuMode::Custom {
                let text = match guest.match_ {
                    Some(CpuMatch::Minimum) => "a CPU match 'minimum' is not for s390",
                    _ => "optional CPU features are not for s390",
                };
                return Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu));
            }
            take_host_model(guest, host, true)
        }
        Family::Arm | Family::Riscv64 if guest.mode() == CpuMode::HostModel => {
            take_host_model(guest, host, false)
        }
        Family::S390 | Family::Arm | Family::Riscv64 | Family::Loongarch => Ok(()),
    }
}

fn take_host_model(guest: &mut GuestCpu, host: Option<&CpuContent>, keep_features: bool) -> Result<()> {
    let host = host.ok_or_else(|| {
        Error::config_unsupported("the host's CPU model is not known").domain(ErrorDomain::Cpu)
    })?;
    let mut content = host.clone();
    if keep_features {
        for feature in &guest.features {
            content.set_feature(&feature.name, feature.policy);
        }
    }
    guest.set_content(content);
    if let Some(model) = &mut guest.model {
        model.vendor_id = None;
    }
    guest.mode = Some(CpuMode::Custom);
    guest.match_ = Some(CpuMatch::Exact);
    Ok(())
}

/// Notes in a guest's CPU what the hypervisor has made of it. Whether there was anything to note is told.
pub fn update_live(
    arch: Arch,
    cpu: &mut GuestCpu,
    enabled: &FeatureSet,
    disabled: &FeatureSet,
) -> Result<bool> {
    if family(arch)? != Family::X86 || !(cpu.mode() == CpuMode::Custom || cpu.check == Some(CpuCheck::Full)) {
        return Ok(false);
    }
    x86::update_live(cpu, enabled, disabled)?;
    Ok(true)
}

/// Says a guest's CPU in terms of a model that the hypervisor has, if the guest allows that.
pub fn translate(arch: Arch, cpu: &mut GuestCpu, allowed: Option<&Allowed>) -> Result<()> {
    let family = family(arch)?;
    let name = cpu.model_name().unwrap_or_default();
    let is_there = allowed.is_none_or(|allowed| allowed.get(name).is_some());
    if cpu.mode() != CpuMode::Custom || is_there {
        return Ok(());
    }
    let fallback = cpu.model.as_ref().and_then(|model| model.fallback).unwrap_or_default();
    if fallback != CpuFallback::Allow {
        let text = format!("the hypervisor has no CPU model '{name}', and the guest takes no other");
        return Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu));
    }
    if family != Family::X86 {
        return Err(unsupported(format!(
            "the hypervisor has no CPU model '{name}', and there is no other for it"
        )));
    }
    x86::translate(cpu, allowed)
}

/// Lists the features of the model as well, where they are known, in the order of the alphabet.
pub fn expand_features(arch: Arch, cpu: &mut CpuContent, purpose: Purpose) -> Result<()> {
    if family(arch)? == Family::X86 {
        x86::expand_features(cpu, purpose)?;
    }
    cpu.features.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// Leaves out what would keep a guest from going to another host.
pub fn without_unmigratable(arch: Arch, cpu: &CpuContent) -> CpuContent {
    let mut copy = cpu.clone();
    if arch.is_x86() {
        copy.features.retain(|feature| x86::is_migratable(&feature.name));
    }
    copy
}

/// Refuses features that can't be asked for.
pub fn validate_features(arch: Arch, features: &[CpuFeature]) -> Result<()> {
    match family(arch)? {
        Family::X86 => x86::validate_features(features),
        Family::Arm => arm::validate_features(features),
        Family::S390 => match features.iter().find(|f| f.policy == FeaturePolicy::Optional) {
            None => Ok(()),
            Some(feature) => {
                let text =
                    format!("CPU feature '{}' can be required or disabled, not optional", feature.name);
                Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu))
            }
        },
        Family::Ppc64 | Family::Riscv64 | Family::Loongarch => Ok(()),
    }
}

/// The models of an architecture, the oldest first; none where any name is passed on to the hypervisor.
pub fn model_names(arch: Arch) -> Result<Vec<String>> {
    Ok(match family(arch)? {
        Family::X86 => X86Map::get().models.iter().map(|model| model.name.to_owned()).collect(),
        Family::Ppc64 => ppc64::model_names(),
        _ => Vec::new(),
    })
}

pub fn vendor_of_model(arch: Arch, name: &str) -> Option<&'static str> {
    match known_family(arch)? {
        Family::X86 => {
            let map = X86Map::get();
            Some(map.vendors[map.model(name)?.vendor?].name)
        }
        Family::Ppc64 => ppc64::vendor_of_model(name),
        Family::S390 => (name.starts_with('z') || name.starts_with("gen")).then_some("IBM"),
        _ => None,
    }
}

/// The versioned name that a model's name is short for.
pub fn canonical_model(arch: Arch, name: &str) -> Option<&'static str> {
    arch.is_x86().then(|| X86Map::get().model(name)?.canonical).flatten()
}

/// Whether a partial check of a model compares features one by one, rather than believing the hypervisor.
pub fn compares_features(arch: Arch, name: &str) -> Result<bool> {
    if family(arch)? != Family::X86 {
        return Ok(true);
    }
    let model = X86Map::get().model(name);
    let unknown = || Error::invalid_arg(format!("there is no x86 CPU model '{name}'"));
    Ok(model.ok_or_else(|| unknown().domain(ErrorDomain::Cpu))?.compat)
}

/// Gives a model that is no longer told apart its present name.
pub fn convert_legacy(arch: Arch, cpu: &mut GuestCpu) {
    if let Some(name) = cpu.model.as_mut().and_then(|model| model.name.as_mut()).filter(|_| arch.is_ppc64()) {
        ppc64::convert_legacy(name);
    }
}
