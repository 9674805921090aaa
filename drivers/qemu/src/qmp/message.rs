//! What goes over the wire: one line of JSON from QEMU told apart into greeting, reply and event, and a command written.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

/// The events of one monitor, in order; it ends when the connection does.
///
/// A reader that falls far behind stops the monitor from being read, so that a guest can't fill our memory.
pub type EventStream = mpsc::Receiver<Event>;

/// Something that QEMU tells unasked.
#[derive(Debug, Clone)]
pub struct Event {
    pub name: String,
    /// The event's own data as QEMU wrote it; an empty object where it has none.
    pub data: Box<RawValue>,
    /// Seconds and microseconds since the epoch; zero where QEMU could not tell.
    pub seconds: i64,
    pub microseconds: i64,
}

impl Event {
    /// The event's data as a type of the caller's.
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.data.get())
    }
}

/// One message of QEMU's.
#[derive(Debug)]
pub(super) enum Incoming {
    Greeting {
        oob: bool,
    },
    Reply {
        id: u64,
        result: Result<Box<RawValue>, Refusal>,
        /// The whole line, for callers that want QEMU's own words; `None` unless the id was of the textual kind.
        line: Option<String>,
    },
    Event(Event),
    /// A refusal without an id: QEMU could not read what it was sent.
    Unmatched(Refusal),
    /// A reply to something that we have not asked.
    Stray,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) class: String,
    #[serde(default)]
    pub(super) desc: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "QMP")]
    greeting: Option<Greeting>,
    #[serde(borrow, default, rename = "return", deserialize_with = "present")]
    result: Option<&'a RawValue>,
    error: Option<Refusal>,
    #[serde(borrow)]
    id: Option<Cow<'a, RawValue>>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Greeting {
    #[serde(default)]
    capabilities: Vec<String>,
}

#[derive(Deserialize, Default)]
struct Timestamp {
    #[serde(default)]
    seconds: i64,
    #[serde(default)]
    microseconds: i64,
}

/// Keeps a `null` apart from a member that is missing.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads one line. An error says what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<Incoming, String> {
    let text = std::str::from_utf8(line).map_err(|_| "QEMU has sent bytes that are not UTF-8".to_string())?;
    let parsed: Line<'_> =
        serde_json::from_str(text).map_err(|e| format!("QEMU has sent something that is not QMP: {e}"))?;
    if let Some(greeting) = parsed.greeting {
        return Ok(Incoming::Greeting { oob: greeting.capabilities.iter().any(|c| c == "oob") });
    }
    if let Some(name) = parsed.event {
        let time = parsed.timestamp.unwrap_or_default();
        return Ok(Incoming::Event(Event {
            name: name.into_owned(),
            data: parsed.data.map_or_else(empty_object, |data| data.to_owned()),
            seconds: time.seconds,
            microseconds: time.microseconds,
        }));
    }
    let result = match (parsed.error, parsed.result) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(value)) => Ok(value.to_owned()),
        (None, None) => {
            return Err("QEMU has sent a message that is neither greeting, event nor reply".into());
        }
    };
    match (parsed.id.as_ref().and_then(|id| parse_id(id.get())), result) {
        (Some((id, textual)), result) => {
            Ok(Incoming::Reply { id, result, line: textual.then(|| text.trim_end().to_string()) })
        }
        (None, Err(refusal)) if parsed.id.is_none() => Ok(Incoming::Unmatched(refusal)),
        (None, _) => Ok(Incoming::Stray),
    }
}

fn empty_object() -> Box<RawValue> {
    RawValue::from_string("{}".into()).expect("an empty object is JSON")
}

/// Ids of typed commands are numbers, because QEMU takes microseconds for every byte; those of commands that
/// come from outside have the shape that users know from libvirt.
const TEXTUAL_PREFIX: &str = "libvirt-";

fn parse_id(raw: &str) -> Option<(u64, bool)> {
    match raw.strip_prefix('"') {
        None => Some((raw.parse().ok()?, false)),
        Some(text) => {
            let number = text.strip_suffix('"')?.strip_prefix(TEXTUAL_PREFIX)?;
            Some((number.parse().ok()?, true))
        }
    }
}

/// The id of a command that came from outside.
pub(super) fn textual_id(id: u64) -> String {
    format!("{TEXTUAL_PREFIX}{id}")
}

/// A command as it is sent: no spaces and no line end, since QEMU's parser needs neither and reads byte by byte.
pub(super) fn command_text(name: &str, arguments: Option<&str>, id: u64) -> String {
    let mut text = String::with_capacity(40 + name.len() + arguments.map_or(0, str::len));
    let written = match arguments {
        Some(arguments) => write!(text, r#"{{"execute":"{name}","arguments":{arguments},"id":{id}}}"#),
        None => write!(text, r#"{{"execute":"{name}","id":{id}}}"#),
    };
    written.expect("writing to a String can't fail");
    // QEMU does not need it, but whoever reads along does.
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let greeting = br#"{"QMP": {"version": {}, "capabilities": ["oob"]}}"#;
        assert!(matches!(parse(greeting), Ok(Incoming::Greeting { oob: true })));
        let null = br#"{"return": null, "id": 7}"#;
        assert!(
            matches!(parse(null), Ok(Incoming::Reply { id: 7, result: Ok(v), line: None }) if v.get() == "null")
        );
        let textual = b"{\"return\": {}, \"id\": \"libvirt-8\"}\r\n";
        let Ok(Incoming::Reply { id: 8, line: Some(line), .. }) = parse(textual) else { panic!("a reply") };
        assert_eq!(line, r#"{"return": {}, "id": "libvirt-8"}"#);
        let error = br#"{"error": {"class": "GenericError", "desc": "no"}, "id": 1}"#;
        assert!(matches!(parse(error), Ok(Incoming::Reply { result: Err(r), .. }) if r.desc == "no"));
        let event = br#"{"timestamp": {"seconds": 5, "microseconds": 6}, "event": "STOP"}"#;
        assert!(matches!(parse(event), Ok(Incoming::Event(e)) if e.name == "STOP" && e.seconds == 5));
        assert!(matches!(parse(br#"{"return": {}}"#), Ok(Incoming::Stray)));
        assert!(matches!(parse(br#"{"return": {}, "id": {"a": 1}}"#), Ok(Incoming::Stray)));
        assert!(matches!(parse(br#"{"error": {"desc": "x"}}"#), Ok(Incoming::Unmatched(_))));
    }

    #[test]
    fn garbage_is_refused() {
        let deep = format!(r#"{{"return": {}}}"#, "[".repeat(100_000));
        for bad in [&b"hello"[..], b"{}", b"[]", b"", b"\xff\xfe", b"{\"return\": {}", deep.as_bytes()] {
            assert!(parse(bad).is_err(), "{:?}", String::from_utf8_lossy(&bad[..bad.len().min(40)]));
        }
    }

    #[test]
    fn commands_are_lines_without_a_byte_too_many() {
        assert_eq!(command_text("stop", None, 1), "{\"execute\":\"stop\",\"id\":1}\n");
        let with_arguments = command_text("x", Some(r#"{"a":1}"#), 12);
        assert_eq!(with_arguments.trim_end(), r#"{"execute":"x","arguments":{"a":1},"id":12}"#);
    }
}
