//! Which descriptor of ours becomes which number of the child's, without one overwriting another on the way.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use ferrovirt_core::{Error, Result};
use rustix::io::fcntl_dupfd_cloexec;

/// The pairs for the child, and the duplicates that must stay open until it has started.
pub(super) struct Placement {
    pub(super) pairs: Vec<(RawFd, RawFd)>,
    _moved: Vec<OwnedFd>,
}

/// Plans `wanted`, each `(descriptor, number in the child)`.
///
/// A descriptor that sits on a number which another one is to get is duplicated out of the way first.
pub(super) fn place(wanted: &[(Arc<OwnedFd>, RawFd)]) -> Result<Placement> {
    let mut targets: Vec<RawFd> = wanted.iter().map(|(_, number)| *number).collect();
    targets.sort_unstable();
    if let Some(twice) = targets.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::internal(format!(
            "two descriptors are to become number {} of the child",
            twice[0]
        )));
    }
    let above = targets.last().map_or(3, |last| last + 1);
    let mut placement = Placement { pairs: Vec::with_capacity(wanted.len()), _moved: Vec::new() };
    for (fd, number) in wanted {
        let ours = fd.as_raw_fd();
        if ours == *number || targets.binary_search(&ours).is_err() {
            placement.pairs.push((ours, *number));
            continue;
        }
        let moved = fcntl_dupfd_cloexec(fd.as_fd(), above)
            .map_err(|e| Error::system(e, format_args!("cannot duplicate descriptor {ours} for a child")))?;
        placement.pairs.push((moved.as_raw_fd(), *number));
        placement._moved.push(moved);
    }
    Ok(placement)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn null() -> Arc<OwnedFd> {
        Arc::new(std::fs::File::open("/dev/null").expect("/dev/null").into())
    }

    #[test]
    fn a_swap_goes_through_duplicates() {
        let (a, b) = (null(), null());
        let (na, nb) = (a.as_raw_fd(), b.as_raw_fd());
        let placement = place(&[(a, nb), (b, na)]).expect("a swap can be planned");
        for (ours, theirs) in &placement.pairs {
            assert_ne!(ours, theirs);
            assert!(![na, nb].contains(ours), "number {ours} would be overwritten before it is used");
        }
    }

    #[test]
    fn the_same_number_stays_and_a_free_one_is_used_as_it_is() {
        let (a, b) = (null(), null());
        let (na, nb) = (a.as_raw_fd(), b.as_raw_fd());
        let placement = place(&[(a, na), (b, 900)]).expect("planned");
        assert_eq!(placement.pairs, [(na, na), (nb, 900)]);
    }

    #[test]
    fn one_number_for_two_is_refused() {
        assert!(place(&[(null(), 900), (null(), 900)]).is_err());
    }
}
