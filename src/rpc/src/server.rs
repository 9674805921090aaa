//! The server's half: from a message to its handler and back to a reply, over the rows of the tables.
//!
//! Sockets, workers and who a client is are the daemon's business; this says what order things are done in. A call's
//! arguments are not looked at before it is known that the client may make it.

use crate::frame::{Header, Message, MessageKind, OutgoingMessage, Status};
use crate::procedure::{Access, Fds, Kind, Lane, Object, Procedure, Row, Rule};
use crate::program::Program;
use crate::xdr::{Decoder, Xdr, wire_error};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::os::fd::OwnedFd;
use uuid::Uuid;

/// A client, as far as it decides what may be called.
pub trait Caller {
    /// Whether it came in by the read-only socket.
    fn is_read_only(&self) -> bool;
    /// Refuses what it may not call whatever the arguments are: because it has not logged in yet, say.
    fn admit(&self, row: &'static Row) -> Result<()>;
    /// Whether somebody has to be asked about each of its calls.
    fn is_controlled(&self) -> bool {
        false
    }
    /// Asks, for a caller that is controlled: `object` is what the call is about, or what it has found.
    fn permit(&self, row: &'static Row, rules: &[&'static Rule], object: Option<Object>) -> Result<()> {
        let _ = (row, rules, object);
        Ok(())
    }
}

/// What a handler is given beside the arguments.
pub struct Call<'a, C> {
    pub caller: &'a C,
    /// Streams that the call opens go by its serial number.
    pub header: Header,
    /// The descriptors that came along.
    pub fds: Vec<OwnedFd>,
}

/// Which procedures there are handlers for. One table serves all clients.
pub struct Dispatch<C> {
    handlers: HashMap<(Program, i32), Box<Handler<C>>>,
    /// The programs of which there are any.
    programs: Vec<Program>,
}

type Handler<C> = dyn Fn(&C, Message) -> Result<OutgoingMessage> + Send + Sync;

impl<C> Default for Dispatch<C> {
    fn default() -> Self {
        Self { handlers: HashMap::new(), programs: Vec::new() }
    }
}

impl<C: Caller + 'static> Dispatch<C> {
    pub fn new() -> Self {
        Self::default()
    }

    /// Has `handler` answer calls of procedure `P`.
    pub fn on<P: Procedure>(&mut self, handler: impl Fn(&C, P) -> Result<P::Reply> + Send + Sync + 'static) {
        self.on_call(move |call, arguments| Ok((handler(call.caller, arguments)?, Vec::new())));
    }

    /// Has `handler` answer calls of a procedure with descriptors, or one that opens a stream. What descriptors it
    /// returns go along with the reply.
    pub fn on_call<P: Procedure>(
        &mut self,
        handler: impl Fn(Call<'_, C>, P) -> Result<(P::Reply, Vec<OwnedFd>)> + Send + Sync + 'static,
    ) {
        let handle = move |caller: &C, mut message: Message| {
            check_fds(P::ROW, &message)?;
            let arguments: P = message.arguments()?;
            if caller.is_read_only() && !arguments.allowed_read_only() {
                return Err(denied(P::ROW));
            }
            let question = Question::of(caller, &arguments);
            question.ask_before(caller)?;
            let (header, fds) = (message.header, std::mem::take(&mut message.fds));
            let (reply, fds) = handler(Call { caller, header, fds }, arguments)?;
            question.ask_after(caller, &reply)?;
            let header = header.reply(Status::Ok);
            match fds.is_empty() {
                true => OutgoingMessage::new(header, &reply),
                false => OutgoingMessage::with_fds(header, &reply, fds),
            }
        };
        let key = (P::ROW.program, P::ROW.number);
        if !self.programs.contains(&P::ROW.program) {
            self.programs.push(P::ROW.program);
        }
        let earlier = self.handlers.insert(key, Box::new(handle));
        debug_assert!(earlier.is_none(), "{} has two handlers", P::ROW.name);
    }

    /// Which workers are to serve a call: those that nothing can keep busy, or the others.
    pub fn lane(&self, header: &Header) -> Lane {
        // What has no row is answered with an error, which takes no time.
        find(header).map_or(Lane::High, |row| row.lane)
    }

    /// Does what a call asks for; the reply comes back, whether it went well or not.
    pub fn answer(&self, caller: &C, message: Message) -> Result<OutgoingMessage> {
        let header = message.header;
        if !matches!(header.kind, MessageKind::Call | MessageKind::CallWithFds) {
            return Err(wire_error(format!("a message of kind {:?} is no call", header.kind)));
        }
        self.try_answer(caller, message).or_else(|err| OutgoingMessage::error(header, &err))
    }

    fn try_answer(&self, caller: &C, message: Message) -> Result<OutgoingMessage> {
        let row = find(&message.header)?;
        if !self.programs.contains(&row.program) {
            return Err(no_program(&message.header));
        }
        caller.admit(row)?;
        if caller.is_read_only() && row.access == Access::Write {
            return Err(denied(row));
        }
        match self.handlers.get(&(row.program, row.number)) {
            Some(handler) => handler(caller, message),
            None => Err(Error::no_support(row.name).domain(ErrorDomain::Rpc)),
        }
    }

    /// The calls of a program that nobody handles.
    pub fn missing(&self, program: Program) -> impl Iterator<Item = &'static Row> {
        let calls = program.rows().filter(|row| row.kind == Kind::Call);
        calls.filter(move |row| !self.handlers.contains_key(&(program, row.number)))
    }
}

/// What is to be asked about a call before its handler sees the arguments, or about the object that it has found.
struct Question<P> {
    rules: Vec<&'static Rule>,
    object: Option<Object>,
    /// A look-up changes nothing, and says nothing before it is known what was found.
    is_lookup: bool,
    _of: PhantomData<P>,
}

impl<P: Procedure> Question<P> {
    fn of(caller: &impl Caller, arguments: &P) -> Self {
        let (rules, object) = match caller.is_controlled() {
            true => (arguments.rules().collect(), arguments.object()),
            false => (Vec::new(), None),
        };
        let is_lookup = P::ROW.access == Access::Read && object.is_none() && P::Reply::NAMES_OBJECT;
        Self { rules, object, is_lookup, _of: PhantomData }
    }

    fn ask_before(&self, caller: &impl Caller) -> Result<()> {
        match self.rules.is_empty() || self.is_lookup {
            true => Ok(()),
            false => caller.permit(P::ROW, &self.rules, self.object.clone()),
        }
    }

    fn ask_after(&self, caller: &impl Caller, reply: &P::Reply) -> Result<()> {
        match !self.rules.is_empty() && self.is_lookup {
            true => caller.permit(P::ROW, &self.rules, reply.as_object()),
            false => Ok(()),
        }
    }
}

/// The row of what is called. Clients match on the words of the second error to tell that a daemon is older than they.
fn find(header: &Header) -> Result<&'static Row> {
    let program = Program::from_number(header.program).filter(|_| header.version == Program::VERSION);
    let program = program.ok_or_else(|| no_program(header))?;
    let row = program.row(header.procedure).filter(|row| row.kind == Kind::Call);
    row.ok_or_else(|| wire_error(format!("unknown procedure: {}", header.procedure)))
}

fn no_program(header: &Header) -> Error {
    wire_error(format!("cannot find program {} version {}", header.program, header.version))
}

/// The guest that a call is about. Only the place where its UUID would be is looked at: what it is used for is whom the
/// call may have to wait for, which nobody gains by lying about.
pub fn guest(message: &Message) -> Option<Uuid> {
    // A domain begins with its name; a snapshot and a checkpoint have their own before their domain.
    let names = match find(&message.header).ok()?.first {
        "dom" => 1,
        "snap" | "snapshot" | "checkpoint" => 2,
        _ => return None,
    };
    let mut input = Decoder::strict(&message.payload);
    for _ in 0..names {
        input.take_string().ok()?;
    }
    Uuid::decode(&mut input).ok()
}

fn denied(row: &Row) -> Error {
    let detail = format!("read only access prevents {}", row.name);
    Error::new(ErrorCode::OperationDenied, detail).domain(ErrorDomain::Rpc)
}

fn check_fds(row: &Row, message: &Message) -> Result<()> {
    match row.fds {
        Fds::Sends | Fds::Both => Ok(()),
        _ if message.fds.is_empty() => Ok(()),
        _ => Err(wire_error(format!("{} takes no descriptors, and {} came", row.name, message.fds.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::FrameReader;
    use crate::program::remote::{
        DomainGetXmlDesc, DomainRevertToSnapshot, DomainSuspend, NodeGetFreeMemory,
    };
    use ferrovirt_core::DomainId;
    use ferrovirt_core::abi::VIR_DOMAIN_XML_SECURE;
    use std::cell::Cell;

    struct Client {
        read_only: bool,
        admitted: bool,
        suspended: Cell<u32>,
    }

    impl Caller for Client {
        fn is_read_only(&self) -> bool {
            self.read_only
        }

        fn admit(&self, _: &'static Row) -> Result<()> {
            self.admitted.then_some(()).ok_or_else(|| Error::bare(ErrorCode::AuthFailed))
        }
    }

    fn client(read_only: bool) -> Client {
        Client { read_only, admitted: true, suspended: Cell::new(0) }
    }

    fn dispatch() -> Dispatch<Client> {
        let mut dispatch = Dispatch::new();
        dispatch.on(|client: &Client, _: DomainSuspend| {
            client.suspended.set(client.suspended.get() + 1);
            Ok(())
        });
        dispatch.on(|_: &Client, call: DomainGetXmlDesc| Ok(format!("<domain name='{}'/>", call.dom.name)));
        dispatch
    }

    fn received(message: OutgoingMessage) -> Message {
        let mut reader = FrameReader::new();
        reader.space()[..message.bytes().len()].copy_from_slice(message.bytes());
        reader.filled(message.bytes().len(), None).unwrap();
        reader.next_message().unwrap().unwrap()
    }

    fn ask<P: Procedure>(client: &Client, call: &P) -> Result<P::Reply> {
        let header = Header::call(P::ROW.program, P::ROW.number, 1);
        let message = received(OutgoingMessage::new(header, call).unwrap());
        received(dispatch().answer(client, message).unwrap()).reply()
    }

    fn domain() -> DomainId {
        DomainId { name: "web".into(), uuid: Uuid::nil(), id: 1 }
    }

    fn raw(program: u32, procedure: i32, payload: &[u8]) -> Error {
        let header = Header { program, ..Header::call(Program::Remote, procedure, 5) };
        let message = Message { header, payload: payload.to_vec(), fds: Vec::new() };
        let answer = received(dispatch().answer(&client(false), message).unwrap());
        assert_eq!((answer.header.kind, answer.header.serial), (MessageKind::Reply, 5));
        answer.reply::<()>().unwrap_err()
    }

    #[test]
    fn a_call_reaches_its_handler() {
        let client = client(false);
        ask(&client, &DomainSuspend { dom: domain() }).unwrap();
        assert_eq!(client.suspended.get(), 1);
        assert_eq!(
            ask(&client, &DomainGetXmlDesc { dom: domain(), flags: 0 }).unwrap(),
            "<domain name='web'/>"
        );
    }

    #[test]
    fn read_only_clients_read_and_see_no_secrets() {
        let client = client(true);
        assert!(ask(&client, &DomainGetXmlDesc { dom: domain(), flags: 0 }).is_ok());
        let secure = DomainGetXmlDesc { dom: domain(), flags: VIR_DOMAIN_XML_SECURE };
        assert_eq!(ask(&client, &secure).unwrap_err().code(), ErrorCode::OperationDenied);
        let err = ask(&client, &DomainSuspend { dom: domain() }).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationDenied);
        assert_eq!(client.suspended.get(), 0);
    }

    #[test]
    fn who_may_not_call_is_refused_before_the_arguments_are_read() {
        let header = Header::call(Program::Remote, DomainSuspend::ROW.number, 1);
        let garbage = || Message { header, payload: vec![0xff; 7], fds: Vec::new() };
        let code = |client: &Client| {
            let answer = dispatch().answer(client, garbage()).unwrap();
            received(answer).reply::<()>().unwrap_err().code()
        };
        let stranger = Client { admitted: false, ..client(false) };
        assert_eq!(code(&stranger), ErrorCode::AuthFailed);
        assert_eq!(code(&client(true)), ErrorCode::OperationDenied);
        assert_eq!(code(&client(false)), ErrorCode::Rpc);
    }

    #[test]
    fn what_is_not_known_is_said_in_the_words_that_clients_match_on() {
        let remote = Program::Remote as u32;
        assert_eq!(raw(remote, 4711, &[]).code(), ErrorCode::NoSupport);
        assert_eq!(raw(remote, 107, &[]).message(), "unknown procedure: 107", "events can't be called");
        assert_eq!(raw(1, 1, &[]).code(), ErrorCode::Rpc);
        assert_eq!(raw(Program::Admin as u32, 1, &[]).code(), ErrorCode::Rpc, "nobody serves that program");
        let err = ask(&client(false), &NodeGetFreeMemory {}).unwrap_err();
        assert_eq!(err.code(), ErrorCode::NoSupport);
    }

    #[test]
    fn the_guest_of_a_call_is_known_without_reading_its_arguments() {
        let of = |call: OutgoingMessage| guest(&received(call));
        let header = |number| Header::call(Program::Remote, number, 1);
        let dom = DomainId { uuid: Uuid::from_u128(7), ..domain() };
        let suspend = OutgoingMessage::new(header(34), &DomainSuspend { dom: dom.clone() }).unwrap();
        assert_eq!(of(suspend), Some(dom.uuid));
        let snap = ferrovirt_core::DomainSnapshotId { domain: dom.clone(), name: "before".into() };
        let revert = DomainRevertToSnapshot { snap, flags: 0 };
        assert_eq!(of(OutgoingMessage::new(header(192), &revert).unwrap()), Some(dom.uuid));
        assert_eq!(of(OutgoingMessage::new(header(102), &NodeGetFreeMemory {}).unwrap()), None);
        assert_eq!(of(OutgoingMessage::new(header(34), &7u32).unwrap()), None);
    }

    #[test]
    fn what_has_no_handler_can_be_listed() {
        let dispatch = dispatch();
        let missing: Vec<_> = dispatch.missing(Program::Remote).map(|row| row.name).collect();
        assert_eq!(missing.len(), 454 - 53 - 2);
        assert!(!missing.contains(&"DomainSuspend") && missing.contains(&"NodeGetFreeMemory"));
    }

    #[test]
    fn descriptors_are_taken_only_where_the_row_says_so() {
        let call = DomainSuspend { dom: domain() };
        let mut payload = crate::xdr::Encoder::new();
        call.encode(&mut payload).unwrap();
        let fd = std::fs::File::open("/dev/null").unwrap().into();
        let header = Header::call(Program::Remote, DomainSuspend::ROW.number, 1);
        let message = Message { header, payload: payload.into_bytes(), fds: vec![fd] };
        let client = client(false);
        let answer = received(dispatch().answer(&client, message).unwrap());
        assert_eq!(answer.reply::<()>().unwrap_err().code(), ErrorCode::Rpc);
        assert_eq!(client.suspended.get(), 0);
    }
}
