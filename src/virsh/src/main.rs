//! `virsh`: libvirt's command line, over the Rust face. Names, options, output and exit codes are libvirt's, because
//! scripts read them; the words of help are ours.
#![forbid(unsafe_code)]

mod args;
mod auth;
mod command;
mod commands;
mod complete;
mod edit;
mod failure;
mod find;
mod help;
mod interactive;
mod output;
mod parser;
mod program;
mod shell;
mod table;
mod transfer;
mod tree;
mod values;
mod waiting;
mod words;
mod xml;

use failure::{Failure, OrSay, Outcome};
use output::Output;
use program::{Errand, Options};
use shell::Shell;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = commands::domain::container::inside(&arguments) {
        return code;
    }
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_else(|| "virsh".into());
    let program = program.rsplit('/').next().unwrap_or("virsh").to_owned();
    let options = match prepare(words.collect()) {
        Ok(options) => options,
        Err(failure) => return refuse(&failure),
    };
    match options.errand {
        Errand::Commands => {}
        Errand::Usage => return print(&help::usage(&program)),
        Errand::ShortVersion => return print(&format!("{}\n", commands::host::own_version())),
        Errand::LongVersion => return print(&commands::host::long_version()),
    }
    let words = options.words.clone();
    let mut shell = Shell::new(options);
    let outcome = match begin(&mut shell, &words) {
        Ok(Some(commands)) => Ok(shell.run(commands)),
        Ok(None) => interactive::run(shell, &program).map(|()| true),
        Err(failure) => Err(failure),
    };
    let succeeded = outcome.unwrap_or_else(|failure| {
        Output::default().report(&failure);
        false
    });
    output::flush();
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn prepare(words: Vec<String>) -> Outcome<Options> {
    let mut options = program::parse_arguments(words)?;
    options.debug.fill_from_environment()?;
    Ok(options)
}

/// The commands that the program's words are; none where lines are to be read.
fn begin(shell: &mut Shell, words: &[String]) -> Outcome<Option<Vec<args::Args>>> {
    ferrovirt_log::start_from_environment().or_say(|| "Failed to initialize libvirt")?;
    let commands = match words {
        [] => None,
        [line] if line.is_empty() => return Err(Failure::silent()),
        [line] => {
            shell.debug.info(|| format!("commands: \"{line}\""));
            Some(parser::parse_line(line, &shell.debug)?)
        }
        words => Some(parser::parse_words(words, &shell.debug)?),
    };
    if shell.named_uri().is_some() {
        shell.ensure_connection()?;
    }
    shell.set_default_uri(std::env::var("VIRSH_DEFAULT_CONNECT_URI").ok());
    Ok(commands)
}

fn print(text: &str) -> ExitCode {
    Output::default().print(format_args!("{text}"));
    ExitCode::SUCCESS
}

fn refuse(failure: &Failure) -> ExitCode {
    Output::default().report(failure);
    ExitCode::FAILURE
}
