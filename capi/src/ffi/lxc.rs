//! Security labels as C's fixed fields hold them.

use super::node::field_text;
use super::strings::copy_into;
use ferrovirt::{Error, Result, enter_security_label};
use ferrovirt_core::abi::{virSecurityLabel, virSecurityLabelPtr, virSecurityModelPtr};
use std::ffi::c_uint;

/// Enters a label of a model, and stores the former one where the caller wants it.
pub fn enter_label(
    model: virSecurityModelPtr,
    label: virSecurityLabelPtr,
    old: virSecurityLabelPtr,
    flags: c_uint,
) -> Result<()> {
    let missing = |name: &str| Error::invalid_arg(format!("{name} must not be NULL"));
    // SAFETY: NULL, which is refused, or a structure that the API promises to stay for the call.
    let model = unsafe { model.as_ref() }.ok_or_else(|| missing("model"))?;
    // SAFETY: as above.
    let label = unsafe { label.as_ref() }.ok_or_else(|| missing("label"))?;
    let (model, label) = (field_text(&model.model, "model")?, field_text(&label.label, "label")?);
    let former = enter_security_label(model, label, !old.is_null(), flags)?;
    if !old.is_null() {
        let mut c_label = virSecurityLabel::default();
        if let Some((context, enforced)) = former {
            copy_into(&mut c_label.label, &context);
            c_label.enforcing = enforced.into();
        }
        // SAFETY: not NULL (checked above), and the API promises room for one structure.
        unsafe { old.write(c_label) };
    }
    Ok(())
}
