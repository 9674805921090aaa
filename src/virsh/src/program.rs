//! The program's own options, in front of the commands.

use crate::failure::{Outcome, fail};
use crate::output::Format;
use crate::values::number::parse;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches};
use std::io::Write;

/// What the program was asked for before any command.
#[derive(Debug, Default)]
pub struct Options {
    pub uri: Option<String>,
    pub debug: Debug,
    pub escape: Option<u8>,
    pub keepalive_interval: Option<i32>,
    pub keepalive_count: Option<u32>,
    pub format: Format,
    pub quiet: bool,
    pub read_only: bool,
    pub timing: bool,
    pub errand: Errand,
    /// The words behind the options.
    pub words: Vec<String>,
}

/// What there is to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Errand {
    #[default]
    Commands,
    Usage,
    ShortVersion,
    LongVersion,
}

/// How much is told about what goes on, and where it is kept besides.
#[derive(Debug)]
pub struct Debug {
    pub level: i32,
    pub log: Option<parking_lot::Mutex<std::fs::File>>,
}

/// Only errors are told.
const QUIET: i32 = 4;
const INFO: i32 = 1;
const DETAIL: i32 = 0;

impl Default for Debug {
    fn default() -> Self {
        Self { level: QUIET, log: None }
    }
}

impl Debug {
    pub fn info(&self, message: impl FnOnce() -> String) {
        self.tell(INFO, message);
    }

    pub fn detail(&self, message: impl FnOnce() -> String) {
        self.tell(DETAIL, message);
    }

    fn tell(&self, level: i32, message: impl FnOnce() -> String) {
        if level < self.level {
            return;
        }
        let message = message();
        crate::output::flush();
        eprintln!("{message}");
        self.note(if level == INFO { "INFO" } else { "DEBUG" }, &message);
    }

    /// Keeps a line in the log file, if there is one.
    pub fn note(&self, kind: &str, message: &str) {
        if let Some(log) = &self.log {
            let line =
                format!("[{} virsh {}] {kind} {message}\n", crate::values::time::stamp(), std::process::id());
            // A log that can't be written must not stop the work.
            let _ = log.lock().write_all(line.as_bytes());
        }
    }

    pub fn open_log(&mut self, path: &str) -> Outcome {
        match std::fs::OpenOptions::new().append(true).create(true).open(path) {
            Ok(file) => self.log = Some(parking_lot::Mutex::new(file)),
            Err(err) => fail!("failed to open the log file '{path}': {err}"),
        }
        Ok(())
    }

    /// What the environment says where no option does.
    pub fn fill_from_environment(&mut self) -> Outcome {
        if self.level == QUIET
            && let Ok(text) = std::env::var("VIRSH_DEBUG")
        {
            match parse::<i32>(&text) {
                Some(level @ DETAIL..=QUIET) => self.level = level,
                _ => crate::output::Output::default().error("VIRSH_DEBUG not set with a valid numeric value"),
            }
        }
        match std::env::var("VIRSH_LOG_FILE") {
            Ok(path) if self.log.is_none() && !path.is_empty() => self.open_log(&path),
            _ => Ok(()),
        }
    }
}

fn parser() -> clap::Command {
    let value = |name: &'static str, short: char| {
        Arg::new(name).long(name).short(short).action(ArgAction::Append).num_args(1).allow_hyphen_values(true)
    };
    let flag =
        |name: &'static str, short: char| Arg::new(name).long(name).short(short).action(ArgAction::Count);
    clap::Command::new("virsh")
        .disable_help_flag(true)
        .disable_version_flag(true)
        .infer_long_args(true)
        .no_binary_name(true)
        .arg(value("connect", 'c'))
        .arg(value("debug", 'd'))
        .arg(value("escape", 'e'))
        .arg(flag("help", 'h'))
        .arg(value("keepalive-interval", 'k'))
        .arg(value("keepalive-count", 'K'))
        .arg(value("log", 'l'))
        .arg(Arg::new("output").long("output").action(ArgAction::Append).num_args(1))
        .arg(flag("quiet", 'q'))
        .arg(flag("readonly", 'r'))
        .arg(flag("timing", 't'))
        .arg(Arg::new("short-version").short('v').action(ArgAction::Count))
        .arg(Arg::new("long-version").short('V').action(ArgAction::Count))
        .arg(
            Arg::new("version")
                .long("version")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("short")
                .action(ArgAction::Append),
        )
        .arg(Arg::new("words").num_args(0..).trailing_var_arg(true).action(ArgAction::Append))
}

/// Reads the program's arguments, its own name not among them.
pub fn parse_arguments(arguments: Vec<String>) -> Outcome<Options> {
    match parser().try_get_matches_from(&arguments) {
        Ok(matches) => read(&matches),
        Err(err) => fail!("{}", refusal(&err)),
    }
}

fn read(matches: &ArgMatches) -> Outcome<Options> {
    let last = |name: &str| matches.get_many::<String>(name).and_then(|mut all| all.next_back()).cloned();
    let has = |name: &str| matches.get_count(name) > 0;
    let mut options = Options {
        uri: last("connect"),
        quiet: has("quiet"),
        read_only: has("readonly"),
        timing: has("timing"),
        words: matches.get_many::<String>("words").into_iter().flatten().cloned().collect(),
        ..Options::default()
    };
    if let Some(text) = last("debug") {
        let Some(level) = parse::<i32>(&text) else { fail!("option -d takes a numeric argument") };
        if (DETAIL..=QUIET).contains(&level) {
            options.debug.level = level;
        } else {
            let line = format!("ignoring debug level {level} out of range [{DETAIL}-{QUIET}]");
            crate::output::Output::default().error(&line);
        }
    }
    if let Some(path) = last("log") {
        options.debug.open_log(&path)?;
    }
    options.escape = last("escape").map(|text| escape(&text)).transpose()?;
    options.keepalive_interval = keepalive(last("keepalive-interval"), "-k")?;
    options.keepalive_count = keepalive(last("keepalive-count"), "-K")?.map(|count| count as u32);
    options.format = match last("output").as_deref() {
        None | Some("text") => Format::Text,
        Some("json") => Format::Json,
        Some(other) => fail!("unsupported output format '{other}': it is text or json"),
    };
    options.errand = if has("help") {
        Errand::Usage
    } else if has("long-version") || last("version").as_deref() == Some("long") {
        Errand::LongVersion
    } else if has("short-version") || last("version").is_some() {
        Errand::ShortVersion
    } else {
        Errand::Commands
    };
    Ok(options)
}

fn keepalive(text: Option<String>, option: &str) -> Outcome<Option<i32>> {
    let Some(text) = text else { return Ok(None) };
    match parse::<i32>(&text) {
        None => fail!("Invalid value for option {option}"),
        Some(number) if number < 0 => fail!("option {option} requires a positive integer argument"),
        number => Ok(number),
    }
}

/// The byte that leaves a console: `^]`, or a plain character.
fn escape(text: &str) -> Outcome<u8> {
    match text.as_bytes() {
        [b'^', letter @ (b'a'..=b'z' | b'@'..=b'_')] => Ok(letter.to_ascii_uppercase() ^ 0x40),
        [letter] if *letter != b'^' => Ok(*letter),
        _ => fail!("Invalid string '{text}' for escape sequence"),
    }
}

/// What is wrong, in the words that scripts know.
fn refusal(err: &clap::Error) -> String {
    let named = match err.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.split([' ', '=']).next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    match err.kind() {
        ErrorKind::InvalidValue | ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues => {
            let parser = parser();
            let option = parser.get_arguments().find(|arg| named == format!("--{}", arg.get_id()));
            match option.and_then(|arg| arg.get_short().zip(arg.get_long())) {
                Some((short, long)) => format!("option '-{short}'/'--{long}' requires an argument"),
                None => format!("option '{named}' requires an argument"),
            }
        }
        ErrorKind::UnknownArgument => format!("unsupported option '{named}'. See --help."),
        _ => err.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, String> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        parse_arguments(words).map_err(|failure| failure.lines.join("\n"))
    }

    #[test]
    fn options_end_at_the_first_word() {
        let options = parse(&["-qc", "test:///default", "list", "--all", "-c"]).unwrap();
        assert_eq!(options.uri.as_deref(), Some("test:///default"));
        assert!(options.quiet && !options.read_only);
        assert_eq!(options.words, ["list", "--all", "-c"]);
        assert_eq!(parse(&["--", "echo", "--", "a"]).unwrap().words, ["echo", "--", "a"]);
    }

    #[test]
    fn versions_are_short_unless_long_is_said() {
        assert_eq!(parse(&["--version"]).unwrap().errand, Errand::ShortVersion);
        assert_eq!(parse(&["--version=long"]).unwrap().errand, Errand::LongVersion);
        assert_eq!(parse(&["-V"]).unwrap().errand, Errand::LongVersion);
    }

    #[test]
    fn mistakes_are_told_as_before() {
        assert_eq!(parse(&["-c"]).unwrap_err(), "option '-c'/'--connect' requires an argument");
        assert_eq!(parse(&["-Z"]).unwrap_err(), "unsupported option '-Z'. See --help.");
        assert_eq!(parse(&["-d", "x"]).unwrap_err(), "option -d takes a numeric argument");
        assert_eq!(parse(&["-e", "^?"]).unwrap_err(), "Invalid string '^?' for escape sequence");
        assert_eq!(parse(&["-e", "^]"]).unwrap().escape, Some(0x1d));
    }
}
