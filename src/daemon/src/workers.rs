//! The workers: threads for calls that may have to wait, bounded in number, with a reserve for what must never wait.
//!
//! A worker starts when there is work for it and ends when there has been none for a while. A guest that does not
//! answer can hold up a part of the workers at most: its further calls wait their turn, those of others pass them.
//!
//! What only computes needs a processor and nothing else: more of it at a time than there are processors for would only
//! have all of it, and the reactor, wait for each other.

use parking_lot::{Condvar, Mutex};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many threads there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many stay once they have started.
    pub min: u32,
    pub max: u32,
    /// Further ones, which serve only what never waits for a guest.
    pub priority: u32,
}

/// What the workers are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub limits: Limits,
    pub running: u32,
    pub idle: u32,
    pub queued: usize,
}

/// Something to be done.
pub struct Task {
    /// It never waits for a guest.
    pub priority: bool,
    /// It waits for nobody at all.
    pub computes: bool,
    /// The guest that it may wait for.
    pub guest: Option<Uuid>,
    pub work: Box<dyn FnOnce() + Send>,
}

/// How long a worker waits for work before it ends.
const PATIENCE: Duration = Duration::from_secs(30);
/// For so long nothing may get done of what only computes, before the reserve is sent for.
const STUCK: Duration = Duration::from_millis(50);

/// The pool.
pub struct Workers(Mutex<State>, Condvar, Condvar);

struct State {
    name: &'static str,
    limits: Limits,
    queue: VecDeque<Task>,
    normal: Crew,
    reserve: Crew,
    /// How many workers are busy with each guest.
    busy: HashMap<Uuid, u32>,
    /// How many only compute, and how many may: some read a file meanwhile.
    computing: u32,
    most_computing: u32,
    /// When something was computed last.
    computed: Instant,
}

#[derive(Default)]
struct Crew {
    running: u32,
    idle: u32,
}

impl State {
    /// Of all workers, so many may be busy with one guest.
    fn most_for_one_guest(&self) -> u32 {
        (self.limits.max / 4).max(1)
    }

    fn may_run(&self, task: &Task, reserve: bool) -> bool {
        if task.computes && !reserve && self.computing >= self.most_computing {
            return false;
        }
        let busy = |guest| self.busy.get(&guest).copied().unwrap_or(0);
        task.guest.is_none_or(|guest| busy(guest) < self.most_for_one_guest())
    }

    fn take(&mut self, reserve: bool) -> Option<Task> {
        let wanted = |task: &Task| (!reserve || task.priority) && self.may_run(task, reserve);
        let at = self.queue.iter().position(wanted)?;
        let task = self.queue.remove(at)?;
        if let Some(guest) = task.guest {
            *self.busy.entry(guest).or_default() += 1;
        }
        if task.computes && !reserve {
            self.computing += 1;
        }
        Some(task)
    }

    fn done(&mut self, computes: bool, guest: Option<Uuid>, reserve: bool) {
        if computes {
            self.computing -= u32::from(!reserve);
            self.computed = Instant::now();
        }
        let Some(guest) = guest else { return };
        if let Some(busy) = self.busy.get_mut(&guest) {
            *busy -= 1;
            if *busy == 0 {
                self.busy.remove(&guest);
            }
        }
    }

    fn crew(&mut self, reserve: bool) -> &mut Crew {
        if reserve { &mut self.reserve } else { &mut self.normal }
    }

    fn has_too_many(&self, reserve: bool) -> bool {
        let (crew, most) = match reserve {
            true => (&self.reserve, self.limits.priority),
            false => (&self.normal, self.limits.max),
        };
        crew.running > most
    }
}

impl Workers {
    /// `name` is what the threads are called.
    pub fn new(name: &'static str, limits: Limits) -> Arc<Self> {
        let state = State {
            name,
            limits,
            queue: VecDeque::new(),
            normal: Crew::default(),
            reserve: Crew::default(),
            busy: HashMap::new(),
            computing: 0,
            most_computing: 2 * std::thread::available_parallelism().map_or(1, |count| count.get() as u32),
            computed: Instant::now(),
        };
        Arc::new(Self(Mutex::new(state), Condvar::new(), Condvar::new()))
    }

    /// Has a task done, in its turn.
    pub fn submit(self: &Arc<Self>, task: Task) {
        let mut state = self.0.lock();
        let (priority, runs_now) = (task.priority, state.may_run(&task, false));
        state.queue.push_back(task);
        if !runs_now {
            if priority && state.computed.elapsed() > STUCK {
                self.send_for_reserve(&mut state);
            }
            return;
        }
        let waiting = state.queue.iter().filter(|task| state.may_run(task, false)).count() as u32;
        if state.normal.idle >= waiting {
            self.1.notify_one();
        } else if state.normal.running < state.limits.max {
            self.start(&mut state, false);
        } else if state.normal.idle > 0 {
            self.1.notify_one();
        } else if priority {
            self.send_for_reserve(&mut state);
        }
    }

    fn send_for_reserve(self: &Arc<Self>, state: &mut State) {
        if state.reserve.idle > 0 {
            self.2.notify_one();
        } else if state.reserve.running < state.limits.priority {
            self.start(state, true);
        }
    }

    fn start(self: &Arc<Self>, state: &mut State, reserve: bool) {
        let workers = self.clone();
        let name = if reserve { format!("{}-prio", state.name) } else { state.name.to_owned() };
        match std::thread::Builder::new().name(name).spawn(move || workers.work(reserve)) {
            Ok(_) => state.crew(reserve).running += 1,
            // Those that there are will come to it.
            Err(err) => tracing::error!(%err, "a worker could not be started"),
        }
    }

    fn work(&self, reserve: bool) {
        let mut state = self.0.lock();
        loop {
            if state.has_too_many(reserve) {
                break;
            }
            if let Some(Task { computes, guest, work, .. }) = state.take(reserve) {
                drop(state);
                work();
                state = self.0.lock();
                state.done(computes, guest, reserve);
                continue;
            }
            state.crew(reserve).idle += 1;
            let condition = if reserve { &self.2 } else { &self.1 };
            let timed_out = condition.wait_for(&mut state, PATIENCE).timed_out();
            state.crew(reserve).idle -= 1;
            let most = if reserve { 0 } else { state.limits.min };
            if timed_out && state.queue.is_empty() && state.crew(reserve).running > most {
                break;
            }
        }
        state.crew(reserve).running -= 1;
        // What this one would have done next others do.
        self.1.notify_one();
    }

    /// Changes the limits; workers beyond them end when they are free.
    pub fn set_limits(self: &Arc<Self>, limits: Limits) {
        let mut state = self.0.lock();
        state.limits = limits;
        let more = (state.queue.len() as u32).min(limits.max.saturating_sub(state.normal.running));
        for _ in 0..more {
            self.start(&mut state, false);
        }
        drop(state);
        self.1.notify_all();
        self.2.notify_all();
    }

    pub fn load(&self) -> Load {
        let state = self.0.lock();
        Load {
            limits: state.limits,
            running: state.normal.running,
            idle: state.normal.idle,
            queued: state.queue.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    fn task(priority: bool, guest: Option<Uuid>, work: impl FnOnce() + Send + 'static) -> Task {
        Task { priority, computes: false, guest, work: Box::new(work) }
    }

    /// A task that says that it has begun and then waits to be let go.
    fn stuck(priority: bool, guest: Option<Uuid>) -> (Task, Receiver<()>, Sender<()>) {
        let (begun, has_begun) = channel();
        let (go, may_go) = channel::<()>();
        let work = move || {
            begun.send(()).unwrap();
            let _ = may_go.recv();
        };
        (task(priority, guest, work), has_begun, go)
    }

    #[test]
    fn what_never_waits_has_workers_of_its_own() {
        let workers = Workers::new("test", Limits { min: 0, max: 1, priority: 1 });
        let (first, begun, go) = stuck(false, None);
        workers.submit(first);
        begun.recv().unwrap();
        let (done, is_done) = channel();
        workers.submit(task(false, None, || {}));
        workers.submit(task(true, None, move || done.send(()).unwrap()));
        is_done.recv().unwrap();
        assert_eq!(workers.load().queued, 1);
        drop(go);
    }

    #[test]
    fn one_guest_holds_up_a_part_of_the_workers_at_most() {
        let workers = Workers::new("test", Limits { min: 0, max: 4, priority: 0 });
        let hung = Some(Uuid::from_u128(1));
        let (first, begun, go) = stuck(false, hung);
        workers.submit(first);
        begun.recv().unwrap();
        let (second, has_begun, go_too) = stuck(false, hung);
        workers.submit(second);
        let (done, is_done) = channel();
        workers.submit(task(false, Some(Uuid::from_u128(2)), move || done.send(()).unwrap()));
        is_done.recv().unwrap();
        assert!(has_begun.try_recv().is_err());
        drop(go);
        has_begun.recv().unwrap();
        drop(go_too);
    }

    #[test]
    fn what_only_computes_does_not_crowd_the_processors() {
        let workers = Workers::new("test", Limits { min: 0, max: 500, priority: 1 });
        let most = workers.0.lock().most_computing;
        let mut going = Vec::new();
        for _ in 0..most {
            let (busy, begun, go) = stuck(true, None);
            workers.submit(Task { computes: true, ..busy });
            begun.recv().unwrap();
            going.push(go);
        }
        workers.0.lock().computed = Instant::now() + Duration::from_secs(3600);
        let (last, has_begun, go) = stuck(true, None);
        workers.submit(Task { computes: true, ..last });
        assert!(has_begun.try_recv().is_err());
        // Other things have workers all the same, and the reserve comes where nothing gets done.
        let (done, is_done) = channel();
        workers.submit(task(false, None, move || done.send(()).unwrap()));
        is_done.recv().unwrap();
        workers.0.lock().computed = Instant::now() - 2 * STUCK;
        workers.submit(Task { computes: true, ..task(true, None, || {}) });
        has_begun.recv().unwrap();
        drop((go, going));
    }

    #[test]
    fn more_workers_come_when_they_are_allowed() {
        let workers = Workers::new("test", Limits { min: 0, max: 1, priority: 0 });
        let (first, begun, go) = stuck(false, None);
        workers.submit(first);
        begun.recv().unwrap();
        let (done, is_done) = channel();
        workers.submit(task(false, None, move || done.send(()).unwrap()));
        assert!(is_done.try_recv().is_err());
        workers.set_limits(Limits { min: 0, max: 2, priority: 0 });
        is_done.recv().unwrap();
        assert_eq!(workers.load().running, 2);
        drop(go);
    }
}
