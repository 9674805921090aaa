//! Domain capabilities: what guests of one emulator, type and machine can have.

use std::path::Path;

use ferrovirt_conf::capabilities::PageUnit;
use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain_capabilities::{
    Choices, DomainCapabilities, FeatureSupport, OsSupport, SevSupport, SgxSection, SgxSize, SgxSupport,
    Support,
};
use ferrovirt_xml::YesNo;

use super::devices::{device_support, is_i440fx};
use super::emulators::SearchPath;
use super::{HostFacts, VirtType, cpu};
use crate::capabilities::{Accel, Capabilities};
use crate::firmware::{Feature, Firmware, Interface};

/// Where distributions have UEFI, for machines that no descriptor speaks of.
const WELL_KNOWN_IMAGES: &[&str] = &[
    "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/share/OVMF/OVMF_CODE.secboot.fd",
    "/usr/share/AAVMF/AAVMF_CODE.fd",
    "/usr/share/AAVMF/AAVMF32_CODE.fd",
];

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub emulator: &'a Path,
    pub arch: Arch,
    pub virt: VirtType,
    /// A machine's name, not an alias.
    pub machine: &'a str,
    /// Without what coming CPUs will not have.
    pub without_deprecated: bool,
}

/// Programs beside the emulator that devices need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Programs {
    /// The versions of TPMs that the installed emulator can be; none if there is no emulator.
    pub tpm_versions: Vec<String>,
    pub rdp_server: bool,
}

impl Programs {
    /// Looks for them; the TPM emulator is asked what it can be.
    pub fn find(search: &SearchPath) -> Self {
        Self { tpm_versions: tpm_versions(search), rdp_server: search.find("qemu-rdp").is_some() }
    }

    pub(super) fn has_tpm_emulator(&self) -> bool {
        !self.tpm_versions.is_empty()
    }
}

/// What `swtpm_setup` says that it can set up.
fn tpm_versions(search: &SearchPath) -> Vec<String> {
    let (Some(_), Some(setup)) = (search.find("swtpm"), search.find("swtpm_setup")) else {
        return Vec::new();
    };
    let mut command = ferrovirt_host::process::Command::new(&setup);
    command.arg("--print-capabilities").env_pass(["PATH"]);
    let said =
        command.output(std::time::Duration::from_secs(10)).map(|output| output.stdout).unwrap_or_default();
    let said: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
    let features = said["features"].as_array().cloned().unwrap_or_default();
    let names = features.iter().filter_map(|feature| feature.as_str()?.strip_prefix("tpm-"));
    names.filter(|version| ["1.2", "2.0"].contains(version)).map(str::to_owned).collect()
}

pub fn domain_capabilities(
    asked: Asked<'_>,
    capabilities: &Capabilities,
    facts: &HostFacts,
    programs: &Programs,
    firmwares: &[Firmware],
) -> DomainCapabilities {
    let Asked { emulator, arch, virt, machine, .. } = asked;
    let most = capabilities.machine(virt.accel(), machine).map_or(0, |machine| machine.cpu_max);
    let most = facts.kvm_vcpus.filter(|_| virt == VirtType::Kvm).map_or(most, |limit| limit.min(most));
    DomainCapabilities {
        path: Some(emulator.display().to_string()),
        domain: virt.name().into(),
        machine: Some(machine.into()),
        arch,
        max_vcpus: Some(most).filter(|most| *most > 0),
        iothreads: Some(Support::yes()),
        os: Some(os(firmwares, arch, machine)),
        cpu: cpu::cpu_support(capabilities, facts, asked),
        memory_backing: Some(memory_backing(capabilities)),
        devices: device_support(capabilities, facts, programs, arch, machine),
        features: features(capabilities, asked),
    }
}

fn os(firmwares: &[Firmware], arch: Arch, machine: &str) -> OsSupport {
    let fitting: Vec<&Firmware> = firmwares.iter().filter(|firmware| firmware.fits(arch, machine)).collect();
    let any = |test: fn(&Firmware) -> bool| fitting.iter().any(|firmware| test(firmware));
    let kinds = [
        ("bios", any(|firmware| firmware.speaks(Interface::Bios))),
        ("efi", any(|firmware| firmware.speaks(Interface::Uefi))),
    ];
    let kinds = kinds.into_iter().filter_map(|(kind, there)| there.then_some(kind));
    let mut loader =
        Support::yes().choice("type", ["rom", "pflash"]).choice("readonly", ["yes", "no"]).choice(
            "secure",
            if any(|firmware| firmware.has(Feature::RequiresSmm)) { vec!["yes", "no"] } else { vec!["no"] },
        );
    let mut images: Vec<&Path> = fitting.iter().filter_map(|firmware| firmware.image()).collect();
    if images.is_empty() {
        images = WELL_KNOWN_IMAGES.iter().map(Path::new).collect();
    }
    for path in images.into_iter().filter(|path| path.exists()) {
        let path = path.display().to_string();
        if !loader.values.contains(&path) {
            loader.values.push(path);
        }
    }
    OsSupport { supported: YesNo::Yes, choices: vec![Choices::new("firmware", kinds)], loader: Some(loader) }
}

fn memory_backing(capabilities: &Capabilities) -> Support {
    let mut sources = vec!["file", "anonymous"];
    sources.extend(capabilities.has_device("memory-backend-memfd").then_some("memfd"));
    Support::yes().choice("sourceType", sources)
}

fn features(capabilities: &Capabilities, asked: Asked<'_>) -> FeatureSupport {
    let Asked { arch, virt, machine, .. } = asked;
    let device = |name: &str| Some(Support::plain(capabilities.has_device(name)));
    let teardown = capabilities.option_has_parameter("run-with", "async-teardown");
    let i8042 = capabilities.device_has_property("generic-pc-machine", "i8042");
    let has_i8042 = is_i440fx(arch, machine)
        || machine == "isapc"
        || ["pc-q35-", "xenfv-"].iter().any(|prefix| machine.starts_with(prefix))
        || ["q35", "xenfv"].contains(&machine);
    let confidential = capabilities.option_has_parameter("machine", "confidential-guest-support");
    let secure_execution = confidential && capabilities.has_device("s390-pv-guest");
    FeatureSupport {
        gic: Some(gic(capabilities, virt, arch, machine)),
        vmcoreinfo: device("vmcoreinfo"),
        genid: device("vmgenid"),
        backing_store_input: Some(Support::yes()),
        backup: Some(Support::yes()),
        async_teardown: Some(Support::plain(teardown)),
        s390_pv: arch.is_s390().then(|| Support::plain(secure_execution && host_has_secure_execution())),
        ps2: Some(Support::plain(i8042 && has_i8042 && arch.is_x86())),
        sev: Some(sev(capabilities)),
        sgx: Some(sgx(capabilities)),
        hyperv: hyperv(capabilities),
        launch_security: Some(launch_security(capabilities, secure_execution)),
    }
}

/// Whether the host's firmware lets KVM run guests that the host can't look into.
pub fn host_has_secure_execution() -> bool {
    std::fs::read_to_string("/sys/firmware/uv/prot_virt_host").is_ok_and(|text| text.trim() == "1")
}

fn gic(capabilities: &Capabilities, virt: VirtType, arch: Arch, machine: &str) -> Support {
    if !arch.is_arm() || !(machine == "virt" || machine.starts_with("virt-")) {
        return Support::no();
    }
    let mut versions: Vec<u8> = capabilities
        .gic
        .iter()
        .filter(|gic| if virt == VirtType::Kvm { gic.kernel } else { gic.emulated })
        .map(|gic| gic.version)
        .collect();
    versions.sort_unstable();
    if versions.is_empty() { Support::no() } else { Support::yes().choice("version", versions) }
}

fn sev(capabilities: &Capabilities) -> SevSupport {
    let Some(sev) = &capabilities.sev else { return SevSupport::no() };
    SevSupport {
        supported: YesNo::Yes,
        c_bit_position: Some(sev.cbitpos),
        reduced_phys_bits: Some(sev.reduced_phys_bits),
        cpu0_id: sev.cpu0_id.clone(),
        ..SevSupport::no()
    }
}

fn sgx(capabilities: &Capabilities) -> SgxSupport {
    let Some(sgx) = capabilities.sgx.as_ref().filter(|sgx| sgx.sgx) else { return SgxSupport::no() };
    let unit = PageUnit::KiB;
    let sections: Vec<SgxSection> = sgx
        .sections
        .iter()
        .map(|section| SgxSection { node: section.node, size: section.size / 1024, unit })
        .collect();
    SgxSupport {
        supported: YesNo::Yes,
        flc: Some(sgx.flc.into()),
        sgx1: Some(sgx.sgx1.into()),
        sgx2: Some(sgx.sgx2.into()),
        size: Some(SgxSize { unit, size: sections.iter().map(|section| section.size).sum() }),
        sections,
    }
}

/// Guests of all types are told what KVM can give them.
fn hyperv(capabilities: &Capabilities) -> Option<Support> {
    let host = capabilities.accelerator(Accel::Kvm)?.host_cpu.as_ref()?;
    let names = cpu::hyperv(host);
    (!names.is_empty()).then(|| Support::yes().choice("features", names))
}

fn launch_security(capabilities: &Capabilities, secure_execution: bool) -> Support {
    let kinds: Vec<&str> = [
        ("sev", capabilities.sev.is_some() && capabilities.has_device("sev-guest")),
        ("sev-snp", capabilities.sev.is_some() && capabilities.has_device("sev-snp-guest")),
        ("s390-pv", secure_execution),
    ]
    .into_iter()
    .filter_map(|(kind, there)| there.then_some(kind))
    .collect();
    if kinds.is_empty() { Support::no() } else { Support::yes().choice("sectype", kinds) }
}
