//! Reading and writing XML for the models: positions kept, libvirt's leniency on input, its layout on output.
//!
//! A model is a struct that derives [`XmlElement`]; what the derive can't say is written by hand against the small
//! traits [`XmlContent`], [`XmlChoice`] and [`XmlValue`]. `docs/xml-models.md` shows every attribute.
#![forbid(unsafe_code)]

// The derives write `::ferrovirt_xml`, and this crate's own types use them too.
extern crate self as ferrovirt_xml;

mod by_hand;
pub mod check;
mod content;
mod document;
mod fault;
mod forms;
mod guard;
mod integer;
pub mod ip;
mod order;
mod prefixes;
mod raw;
#[doc(hidden)]
pub mod rt;
mod rules;
mod schema;
mod span;
mod value;
mod writer;

pub use content::{Namespace, Tag, XmlChoice, XmlContent, XmlElement, XmlTagged, from_str, to_string};
pub use document::{Document, Node};
pub use fault::Fault;
pub use ferrovirt_xml_derive::{XmlElement, XmlEnum};
pub use raw::{RawAttribute, RawElement, RawNode};
pub use rules::{Rule, Values};
pub use schema::{Cardinality, Item, Shape, check_part, check_shape, check_strict};
pub use span::Span;
pub use value::{AutoBase, BareHex, Hex, HexDigits, OnOff, ValueKind, XmlEnum, XmlValue, YesNo, value_text};
pub use writer::{Mark, TextWriter, Writer};
