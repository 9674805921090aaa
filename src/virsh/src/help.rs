//! Help, usage and the manual page, all read off the tables of commands.

use crate::command::{Command, Group, Kind, Opt, Place};
use crate::commands::GROUPS;
use std::fmt::Write;

/// What `help` says without a name.
pub fn overview() -> String {
    let groups: Vec<String> = GROUPS.iter().map(|group| format!("{}\n", of_group(group))).collect();
    format!("Grouped commands:\n\n{}", groups.concat())
}

/// The commands of a group.
pub fn of_group(group: &Group) -> String {
    let mut text = format!(" {} (help keyword '{}'):\n", group.title, group.keyword);
    for command in group.listed() {
        let _ = writeln!(text, "    {:<30} {}", command.name, command.help);
    }
    text
}

/// All there is to know about a command.
pub fn of_command(command: &Command) -> String {
    let mut text = format!("  NAME\n    {} - {}\n", command.name, command.help);
    let _ = write!(text, "\n  SYNOPSIS\n    {}\n", synopsis(command));
    let _ = write!(text, "\n  DESCRIPTION\n    {}\n", description(command));
    let mut options = shown(command).peekable();
    if options.peek().is_some() {
        text.push_str("\n  OPTIONS\n");
    }
    for option in options {
        let _ = writeln!(text, "    {:<15}  {}", spelling(option), option.help);
    }
    text
}

/// The help line as a sentence.
fn description(command: &Command) -> String {
    let mut letters = command.help.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let sentence: String = first.chain(letters).collect();
    if sentence.ends_with('.') { sentence } else { format!("{sentence}.") }
}

/// Options, but not their other spellings.
fn shown(command: &Command) -> impl Iterator<Item = &'static Opt> {
    command.options.iter().filter(|option| !matches!(option.kind, Kind::Alias(_)))
}

/// The command with its options, as a person would type them.
pub fn synopsis(command: &Command) -> String {
    let mut text = command.name.to_owned();
    for option in shown(command) {
        let name = option.name;
        let value = if option.place == Place::Positional {
            format!("<{name}>")
        } else {
            format!("--{name} <{}>", if option.kind == Kind::Number { "number" } else { "string" })
        };
        let _ = match (option.kind, option.required) {
            (Kind::Flag, _) => write!(text, " [--{name}]"),
            (Kind::List, true) => write!(text, " {value}..."),
            (Kind::List, false) => write!(text, " [{value}]..."),
            (_, true) => write!(text, " {value}"),
            (_, false) => write!(text, " [{value}]"),
        };
    }
    text
}

fn spelling(option: &Opt) -> String {
    let name = match option.place {
        Place::Positional => format!("[--{}]", option.name),
        _ => format!("--{}", option.name),
    };
    match option.kind {
        Kind::Flag => format!("--{}", option.name),
        Kind::Number => format!("{name} <number>"),
        Kind::List => format!("{name} <string>..."),
        _ => format!("{name} <string>"),
    }
}

/// What the program says about itself.
pub fn usage(program: &str) -> String {
    let mut text = format!(
        "\n{program} [options]... [<command_string>]\n{program} [options]... <command> [args...]\n\n  options:\n"
    );
    for (spelling, help) in OPTIONS {
        let _ = writeln!(text, "    {spelling:<23} {help}");
    }
    text.push_str("  commands (non interactive mode):\n\n");
    for group in GROUPS {
        text.push_str(&of_group(group).replacen("'):\n", "')\n", 1));
        text.push('\n');
    }
    text.push_str("\n  (specify help <group> for details about the commands in the group)\n");
    text.push_str("\n  (specify help <command> for details about the command)\n\n");
    text
}

const OPTIONS: &[(&str, &str)] = &[
    ("-c | --connect=URI", "connect to this hypervisor"),
    ("-d | --debug=NUM", "tell more: 0 everything, 4 only errors"),
    ("-e | --escape <char>", "the key that leaves a console"),
    ("-h | --help", "this help"),
    ("-k | --keepalive-interval=NUM", "seconds between signs of life, 0 for none"),
    ("-K | --keepalive-count=NUM", "how many signs of life may be missed"),
    ("-l | --log=FILE", "keep what is told in this file too"),
    ("     --output=FORMAT", "show results as text (default) or json"),
    ("-q | --quiet", "only what scripts wait for"),
    ("-r | --readonly", "connect without the right to change anything"),
    ("-t | --timing", "say how long each command took"),
    ("-v", "short version"),
    ("-V", "long version"),
    ("     --version[=TYPE]", "version, TYPE is short (default) or long"),
];

/// The manual page, for `man`.
pub fn manual() -> String {
    let mut page = String::from(
        ".TH VIRSH 1 \"\" \"Ferrovirt\"\n.SH NAME\nvirsh \\- manage virtual machines, networks and storage\n",
    );
    page.push_str(".SH SYNOPSIS\n.B virsh\n[\\fIOPTION\\fR]... [\\fICOMMAND_STRING\\fR]\n.br\n.B virsh\n[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARG\\fR]...\n");
    page.push_str(".SH DESCRIPTION\nRuns one command, the commands of a string (parted by ;), or an interactive shell.\n.SH OPTIONS\n");
    for (spelling, help) in OPTIONS {
        let _ = write!(page, ".TP\n.B {}\n{}\n", roff(spelling.trim()), roff(help));
    }
    for group in GROUPS {
        let _ = writeln!(page, ".SH {}", roff(&group.title.to_uppercase()));
        for command in group.listed() {
            let _ = write!(page, ".SS {}\n{}.\n.PP\n.nf\n", roff(command.name), roff(command.help));
            let _ = write!(page, "{}\n.fi\n", roff(&synopsis(command)));
            for option in shown(command) {
                let _ = write!(page, ".TP\n.B {}\n{}\n", roff(&spelling(option)), roff(option.help));
            }
        }
    }
    page
}

/// Hyphens that can be copied, and no line that troff takes for a request.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_is_well_formed() {
        let mut names = HashSet::new();
        for command in GROUPS.iter().flat_map(Group::commands) {
            let name = command.name;
            assert!(names.insert(name), "two commands are called {name}");
            assert!(!command.help.is_empty(), "{name} has no help");
            let mut options = HashSet::new();
            for (at, option) in command.options.iter().enumerate() {
                assert!(options.insert(option.name), "{name} has two options {}", option.name);
                match option.kind {
                    Kind::Alias(target) => {
                        let target = target.split('=').next().unwrap();
                        let behind = &command.options[at + 1..];
                        assert!(behind.iter().any(|other| other.name == target), "{name}: {target}");
                    }
                    kind => {
                        assert!(!option.help.is_empty(), "{name} --{} has no help", option.name);
                        assert!(
                            kind != Kind::List || at + 1 == command.options.len(),
                            "{name}: a list is last"
                        );
                        assert!(
                            kind != Kind::Flag || option.place == Place::Named,
                            "{name}: flags have names"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_manual_page_has_every_listed_command() {
        let page = manual();
        for command in GROUPS.iter().flat_map(Group::listed) {
            assert!(page.contains(&format!(".SS {}\n", roff(command.name))), "{}", command.name);
        }
    }
}
