//! What every guest's command line has, whatever its devices.

use super::context::Builder;
use super::descriptors::Passed;
use super::line::{Parts, on_off};
use super::props::Props;
use crate::capabilities::Fact;
use crate::layout::MONITOR_SOCKET;
use ferrovirt_conf::domain::{AcpiTableKind, IoThread, ThreadPool};
use ferrovirt_core::Result;
use ferrovirt_xml::YesNo;
use serde_json::Value;

/// What QEMU gets of our own environment.
const INHERITED: [&str; 7] = ["LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];

/// Passes a variable of our own on, if we have it.
pub fn pass(b: &mut Builder<'_>, name: &str) -> bool {
    let known = b.host().environment.iter().find(|(known, _)| known == name);
    if let Some((name, value)) = known {
        b.line.env(name, value);
    }
    known.is_some()
}

/// QEMU gets a home of its own, so that no library that it uses looks into that of a user.
pub fn environment(b: &mut Builder<'_>) {
    b.line.env("LC_ALL", "C");
    for name in INHERITED {
        pass(b, name);
    }
    let folder = b.host().guest_folder.display();
    let mut xdg = vec![("XDG_CACHE_HOME", ".cache")];
    if b.host().settings.privileged {
        b.line.env("HOME", folder.to_string());
        xdg.insert(0, ("XDG_DATA_HOME", ".local/share"));
        xdg.push(("XDG_CONFIG_HOME", ".config"));
    }
    for (name, place) in xdg {
        b.line.env(name, format!("{folder}/{place}"));
    }
}

pub fn name(b: &mut Builder<'_>) {
    let mut parts = Parts::default();
    parts.set("guest", &b.model().name);
    if b.host().settings.set_process_name {
        parts.add(format_args!("process=qemu:{}", b.model().name));
    }
    parts.add("debug-threads=on");
    b.line.option("-name", parts);
}

/// `<qemu:deprecation>`, or the driver's setting.
pub fn deprecation(b: &mut Builder<'_>) {
    let own = b.model().namespaces.qemu_deprecation.as_ref().and_then(|own| own.behavior.as_deref());
    let input = match own.unwrap_or(&b.host().settings.deprecation) {
        "omit" => None,
        "reject" => Some("reject"),
        "crash" => Some("crash"),
        _ => return,
    };
    let mut props = Props::new();
    props.set("deprecated-output", "hide").text("deprecated-input", input);
    b.line.option("-compat", props);
}

/// The key that the guest's other secrets are sealed with.
pub fn master_key(b: &mut Builder<'_>) {
    let mut props = Props::object("secret", "masterKey0");
    let file = b.host().guest_folder.join("master-key.aes");
    props.set("format", "raw").set("file", file.to_string_lossy());
    b.line.object(&props);
}

pub fn iothreads(b: &mut Builder<'_>) {
    let threads = &b.model().iothreads;
    for id in threads.ids() {
        let thread = threads.find(id).cloned().unwrap_or_else(|| IoThread::new(id));
        let mut props = Props::object("iothread", format!("iothread{id}"));
        pool(&mut props, &thread.pool);
        props.maybe("poll-max-ns", thread.poll.max).maybe("poll-grow", thread.poll.grow);
        props.maybe("poll-shrink", thread.poll.shrink);
        b.line.object(&props);
    }
    if threads.default_thread != ThreadPool::default() {
        let mut props = Props::object("main-loop", "main-loop");
        pool(&mut props, &threads.default_thread);
        b.line.object(&props);
    }
}

fn pool(props: &mut Props, pool: &ThreadPool) {
    props.maybe("thread-pool-min", pool.min).maybe("thread-pool-max", pool.max);
}

pub fn uuid(b: &mut Builder<'_>) {
    let uuid = b.model().uuid.unwrap_or_default();
    b.line.option("-uuid", uuid);
}

pub fn generation_id(b: &mut Builder<'_>) -> Result<()> {
    let Some(id) = b.model().genid else { return Ok(()) };
    let mut props = Props::device("vmgenid");
    props.set("guid", id.to_string()).set("id", "vmgenid0");
    b.device(props)
}

pub fn no_defaults(b: &mut Builder<'_>) {
    if b.has_no_display() {
        b.line.option("-display", "none");
    }
    b.line.flag("-no-user-config");
    b.line.flag("-nodefaults");
}

pub fn monitor(b: &mut Builder<'_>) -> Result<()> {
    let mut parts = Parts::new("socket,id=charmonitor");
    match b.descriptors.opens(&Passed::Monitor) {
        true => parts.set("fd", b.descriptors.pass(Passed::Monitor)?),
        false => parts.set("path", b.host().guest_folder.join(MONITOR_SOCKET).display()),
    };
    parts.add("server=on").add("wait=off");
    b.line.option("-chardev", parts);
    b.line.option("-mon", "chardev=charmonitor,id=monitor,mode=control");
    Ok(())
}

/// What becomes of the guest is decided over the monitor: QEMU itself must stay.
pub fn power(b: &mut Builder<'_>) {
    b.line.flag("-no-shutdown");
    let object = if b.context.is_q35() { "ICH9-LPC" } else { "PIIX4_PM" };
    let management = &b.model().power_management;
    for (property, enabled) in
        [("disable_s3", management.suspend_to_mem), ("disable_s4", management.suspend_to_disk)]
    {
        if let Some(enabled) = enabled {
            b.line.global(format_args!("{object}.{property}={}", u8::from(!enabled.is_set())));
        }
    }
}

/// Boot menu, kernel, ACPI tables.
pub fn boot(b: &mut Builder<'_>) {
    let os = &b.model().os;
    let mut parts = Parts::default();
    let menu = os.boot_menu.as_ref();
    parts.maybe("menu", menu.and_then(|menu| menu.enable).map(|on| on_off(on.is_set())));
    parts.maybe("reboot-timeout", os.bios.as_ref().and_then(|bios| bios.reboot_timeout));
    parts.maybe("splash-time", menu.and_then(|menu| menu.timeout));
    parts.add("strict=on");
    b.line.option("-boot", parts);
    let files = [
        ("-kernel", &os.kernel),
        ("-initrd", &os.initrd),
        ("-append", &os.cmdline),
        ("-shim", &os.shim),
        ("-dtb", &os.dtb),
    ];
    for (option, value) in files {
        if let Some(value) = value {
            b.line.option(option, value);
        }
    }
    for table in &os.acpi_tables {
        let mut parts = Parts::default();
        match table.kind {
            AcpiTableKind::Slic => _ = parts.add("sig=SLIC"),
            AcpiTableKind::Msdm => _ = parts.add("sig=MSDM"),
            AcpiTableKind::Raw | AcpiTableKind::Rawset => {}
        }
        parts.set("file", &table.path);
        b.line.option("-acpitable", parts);
    }
}

/// Where a restored or migrated guest's state comes from.
pub fn incoming(b: &mut Builder<'_>) {
    if let Some(place) = b.host().incoming {
        b.line.option("-incoming", place);
    }
}

/// A place where the guest's kernel can leave what a dump needs.
pub fn core_info(b: &mut Builder<'_>) -> Result<()> {
    if b.model().features.vmcoreinfo.is_some_and(|switch| switch.is_on()) {
        b.device(Props::device("vmcoreinfo"))?;
    }
    Ok(())
}

/// `<qemu:commandline>`
pub fn user_arguments(b: &mut Builder<'_>) {
    let Some(own) = &b.model().namespaces.qemu_commandline else { return };
    for arg in &own.args {
        b.line.arguments.push(arg.value.clone());
    }
    for variable in &own.env {
        b.line.env(&variable.name, variable.value.clone().unwrap_or_default());
    }
}

pub fn sandbox(b: &mut Builder<'_>) {
    if !b.context.capabilities.has_option("sandbox") {
        return;
    }
    let value = match b.host().settings.sandbox {
        true => "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        false => "off",
    };
    b.line.option("-sandbox", value);
}

/// Lets QEMU free the guest's memory in the background when it ends.
pub fn async_teardown(b: &mut Builder<'_>) {
    let Some(teardown) = &b.model().features.async_teardown else { return };
    if b.context.capabilities.answers(&Fact::Parameter("run-with", "async-teardown")) {
        b.line.option("-run-with", format_args!("async-teardown={}", on_off(teardown.enabled == YesNo::Yes)));
    }
}

pub fn timestamps(b: &mut Builder<'_>) {
    if b.host().settings.timestamps {
        b.line.option("-msg", "timestamp=on");
    }
}

/// What `-object secret` needs to open a sealed secret.
pub fn sealed_secret(id: String, sealed: super::Sealed) -> Props {
    let mut props = Props::object("secret", id);
    props.set("data", sealed.data).set("keyid", "masterKey0").set("iv", sealed.iv).set("format", "base64");
    props
}

/// Certificates as an object that others name.
pub fn tls_credentials(
    id: &str,
    folder: &std::path::Path,
    listens: bool,
    verify: bool,
    key: Option<String>,
) -> Props {
    let mut props = Props::object("tls-creds-x509", id);
    props.set("dir", folder.to_string_lossy().into_owned());
    props.set("endpoint", if listens { "server" } else { "client" }).set("verify-peer", verify);
    props.maybe("passwordid", key.map(Value::from));
    props
}
