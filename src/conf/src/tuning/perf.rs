//! Which of the host's counters are kept for a guest, as parameters.

use crate::domain::{Domain, PerfEvent, PerfEventName};
use ferrovirt_core::{KnownParam, TypedParams, TypedValue, abi};
use ferrovirt_xml::YesNo;

/// What [`set`] knows.
pub fn table() -> Vec<KnownParam> {
    let kind = abi::VIR_TYPED_PARAM_BOOLEAN as i32;
    let row = |name: &PerfEventName| KnownParam { name: name.as_str(), kind, multiple: false };
    PerfEventName::ALL.iter().map(row).collect()
}

/// Every event, and whether it is counted.
pub fn params(model: &Domain) -> TypedParams {
    let is_on = |name| model.perf.iter().any(|event| event.name == name && event.enabled == YesNo::Yes);
    let events = PerfEventName::ALL.iter();
    events.map(|name| (name.to_string(), TypedValue::Boolean(is_on(*name)))).collect()
}

/// Takes in what is given; names were checked against the table.
pub fn set(model: &mut Domain, params: &TypedParams) {
    for (name, value) in params.iter() {
        let Ok(name) = name.parse::<PerfEventName>() else { continue };
        let enabled = YesNo::from(*value == TypedValue::Boolean(true));
        model.perf.retain(|event| event.name != name);
        model.perf.push(PerfEvent { name, enabled });
    }
    model.perf.sort_by_key(|event| event.name);
}
