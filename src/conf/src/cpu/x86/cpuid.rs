//! What the registers of an x86 CPU say: raw bits in, features, vendor and signature out.

use std::collections::BTreeMap;

use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node};

use super::features::FeatureSet;
use super::map::{Leaf, Register, X86Map};
use crate::cpu::CpuSignature;

/// EAX, EBX, ECX and EDX of each leaf, and the halves of each model-specific register in EAX and EDX.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawCpu(BTreeMap<Leaf, [u32; 4]>);

/// A CPU as far as models depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct X86Data {
    pub features: FeatureSet,
    /// Place in the map.
    pub vendor: Option<usize>,
    /// `None` where there is no real CPU.
    pub signature: Option<CpuSignature>,
}

impl RawCpu {
    /// Adds what a leaf or register says.
    pub fn insert(&mut self, leaf: Leaf, values: [u32; 4]) {
        let known = self.0.entry(leaf).or_default();
        (0..4).for_each(|register| known[register] |= values[register]);
    }

    fn get(&self, leaf: Leaf) -> [u32; 4] {
        self.0.get(&leaf).copied().unwrap_or_default()
    }

    /// The features that there are names for.
    pub fn features(&self) -> FeatureSet {
        let features = X86Map::get().features.iter().enumerate();
        let is_there =
            |leaf, register: Register, bit: u32| self.get(leaf)[register as usize] & (1 << bit) != 0;
        features.filter(|(_, f)| is_there(f.leaf, f.register, f.bit)).map(|(place, _)| place).collect()
    }

    /// The place of the vendor in the map.
    pub fn vendor(&self) -> Option<usize> {
        let [_, ebx, ecx, edx] = self.get(Leaf::Cpuid(0, 0));
        let id: Vec<u8> = [ebx, edx, ecx].into_iter().flat_map(u32::to_le_bytes).collect();
        X86Map::get().vendor_by_id(std::str::from_utf8(&id).ok()?)
    }

    pub fn signature(&self) -> CpuSignature {
        signature_from_eax(self.get(Leaf::Cpuid(1, 0))[0])
    }

    pub fn data(&self) -> X86Data {
        let signature = self.signature();
        let is_real = signature != CpuSignature { family: 0, model: 0, stepping: 0 };
        X86Data { features: self.features(), vendor: self.vendor(), signature: is_real.then_some(signature) }
    }

    /// Reads `<cpudata arch='x86'>`, as tests and status files have it.
    pub fn parse(xml: &str) -> Result<Self> {
        let document = Document::parse(xml, "CPU data")?;
        let mut raw = Self::default();
        for node in document.root().children() {
            let number = |name: &str| parse_number(&node, name);
            let leaf = match node.name() {
                "cpuid" => Leaf::Cpuid(number("eax_in")?, number("ecx_in")?),
                "msr" => Leaf::Msr(number("index")?),
                _ => continue,
            };
            raw.insert(leaf, [number("eax")?, number("ebx")?, number("ecx")?, number("edx")?]);
        }
        Ok(raw)
    }
}

/// A number in decimal or, behind `0x`, in hex; 0 where the attribute lacks.
fn parse_number(node: &Node<'_>, name: &str) -> Result<u32> {
    let Some(text) = node.attr(name) else { return Ok(0) };
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map_err(|_| {
        let text = format!("attribute '{name}' of <{}> is '{text}', not a number of 32 bits", node.name());
        Error::internal(text).domain(ErrorDomain::Cpu)
    })
}

/// Family, model and stepping out of EAX of leaf 1.
fn signature_from_eax(eax: u32) -> CpuSignature {
    CpuSignature {
        family: ((eax >> 20) & 0xff) + ((eax >> 8) & 0xf),
        model: ((eax >> 12) & 0xf0) + ((eax >> 4) & 0xf),
        stepping: eax & 0xf,
    }
}

/// EAX of leaf 1 for a family, model and stepping.
pub fn signature_to_eax(signature: CpuSignature) -> u32 {
    let CpuSignature { family, model, stepping } = signature;
    let extended = family.saturating_sub(0xf);
    (extended << 20)
        | ((model >> 4) << 16)
        | ((family - extended) << 8)
        | ((model & 0xf) << 4)
        | (stepping & 0xf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_tell_vendor_features_and_signature() {
        let raw = RawCpu::parse(
            "<cpudata arch='x86'><cpuid eax_in='0x0' ecx_in='0x0' eax='0xd' ebx='0x756e6547' ecx='0x6c65746e' \
             edx='0x49656e69'/><cpuid eax_in='0x1' eax='0x000306c3' ecx='0x3' edx='1'/>\
             <msr index='0x10a' eax='0x1' edx='0x0'/></cpudata>",
        );
        let data = raw.expect("read").data();
        let map = X86Map::get();
        assert_eq!(data.vendor.map(|place| map.vendors[place].name), Some("Intel"));
        assert_eq!(data.signature, Some(CpuSignature { family: 6, model: 60, stepping: 3 }));
        let names: Vec<_> = map.feature_names(&data.features).collect();
        assert_eq!(names, ["pni", "pclmuldq", "fpu", "rdctl-no"]);
    }

    #[test]
    fn signatures_survive_being_written() {
        for signature in [(6, 60, 3), (15, 107, 2), (26, 2, 1)] {
            let (family, model, stepping) = signature;
            let signature = CpuSignature { family, model, stepping };
            assert_eq!(signature_from_eax(signature_to_eax(signature)), signature);
        }
    }
}
