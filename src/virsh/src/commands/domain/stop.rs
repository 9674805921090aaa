//! Stopping domains by force, and forgetting them with what belongs to them.

use super::xml_of;
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, text};
use crate::complete;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{extra, flush};
use crate::shell::Shell;
use crate::values::lists::split;
use crate::{find, xml};
use ferrovirt::{Domain, ErrorCode, StorageVol};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "destroy",
        "stop a domain by force",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("graceful", "give up if it does not end when told politely"),
            flag("remove-logs", "its log files too"),
        ],
        destroy,
    )
    .changing(),
    Command::new(
        "undefine",
        "forget a domain's definition",
        &[
            arg("domain", "its name or UUID").completed_by(complete::persistent_domains),
            flag("managed-save", "its saved state too"),
            text("storage", "volumes to remove too: targets or sources of disks, with commas between")
                .also_positional(),
            flag("remove-all-storage", "all its volumes too"),
            alias("delete-snapshots", "delete-storage-volume-snapshots"),
            flag("delete-storage-volume-snapshots", "snapshots of the volumes too"),
            flag("wipe-storage", "overwrite them first"),
            flag("snapshots-metadata", "forget its snapshots"),
            flag("checkpoints-metadata", "forget its checkpoints"),
            flag("nvram", "its firmware variables too"),
            flag("keep-nvram", "leave its firmware variables"),
            flag("tpm", "the state of its TPM too"),
            flag("keep-tpm", "leave the state of its TPM"),
        ],
        undefine,
    )
    .changing(),
];

fn destroy(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?;
    let flags = args
        .bits(&[("graceful", VIR_DOMAIN_DESTROY_GRACEFUL), ("remove-logs", VIR_DOMAIN_DESTROY_REMOVE_LOGS)]);
    domain.destroy(flags).or_say(|| format!("Failed to destroy domain '{name}'"))?;
    extra!(shell, "Domain '{name}' destroyed\n");
    Ok(())
}

const UNDEFINE_FLAGS: &[(&str, u32)] = &[
    ("managed-save", VIR_DOMAIN_UNDEFINE_MANAGED_SAVE),
    ("snapshots-metadata", VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA),
    ("checkpoints-metadata", VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA),
    ("nvram", VIR_DOMAIN_UNDEFINE_NVRAM),
    ("keep-nvram", VIR_DOMAIN_UNDEFINE_KEEP_NVRAM),
    ("tpm", VIR_DOMAIN_UNDEFINE_TPM),
    ("keep-tpm", VIR_DOMAIN_UNDEFINE_KEEP_TPM),
];

fn undefine(shell: &mut Shell, args: &Args) -> Outcome {
    args.requires("delete-storage-volume-snapshots", "remove-all-storage")?;
    args.exclusive("nvram", "keep-nvram")?;
    args.exclusive("tpm", "keep-tpm")?;
    let chosen = args.raw("storage").filter(|text| !text.is_empty());
    let with_storage = chosen.is_some() || args.flag("remove-all-storage");
    if args.flag("wipe-storage") && !with_storage {
        fail!("'--wipe-storage' requires '--storage <string>' or '--remove-all-storage'")
    }
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?.to_owned();
    let running = domain.is_active()?;
    let flags = args.bits(UNDEFINE_FLAGS) & !unneeded(&domain, running)?;
    let mut volumes = Vec::new();
    if with_storage {
        if running {
            fail!("Storage volume deletion is supported only on stopped domains")
        }
        if chosen.is_some() && args.flag("remove-all-storage") {
            fail!("Specified both --storage and --remove-all-storage")
        }
        volumes = volumes_of(shell, &domain, chosen)?;
    }
    domain.undefine(flags).or_say(|| format!("Failed to undefine domain '{name}'"))?;
    extra!(shell, "Domain '{name}' has been undefined\n");
    remove(shell, args, volumes)
}

/// Flags about things that are not there: older libraries refuse them.
fn unneeded(domain: &Domain, running: bool) -> Outcome<u32> {
    if running {
        return Ok(VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
    }
    let mut none = 0;
    if !or_none(domain.has_managed_save_image(0))? {
        none |= VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
    }
    if or_none(domain.list_all_snapshots(VIR_DOMAIN_SNAPSHOT_LIST_METADATA))?.is_empty() {
        none |= VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
    }
    Ok(none)
}

/// A hypervisor that does not know of such things has none.
fn or_none<T: Default>(answer: ferrovirt::Result<T>) -> Outcome<T> {
    match answer {
        Err(err) if err.code() == ErrorCode::NoSupport => Ok(T::default()),
        answer => Ok(answer?),
    }
}

/// A volume that a disk lies on.
struct Volume {
    target: String,
    source: String,
    volume: StorageVol,
}

/// The volumes that the domain's disks lie on, or those of them that were chosen.
fn volumes_of(shell: &mut Shell, domain: &Domain, chosen: Option<&str>) -> Outcome<Vec<Volume>> {
    let text = xml_of(domain, 0)?;
    let document = xml::parse(&text, "domain description xml")?;
    let mut wanted = chosen.map(split);
    let mut volumes = Vec::new();
    for disk in xml::all(document.root_element(), "devices/disk") {
        let Some(target) = xml::value(disk, "target/@dev") else { return Err(Failure::silent()) };
        let found = xml::first(disk, "source");
        let source =
            found.and_then(|source| xml::any_attribute(source, &["file", "dir", "name", "dev", "volume"]));
        let Some(source) = source else { continue };
        if let Some(wanted) = &mut wanted {
            let Some(at) = wanted.iter().position(|name| *name == target || *name == source) else {
                continue;
            };
            wanted.remove(at);
        }
        if let Some(volume) = volume_at(shell, &target, &source, xml::value(disk, "source/@pool"))? {
            volumes.push(Volume { target, source, volume });
        }
    }
    let missing = wanted.unwrap_or_default();
    if missing.is_empty() {
        return Ok(volumes);
    }
    let lines = missing.iter().map(|name| format!("Volume '{name}' was not found in domain's definition."));
    Err(Failure { lines: lines.collect(), cause: None })
}

/// The library's volume there; that it knows of none is told, and no reason to stop.
fn volume_at(
    shell: &mut Shell,
    target: &str,
    source: &str,
    pool: Option<String>,
) -> Outcome<Option<StorageVol>> {
    let connection = shell.connection()?;
    let found = match pool {
        Some(pool) => match connection.lookup_storage_pool_by_name(&pool) {
            Ok(pool) => pool.lookup_volume_by_name(source),
            Err(_) => {
                shell.out.error(&format!("Storage pool '{pool}' for volume '{target}' not found."));
                return Ok(None);
            }
        },
        None => connection.lookup_storage_vol_by_path(source),
    };
    if found.is_err() {
        let line =
            format!("Storage volume '{target}'({source}) is not managed by libvirt. Remove it manually.");
        shell.out.error(&line);
    }
    Ok(found.ok())
}

fn remove(shell: &mut Shell, args: &Args, volumes: Vec<Volume>) -> Outcome {
    let flags = args.bits(&[("delete-storage-volume-snapshots", VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS)]);
    let mut last = Ok(());
    for Volume { target, source, volume } in volumes {
        if args.flag("wipe-storage") {
            extra!(shell, "Wiping volume '{target}'({source}) ... ");
            flush();
            if let Err(err) = volume.wipe(0) {
                shell.out.error("Failed! Volume not removed.");
                last = Err(Failure::from(err));
                continue;
            }
            extra!(shell, "Done.\n");
        }
        match volume.delete(flags) {
            Ok(()) => extra!(shell, "Volume '{target}'({source}) removed.\n"),
            Err(err) => {
                shell.out.error(&format!("Failed to remove storage volume '{target}'({source})"));
                last = Err(Failure::from(err));
            }
        }
    }
    last
}
