//! The shell's own commands.

use crate::args::Args;
use crate::command::{Command, Group, alias, flag, list, text};
use crate::failure::{Failure, Outcome, fail};
use crate::output::say;
use crate::shell::Shell;
use crate::values::lists::split;
use crate::{commands, help, xml};
use std::fmt::Write;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "cd",
        "change the current folder",
        &[text("dir", "the folder; your home without").positional()],
        cd,
    )
    .unconnected(),
    Command::new(
        "echo",
        "echo arguments. Used for internal testing.",
        &[
            flag("shell", "escape for shell use"),
            flag("xml", "escape for XML use"),
            flag("split", "split each argument on ','; ',,' is an escape sequence"),
            flag("err", "output to stderr"),
            alias("str", "string"),
            alias("hi", "string=hello"),
            text("prefix", "prefix the message"),
            list("string", "arguments to echo").positional(),
        ],
        echo,
    )
    .unconnected(),
    Command::new("exit", "leave this shell", &[], quit).unconnected(),
    Command::new(
        "help",
        "show help",
        &[text("command", "a command or a group").positional().completed_by(crate::complete::command_names)],
        show_help,
    )
    .unconnected(),
    Command::new("pwd", "show the current folder", &[], pwd).unconnected(),
    Command::new("quit", "leave this shell", &[], quit).unconnected(),
    Command::new(
        "complete",
        "propose what a line could go on with",
        &[list("string", "the words so far").positional().empty_okay()],
        show_completions,
    )
    .unconnected()
    .hidden(),
    Command::new("self-test", "check the tables of commands", &[], self_test).unconnected().hidden(),
    Command::new(
        "connect",
        "connect to another hypervisor, or again to this one",
        &[
            text("name", "URI of the hypervisor; the default without").positional().empty_okay(),
            flag("readonly", "without the right to change anything"),
        ],
        connect,
    )
    .unconnected(),
];

/// Says nothing where all is well.
fn self_test(_: &mut Shell, _: &Args) -> Outcome {
    let mut wrong = Vec::new();
    let mut names = std::collections::HashSet::new();
    for command in commands::GROUPS.iter().flat_map(Group::commands) {
        if !names.insert(command.name) {
            wrong.push(format!("there are two commands '{}'", command.name));
        }
        wrong
            .extend(command.faults().into_iter().map(|fault| format!("command '{}': {fault}", command.name)));
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure { lines: wrong, cause: None }),
    }
}

fn cd(_: &mut Shell, args: &Args) -> Outcome {
    let home = || std::env::var("HOME").unwrap_or_else(|_| "/".into());
    let folder = args.raw("dir").filter(|dir| !dir.is_empty()).map_or_else(home, str::to_owned);
    match std::env::set_current_dir(&folder) {
        Ok(()) => Ok(()),
        Err(err) => {
            let why = rustix::io::Errno::from_io_error(&err).map_or(err.to_string(), |errno| {
                std::io::Error::from(errno)
                    .to_string()
                    .split(" (os error")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
            fail!("cd: {why}: {folder}")
        }
    }
}

fn pwd(shell: &mut Shell, _: &Args) -> Outcome {
    match std::env::current_dir() {
        Ok(folder) => say!(shell, "{}\n", folder.display()),
        Err(err) => fail!("pwd: cannot tell the current folder: {err}"),
    }
    Ok(())
}

fn echo(shell: &mut Shell, args: &Args) -> Outcome {
    args.all_exclusive(&["shell", "xml", "split"])?;
    let mut parts: Vec<String> = args.text("prefix").ok().flatten().map(str::to_owned).into_iter().collect();
    for word in args.list("string") {
        parts.push(if args.flag("xml") {
            xml::escape(word)
        } else if args.flag("shell") {
            quote(word)
        } else if args.flag("split") {
            split(word).iter().fold(String::new(), |mut lines, part| {
                let _ = writeln!(lines, "{part}");
                lines
            })
        } else {
            word.clone()
        });
    }
    let text = parts.join(" ");
    if text.is_empty() {
        return Ok(());
    }
    if args.flag("err") {
        shell.out.error(&text);
    } else {
        say!(shell, "{text}");
    }
    Ok(())
}

/// A word that a shell reads as this one.
fn quote(word: &str) -> String {
    const SPECIAL: &str = "\r\t\n !\"#$&'()*;<>?[\\]^`{|}~";
    if !word.is_empty() && !word.contains(|letter| SPECIAL.contains(letter)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn quit(shell: &mut Shell, _: &Args) -> Outcome {
    shell.interactive = false;
    Ok(())
}

fn show_help(shell: &mut Shell, args: &Args) -> Outcome {
    let text = match args.raw("command").filter(|name| !name.is_empty()) {
        None => help::overview(),
        Some("--manual") => help::manual(),
        Some(name) => match (commands::find(name), commands::find_group(name)) {
            (Some(command), _) => help::of_command(command),
            (None, Some(group)) => help::of_group(group),
            (None, None) => fail!("command or command group '{name}' doesn't exist"),
        },
    };
    say!(shell, "{text}");
    Ok(())
}

/// For the completion of other shells: the words of a line, the last one perhaps unfinished.
fn show_completions(shell: &mut Shell, args: &Args) -> Outcome {
    shell.ensure_connection()?;
    let line = args.list("string").join(" ");
    let word = args.list("string").last().map_or("", String::as_str);
    let proposals = crate::complete::propose(shell, &line, word);
    if proposals.is_empty() {
        return Err(crate::failure::Failure::silent());
    }
    for proposal in proposals {
        say!(shell, "{proposal}\n");
    }
    Ok(())
}

fn connect(shell: &mut Shell, args: &Args) -> Outcome {
    let uri = args.text("name")?.map(str::to_owned);
    shell.connect(uri.as_deref(), args.flag("readonly"), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_minds_is_quoted() {
        assert_eq!(quote("a+."), "a+.");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's"), "'it'\\''s'");
    }
}
