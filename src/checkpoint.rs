//! Checkpoints of a domain, as a caller holds them.
