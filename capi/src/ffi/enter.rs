//! Every C call, in one order: clear the last error, check handle and access, run, translate.

use super::handle::Handle;
use super::last_error;
use super::returns::CReturn;
use ferrovirt::{Connection, Error, ErrorDomain, Result};
use ferrovirt_core::driver::read_only_refusal;
use std::panic::{self, AssertUnwindSafe};

/// A call that only looks: read-only connections may make it.
pub fn inspect<H: Handle, T: CReturn, F: FnOnce(&H) -> Result<T>>(handle: *mut H::C, body: F) -> T::Raw {
    enter(handle, false, body)
}

/// The same where an error is the thread's last one and nobody is told of it.
pub fn inspect_untold<H: Handle, T: CReturn, F: FnOnce(&H) -> Result<T>>(
    handle: *mut H::C,
    body: F,
) -> T::Raw {
    last_error::clear();
    let caller = Caller::of::<F>();
    caller.log();
    let Some(object) = H::find(handle) else {
        return finish::<T>(caller, None, Err(H::invalid(caller.function())));
    };
    match guarded(|| body(&object)) {
        Ok(value) => value.into_raw(),
        Err(err) => {
            last_error::keep(&err.or_domain(caller.domain()));
            T::FAILED
        }
    }
}

/// The same where NULL is no error, but has an answer of its own.
pub fn inspect_or<H: Handle, T: CReturn, F: FnOnce(&H) -> Result<T>>(
    handle: *mut H::C,
    absent: T,
    body: F,
) -> T::Raw {
    if handle.is_null() { global(|| Ok(absent)) } else { inspect(handle, body) }
}

/// A call that changes something: refused on read-only connections.
pub fn modify<H: Handle, T: CReturn, F: FnOnce(&H) -> Result<T>>(handle: *mut H::C, body: F) -> T::Raw {
    enter(handle, true, body)
}

/// The same where wrong arguments are told before the missing right to write: `arguments` are read and judged first.
pub fn modify_with<H: Handle, A, T: CReturn, F: FnOnce(&H, A) -> Result<T>>(
    handle: *mut H::C,
    arguments: impl FnOnce() -> Result<A>,
    body: F,
) -> T::Raw {
    run(Caller::of::<F>(), handle, |caller, object| {
        let arguments = arguments()?;
        caller.permit_writing(object)?;
        body(object, arguments)
    })
}

/// A call without a handle.
pub fn global<T: CReturn, F: FnOnce() -> Result<T>>(body: F) -> T::Raw {
    last_error::clear();
    let caller = Caller::of::<F>();
    caller.log();
    finish(caller, None, guarded(body))
}

/// A call that can do without its handle: if it is one, its connection remembers the error.
pub fn global_beside<H: Handle, T: CReturn, F: FnOnce() -> Result<T>>(handle: *mut H::C, body: F) -> T::Raw {
    last_error::clear();
    let caller = Caller::of::<F>();
    caller.log();
    let object = H::find(handle);
    finish(caller, object.as_ref().and_then(H::connection), guarded(body))
}

fn enter<H: Handle, T: CReturn, F: FnOnce(&H) -> Result<T>>(
    handle: *mut H::C,
    writes: bool,
    body: F,
) -> T::Raw {
    run(Caller::of::<F>(), handle, |caller, object| {
        if writes {
            caller.permit_writing(object)?;
        }
        body(object)
    })
}

fn run<H: Handle, T: CReturn>(
    caller: Caller,
    handle: *mut H::C,
    body: impl FnOnce(Caller, &H) -> Result<T>,
) -> T::Raw {
    last_error::clear();
    caller.log();
    let Some(object) = H::find(handle) else {
        return finish::<T>(caller, None, Err(H::invalid(caller.function())));
    };
    let outcome = guarded(|| body(caller, &object));
    finish(caller, object.connection(), outcome)
}

/// Runs the body; a panic becomes an error.
fn guarded<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(Error::from_panic(&*payload)))
}

fn finish<T: CReturn>(caller: Caller, connection: Option<&Connection>, outcome: Result<T>) -> T::Raw {
    match outcome {
        Ok(value) => value.into_raw(),
        Err(err) => {
            last_error::raise(err.or_domain(caller.domain()), connection);
            T::FAILED
        }
    }
}

/// Which entry point is running: taken from the name of its closure, so that it is written only once, and taken
/// apart only for an error or the log.
///
/// It is called `ferrovirt_capi::api::domain::lifecycle::virDomainCreate::{{closure}}`.
#[derive(Clone, Copy)]
struct Caller(&'static str);

impl Caller {
    fn log(self) {
        tracing::debug!(target: "ferrovirt", "{}", self.function());
    }

    fn of<F>() -> Self {
        Self(std::any::type_name::<F>())
    }

    fn function(self) -> &'static str {
        self.0.rsplit("::").find(|part| part.starts_with("vir")).unwrap_or("?")
    }

    /// Refuses an object on a read-only connection.
    fn permit_writing<H: Handle>(self, object: &H) -> Result<()> {
        if !object.connection().is_some_and(Connection::is_read_only) {
            return Ok(());
        }
        Err(read_only_refusal(self.function()))
    }

    /// What libvirt's file of that entry point raises its own errors with.
    fn domain(self) -> ErrorDomain {
        let mut file = self.0.split("::api::").nth(1).unwrap_or("").split("::");
        match (file.next().unwrap_or(""), file.next().unwrap_or("")) {
            // Opening, versions: these stand in libvirt's own `libvirt.c`, the rest of the header elsewhere.
            ("host", "open") => ErrorDomain::None,
            ("domain" | "host", _) => ErrorDomain::Domain,
            ("domain_snapshot", _) => ErrorDomain::DomainSnapshot,
            ("domain_checkpoint", _) => ErrorDomain::DomainCheckpoint,
            ("network", _) => ErrorDomain::Network,
            ("storage", _) => ErrorDomain::Storage,
            ("interface", _) => ErrorDomain::Interface,
            ("nodedev", _) => ErrorDomain::Nodedev,
            ("nwfilter", _) => ErrorDomain::Nwfilter,
            ("secret", _) => ErrorDomain::Secret,
            ("stream", _) => ErrorDomain::Streams,
            ("event", _) => ErrorDomain::Event,
            ("admin", _) => ErrorDomain::Admin,
            _ => ErrorDomain::None,
        }
    }
}
