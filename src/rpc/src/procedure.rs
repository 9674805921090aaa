//! A procedure of the protocol: one row says its number, its arguments and reply, and who may call it.
//!
//! The row makes a structure named like the procedure, which is its arguments. The client sends it, the server's
//! dispatch decodes it, and both find all else in its [`Row`].

use crate::program::Program;
use crate::xdr::Xdr;
use ferrovirt_core::{InterfaceId, NetworkPortId, NwFilterBindingId, StorageVolId};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// A call with its arguments.
pub trait Procedure: Xdr + fmt::Debug + Send + 'static {
    type Reply: Xdr + fmt::Debug + Send + 'static;
    const ROW: &'static Row;

    /// The argument of this name, where it is an unsigned number.
    fn word(&self, argument: &str) -> Option<u32>;

    /// The object that it is about, if its arguments name one.
    fn object(&self) -> Option<Object>;

    /// The access rules that hold for this call: those without a condition, and those whose condition it meets.
    fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        Self::ROW.rules.iter().filter(|rule| rule.when.holds(|argument| self.word(argument)))
    }

    /// Whether a read-only connection may make this call. [`Row::access`] refuses most before the arguments are
    /// known; some readings are refused only with certain arguments, as they show secrets or go to the guest.
    fn allowed_read_only(&self) -> bool {
        Self::ROW.access == Access::Read && !self.rules().any(|rule| rule.when != When::Always)
    }
}

/// An object by what it is known by. A name beside a UUID is not here: callers may have made it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    Domain(Uuid),
    Network(Uuid),
    NetworkPort(NetworkPortId),
    StoragePool(Uuid),
    StorageVol(StorageVolId),
    NodeDevice(Arc<str>),
    Interface(InterfaceId),
    NwFilter(Uuid),
    NwFilterBinding(NwFilterBindingId),
    Secret(Uuid),
}

/// A message that the server sends unasked.
pub trait EventMessage: Xdr + fmt::Debug + Send + 'static {
    const ROW: &'static Row;
}

/// What is known of a procedure without its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub program: Program,
    pub number: i32,
    /// The stem by which everything about it can be found, such as `DomainSuspend`.
    pub name: &'static str,
    pub kind: Kind,
    pub lane: Lane,
    pub access: Access,
    pub rules: &'static [Rule],
    /// What of the objects in the answer the caller must be allowed: others are left out.
    pub filter: Option<(&'static str, &'static str)>,
    pub stream: Option<Direction>,
    pub fds: Fds,
    /// The name of the first argument: that of an object is the same everywhere.
    pub first: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Call,
    Event,
}

/// Which workers serve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// It may have to wait for a guest.
    Normal,
    /// It never waits for a guest, or it is what frees a stuck one: there is always a worker for it.
    High,
}

/// Whether read-only connections may call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// Which way the data of a stream goes, as the client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the server; a console also takes data the other way.
    Receives,
    Sends,
}

/// Whether descriptors go along, as the client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fds {
    None,
    Sends,
    Receives,
    Both,
}

/// A permission that the caller needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Such as `domain`.
    pub object: &'static str,
    /// Such as `read_secure`.
    pub permission: &'static str,
    pub when: When,
}

/// When a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// All of these flags are set.
    FlagsSet(u32),
    /// None of these flags is set.
    FlagsClear(u32),
    /// The argument has this value.
    Argument(&'static str, u32),
}

impl When {
    fn holds(self, word: impl Fn(&str) -> Option<u32>) -> bool {
        let flags = || word("flags").unwrap_or(0);
        match self {
            Self::Always => true,
            Self::FlagsSet(mask) => flags() & mask == mask,
            Self::FlagsClear(mask) => flags() & mask == 0,
            Self::Argument(name, value) => word(name) == Some(value),
        }
    }
}

/// Declares procedures of a program, a row each:
///
/// ```text
/// number => Name { argument: Type, … } -> Reply, Lane, Access, [object:permission, …], filter …, stream …, fds …;
/// ```
///
/// A reply of several values is `-> struct NameReply { … }`. The condition of a permission is `if(FLAGS)`,
/// `unless(FLAGS)` or `where(argument is VALUE)`.
macro_rules! procedures {
    ($program:ident; $(
        $number:literal => $name:ident $({ $($field:ident: $ty:ty),* $(,)? })?
        -> $(struct $reply_name:ident { $($reply_field:ident: $reply_ty:ty),* $(,)? })? $($reply:ty)?,
        $lane:ident, $access:ident,
        [$($object:ident:$permission:ident $(if($set:expr))? $(unless($clear:expr))? $(where($arg:ident is $value:expr))?),* $(,)?]
        $(, filter $filter_object:ident:$filter_permission:ident)? $(, stream $direction:ident)? $(, fds $fds:ident)?;
    )*) => {
        $(
            $crate::xdr::records! {
                #[doc = concat!("Procedure ", stringify!($number), " of the program.")]
                $name { $($($field: $ty),*)? }
            }
            $($crate::xdr::records! {
                #[doc = concat!("What [`", stringify!($name), "`] answers.")]
                $reply_name { $($reply_field: $reply_ty),* }
            })?

            impl $crate::procedure::Procedure for $name {
                type Reply = $($reply_name)? $($reply)?;
                const ROW: &'static $crate::procedure::Row = &$crate::procedure::Row {
                    program: $crate::program::Program::$program,
                    number: $number,
                    name: stringify!($name),
                    kind: $crate::procedure::Kind::Call,
                    lane: $crate::procedure::Lane::$lane,
                    access: $crate::procedure::Access::$access,
                    rules: &[$($crate::procedure::Rule {
                        object: stringify!($object),
                        permission: stringify!($permission),
                        when: $crate::procedure::when!($(if $set)? $(unless $clear)? $(where $arg $value)?),
                    }),*],
                    filter: $crate::procedure::or_none!($((stringify!($filter_object), stringify!($filter_permission)))?),
                    stream: $crate::procedure::or_none!($($crate::procedure::Direction::$direction)?),
                    fds: $crate::procedure::fds!($($fds)?),
                    first: $crate::procedure::first!($($($field),*)?),
                };

                #[allow(unused_variables)]
                fn word(&self, argument: &str) -> Option<u32> {
                    match argument {
                        $($(stringify!($field) => $crate::xdr::Xdr::as_word(&self.$field),)*)?
                        _ => None,
                    }
                }

                fn object(&self) -> Option<$crate::procedure::Object> {
                    $($(
                        if let Some(object) = $crate::xdr::Xdr::as_object(&self.$field) {
                            return Some(object);
                        }
                    )*)?
                    // Node devices go by a name alone.
                    if Self::ROW.rules.iter().any(|rule| rule.object == "node_device") {
                        $($(
                            if let ("name", Some(name)) =
                                (stringify!($field), $crate::xdr::Xdr::as_text(&self.$field))
                            {
                                return Some($crate::procedure::Object::NodeDevice(name.into()));
                            }
                        )*)?
                    }
                    None
                }
            }
        )*

        /// All rows of this table.
        pub(crate) const ROWS: &[&$crate::procedure::Row] = &[$(<$name as $crate::procedure::Procedure>::ROW),*];

        #[cfg(any(test, feature = "samples"))]
        pub(crate) const CHECKS: &[$crate::samples::Check] =
            &[$($crate::samples::Check::call::<$name>(),)*];
    };
}

/// Declares the messages that a server sends unasked: `number => Name { field: Type, … };`
macro_rules! events {
    ($program:ident; $($number:literal => $name:ident { $($field:ident: $ty:ty),* $(,)? };)*) => {
        $(
            $crate::xdr::records! {
                #[doc = concat!("Message ", stringify!($number), " of the program.")]
                $name { $($field: $ty),* }
            }

            impl $crate::procedure::EventMessage for $name {
                const ROW: &'static $crate::procedure::Row = &$crate::procedure::Row {
                    program: $crate::program::Program::$program,
                    number: $number,
                    name: stringify!($name),
                    kind: $crate::procedure::Kind::Event,
                    lane: $crate::procedure::Lane::Normal,
                    access: $crate::procedure::Access::Read,
                    rules: &[],
                    filter: None,
                    stream: None,
                    fds: $crate::procedure::Fds::None,
                    first: $crate::procedure::first!($($field),*),
                };
            }
        )*

        /// The rows of all messages.
        pub(crate) const EVENT_ROWS: &[&$crate::procedure::Row] =
            &[$(<$name as $crate::procedure::EventMessage>::ROW),*];

        #[cfg(any(test, feature = "samples"))]
        pub(crate) const EVENT_CHECKS: &[$crate::samples::Check] =
            &[$($crate::samples::Check::event::<$name>(),)*];
    };
}

macro_rules! when {
    () => {
        $crate::procedure::When::Always
    };
    (if $set:expr) => {
        $crate::procedure::When::FlagsSet($set)
    };
    (unless $clear:expr) => {
        $crate::procedure::When::FlagsClear($clear)
    };
    (where $argument:ident $value:expr) => {
        $crate::procedure::When::Argument(stringify!($argument), $value)
    };
}

macro_rules! or_none {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

macro_rules! first {
    () => {
        ""
    };
    ($first:ident $(, $rest:ident)*) => {
        stringify!($first)
    };
}

macro_rules! fds {
    () => {
        $crate::procedure::Fds::None
    };
    ($fds:ident) => {
        $crate::procedure::Fds::$fds
    };
}

pub(crate) use {events, fds, first, or_none, procedures, when};
