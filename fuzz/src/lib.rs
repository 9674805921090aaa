//! Hostile input for whatever reads some: every reader is a [`Target`], fed with mutations of documents of our own.
//!
//! Mutations follow from a seed, so that a failure can be had again: tests run a bounded number of them, `cargo xtask
//! fuzz` as many as there is time for. A target fails by a panic, which names what it was given.
#![forbid(unsafe_code)]

mod corpus;
pub mod daemon;
mod frames;
mod mutate;
mod targets;

pub use corpus::corpus;
pub use mutate::{Random, mutate};
pub use targets::{Target, targets};

/// Feeds one target with the mutation of that number.
pub fn run_one(target: &Target, number: u64) {
    let mut random = Random::new(number);
    let seed = &target.seeds[random.below(target.seeds.len())];
    let other = &target.seeds[random.below(target.seeds.len())];
    let input = (target.mutate)(&mut random, seed, other);
    let tried = std::panic::catch_unwind(|| (target.run)(&input));
    if tried.is_err() {
        panic!("{}: mutation {number} makes it panic:\n{}", target.name, String::from_utf8_lossy(&input));
    }
}
