//! libvirt's configuration files: `name = value` lines, where a value is a number, a string or a list of values.

use crate::{Error, ErrorCode, ErrorDomain, Result};
use std::path::Path;

/// A value as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigValue {
    Number(i64),
    Text(String),
    List(Vec<ConfigValue>),
}

/// The settings of a file, in its order; a later one replaces an earlier one of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigFile {
    name: String,
    settings: Vec<(String, ConfigValue)>,
}

impl ConfigFile {
    /// Reads a file; one that is not there has no settings.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&path.display().to_string(), &text),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(err) => {
                Err(Error::system(err, format!("cannot read '{}'", path.display())).domain(ErrorDomain::Conf))
            }
        }
    }

    /// Reads the text of a file; `name` is what errors call it.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut reader = Reader { name, text, at: 0 };
        let mut file = Self { name: name.to_owned(), settings: Vec::new() };
        while let Some((setting, value)) = reader.setting()? {
            file.settings.retain(|(known, _)| *known != setting);
            file.settings.push((setting, value));
        }
        Ok(file)
    }

    pub fn get(&self, setting: &str) -> Option<&ConfigValue> {
        self.settings.iter().find(|(known, _)| known == setting).map(|(_, value)| value)
    }

    /// The names of all settings, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.settings.iter().map(|(name, _)| name.as_str())
    }

    /// The number under `setting`; a value of another type is refused.
    pub fn number(&self, setting: &str) -> Result<Option<i64>> {
        match self.get(setting) {
            None => Ok(None),
            Some(ConfigValue::Number(number)) => Ok(Some(*number)),
            Some(_) => Err(self.wrong_type(setting, "a number")),
        }
    }

    /// An error about the value of a setting; `wanted` is what it must be.
    pub fn wrong(&self, setting: &str, wanted: &str) -> Error {
        self.wrong_type(setting, wanted)
    }

    /// The text under `setting`; a value of another type is refused.
    pub fn text(&self, setting: &str) -> Result<Option<&str>> {
        match self.get(setting) {
            None => Ok(None),
            Some(ConfigValue::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong_type(setting, "a string")),
        }
    }

    /// The texts of the list under `setting`, none if it is not there; a value of another type is refused.
    pub fn texts(&self, setting: &str) -> Result<Vec<&str>> {
        let values = match self.get(setting) {
            None => return Ok(Vec::new()),
            Some(ConfigValue::List(values)) => values,
            Some(_) => return Err(self.wrong_type(setting, "a list of strings")),
        };
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            let ConfigValue::Text(text) = value else {
                return Err(self.wrong_type(setting, "a list of strings"));
            };
            texts.push(text.as_str());
        }
        Ok(texts)
    }

    fn wrong_type(&self, setting: &str, wanted: &str) -> Error {
        syntax(format!("{}: '{setting}' must be {wanted}", self.name))
    }
}

fn syntax(detail: String) -> Error {
    Error::new(ErrorCode::ConfSyntax, detail).domain(ErrorDomain::Conf)
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn setting(&mut self) -> Result<Option<(String, ConfigValue)>> {
        self.skip(true);
        if self.rest().is_empty() {
            return Ok(None);
        }
        let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.wrong("a setting's name was expected"));
        }
        let name = name.to_owned();
        self.skip(false);
        if !self.eat("=") {
            return Err(self.wrong(&format!("'=' was expected after '{name}'")));
        }
        self.skip(false);
        let value = self.value()?;
        self.skip(false);
        if !self.rest().is_empty() && !self.rest().starts_with(['\n', '\r']) {
            return Err(self.wrong(&format!("the line must end after the value of '{name}'")));
        }
        Ok(Some((name, value)))
    }

    fn value(&mut self) -> Result<ConfigValue> {
        match self.rest().chars().next() {
            Some('"' | '\'') => self.quoted().map(ConfigValue::Text),
            Some('[') => self.list(),
            Some('0'..='9' | '-' | '+') => {
                let number = self.take(|c| c.is_ascii_digit() || c == '-' || c == '+').to_owned();
                number
                    .parse()
                    .map(ConfigValue::Number)
                    .map_err(|_| self.wrong(&format!("'{number}' is no number that can be read")))
            }
            _ => Err(self.wrong("a number, a quoted string or a list was expected")),
        }
    }

    /// A string, without escapes; three double quotes hold several lines.
    fn quoted(&mut self) -> Result<String> {
        let quote = ["\"\"\"", "\"", "'"].into_iter().find(|quote| self.eat(quote)).unwrap_or("\"");
        let end =
            self.rest().find(quote).filter(|end| quote.len() == 3 || !self.rest()[..*end].contains('\n'));
        let end = end.ok_or_else(|| self.wrong("the string has no end"))?;
        let text = self.rest()[..end].to_owned();
        self.at += end + quote.len();
        Ok(text)
    }

    fn list(&mut self) -> Result<ConfigValue> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip(true);
            if self.eat("]") {
                return Ok(ConfigValue::List(values));
            }
            if self.rest().starts_with('[') {
                return Err(self.wrong("lists can't stand in lists"));
            }
            values.push(self.value()?);
            self.skip(true);
            if !self.eat(",") && !self.rest().starts_with(']') {
                return Err(self.wrong("',' or ']' was expected in the list"));
            }
        }
    }

    /// Skips blanks and comments, and ends of lines if asked to.
    fn skip(&mut self, lines: bool) {
        loop {
            self.take(|c| c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r')));
            if !self.rest().starts_with('#') {
                return;
            }
            self.take(|c| c != '\n');
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &str {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn wrong(&self, what: &str) -> Error {
        let line = self.text[..self.at].matches('\n').count() + 1;
        syntax(format!("{}:{line}: {what}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_strings_and_lists_are_read() {
        let text = "# comment\nuri_default = \"test:///default\" # end\n\nport=-16509\n\
                    uri_aliases = [\n  'a=b',  # one\n  \"c=d\",\n]\nlong = \"\"\"x\ny\"\"\"\n";
        let file = ConfigFile::parse("t", text).unwrap();
        assert_eq!(file.text("uri_default").unwrap(), Some("test:///default"));
        assert_eq!(file.get("port"), Some(&ConfigValue::Number(-16509)));
        assert_eq!(file.texts("uri_aliases").unwrap(), ["a=b", "c=d"]);
        assert_eq!(file.text("long").unwrap(), Some("x\ny"));
        assert_eq!(file.text("absent").unwrap(), None);
        assert_eq!(file.text("port").unwrap_err().code(), ErrorCode::ConfSyntax);
    }

    #[test]
    fn a_later_setting_wins() {
        let file = ConfigFile::parse("t", "a = 1\na = 2").unwrap();
        assert_eq!(file.get("a"), Some(&ConfigValue::Number(2)));
    }

    #[test]
    fn mistakes_are_placed() {
        for (text, line) in [
            ("a = 1\nb 2", 2),
            ("a = \"x\nb = 1", 1),
            ("a = [1 2]", 1),
            ("= 3", 1),
            ("\n\na = 1 1", 3),
            ("a = [[1]]", 1),
        ] {
            let err = ConfigFile::parse("t", text).unwrap_err();
            assert_eq!((err.code(), err.error_domain()), (ErrorCode::ConfSyntax, ErrorDomain::Conf));
            assert!(err.message().contains(&format!("t:{line}:")), "{text:?}: {err}");
        }
    }
}
