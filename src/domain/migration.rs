//! Moving a domain to another host.
