//! Secrets, as a caller holds them.
