//! `<numatune>`: which of the host's NUMA nodes guest memory comes from.

use crate::values::CpuSet;
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<numatune>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct NumaTune {
    /// For all memory.
    #[xml(child = "memory")]
    pub memory: Option<NumaMemory>,
    /// For the guest's nodes.
    #[xml(child = "memnode")]
    pub nodes: Vec<MemoryNode>,
}

/// `<memory>` of `<numatune>`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct NumaMemory {
    #[xml(attr, error = "ConfigUnsupported")]
    pub mode: Option<NumaMode>,
    #[xml(attr)]
    pub nodeset: Option<CpuSet>,
    #[xml(attr, error = "ConfigUnsupported")]
    pub placement: Option<NumaPlacement>,
}

/// `<memnode>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct MemoryNode {
    /// The guest's node.
    #[xml(attr = "cellid")]
    pub cell: u32,
    #[xml(attr, default)]
    #[serde(default)]
    pub mode: NumaMode,
    #[xml(attr, missing = "XmlError@object")]
    pub nodeset: CpuSet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum NumaMode {
    #[default]
    Strict,
    Preferred,
    Interleave,
    Restrictive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum NumaPlacement {
    Static,
    /// numad.
    Auto,
}

impl NumaTune {
    /// Whether numad is asked where memory shall come from.
    pub fn is_auto(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.placement == Some(NumaPlacement::Auto))
    }

    /// Says what goes without saying. `auto_vcpus` is whether numad places the CPUs.
    pub fn fill_defaults(&mut self, auto_vcpus: bool) -> Result<()> {
        if self.memory.is_none() && auto_vcpus {
            self.memory = Some(NumaMemory { placement: Some(NumaPlacement::Auto), ..Default::default() });
        }
        if let Some(memory) = &mut self.memory {
            memory.fill_defaults(auto_vcpus)?;
            if *memory == NumaMemory::default() {
                self.memory = None;
            }
        }
        self.nodes.sort_by_key(|node| node.cell);
        Ok(())
    }

    /// Refuses nodes that the guest lacks or that are there twice.
    pub fn check(&self, cells: usize) -> Result<()> {
        if self.is_auto() && !self.nodes.is_empty() {
            let text = "<memnode> does not go with <numatune><memory placement='auto'>";
            return Err(Error::config_unsupported(text));
        }
        for (index, node) in self.nodes.iter().enumerate() {
            let cell = node.cell;
            if cell as usize >= cells {
                return Err(Error::xml(format!(
                    "<memnode> is about NUMA cell {cell}, the guest has {cells}"
                )));
            }
            if self.nodes[..index].iter().any(|earlier| earlier.cell == cell) {
                return Err(Error::xml(format!("NUMA cell {cell} has more than one <memnode>")));
            }
            if node.nodeset.is_empty() {
                let text = format!("the nodeset of <memnode cellid='{cell}'> is empty");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    /// Refuses modes that don't go together.
    pub fn validate(&self) -> Result<()> {
        let restrictive = |mode| mode == NumaMode::Restrictive;
        let memory = self.memory.as_ref().and_then(|memory| memory.mode).unwrap_or_default();
        if self.nodes.iter().any(|node| restrictive(node.mode) != restrictive(memory)) {
            let text = "if <memory> of <numatune> or a <memnode> is 'restrictive', all must be";
            return Err(Error::xml(text));
        }
        Ok(())
    }
}

impl NumaMemory {
    fn fill_defaults(&mut self, auto_vcpus: bool) -> Result<()> {
        if self.nodeset.as_ref().is_some_and(CpuSet::is_empty) {
            return Err(Error::config_unsupported("the nodeset of <memory> in <numatune> is empty"));
        }
        if self.mode.is_none() && self.placement.is_none() && self.nodeset.is_none() {
            return Ok(());
        }
        self.mode.get_or_insert_default();
        let placement = *self.placement.get_or_insert(match (&self.nodeset, auto_vcpus) {
            (None, true) => NumaPlacement::Auto,
            _ => NumaPlacement::Static,
        });
        match placement {
            NumaPlacement::Static if self.nodeset.is_none() => {
                let text = "<memory placement='static'> of <numatune> needs a nodeset";
                Err(Error::config_unsupported(text))
            }
            // The nodeset says it.
            NumaPlacement::Static => {
                self.placement = None;
                Ok(())
            }
            NumaPlacement::Auto => {
                self.nodeset = None;
                Ok(())
            }
        }
    }
}
