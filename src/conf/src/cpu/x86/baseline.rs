//! The best CPU that several hosts can all give.

use ferrovirt_core::{Error, ErrorDomain, Result};

use super::all_features;
use super::cpuid::X86Data;
use super::decode::{Allowed, Purpose, Wanted, decode_wanted};
use super::find_model;
use super::map::X86Map;
use crate::cpu::{CpuContent, CpuFallback, CpuMatch, CpuMode, GuestCpu};

/// What several CPUs have in common, of which there is at least one and all have models.
/// `known` are the features that the hypervisor can switch, if it tells.
pub fn baseline(
    cpus: &[CpuContent],
    allowed: Option<&Allowed>,
    known: Option<&[&str]>,
    migratable: bool,
) -> Result<GuestCpu> {
    let (first, others) = cpus.split_first().ok_or_else(|| Error::invalid_arg("there are no CPUs"))?;
    let mut features = all_features(first)?;
    for cpu in others {
        features = features.both(&all_features(cpu)?);
    }
    let vendor = vendor(first, others)?;
    if let Some(known) = known {
        features = features.both(&X86Map::get().set(known));
    }
    if features.is_empty() {
        return Err(failed("the CPUs have nothing in common".into()));
    }
    describe(cpus, X86Data { features, vendor, signature: None }, allowed, migratable)
}

fn describe(
    cpus: &[CpuContent],
    data: X86Data,
    allowed: Option<&Allowed>,
    migratable: bool,
) -> Result<GuestCpu> {
    let mut names: Vec<&str> = Vec::new();
    for name in cpus.iter().filter_map(|cpu| cpu.model.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let wanted = Wanted {
        purpose: Purpose::Guest,
        allowed,
        preferred: &names,
        fallback: CpuFallback::Allow,
        migratable,
    };
    let mut content = decode_wanted(&data, wanted)?.content;
    if cpus.iter().any(|cpu| cpu.vendor.is_none()) {
        content.vendor = None;
    }
    let is_the_only = matches!(names[..], [only] if content.model.as_deref() == Some(only));
    let mut baseline =
        GuestCpu { mode: Some(CpuMode::Custom), match_: Some(CpuMatch::Exact), ..GuestCpu::default() };
    baseline.set_content(content);
    if let Some(model) = &mut baseline.model {
        model.fallback = Some(if is_the_only { CpuFallback::Forbid } else { CpuFallback::Allow });
    }
    Ok(baseline)
}

/// The vendor of all of them, told or that of the model. Of the first only what is told counts.
fn vendor(first: &CpuContent, others: &[CpuContent]) -> Result<Option<usize>> {
    let map = X86Map::get();
    let find =
        |name: &str| map.vendor(name).ok_or_else(|| failed(format!("there is no CPU vendor '{name}'")));
    let mut vendor = first.vendor.as_deref().map(find).transpose()?;
    for cpu in others {
        let model = cpu.model.as_deref().map(find_model).transpose()?;
        let of_model = model.and_then(|model| Some(map.vendors[model.vendor?].name));
        let told = cpu.vendor.as_deref();
        if let Some((told, own)) = told.zip(of_model).filter(|(told, own)| told != own) {
            let name = cpu.model.as_deref().unwrap_or_default();
            return Err(failed(format!("CPU model '{name}' is of vendor '{own}', not '{told}'")));
        }
        let Some(name) = told.or(of_model) else { continue };
        match vendor {
            None => vendor = Some(find(name)?),
            Some(place) if map.vendors[place].name != name => {
                let other = map.vendors[place].name;
                return Err(failed(format!("the CPUs are of vendors '{other}' and '{name}'")));
            }
            Some(_) => {}
        }
    }
    Ok(vendor)
}

fn failed(text: String) -> Error {
    Error::operation_failed(text).domain(ErrorDomain::Cpu)
}
