//! Storage pools and volumes, as a caller holds them.
