//! What people and applications note about domains and networks: title, description, metadata.

use crate::args::Args;
use crate::edit::{Edit, Edited, edit, edit_text};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{extra, say};
use crate::shell::Shell;
use crate::xml;
use ferrovirt::{Domain, ErrorCode, Network, Result};
use ferrovirt_core::abi::*;

/// Something that can be described.
pub trait Described {
    /// What it is.
    const NOUN: &'static str;
    /// Where nothing is noted.
    const NONE: ErrorCode;
    /// Those of the flags of a change with which the old text is asked for.
    const ASKED_WITH: u32;

    fn label(&self) -> String;
    fn get(&self, kind: u32, uri: Option<&str>, flags: u32) -> Result<String>;
    fn set(
        &self,
        kind: u32,
        text: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()>;
    /// Its XML; of its definition if `inactive`.
    fn xml(&self, inactive: bool) -> Result<String>;
}

macro_rules! described {
    ($($object:ident: $noun:literal, without $none:ident, inactive by $inactive:ident, asked with $flags:expr;)*) => {$(
        impl Described for $object {
            const NOUN: &'static str = $noun;
            const NONE: ErrorCode = ErrorCode::$none;
            const ASKED_WITH: u32 = $flags;

            fn label(&self) -> String {
                self.name().to_string()
            }

            fn get(&self, kind: u32, uri: Option<&str>, flags: u32) -> Result<String> {
                self.metadata(kind as i32, uri, flags)
            }

            fn set(
                &self,
                kind: u32,
                text: Option<&str>,
                key: Option<&str>,
                uri: Option<&str>,
                flags: u32,
            ) -> Result<()> {
                self.set_metadata(kind as i32, text, key, uri, flags)
            }

            fn xml(&self, inactive: bool) -> Result<String> {
                self.xml_desc(if inactive { $inactive } else { 0 })
            }
        }
    )*};
}

described! {
    Domain: "domain", without NoDomainMetadata, inactive by VIR_DOMAIN_XML_INACTIVE, asked with CONFIG;
    Network: "network", without NoNetworkMetadata, inactive by VIR_NETWORK_XML_INACTIVE, asked with CONFIG | LIVE;
}

// Domains and networks have the same numbers for these.
const CONFIG: u32 = VIR_DOMAIN_AFFECT_CONFIG;
const LIVE: u32 = VIR_DOMAIN_AFFECT_LIVE;
const ELEMENT: u32 = VIR_DOMAIN_METADATA_ELEMENT;

fn kind(title: bool) -> u32 {
    if title { VIR_DOMAIN_METADATA_TITLE } else { VIR_DOMAIN_METADATA_DESCRIPTION }
}

/// The object's title or description; empty where there is none.
pub fn description_of<T: Described>(object: &T, title: bool, flags: u32) -> Outcome<String> {
    match object.get(kind(title), None, flags) {
        Ok(text) => Ok(text),
        Err(err) if err.code() == T::NONE => Ok(String::new()),
        Err(err) if err.code() == ErrorCode::NoSupport => {
            let text = object.xml(flags & CONFIG != 0)?;
            let document = xml::parse(&text, "the description")?;
            let name = if title { "title" } else { "description" };
            Ok(xml::value(document.root_element(), name).unwrap_or_default())
        }
        Err(err) => Err(err.into()),
    }
}

/// `desc` and `net-desc`.
pub fn describe<T: Described>(shell: &mut Shell, args: &Args, object: &T, flags: u32) -> Outcome {
    let title = args.flag("title");
    let what = if title { "title" } else { "description" };
    let noun = T::NOUN;
    let upper = capital(noun);
    let old = description_of(object, title, flags & T::ASKED_WITH)?;
    let given = args.joined("new-desc");
    if given.is_none() && !args.flag("edit") {
        if old.is_empty() {
            extra!(shell, "No {what} for {noun}: {}", object.label());
        } else {
            say!(shell, "{old}");
        }
        shell.out.member([(what.to_owned(), old.into())]);
        return Ok(());
    }
    shell.may_change(args)?;
    let mut new = given.unwrap_or_else(|| old.clone());
    if args.flag("edit") {
        new = edit_text(&new)?;
        if new == old {
            extra!(shell, "{upper} {what} not changed\n");
            return Ok(());
        }
    }
    object
        .set(kind(title), Some(&new), None, None, flags)
        .or_say(|| format!("Failed to set new {noun} {what}"))?;
    extra!(shell, "{upper} {what} updated successfully");
    Ok(())
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

/// Refuses options of `metadata` that exclude each other.
pub fn check_metadata(args: &Args) -> Outcome {
    args.exclusive("edit", "set")?;
    args.exclusive("remove", "set")?;
    args.exclusive("remove", "edit")
}

/// `metadata` and `net-metadata`.
pub fn metadata<T: Described>(shell: &mut Shell, args: &Args, object: &T, flags: u32) -> Outcome {
    let (uri, key, set) = (args.need("uri")?, args.text("key")?, args.text("set")?);
    if (set.is_some() || args.flag("edit")) && key.is_none() {
        fail!("namespace key is required when modifying metadata")
    }
    if set.is_some() || args.flag("remove") {
        shell.may_change(args)?;
        object.set(ELEMENT, set, key, Some(uri), flags)?;
        extra!(shell, "Metadata {}\n", if args.flag("remove") { "removed" } else { "modified" });
        return Ok(());
    }
    if args.flag("edit") {
        shell.may_change(args)?;
        let fetch = || Ok(object.get(ELEMENT, Some(uri), flags).unwrap_or_else(|_| "\n".into()));
        let mut define = |text: &str, _| Ok(object.set(ELEMENT, Some(text), key, Some(uri), flags)?);
        match edit(shell, Edited { fetch: &fetch, define: &mut define, can_relax: false })? {
            Edit::Unchanged => extra!(shell, "Metadata not changed"),
            Edit::Defined => extra!(shell, "Metadata modified\n"),
        }
        return Ok(());
    }
    let text = match object.get(ELEMENT, Some(uri), flags) {
        Err(err) if err.code() == T::NONE => String::new(),
        found => found?,
    };
    shell.out.document(format_args!("{text}\n"), serde_json::json!({ "metadata": text }));
    Ok(())
}
