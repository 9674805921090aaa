//! What can go wrong between us and a monitor, and which of libvirt's codes each of it is.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ferrovirt_core::{Error, ErrorCode};

/// An error of the monitor or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum QmpError {
    #[error("cannot reach monitor socket '{path}'")]
    Connect { path: PathBuf, source: io::Error },
    #[error("cannot use the monitor's socket")]
    Socket { source: io::Error },
    /// QEMU understood the command and refused it.
    #[error("unable to execute QEMU command '{command}': {desc}")]
    Command { command: Cow<'static, str>, class: String, desc: String },
    /// No reply within the deadline; the command may still be carried out.
    #[error("the monitor has not answered '{command}' within {limit:?}")]
    Timeout { command: Cow<'static, str>, limit: Duration },
    /// So many commands wait to be written that the monitor must have stopped reading.
    #[error("the monitor does not take any more commands; '{command}' was not sent")]
    Hung { command: Cow<'static, str> },
    /// The connection ended before the reply came.
    #[error("the monitor was lost during '{command}': {reason}")]
    Lost { command: Cow<'static, str>, reason: LostReason },
    /// The reply is not of the kind that the command has.
    #[error("QEMU's reply to '{command}' can't be used")]
    Reply { command: Cow<'static, str>, source: serde_json::Error },
    /// A command that is not one: bad JSON, or no name.
    #[error("this is not a monitor command: {reason}")]
    NotACommand { reason: String },
    #[error("{count} descriptors are too many for '{command}'; QEMU takes {limit} at once")]
    TooManyDescriptors { command: Cow<'static, str>, count: usize, limit: usize },
}

/// Why a connection ended; told to everyone who was waiting on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LostReason {
    #[error("QEMU closed it")]
    Closed,
    #[error("{0}")]
    Io(String),
    /// What came is not QMP, or longer than is allowed; the connection is given up since nothing can be matched.
    #[error("{0}")]
    Protocol(String),
    #[error("we have closed it")]
    Dropped,
}

impl QmpError {
    /// QEMU's own class of a refusal: `GenericError`, `CommandNotFound`, `DeviceNotFound`, `DeviceNotActive`, …
    pub fn class(&self) -> Option<&str> {
        match self {
            Self::Command { class, .. } => Some(class),
            _ => None,
        }
    }

    /// Whether the binary does not have the command at all.
    pub fn is_command_not_found(&self) -> bool {
        self.class() == Some("CommandNotFound")
    }

    /// Whether the device, node or file set that was named is not there.
    pub fn is_device_not_found(&self) -> bool {
        self.class() == Some("DeviceNotFound")
    }

    /// Whether no further command can succeed on this connection.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Socket { .. } | Self::Connect { .. })
    }
}

impl From<QmpError> for Error {
    fn from(err: QmpError) -> Self {
        let code = match &err {
            QmpError::Connect { .. } | QmpError::Socket { .. } => ErrorCode::OperationFailed,
            QmpError::Timeout { .. } | QmpError::Hung { .. } => ErrorCode::OperationTimeout,
            QmpError::NotACommand { .. } => ErrorCode::InvalidArg,
            QmpError::Command { .. }
            | QmpError::Lost { .. }
            | QmpError::Reply { .. }
            | QmpError::TooManyDescriptors { .. } => ErrorCode::Internal,
        };
        let text = match std::error::Error::source(&err) {
            Some(source) => format!("{err}: {source}"),
            None => err.to_string(),
        };
        Error::new(code, text).caused_by(err)
    }
}
