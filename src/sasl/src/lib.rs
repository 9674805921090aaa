//! Logging in by SASL, both halves of it, over Cyrus SASL: its configuration, its password files and its mechanisms
//! go on working. The library is loaded when somebody first logs in by SASL.

mod library;

pub use library::Question;

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::frame::Codec;
use library::{Connection, Failure, Id, Names, Outcome};
use std::ffi::CString;
use std::net::SocketAddr;

/// The service's name: `/etc/sasl2/libvirt.conf` is read for it.
const SERVICE: &std::ffi::CStr = c"libvirt";
/// The most that is encoded at once, if the other side agrees.
const MAX_BUFFER: u32 = 1 << 16;
/// Below this no layer is worth its name.
pub const MIN_SSF: u32 = 56;
const MAX_SSF: u32 = 100_000;

/// Mechanisms that send the password as it is, and those that let anybody in.
const NO_PLAINTEXT: u32 = 0x01;
const NO_ANONYMOUS: u32 = 0x10;

/// The kinds of question, by the library's numbers and those of `virConnectCredentialType`.
const KINDS: [(Id, u32); 8] = {
    use ferrovirt_core::abi::*;
    [
        (0x4001, VIR_CRED_USERNAME),
        (0x4002, VIR_CRED_AUTHNAME),
        (0x4003, VIR_CRED_LANGUAGE),
        (0x4004, VIR_CRED_PASSPHRASE),
        (0x4005, VIR_CRED_ECHOPROMPT),
        (0x4006, VIR_CRED_NOECHOPROMPT),
        (0x4007, VIR_CRED_CNONCE),
        (0x4008, VIR_CRED_REALM),
    ]
};

impl Question {
    /// Its `virConnectCredentialType`, if it has one.
    pub fn credential(&self) -> Option<i32> {
        KINDS.iter().find(|(id, _)| *id == self.id).map(|(_, kind)| *kind as i32)
    }
}

/// Between whom the exchange is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends<'a> {
    /// The server's name, as the client knows it.
    pub host: Option<&'a str>,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
}

/// How much of the protection is not SASL's to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Nobody can listen, be it for a layer below with a key of so many bits: any mechanism will do.
    Below(u32),
    /// None: the mechanism must bring a layer of at least this many bits, and must not show the password.
    Needed(u32),
}

/// What a step gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// This side is done; the other may not be.
    pub complete: bool,
    /// For the other side. None and empty are not the same.
    pub data: Option<Vec<u8>>,
}

/// What a client's step gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientStep {
    /// Answer these, in their order, and try again.
    Ask(Vec<Question>),
    Go(Step),
}

/// A client that logs in.
pub struct Client {
    connection: Connection,
    /// The mechanism that was chosen.
    mechanism: String,
}

/// A server that lets somebody in.
pub struct Server {
    connection: Connection,
    /// Somebody has been let in.
    complete: bool,
}

/// What both sides have agreed on: everything that goes over the connection passes it.
pub struct Layer {
    connection: Connection,
    room: usize,
}

impl Client {
    /// `kinds` are the questions that can be answered, as `virConnectCredentialType`.
    pub fn new(ends: Ends<'_>, kinds: &[i32], protection: Protection) -> Result<Self> {
        let known = |kind: &i32| KINDS.iter().find(|(_, known)| *known as i32 == *kind).map(|(id, _)| *id);
        let kinds: Vec<_> = kinds.iter().filter_map(known).collect();
        let mut connection = with_names(ends, |names| Connection::client(names, &kinds))?;
        protect(&mut connection, protection)?;
        Ok(Self { connection, mechanism: String::new() })
    }

    /// Begins by the best of the mechanisms that the server offers.
    pub fn start(&mut self, mechanisms: &str) -> Result<ClientStep> {
        let mechanisms = c_string(mechanisms, "a list of mechanisms")?;
        let (outcome, mechanism) = self.connection.client_start(&mechanisms);
        if let Some(mechanism) = mechanism {
            self.mechanism = mechanism;
        }
        self.step_of(outcome)
    }

    /// The mechanism that was chosen at the start.
    pub fn mechanism(&self) -> &str {
        &self.mechanism
    }

    pub fn step(&mut self, data: Option<&[u8]>) -> Result<ClientStep> {
        let outcome = self.connection.client_step(data);
        self.step_of(outcome)
    }

    /// Answers the questions that came last, in their order.
    pub fn answer(&mut self, answers: Vec<Option<Vec<u8>>>) {
        self.connection.answer(answers);
    }

    fn step_of(&self, outcome: Outcome) -> Result<ClientStep> {
        if outcome.0 == library::INTERACT {
            return Ok(ClientStep::Ask(self.connection.questions()));
        }
        step(&self.connection, outcome).map(ClientStep::Go)
    }

    /// How strong the layer is that was agreed on.
    pub fn ssf(&self) -> Result<u32> {
        self.connection.ssf().map_err(refused)
    }

    pub fn into_layer(self) -> Result<Option<Layer>> {
        layer(self.connection)
    }
}

impl Server {
    pub fn new(ends: Ends<'_>, protection: Protection) -> Result<Self> {
        let mut connection = with_names(ends, Connection::server)?;
        protect(&mut connection, protection)?;
        Ok(Self { connection, complete: false })
    }

    /// The mechanisms that are configured and strong enough, with commas between them.
    pub fn mechanisms(&mut self) -> Result<String> {
        let list = self.connection.mechanisms().map_err(refused)?;
        if list.is_empty() {
            let detail = "SASL has no mechanism that is allowed here; /etc/sasl2/libvirt.conf and the installed \
                          libsasl2-modules say which there are";
            return Err(Error::internal(detail).domain(ErrorDomain::Auth));
        }
        Ok(list)
    }

    pub fn start(&mut self, mechanism: &str, data: Option<&[u8]>) -> Result<Step> {
        let mechanism = c_string(mechanism, "a mechanism's name")?;
        let outcome = self.connection.server_start(&mechanism, data);
        self.step_of(outcome)
    }

    pub fn step(&mut self, data: Option<&[u8]>) -> Result<Step> {
        let outcome = self.connection.server_step(data);
        self.step_of(outcome)
    }

    fn step_of(&mut self, outcome: Outcome) -> Result<Step> {
        let step = step(&self.connection, outcome)?;
        self.complete = step.complete;
        Ok(step)
    }

    /// Who has logged in; the library would also name who only says so.
    pub fn username(&self) -> Result<String> {
        if !self.complete {
            return Err(failed("nobody has logged in yet".into()));
        }
        let name = self.connection.username().map_err(refused)?;
        name.ok_or_else(|| failed("the client logged in without a name".into()))
    }

    /// How strong the layer is that was agreed on.
    pub fn ssf(&self) -> Result<u32> {
        self.connection.ssf().map_err(refused)
    }

    pub fn into_layer(self) -> Result<Option<Layer>> {
        layer(self.connection)
    }
}

impl Codec for Layer {
    fn room(&self) -> usize {
        self.room
    }

    fn encode(&mut self, plain: &[u8]) -> Result<Vec<u8>> {
        self.connection.encode(plain).map_err(refused)
    }

    fn decode(&mut self, coded: &[u8]) -> Result<Vec<u8>> {
        self.connection.decode(coded).map_err(refused)
    }
}

fn with_names(
    ends: Ends<'_>,
    make: impl FnOnce(&Names<'_>) -> std::result::Result<Connection, Failure>,
) -> Result<Connection> {
    let host = ends.host.map(|host| c_string(host, "a host's name")).transpose()?;
    let address = |address: SocketAddr| CString::new(format!("{};{}", address.ip(), address.port()));
    let local = ends.local.and_then(|local| address(local).ok());
    let remote = ends.remote.and_then(|remote| address(remote).ok());
    let names =
        Names { service: SERVICE, host: host.as_deref(), local: local.as_deref(), remote: remote.as_deref() };
    make(&names).map_err(refused)
}

fn protect(connection: &mut Connection, protection: Protection) -> Result<()> {
    match protection {
        Protection::Below(ssf) => {
            if ssf > 0 {
                connection.set_external_ssf(ssf).map_err(refused)?;
            }
            connection.set_security((0, 0), MAX_BUFFER, 0)
        }
        Protection::Needed(least) => {
            connection.set_security((least, MAX_SSF), MAX_BUFFER, NO_ANONYMOUS | NO_PLAINTEXT)
        }
    }
    .map_err(refused)
}

fn step(connection: &Connection, (number, data): Outcome) -> Result<Step> {
    match number {
        library::OK => Ok(Step { complete: true, data }),
        library::CONTINUE => Ok(Step { complete: false, data }),
        other => Err(refused(connection.failure(other))),
    }
}

fn layer(connection: Connection) -> Result<Option<Layer>> {
    if connection.ssf().map_err(refused)? == 0 {
        return Ok(None);
    }
    let room = connection.max_output().map_err(refused)?;
    Ok(Some(Layer { connection, room: room.clamp(1, MAX_BUFFER) as usize }))
}

fn c_string(text: &str, what: &str) -> Result<CString> {
    CString::new(text).map_err(|_| failed(format!("{what} has a NUL in it")))
}

fn refused(failure: Failure) -> Error {
    failed(format!("SASL: {} ({})", failure.words, failure.number))
}

fn failed(detail: String) -> Error {
    Error::new(ErrorCode::AuthFailed, detail).domain(ErrorDomain::Auth)
}
