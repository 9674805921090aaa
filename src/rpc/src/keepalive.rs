//! Signs of life: a probe and its answer, and when to give the other side up.

use crate::frame::{Header, OutgoingMessage};
use crate::program::Program;
use ferrovirt_core::Result;
use std::time::{Duration, Instant};

/// Asks whether the other side lives.
pub const PING: i32 = 1;
/// Says so.
pub const PONG: i32 = 2;

/// A probe or its answer.
pub fn message(procedure: i32) -> Result<OutgoingMessage> {
    OutgoingMessage::new(Header::message(Program::Keepalive, procedure), &())
}

/// Counts how long the other side has been silent.
#[derive(Debug)]
pub struct Keepalive {
    interval: Duration,
    count: u32,
    /// Probes that may still be sent without an answer.
    left: u32,
    /// When the other side was last heard of, or probed.
    since: Instant,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing, for so long.
    Wait(Duration),
    Probe,
    Dead,
}

impl Keepalive {
    /// Probes after `interval` of silence, and gives up after `count` probes without an answer.
    pub fn new(interval: Duration, count: u32, now: Instant) -> Self {
        Self { interval, count, left: count, since: now }
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Something came from the other side; whatever it was, it lives.
    pub fn heard(&mut self, now: Instant) {
        (self.left, self.since) = (self.count, now);
    }

    /// What is to be done; a probe counts as sent.
    pub fn check(&mut self, now: Instant) -> Verdict {
        let silent = now.saturating_duration_since(self.since);
        if silent < self.interval {
            return Verdict::Wait(self.interval - silent);
        }
        if self.left == 0 {
            return Verdict::Dead;
        }
        (self.left, self.since) = (self.left - 1, now);
        Verdict::Probe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_probed_and_then_given_up() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut keepalive = Keepalive::new(5 * second, 2, start);
        assert_eq!(keepalive.check(start + second), Verdict::Wait(4 * second));
        assert_eq!(keepalive.check(start + 5 * second), Verdict::Probe);
        assert_eq!(keepalive.check(start + 6 * second), Verdict::Wait(4 * second));
        assert_eq!(keepalive.check(start + 10 * second), Verdict::Probe);
        assert_eq!(keepalive.check(start + 15 * second), Verdict::Dead);
    }

    #[test]
    fn whatever_is_heard_starts_it_anew() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut keepalive = Keepalive::new(second, 1, start);
        assert_eq!(keepalive.check(start + second), Verdict::Probe);
        keepalive.heard(start + second);
        assert_eq!(keepalive.check(start + 2 * second), Verdict::Probe);
    }

    #[test]
    fn a_probe_has_these_bytes() {
        let bytes =
            [0, 0, 0, 28, 0x6b, 0x65, 0x65, 0x70, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(message(PING).unwrap().bytes(), bytes);
    }
}
