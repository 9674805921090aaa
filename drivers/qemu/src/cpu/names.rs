//! CPU features and models by two names: libvirt's in documents, and QEMU's.

use std::borrow::Cow;

use ferrovirt_conf::cpu::{self, Arch};

/// Where documents have another name than QEMU for a feature of x86: libvirt's, QEMU's.
const FEATURES: &[(&str, &str)] = &[
    ("cmp_legacy", "cmp-legacy"),
    ("ds_cpl", "ds-cpl"),
    ("fxsr_opt", "fxsr-opt"),
    ("hv-emsr_bitmap", "hv-emsr-bitmap"),
    ("hv-vendor_id", "hv-vendor-id"),
    ("hv-xmm_input", "hv-xmm-input"),
    ("kvm_pv_eoi", "kvm-pv-eoi"),
    ("kvm_pv_unhalt", "kvm-pv-unhalt"),
    ("lahf_lm", "lahf-lm"),
    ("nodeid_msr", "nodeid-msr"),
    ("pclmuldq", "pclmulqdq"),
    ("perfctr_core", "perfctr-core"),
    ("perfctr_nb", "perfctr-nb"),
    ("tsc_adjust", "tsc-adjust"),
    ("vmx-invvpid-single-context-noglobals", "vmx-invept-single-context-noglobals"),
];

/// Features that documents may have and QEMU is never told of: it has none of them, or no longer.
const UNSPOKEN: &[&str] = &[
    "cmt",
    "mbm_total",
    "mbm_local",
    "osxsave",
    "ospke",
    "vmx-ept-uc",
    "vmx-ept-wb",
    "vmx-invvpid-single-context",
];

/// A feature's name in documents.
pub fn feature_from_qemu(arch: Arch, qemu: &str) -> &str {
    let known = FEATURES.iter().filter(|_| arch.is_x86()).find(|(_, name)| *name == qemu);
    known.map_or(qemu, |(name, _)| name)
}

/// A feature's name for QEMU.
pub fn feature_to_qemu(arch: Arch, name: &str) -> &str {
    let known = FEATURES.iter().filter(|_| arch.is_x86()).find(|(own, _)| *own == name);
    known.map_or(name, |(_, qemu)| qemu)
}

/// Whether QEMU is told of a feature.
pub fn is_spoken(arch: Arch, feature: &str) -> bool {
    !arch.is_x86() || !UNSPOKEN.contains(&feature)
}

/// A model's name in documents, where POWER's are shouted.
pub fn model_from_qemu(arch: Arch, qemu: &str) -> Cow<'_, str> {
    if !arch.is_ppc64() {
        return Cow::Borrowed(qemu);
    }
    let known = cpu::model_names(arch).unwrap_or_default();
    let shouted = known.into_iter().find(|name| name.eq_ignore_ascii_case(qemu));
    shouted.map_or(Cow::Borrowed(qemu), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_translated_where_they_differ() {
        assert_eq!(feature_from_qemu(Arch::X86_64, "pclmulqdq"), "pclmuldq");
        assert_eq!(feature_to_qemu(Arch::X86_64, "pclmuldq"), "pclmulqdq");
        assert_eq!(feature_to_qemu(Arch::S390x, "pclmuldq"), "pclmuldq");
        assert_eq!(model_from_qemu(Arch::Ppc64, "power9"), "POWER9");
        assert_eq!(model_from_qemu(Arch::Ppc64, "power8nvl"), "power8nvl");
        assert!(is_spoken(Arch::X86_64, "avx") && !is_spoken(Arch::X86_64, "osxsave"));
    }
}
