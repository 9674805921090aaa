//! The definition and its texts: XML, metadata, autostart, names, native formats.
