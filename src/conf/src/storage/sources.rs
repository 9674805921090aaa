//! `<sources>`: what pools could be made of; and `<source>`, by which somebody says where to look for it.

use super::PoolSource;
use ferrovirt_core::{ErrorDomain, Result};
use ferrovirt_xml::{Document, XmlElement, to_string};
use serde::{Deserialize, Serialize};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "sources", block)]
pub struct PoolSources {
    #[xml(child)]
    pub sources: Vec<PoolSource>,
}

impl PoolSources {
    /// The list as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }
}

/// The host that a description of a source names.
pub fn source_host(text: &str) -> Result<Option<String>> {
    let document = Document::parse(text, "storage_source_specification")?;
    document.expect_root("source").map_err(|err| err.or_domain(ErrorDomain::Storage))?;
    Ok(document.root().child("host").and_then(|host| host.attr("name").map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::PoolHost;

    #[test]
    fn a_list_names_what_is_known_of_each() {
        let host = PoolHost { name: "h".to_owned(), port: 0 };
        let source = PoolSource { hosts: vec![host], dir: Some("/d".to_owned()), ..PoolSource::default() };
        let xml = PoolSources { sources: vec![source] }.to_xml();
        let inside = "    <host name='h'/>\n    <dir path='/d'/>\n";
        assert_eq!(xml, format!("<sources>\n  <source>\n{inside}  </source>\n</sources>\n"));
        assert_eq!(source_host("<source><host name='h'/></source>").unwrap().as_deref(), Some("h"));
    }
}
