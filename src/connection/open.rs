//! Opening: from a URI to the drivers that serve it.

use super::Connection;
use super::drivers::Drivers;
use ferrovirt_core::{Error, ErrorCode, Result};
use fluent_uri::Uri;

/// Whether a connection may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessMode {
    #[default]
    ReadWrite,
    ReadOnly,
}

/// How to open a connection.
#[derive(Default)]
pub struct OpenOptions {
    access: AccessMode,
}

/// What an opener is asked for.
pub(crate) struct Request<'a> {
    pub uri: &'a Uri<&'a str>,
}

impl Request<'_> {
    /// The value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let query = self.uri.query()?;
        let pairs = query.as_str().split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
        let decoded = fluent_uri::pct_enc::EStr::<fluent_uri::pct_enc::encoder::Query>::new(value)?;
        Some(decoded.decode().to_string_lossy().into_owned())
    }
}

type Opener = fn(&Request<'_>) -> Result<Drivers>;

/// The compiled-in drivers, by URI scheme.
const OPENERS: &[(&str, Opener)] = &[];

impl OpenOptions {
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuse every call that would change something.
    pub fn read_only(mut self) -> Self {
        self.access = AccessMode::ReadOnly;
        self
    }

    pub fn open(self, uri: Option<&str>) -> Result<Connection> {
        let text = uri.ok_or_else(|| Error::new(ErrorCode::NoConnect, "no URI was given"))?;
        let parsed = Uri::parse(text)
            .map_err(|err| Error::internal(format!("cannot read the connection URI '{text}': {err}")))?;
        let scheme = parsed.scheme().as_str();
        let (_, opener) = OPENERS.iter().find(|(name, _)| *name == scheme).ok_or_else(|| {
            let known: Vec<_> = OPENERS.iter().map(|(name, _)| *name).collect();
            Error::new(
                ErrorCode::NoConnect,
                format!("'{text}': no driver for '{scheme}' is built in; there are: {}", known.join(", ")),
            )
        })?;
        let drivers = opener(&Request { uri: &parsed })?;
        Ok(Connection::new(text.to_owned(), self.access, drivers))
    }
}
