//! Logging in by SASL: the exchange with the daemon, and who answers what a mechanism asks.

use super::auth_file::AuthFile;
use super::failed;
use crate::target::Target;
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::Credential;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_rpc::client::Client;
use ferrovirt_rpc::frame::{Codec, Layered, Transport};
use ferrovirt_rpc::limits::AUTH_SASL_DATA_MAX;
use ferrovirt_rpc::program::remote::{AuthSaslInit, AuthSaslStart, AuthSaslStep};
use ferrovirt_rpc::xdr::CharBytes;
use ferrovirt_sasl::{Client as Sasl, ClientStep, Ends, MIN_SSF, Protection, Question, Step};
use rustix::net::{getpeername, getsockname};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Logs in, by `mechanism` if one is wanted; what goes over the connection afterwards passes the layer agreed on.
pub(super) fn log_in(
    client: &Client,
    target: &Target,
    transport: &Layered,
    mechanism: Option<&str>,
) -> Result<()> {
    let secure = transport.is_secure();
    let protection = match secure {
        true => Protection::Below(transport.key_bits()),
        false => Protection::Needed(MIN_SSF),
    };
    let (local, remote) = addresses(transport);
    let host = target.host.as_deref().unwrap_or("localhost");
    let mut answers = Answers::new(target)?;
    let mut sasl = Sasl::new(Ends { host: Some(host), local, remote }, &answers.kinds()?, protection)?;

    let offered = client.call(&AuthSaslInit {})?;
    let wanted = match mechanism {
        Some(wanted) if !offered.contains(wanted) => {
            return Err(failed(format!("the daemon has no SASL mechanism '{wanted}'; it has: {offered}")));
        }
        Some(wanted) => wanted.to_owned(),
        None => offered,
    };
    exchange(client, &mut sasl, &mut answers, &wanted)?;
    let ssf = sasl.ssf()?;
    if !secure && ssf < MIN_SSF {
        let detail = format!("the encryption that was agreed on has {ssf} bits, {MIN_SSF} are the least");
        return Err(failed(detail));
    }
    let codec = sasl.into_layer()?.map(|layer| Box::new(layer) as Box<dyn Codec>);
    transport.add_layer(codec, ssf >= MIN_SSF);
    Ok(())
}

/// Goes back and forth until both sides are done. Even if the daemon says that it is, our own side must be: that is
/// how it is told from somebody who only claims to be it.
fn exchange(client: &Client, sasl: &mut Sasl, answers: &mut Answers<'_>, mechanisms: &str) -> Result<()> {
    let mut ours = loop {
        match sasl.start(mechanisms)? {
            ClientStep::Ask(questions) => sasl.answer(answers.to(&questions)?),
            ClientStep::Go(step) => break step,
        }
    };
    let mech = sasl.mechanism().to_owned();
    let (nil, data) = to_wire(&ours)?;
    let reply = client.call(&AuthSaslStart { mech, nil, data })?;
    let mut theirs = from_wire(reply.complete, reply.nil, reply.data);
    while !(ours.complete && theirs.complete) {
        ours = next(sasl, answers, theirs.data.as_deref())?;
        if ours.complete && theirs.complete {
            break;
        }
        let (nil, data) = to_wire(&ours)?;
        let reply = client.call(&AuthSaslStep { nil, data })?;
        theirs = from_wire(reply.complete, reply.nil, reply.data);
    }
    Ok(())
}

fn next(sasl: &mut Sasl, answers: &mut Answers<'_>, data: Option<&[u8]>) -> Result<Step> {
    loop {
        match sasl.step(data)? {
            ClientStep::Ask(questions) => sasl.answer(answers.to(&questions)?),
            ClientStep::Go(step) => return Ok(step),
        }
    }
}

/// No data and empty data are not the same to mechanisms.
fn to_wire(step: &Step) -> Result<(i32, CharBytes<AUTH_SASL_DATA_MAX>)> {
    let data = step.data.clone().unwrap_or_default();
    if data.len() > AUTH_SASL_DATA_MAX {
        return Err(failed(format!("a login's data of {} bytes is too much for the protocol", data.len())));
    }
    Ok((step.data.is_none().into(), CharBytes(data)))
}

fn from_wire(complete: i32, nil: i32, data: CharBytes<AUTH_SASL_DATA_MAX>) -> Step {
    Step { complete: complete != 0, data: (nil == 0).then_some(data.0) }
}

/// Who answers: the file first, then the application.
struct Answers<'a> {
    target: &'a Target,
    file: AuthFile,
    /// How often was asked: a mechanism that is never content must not go on for ever.
    rounds: u32,
}

const ROUNDS_MAX: u32 = 16;

/// What the file can answer, and what it calls it.
const IN_FILE: [(u32, &str); 4] = [
    (VIR_CRED_USERNAME, "username"),
    (VIR_CRED_AUTHNAME, "authname"),
    (VIR_CRED_PASSPHRASE, "password"),
    (VIR_CRED_REALM, "realm"),
];

impl<'a> Answers<'a> {
    fn new(target: &'a Target) -> Result<Self> {
        let file = target.auth_file.as_deref().map(AuthFile::load).transpose()?;
        Ok(Self { target, file: file.unwrap_or_default(), rounds: 0 })
    }

    /// The kinds of question that somebody can answer: a mechanism may leave out those that nobody can.
    fn kinds(&self) -> Result<Vec<i32>> {
        let mut kinds = match &self.target.authenticator {
            Some(authenticator) => authenticator.kinds().to_vec(),
            None => Vec::new(),
        };
        for (kind, item) in IN_FILE {
            if !kinds.contains(&(kind as i32)) && self.in_file(item)?.is_some() {
                kinds.push(kind as i32);
            }
        }
        Ok(kinds)
    }

    fn in_file(&self, item: &str) -> Result<Option<&str>> {
        self.file.find(self.target.host.as_deref(), item)
    }

    fn to(&mut self, questions: &[Question]) -> Result<Vec<Option<Vec<u8>>>> {
        self.rounds += 1;
        if self.rounds > ROUNDS_MAX {
            return Err(failed("the login asks the same questions again and again".into()));
        }
        let mut answers =
            questions.iter().map(|question| self.kept_for(question)).collect::<Result<Vec<_>>>()?;
        let open: Vec<_> = (0..questions.len()).filter(|at| answers[*at].is_none()).collect();
        if open.is_empty() {
            return Ok(answers);
        }
        let authenticator = self.target.authenticator.as_ref().ok_or_else(|| {
            failed("the login has questions: open the connection with a callback that answers them, or keep the \
                    answers in 'auth.conf'".into())
        })?;
        let mut credentials: Vec<_> =
            open.iter().map(|at| credential(&questions[*at])).collect::<Result<_>>()?;
        authenticator.answer(&mut credentials).map_err(|err| {
            Error::new(ErrorCode::AuthFailed, format!("the login's questions were not answered: {err}"))
                .domain(ferrovirt_core::ErrorDomain::Remote)
                .caused_by(err)
        })?;
        for (at, credential) in open.into_iter().zip(credentials) {
            // A mechanism that gets no answer would ask for ever.
            answers[at] = Some(credential.answer.unwrap_or_default());
        }
        Ok(answers)
    }

    fn kept_for(&self, question: &Question) -> Result<Option<Vec<u8>>> {
        let kind = question.credential();
        let Some((_, item)) = IN_FILE.iter().find(|(known, _)| Some(*known as i32) == kind) else {
            return Ok(None);
        };
        Ok(self.in_file(item)?.map(|value| value.as_bytes().to_vec()))
    }
}

fn credential(question: &Question) -> Result<Credential> {
    let kind = question
        .credential()
        .ok_or_else(|| failed(format!("the login asks '{}', which nobody can answer", question.prompt)))?;
    Ok(Credential {
        kind,
        prompt: question.prompt.clone(),
        challenge: question.challenge.clone(),
        default: question.default.clone(),
        answer: None,
    })
}

/// Our end's and the daemon's address; a UNIX socket counts as one of this host.
fn addresses(transport: &Layered) -> (Option<SocketAddr>, Option<SocketAddr>) {
    let socket = transport.descriptor();
    let here = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let address = |any: rustix::net::SocketAddrAny| SocketAddr::try_from(any).unwrap_or(here);
    (getsockname(socket).ok().map(address), getpeername(socket).ok().flatten().map(address))
}
