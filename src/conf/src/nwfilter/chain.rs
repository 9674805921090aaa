//! The chains that filters' rules go to.

use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::Node;

/// The chain that the others are entered from.
pub const ROOT: &str = "root";

/// What the names of chains begin with, and when a chain of this kind is entered: the lower, the earlier.
const KINDS: &[(&str, i32)] = &[
    ("mac", -800),
    ("vlan", -750),
    ("stp", 0),
    ("arp", -500),
    ("rarp", -400),
    ("ipv4", -700),
    ("ipv6", -600),
];

/// How long a name can be.
const MAX_NAME: usize = 12;

/// The usual priority of the chain of that name; a name that no chain can have is refused.
pub fn default_priority(node: &Node<'_>, name: &str) -> Result<i32> {
    let refuse = |text: String| Err(node.error(ErrorCode::InvalidArg, text));
    if name.len() > MAX_NAME {
        return refuse(format!("the name of the chain '{name}' is longer than {MAX_NAME} characters"));
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b)) {
        let known = "letters, digits, '_', '.', ':' and '-'";
        return refuse(format!("the name of the chain '{name}' has other characters than {known}"));
    }
    match KINDS.iter().find(|(prefix, _)| name.starts_with(prefix)) {
        _ if name == ROOT => Ok(0),
        // libvirt refuses it without saying why.
        _ if name.starts_with(ROOT) => {
            let text = format!("the chain '{name}': there is one root only, it is called '{ROOT}'");
            Err(node.error(ErrorCode::Internal, text).domain(ErrorDomain::None))
        }
        Some((_, priority)) => Ok(*priority),
        None => {
            let kinds: Vec<_> = KINDS.iter().map(|(prefix, _)| *prefix).collect();
            refuse(format!(
                "the name of the chain '{name}' has to be {ROOT} or begin with one of {}",
                kinds.join(", ")
            ))
        }
    }
}
