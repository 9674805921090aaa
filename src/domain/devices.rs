//! Attaching, detaching, changing devices; interface parameters and addresses.
