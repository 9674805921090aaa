//! What was done on the way to a goal, to be undone if the goal is not reached.

use ferrovirt_core::{Error, Result};

/// Steps that are undone, the last first, when this is dropped before [`Undo::keep`].
#[derive(Default)]
pub struct Undo<'a>(Vec<Step<'a>>);

struct Step<'a> {
    what: &'static str,
    undo: Box<dyn FnOnce() -> Result<()> + 'a>,
}

impl<'a> Undo<'a> {
    /// Notes how to undo a step that was just done, or that may have been done in part.
    pub fn push(&mut self, what: &'static str, undo: impl FnOnce() -> Result<()> + 'a) {
        self.0.push(Step { what, undo: Box::new(undo) });
    }

    /// The goal is reached: nothing is undone.
    pub fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        while let Some(step) = self.0.pop() {
            if let Err(err) = (step.undo)() {
                // The first failure is on its way to the caller; this one has only the log.
                tracing::error!(step = step.what, %err, "a step could not be undone");
            }
        }
    }
}

/// Of several failures of a clean-up one error: the code of the first, the words of all.
pub fn combine(failures: Vec<Error>) -> Result<()> {
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Ok(()) };
    let others: Vec<String> = failures.map(|err| err.message()).collect();
    if others.is_empty() {
        return Err(first);
    }
    let text = format!("{}; and {}", first.detail().unwrap_or_default(), others.join("; and "));
    Err(Error::new(first.code(), text).or_domain(first.error_domain()).caused_by(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn steps_are_undone_backwards_unless_the_goal_is_reached() {
        let undone = RefCell::new(Vec::new());
        for reached in [false, true] {
            let mut undo = Undo::default();
            undo.push("first", || {
                undone.borrow_mut().push(1);
                Ok(())
            });
            undo.push("second", || {
                undone.borrow_mut().push(2);
                Err(Error::internal("can't"))
            });
            if reached {
                undo.keep();
            }
        }
        assert_eq!(*undone.borrow(), [2, 1]);
    }

    #[test]
    fn all_failures_are_told() {
        assert!(combine(Vec::new()).is_ok());
        let err = combine(vec![Error::operation_failed("a"), Error::internal("b")]).unwrap_err();
        assert!(err.message().contains('a') && err.message().contains("internal error: b"), "{err}");
    }
}
