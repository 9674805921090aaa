//! Commands about snapshots of domains.

use super::moments::{
    DELETE_OPTIONS, DESCENDANTS, LOOK_OPTIONS, PLACE_OPTIONS, XPATH_OPTIONS, chosen, count_below, delete,
    disk_spec, document, filters, say_created, show_all, show_parent,
};
use crate::args::Args;
use crate::command::{Command, Opt, arg, flag, joined, list, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::values::lists::split;
use crate::xml::Writer;
use crate::{find, xml};
use ferrovirt::{Domain, DomainSnapshot, ErrorCode};
use ferrovirt_core::abi::*;

/// How a snapshot is taken.
const HOW_OPTIONS: &[Opt] = &[
    flag("no-metadata", "don't note it"),
    flag("halt", "stop the domain afterwards"),
    flag("disk-only", "disks without memory"),
    flag("reuse-external", "the files are there already"),
    flag("quiesce", "freeze the guest's file systems meanwhile"),
    flag("atomic", "all disks or none"),
    flag("live", "without stopping it"),
    flag("validate", "check the XML against the schema first"),
];

pub const COMMANDS: &[Command] = &[
    Command::new(
        "snapshot-create",
        "take a snapshot that an XML file describes",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                text("xmlfile", "file with its XML; without, all is chosen for you")
                    .positional()
                    .completed_by(complete::paths),
                flag("redefine", "note one that was made before"),
                flag("current", "as it is now, running or not"),
            ],
            HOW_OPTIONS,
        ],
        snapshot_create,
    )
    .changing(),
    Command::new(
        "snapshot-create-as",
        "take a snapshot of arguments",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                text("name", "its name").also_positional(),
                text("description", "what it is for").also_positional(),
                flag("print-xml", "only show the XML that would be sent"),
            ],
            HOW_OPTIONS,
            &[
                text("memspec", "for the memory: [file=]NAME[,snapshot=KIND]"),
                list("diskspec", "for a disk: NAME[,key=value...]").also_positional(),
            ],
        ],
        snapshot_create_as,
    )
    .changing(),
    Command::new(
        "snapshot-current",
        "show or set a domain's current snapshot",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("name", "only its name"),
            flag("security-info", "with passwords and the like"),
            text("snapshotname", "name of the snapshot").positional().completed_by(complete::snapshots),
        ],
        snapshot_current,
    ),
    Command::new(
        "snapshot-delete",
        "delete a snapshot",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                text("snapshotname", "name of the snapshot").positional().completed_by(complete::snapshots),
                flag("current", "as it is now, running or not"),
            ],
            DELETE_OPTIONS,
        ],
        snapshot_delete,
    )
    .changing(),
    Command::new(
        "snapshot-dumpxml",
        "show a snapshot as XML",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                arg("snapshotname", "name of the snapshot").completed_by(complete::snapshots),
                flag("security-info", "with passwords and the like"),
            ],
            XPATH_OPTIONS,
        ],
        snapshot_dumpxml,
    ),
    Command::new(
        "snapshot-edit",
        "edit a snapshot's XML",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("snapshotname", "name of the snapshot").positional().completed_by(complete::snapshots),
            flag("current", "as it is now, running or not"),
            flag("rename", "give it another name"),
            flag("clone", "allow a new name, as a copy"),
        ],
        snapshot_edit,
    )
    .changing(),
    Command::new(
        "snapshot-info",
        "show the basics of a snapshot",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("snapshotname", "name of the snapshot").positional().completed_by(complete::snapshots),
            flag("current", "as it is now, running or not"),
        ],
        snapshot_info,
    ),
    Command::new(
        "snapshot-list",
        "list a domain's snapshots",
        joined![
            &[arg("domain", "its name, number or UUID").completed_by(complete::domains),],
            PLACE_OPTIONS,
            &[
                flag("metadata", "those that are noted"),
                flag("no-metadata", "those that are not noted"),
                flag("inactive", "those taken while the domain was off"),
                flag("active", "those taken while the domain ran"),
                flag("disk-only", "disks without memory"),
                flag("internal", "those inside of a disk image"),
                flag("external", "those in files of their own"),
                flag("tree", "as a tree"),
                text("from", "only those below this one").also_positional().completed_by(complete::snapshots),
                flag("current", "as it is now, running or not"),
            ],
            LOOK_OPTIONS,
        ],
        snapshot_list,
    ),
    Command::new(
        "snapshot-parent",
        "show a snapshot's parent",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("snapshotname", "name of the snapshot").positional().completed_by(complete::snapshots),
            flag("current", "as it is now, running or not"),
        ],
        snapshot_parent,
    ),
    Command::new(
        "snapshot-revert",
        "go back to a snapshot",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("snapshotname", "name of the snapshot").positional().completed_by(complete::snapshots),
            flag("current", "as it is now, running or not"),
            flag("running", "running afterwards"),
            flag("paused", "stopped at first"),
            flag("force", "even where that is risky"),
            flag("reset-nvram", "firmware variables from the template"),
        ],
        snapshot_revert,
    )
    .changing(),
];

const CREATE_FLAGS: &[(&str, u32)] = &[
    ("no-metadata", VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA),
    ("halt", VIR_DOMAIN_SNAPSHOT_CREATE_HALT),
    ("disk-only", VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY),
    ("reuse-external", VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT),
    ("quiesce", VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE),
    ("atomic", VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC),
    ("live", VIR_DOMAIN_SNAPSHOT_CREATE_LIVE),
    ("validate", VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE),
];

fn snapshot_create(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(CREATE_FLAGS)
        | args.bits(&[
            ("redefine", VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE),
            ("current", VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT),
        ]);
    let domain = find::domain(shell, args)?;
    let file = args.text("xmlfile")?;
    let text = file.map_or(Ok("<domainsnapshot/>".to_owned()), read_document)?;
    say_created(shell, &domain.create_snapshot(&text, flags)?, file);
    Ok(())
}

fn snapshot_create_as(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = document(args, "domainsnapshot", |xml| {
        if let Some(spec) = args.text("memspec")? {
            memory(xml, spec)?;
        }
        if args.has("diskspec") {
            xml.open("disks", &[]);
            args.list("diskspec").iter().try_for_each(|spec| disk(xml, spec))?;
            xml.close("disks");
        }
        Ok(())
    })?;
    if args.flag("print-xml") {
        say!(shell, "{text}\n");
        return Ok(());
    }
    say_created(shell, &domain.create_snapshot(&text, args.bits(CREATE_FLAGS))?, None);
    Ok(())
}

/// `[file=]NAME[,snapshot=KIND]`
fn memory(xml: &mut Writer, text: &str) -> Outcome {
    let (mut file, mut kind) = (None, None);
    let parts = split(text);
    for part in &parts {
        match part.split_once('=') {
            Some(("snapshot", value)) if kind.is_none() => kind = Some(value),
            Some(("file", value)) if file.is_none() => file = Some(value),
            _ if file.is_none() && part.starts_with('/') => file = Some(part),
            _ => fail!("unable to parse memspec: {text}"),
        }
    }
    xml.empty("memory", &[("snapshot", kind), ("file", file)]);
    Ok(())
}

fn disk(xml: &mut Writer, text: &str) -> Outcome {
    let parts = split(text);
    let (name, [kind, driver, storage, file]) =
        disk_spec(&parts, ["snapshot", "driver", "stype", "file"], text)?;
    if let Some(storage) = storage
        && !matches!(storage, "file" | "block")
    {
        let lines =
            vec![format!("Unknown storage type: '{storage}'"), format!("unable to parse diskspec: {text}")];
        return Err(Failure { lines, cause: None });
    }
    let attributes = [("name", Some(name)), ("snapshot", kind), ("type", storage)];
    if driver.is_none() && file.is_none() {
        xml.empty("disk", &attributes);
        return Ok(());
    }
    xml.open("disk", &attributes);
    if driver.is_some() {
        xml.empty("driver", &[("type", driver)]);
    }
    if file.is_some() {
        let name = if storage == Some("block") { "dev" } else { "file" };
        xml.empty("source", &[(name, file)]);
    }
    xml.close("disk");
    Ok(())
}

/// The snapshot that `option` names, or the current one.
fn named(args: &Args, domain: &Domain, option: &str, exclusive: bool) -> Outcome<DomainSnapshot> {
    let name = args.text(option)?;
    let current = args.flag("current");
    match name {
        Some(_) if current && exclusive => fail!("--{option} and --current are mutually exclusive"),
        Some(name) => Ok(domain.lookup_snapshot_by_name(name, 0)?),
        None if current => Ok(domain.current_snapshot(0)?),
        None => fail!("--{option} or --current is required"),
    }
}

fn snapshot_current(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("name", "snapshotname")?;
    let domain = find::domain(shell, args)?;
    if let Some(name) = args.text("snapshotname")? {
        shell.may_change(args)?;
        let text = domain.lookup_snapshot_by_name(name, 0)?.xml_desc(VIR_DOMAIN_SNAPSHOT_XML_SECURE)?;
        let flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
        domain.create_snapshot(&text, flags | disk_only(&text))?;
        extra!(shell, "Snapshot {name} set as current");
        return Ok(());
    }
    if !domain.has_current_snapshot(0)? {
        fail!("domain '{}' has no current snapshot", args.need("domain")?)
    }
    let snapshot = domain.current_snapshot(0)?;
    if args.flag("name") {
        shell.out.document(format_args!("{}", snapshot.name()), snapshot.name().into());
        return Ok(());
    }
    let flags = args.bits(&[("security-info", VIR_DOMAIN_SNAPSHOT_XML_SECURE)]);
    let text = snapshot.xml_desc(flags)?;
    xml::dump(shell, &text, None, false)
}

/// A snapshot of disks is redefined as one.
fn disk_only(text: &str) -> u32 {
    if text.contains("<state>disk-snapshot</state>") { VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY } else { 0 }
}

fn snapshot_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let snapshot = domain.lookup_snapshot_by_name(args.need("snapshotname")?, 0)?;
    let xpath = args.text("xpath")?;
    let text = snapshot.xml_desc(args.bits(&[("security-info", VIR_DOMAIN_SNAPSHOT_XML_SECURE)]))?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn snapshot_edit(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("rename", "clone")?;
    let domain = find::domain(shell, args)?;
    let snapshot = named(args, &domain, "snapshotname", false)?;
    let name = snapshot.name().to_owned();
    let becomes_current = args.flag("current") && args.has("snapshotname");
    let mut flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE;
    if becomes_current {
        flags |= VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT;
    }
    let mut edited = None;
    let fetch = || Ok(snapshot.xml_desc(VIR_DOMAIN_SNAPSHOT_XML_SECURE)?);
    let mut define = |text: &str, _| {
        edited = Some(domain.create_snapshot(text, flags | disk_only(text))?);
        Ok(())
    };
    let outcome = edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false });
    match outcome.or_say(|| format!("Failed to update {name}"))? {
        Edit::Unchanged if becomes_current => {
            let text = fetch()?;
            edited = Some(domain.create_snapshot(&text, flags | disk_only(&text))?);
        }
        Edit::Unchanged => {
            extra!(shell, "Snapshot {name} XML configuration not changed.\n");
            return Ok(());
        }
        Edit::Defined => {}
    }
    let Some(edited) = edited else { return Err(Failure::silent()) };
    let new = edited.name().to_owned();
    if new == name {
        extra!(shell, "Snapshot {name} edited.\n");
        return Ok(());
    }
    if args.flag("clone") {
        extra!(shell, "Snapshot {name} cloned to {new}.\n");
        return Ok(());
    }
    let rename = args.flag("rename");
    let (unwanted, label) = if rename { (&snapshot, &name) } else { (&edited, &new) };
    unwanted
        .delete(VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY)
        .or_say(|| format!("Failed to clean up {label}"))?;
    if rename {
        return Ok(());
    }
    let lines = vec![
        format!("Must use --rename or --clone to change {name} to {new}"),
        format!("Failed to update {name}"),
    ];
    Err(Failure { lines, cause: None })
}

fn snapshot_parent(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    show_parent(shell, &named(args, &domain, "snapshotname", true)?)
}

fn snapshot_info(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let snapshot = named(args, &domain, "snapshotname", true)?;
    let mut fields = vec![
        ("Name:", Cell::from(snapshot.name())),
        ("Domain:", (&*domain.name()).into()),
        ("Current:", snapshot.is_current(0).unwrap_or(false).into()),
    ];
    let text = snapshot.xml_desc(0)?;
    let document = xml::parse(&text, "snapshot xml")?;
    let top = document.root_element();
    let Some(state) = xml::value(top, "state") else { fail!("unexpected problem reading snapshot xml") };
    let is_external = |node: roxmltree::Node<'_, '_>| node.attribute("snapshot") == Some("external");
    let external = match xml::first(top, "memory") {
        Some(memory) => is_external(memory) || xml::all(top, "disks/disk").into_iter().any(is_external),
        None => state == "disk-snapshot",
    };
    fields.push(("State:", state.into()));
    fields.push(("Location:", (if external { "external" } else { "internal" }).into()));
    fields.push(("Parent:", xml::value(top, "parent/name").into()));
    if count_below(&snapshot, &mut fields)?
        && let Ok(metadata) = snapshot.has_metadata(0)
    {
        fields.push(("Metadata:", metadata.into()));
    }
    shell.out.fields(15, &fields);
    Ok(())
}

fn snapshot_list(shell: &mut Shell, args: &Args) -> Outcome {
    for (one, other) in [
        ("tree", "name"),
        ("parent", "roots"),
        ("parent", "tree"),
        ("roots", "tree"),
        ("roots", "from"),
        ("roots", "current"),
    ] {
        args.exclusive(one, other)?;
    }
    let mut flags = filters(
        args,
        &[
            ("leaves", VIR_DOMAIN_SNAPSHOT_LIST_LEAVES),
            ("no-leaves", VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES),
            ("inactive", VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE),
            ("active", VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE),
            ("disk-only", VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY),
            ("internal", VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL),
            ("external", VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL),
        ],
    )?;
    flags |= args.bits(&[
        ("topological", VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL),
        ("roots", VIR_DOMAIN_SNAPSHOT_LIST_ROOTS),
        ("metadata", VIR_DOMAIN_SNAPSHOT_LIST_METADATA),
        ("no-metadata", VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA),
    ]);
    let from = args.has("from") || args.flag("current");
    if args.flag("descendants") {
        if !from {
            fail!("--descendants requires either --from or --current")
        }
        flags |= DESCENDANTS;
    }
    let domain = find::domain(shell, args)?;
    let start = from.then(|| named(args, &domain, "from", true)).transpose()?;
    let all = chosen(args, start.as_ref(), flags, || domain.list_all_snapshots(flags))?;
    show_all(shell, args, &all, start.as_ref(), true)
}

fn snapshot_revert(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[
        ("running", VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING),
        ("paused", VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED),
        ("reset-nvram", VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM),
    ]);
    let domain = find::domain(shell, args)?;
    let snapshot = named(args, &domain, "snapshotname", true)?;
    let reverted = match snapshot.revert(flags) {
        Err(err) if args.flag("force") && err.code() == ErrorCode::SnapshotRevertRisky => {
            snapshot.revert(flags | VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)
        }
        reverted => reverted,
    };
    let name = snapshot.name();
    reverted.or_say(|| format!("Failed to revert snapshot {name}"))?;
    extra!(shell, "Domain snapshot {name} reverted\n");
    Ok(())
}

fn snapshot_delete(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    delete(shell, args, &named(args, &domain, "snapshotname", true)?)
}
