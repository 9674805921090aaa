//! POWER CPUs: models only, and hosts that run guests as an older one.

use std::sync::LazyLock;

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::{Comparison, CpuContent, CpuDefinition, CpuFallback, CpuMatch, CpuMode, CpuModel, GuestCpu};

/// `vendor NAME`, `model NAME VENDOR VALUE/MASK …`, the latter of the processor version register, in hex.
static MAP: LazyLock<PowerMap> = LazyLock::new(|| PowerMap::read(include_str!("map/ppc64.map")));

#[derive(Debug, Default)]
struct PowerMap {
    vendors: Vec<&'static str>,
    models: Vec<PowerModel>,
}

#[derive(Debug)]
struct PowerModel {
    name: &'static str,
    vendor: &'static str,
    versions: Vec<(u32, u32)>,
}

impl PowerMap {
    fn read(text: &'static str) -> Self {
        let hex = |text: &str| u32::from_str_radix(text, 16).expect("versions are hex numbers");
        let mut map = Self::default();
        for line in text.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["vendor", name] => map.vendors.push(name),
                ["model", name, vendor, ref versions @ ..] => {
                    let version = |text: &&str| {
                        let (value, mask) = text.split_once('/').expect("a version has a mask");
                        (hex(value), hex(mask))
                    };
                    let versions = versions.iter().map(version).collect();
                    map.models.push(PowerModel { name, vendor, versions });
                }
                _ => unreachable!("the map has a line '{line}'"),
            }
        }
        map
    }

    fn model(&self, name: &str) -> Result<&PowerModel> {
        self.models.iter().find(|model| model.name == name).ok_or_else(|| {
            Error::internal(format!("there is no POWER CPU model '{name}'")).domain(ErrorDomain::Cpu)
        })
    }
}

/// The models, the oldest first.
pub fn model_names() -> Vec<String> {
    MAP.models.iter().map(|model| model.name.to_owned()).collect()
}

pub fn vendor_of_model(name: &str) -> Option<&'static str> {
    MAP.models.iter().find(|model| model.name == name).map(|model| model.vendor)
}

/// The CPU behind the processor version register.
pub fn decode(version: u32) -> Result<CpuContent> {
    let fits = |model: &&PowerModel| model.versions.iter().any(|(value, mask)| version & mask == *value);
    let model = MAP.models.iter().find(fits).ok_or_else(|| {
        let text = format!("there is no name for a POWER CPU of version {version:#010x}");
        Error::operation_failed(text).domain(ErrorDomain::Cpu)
    })?;
    let text = |name: &str| Some(name.to_owned());
    Ok(CpuContent { model: text(model.name), vendor: text(model.vendor), features: Vec::new() })
}

/// Models were told apart more finely once.
pub fn convert_legacy(name: &mut String) {
    if ["POWER7_v2.1", "POWER7_v2.3", "POWER7+_v2.1", "POWER8_v1.0"].contains(&name.as_str()) {
        name.truncate("POWERx".len());
    }
}

/// Compares with the host; vendors and architectures are the same already.
pub fn compare(host: &CpuContent, cpu: &CpuDefinition) -> Result<Comparison> {
    let host = MAP.model(host.model.as_deref().unwrap_or_default())?;
    let mode = match cpu {
        CpuDefinition::Guest(guest) => guest.mode(),
        CpuDefinition::Host(_) => CpuMode::Custom,
    };
    let mut name = cpu.content().model;
    if let Some(name) = &mut name {
        convert_legacy(name);
    }
    let other = match (mode, name) {
        (CpuMode::HostModel, Some(older)) => return compare_generation(host.name, &older),
        (CpuMode::HostModel | CpuMode::HostPassthrough | CpuMode::Maximum, _) => host,
        (CpuMode::Custom, Some(name)) => MAP.model(&name)?,
        (CpuMode::Custom, None) => {
            return Err(Error::invalid_arg("the CPU has no model").domain(ErrorDomain::Cpu));
        }
    };
    Ok(match other.name == host.name {
        true => Comparison::Identical,
        false => Comparison::Incompatible(format!("the host's CPU is '{}', not '{}'", host.name, other.name)),
    })
}

/// Whether a host can run guests as if it were of a generation, which is spelled small.
fn compare_generation(host: &str, compat: &str) -> Result<Comparison> {
    let generation = |name: &str, prefix: &str| -> Option<u32> {
        name.strip_prefix(prefix)?.parse().ok().filter(|number| (6..=10).contains(number))
    };
    let refused = |text: String| Error::internal(text).domain(ErrorDomain::Cpu);
    let own = generation(host, "POWER")
        .ok_or_else(|| refused(format!("a host's CPU '{host}' can't be compatible with others")))?;
    let asked = generation(compat, "power")
        .ok_or_else(|| refused(format!("there is no compatibility mode '{compat}'")))?;
    Ok(match asked > own {
        true => Comparison::Incompatible(format!("the host's CPU '{host}' is older than '{compat}'")),
        false => Comparison::Identical,
    })
}

/// What several hosts have in common: they must be of one model.
pub fn baseline(cpus: &[CpuContent]) -> Result<GuestCpu> {
    let failed = |text: String| Err(Error::operation_failed(text).domain(ErrorDomain::Cpu));
    let model = MAP.model(cpus.first().and_then(|cpu| cpu.model.as_deref()).unwrap_or_default())?;
    for cpu in cpus {
        let name = cpu.model.as_deref().unwrap_or_default();
        if name != model.name {
            return failed(format!("the CPUs are '{}' and '{name}'", model.name));
        }
        let Some(vendor) = cpu.vendor.as_deref() else { continue };
        if !MAP.vendors.contains(&vendor) {
            return failed(format!("there is no CPU vendor '{vendor}'"));
        }
        if vendor != model.vendor {
            return failed(format!("CPU model '{name}' is of vendor '{}', not '{vendor}'", model.vendor));
        }
    }
    let name = Some(model.name.to_owned());
    Ok(GuestCpu {
        mode: Some(CpuMode::Custom),
        match_: Some(CpuMatch::Exact),
        model: Some(CpuModel { fallback: Some(CpuFallback::Forbid), name, ..CpuModel::default() }),
        ..GuestCpu::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::CpuKind;
    use ferrovirt_core::ErrorCode;

    fn compared(xml: &str) -> Result<Comparison> {
        let host = decode(0x004d_0200).expect("known");
        compare(&host, &CpuDefinition::parse(xml, CpuKind::Either, false).expect("read"))
    }

    #[test]
    fn versions_tell_the_model() {
        let cpu = decode(0x004b_0201).expect("known");
        assert_eq!((cpu.model.as_deref(), cpu.vendor.as_deref()), (Some("POWER8"), Some("IBM")));
        assert_eq!(decode(0).expect_err("unknown").code(), ErrorCode::OperationFailed);
    }

    #[test]
    fn a_host_stands_for_itself_and_its_forerunners() {
        let exact = compared("<cpu><model>POWER8_v1.0</model></cpu>");
        assert_eq!(exact.expect("compared"), Comparison::Identical);
        let older = compared("<cpu mode='host-model'><model>power7</model></cpu>");
        assert_eq!(older.expect("compared"), Comparison::Identical);
        let newer = compared("<cpu mode='host-model'><model>power9</model></cpu>");
        assert!(matches!(newer, Ok(Comparison::Incompatible(_))));
        assert!(compared("<cpu mode='host-model'><model>power5</model></cpu>").is_err());
        assert!(matches!(compared("<cpu><model>POWER7</model></cpu>"), Ok(Comparison::Incompatible(_))));
    }
}
