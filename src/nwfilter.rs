//! Network filters and their bindings, as a caller holds them.
