//! Node devices, as a caller holds them.
