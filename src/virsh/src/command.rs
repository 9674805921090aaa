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
