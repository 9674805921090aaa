//! One exchange with an agent: connect, find the place in its stream, ask, read the answer.

use ferrovirt_core::{Error, ErrorCode, Result, abi};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long an agent may take to show that it is there.
const SYNC: Duration = Duration::from_secs(5);

/// An answer may be this long: a guest is not trusted to end.
const LONGEST: usize = 10 * 1024 * 1024;

/// How long an answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    For(Duration),
    /// As long as it takes.
    Forever,
}

impl Patience {
    /// Seconds, or one of libvirt's numbers.
    pub fn of(seconds: i32) -> Self {
        match seconds {
            abi::VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK => Self::Forever,
            abi::VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT => Self::None,
            abi::VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT => Self::For(SYNC),
            seconds => Self::For(Duration::from_secs(seconds.max(0) as u64)),
        }
    }
}

/// Sends a request; the reply comes back whole. With no patience there is none to come back.
pub fn talk(path: &Path, request: &str, patience: Patience) -> Result<Value> {
    let stream = UnixStream::connect(path).map_err(|err| unresponsive("can't be reached").caused_by(err))?;
    let mut talk = Talk { stream, read: Vec::new() };
    talk.synchronize()?;
    talk.send(request)?;
    match patience {
        Patience::None => Ok(Value::Null),
        Patience::Forever => talk.receive(None),
        Patience::For(limit) => talk.receive(Some(Instant::now() + limit)),
    }
}

/// What a reply returns, or what the agent complains of.
pub fn unwrap(command: &str, mut reply: Value) -> Result<Value> {
    if let Some(value) = reply.get_mut("return") {
        return Ok(value.take());
    }
    let error = &reply["error"];
    let text = error["desc"].as_str().unwrap_or("it does not say why");
    let text = format!("the guest agent can't execute '{command}': {text}");
    Err(Error::new(ErrorCode::AgentCommandFailed, text))
}

fn unresponsive(why: &str) -> Error {
    Error::new(ErrorCode::AgentUnresponsive, format!("the guest agent {why}"))
}

struct Talk {
    stream: UnixStream,
    /// What has come and was not looked at yet.
    read: Vec<u8>,
}

impl Talk {
    /// What an earlier request was answered too late is passed over: a number of our own comes back behind it.
    fn synchronize(&mut self) -> Result<()> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let id = (u64::from(std::process::id()) << 20) + u64::from(NEXT.fetch_add(1, Ordering::Relaxed));
        // The byte ends whatever half a request the agent has seen before.
        let request = json!({"execute": "guest-sync", "arguments": {"id": id}});
        self.stream.write_all(&[0xff]).map_err(|err| unresponsive("does not listen").caused_by(err))?;
        self.send(&request.to_string())?;
        let deadline = Instant::now() + SYNC;
        loop {
            match self.receive(Some(deadline)) {
                Ok(reply) if reply["return"].as_u64() == Some(id) => return Ok(()),
                // To the byte the agent may have complained.
                Ok(_) => {}
                Err(err) if err.code() == ErrorCode::AgentCommandTimeout => {
                    return Err(unresponsive(&format!("has not answered within {} s", SYNC.as_secs())));
                }
                Err(err) => return Err(err),
            }
        }
    }

    fn send(&mut self, request: &str) -> Result<()> {
        let line = format!("{request}\n");
        self.stream.set_write_timeout(Some(SYNC)).ok();
        self.stream
            .write_all(line.as_bytes())
            .map_err(|err| unresponsive("does not take requests").caused_by(err))
    }

    /// The next line that is JSON.
    fn receive(&mut self, deadline: Option<Instant>) -> Result<Value> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                let line = line.trim_ascii().strip_prefix(&[0xff]).unwrap_or(line.trim_ascii());
                match serde_json::from_slice(line) {
                    Ok(value @ Value::Object(_)) => return Ok(value),
                    _ => continue,
                }
            }
            if self.read.len() > LONGEST {
                return Err(unresponsive("answers without an end"));
            }
            self.fill(deadline)?;
        }
    }

    fn fill(&mut self, deadline: Option<Instant>) -> Result<()> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(late());
        }
        self.stream
            .set_read_timeout(left)
            .map_err(|err| Error::system(err, "cannot set how long the guest agent may take"))?;
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(0) => Err(unresponsive("has gone away over the request")),
            Ok(count) => {
                self.read.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(err) if matches!(err.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(late()),
            Err(err) if err.kind() == ErrorKind::Interrupted => Ok(()),
            Err(err) => Err(unresponsive("can't be read").caused_by(err)),
        }
    }
}

fn late() -> Error {
    Error::new(ErrorCode::AgentCommandTimeout, "the guest agent has not answered in time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;

    /// An agent that answers to `guest-sync`, after some noise, and to what follows with `answer`, if with anything.
    fn agent(answer: Option<&'static str>) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agent");
        let listener = UnixListener::bind(&path).expect("bound");
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("connected");
            let mut writer = stream.try_clone().expect("a second handle");
            for line in BufReader::new(stream).split(b'\n') {
                let Ok(line) = line else { return };
                let text = String::from_utf8_lossy(&line);
                let request: Value = serde_json::from_str(text.trim_start_matches('\u{fffd}')).expect("JSON");
                let reply = match request["execute"].as_str() {
                    Some("guest-sync") => {
                        format!("{{\"return\": 1}}\n{{\"return\": {}}}\n", request["arguments"]["id"])
                    }
                    _ => match answer {
                        Some(answer) => format!("{answer}\n"),
                        None => continue,
                    },
                };
                writer.write_all(reply.as_bytes()).expect("written");
            }
        });
        (folder, path)
    }

    #[test]
    fn answers_are_found_behind_old_ones() {
        let (_folder, path) = agent(Some("{\"return\": {\"host-name\": \"web\"}}"));
        let reply = talk(&path, "{\"execute\":\"guest-get-host-name\"}", Patience::Forever).unwrap();
        assert_eq!(unwrap("guest-get-host-name", reply).unwrap()["host-name"], "web");
    }

    #[test]
    fn refusals_and_silence_are_told_apart() {
        let refusal = "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no such thing\"}}";
        let (_folder, path) = agent(Some(refusal));
        let reply = talk(&path, "{\"execute\":\"x\"}", Patience::Forever).unwrap();
        assert_eq!(unwrap("x", reply).unwrap_err().code(), ErrorCode::AgentCommandFailed);
        let (_folder, path) = agent(None);
        let patience = Patience::For(Duration::from_millis(1));
        let err = talk(&path, "{\"execute\":\"x\"}", patience).unwrap_err();
        assert_eq!(err.code(), ErrorCode::AgentCommandTimeout);
        let err = talk(Path::new("/nonexistent"), "", Patience::None).unwrap_err();
        assert_eq!(err.code(), ErrorCode::AgentUnresponsive);
    }
}
