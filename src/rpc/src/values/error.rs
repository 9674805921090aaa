//! An error as it crosses the wire.

use crate::xdr::records;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, ErrorLevel, NetworkId};

records! {
    /// All of a `virError`. Nobody fills in the objects any more.
    WireError {
        code: i32,
        domain: i32,
        message: Option<String>,
        level: i32,
        dom: Option<DomainId>,
        str1: Option<String>,
        str2: Option<String>,
        str3: Option<String>,
        int1: i32,
        int2: i32,
        net: Option<NetworkId>,
    }
}

impl From<&Error> for WireError {
    fn from(err: &Error) -> Self {
        let [str1, str2, str3] = err.strings();
        let [int1, int2] = err.ints();
        Self {
            code: err.code() as i32,
            domain: err.error_domain() as i32,
            message: Some(err.message()),
            level: err.level() as i32,
            dom: None,
            str1,
            str2,
            str3,
            int1,
            int2,
            net: None,
        }
    }
}

impl From<WireError> for Error {
    /// A code or domain that we don't know comes from a newer daemon: the words are kept, the code becomes the general one.
    fn from(wire: WireError) -> Self {
        let domain = ErrorDomain::from_number(wire.domain).unwrap_or(ErrorDomain::None);
        let message = wire.message.unwrap_or_default();
        let level = match wire.level {
            0 => ErrorLevel::None,
            1 => ErrorLevel::Warning,
            _ => ErrorLevel::Error,
        };
        let code = match ErrorCode::from_number(wire.code).unwrap_or(ErrorCode::Internal) {
            // How a daemon that is older than the procedure says so; libvirt's clients match on these words.
            ErrorCode::Rpc if is_unknown_procedure(domain, &message) => ErrorCode::NoSupport,
            code => code,
        };
        Error::from_parts(
            code,
            domain,
            level,
            message,
            [wire.str1, wire.str2, wire.str3],
            [wire.int1, wire.int2],
        )
    }
}

fn is_unknown_procedure(domain: ErrorDomain, message: &str) -> bool {
    matches!(domain, ErrorDomain::Remote | ErrorDomain::Rpc) && message.starts_with("unknown procedure")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_way() {
        let err = Error::new(ErrorCode::NoDomain, "no domain with name 'web'")
            .domain(ErrorDomain::Qemu)
            .with_int1(7);
        let back = Error::from(WireError::from(&err));
        assert_eq!(back.message(), err.message());
        assert_eq!(back.code(), err.code());
        assert_eq!(back.error_domain(), err.error_domain());
        assert_eq!(back.strings(), err.strings());
        assert_eq!(back.ints(), err.ints());
    }

    #[test]
    fn a_daemon_that_does_not_know_the_procedure_does_not_support_it() {
        let err = Error::new(ErrorCode::Rpc, "unknown procedure: 999").domain(ErrorDomain::Rpc);
        assert_eq!(Error::from(WireError::from(&err)).code(), ErrorCode::NoSupport);
    }
}
