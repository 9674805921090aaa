//! What a command is: a row with its name, group, help, options and body. Help, completion and the manual page are
//! read off these rows.

use crate::args::Args;
use crate::failure::Outcome;
use crate::shell::Shell;

/// A command.
pub struct Command {
    pub name: &'static str,
    /// One line on what it does.
    pub help: &'static str,
    pub options: &'static [Opt],
    pub body: fn(&mut Shell, &Args) -> Outcome,
    /// Whether a connection is opened before the body runs.
    pub connects: bool,
    /// Whether it always changes something, which a read-only connection forbids.
    pub changes: bool,
    /// Works, but is not listed.
    pub hidden: bool,
}

impl Command {
    pub const fn new(
        name: &'static str,
        help: &'static str,
        options: &'static [Opt],
        body: fn(&mut Shell, &Args) -> Outcome,
    ) -> Self {
        Self { name, help, options, body, connects: true, changes: false, hidden: false }
    }

    /// For commands that need no connection, or see to one themselves.
    pub const fn unconnected(mut self) -> Self {
        self.connects = false;
        self
    }

    pub const fn changing(mut self) -> Self {
        self.changes = true;
        self
    }

    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// What of its row contradicts itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut optional_before = None;
        for (at, option) in self.options.iter().enumerate() {
            let others = || self.options.iter().filter(|other| !matches!(other.kind, Kind::Alias(_)));
            if self.options[..at].iter().any(|earlier| earlier.name == option.name) {
                faults.push(format!("there are two options '{}'", option.name));
            }
            if let Kind::Alias(target) = option.kind {
                let target = target.split_once('=').map_or(target, |(target, _)| target);
                if !others().any(|other| other.name == target) {
                    faults.push(format!("'{}' stands for '{target}', which there is not", option.name));
                }
                continue;
            }
            if option.help.is_empty() {
                faults.push(format!("option '{}' has no help", option.name));
            }
            if option.kind == Kind::List && at + 1 < self.options.len() {
                faults.push(format!("'{}' takes all that is left, and options follow it", option.name));
            }
            match (option.required, option.place) {
                (true, Place::Positional) => {
                    if let Some(before) = optional_before {
                        faults
                            .push(format!("'{}' is required, and '{before}' before it is not", option.name));
                    }
                }
                (false, Place::Positional) => optional_before = Some(option.name),
                _ => {}
            }
        }
        faults
    }
}

/// What an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Flag,
    Text,
    Number,
    /// All that is left.
    List,
    /// Another spelling of an option, or of an option with a value (`string=hello`).
    Alias(&'static str),
}

/// How a value may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Named,
    /// By its place too, and so documented.
    Positional,
    /// By its place too, for scripts from times when everything could be given so.
    AlsoPositional,
}

/// Proposes values for an option.
pub type Completer = fn(&mut Shell, &Args) -> Vec<String>;

/// An option of a command.
#[derive(Clone, Copy)]
pub struct Opt {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub place: Place,
    /// An empty text is a value too.
    pub empty_okay: bool,
    pub help: &'static str,
    pub completer: Option<Completer>,
}

const fn option(name: &'static str, kind: Kind, help: &'static str) -> Opt {
    Opt { name, kind, required: false, place: Place::Named, empty_okay: false, help, completer: None }
}

pub const fn flag(name: &'static str, help: &'static str) -> Opt {
    option(name, Kind::Flag, help)
}

pub const fn text(name: &'static str, help: &'static str) -> Opt {
    option(name, Kind::Text, help)
}

pub const fn number(name: &'static str, help: &'static str) -> Opt {
    option(name, Kind::Number, help)
}

pub const fn list(name: &'static str, help: &'static str) -> Opt {
    option(name, Kind::List, help)
}

/// A required value that is known by its place.
pub const fn arg(name: &'static str, help: &'static str) -> Opt {
    text(name, help).required().positional()
}

/// Another spelling of `target`.
pub const fn alias(name: &'static str, target: &'static str) -> Opt {
    option(name, Kind::Alias(target), "")
}

impl Opt {
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn positional(mut self) -> Self {
        self.place = Place::Positional;
        self
    }

    pub const fn also_positional(mut self) -> Self {
        self.place = Place::AlsoPositional;
        self
    }

    pub const fn empty_okay(mut self) -> Self {
        self.empty_okay = true;
        self
    }

    pub const fn completed_by(mut self, completer: Completer) -> Self {
        self.completer = Some(completer);
        self
    }
}

/// Lists of options, one after the other, as one: for what several commands share.
macro_rules! joined {
    ($($part:expr),* $(,)?) => {{
        const PARTS: &[&[$crate::command::Opt]] = &[$($part),*];
        const COUNT: usize = $crate::command::count(PARTS);
        const JOINED: [$crate::command::Opt; COUNT] = $crate::command::join(PARTS);
        &JOINED
    }};
}
pub(crate) use joined;

/// How many options the parts of [`joined!`] have.
pub const fn count(parts: &[&[Opt]]) -> usize {
    let (mut count, mut part) = (0, 0);
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// What [`joined!`] makes.
pub const fn join<const COUNT: usize>(parts: &[&[Opt]]) -> [Opt; COUNT] {
    let mut joined = [flag("", ""); COUNT];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut option = 0;
        while option < parts[part].len() {
            joined[at] = parts[part][option];
            at += 1;
            option += 1;
        }
        part += 1;
    }
    joined
}

/// Commands about one subject.
pub struct Group {
    pub title: &'static str,
    /// What `help` calls it by.
    pub keyword: &'static str,
    pub tables: &'static [&'static [Command]],
}

impl Group {
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> {
        self.tables.iter().flat_map(|table| table.iter())
    }

    /// Those that help lists.
    pub fn listed(&self) -> impl Iterator<Item = &'static Command> {
        self.commands().filter(|command| !command.hidden)
    }
}
