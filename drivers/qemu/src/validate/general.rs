//! What concerns the guest as a whole: emulator, machine, firmware, boot, and all that is not a device.

use ferrovirt_conf::domain::{
    AcpiTableKind, Address, ConsoleTargetType, Domain, Firmware, LaunchSecurity, LifecycleAction, LoaderKind,
    Os, OsType, Panic, PanicModel, StorageLocation, Sysinfo, TpmModel, VarsPlace, VirtType, WatchdogModel,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

use super::{Subject, cpu, features, memory, refuse, sources, timers};
use crate::capabilities::Accel;
use crate::defaults::{accel, target};
use crate::host_capabilities::host_has_secure_execution;
use crate::machine::Family;

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    check_emulator(subject)?;
    check_firmware(subject)?;
    check_rest(subject)?;
    check_actions(subject.model)?;
    cpu::check(subject)?;
    memory::check_slots(subject)?;
    check_threads(subject)?;
    timers::check(subject)?;
    check_boot(subject)?;
    cpu::check_count(subject)?;
    features::check(subject)?;
    memory::check_backing(subject)?;
    check_consoles(subject)?;
    check_firmware_settings(subject.model)?;
    subject.model.devices.panics.iter().try_for_each(|panic| check_panic(subject, panic))?;
    check_tpms(subject.model)?;
    check_watchdogs(subject.model)?;
    check_launch_security(subject)
}

fn check_emulator(subject: &Subject<'_>) -> Result<()> {
    let (model, capabilities) = (subject.model, subject.capabilities);
    let emulator = model.devices.emulator.as_deref().unwrap_or("");
    let lacks =
        |what: &str, value: &str| refuse(format!("Emulator '{emulator}' does not support {what} '{value}'"));
    if model.os.os_type != OsType::Hvm {
        return lacks("os type", &model.os.os_type.to_string());
    }
    // The emulators of 64-bit machines run their 32-bit guests, too.
    let is_native = target(subject.arch) == capabilities.arch;
    let is_narrow = matches!(
        (capabilities.arch.as_str(), subject.arch.to_string().as_str()),
        ("x86_64", "i686") | ("aarch64", "armv7l")
    );
    if !is_native && !is_narrow {
        return lacks("arch", &subject.arch.to_string());
    }
    let able = match model.virt_type {
        VirtType::Qemu => true,
        VirtType::Kvm => capabilities.accelerator(Accel::Kvm).is_some(),
        _ => false,
    };
    if !able {
        return lacks("virt type", &model.virt_type.to_string());
    }
    match capabilities.machine(accel(model), subject.machine()) {
        None => lacks("machine type", subject.machine()),
        Some(known) if known.acpi == Some(false) && model.features.acpi => {
            refuse(format!("machine type '{}' has no ACPI: take out <acpi/>", subject.machine()))
        }
        Some(_) => Ok(()),
    }
}

/// Whether the firmware is UEFI, chosen for the user or named.
fn is_uefi(os: &Os) -> bool {
    let flash = os.loader.as_ref().is_some_and(|loader| loader.kind == Some(LoaderKind::Pflash));
    os.firmware == Some(Firmware::Efi) || (os.firmware.is_none() && flash)
}

fn check_firmware(subject: &Subject<'_>) -> Result<()> {
    let (acpi, uefi) = (subject.model.features.acpi, is_uefi(&subject.model.os));
    if uefi && subject.arch.is_x86() && !acpi {
        return refuse("UEFI needs ACPI on x86: add <acpi/> to <features>");
    }
    if acpi && subject.arch == ferrovirt_conf::cpu::Arch::Aarch64 && !uefi {
        return refuse("ACPI needs UEFI on aarch64: choose <os firmware='efi'>, or take out <acpi/>");
    }
    Ok(())
}

fn check_rest(subject: &Subject<'_>) -> Result<()> {
    let model = subject.model;
    if !(model.cputune.cache.is_empty() && model.cputune.memory.is_empty())
        && model.virt_type != VirtType::Kvm
    {
        return refuse("<cachetune> and <memorytune> are for guests with KVM");
    }
    if model.memtune.min_guarantee.is_some() {
        return refuse("QEMU guarantees no memory: take out <min_guarantee>");
    }
    if model.genid.is_some() && !subject.has_device("vmgenid") {
        return refuse("this QEMU has no device for <genid>");
    }
    if model.os.bios.is_some_and(|bios| bios.use_serial == Some(YesNo::Yes)) {
        if !subject.arch.is_x86() {
            return refuse("<bios useserial='yes'> is for x86");
        }
        if model.devices.serials.is_empty() {
            return Err(Error::xml("<bios useserial='yes'> needs a <serial>"));
        }
    }
    let pm = model.power_management;
    if (pm.suspend_to_mem.is_some() || pm.suspend_to_disk.is_some()) && !subject.arch.is_x86() {
        return refuse("the ACPI sleep states of <pm> are for x86");
    }
    Ok(())
}

/// What QEMU guests can't do when they end.
fn check_actions(model: &Domain) -> Result<()> {
    use LifecycleAction::{Destroy, Preserve, RenameRestart, Restart};
    let events = &model.events;
    let (off, reboot) = (events.on_poweroff, events.on_reboot);
    if [off, reboot, events.on_crash].contains(&RenameRestart) {
        return refuse("QEMU guests are never renamed: 'rename-restart' can't be");
    }
    if [off, reboot].contains(&Preserve) {
        return refuse(
            "QEMU guests are preserved on a crash only: 'preserve' can't be <on_poweroff> or <on_reboot>",
        );
    }
    if off == Restart && reboot == Destroy {
        return refuse("<on_poweroff>restart</on_poweroff> does not go with <on_reboot>destroy</on_reboot>");
    }
    Ok(())
}

fn check_threads(subject: &Subject<'_>) -> Result<()> {
    let threads = &subject.model.iothreads;
    let pools = threads.threads.iter().map(|thread| &thread.pool).chain([&threads.default_thread]);
    let limited = pools.into_iter().any(|pool| pool.min.is_some() || pool.max.is_some());
    if limited && !subject.capabilities.schema_has("object-add/arg-type/+iothread/thread-pool-max") {
        return refuse("the I/O threads of this QEMU have no limits on their pools");
    }
    Ok(())
}

fn check_boot(subject: &Subject<'_>) -> Result<()> {
    let model = subject.model;
    if model.bootloader.is_some() {
        return refuse("QEMU has no <bootloader>");
    }
    let os = &model.os;
    if os.loader.as_ref().is_some_and(|loader| loader.secure == Some(YesNo::Yes)) {
        if subject.family != Family::Q35 {
            return refuse("a <loader secure='yes'> needs machine type 'q35'");
        }
        if subject.arch != ferrovirt_conf::cpu::Arch::X86_64 {
            return refuse("a <loader secure='yes'> is for x86_64");
        }
        let smm = model.features.smm.as_ref().is_some_and(|smm| smm.state == OnOff::On);
        if os.firmware.is_none() && !smm {
            return refuse("a <loader secure='yes'> needs <smm state='on'/> in <features>");
        }
    }
    if let Some(VarsPlace::Source(source)) = os.nvram.as_ref().map(|vars| &vars.place) {
        match &source.location {
            StorageLocation::File(_) | StorageLocation::Block { .. } | StorageLocation::Network(_) => {}
            other => return refuse(format!("<nvram> can't be on storage of type '{}'", other.kind())),
        }
        if !source.options.slices.is_empty() {
            return refuse("<nvram> can't be a slice");
        }
        if source.options.reservations.is_some() {
            return refuse("<nvram> can't have <reservations>");
        }
        sources::check_vars(subject, source)?;
    }
    if os.acpi_tables.iter().any(|table| table.kind == AcpiTableKind::Rawset) {
        return refuse("QEMU takes ACPI tables one by one: 'rawset' can't be");
    }
    if os.shim.is_some() && !subject.capabilities.device_has_property("none-machine", "shim") {
        return refuse("this QEMU has no <shim>");
    }
    Ok(())
}

fn check_consoles(subject: &Subject<'_>) -> Result<()> {
    for console in &subject.model.devices.consoles {
        match console.target.kind {
            ConsoleTargetType::Sclp if subject.has_device("sclpconsole") => {}
            ConsoleTargetType::Sclplm if subject.has_device("sclplmconsole") => {}
            ConsoleTargetType::Virtio | ConsoleTargetType::Serial => {}
            other => return refuse(format!("this QEMU has no console of type '{other}'")),
        }
    }
    Ok(())
}

/// Files of the firmware's configuration are under `opt/`, but for what others have there.
fn check_firmware_settings(model: &Domain) -> Result<()> {
    for table in &model.sysinfo {
        let Sysinfo::FwCfg { entries } = table else { continue };
        for entry in entries {
            if !entry.name.starts_with("opt/") {
                return refuse(format!(
                    "the name '{}' in <sysinfo type='fwcfg'> must begin with 'opt/'",
                    entry.name
                ));
            }
            if ["opt/ovmf/", "opt/org.qemu/"].iter().any(|taken| entry.name.starts_with(taken)) {
                return refuse(format!("the name '{}' in <sysinfo type='fwcfg'> is reserved", entry.name));
            }
        }
    }
    Ok(())
}

fn check_panic(subject: &Subject<'_>, panic: &Panic) -> Result<()> {
    let address = &panic.info.address;
    let nowhere = address.is_none();
    let (here, placed) = match panic.model {
        PanicModel::S390 => (subject.arch.is_s390(), nowhere),
        PanicModel::Hyperv => (subject.arch.is_x86(), nowhere),
        PanicModel::Pseries => (subject.family == Family::PSeries, nowhere),
        PanicModel::Isa => (subject.has_device("pvpanic"), matches!(address, None | Some(Address::Isa(_)))),
        PanicModel::Pvpanic => (subject.has_device("pvpanic-pci"), matches!(address, Some(Address::Pci(_)))),
        PanicModel::Default => (false, true),
    };
    if !here {
        return refuse(format!("there is no panic device of model '{}' in such a guest", panic.model));
    }
    if placed { Ok(()) } else { refuse(format!("a panic device of model '{}' can't be there", panic.model)) }
}

fn check_tpms(model: &Domain) -> Result<()> {
    let tpms = &model.devices.tpms;
    let proxies = tpms.iter().filter(|tpm| tpm.model == Some(TpmModel::SpaprTpmProxy)).count();
    if proxies > 1 || tpms.len() - proxies > 1 {
        return refuse("a guest has one TPM, and on pSeries one proxy besides");
    }
    Ok(())
}

fn check_watchdogs(model: &Domain) -> Result<()> {
    let all = &model.devices.watchdogs;
    let twin = all.iter().enumerate().find(|(at, dog)| {
        dog.model != WatchdogModel::I6300esb && all[..*at].iter().any(|other| other.model == dog.model)
    });
    match twin {
        Some((_, dog)) => refuse(format!("a guest has one watchdog of model '{}'", dog.model)),
        None => Ok(()),
    }
}

fn check_launch_security(subject: &Subject<'_>) -> Result<()> {
    let capabilities = subject.capabilities;
    // QEMU has the objects on every x86; only its host can have what they stand for.
    let has_sev = capabilities.sev.is_some();
    let Some(security) = subject.model.launch_security.as_deref() else { return Ok(()) };
    let (name, able) = match security {
        LaunchSecurity::Sev(_) => ("sev", has_sev && capabilities.has_object("sev-guest")),
        LaunchSecurity::SevSnp(_) => ("sev-snp", has_sev && capabilities.has_object("sev-snp-guest")),
        LaunchSecurity::S390Pv => {
            ("s390-pv", capabilities.has_object("s390-pv-guest") && host_has_secure_execution())
        }
    };
    if !able {
        return refuse(format!("this QEMU has no launch security of type '{name}'"));
    }
    match security {
        LaunchSecurity::Sev(sev)
            if sev.common.kernel_hashes.is_some()
                && !capabilities.schema_has("object-add/arg-type/+sev-guest/kernel-hashes") =>
        {
            refuse("this QEMU measures no kernels: take out kernelHashes")
        }
        _ => Ok(()),
    }
}
