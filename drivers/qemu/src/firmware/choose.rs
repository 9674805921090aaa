//! Which of the installed firmware a guest gets, and where it keeps its variables.

use std::path::Path;

use ferrovirt_conf::domain::{
    Domain, Firmware as FirmwareKind, FirmwareFeature, FirmwareFeatureName, FirmwareFormat, FirmwareVars,
    LaunchSecurity, Loader, LoaderKind, Os, ParseFlags, Smm, StorageSource, VarsPlace,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{OnOff, XmlValue, YesNo};

use super::{Feature, Firmware, FlashFile, FlashMode, Interface, Mapping, firmwares};
use crate::command::FirmwarePair;
use crate::layout::{Paths, Site};
use crate::machine;

/// Of SEV's policy: the guest's registers are encrypted, too.
const SEV_ES: u32 = 1 << 2;

/// Turns what a definition says of its firmware into files. Twice is as good as once. What can't be had is refused in
/// new definitions; others get another chance when the guest is started.
pub fn choose(model: &mut Domain, site: Site<'_>, flags: ParseFlags) -> Result<()> {
    if !flags.abi_update {
        name_format(model);
    }
    match find(model, site, flags) {
        Err(_) if !flags.abi_update => Ok(()),
        outcome => outcome,
    }
}

/// Names the format of firmware that was chosen for a guest. Before there were other formats this one was meant.
pub fn name_format(model: &mut Domain) {
    let os = &mut model.os;
    if os.firmware.is_some() {
        os.loader.get_or_insert_default().format.get_or_insert(FirmwareFormat::Raw);
    }
}

fn find(model: &mut Domain, site: Site<'_>, flags: ParseFlags) -> Result<()> {
    let os = &model.os;
    os.validate().map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    let described = os.loader.is_some() || os.nvram.is_some();
    let is_rom = os.loader.as_ref().is_some_and(|loader| loader.kind == Some(LoaderKind::Rom));
    if os.firmware.is_none() && (!described || is_rom) {
        return Ok(());
    }
    let installed = firmwares(&site.settings.firmware_folders);
    let found = installed.iter().find(|firmware| fits(model, firmware));
    let os = &mut model.os;
    if let Some(found) = found {
        take(model, found);
    } else if let Some(kind) = os.firmware {
        return Err(Error::operation_failed(format!(
            "no installed firmware of type '{kind}' has all that the definition asks for; its descriptors are in {}",
            site.settings
                .firmware_folders
                .iter()
                .map(|f| f.display().to_string())
                .collect::<Vec<_>>()
                .join(" and ")
        )));
    } else if let Some(loader) = os.loader.as_mut() {
        match listed(loader, &site.settings.firmware_pairs) {
            Some(pair) => take_pair(loader, &mut os.nvram, pair),
            None => _ = loader.format.get_or_insert(FirmwareFormat::Raw),
        }
    }
    place_variables(model, site.paths, flags.abi_update);
    Ok(())
}

/// Whether firmware is what the definition asks for.
fn fits(model: &Domain, firmware: &Firmware) -> bool {
    let os = &model.os;
    let machine = os.machine.as_deref().unwrap_or("");
    wanted_interface(os).is_some_and(|interface| firmware.speaks(interface))
        && has_paths(os, &firmware.mapping)
        && firmware.fits(machine::arch(model), machine)
        && has_features(model, firmware)
        && is_mapped_so(os, &firmware.mapping)
        && protects(model.launch_security.as_deref(), firmware)
}

fn wanted_interface(os: &Os) -> Option<Interface> {
    match (os.firmware, os.loader.as_ref().and_then(|loader| loader.kind)) {
        (Some(FirmwareKind::Bios), _) | (None, Some(LoaderKind::Rom)) => Some(Interface::Bios),
        (Some(FirmwareKind::Efi), _) | (None, Some(LoaderKind::Pflash)) => Some(Interface::Uefi),
        (None, None) => None,
    }
}

/// Files that are named must be those.
fn has_paths(os: &Os, mapping: &Mapping) -> bool {
    let is = |said: Option<&String>, file: &str| said.is_none_or(|path| path == file);
    let path = os.loader.as_ref().and_then(|loader| loader.path.as_ref());
    match mapping {
        Mapping::Flash { mode, executable, template } => {
            let start = os.nvram.as_ref().and_then(|vars| vars.template.as_ref());
            let template = template.as_ref().filter(|_| *mode == FlashMode::Split);
            is(path, &executable.filename)
                && start.is_none_or(|start| template.is_some_and(|file| file.filename == *start))
        }
        Mapping::Memory { filename } => is(path, filename),
        Mapping::Kernel { filename } => is(os.kernel.as_ref(), filename),
    }
}

fn has_features(model: &Domain, firmware: &Firmware) -> bool {
    let has = |feature| firmware.has(feature);
    let sleep = &model.power_management;
    let sleeps = |asked: Option<YesNo>, feature| asked != Some(YesNo::Yes) || has(feature);
    let asked = |name: FirmwareFeatureName| {
        model.os.firmware_features.iter().find(|feature| feature.name == name).map(|feature| feature.enabled)
    };
    let agrees = |name, feature| asked(name).is_none_or(|enabled| enabled.is_set() == has(feature));
    let secure = model.os.loader.as_ref().and_then(|loader| loader.secure);
    let smm_off = model.features.smm.as_ref().is_some_and(|smm| smm.state == OnOff::Off);
    let in_smm = match has(Feature::RequiresSmm) {
        true => !smm_off && secure != Some(YesNo::No),
        false => secure != Some(YesNo::Yes),
    };
    sleeps(sleep.suspend_to_mem, Feature::AcpiS3)
        && sleeps(sleep.suspend_to_disk, Feature::AcpiS4)
        && agrees(FirmwareFeatureName::SecureBoot, Feature::SecureBoot)
        && agrees(FirmwareFeatureName::EnrolledKeys, Feature::EnrolledKeys)
        && in_smm
}

/// Whether the machine would be given it as the definition has it.
fn is_mapped_so(os: &Os, mapping: &Mapping) -> bool {
    let loader = os.loader.clone().unwrap_or_default();
    let kind_is = |kind| loader.kind.is_none_or(|said| said == kind);
    let is_written = loader.readonly == Some(YesNo::No);
    match mapping {
        Mapping::Flash { mode, executable, template } => {
            let wanted = match loader.stateless {
                Some(YesNo::Yes) => FlashMode::Stateless,
                _ => FlashMode::Split,
            };
            let format = format_of(executable);
            kind_is(LoaderKind::Pflash)
                && *mode == wanted
                && !is_written
                && format.is_some()
                && (loader.format.is_none() || loader.format == format)
                && (wanted != FlashMode::Split || template.as_ref().and_then(format_of).is_some())
        }
        Mapping::Memory { .. } => kind_is(LoaderKind::Rom) && !is_written,
        Mapping::Kernel { .. } => true,
    }
}

fn format_of(file: &FlashFile) -> Option<FirmwareFormat> {
    FirmwareFormat::from_text(&file.format)
}

fn protects(security: Option<&LaunchSecurity>, firmware: &Firmware) -> bool {
    match security {
        Some(LaunchSecurity::Sev(sev)) => {
            let registers = sev.policy.0 & SEV_ES != 0;
            firmware.has(Feature::AmdSev) && (!registers || firmware.has(Feature::AmdSevEs))
        }
        Some(LaunchSecurity::SevSnp(_)) => firmware.has(Feature::AmdSevSnp),
        Some(LaunchSecurity::S390Pv) | None => true,
    }
}

/// Writes down what was found, as if the user had.
fn take(model: &mut Domain, firmware: &Firmware) {
    let os = &mut model.os;
    match &firmware.mapping {
        Mapping::Flash { mode, executable, template } => {
            let loader = os.loader.get_or_insert_default();
            loader.kind = Some(LoaderKind::Pflash);
            loader.readonly = Some(YesNo::Yes);
            loader.format = format_of(executable);
            loader.path = Some(executable.filename.clone());
            if *mode == FlashMode::Split {
                let vars = os.nvram.get_or_insert_default();
                // A file elsewhere is not ours to make.
                let file = template.as_ref().filter(|_| is_local(vars));
                vars.template = file.map(|file| file.filename.clone());
                vars.template_format = file.and_then(format_of);
            }
        }
        Mapping::Memory { filename } => {
            let loader = os.loader.get_or_insert_default();
            loader.kind = Some(LoaderKind::Rom);
            loader.path = Some(filename.clone());
        }
        Mapping::Kernel { filename } => os.kernel = Some(filename.clone()),
    }
    if firmware.has(Feature::RequiresSmm) {
        model.features.smm.get_or_insert(Smm { state: OnOff::On, tseg: None }).state = OnOff::On;
        os.loader.get_or_insert_default().secure = Some(YesNo::Yes);
    }
    if os.firmware.is_none() {
        os.firmware = firmware.interfaces.iter().find_map(|interface| match interface {
            Interface::Bios => Some(FirmwareKind::Bios),
            Interface::Uefi => Some(FirmwareKind::Efi),
            _ => None,
        });
    }
    if os.firmware.is_some() {
        state_features(os, firmware);
    }
}

fn is_local(vars: &FirmwareVars) -> bool {
    match &vars.place {
        VarsPlace::Unset | VarsPlace::Path(_) => true,
        VarsPlace::Source(source) => source.location.is_local(),
    }
}

/// Says which features the firmware has. Of variables that are kept elsewhere it is not known which keys are in them.
fn state_features(os: &mut Os, firmware: &Firmware) {
    let keeps =
        |loader: &Loader| loader.kind == Some(LoaderKind::Pflash) && loader.stateless != Some(YesNo::Yes);
    let has_template = os.nvram.as_ref().is_some_and(|vars| vars.template.is_some());
    let keys_known = has_template || !os.loader.as_ref().is_some_and(keeps);
    let state = |name, feature| FirmwareFeature { enabled: firmware.has(feature).into(), name };
    os.firmware_features = vec![
        state(FirmwareFeatureName::EnrolledKeys, Feature::EnrolledKeys),
        state(FirmwareFeatureName::SecureBoot, Feature::SecureBoot),
    ];
    os.firmware_features.retain(|feature| feature.name != FirmwareFeatureName::EnrolledKeys || keys_known);
}

/// What the driver's configuration has for this program, from the time before descriptors.
fn listed<'a>(loader: &Loader, pairs: &'a [FirmwarePair]) -> Option<&'a FirmwarePair> {
    let ours = loader.kind == Some(LoaderKind::Pflash)
        && loader.readonly != Some(YesNo::No)
        && loader.stateless != Some(YesNo::Yes)
        && loader.format != Some(FirmwareFormat::Qcow2);
    pairs.iter().find(|pair| ours && loader.path.as_ref() == Some(&pair.program))
}

fn take_pair(loader: &mut Loader, vars: &mut Option<FirmwareVars>, pair: &FirmwarePair) {
    loader.readonly = Some(YesNo::Yes);
    loader.format = Some(FirmwareFormat::Raw);
    let vars = vars.get_or_insert_default();
    vars.template.get_or_insert_with(|| pair.template.clone());
    vars.template_format.get_or_insert(FirmwareFormat::Raw);
}

/// Gives the guest's variables a file, unless they have one.
fn place_variables(model: &mut Domain, paths: &Paths, abi_update: bool) {
    let os = &mut model.os;
    let Some(loader) = &os.loader else { return };
    if loader.kind != Some(LoaderKind::Pflash)
        || loader.readonly != Some(YesNo::Yes)
        || loader.stateless == Some(YesNo::Yes)
    {
        return;
    }
    let vars = os.nvram.get_or_insert_default();
    let is_new = match &vars.place {
        VarsPlace::Unset => true,
        VarsPlace::Path(_) => false,
        VarsPlace::Source(source) => source.is_empty(),
    };
    if !is_new {
        vars.format = vars.format.or(loader.format);
        return;
    }
    vars.format = vars.template_format.or(loader.format);
    let template = vars.template.as_deref().map(Path::new);
    // Old guests keep the file that they have.
    let is_raw_file = template.and_then(Path::extension).is_some_and(|extension| extension == "raw");
    let extension = match vars.format {
        Some(FirmwareFormat::Raw) if abi_update && is_raw_file => ".raw",
        Some(FirmwareFormat::Raw) => ".fd",
        Some(FirmwareFormat::Qcow2) => ".qcow2",
        None => "",
    };
    let path = paths.nvram(&model.name, extension).display().to_string();
    vars.place = match &vars.place {
        VarsPlace::Source(_) => VarsPlace::Source(Box::new(StorageSource::file(path))),
        _ => VarsPlace::Path(path),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Settings;
    use crate::sample;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_core::layout::Layout;
    use std::fs;

    /// A host with firmware for secure boot, and without.
    fn host() -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, features: &str| {
            let text = format!(
                r#"{{"interface-types": ["uefi"], "features": [{features}],
                    "mapping": {{"device": "flash", "executable": {{"filename": "/{name}.fd", "format": "raw"}},
                        "nvram-template": {{"filename": "/{name}_VARS.fd", "format": "raw"}}}},
                    "targets": [{{"architecture": "x86_64", "machines": ["pc-q35-*"]}}]}}"#
            );
            fs::write(folder.path().join(format!("{name}.json")), text).unwrap();
        };
        write("10-secure", r#""secure-boot", "requires-smm", "enrolled-keys""#);
        write("20-plain", r#""acpi-s3""#);
        let settings = Settings { firmware_folders: vec![folder.path().to_owned()], ..Settings::default() };
        (folder, settings)
    }

    fn chosen(os: &str, inside: &str) -> Result<Domain> {
        let (_folder, settings) = host();
        let text = sample::definition("pc-q35-10.0", "", "").replace("<os>", os).replace("</os>", inside);
        let mut model = Domain::parse(&text, ParseFlags::DEFINE)?;
        let site = Site { paths: &Paths::new(Layout::system()), settings: &settings, secrets: None };
        choose(&mut model, site, ParseFlags::DEFINE)?;
        let once = model.clone();
        choose(&mut model, site, ParseFlags::DEFINE)?;
        assert_eq!(model, once, "twice is once");
        Ok(model)
    }

    fn program(model: &Domain) -> &str {
        model.os.loader.as_ref().and_then(|loader| loader.path.as_deref()).unwrap_or("none")
    }

    #[test]
    fn the_first_that_fits_is_taken_with_a_file_for_its_variables() {
        let model = chosen("<os firmware='efi'>", "</os>").unwrap();
        assert_eq!(program(&model), "/10-secure.fd");
        assert!(model.features.smm.is_some_and(|smm| smm.state == OnOff::On));
        let vars = model.os.nvram.unwrap();
        assert_eq!(vars.path(), Some("/var/lib/libvirt/qemu/nvram/sample_VARS.fd"));
        assert_eq!(vars.template.as_deref(), Some("/10-secure_VARS.fd"));
    }

    #[test]
    fn what_is_asked_for_decides() {
        let feature = "<firmware><feature enabled='no' name='secure-boot'/></firmware></os>";
        assert_eq!(program(&chosen("<os firmware='efi'>", feature).unwrap()), "/20-plain.fd");
        let by_path = "<loader readonly='yes' type='pflash'>/20-plain.fd</loader></os>";
        let model = chosen("<os>", by_path).unwrap();
        assert_eq!(model.os.firmware, Some(FirmwareKind::Efi));
        let sleep = "</os><pm><suspend-to-mem enabled='yes'/></pm>";
        assert_eq!(program(&chosen("<os firmware='efi'>", sleep).unwrap()), "/20-plain.fd");
    }

    #[test]
    fn what_was_chosen_without_a_format_is_raw() {
        let text = sample::definition("pc", "", "");
        let read = |text: &str| Domain::parse(text, ParseFlags::DEFINE).unwrap();
        let mut model = read(&text.replace("<os>", "<os firmware='bios'>"));
        name_format(&mut model);
        assert_eq!(model.os.loader.unwrap().format, Some(FirmwareFormat::Raw));
        let mut model = read(&text);
        name_format(&mut model);
        assert_eq!(model.os.loader, None);
    }

    #[test]
    fn what_nobody_has_is_refused() {
        let qcow2 = "<loader format='qcow2'/></os>";
        let refused = chosen("<os firmware='efi'>", qcow2).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::OperationFailed);
        assert!(chosen("<os firmware='bios'>", "</os>").is_err());
    }

    #[test]
    fn programs_without_a_descriptor_may_be_in_the_list() {
        let listed = "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader></os>";
        let vars = chosen("<os>", listed).unwrap().os.nvram.unwrap();
        assert_eq!(vars.template.as_deref(), Some("/usr/share/OVMF/OVMF_VARS.fd"));
    }
}
