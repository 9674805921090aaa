//! What an image stands on: `<backingStore>` and `<dataStore>`.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Node, Shape, Tag, Writer, XmlContent, XmlElement};
use serde::{Deserialize, Serialize};

use super::{StorageFormat, StorageSource};
use crate::values::ByteSize;

/// `<format>`: what is in an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "format")]
pub struct ImageFormat {
    #[xml(attr = "type", error = "XmlError@Domain")]
    pub kind: StorageFormat,
    /// The most that QEMU keeps of the image's tables.
    #[xml(child = "metadata_cache/max_size")]
    pub metadata_cache: Option<ByteSize>,
}

/// `<backingStore>`: the next image of a chain, or the word that there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackingStore {
    /// The chain ends here: QEMU need not look.
    End,
    Layer(Box<BackingLayer>),
}

/// An image that another one stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct BackingLayer {
    /// The `type` attribute and `<source>` come with it, see the order below.
    #[xml(child)]
    pub format: ImageFormat,
    #[xml(flatten)]
    pub source: StorageSource,
    /// The node's number in a running guest. Only in live documents; 0: none.
    #[xml(attr, default, skip_default)]
    #[serde(default)]
    pub index: u32,
    /// None: not known.
    #[xml(child)]
    pub backing: Option<BackingStore>,
}

impl BackingLayer {
    /// The node's number in a running guest, wherever it stands; 0: none.
    pub fn number(&self) -> u32 {
        if self.index != 0 { self.index } else { self.source.options.index }
    }
}

impl BackingStore {
    /// The image, if there is one.
    pub fn layer(&self) -> Option<&BackingLayer> {
        match self {
            Self::End => None,
            Self::Layer(layer) => Some(layer),
        }
    }

    /// The image, if there is one.
    pub fn layer_mut(&mut self) -> Option<&mut BackingLayer> {
        match self {
            Self::End => None,
            Self::Layer(layer) => Some(layer),
        }
    }

    /// This image and all below it, from the top.
    pub fn layers(&self) -> impl Iterator<Item = &BackingLayer> {
        std::iter::successors(self.layer(), |layer| layer.backing.as_ref()?.layer())
    }

    /// Runs `act` on this image and all below it.
    pub fn for_each_layer(&mut self, mut act: impl FnMut(&mut BackingLayer)) {
        let mut next = self.layer_mut();
        while let Some(layer) = next {
            act(layer);
            next = layer.backing.as_mut().and_then(Self::layer_mut);
        }
    }
}

impl XmlContent for BackingStore {
    fn parse(node: &Node<'_>) -> Result<Self> {
        if node.attr("type").is_none() {
            return Ok(Self::End);
        }
        if node.child("source").is_none() {
            return Err(node.missing_child("source", ErrorCode::XmlError));
        }
        let mut layer = BackingLayer::parse(node)?;
        // Only what the guest sees may be missing.
        layer.source.options.startup_policy = None;
        Ok(Self::Layer(Box::new(layer)))
    }

    fn write_attrs(&self, w: &mut Writer) {
        if let Some(layer) = self.layer() {
            layer.write_attrs(w);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        if let Some(layer) = self.layer() {
            layer.write_children(w);
        }
    }

    fn shape() -> &'static Shape {
        // All that a layer needs lacks at the end of the chain.
        #[derive(XmlElement)]
        struct Optional {
            #[xml(child)]
            _format: Option<ImageFormat>,
            #[xml(flatten)]
            _source: StorageSource,
            #[xml(attr = "index")]
            _index: Option<u32>,
            #[xml(child)]
            _backing: Option<BackingStore>,
        }
        Optional::shape()
    }
}

impl XmlElement for BackingStore {
    const TAG: Tag = Tag::new("backingStore");
}

/// `<dataStore>`: the raw file with the data of a qcow2 image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "dataStore")]
pub struct DataStore {
    #[xml(child)]
    pub format: ImageFormat,
    #[xml(flatten)]
    pub source: StorageSource,
}

impl DataStore {
    /// `format` is that of the image it belongs to.
    pub(super) fn validate(&self, format: Option<StorageFormat>) -> Result<()> {
        if format != Some(StorageFormat::Qcow2) {
            return Err(Error::config_unsupported("only qcow2 images can have a <dataStore>"));
        }
        if self.format.kind != StorageFormat::Raw {
            let text = format!("a <dataStore> must be 'raw', not '{}'", self.format.kind);
            return Err(Error::config_unsupported(text));
        }
        if self.source.options.data_store.is_some() {
            return Err(Error::xml("a <dataStore> can't have a <dataStore> itself"));
        }
        if !self.source.options.slices.is_empty() {
            return Err(Error::xml("a <dataStore> is a whole file: it can't have <slices>"));
        }
        Ok(())
    }
}
