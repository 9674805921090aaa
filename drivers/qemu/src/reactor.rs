//! The driver's one thread for everything that waits on guests: a tokio runtime, started when it is first needed.
//!
//! Driver methods block, so they hand their asynchronous part to [`Reactor::call`] and wait for its result.

use std::future::Future;
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_host::process::{ExitStatus, Process, SignalsBlocked};
use parking_lot::Mutex;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A runtime on a thread of its own, shared by all guests of a driver.
///
/// Making one does nothing: programs fork after loading us, so the thread starts with the first call.
/// Dropping it drops all tasks, wakes all callers with an error and ends the thread.
#[derive(Debug)]
pub struct Reactor {
    name: &'static str,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    handle: Handle,
    thread: JoinHandle<()>,
    /// Dropping it ends the thread.
    stop: oneshot::Sender<()>,
    /// The process that started the thread; a fork of it has the memory but not the thread.
    process: u32,
}

impl Reactor {
    /// A reactor whose thread will have this name; the kernel shows the first 15 bytes of it.
    pub const fn new(name: &'static str) -> Self {
        Self { name, running: Mutex::new(None) }
    }

    /// The runtime, to spawn tasks on; starts the thread if need be.
    pub fn handle(&self) -> Result<Handle> {
        let mut running = self.running.lock();
        match &*running {
            Some(running) if running.process == std::process::id() => Ok(running.handle.clone()),
            Some(_) => Err(Error::operation_invalid(
                "this process was forked from one that has the QEMU driver open; open a connection of its own",
            )),
            None => Ok(running.insert(self.start()?).handle.clone()),
        }
    }

    /// Whether the thread has been started.
    pub fn is_running(&self) -> bool {
        self.running.lock().is_some()
    }

    /// Runs `work` on the reactor and waits for its result.
    ///
    /// Fails when called from the reactor itself, which would wait for itself, and when the reactor stops meanwhile.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let handle = self.handle()?;
        if self.is_this_thread() {
            return Err(Error::internal("a blocking call was made from the reactor's own thread"));
        }
        let (tell, told) = mpsc::sync_channel(1);
        // A panic in `work` drops `tell`, and so ends our waiting as well.
        handle.spawn(async move {
            let _ = tell.send(work.await);
        });
        told.recv().unwrap_or_else(|_| {
            Err(Error::new(
                ErrorCode::OperationAborted,
                "the QEMU driver was closed while the call was under way",
            ))
        })
    }

    /// As [`Reactor::call`], but gives up after `limit`; `what` says in the error what was not finished.
    ///
    /// The work is dropped then, so it must leave nothing half done when it is.
    pub fn call_within<T: Send + 'static>(
        &self,
        limit: Duration,
        what: &str,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let what = what.to_string();
        self.call(async move {
            tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
                Err(Error::new(
                    ErrorCode::OperationTimeout,
                    format!("{what} was not finished within {limit:?}"),
                ))
            })
        })
    }

    fn start(&self) -> Result<Running> {
        let failed = |e| Error::system(e, format_args!("cannot start the thread '{}'", self.name));
        let runtime = Builder::new_current_thread().enable_io().enable_time().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        // The application's signal handlers are to run on its threads, not on ours.
        let blocked = SignalsBlocked::new();
        let thread = std::thread::Builder::new().name(self.name.into()).spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        drop(blocked);
        Ok(Running { handle, thread: thread.map_err(failed)?, stop, process: std::process::id() })
    }

    fn is_this_thread(&self) -> bool {
        let here: ThreadId = std::thread::current().id();
        self.running.lock().as_ref().is_some_and(|running| running.thread.thread().id() == here)
    }
}

/// Waits on the reactor for the end of a process, and reaps it if it is our child.
pub async fn ended(process: &Process) -> Result<ExitStatus> {
    let failed = |e| Error::system(e, format_args!("cannot watch process {}", process.pid()));
    // What tokio holds against this call is a number that may be closed meanwhile. A process owns its descriptor and
    // is borrowed for as long as this runs; the call that replaces it needs `unsafe`, which this crate forbids.
    #[allow(deprecated)]
    let watched = AsyncFd::with_interest(process.as_fd(), Interest::READABLE).map_err(failed)?;
    loop {
        let mut ready = watched.readable().await.map_err(failed)?;
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        ready.clear_ready();
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        let Some(running) = self.running.get_mut().take() else {
            return;
        };
        drop(running.stop);
        // Work that held the last reference can't wait for the thread: it is on it, or on one of those for work that blocks,
        // which the thread itself waits for. And a fork has no thread to wait for.
        let inside = Handle::try_current().is_ok_and(|current| current.id() == running.handle.id());
        if !inside && running.process == std::process::id() && running.thread.join().is_err() {
            tracing::error!(thread = self.name, "the reactor's thread had panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn nothing_runs_before_the_first_call() {
        let reactor = Reactor::new("qemu-test");
        assert!(!reactor.is_running());
        assert_eq!(reactor.call(async { Ok(6 * 7) }).expect("called"), 42);
        assert!(reactor.is_running());
        let name = reactor.call(async { Ok(std::thread::current().name().map(str::to_string)) });
        assert_eq!(name.expect("called").as_deref(), Some("qemu-test"));
    }

    #[test]
    fn a_deadline_ends_the_call_and_drops_the_work() {
        struct TellsWhenDropped(mpsc::Sender<()>);
        impl Drop for TellsWhenDropped {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let reactor = Reactor::new("qemu-test");
        let (tell, told) = mpsc::channel();
        let guard = TellsWhenDropped(tell);
        let work = async move {
            let _guard = guard;
            std::future::pending::<Result<()>>().await
        };
        let err = reactor.call_within(Duration::from_millis(10), "the thing", work).expect_err("never ends");
        assert_eq!(err.code(), ErrorCode::OperationTimeout);
        assert!(err.message().contains("the thing"), "{err}");
        told.recv_timeout(Duration::from_secs(120)).expect("dropped");
    }

    #[test]
    fn dropping_it_wakes_callers_and_ends_the_thread() {
        let reactor = Arc::new(Reactor::new("qemu-test"));
        let handle = reactor.handle().expect("started");
        let (entered, inside) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        // A waiter of the kind that `call` is, but one that does not keep the reactor alive.
        let (done, waiting) = mpsc::sync_channel::<()>(1);
        handle.spawn(async move {
            entered.send(()).expect("the test listens");
            std::future::pending::<()>().await;
            drop(done);
        });
        inside.recv().expect("the task runs");
        let waiter = std::thread::spawn(move || tell.send(waiting.recv().is_err()));
        drop(reactor);
        assert!(told.recv_timeout(Duration::from_secs(120)).expect("woken"), "the sender was dropped");
        waiter.join().expect("joined").expect("sent");
    }

    #[test]
    fn a_call_from_its_own_thread_is_refused() {
        let reactor = Arc::new(Reactor::new("qemu-test"));
        let inner = reactor.clone();
        let result =
            reactor.call(async move { Ok(inner.call(async { Ok(()) })) }).expect("the outer call works");
        assert_eq!(result.expect_err("it would never end").code(), ErrorCode::Internal);
    }

    #[test]
    fn the_last_reference_may_die_on_the_reactor() {
        let reactor = Arc::new(Reactor::new("qemu-test"));
        let handle = reactor.handle().expect("started");
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let inner = reactor.clone();
        handle.spawn(async move {
            gone.await.expect("told to go");
            drop(inner);
            tell.send(()).expect("the test listens");
        });
        drop(reactor);
        go.send(()).expect("the task waits");
        told.recv_timeout(Duration::from_secs(120)).expect("no thread waits for itself");
    }

    #[test]
    fn the_last_reference_may_die_in_work_that_blocks() {
        let reactor = Arc::new(Reactor::new("qemu-test"));
        let handle = reactor.handle().expect("started");
        let (go, gone) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let inner = reactor.clone();
        handle.spawn_blocking(move || {
            gone.recv().expect("told to go");
            drop(inner);
            tell.send(()).expect("the test listens");
        });
        drop(reactor);
        go.send(()).expect("the work waits");
        told.recv_timeout(Duration::from_secs(120)).expect("the threads do not wait for each other");
    }

    #[test]
    fn the_end_of_a_process_wakes_its_watcher() {
        let reactor = Reactor::new("qemu-test");
        let mut command = ferrovirt_host::process::Command::new("/bin/sh");
        let process = Arc::new(
            command.args(["-c", "read line; exit 5"]).stdin(pipe(&reactor)).spawn().expect("started"),
        );
        drop(command);
        let watched = process.clone();
        let status = reactor.call(async move { ended(&watched).await }).expect("watched");
        assert_eq!(status, ExitStatus::Exited(5));
        let again = reactor.call(async move { ended(&process).await }).expect("still known");
        assert_eq!(again, ExitStatus::Exited(5));
    }

    /// A pipe whose other end the reactor closes once its caller waits, so that the process outlives the call's start.
    fn pipe(reactor: &Reactor) -> std::os::fd::OwnedFd {
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).expect("a pipe");
        reactor.handle().expect("started").spawn(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            drop(write);
        });
        read
    }

    #[test]
    fn a_panic_in_the_work_is_an_error_for_the_caller() {
        let reactor = Reactor::new("qemu-test");
        let result: Result<()> = reactor.call(async { panic!("as tests do") });
        assert!(result.is_err());
        assert_eq!(reactor.call(async { Ok(1) }).expect("it still works"), 1);
    }
}
