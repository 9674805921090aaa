//! Methods that are nothing but a call: a line each.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, TypedParams};
use ferrovirt_rpc::values::Params;
use ferrovirt_rpc::xdr::{List, Opaque};
use std::os::fd::OwnedFd;

/// Declares methods of a driver: `fn method(arguments) -> Answer = Call { … };`, where the reply says what is wanted,
/// or `= Call { … } => |reply| …` where it has to be made out of the reply.
macro_rules! forward {
    ($(
        fn $method:ident($($argument:ident: $ty:ty),* $(,)?) -> $answer:ty = $call:expr $(=> $convert:expr)?;
    )*) => {$(
        fn $method(&self, $($argument: $ty),*) -> ferrovirt_core::Result<$answer> {
            let reply = self.call(&$call)?;
            Ok($crate::forward::convert!(reply $(, $convert)?))
        }
    )*};
}

macro_rules! convert {
    ($reply:ident) => {
        $crate::forward::Answer::answer($reply)
    };
    ($reply:ident, $convert:expr) => {
        $crate::forward::apply($reply, $convert)
    };
}

pub(crate) use {convert, forward};

/// Applies a conversion whose argument's type the compiler takes from the reply.
pub(crate) fn apply<R, T>(reply: R, convert: impl FnOnce(R) -> T) -> T {
    convert(reply)
}

/// What the core calls the same as the wire, in another type.
pub(crate) trait Answer<T> {
    fn answer(self) -> T;
}

impl<T> Answer<T> for T {
    fn answer(self) -> T {
        self
    }
}

/// C has no other truth values on the wire.
impl Answer<bool> for i32 {
    fn answer(self) -> bool {
        self != 0
    }
}

impl<T, const MAX: usize> Answer<Vec<T>> for List<T, MAX> {
    fn answer(self) -> Vec<T> {
        self.0
    }
}

impl<const MAX: usize> Answer<Vec<u8>> for Opaque<MAX> {
    fn answer(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> Answer<TypedParams> for Params<MAX> {
    fn answer(self) -> TypedParams {
        self.0
    }
}

/// Text that may be absent, as a call takes it.
pub(crate) fn text(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// Texts, as a call takes them.
pub(crate) fn texts<const MAX: usize>(texts: &[&str]) -> List<String, MAX> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The one descriptor that came with an answer.
pub(crate) fn one_descriptor(mut fds: Vec<OwnedFd>) -> Result<OwnedFd> {
    match (fds.pop(), fds.len()) {
        (Some(fd), 0) => Ok(fd),
        (one, more) => {
            let count = more + usize::from(one.is_some());
            let detail = format!("{count} descriptors came with an answer that has one");
            Err(Error::new(ErrorCode::Rpc, detail).domain(ErrorDomain::Remote))
        }
    }
}
