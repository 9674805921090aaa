//! The host behind a connection.
