//! CPU features by three names: QEMU's, libvirt's in XML, and the kernel's in `/proc/cpuinfo`.

/// Where XML has another name than QEMU: libvirt's, QEMU's.
const XML_NAMES: &[(&str, &str)] = &[
    ("cmp_legacy", "cmp-legacy"),
    ("ds_cpl", "ds-cpl"),
    ("fxsr_opt", "fxsr-opt"),
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

/// Where the kernel's name differs from QEMU's in more than its underscores: the kernel's, QEMU's.
const KERNEL_NAMES: &[(&str, &str)] = &[
    ("avx512_bitalg", "avx512bitalg"),
    ("avx512_vbmi2", "avx512vbmi2"),
    ("avx512_vnni", "avx512vnni"),
    ("cr8_legacy", "cr8legacy"),
    ("nonstop_tsc", "invtsc"),
    ("sse4_1", "sse4.1"),
    ("sse4_2", "sse4.2"),
    ("tsc_deadline_timer", "tsc-deadline"),
];

/// The name that XML has for a feature of QEMU's.
pub fn to_xml(qemu: &str) -> &str {
    XML_NAMES.iter().find(|(_, name)| *name == qemu).map_or(qemu, |(xml, _)| xml)
}

/// The name that QEMU would have for what the kernel calls so; whether it has it is another matter.
pub fn from_kernel(kernel: &str) -> String {
    let exception = KERNEL_NAMES.iter().find(|(name, _)| *name == kernel);
    exception.map_or_else(|| kernel.replace('_', "-"), |(_, qemu)| (*qemu).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_translated_where_they_differ() {
        assert_eq!((to_xml("pclmulqdq"), to_xml("avx")), ("pclmuldq", "avx"));
        assert_eq!(from_kernel("sha_ni"), "sha-ni");
        assert_eq!(from_kernel("nonstop_tsc"), "invtsc");
    }
}
