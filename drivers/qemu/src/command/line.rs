//! A command line as it grows: the environment, the arguments, and QEMU's older syntax of `name=value,…`.

use super::props::Props;
use serde_json::{Map, Value};
use std::fmt::{Display, Write};

/// What QEMU is started with, without its own path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    pub environment: Vec<(String, String)>,
    pub arguments: Vec<String>,
}

impl CommandLine {
    /// An argument that stands alone.
    pub fn flag(&mut self, name: &str) {
        self.arguments.push(name.to_owned());
    }

    /// An option and its value.
    pub fn option(&mut self, name: &str, value: impl Display) {
        self.arguments.push(name.to_owned());
        self.arguments.push(value.to_string());
    }

    pub fn object(&mut self, props: &Props) {
        self.option("-object", props);
    }

    pub fn blockdev(&mut self, props: &Props) {
        self.option("-blockdev", props);
    }

    pub fn netdev(&mut self, props: &Props) {
        self.option("-netdev", props);
    }

    /// Turns the host's ends of network cards into QEMU's older syntax, for those that do not take JSON there.
    pub fn write_netdevs_out(&mut self) {
        let mut is_netdev = false;
        for argument in &mut self.arguments {
            let json = is_netdev.then(|| serde_json::from_str::<Map<String, Value>>(argument).ok()).flatten();
            if let Some(properties) = json {
                *argument = written_out(&properties).to_string();
            }
            is_netdev = argument == "-netdev";
        }
    }

    pub fn global(&mut self, value: impl Display) {
        self.option("-global", value);
    }

    /// Sets a variable; the last one of a name counts.
    pub fn env(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.environment.iter_mut().find(|(have, _)| have == name) {
            Some((_, old)) => *old = value,
            None => self.environment.push((name.to_owned(), value)),
        }
    }
}

/// A value in QEMU's own syntax: parts with commas between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts(String);

impl Parts {
    pub fn new(first: impl Display) -> Self {
        let mut this = Self::default();
        this.add(first);
        this
    }

    /// A part as it stands.
    pub fn add(&mut self, part: impl Display) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        write!(self.0, "{part}").expect("a string takes everything");
        self
    }

    /// `name=value`, the commas in the value doubled.
    pub fn set(&mut self, name: &str, value: impl Display) -> &mut Self {
        let value = escape(&value.to_string());
        self.add(format_args!("{name}={value}"))
    }

    pub fn maybe(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// All properties, as paths that begin with `name`.
    pub fn write_out(&mut self, name: &str, properties: &Value) {
        write_out(self, name, properties);
    }
}

impl Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The type, then all other properties with their paths.
fn written_out(properties: &Map<String, Value>) -> Parts {
    let kind = properties.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut parts = Parts::new(escape(kind));
    for (name, value) in properties.iter().filter(|(name, _)| *name != "type") {
        write_out(&mut parts, name, value);
    }
    parts
}

fn write_out(parts: &mut Parts, name: &str, value: &Value) {
    match value {
        Value::Object(inner) => {
            inner.iter().for_each(|(key, value)| write_out(parts, &format!("{name}.{key}"), value))
        }
        Value::Array(all) => {
            for (at, one) in all.iter().enumerate() {
                match one.get("str") {
                    // Texts are repeated options, objects are numbered.
                    None if one.is_object() => write_out(parts, &format!("{name}.{at}"), one),
                    text => write_out(parts, name, text.unwrap_or(one)),
                }
            }
        }
        Value::Bool(on) => _ = parts.set(name, on_off(*on)),
        Value::String(text) => _ = parts.set(name, text),
        other => _ = parts.set(name, other),
    }
}

/// Doubles commas, which would otherwise end a value.
pub fn escape(text: &str) -> String {
    text.replace(',', ",,")
}

/// `on` or `off`.
pub fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_values_are_doubled_and_those_between_parts_are_not() {
        let mut parts = Parts::new("socket");
        parts.set("id", "charserial0").set("path", "/tmp/a,b").maybe("server", None::<&str>);
        assert_eq!(parts.to_string(), "socket,id=charserial0,path=/tmp/a,,b");
    }

    #[test]
    fn objects_in_lists_are_numbered() {
        let mut parts = Parts::default();
        let server =
            serde_json::json!({"driver": "gluster", "server": [{"host": "a"}, {"host": "b,c"}], "debug": 4});
        parts.write_out("file", &server);
        let expected = "file.driver=gluster,file.server.0.host=a,file.server.1.host=b,,c,file.debug=4";
        assert_eq!(parts.to_string(), expected);
    }

    #[test]
    fn old_emulators_get_networks_without_json() {
        let mut line = CommandLine::default();
        line.option(
            "-netdev",
            r#"{"type":"user","guestfwd":[{"str":"tcp:1"}],"server":false,"id":"hostnet0"}"#,
        );
        line.option("-device", r#"{"driver":"e1000"}"#);
        line.write_netdevs_out();
        let expected =
            ["-netdev", "user,guestfwd=tcp:1,server=off,id=hostnet0", "-device", r#"{"driver":"e1000"}"#];
        assert_eq!(line.arguments, expected);
    }

    #[test]
    fn a_variable_is_set_once() {
        let mut line = CommandLine::default();
        line.env("HOME", "/");
        line.env("HOME", "/root");
        assert_eq!(line.environment, [("HOME".to_owned(), "/root".to_owned())]);
    }
}
