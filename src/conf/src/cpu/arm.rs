//! ARM CPUs: a model is a part number of a vendor, and features are passed on to the hypervisor.

use std::sync::LazyLock;

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::{Comparison, CpuContent, CpuDefinition, CpuFeature, FeaturePolicy};

/// `vendor NAME NUMBER`, `features NAME …`, `model NUMBER NAME`; numbers in hex.
static MAP: LazyLock<ArmMap> = LazyLock::new(|| ArmMap::read(include_str!("map/arm.map")));

#[derive(Debug, Default)]
struct ArmMap {
    vendors: Vec<(u64, &'static str)>,
    features: Vec<&'static str>,
    models: Vec<(u64, &'static str)>,
}

/// The kernel's names of what `AT_HWCAP` says, from the lowest bit on.
const HWCAP_NAMES: [&str; 32] = [
    "fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "atomics", "fphp", "asimdhp", "cpuid",
    "asimdrdm", "jscvt", "fcma", "lrcpc", "dcpop", "sha3", "sm3", "sm4", "asimddp", "sha512", "sve",
    "asimdfhm", "dit", "uscat", "ilrcpc", "flagm", "ssbs", "sb", "paca", "pacg",
];

impl ArmMap {
    fn read(text: &'static str) -> Self {
        let hex = |text: &str| u64::from_str_radix(text, 16).expect("numbers of the map are hex");
        let mut map = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("vendor", rest)) => {
                    let (name, number) = rest.split_once(' ').expect("a vendor has a number");
                    map.vendors.push((hex(number), name));
                }
                Some(("model", rest)) => {
                    let (number, name) = rest.split_once(' ').expect("a model has a number");
                    map.models.push((hex(number), name));
                }
                Some(("features", rest)) => map.features.extend(rest.split(' ')),
                _ => unreachable!("the map has a line '{line}'"),
            }
        }
        map
    }
}

/// Compares with a host. Guests' CPUs are the hypervisor's to judge.
pub fn compare(host: Option<&CpuContent>, cpu: &CpuDefinition) -> Comparison {
    let CpuDefinition::Host(other) = cpu else { return Comparison::Identical };
    match host {
        None => Comparison::Incompatible("the host's CPU is not known".into()),
        Some(host) if host.vendor == other.vendor && host.model == other.model => Comparison::Identical,
        Some(host) => Comparison::Incompatible(format!(
            "the host's CPU is '{}', not '{}'",
            host.model.as_deref().unwrap_or_default(),
            other.model.as_deref().unwrap_or_default()
        )),
    }
}

/// Refuses features that there are no names for.
pub fn validate_features(features: &[CpuFeature]) -> Result<()> {
    match features.iter().find(|feature| !MAP.features.contains(&feature.name.as_str())) {
        None => Ok(()),
        Some(feature) => {
            let text = format!("there is no ARM CPU feature '{}'", feature.name);
            Err(Error::config_unsupported(text).domain(ErrorDomain::Cpu))
        }
    }
}

/// The CPU behind the main identification register, `MIDR_EL1`, and `AT_HWCAP`.
pub fn decode(midr: u64, hwcap: u64) -> Result<CpuContent> {
    let (part, vendor) = ((midr >> 4) & 0xfff, (midr >> 24) & 0xff);
    let find = |list: &[(u64, &'static str)], number: u64| {
        list.iter().find(|(known, _)| *known == number).map(|(_, name)| (*name).to_owned())
    };
    let unknown = |text: String| Error::operation_failed(text).domain(ErrorDomain::Cpu);
    let model = find(&MAP.models, part).ok_or_else(|| {
        unknown(format!("there is no name for ARM CPU part {part:#05x} of vendor {vendor:#04x}"))
    })?;
    let name = match vendor {
        0 => None,
        number => Some(
            find(&MAP.vendors, number)
                .ok_or_else(|| unknown(format!("there is no name for ARM CPU vendor {number:#04x}")))?,
        ),
    };
    let there = HWCAP_NAMES.iter().enumerate().filter(|(bit, _)| hwcap & (1 << bit) != 0);
    let feature = |name: &str| CpuFeature { policy: FeaturePolicy::Require, name: name.to_owned() };
    Ok(CpuContent {
        model: Some(model),
        vendor: name,
        features: there.map(|(_, name)| feature(name)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_tells_the_model() {
        let cpu = decode(0x410f_d070, 0b11).expect("known");
        assert_eq!((cpu.model.as_deref(), cpu.vendor.as_deref()), (Some("cortex-a57"), Some("ARM")));
        assert_eq!(cpu.features.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["fp", "asimd"]);
        assert_eq!(decode(0x430f_0af0, 0).expect("known").model.as_deref(), Some("ThunderX2 99xx"));
        assert!(decode(0x410f_fff0, 0).is_err());
    }

    #[test]
    fn only_named_features_are_known() {
        let feature = |name: &str| CpuFeature { policy: FeaturePolicy::Require, name: name.into() };
        assert!(validate_features(&[feature("sve"), feature("sve512")]).is_ok());
        assert!(validate_features(&[feature("vmx")]).is_err());
    }
}
