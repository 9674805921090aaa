//! Filters that include filters: which are needed for one, and that none needs itself.

use ferrovirt_conf::nwfilter::NwFilter;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a filter needs the one of that name, directly or through others. `find` knows the filters; those that are
/// not there yet need nothing. `of` itself does not count.
pub fn needs(of: &NwFilter, wanted: &str, find: impl Fn(&str) -> Option<Arc<NwFilter>>) -> bool {
    let includes = |filter: &NwFilter| -> Vec<String> {
        filter.includes().map(|include| include.filter.clone()).collect()
    };
    let mut seen = BTreeSet::new();
    let mut ahead = includes(of);
    while let Some(name) = ahead.pop() {
        if name == wanted {
            return true;
        }
        if seen.insert(name.clone())
            && let Some(filter) = find(&name)
        {
            ahead.extend(includes(&filter));
        }
    }
    false
}
