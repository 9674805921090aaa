//! CPUs by registers and by QEMU's word, as libvirt's own tests expect them to be called.

use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::x86::{Allowed, Purpose, RawCpu, decode};
use ferrovirt_conf::cpu::{
    self, Arch, CpuContent, CpuDefinition, CpuFallback, CpuKind, CpuMatch, CpuMode, FeaturePolicy, GuestCpu,
};
use ferrovirt_driver_qemu::capabilities::{CpuProperty, HostCpu};
use ferrovirt_driver_qemu::cpu::names::feature_from_qemu;
use ferrovirt_driver_qemu::cpu::x86_data;
use serde_json::Value;

/// Of these QEMU's models are not looked at, though they may have been recorded.
const WITHOUT_MODELS: &[&str] = &[
    "A10-5800K",
    "Core-i5-2500",
    "Core-i5-4670T",
    "Core-i5-6600",
    "Core-i7-2600",
    "Core-i7-3740QM",
    "Core-i7-3770",
    "Core-i7-4600U",
    "Core-i7-4510U",
    "Core-i7-5600U",
    "Core-i7-5600U-arat",
    "Core-i7-5600U-ibrs",
    "Core2-E6850",
    "Hygon-C86-7185-32-core",
    "EPYC-7601-32-Core",
    "Opteron-2350",
    "Opteron-6234",
    "Phenom-B95",
    "Ryzen-7-1800X-Eight-Core",
    "Xeon-E5-2630-v3",
    "Xeon-E5-2650-v3",
    "Xeon-E7-4820",
    "Xeon-Gold-6148",
    "Xeon-Platinum-8268",
    "Xeon-W3520",
];

/// A processor of the fixtures.
struct Case {
    root: PathBuf,
    name: String,
}

/// What QEMU said on it.
struct Told {
    host: HostCpu,
    models: Option<Allowed>,
}

impl Case {
    fn text(&self, end: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(format!("x86_64-cpuid-{}{end}", self.name))).ok()
    }

    fn raw(&self, end: &str) -> Option<RawCpu> {
        Some(RawCpu::parse(&self.text(end)?).expect("registers"))
    }

    fn guest(&self, end: &str) -> Option<GuestCpu> {
        match CpuDefinition::parse(&self.text(end)?, CpuKind::Either, false).expect("a CPU") {
            CpuDefinition::Guest(guest) => Some(*guest),
            CpuDefinition::Host(_) => None,
        }
    }

    fn told(&self) -> Option<Told> {
        let text = self.text(".json")?;
        let mut replies = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let expansion = replies.next()?.expect("a reply");
        let model = &expansion["return"]["model"];
        let properties = model["props"]
            .as_object()
            .expect("properties")
            .iter()
            .map(|(name, value)| CpuProperty { name: name.clone(), value: value.clone(), migratable: None });
        let host = HostCpu { model: "base".into(), properties: properties.collect(), ..HostCpu::default() };
        let recorded = replies.next().filter(|_| !WITHOUT_MODELS.contains(&self.name.as_str()));
        let models = recorded.map(|reply| {
            let reply = reply.expect("a reply");
            reply["return"].as_array().expect("definitions").iter().map(definition).collect()
        });
        Some(Told { host, models })
    }
}

fn definition(told: &Value) -> (String, Vec<String>) {
    let missing = told["unavailable-features"].as_array().into_iter().flatten();
    let missing = missing.filter_map(|name| Some(feature_from_qemu(Arch::X86_64, name.as_str()?).to_owned()));
    (told["name"].as_str().expect("a name").to_owned(), missing.collect())
}

fn cases() -> Vec<Case> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = std::env::var_os("FERROVIRT_FIXTURES").map_or(default, PathBuf::from).join("cputestdata");
    let Ok(entries) = std::fs::read_dir(&root) else {
        eprintln!("SKIPPED: no fixtures at '{}'; set FERROVIRT_FIXTURES", root.display());
        return Vec::new();
    };
    let files = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names =
        files.filter_map(|file| Some(file.strip_prefix("x86_64-cpuid-")?.strip_suffix(".sig")?.to_owned()));
    names.map(|name| Case { root: root.clone(), name }).collect()
}

/// A guest's CPU as it is written.
fn written(content: CpuContent) -> String {
    let mut guest =
        GuestCpu { mode: Some(CpuMode::Custom), match_: Some(CpuMatch::Exact), ..GuestCpu::default() };
    guest.set_content(content);
    guest.model.get_or_insert_default().fallback = Some(CpuFallback::Forbid);
    guest.into_document()
}

#[test]
fn registers_and_models_make_a_guest() {
    for case in cases() {
        let told = case.told();
        let models = told.as_ref().and_then(|told| told.models.as_ref());
        let data = case.raw(".xml").expect("registers").data();
        let guest = decode(&data, Purpose::Guest, models).expect("found");
        assert_eq!(Some(written(guest.content)), case.text("-guest.xml"), "{}", case.name);
    }
}

#[test]
fn qemus_properties_make_a_guest() {
    for case in cases() {
        let Some(told) = case.told() else { continue };
        let data = x86_data(&told.host, false);
        let guest = decode(&data, Purpose::Guest, told.models.as_ref()).expect("found");
        assert_eq!(Some(written(guest.content)), case.text("-json.xml"), "{}", case.name);
        let signature = case.raw(".xml").expect("registers").signature();
        assert_eq!(data.signature, Some(signature), "{}", case.name);
    }
}

#[test]
fn what_a_running_guest_has_is_what_qemu_promised() {
    for case in cases() {
        let (Some(enabled), Some(disabled)) = (case.raw("-enabled.xml"), case.raw("-disabled.xml")) else {
            continue;
        };
        let (mut guest, promised) =
            (case.guest("-guest.xml").expect("there"), case.guest("-json.xml").expect("there"));
        if guest.model_name() != promised.model_name() {
            let name = promised.model_name().expect("one").to_owned();
            let models = case.told().and_then(|told| told.models);
            let blockers = models.as_ref().and_then(|models| models.get(&name)).unwrap_or_default().to_vec();
            let only: Allowed = [(name, blockers)].into_iter().collect();
            guest.model.as_mut().expect("one").fallback = Some(CpuFallback::Allow);
            cpu::translate(Arch::X86_64, &mut guest, Some(&only)).expect("translated");
        }
        cpu::update_live(Arch::X86_64, &mut guest, &enabled.features(), &disabled.features())
            .expect("updated");
        let (mut has, mut should) = (guest.content(), promised.content());
        for content in [&mut has, &mut should] {
            cpu::expand_features(Arch::X86_64, content, Purpose::Guest).expect("expanded");
        }
        assert_eq!(has.model, should.model, "{}", case.name);
        let on = |content: &CpuContent| -> Vec<String> {
            let on = content.features.iter().filter(|f| f.policy == FeaturePolicy::Require);
            on.map(|feature| feature.name.clone()).collect()
        };
        assert_eq!(on(&has), on(&should), "{}", case.name);
    }
}
