//! Values as people type and read them: numbers, sizes, sets of CPUs, times, names.

pub mod cpus;
pub mod keycode;
pub mod lists;
pub mod number;
pub mod params;
pub mod size;
pub mod time;
