//! A bounded run of every target with fixed seeds: a minute in all on a slow machine.

use ferrovirt_fuzz::{daemon, run_one, targets};

/// How many mutations a target gets; domains take the most time and have the most to read.
const MUTATIONS: u64 = 1500;

#[test]
fn no_target_fails() {
    for target in targets() {
        assert!(!target.seeds.is_empty(), "there are no documents of the kind '{}'", target.name);
        (0..MUTATIONS).for_each(|number| run_one(&target, number));
    }
}

#[test]
fn documents_are_fixed_points() {
    for target in targets() {
        target.seeds.iter().for_each(|seed| (target.run)(seed));
    }
}

#[test]
fn a_daemon_survives_its_clients() {
    for target in daemon::targets() {
        target.seeds.iter().for_each(|seed| (target.run)(seed));
        (0..MUTATIONS).for_each(|number| run_one(&target, number));
    }
    daemon::clean_up();
}
