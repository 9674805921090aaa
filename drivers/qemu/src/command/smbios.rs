//! `-smbios` and `-fw_cfg`: what the guest can read about its machine.

use super::context::Builder;
use super::line::Parts;
use ferrovirt_conf::domain::{Smbios, SmbiosMode, Sysinfo};
use ferrovirt_core::{Error, Result};

/// The fields of a table, in order; tables without any are left out.
fn table(b: &mut Builder<'_>, number: u8, fields: &[(&str, &Option<String>)]) {
    if fields.iter().all(|(_, value)| value.is_none()) {
        return;
    }
    let mut parts = Parts::new(format_args!("type={number}"));
    for (name, value) in fields {
        parts.maybe(name, value.as_deref());
    }
    b.line.option("-smbios", parts);
}

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let model = b.model();
    let (tables, is_host): (&Smbios, bool) = match model.os.smbios {
        None | Some(SmbiosMode::None | SmbiosMode::Emulate) => return Ok(()),
        Some(SmbiosMode::Host) => {
            let host = b.host().smbios;
            (host.ok_or_else(|| Error::config_unsupported("the host's SMBIOS tables are not known"))?, true)
        }
        Some(SmbiosMode::Sysinfo) => {
            let own = model.sysinfo.iter().find_map(Sysinfo::smbios);
            let missing = || Error::xml(format!("domain '{}' has no <sysinfo type='smbios'>", model.name));
            (own.ok_or_else(missing)?, false)
        }
    };
    if tables.base_boards.len() > 1 {
        return Err(Error::config_unsupported("QEMU shows guests one <baseBoard>, not several"));
    }
    if let Some(bios) = &tables.bios {
        table(
            b,
            0,
            &[
                ("vendor", &bios.vendor),
                ("version", &bios.version),
                ("date", &bios.date),
                ("release", &bios.release),
            ],
        );
    }
    if let Some(system) = &tables.system {
        // The host's own UUID is no guest's.
        let uuid = if is_host { &None } else { &system.uuid };
        table(
            b,
            1,
            &[
                ("manufacturer", &system.manufacturer),
                ("product", &system.product),
                ("version", &system.version),
                ("serial", &system.serial),
                ("uuid", uuid),
                ("sku", &system.sku),
                ("family", &system.family),
            ],
        );
    }
    for board in &tables.base_boards {
        table(
            b,
            2,
            &[
                ("manufacturer", &board.manufacturer),
                ("product", &board.product),
                ("version", &board.version),
                ("serial", &board.serial),
                ("asset", &board.asset),
                ("location", &board.location),
            ],
        );
    }
    if let Some(chassis) = &tables.chassis {
        table(
            b,
            3,
            &[
                ("manufacturer", &chassis.manufacturer),
                ("version", &chassis.version),
                ("serial", &chassis.serial),
                ("asset", &chassis.asset),
                ("sku", &chassis.sku),
            ],
        );
    }
    if !tables.oem_strings.is_empty() {
        let mut parts = Parts::new("type=11");
        for text in &tables.oem_strings {
            parts.set("value", text);
        }
        b.line.option("-smbios", parts);
    }
    Ok(())
}

/// Files in QEMU's firmware configuration.
pub fn firmware_config(b: &mut Builder<'_>) {
    for sysinfo in &b.model().sysinfo {
        let Sysinfo::FwCfg { entries } = sysinfo else { continue };
        for entry in entries {
            let mut parts = Parts::default();
            parts.set("name", &entry.name);
            match &entry.value {
                Some(value) => parts.set("string", value),
                None => parts.maybe("file", entry.file.as_deref()),
            };
            b.line.option("-fw_cfg", parts);
        }
    }
}
