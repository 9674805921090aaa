//! Domain events in C's form: which function type each kind has, and what it is told.

use super::call_out::call_out;
use super::callback::{Callback, lend};
use super::event_callback::event_listener;
use super::typed_params::HeapParams;
use ferrovirt::event::{DomainEventKind, Event, GraphicsAddress};
use ferrovirt::{Connection, Listener, TypedParams};
use ferrovirt_core::abi::{self, virConnectPtr, virDomainPtr, virTypedParameterPtr};
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

/// What every callback for domain events is cast to.
pub type DomainEventFunction = unsafe extern "C" fn(virConnectPtr, virDomainPtr, *mut c_void);

/// A listener that tells a C function of the events with this id (`virDomainEventID`).
pub fn domain_listener(
    connection: &Connection,
    callback: Callback<DomainEventFunction>,
    event_id: i32,
) -> Listener {
    event_listener(connection, callback, move |function, opaque, connection, event| {
        let Event::Domain(event) = event else { return };
        let domain = connection.domain_with_id(event.domain.clone());
        lend(connection, |conn| {
            lend(&domain, |dom| Call { function, opaque, conn, dom }.tell(event_id, &event.kind))
        });
    })
}

/// The callback of `virConnectDomainEventRegister` as the general one that stands for it.
pub fn lifecycle_callback(
    callback: abi::virConnectDomainEventCallback,
) -> abi::virConnectDomainEventGenericCallback {
    // SAFETY: both are NULL or a function's address; it is cast back before it is called.
    unsafe { std::mem::transmute(callback) }
}

struct Call {
    function: DomainEventFunction,
    opaque: *mut c_void,
    conn: virConnectPtr,
    dom: virDomainPtr,
}

/// `call!(call, type, arguments)`: casts the function to what this event's callbacks are, and calls it.
macro_rules! call {
    ($call:ident, $type:ident $(, $argument:expr)*) => {{
        // SAFETY: the application registered the function for an event id whose callbacks have this type, cast to
        // the general one as the API asks for.
        let function = unsafe { std::mem::transmute::<DomainEventFunction, abi::$type>($call.function) };
        if let Some(function) = function {
            // SAFETY: handles and arguments are valid for the length of the call, `opaque` is what came with it.
            call_out(|| unsafe { function($call.conn, $call.dom $(, $argument)*, $call.opaque) });
        }
    }};
}

impl Call {
    /// The table: one row a kind of event. `event_id` matters where a kind has two.
    fn tell(self, event_id: i32, kind: &DomainEventKind) {
        use DomainEventKind as Kind;
        match kind {
            Kind::Lifecycle { event, detail } => call!(self, virConnectDomainEventCallback, *event, *detail),
            Kind::Reboot | Kind::ControlError => call!(self, virConnectDomainEventGenericCallback),
            Kind::RtcChange { utc_offset } => {
                call!(self, virConnectDomainEventRTCChangeCallback, *utc_offset)
            }
            Kind::Watchdog { action } => call!(self, virConnectDomainEventWatchdogCallback, *action),
            Kind::IoError { source, alias, action, reason } => {
                let (source, alias, reason) = (Text::new(source), Text::new(alias), Text::new(reason));
                if event_id == abi::VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON as i32 {
                    let (source, alias, reason) = (source.pointer(), alias.pointer(), reason.pointer());
                    call!(self, virConnectDomainEventIOErrorReasonCallback, source, alias, *action, reason);
                } else {
                    call!(
                        self,
                        virConnectDomainEventIOErrorCallback,
                        source.pointer(),
                        alias.pointer(),
                        *action
                    );
                }
            }
            Kind::Graphics { phase, local, remote, auth_scheme, subject } => {
                self.graphics(*phase, local, remote, auth_scheme, subject);
            }
            Kind::BlockJob { path, target, kind, status } => {
                let by_target = event_id == abi::VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2 as i32;
                let disk = Text::new(if by_target { target } else { path });
                call!(self, virConnectDomainEventBlockJobCallback, disk.pointer(), *kind, *status);
            }
            Kind::DiskChange { old_source, new_source, alias, reason } => {
                let (old, new) = (Text::opt(old_source.as_deref()), Text::opt(new_source.as_deref()));
                let alias = Text::new(alias);
                let (old, new, alias) = (old.pointer(), new.pointer(), alias.pointer());
                call!(self, virConnectDomainEventDiskChangeCallback, old, new, alias, *reason);
            }
            Kind::TrayChange { alias, reason } => {
                call!(self, virConnectDomainEventTrayChangeCallback, Text::new(alias).pointer(), *reason);
            }
            Kind::PmWakeup { reason } => call!(self, virConnectDomainEventPMWakeupCallback, *reason),
            Kind::PmSuspend { reason } => call!(self, virConnectDomainEventPMSuspendCallback, *reason),
            Kind::PmSuspendDisk { reason } => {
                call!(self, virConnectDomainEventPMSuspendDiskCallback, *reason)
            }
            Kind::BalloonChange { actual } => {
                call!(self, virConnectDomainEventBalloonChangeCallback, *actual)
            }
            Kind::DeviceRemoved { alias } => {
                call!(self, virConnectDomainEventDeviceRemovedCallback, Text::new(alias).pointer());
            }
            Kind::DeviceAdded { alias } => {
                call!(self, virConnectDomainEventDeviceAddedCallback, Text::new(alias).pointer());
            }
            Kind::DeviceRemovalFailed { alias } => {
                call!(self, virConnectDomainEventDeviceRemovalFailedCallback, Text::new(alias).pointer());
            }
            Kind::Tunable { params } => with_params(params, |params, count| {
                call!(self, virConnectDomainEventTunableCallback, params, count);
            }),
            Kind::JobCompleted { params } => with_params(params, |params, count| {
                call!(self, virConnectDomainEventJobCompletedCallback, params, count);
            }),
            Kind::AgentLifecycle { state, reason } => {
                call!(self, virConnectDomainEventAgentLifecycleCallback, *state, *reason);
            }
            Kind::MigrationIteration { iteration } => {
                call!(self, virConnectDomainEventMigrationIterationCallback, *iteration);
            }
            Kind::MetadataChange { kind, uri } => {
                let uri = Text::opt(uri.as_deref());
                call!(self, virConnectDomainEventMetadataChangeCallback, *kind, uri.pointer());
            }
            Kind::BlockThreshold { device, path, threshold, excess } => {
                let (device, path) = (Text::new(device), Text::opt(path.as_deref()));
                let (device, path) = (device.pointer(), path.pointer());
                call!(self, virConnectDomainEventBlockThresholdCallback, device, path, *threshold, *excess);
            }
            Kind::MemoryFailure { recipient, action, flags } => {
                call!(self, virConnectDomainEventMemoryFailureCallback, *recipient, *action, *flags);
            }
            Kind::MemoryDeviceSizeChange { alias, size } => {
                let alias = Text::new(alias);
                call!(self, virConnectDomainEventMemoryDeviceSizeChangeCallback, alias.pointer(), *size);
            }
            Kind::NicMacChange { alias, old_mac, new_mac } => {
                let (alias, old, new) = (Text::new(alias), Text::new(old_mac), Text::new(new_mac));
                let (alias, old, new) = (alias.pointer(), old.pointer(), new.pointer());
                call!(self, virConnectDomainEventNICMACChangeCallback, alias, old, new);
            }
        }
    }

    fn graphics(
        &self,
        phase: i32,
        local: &GraphicsAddress,
        remote: &GraphicsAddress,
        auth_scheme: &str,
        subject: &[(String, String)],
    ) {
        let (local, remote, auth_scheme) =
            (Address::new(local), Address::new(remote), Text::new(auth_scheme));
        let texts: Vec<_> = subject.iter().map(|(kind, name)| (Text::new(kind), Text::new(name))).collect();
        let identity = |(kind, name): &(Text, Text)| abi::virDomainEventGraphicsSubjectIdentity {
            r#type: kind.pointer().cast_mut(),
            name: name.pointer().cast_mut(),
        };
        let mut identities: Vec<_> = texts.iter().map(identity).collect();
        let subject = abi::virDomainEventGraphicsSubject {
            nidentity: c_int::try_from(identities.len()).expect("the identities of one client fit a C int"),
            identities: if identities.is_empty() { ptr::null_mut() } else { identities.as_mut_ptr() },
        };
        let (local, remote) = (local.in_c(), remote.in_c());
        let (local, remote, subject) =
            (ptr::from_ref(&local), ptr::from_ref(&remote), ptr::from_ref(&subject));
        let scheme = auth_scheme.pointer();
        call!(self, virConnectDomainEventGraphicsCallback, phase, local, remote, scheme, subject);
    }
}

fn with_params(params: &TypedParams, call: impl FnOnce(virTypedParameterPtr, c_int)) {
    match HeapParams::new(params) {
        Ok(heap) => {
            let (start, count) = heap.parts();
            call(start, count);
        }
        Err(err) => tracing::error!(%err, "a domain event is lost: its parameters have no form in C"),
    }
}

/// A string for the length of a call, or NULL.
struct Text(Option<CString>);

impl Text {
    fn new(text: &str) -> Self {
        let bytes: Vec<u8> = text.bytes().take_while(|byte| *byte != 0).collect();
        Self(Some(CString::new(bytes).expect("cut at the first NUL")))
    }

    fn opt(text: Option<&str>) -> Self {
        text.map_or(Self(None), Self::new)
    }

    fn pointer(&self) -> *const c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr())
    }
}

struct Address {
    family: i32,
    node: Text,
    service: Text,
}

impl Address {
    fn new(address: &GraphicsAddress) -> Self {
        let (node, service) = (Text::opt(address.node.as_deref()), Text::opt(address.service.as_deref()));
        Self { family: address.family, node, service }
    }

    /// Points into this value.
    fn in_c(&self) -> abi::virDomainEventGraphicsAddress {
        abi::virDomainEventGraphicsAddress {
            family: self.family,
            node: self.node.pointer().cast_mut(),
            service: self.service.pointer().cast_mut(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;
    use std::sync::Mutex;

    /// What the callbacks below write down, for one test at a time: the pointer to it is their `opaque`.
    type Notes = Mutex<Vec<String>>;

    fn note(opaque: *mut c_void, line: String) {
        // SAFETY: the tests pass a pointer to notes that outlive the call.
        unsafe { &*opaque.cast::<Notes>() }.lock().unwrap().push(line);
    }

    fn shown(text: *const c_char) -> String {
        if text.is_null() {
            return "-".into();
        }
        // SAFETY: a string of the event, which lives for the call.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }

    fn tell(function: DomainEventFunction, event_id: u32, kind: &DomainEventKind) -> Vec<String> {
        let notes = Notes::default();
        let opaque = ptr::from_ref(&notes).cast_mut().cast();
        let call = Call { function, opaque, conn: ptr::null_mut(), dom: ptr::null_mut() };
        call.tell(event_id as c_int, kind);
        notes.into_inner().unwrap()
    }

    macro_rules! general {
        ($function:ident as $type:ident) => {{
            // SAFETY: cast back by the table before it is called, which is what these tests are about.
            unsafe { std::mem::transmute::<abi::$type, DomainEventFunction>(Some($function)) }
        }};
    }

    unsafe extern "C" fn on_block_job(
        _: virConnectPtr,
        _: virDomainPtr,
        disk: *const c_char,
        kind: c_int,
        status: c_int,
        opaque: *mut c_void,
    ) {
        note(opaque, format!("{} {kind} {status}", shown(disk)));
    }

    #[test]
    fn a_block_job_is_told_by_path_or_by_target() {
        let kind =
            DomainEventKind::BlockJob { path: "/img".into(), target: "vda".into(), kind: 2, status: 3 };
        let function = general!(on_block_job as virConnectDomainEventBlockJobCallback);
        assert_eq!(tell(function, abi::VIR_DOMAIN_EVENT_ID_BLOCK_JOB, &kind), ["/img 2 3"]);
        assert_eq!(tell(function, abi::VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, &kind), ["vda 2 3"]);
    }

    unsafe extern "C" fn on_disk_change(
        _: virConnectPtr,
        _: virDomainPtr,
        old: *const c_char,
        new: *const c_char,
        alias: *const c_char,
        reason: c_int,
        opaque: *mut c_void,
    ) {
        note(opaque, format!("{} {} {} {reason}", shown(old), shown(new), shown(alias)));
    }

    #[test]
    fn a_missing_string_is_null() {
        let kind = DomainEventKind::DiskChange {
            old_source: Some("/old".into()),
            new_source: None,
            alias: "ide0".into(),
            reason: 1,
        };
        let function = general!(on_disk_change as virConnectDomainEventDiskChangeCallback);
        assert_eq!(tell(function, abi::VIR_DOMAIN_EVENT_ID_DISK_CHANGE, &kind), ["/old - ide0 1"]);
    }

    unsafe extern "C" fn on_graphics(
        _: virConnectPtr,
        _: virDomainPtr,
        phase: c_int,
        local: *const abi::virDomainEventGraphicsAddress,
        remote: *const abi::virDomainEventGraphicsAddress,
        scheme: *const c_char,
        subject: *const abi::virDomainEventGraphicsSubject,
        opaque: *mut c_void,
    ) {
        // SAFETY: the event's structures live for the call, and there is one identity.
        let (local, remote, count, identity) =
            unsafe { (*local, *remote, (*subject).nidentity, *(*subject).identities) };
        note(opaque, format!("{phase} {} {}", shown(local.node), shown(remote.service)));
        note(
            opaque,
            format!("{} {count} {}={}", shown(scheme), shown(identity.r#type), shown(identity.name)),
        );
    }

    #[test]
    fn a_graphics_client_comes_with_its_addresses_and_identities() {
        let kind = DomainEventKind::Graphics {
            phase: 1,
            local: GraphicsAddress { family: 0, node: Some("::1".into()), service: None },
            remote: GraphicsAddress { family: 0, node: None, service: Some("5900".into()) },
            auth_scheme: "tls".into(),
            subject: vec![("x509dname".into(), "CN=me".into())],
        };
        let function = general!(on_graphics as virConnectDomainEventGraphicsCallback);
        let notes = tell(function, abi::VIR_DOMAIN_EVENT_ID_GRAPHICS, &kind);
        assert_eq!(notes, ["1 ::1 5900", "tls 1 x509dname=CN=me"]);
    }

    unsafe extern "C" fn on_tunable(
        _: virConnectPtr,
        _: virDomainPtr,
        params: virTypedParameterPtr,
        count: c_int,
        opaque: *mut c_void,
    ) {
        let params = super::super::typed_params::params(params, count).unwrap();
        note(opaque, format!("{:?}", params.iter().collect::<Vec<_>>()));
    }

    #[test]
    fn tunables_come_as_typed_parameters() {
        let mut params = TypedParams::new();
        params.add("cputune.cpu_shares", 512u64);
        let function = general!(on_tunable as virConnectDomainEventTunableCallback);
        let notes = tell(function, abi::VIR_DOMAIN_EVENT_ID_TUNABLE, &DomainEventKind::Tunable { params });
        assert_eq!(notes, [r#"[("cputune.cpu_shares", ULLong(512))]"#]);
    }
}
