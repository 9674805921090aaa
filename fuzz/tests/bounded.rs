//! A bounded run of every target with fixed seeds: a minute in all on a slow machine.

use ferrovirt_conf::documents::kind_named;
use ferrovirt_fuzz::{Source, Target, daemon, run_one, targets};

/// How many inputs a target gets.
const INPUTS: u64 = 6000;

/// How many clients a daemon gets.
const CONVERSATIONS: u64 = 1500;

/// How many of a hundred documents made up from a model must be accepted at least: where all are refused, nothing is
/// shown.
const ACCEPTED: u64 = 1;

#[test]
fn no_target_fails() {
    let (targets, next) = (targets(), std::sync::atomic::AtomicUsize::new(0));
    let work = || {
        let next = || next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        while let Some(target) = targets.get(next()) {
            run(target);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
}

fn run(target: &Target) {
    let accepted = (0..INPUTS).filter(|number| run_one(target, *number)).count() as u64;
    println!("{}: {accepted} of {INPUTS} accepted", target.name);
    if let Source::Model(_) = target.source {
        assert!(accepted * 100 >= INPUTS * ACCEPTED, "{}: only {accepted} are accepted", target.name);
    }
}

#[test]
fn documents_are_fixed_points() {
    for target in targets() {
        let Source::Mutations { seeds, .. } = &target.source else { continue };
        assert!(!seeds.is_empty(), "there are no documents of the kind '{}'", target.name);
        for seed in seeds {
            let (accepted, is_document) = ((target.run)(seed), kind_named(&target.name).is_some());
            assert!(accepted || !is_document, "{}: a document of our own is refused", target.name);
        }
    }
}

#[test]
fn a_daemon_survives_its_clients() {
    for target in daemon::targets() {
        if let Source::Mutations { seeds, .. } = &target.source {
            assert!(seeds.iter().all(|seed| (target.run)(seed)));
        }
        (0..CONVERSATIONS).for_each(|number| {
            run_one(&target, number);
        });
    }
    daemon::clean_up();
}
