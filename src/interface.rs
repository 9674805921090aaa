//! Host interfaces, as a caller holds them.
