//! The one error that crosses module boundaries; it carries all that libvirt's `virError` can.

mod codes;

pub use codes::{ErrorCode, ErrorDomain};

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What every fallible function of the project returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How bad an error is (`virErrorLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum ErrorLevel {
    None = 0,
    Warning = 1,
    Error = 2,
}

/// An error: libvirt's code and domain, so that clients branch as before, and a sentence of our own.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: ErrorCode,
    /// Nothing as long as nobody has said, which is not the same as the domain `None`.
    domain: Option<ErrorDomain>,
    /// The domain is what it is, whoever passes the error on.
    settled: bool,
    level: ErrorLevel,
    detail: Option<String>,
    strings: [Option<String>; 3],
    ints: [i32; 2],
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of domain `None`; a driver's boundary sets its own with [`Error::or_domain`].
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::build(code, Some(detail.into()))
    }

    /// An error that is nothing but its fixed text.
    pub fn bare(code: ErrorCode) -> Self {
        Self::build(code, None)
    }

    fn build(code: ErrorCode, detail: Option<String>) -> Self {
        Self(Box::new(Inner {
            code,
            domain: None,
            settled: false,
            level: ErrorLevel::Error,
            detail,
            strings: [None, None, None],
            ints: [-1, -1],
            cause: None,
        }))
    }

    /// An error exactly as another process or an application described it.
    pub fn from_parts(
        code: ErrorCode,
        domain: ErrorDomain,
        level: ErrorLevel,
        message: String,
        strings: [Option<String>; 3],
        ints: [i32; 2],
    ) -> Self {
        let cause = Some(Arc::new(Verbatim(message)) as _);
        let settled = false;
        Self(Box::new(Inner {
            code,
            domain: Some(domain),
            settled,
            level,
            detail: None,
            strings,
            ints,
            cause,
        }))
    }

    /// A broken invariant of ours, or a failure that has no code of its own (`VIR_ERR_INTERNAL_ERROR`).
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, detail)
    }

    /// The caller passed something that can never be right (`VIR_ERR_INVALID_ARG`).
    pub fn invalid_arg(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArg, detail)
    }

    /// The object is not in a state that allows this (`VIR_ERR_OPERATION_INVALID`).
    pub fn operation_invalid(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::OperationInvalid, detail)
    }

    /// The attempt was right but did not succeed (`VIR_ERR_OPERATION_FAILED`).
    pub fn operation_failed(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::OperationFailed, detail)
    }

    /// The document is well-formed, but not a description of what it should be (`VIR_ERR_XML_ERROR`).
    pub fn xml(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::XmlError, detail)
    }

    /// The configuration is meaningful but can't be had here (`VIR_ERR_CONFIG_UNSUPPORTED`).
    pub fn config_unsupported(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::ConfigUnsupported, detail)
    }

    /// The driver does not implement `what` (`VIR_ERR_NO_SUPPORT`).
    pub fn no_support(what: impl Into<String>) -> Self {
        Self::new(ErrorCode::NoSupport, what)
    }

    /// A system call failed: `what` says which work it was for; the number goes to `int1` as libvirt does it.
    pub fn system(errno: impl Into<std::io::Error>, what: impl fmt::Display) -> Self {
        let source: std::io::Error = errno.into();
        let number = source.raw_os_error().unwrap_or(0);
        let text = strip_os_error(&source);
        let mut err = Self::new(ErrorCode::SystemError, format!("{what}: {text}"));
        err.0.ints[0] = number;
        err.0.cause = Some(Arc::new(source));
        err
    }

    /// A panic that was caught at a boundary.
    pub fn from_panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|s| s.to_string())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "of unknown kind".into());
        Self::internal(format!("a bug in the library was caught (panic: {text}); please report it"))
    }

    /// Sets the domain; `None` says that it has none, and stays.
    pub fn domain(mut self, domain: ErrorDomain) -> Self {
        if !self.0.settled {
            self.0.domain = Some(domain);
        }
        self
    }

    /// Sets the domain for good: where the one who finds a mistake knows better than who passes it on.
    pub fn settle(self, domain: ErrorDomain) -> Self {
        let mut err = self.domain(domain);
        err.0.settled = true;
        err
    }

    /// Sets the domain where none has been set yet.
    pub fn or_domain(self, domain: ErrorDomain) -> Self {
        if self.0.domain.is_none() { self.domain(domain) } else { self }
    }

    /// Keeps the lower error that led to this one.
    pub fn caused_by(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Arc::new(cause));
        self
    }

    /// Sets `int1`.
    pub fn with_int1(mut self, value: i32) -> Self {
        self.0.ints[0] = value;
        self
    }

    /// Puts `context` and a colon before the detail.
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        let old = self.0.detail.take().unwrap_or_default();
        self.0.detail = Some(if old.is_empty() { context.to_string() } else { format!("{context}: {old}") });
        self
    }

    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub fn error_domain(&self) -> ErrorDomain {
        self.0.domain.unwrap_or(ErrorDomain::None)
    }

    pub fn level(&self) -> ErrorLevel {
        self.0.level
    }

    /// What follows the fixed text, if anything does.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The whole message, fixed text and detail, as `virError.message` holds it.
    pub fn message(&self) -> String {
        if let Some(Verbatim(text)) = self.0.cause.as_ref().and_then(|c| c.downcast_ref()) {
            return text.clone();
        }
        let (bare, full) = self.0.code.texts();
        match &self.0.detail {
            Some(detail) => full.replacen("{}", detail, 1),
            None => bare.to_string(),
        }
    }

    /// `str1`, `str2` and `str3`: libvirt puts the fixed text's format in the first and the detail in the second.
    pub fn strings(&self) -> [Option<String>; 3] {
        if self.0.strings.iter().any(Option::is_some) || self.is_verbatim() {
            return self.0.strings.clone();
        }
        let (bare, full) = self.0.code.texts();
        match &self.0.detail {
            Some(detail) => [Some(full.replacen("{}", "%s", 1)), Some(detail.clone()), None],
            None => [Some(bare.to_string()), None, None],
        }
    }

    /// `int1` and `int2`; -1 where nothing was said.
    pub fn ints(&self) -> [i32; 2] {
        self.0.ints
    }

    fn is_verbatim(&self) -> bool {
        self.0.cause.as_ref().is_some_and(|c| c.is::<Verbatim>())
    }
}

/// The text of an error that another process has already put together.
#[derive(Debug)]
struct Verbatim(String);

impl fmt::Display for Verbatim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Verbatim {}

/// The system's words without Rust's "(os error N)": the number is in `int1`.
fn strip_os_error(err: &std::io::Error) -> String {
    let text = err.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}, {:?}: {})", self.0.code, self.error_domain(), self.message())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Some(cause) if !self.is_verbatim() => Some(&**cause),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_text_and_detail_make_the_message() {
        let err = Error::new(ErrorCode::NoDomain, "no domain with name 'web'");
        assert_eq!(err.clone().or_domain(ErrorDomain::Qemu).error_domain(), ErrorDomain::Qemu);
        let settled = err.clone().settle(ErrorDomain::Xml).domain(ErrorDomain::Qemu);
        assert_eq!(settled.error_domain(), ErrorDomain::Xml);
        let of_none = err.clone().domain(ErrorDomain::None).or_domain(ErrorDomain::Qemu);
        assert_eq!(of_none.error_domain(), ErrorDomain::None);
        assert_eq!(err.message(), "Domain not found: no domain with name 'web'");
        assert_eq!(err.strings()[1].as_deref(), Some("no domain with name 'web'"));
        assert_eq!(Error::bare(ErrorCode::NoMemory).message(), "out of memory");
    }

    #[test]
    fn system_errors_carry_errno_in_int1() {
        let err = Error::system(std::io::Error::from_raw_os_error(2), "cannot open '/nowhere'");
        assert_eq!(err.message(), "cannot open '/nowhere': No such file or directory");
        assert_eq!(err.ints()[0], 2);
    }

    #[test]
    fn an_error_from_elsewhere_keeps_its_words() {
        let err = Error::from_parts(
            ErrorCode::NoDomain,
            ErrorDomain::Qemu,
            ErrorLevel::Error,
            "as told".into(),
            [None, None, None],
            [3, -1],
        );
        assert_eq!(err.message(), "as told");
        assert_eq!(err.ints(), [3, -1]);
    }
}
