//! Hostile input for whatever reads some: every reader is a [`Target`], fed with mutations of documents of our own, or
//! with documents made up from what its model allows.
//!
//! The inputs follow from a seed, so that a failure can be had again: tests run a bounded number of them, `cargo xtask
//! fuzz` as many as there is time for. A target fails by a panic, which names what it was given.
#![forbid(unsafe_code)]

mod corpus;
pub mod daemon;
mod frames;
mod generate;
mod mutate;
mod targets;

pub use corpus::corpus;
pub use generate::{Model, generate};
pub use mutate::{Random, mutate};
pub use targets::{Source, Target, targets};

/// Feeds one target with the input of that number; whether it was accepted comes back.
pub fn run_one(target: &Target, number: u64) -> bool {
    let mut random = Random::new(number);
    let input = match &target.source {
        Source::Mutations { seeds, mutate } => {
            let seed = &seeds[random.below(seeds.len())];
            let other = &seeds[random.below(seeds.len())];
            mutate(&mut random, seed, other)
        }
        Source::Model(model) => generate(&mut random, model).into_bytes(),
    };
    match std::panic::catch_unwind(|| (target.run)(&input)) {
        Ok(accepted) => accepted,
        Err(_) => {
            panic!("{}: input {number} makes it panic:\n{}", target.name, String::from_utf8_lossy(&input))
        }
    }
}
