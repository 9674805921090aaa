//! Reading the fixtures' command lines, and comparing: JSON as JSON, the environment as a set.

use ferrovirt_driver_qemu::command::CommandLine;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A command line as a fixture has it.
pub struct Expected {
    environment: BTreeSet<String>,
    arguments: Vec<String>,
}

pub fn read(path: &Path) -> Expected {
    let text = std::fs::read_to_string(path).expect("a command line");
    let words = words(&text);
    let program = words.iter().position(|word| word.starts_with('/')).unwrap_or(0);
    Expected {
        environment: words[..program].iter().cloned().collect(),
        arguments: words[program + 1..].to_vec(),
    }
}

/// The words, as a shell would take them.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => word.get_or_insert_default().extend(letters.by_ref().take_while(|c| *c != '\'')),
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(other) => word.get_or_insert_default().push(other),
            },
            ' ' | '\n' => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

/// Options with their values.
fn options(arguments: &[String]) -> Vec<(String, Value)> {
    let mut options: Vec<(String, Value)> = Vec::new();
    let mut rest = arguments.iter().peekable();
    while let Some(name) = rest.next() {
        let value = match rest.peek() {
            Some(value) if name.starts_with('-') && !value.starts_with('-') => {
                let value = rest.next().expect("peeked");
                serde_json::from_str(value)
                    .ok()
                    .filter(Value::is_object)
                    .unwrap_or_else(|| Value::from(value.as_str()))
            }
            _ => Value::Null,
        };
        options.push((name.clone(), value));
    }
    options
}

/// What differs, line by line: `-` lacks, `+` is too much.
pub fn difference(expected: &Expected, line: &CommandLine) -> Vec<String> {
    let ours: BTreeSet<String> =
        line.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut found: Vec<String> =
        expected.environment.difference(&ours).map(|word| format!("- {word}")).collect();
    found.extend(ours.difference(&expected.environment).map(|word| format!("+ {word}")));
    let (theirs, ours) = (options(&expected.arguments), options(&line.arguments));
    if theirs == ours {
        return found;
    }
    let before = found.len();
    for option in theirs.iter().filter(|option| !ours.contains(option)) {
        found.push(format!("- {} {}", option.0, option.1));
    }
    for option in ours.iter().filter(|option| !theirs.contains(option)) {
        found.push(format!("+ {} {}", option.0, option.1));
    }
    if found.len() == before {
        let at = theirs.iter().zip(&ours).position(|(one, other)| one != other).unwrap_or(0);
        found.push(format!("the order differs from option {at} on"));
        found.extend(theirs.get(at).map(|option| format!("- {} {}", option.0, option.1)));
        found.extend(ours.get(at).map(|option| format!("+ {} {}", option.0, option.1)));
    }
    found
}
