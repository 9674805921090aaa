//! How often something was put right lately: someone who keeps undoing it is not fought without end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    since: Option<Instant>,
    count: u32,
}

impl Pace {
    const WINDOW: Duration = Duration::from_secs(1);
    const LIMIT: u32 = 50;

    /// Counts one repair; `Err` with the moment from which the next may be, if there were too many.
    pub fn step(&mut self, now: Instant) -> Result<(), Instant> {
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) >= Self::WINDOW {
            *self = Self { since: Some(now), count: 1 };
            return Ok(());
        }
        self.count += 1;
        if self.count > Self::LIMIT { Err(since + Self::WINDOW) } else { Ok(()) }
    }
}

/// Takes out of `postponed` what may be done again at `now`.
pub(crate) fn take_due<K: Ord + Clone>(postponed: &mut BTreeMap<K, Instant>, now: Instant) -> Vec<K> {
    let due: Vec<K> = postponed.iter().filter(|(_, at)| **at <= now).map(|(key, _)| key.clone()).collect();
    for key in &due {
        postponed.remove(key);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_undoing_is_not_fought_without_end() {
        let mut pace = Pace::default();
        let start = Instant::now();
        let refused = (0..100).filter(|_| pace.step(start).is_err()).count();
        assert_eq!(refused, 50);
        pace.step(start + Pace::WINDOW).unwrap();
    }
}
