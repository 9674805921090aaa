//! Security labels that do not say for which of the host's models they are: old documents knew only one.

use ferrovirt_conf::domain::{Domain, ParseFlags, SecurityLabelKind};
use ferrovirt_core::{Error, ErrorDomain, Result};

/// The first model of this driver, which confines no guest.
const OWN_MODEL: &str = "none";

/// Names the model of the only label, and with it that there is none.
pub fn name_model(model: &mut Domain, flags: ParseFlags) -> Result<()> {
    let [label] = &mut model.seclabels[..] else { return Ok(()) };
    if label.model.is_some() {
        return Ok(());
    }
    let vague = match label.kind {
        SecurityLabelKind::None => true,
        SecurityLabelKind::Dynamic => label.base_label.is_none() && flags.inactive,
        SecurityLabelKind::Static => false,
    };
    if !vague {
        let text = "<seclabel> with a label needs the model that it is for";
        return Err(Error::xml(text).domain(ErrorDomain::Domain));
    }
    label.model = Some(OWN_MODEL.into());
    if flags.inactive {
        (label.kind, label.relabel) = (SecurityLabelKind::None, None);
    }
    Ok(())
}
