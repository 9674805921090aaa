//! What can go wrong while the host's network is changed, and which of libvirt's codes each failure carries.

use std::io;
use std::path::PathBuf;

use ferrovirt_core::{Error, ErrorCode};
use rustix::io::Errno;

/// What every fallible function of this crate returns.
pub type Result<T, E = NetError> = std::result::Result<T, E>;

/// The kernel's "no" to one netlink message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub errno: Errno,
    /// The sentence that the kernel sent along (extended acknowledgement), where it had one.
    pub hint: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.errno)?;
        match &self.hint {
            Some(hint) => write!(f, " ({})", hint.trim_end_matches('.')),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// A refusal without a sentence of the kernel.
    pub fn bare(errno: Errno) -> Self {
        Self { errno, hint: None }
    }

    /// The refusal as an error: `action` continues "cannot …".
    pub fn during(self, action: impl Into<String>) -> NetError {
        NetError::Kernel { action: action.into(), refusal: self }
    }
}

/// A failure of the host's networking.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("cannot {action}")]
    Kernel { action: String, refusal: Refusal },

    #[error("cannot {action}")]
    Io { action: String, source: io::Error },

    #[error(
        "the kernel's answer to a netlink request cannot be read ({what}); this needs a fix in the library"
    )]
    Garbled { what: String },

    #[error("there is no network interface '{name}' on this host")]
    NoSuchLink { name: String },

    #[error(
        "the network interface '{name}' already exists; choose another name or remove that interface first"
    )]
    LinkExists { name: String },

    #[error("'{name}' cannot be the name of a network interface: {reason}")]
    BadName { name: String, reason: &'static str },

    #[error("'{text}' is not a MAC address of the form 52:54:00:12:34:56")]
    BadMac { text: String },

    #[error("the network interface '{name}' is not a bridge")]
    NotABridge { name: String },

    #[error(
        "cannot open {path}; load the kernel module 'tun' and check that this process may read and write it"
    )]
    TunUnavailable { path: PathBuf, source: io::Error },

    #[error(
        "cannot open queue {queue} of the tap device '{name}' \
         (an existing device that was made without multi-queue refuses a second one)"
    )]
    TapQueue { name: String, queue: usize, source: io::Error },

    #[error("cannot create the tap device '{name}'")]
    TapCreate { name: String, source: io::Error },

    #[error("{path} does not belong to the macvtap '{name}' of this network namespace")]
    ForeignTap { path: PathBuf, name: String },

    #[error("interface '{port}' is already managed on bridge '{bridge}'; unplug it there first")]
    PortManaged { port: String, bridge: String },

    #[error("interface '{port}' is not a port that the MAC table manages")]
    PortUnknown { port: String },

    #[error("interface '{port}' asks for {asked} MAC addresses, of which at most {bound} are followed")]
    TooManyMacs { port: String, asked: usize, bound: usize },

    #[error("MAC address {mac} is a group address and cannot belong to interface '{port}'")]
    GroupMac { port: String, mac: crate::MacAddr },

    #[error(
        "MAC address {mac} already belongs to port '{holder}' of bridge '{bridge}'; '{port}' cannot have it too"
    )]
    MacTaken { bridge: String, mac: crate::MacAddr, holder: String, port: String },

    #[error("VLAN id {id} is outside 1 to 4094")]
    BadVlan { id: u16 },

    #[error("this kernel has no {what}, which {purpose} needs")]
    KernelLacks { what: &'static str, purpose: String },

    #[error("the firewall rules of network '{network}' were refused: {reason}")]
    Firewall { network: String, reason: String },

    #[error(
        "{path} could not be run; install nftables or set up the network's firewall by hand (forward mode 'open')"
    )]
    NoNft { path: PathBuf, source: io::Error },

    #[error("the {what} '{value}' of network '{network}' cannot stand in a firewall rule: {reason}")]
    FirewallValue { network: String, what: &'static str, value: String, reason: &'static str },

    #[error("{0}")]
    Invalid(String),

    #[error("{first}; undoing what was already done failed as well: {undo}")]
    HalfDone { first: Box<NetError>, undo: String },
}

impl NetError {
    pub(crate) fn io(action: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::Io { action: action.into(), source: source.into() }
    }

    /// The error number that the kernel gave, where the failure was the kernel's.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Kernel { refusal, .. } => Some(refusal.errno),
            Self::Io { source, .. }
            | Self::TunUnavailable { source, .. }
            | Self::TapQueue { source, .. }
            | Self::TapCreate { source, .. }
            | Self::NoNft { source, .. } => Errno::from_io_error(source),
            Self::NoSuchLink { .. } => Some(Errno::NODEV),
            Self::HalfDone { first, .. } => first.errno(),
            _ => None,
        }
    }
}

impl From<NetError> for Error {
    fn from(err: NetError) -> Self {
        use NetError as E;
        match err {
            E::Kernel { action, refusal } => {
                let hint = refusal.hint.as_deref().map(|hint| format!(" ({})", hint.trim_end_matches('.')));
                let what = format!("cannot {action}{}", hint.unwrap_or_default());
                Error::system(io::Error::from(refusal.errno), what).caused_by(refusal)
            }
            E::HalfDone { first, undo } => {
                Error::from(*first).context(format!("undoing what was already done failed as well ({undo})"))
            }
            E::NoSuchLink { .. }
            | E::Io { .. }
            | E::TunUnavailable { .. }
            | E::TapQueue { .. }
            | E::TapCreate { .. } => {
                let errno = err.errno().unwrap_or(Errno::IO);
                Error::system(io::Error::from(errno), &err).caused_by(err)
            }
            _ => {
                let code = match &err {
                    E::LinkExists { .. } | E::PortManaged { .. } | E::PortUnknown { .. } => {
                        ErrorCode::OperationInvalid
                    }
                    E::BadName { .. } | E::BadMac { .. } | E::BadVlan { .. } | E::Invalid(_) => {
                        ErrorCode::InvalidArg
                    }
                    E::KernelLacks { .. }
                    | E::GroupMac { .. }
                    | E::MacTaken { .. }
                    | E::TooManyMacs { .. }
                    | E::FirewallValue { .. } => ErrorCode::ConfigUnsupported,
                    E::NotABridge { .. } | E::ForeignTap { .. } | E::NoNft { .. } => {
                        ErrorCode::OperationFailed
                    }
                    _ => ErrorCode::Internal,
                };
                Error::new(code, err.to_string()).caused_by(err)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_errno_and_the_kernels_sentence() {
        let refusal = Refusal { errno: Errno::BUSY, hint: Some("Device is in use.".into()) };
        let error = Error::from(refusal.during("attach 'vnet0' to bridge 'br0'"));
        assert_eq!(error.code(), ErrorCode::SystemError);
        assert_eq!(error.ints()[0], Errno::BUSY.raw_os_error());
        let text = error.message();
        assert!(text.contains("vnet0") && text.contains("Device is in use"), "{text}");
    }

    #[test]
    fn what_the_caller_asked_wrongly_is_not_a_system_error() {
        let error = Error::from(NetError::LinkExists { name: "vnet0".into() });
        assert_eq!(error.code(), ErrorCode::OperationInvalid);
        let error = Error::from(NetError::NoSuchLink { name: "eth9".into() });
        assert_eq!(error.code(), ErrorCode::SystemError);
        assert_eq!(error.ints()[0], Errno::NODEV.raw_os_error());
    }
}
