//! Defining, starting, stopping, pausing.
