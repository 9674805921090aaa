//! CPUs compared, reduced to what they share and made concrete, as libvirt's own tests expect it.

use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::x86::{Allowed, Purpose, RawCpu, decode, signature_to_eax};
use ferrovirt_conf::cpu::{
    self, Arch, Comparison, CpuContent, CpuDefinition, CpuKind, CpuSignature, FeaturePolicy, GuestCpu,
    HostCpu, HostCpuFeature,
};
use ferrovirt_core::Result;
use ferrovirt_xml::{Document, XmlContent, to_string};

fn fixtures() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = std::env::var_os("FERROVIRT_FIXTURES").map_or(default, PathBuf::from).join("cputestdata");
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no fixtures at '{}'; set FERROVIRT_FIXTURES", root.display());
    None
}

/// The text of a fixture; `None` where it is kept back.
fn text(root: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(root.join(name)).ok()
}

fn definition(root: &Path, name: &str) -> Option<CpuDefinition> {
    Some(CpuDefinition::parse(&text(root, name)?, CpuKind::Either, false).expect("a CPU"))
}

fn guest(root: &Path, name: &str) -> Option<GuestCpu> {
    match definition(root, name)? {
        CpuDefinition::Guest(guest) => Some(*guest),
        CpuDefinition::Host(_) => panic!("{name} is a host's"),
    }
}

fn written(cpu: GuestCpu) -> String {
    cpu.into_document()
}

/// Both names of a pair, for those that are there, and what is expected.
const COMPARED: &[(Arch, &str, &str, Option<i32>)] = &[
    (Arch::X86_64, "host", "host", Some(1)),
    (Arch::X86_64, "host", "host-better", Some(0)),
    (Arch::X86_64, "host", "host-worse", Some(2)),
    (Arch::X86_64, "host", "host-amd-fake", Some(0)),
    (Arch::X86_64, "host", "host-incomp-arch", Some(0)),
    (Arch::X86_64, "host", "host-no-vendor", Some(1)),
    (Arch::X86_64, "host-no-vendor", "host", Some(0)),
    (Arch::Ppc64, "host", "host", Some(1)),
    (Arch::Ppc64, "host", "host-better", Some(0)),
    (Arch::Ppc64, "host", "host-worse", Some(0)),
    (Arch::Ppc64, "host", "host-incomp-arch", Some(0)),
    (Arch::Ppc64, "host", "host-no-vendor", Some(1)),
    (Arch::Ppc64, "host-no-vendor", "host", Some(0)),
    (Arch::X86_64, "host", "bogus-model", None),
    (Arch::X86_64, "host", "bogus-feature", None),
    (Arch::X86_64, "host", "min", Some(2)),
    (Arch::X86_64, "host", "pentium3", Some(2)),
    (Arch::X86_64, "host", "exact", Some(2)),
    (Arch::X86_64, "host", "exact-forbid", Some(0)),
    (Arch::X86_64, "host", "exact-forbid-extra", Some(2)),
    (Arch::X86_64, "host", "exact-disable", Some(2)),
    (Arch::X86_64, "host", "exact-disable2", Some(2)),
    (Arch::X86_64, "host", "exact-disable-extra", Some(2)),
    (Arch::X86_64, "host", "exact-require", Some(2)),
    (Arch::X86_64, "host", "exact-require-extra", Some(0)),
    (Arch::X86_64, "host", "exact-force", Some(2)),
    (Arch::X86_64, "host", "strict", Some(0)),
    (Arch::X86_64, "host", "strict-full", Some(1)),
    (Arch::X86_64, "host", "strict-disable", Some(1)),
    (Arch::X86_64, "host", "strict-force-extra", Some(1)),
    (Arch::X86_64, "host", "guest", Some(2)),
    (Arch::X86_64, "host", "pentium3-amd", Some(0)),
    (Arch::X86_64, "host-amd", "pentium3-amd", Some(2)),
    (Arch::X86_64, "host-worse", "penryn-force", Some(1)),
    (Arch::X86_64, "host-SandyBridge", "exact-force-Haswell", Some(1)),
    (Arch::Ppc64, "host", "guest-strict", Some(1)),
    (Arch::Ppc64, "host", "guest-exact", Some(0)),
    (Arch::Ppc64, "host", "guest-legacy", Some(1)),
    (Arch::Ppc64, "host", "guest-legacy-incompatible", Some(0)),
    (Arch::Ppc64, "host", "guest-legacy-bad", None),
    (Arch::Ppc64, "host", "guest-compat-none", Some(1)),
    (Arch::Ppc64, "host", "guest-compat-valid", Some(1)),
    (Arch::Ppc64, "host", "guest-compat-bad", None),
    (Arch::Ppc64, "host", "guest-compat-incompatible", Some(0)),
    (Arch::X86_64, "host", "host+min", Some(1)),
    (Arch::X86_64, "host", "host+pentium3", Some(1)),
    (Arch::X86_64, "host", "host+guest", Some(2)),
    (Arch::X86_64, "host", "host+host-model", Some(1)),
    (Arch::X86_64, "host", "host+host-model-nofallback", Some(1)),
    (Arch::X86_64, "host-invtsc", "host-invtsc+host-model", Some(2)),
    (Arch::Ppc64, "host", "host+guest", Some(1)),
    (Arch::Ppc64, "host", "host+guest-nofallback", Some(0)),
    (Arch::Ppc64, "host", "host+guest-legacy", Some(1)),
    (Arch::Ppc64, "host", "host+guest-legacy-incompatible", Some(0)),
    (Arch::Ppc64, "host", "host+guest-legacy-bad", None),
    (Arch::Ppc64, "host", "host+guest-compat-none", Some(1)),
    (Arch::Ppc64, "host", "host+guest-compat-valid", Some(1)),
    (Arch::Ppc64, "host", "host+guest-compat-bad", None),
    (Arch::Ppc64, "host", "host+guest-compat-incompatible", Some(0)),
];

#[test]
fn hosts_can_give_what_libvirt_says_they_can() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for (arch, host, other, expected) in COMPARED {
        let Some(host) = definition(&root, &format!("{arch}-{host}.xml")) else { continue };
        let Some(cpu) = definition(&root, &format!("{arch}-{other}.xml")) else { continue };
        let compared = cpu::compare(*arch, Some(&host.content()), &cpu);
        let compared = compared.and_then(|comparison| comparison.into_number(false)).ok();
        assert_eq!(compared, *expected, "{arch} {other}");
        count += 1;
    }
    println!("{count} comparisons");
}

#[test]
fn guests_are_made_concrete_by_the_host() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for arch in [Arch::X86_64, Arch::Ppc64] {
        for (host, name) in [
            ("host", "min"),
            ("host", "pentium3"),
            ("host", "guest"),
            ("host", "host-model"),
            ("host", "host-model-nofallback"),
            ("host-invtsc", "host-model"),
            ("host", "host-passthrough"),
            ("host", "host-passthrough-features"),
            ("host", "guest-nofallback"),
            ("host", "guest-legacy"),
            ("host", "guest-legacy-incompatible"),
            ("host", "guest-legacy-bad"),
            ("host", "guest-compat-none"),
            ("host", "guest-compat-valid"),
            ("host", "guest-compat-bad"),
            ("host", "guest-compat-incompatible"),
        ] {
            let Some(expected) = text(&root, &format!("{arch}-{host}+{name}.xml")) else { continue };
            let Some(own) = definition(&root, &format!("{arch}-{host}.xml")) else { continue };
            let Some(mut cpu) = guest(&root, &format!("{arch}-{name}.xml")) else { continue };
            let own = cpu::without_unmigratable(arch, &own.content());
            cpu::update(arch, &mut cpu, Some(&own), FeaturePolicy::Disable).expect("updated");
            assert_eq!(written(cpu), expected, "{arch} {host}+{name}");
            count += 1;
        }
    }
    println!("{count} updates");
}

/// Models that a hypervisor may have, by libvirt's name for the list.
fn models(list: &str) -> Option<Allowed> {
    let names: &[&str] = match list {
        "model486" => &["486"],
        "nomodel" => &["nomodel"],
        "models" => &["qemu64", "core2duo", "Nehalem"],
        "haswell" => &["SandyBridge", "Haswell"],
        "ppc_models" => &["POWER6", "POWER7", "POWER8"],
        _ => return None,
    };
    Some(names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect())
}

fn concrete(
    arch: Arch,
    host: &CpuDefinition,
    mut cpu: GuestCpu,
    allowed: Option<&Allowed>,
) -> Result<GuestCpu> {
    cpu::convert_legacy(arch, &mut cpu);
    let own = host.content();
    if let Comparison::Incompatible(why) =
        cpu::compare(arch, Some(&own), &CpuDefinition::Guest(Box::new(cpu.clone())))?
    {
        return Err(ferrovirt_core::Error::internal(why));
    }
    cpu::update(arch, &mut cpu, Some(&own), FeaturePolicy::Disable)?;
    cpu::translate(arch, &mut cpu, allowed)?;
    Ok(cpu)
}

#[test]
fn guests_are_told_in_models_that_the_hypervisor_has() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for (arch, host, name, list, good) in [
        (Arch::X86_64, "host", "guest", "", true),
        (Arch::X86_64, "host-better", "pentium3", "", true),
        (Arch::X86_64, "host-worse", "guest", "", true),
        (Arch::X86_64, "host", "strict-force-extra", "", true),
        (Arch::X86_64, "host", "penryn-force", "", true),
        (Arch::X86_64, "host", "guest", "model486", true),
        (Arch::X86_64, "host", "guest", "models", true),
        (Arch::X86_64, "host", "guest", "nomodel", false),
        (Arch::X86_64, "host", "guest-nofallback", "models", false),
        (Arch::X86_64, "host", "host+host-model", "models", true),
        (Arch::X86_64, "host", "host+host-model-nofallback", "models", false),
        (Arch::X86_64, "host-Haswell-noTSX", "Haswell", "haswell", true),
        (Arch::X86_64, "host-Haswell-noTSX", "Haswell-noTSX", "haswell", true),
        (Arch::X86_64, "host-Haswell-noTSX", "Haswell-noTSX-nofallback", "haswell", false),
        (Arch::X86_64, "host-Haswell-noTSX", "Haswell-noTSX", "", true),
        (Arch::Ppc64, "host", "guest", "ppc_models", true),
        (Arch::Ppc64, "host", "guest-nofallback", "ppc_models", false),
        (Arch::Ppc64, "host", "guest-legacy", "ppc_models", true),
        (Arch::Ppc64, "host", "guest-legacy-incompatible", "ppc_models", false),
        (Arch::Ppc64, "host", "guest-legacy-bad", "ppc_models", false),
    ] {
        let Some(own) = definition(&root, &format!("{arch}-{host}.xml")) else { continue };
        let Some(cpu) = guest(&root, &format!("{arch}-{name}.xml")) else { continue };
        let separator = if list.is_empty() { "" } else { "," };
        let result = format!("{arch}-{host}+{name}{separator}{list}-result.xml");
        let made = concrete(arch, &own, cpu, models(list).as_ref());
        assert_eq!(made.is_ok(), good, "{result}: {made:?}");
        if let (Ok(made), Some(expected)) = (made, text(&root, &result)) {
            assert_eq!(written(made), expected, "{result}");
        }
        count += 1;
    }
    println!("{count} guests");
}

fn baseline(cpus: &[CpuDefinition], migratable: bool) -> Result<GuestCpu> {
    let contents: Vec<CpuContent> = cpus.iter().map(CpuDefinition::content).collect();
    let arch = cpus[0].arch().unwrap_or(Arch::X86_64);
    let baseline = cpu::baseline(arch, &contents, None, None, migratable)?;
    for cpu in &contents {
        let compared = cpu::compare(arch, Some(cpu), &CpuDefinition::Guest(Box::new(baseline.clone())))?;
        assert!(!matches!(compared, Comparison::Incompatible(_)), "{compared:?}");
    }
    Ok(baseline)
}

#[test]
fn hosts_have_the_baseline_that_libvirt_finds() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(&root).expect("readable").flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some((arch, name)) = file.strip_suffix(".xml").and_then(|stem| stem.split_once("-baseline-"))
        else {
            continue;
        };
        let Ok(arch) = arch.parse::<Arch>() else { continue };
        let document = text(&root, &file).expect("there");
        if !document.contains("<cpuTest>") {
            continue;
        }
        let document = Document::parse(&document, "test").expect("a document");
        let hosts: Vec<CpuDefinition> = document
            .root()
            .children_named("cpu")
            .map(|node| CpuDefinition::Host(Box::new(HostCpu::parse(&node).expect("a host's"))))
            .collect();
        let expected = |suffix: &str| text(&root, &format!("{arch}-baseline-{name}-{suffix}.xml"));
        match baseline(&hosts, false) {
            Err(_) => assert_eq!(expected("result"), None, "{name}"),
            Ok(found) => {
                let mut content = found.content();
                cpu::expand_features(arch, &mut content, Purpose::Guest).expect("expanded");
                let mut expanded = found.clone();
                expanded.set_content(content);
                if let Some(expected) = expected("result") {
                    assert_eq!(written(found), expected, "{name}");
                    count += 1;
                }
                if let Some(expected) = expected("expanded") {
                    assert_eq!(written(expanded), expected, "{name}");
                    count += 1;
                }
                if let Some(expected) = expected("migratable") {
                    assert_eq!(written(baseline(&hosts, true).expect("found")), expected, "{name}");
                    count += 1;
                }
            }
        }
    }
    for (name, one, other) in [
        ("Ryzen+Rome", "Ryzen-7-1800X-Eight-Core", "Ryzen-9-3900X-12-Core"),
        ("EPYC+Rome", "EPYC-7601-32-Core", "EPYC-7502-32-Core"),
        ("Haswell-noTSX-IBRS+Skylake", "Xeon-E5-2609-v3", "Xeon-Gold-6148"),
        ("Haswell-noTSX-IBRS+Skylake-IBRS", "Xeon-E5-2609-v3", "Xeon-Gold-6130"),
        ("Broadwell-IBRS+Cascadelake", "Xeon-E5-2623-v4", "Xeon-Platinum-8268"),
        ("Cascadelake+Skylake-IBRS", "Xeon-Platinum-8268", "Xeon-Gold-6130"),
        ("Cascadelake+Skylake", "Xeon-Platinum-9242", "Xeon-Gold-6148"),
        ("Cascadelake+Icelake", "Xeon-Platinum-9242", "Ice-Lake-Server"),
        ("Cooperlake+Icelake", "Cooperlake", "Ice-Lake-Server"),
        ("Cooperlake+Cascadelake", "Cooperlake", "Xeon-Platinum-9242"),
        ("Skylake-Client+Server", "Core-i5-6600", "Xeon-Gold-6148"),
        ("Haswell-noTSX-IBRS+Broadwell", "Xeon-E5-2609-v3", "Xeon-E5-2650-v4"),
        ("Haswell+Skylake", "Xeon-E7-8890-v3", "Xeon-Gold-5115"),
    ] {
        let load = |name: &str| definition(&root, &format!("x86_64-cpuid-{name}-json.xml"));
        let (Some(one), Some(other)) = (load(one), load(other)) else { continue };
        let Some(expected) = text(&root, &format!("x86_64-cpuid-baseline-{name}.xml")) else { continue };
        assert_eq!(written(baseline(&[one, other], false).expect("found")), expected, "{name}");
        count += 1;
    }
    println!("{count} baselines");
}

#[test]
fn registers_make_the_host_that_libvirt_sees() {
    let Some(root) = fixtures() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(&root).expect("readable").flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".sig").and_then(|stem| stem.strip_prefix("x86_64-cpuid-")) else {
            continue;
        };
        let raw =
            RawCpu::parse(&text(&root, &format!("x86_64-cpuid-{name}.xml")).expect("there")).expect("read");
        let signature = raw.signature();
        assert_eq!(signature_text(signature), text(&root, &file).expect("there"), "{name}");
        let decoded = decode(&raw.data(), Purpose::Host, None).expect("found");
        let host = HostCpu {
            arch: Some(Arch::X86_64),
            model: decoded.content.model,
            vendor: decoded.content.vendor,
            signature: decoded.signature,
            features: decoded.content.features.into_iter().map(|f| HostCpuFeature { name: f.name }).collect(),
            ..HostCpu::default()
        };
        assert_eq!(
            to_string(&host),
            text(&root, &format!("x86_64-cpuid-{name}-host.xml")).expect("there"),
            "{name}"
        );
        count += 1;
    }
    println!("{count} hosts");
}

fn signature_text(signature: CpuSignature) -> String {
    let CpuSignature { family, model, stepping } = signature;
    let line = |name: &str, number: u32| format!("{name:<9} {number:3} (0x{number:02x})\n");
    let eax = signature_to_eax(signature);
    format!("{eax:06x}\n{}{}{}", line("family:", family), line("model:", model), line("stepping:", stepping))
}
