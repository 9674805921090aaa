//! Filters and bindings on disk, as libvirt has them: `nwfilter/NAME.xml` in the configuration, and
//! `nwfilter-binding/DEVICE.xml` in what a reboot may forget.

use ferrovirt_conf::nwfilter::{NwFilter, NwFilterBinding};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::Document;
use std::path::{Path, PathBuf};

/// The folders that they are in.
pub struct Files {
    filters: PathBuf,
    bindings: PathBuf,
}

impl Files {
    pub fn new(layout: &Layout) -> Self {
        Self { filters: layout.config.join("nwfilter"), bindings: layout.state.join("nwfilter-binding") }
    }

    fn filter(&self, name: &str) -> Result<PathBuf> {
        if name.contains('/') {
            let text =
                format!("a filter can't be called '{name}': its name is that of a file, and has no '/'");
            return Err(Error::invalid_arg(text));
        }
        Ok(self.filters.join(format!("{name}.xml")))
    }

    pub fn save_filter(&self, filter: &NwFilter) -> Result<()> {
        let text = format!("{}{}", persist::edit_warning("nwfilter-edit"), filter.to_xml());
        persist::write_atomic(&self.filter(&filter.name)?, text.as_bytes(), 0o600, Durability::Power)
    }

    pub fn remove_filter(&self, name: &str) -> Result<()> {
        persist::remove(&self.filter(name)?)
    }

    /// All filters on disk. One that can't be read is logged and left alone: the others must not suffer.
    pub fn load_filters(&self) -> Result<Vec<NwFilter>> {
        load_all(&self.filters, |path, text| {
            let filter = NwFilter::from_xml(text, false)?;
            check_name(path, &filter.name)?;
            if !text.contains("<uuid>") {
                // The UUID that was made up must be the same next time.
                self.save_filter(&filter)?;
            }
            Ok(filter)
        })
    }

    /// All bindings on disk; as for filters.
    pub fn load_bindings(&self) -> Result<Vec<NwFilterBinding>> {
        load_all(&self.bindings, |path, text| {
            let document = Document::parse(text, "nwfilterbinding_status")?;
            document.expect_root("filterbindingstatus")?;
            let root = document.root();
            let node = root.child("filterbinding");
            let node = node.ok_or_else(|| root.missing_child("filterbinding", ErrorCode::Internal))?;
            let binding = NwFilterBinding::from_node(&node)?;
            check_name(path, &binding.port_dev)?;
            Ok(binding)
        })
    }
}

fn load_all<T>(folder: &Path, load: impl Fn(&Path, &str) -> Result<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    for path in persist::list(folder, "xml")? {
        let text = persist::read_optional(&path)?.unwrap_or_default();
        match load(&path, &text) {
            Ok(one) => found.push(one),
            Err(err) => {
                tracing::error!(path = %path.display(), %err, "a file can't be read; it is left alone")
            }
        }
    }
    Ok(found)
}

fn check_name(path: &Path, name: &str) -> Result<()> {
    match path.file_stem().is_some_and(|stem| *stem == *name) {
        true => Ok(()),
        false => Err(Error::xml(format!("the file describes '{name}', which is another"))),
    }
}
