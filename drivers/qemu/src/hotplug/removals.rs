//! Who waits for a guest to let go of a device.

use parking_lot::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// What the guest did with the request to let a device go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Released,
    Refused,
}

/// The place for the one who waits: requests are made under the guest's job, so there is one at most.
#[derive(Debug, Default)]
pub struct Removals {
    waiting: Mutex<Option<Waiting>>,
    told: Condvar,
}

#[derive(Debug)]
struct Waiting {
    alias: String,
    answer: Option<Answer>,
}

/// A wait that has been announced, so that an answer that comes before it begins is not missed.
#[must_use = "nobody waits then"]
pub struct Expected<'a>(&'a Removals);

impl Removals {
    /// From now on, answers about `alias` are kept for the caller.
    pub fn expect(&self, alias: &str) -> Expected<'_> {
        *self.waiting.lock() = Some(Waiting { alias: alias.to_owned(), answer: None });
        Expected(self)
    }

    /// Passes an answer on to who waits for it; false if nobody does, or not any more.
    pub fn tell(&self, alias: &str, answer: Answer) -> bool {
        match &mut *self.waiting.lock() {
            Some(waiting) if waiting.alias == alias => {
                waiting.answer = Some(answer);
                self.told.notify_all();
                true
            }
            _ => false,
        }
    }

    /// The guest has ended: nobody will answer any more.
    pub fn give_up(&self) {
        *self.waiting.lock() = None;
        self.told.notify_all();
    }
}

impl Expected<'_> {
    /// The answer, or `None` if there is none within `patience`: then the next one is not for us any more.
    pub fn wait(self, patience: Duration) -> Option<Answer> {
        let deadline = Instant::now() + patience;
        let mut waiting = self.0.waiting.lock();
        while waiting.as_ref().is_some_and(|waiting| waiting.answer.is_none()) {
            if self.0.told.wait_until(&mut waiting, deadline).timed_out() {
                break;
            }
        }
        waiting.take().and_then(|waiting| waiting.answer)
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        *self.0.waiting.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_comes_early_is_kept_and_a_late_one_is_not_taken() {
        let removals = Removals::default();
        assert!(!removals.tell("net0", Answer::Released), "nobody waits");
        let expected = removals.expect("net0");
        assert!(!removals.tell("net1", Answer::Released), "for another device");
        assert!(removals.tell("net0", Answer::Refused));
        assert_eq!(expected.wait(Duration::ZERO), Some(Answer::Refused));
        assert_eq!(removals.expect("net0").wait(Duration::from_millis(1)), None);
        assert!(!removals.tell("net0", Answer::Released), "the wait is over");
    }

    #[test]
    fn whoever_waits_is_woken_by_the_answer_and_by_the_end() {
        let removals = Removals::default();
        std::thread::scope(|scope| {
            let expected = removals.expect("net0");
            let waiter = scope.spawn(move || expected.wait(Duration::from_secs(60)));
            assert!(removals.tell("net0", Answer::Released));
            assert_eq!(waiter.join().unwrap(), Some(Answer::Released));
            let expected = removals.expect("net0");
            let waiter = scope.spawn(move || expected.wait(Duration::from_secs(60)));
            removals.give_up();
            assert_eq!(waiter.join().unwrap(), None);
        });
    }
}
