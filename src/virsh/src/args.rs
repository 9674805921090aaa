//! The options that a command was given, and reading them with their types.

use crate::command::{Command, Kind};
use crate::failure::{Failure, Outcome, fail};
use crate::values::number::{Number, parse};
use crate::values::size::scale;

/// A command with its options.
pub struct Args {
    pub command: &'static Command,
    pub values: Vec<Value>,
    /// The option that was filled last, for completion.
    pub last: Option<usize>,
}

/// What was given for one option.
#[derive(Default, Clone)]
pub enum Value {
    #[default]
    Absent,
    Set,
    Text(String),
    List(Vec<String>),
}

impl Args {
    pub fn new(command: &'static Command) -> Self {
        Self { command, values: vec![Value::Absent; command.options.len()], last: None }
    }

    fn index(&self, name: &str) -> usize {
        let found = self.command.options.iter().position(|option| option.name == name);
        found.unwrap_or_else(|| panic!("command '{}' has no option '{name}' in its table", self.command.name))
    }

    fn value(&self, name: &str) -> &Value {
        &self.values[self.index(name)]
    }

    /// Whether the option was given at all.
    pub fn has(&self, name: &str) -> bool {
        !matches!(self.value(name), Value::Absent)
    }

    /// Whether the option is known to the command and was given.
    pub fn knows_and_has(&self, name: &str) -> bool {
        self.command.options.iter().any(|option| option.name == name) && self.has(name)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.has(name)
    }

    /// The text as it was given, empty or not.
    pub fn raw(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Value::Text(text) => Some(text),
            Value::List(all) => all.last().map(String::as_str),
            _ => None,
        }
    }

    pub fn text(&self, name: &str) -> Outcome<Option<&str>> {
        let at = self.index(name);
        match &self.values[at] {
            Value::Text(text) if text.is_empty() && !self.command.options[at].empty_okay => {
                fail!("Failed to get option '{name}': Option argument is empty")
            }
            Value::Text(text) => Ok(Some(text)),
            _ => Ok(None),
        }
    }

    /// A text that the parser has made sure of.
    pub fn need(&self, name: &str) -> Outcome<&str> {
        let missing = || Failure::say(format!("Failed to get option '{name}': Mandatory option not present"));
        self.text(name)?.ok_or_else(missing)
    }

    /// A number; whether negative ones are okay is the type's business.
    pub fn number<N: Number>(&self, name: &str) -> Outcome<Option<N>> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        match parse(text) {
            Some(number) => Ok(Some(number)),
            None => fail!("Numeric value '{text}' for <{name}> option is malformed or out of range"),
        }
    }

    /// A size such as `10MiB`; a bare number counts `unit`s, and the result is in bytes.
    pub fn scaled(&self, name: &str, unit: u64, max: u64) -> Outcome<Option<u64>> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        match scale(text, unit, max) {
            Ok(size) => Ok(Some(size)),
            Err(cause) => {
                let line =
                    format!("Scaled numeric value '{text}' for <{name}> option is malformed or out of range");
                Err(Failure { lines: vec![line], cause })
            }
        }
    }

    pub fn list(&self, name: &str) -> &[String] {
        match self.value(name) {
            Value::List(all) => all,
            _ => &[],
        }
    }

    /// All words of a list as one text.
    pub fn joined(&self, name: &str) -> Option<String> {
        let words = self.list(name);
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// `timeout`, given in seconds.
    pub fn timeout(&self) -> Outcome<Option<std::time::Duration>> {
        match self.number::<u32>("timeout")? {
            Some(seconds) if seconds == 0 || seconds > i32::MAX as u32 / 1000 => {
                fail!("Numeric value '{seconds}' for <timeout> option is malformed or out of range")
            }
            seconds => Ok(seconds.map(|seconds| std::time::Duration::from_secs(seconds.into()))),
        }
    }

    /// Refuses two options at once.
    pub fn exclusive(&self, one: &str, other: &str) -> Outcome {
        if self.has(one) && self.has(other) {
            fail!("Options --{one} and --{other} are mutually exclusive")
        }
        Ok(())
    }

    /// Refuses each pair of these options.
    pub fn all_exclusive(&self, names: &[&str]) -> Outcome {
        for (at, one) in names.iter().enumerate() {
            for other in &names[at + 1..] {
                self.exclusive(one, other)?;
            }
        }
        Ok(())
    }

    /// Refuses `option` without `needed`.
    pub fn requires(&self, option: &str, needed: &str) -> Outcome {
        if self.has(option) && !self.has(needed) {
            fail!("Option --{needed} is required by option --{option}")
        }
        Ok(())
    }

    /// Refuses that neither was given.
    pub fn one_of(&self, one: &str, other: &str) -> Outcome {
        if !self.has(one) && !self.has(other) {
            fail!("Either --{one} or --{other} must be provided")
        }
        Ok(())
    }

    /// The bits of those flags that were given.
    pub fn bits(&self, flags: &[(&str, u32)]) -> u32 {
        flags.iter().filter(|(name, _)| self.has(name)).fold(0, |all, (_, bit)| all | bit)
    }

    /// Whether the option at this place may be filled (again).
    pub fn is_open(&self, at: usize) -> bool {
        matches!(self.values[at], Value::Absent) || self.command.options[at].kind == Kind::List
    }
}
