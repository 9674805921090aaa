//! A domain's title, description and metadata.

use super::affected;
use crate::args::Args;
use crate::command::{Command, arg, flag, list, text};
use crate::commands::describe::{check_metadata, describe, metadata as show_metadata};
use crate::complete;
use crate::failure::Outcome;
use crate::find;
use crate::shell::Shell;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "desc",
        "show or set a domain's description or title",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("live", "of the running domain"),
            flag("config", "for the next start"),
            flag("current", "as it is now, running or not"),
            flag("title", "the title"),
            flag("edit", "open an editor on it"),
            list("new-desc", "the new text").positional(),
        ],
        desc,
    ),
    Command::new(
        "metadata",
        "show or set an application's metadata of a domain",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("uri", "namespace of the metadata"),
            flag("live", "of the running domain"),
            flag("config", "for the next start"),
            flag("current", "as it is now, running or not"),
            flag("edit", "open an editor on it"),
            text("key", "prefix for its namespace").also_positional(),
            text("set", "the new XML").also_positional(),
            flag("remove", "remove it"),
        ],
        metadata,
    ),
];

fn desc(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    describe(shell, args, &domain, flags)
}

fn metadata(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    check_metadata(args)?;
    let domain = find::domain(shell, args)?;
    show_metadata(shell, args, &domain, flags)
}
