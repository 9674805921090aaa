//! Commands about checkpoints of domains, and the backups that begin at them.

use super::moments::{
    DELETE_OPTIONS, DESCENDANTS, LOOK_OPTIONS, PLACE_OPTIONS, XPATH_OPTIONS, chosen, count_below, delete,
    disk_spec, document, filters, parent_of, say_created, show_all, show_parent,
};
use crate::args::Args;
use crate::command::{Command, arg, flag, joined, list, text};
use crate::complete;
use crate::edit::{Edit, Edited, edit};
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::values::lists::split;
use crate::{find, xml};
use ferrovirt::{Domain, DomainCheckpoint};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "checkpoint-create",
        "make a checkpoint that an XML file describes",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("xmlfile", "file with its XML; without, all is chosen for you")
                .positional()
                .completed_by(complete::paths),
            flag("redefine", "note one that was made before"),
            flag("redefine-validate", "look at the disks whether that is right"),
            flag("quiesce", "freeze the guest's file systems meanwhile"),
        ],
        checkpoint_create,
    )
    .changing(),
    Command::new(
        "checkpoint-create-as",
        "make a checkpoint of arguments",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("name", "its name").also_positional(),
            text("description", "what it is for").also_positional(),
            flag("print-xml", "only show the XML that would be sent"),
            flag("quiesce", "freeze the guest's file systems meanwhile"),
            list("diskspec", "for a disk: NAME[,key=value...]").also_positional(),
        ],
        checkpoint_create_as,
    )
    .changing(),
    Command::new(
        "checkpoint-delete",
        "delete a checkpoint",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                arg("checkpointname", "name of the checkpoint").completed_by(complete::checkpoints),
            ],
            DELETE_OPTIONS,
        ],
        checkpoint_delete,
    )
    .changing(),
    Command::new(
        "checkpoint-dumpxml",
        "show a checkpoint as XML",
        joined![
            &[
                arg("domain", "its name, number or UUID").completed_by(complete::domains),
                arg("checkpointname", "name of the checkpoint").completed_by(complete::checkpoints),
                flag("security-info", "with passwords and the like"),
                flag("no-domain", "without the domain in it"),
                flag("size", "with the size of what has changed"),
            ],
            XPATH_OPTIONS,
        ],
        checkpoint_dumpxml,
    ),
    Command::new(
        "checkpoint-edit",
        "edit a checkpoint's XML",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("checkpointname", "name of the checkpoint").completed_by(complete::checkpoints),
        ],
        checkpoint_edit,
    )
    .changing(),
    Command::new(
        "checkpoint-info",
        "show the basics of a checkpoint",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("checkpointname", "name of the checkpoint").completed_by(complete::checkpoints),
        ],
        checkpoint_info,
    ),
    Command::new(
        "checkpoint-list",
        "list a domain's checkpoints",
        joined![
            &[arg("domain", "its name, number or UUID").completed_by(complete::domains),],
            PLACE_OPTIONS,
            &[
                flag("tree", "as a tree"),
                text("from", "only those below this one")
                    .also_positional()
                    .completed_by(complete::checkpoints),
            ],
            LOOK_OPTIONS,
        ],
        checkpoint_list,
    ),
    Command::new(
        "checkpoint-parent",
        "show a checkpoint's parent",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("checkpointname", "name of the checkpoint").completed_by(complete::checkpoints),
        ],
        checkpoint_parent,
    ),
];

pub const BACKUP_COMMANDS: &[Command] = &[
    Command::new(
        "backup-begin",
        "start a backup of a running domain's disks",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("backupxml", "file with the backup's description")
                .positional()
                .completed_by(complete::paths),
            text("checkpointxml", "file with the description of a checkpoint to make with it")
                .also_positional()
                .completed_by(complete::paths),
            flag("reuse-external", "the files are there already"),
        ],
        backup_begin,
    )
    .changing(),
    Command::new(
        "backup-dumpxml",
        "show the backup that is under way as XML",
        joined![
            &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains),],
            XPATH_OPTIONS,
        ],
        backup_dumpxml,
    ),
];

fn checkpoint_create(shell: &mut Shell, args: &Args) -> Outcome {
    args.requires("redefine-validate", "redefine")?;
    let flags = args.bits(&[
        ("redefine", VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE),
        ("redefine-validate", VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE),
        ("quiesce", VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE),
    ]);
    let domain = find::domain(shell, args)?;
    let file = args.text("xmlfile")?;
    let text = file.map_or(Ok("<domaincheckpoint/>".to_owned()), read_document)?;
    say_created(shell, &domain.create_checkpoint(&text, flags)?, file);
    Ok(())
}

fn checkpoint_create_as(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = document(args, "domaincheckpoint", |xml| {
        if args.has("diskspec") {
            xml.open("disks", &[]);
            for text in args.list("diskspec") {
                let parts = split(text);
                let (name, [kind, bitmap]) = disk_spec(&parts, ["checkpoint", "bitmap"], text)?;
                xml.empty("disk", &[("name", Some(name)), ("checkpoint", kind), ("bitmap", bitmap)]);
            }
            xml.close("disks");
        }
        Ok(())
    })?;
    if args.flag("print-xml") {
        say!(shell, "{text}\n");
        return Ok(());
    }
    let flags = args.bits(&[("quiesce", VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE)]);
    say_created(shell, &domain.create_checkpoint(&text, flags)?, None);
    Ok(())
}

fn named(args: &Args, domain: &Domain, option: &str) -> Outcome<DomainCheckpoint> {
    Ok(domain.lookup_checkpoint_by_name(args.need(option)?, 0)?)
}

fn checkpoint_edit(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let checkpoint = named(args, &domain, "checkpointname")?;
    let name = checkpoint.name().to_owned();
    let mut edited = None;
    let fetch = || Ok(checkpoint.xml_desc(VIR_DOMAIN_CHECKPOINT_XML_SECURE)?);
    let mut define = |text: &str, _| {
        edited = Some(domain.create_checkpoint(text, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE)?);
        Ok(())
    };
    let outcome = edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false });
    if outcome.or_say(|| format!("Failed to update {name}"))? == Edit::Unchanged {
        extra!(shell, "Checkpoint {name} XML configuration not changed.\n");
        return Ok(());
    }
    let Some(edited) = edited else { return Err(Failure::silent()) };
    let new = edited.name();
    if new == name {
        extra!(shell, "Checkpoint {name} edited.\n");
        return Ok(());
    }
    edited
        .delete(VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)
        .or_say(|| format!("Failed to clean up {new}"))?;
    let lines = vec![format!("Cannot rename checkpoint {name} to {new}"), format!("Failed to update {name}")];
    Err(Failure { lines, cause: None })
}

fn checkpoint_info(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let checkpoint = named(args, &domain, "checkpointname")?;
    let parent = parent_of(&checkpoint).or_say(|| "unexpected problem querying checkpoint state")?;
    let mut fields = vec![
        ("Name:", Cell::from(checkpoint.name())),
        ("Domain:", (&*domain.name()).into()),
        ("Parent:", parent.into()),
    ];
    count_below(&checkpoint, &mut fields)?;
    shell.out.fields(15, &fields);
    Ok(())
}

fn checkpoint_list(shell: &mut Shell, args: &Args) -> Outcome {
    for (one, other) in
        [("tree", "name"), ("parent", "roots"), ("parent", "tree"), ("roots", "tree"), ("roots", "from")]
    {
        args.exclusive(one, other)?;
    }
    let mut flags = filters(
        args,
        &[("leaves", VIR_DOMAIN_CHECKPOINT_LIST_LEAVES), ("no-leaves", VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES)],
    )?;
    flags |= args.bits(&[
        ("topological", VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL),
        ("roots", VIR_DOMAIN_CHECKPOINT_LIST_ROOTS),
    ]);
    if args.flag("descendants") {
        if !args.has("from") {
            fail!("--descendants requires --from")
        }
        flags |= DESCENDANTS;
    }
    let domain = find::domain(shell, args)?;
    let start = args.has("from").then(|| named(args, &domain, "from")).transpose()?;
    let all = chosen(args, start.as_ref(), flags, || domain.list_all_checkpoints(flags))
        .or_say(|| "unexpected problem querying checkpoints")?;
    show_all(shell, args, &all, start.as_ref(), false)
}

fn checkpoint_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[
        ("security-info", VIR_DOMAIN_CHECKPOINT_XML_SECURE),
        ("no-domain", VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN),
        ("size", VIR_DOMAIN_CHECKPOINT_XML_SIZE),
    ]);
    let domain = find::domain(shell, args)?;
    let checkpoint = named(args, &domain, "checkpointname")?;
    let xpath = args.text("xpath")?;
    let text = checkpoint.xml_desc(flags)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}

fn checkpoint_parent(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    show_parent(shell, &named(args, &domain, "checkpointname")?)
}

fn checkpoint_delete(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    delete(shell, args, &named(args, &domain, "checkpointname")?)
}

fn backup_begin(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("reuse-external", VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL)]);
    let domain = find::domain(shell, args)?;
    let backup = args.text("backupxml")?.map_or(Ok("<domainbackup/>".to_owned()), read_document)?;
    let checkpoint = args.text("checkpointxml")?.map(read_document).transpose()?;
    domain.backup_begin(&backup, checkpoint.as_deref(), flags)?;
    say!(shell, "Backup started\n");
    Ok(())
}

fn backup_dumpxml(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let xpath = args.text("xpath")?;
    let text = domain.backup_xml_desc(0)?;
    xml::dump(shell, &text, xpath, args.flag("wrap"))
}
