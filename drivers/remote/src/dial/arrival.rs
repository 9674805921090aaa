//! Waiting for a daemon to come: its socket appears in a folder, of which the kernel tells.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

/// The first and the longest time without news after which it is worth trying all the same: a socket is there before
/// somebody listens at it, and ways over the network bring no news.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// The news of a folder.
pub(crate) struct Arrival {
    news: Option<OwnedFd>,
    pause: Duration,
}

impl Arrival {
    /// Has the kernel tell from now on of what is put beside `socket`.
    pub fn at(socket: Option<&Path>) -> Self {
        let news = socket.and_then(Path::parent).and_then(|folder| {
            let news = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
            let what = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ATTRIB;
            inotify::add_watch(&news, folder, what).ok()?;
            Some(news)
        });
        Self { news, pause: FIRST }
    }

    /// Returns when something has come, or after a while, which gets longer with each in vain; never later than `at_most`.
    pub fn wait(&mut self, at_most: Duration) {
        let mut watched: Vec<_> = self.news.iter().map(|news| PollFd::new(news, PollFlags::IN)).collect();
        let timeout = Timespec::try_from(self.pause.min(at_most)).ok();
        match poll(&mut watched, timeout.as_ref()) {
            Ok(1..) => self.pause = FIRST,
            _ => self.pause = (self.pause * 2).min(LONGEST),
        }
        if let Some(news) = &self.news {
            // What it was does not matter.
            while rustix::io::read(news, &mut [0; 4096]).is_ok_and(|count| count > 0) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_comes_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("sock");
        let mut arrival = Arrival { pause: Duration::from_secs(60), ..Arrival::at(Some(&socket)) };
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        arrival.wait(Duration::from_secs(60));
        assert_eq!(arrival.pause, FIRST);
    }

    #[test]
    fn without_news_the_waits_get_longer() {
        let mut arrival = Arrival::at(None);
        arrival.wait(Duration::ZERO);
        assert_eq!(arrival.pause, FIRST * 2);
    }
}
