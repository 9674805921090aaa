//! Functions, as the API description has them.

use anyhow::{Context, Result};
use std::path::Path;

pub struct Function {
    pub name: String,
    pub returns: String,
    pub arguments: Vec<Argument>,
}

pub struct Argument {
    pub name: String,
    pub kind: String,
}

const FILES: &[&str] =
    &["libvirt-api.xml", "libvirt-qemu-api.xml", "libvirt-lxc-api.xml", "libvirt-admin-api.xml"];

pub fn read(folder: &Path) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    for file in FILES {
        let path = folder.join(file);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let document = roxmltree::Document::parse(&text).with_context(|| format!("{}", path.display()))?;
        functions.extend(document.descendants().filter(|node| node.has_tag_name("function")).map(function));
    }
    Ok(functions)
}

fn function(node: roxmltree::Node<'_, '_>) -> Function {
    let attribute = |node: roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap_or_default().to_owned();
    let returns = node.children().find(|child| child.has_tag_name("return"));
    Function {
        name: attribute(node, "name"),
        returns: returns.map_or_else(|| "void".to_owned(), |node| attribute(node, "type")),
        arguments: node
            .children()
            .filter(|child| child.has_tag_name("arg"))
            .map(|child| Argument { name: attribute(child, "name"), kind: attribute(child, "type") })
            .collect(),
    }
}
