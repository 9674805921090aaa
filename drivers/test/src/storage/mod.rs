//! Storage pools and volumes of which nothing is on any disk.

mod driver;
mod pool;
mod volume;

pub use pool::Pools;
