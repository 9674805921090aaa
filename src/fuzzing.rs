//! For the fuzz targets: readers that are not public otherwise.

use crate::connection::address;

/// Reads a connection URI, as opening does before any driver is asked.
pub fn read_uri(text: &str) {
    if let Ok(uri) = address::parse(text) {
        let _ = (address::path(&uri), address::parameter(&uri, "root"));
        let _ = address::check_embedded(&uri, address::parameter(&uri, "root").as_deref());
    }
}
