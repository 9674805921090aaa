//! What calls do with their flags: refuse those that they do not know, and choose by those of lists.

use crate::{Error, Result};

/// Refuses flags that the call does not know, as libvirt does before anything is looked at.
pub fn refuse_unknown(flags: u32, known: u32, function: &str) -> Result<()> {
    match flags & !known {
        0 => Ok(()),
        unknown => Err(Error::invalid_arg(format!("unsupported flags (0x{unknown:x}) in {function}"))),
    }
}

/// Whether one of those that are asked for holds, or none is asked for.
pub fn matches(flags: u32, group: &[(u32, bool)]) -> bool {
    let mut asked = group.iter().filter(|(flag, _)| flags & flag != 0).peekable();
    asked.peek().is_none() || asked.any(|(_, holds)| *holds)
}

/// The two flags of a question that is answered with yes or no, for [`matches()`].
pub fn either(yes: u32, no: u32, holds: bool) -> [(u32, bool); 2] {
    [(yes, holds), (no, !holds)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_which_none_is_asked_for_holds_for_all() {
        assert!(matches(0, &either(1, 2, false)));
        assert!(matches(2, &either(1, 2, false)) && !matches(1, &either(1, 2, false)));
        assert!(refuse_unknown(3, 1, "virThing").is_err() && refuse_unknown(1, 3, "virThing").is_ok());
    }
}
