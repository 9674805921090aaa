//! A tree of moments: each but the roots follows another, and one at most is the current one.

mod asked;
pub mod checkpoints;
pub mod snapshots;

pub use asked::{Asked, OfDomain};

use crate::checkpoint::DomainCheckpoint;
use crate::snapshot::DomainSnapshot;
use ferrovirt_core::{Error, ErrorDomain, Result};
use std::sync::Arc;

/// What a tree has to know of a moment.
pub trait Moment: Clone {
    /// What moments of this kind are called in messages.
    const WHAT: &'static str;
    fn name(&self) -> &str;
    fn parent(&self) -> Option<&str>;
    fn set_parent(&mut self, parent: Option<String>);
}

/// The moments of a guest, in the order in which they were made.
#[derive(Clone)]
pub struct Moments<M> {
    moments: Vec<Arc<M>>,
    current: Option<String>,
}

impl<M> Default for Moments<M> {
    fn default() -> Self {
        Self { moments: Vec::new(), current: None }
    }
}

/// Which moments a list is to hold, besides what their own properties say.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Those that follow at once, and not all that come after them.
    pub nearest: bool,
    pub leaves: Leaves,
}

/// What a list says of those that nothing follows.
#[derive(Clone, Copy, Default)]
pub struct Leaves {
    /// The others are left out.
    pub only: bool,
    /// They are left out.
    pub none: bool,
}

impl<M: Moment> Moments<M> {
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    pub fn len(&self) -> usize {
        self.moments.len()
    }

    /// The names, in the order in which the moments were made.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.moments.iter().map(|moment| moment.name())
    }

    /// Without a word on which one is current it is the one at the end of the longest line: the last one, if moments
    /// have only ever been added.
    pub fn set_current_to_last(&mut self) {
        let depth = |moment: &Arc<M>| {
            let mut depth = 0;
            let mut above = moment.parent().and_then(|parent| self.find(parent));
            while let Some(found) = above.filter(|_| depth < self.moments.len()) {
                depth += 1;
                above = found.parent().and_then(|parent| self.find(parent));
            }
            depth
        };
        let last = self.moments.iter().max_by_key(|moment| depth(moment));
        self.current = last.map(|moment| moment.name().to_owned());
    }

    pub fn find(&self, name: &str) -> Option<&Arc<M>> {
        self.moments.iter().find(|moment| moment.name() == name)
    }

    pub fn current(&self) -> Option<&Arc<M>> {
        self.find(self.current.as_deref()?)
    }

    pub fn set_current(&mut self, name: Option<&str>) {
        self.current = name.map(str::to_owned);
    }

    /// Takes in a moment; its name must be free.
    pub fn add(&mut self, moment: M) -> Result<()> {
        if self.find(moment.name()).is_some() {
            let text = format!("there is a {} '{}' already", M::WHAT, moment.name());
            return Err(Error::operation_failed(text).domain(ErrorDomain::Domain));
        }
        self.moments.push(Arc::new(moment));
        Ok(())
    }

    /// Puts a moment in the place of the one of its name, or takes it in.
    pub fn put(&mut self, moment: M) {
        match self.moments.iter_mut().find(|known| known.name() == moment.name()) {
            Some(known) => *known = Arc::new(moment),
            None => self.moments.push(Arc::new(moment)),
        }
    }

    /// Refuses a moment that follows itself, or one that is not there.
    pub fn check_parent(&self, moment: &M) -> Result<()> {
        let refuse = |text: String| Err(Error::invalid_arg(text).domain(ErrorDomain::Domain));
        let (name, what) = (moment.name(), M::WHAT);
        let Some(parent) = moment.parent() else { return Ok(()) };
        if parent == name {
            return refuse(format!("the {what} '{name}' can't follow itself"));
        }
        let Some(mut earlier) = self.find(parent) else {
            return refuse(format!("there is no {what} '{parent}' that '{name}' could follow"));
        };
        // Each step goes to another moment of a tree without circles, so that there are no more steps than moments.
        for _ in 0..self.moments.len() {
            match earlier.parent() {
                Some(parent) if parent == name => {
                    return refuse(format!("the {what} '{name}' would follow one that follows it"));
                }
                Some(parent) => match self.find(parent) {
                    Some(found) => earlier = found,
                    None => break,
                },
                None => break,
            }
        }
        Ok(())
    }

    /// Whether every moment comes down from a root.
    pub fn is_tree(&self) -> bool {
        self.below(None, false).len() == self.moments.len()
    }

    /// The moments after `from` (or from the roots on), each before those that follow it.
    fn below(&self, from: Option<&str>, nearest: bool) -> Vec<&Arc<M>> {
        let is_root = |moment: &M| moment.parent().is_none_or(|parent| self.find(parent).is_none());
        let mut found = Vec::new();
        // The rest of the list at each depth; a stack, so that a long chain costs no recursion.
        let children = |of: Option<&str>| -> Vec<&Arc<M>> {
            let follows = |moment: &&Arc<M>| match of {
                None => is_root(moment),
                Some(name) => moment.parent() == Some(name),
            };
            self.moments.iter().rev().filter(follows).collect()
        };
        let mut stack = children(from);
        while let Some(moment) = stack.pop() {
            found.push(moment);
            if !nearest {
                stack.extend(children(Some(moment.name())));
            }
        }
        found
    }

    fn is_leaf(&self, moment: &M) -> bool {
        !self.moments.iter().any(|other| other.parent() == Some(moment.name()))
    }

    pub fn list(&self, from: Option<&str>, wanted: Wanted) -> Vec<&Arc<M>> {
        let mut found = self.below(from, wanted.nearest);
        let Leaves { only, none } = wanted.leaves;
        found.retain(|moment| if self.is_leaf(moment) { !none } else { !only });
        found
    }

    /// Takes out a moment, all that follow it, or only those; if it goes alone, its followers follow the one before it.
    pub fn remove(&mut self, name: &str, followers: bool, only_followers: bool) {
        let parent = self.find(name).and_then(|moment| moment.parent()).map(str::to_owned);
        if followers || only_followers {
            let gone: Vec<String> =
                self.below(Some(name), false).iter().map(|moment| moment.name().to_owned()).collect();
            self.moments.retain(|moment| !gone.iter().any(|gone| gone == moment.name()));
            if self.current.as_ref().is_some_and(|current| gone.contains(current)) {
                self.current = Some(name.to_owned());
            }
        } else {
            for moment in &mut self.moments {
                if moment.parent() == Some(name) {
                    Arc::make_mut(moment).set_parent(parent.clone());
                }
            }
        }
        if only_followers {
            return;
        }
        self.moments.retain(|moment| moment.name() != name);
        if self.current.as_deref() == Some(name) {
            self.current = parent.filter(|parent| self.find(parent).is_some());
        }
    }
}

impl Moment for DomainSnapshot {
    const WHAT: &'static str = "snapshot";

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    fn set_parent(&mut self, parent: Option<String>) {
        self.parent = parent;
    }
}

impl Moment for DomainCheckpoint {
    const WHAT: &'static str = "checkpoint";

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    fn set_parent(&mut self, parent: Option<String>) {
        self.parent = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(name: &str, parent: &str) -> DomainCheckpoint {
        let parent = Some(parent.to_owned()).filter(|parent| !parent.is_empty());
        DomainCheckpoint { name: name.to_owned(), parent, ..DomainCheckpoint::default() }
    }

    fn tree() -> Moments<DomainCheckpoint> {
        let mut tree = Moments::default();
        for (name, parent) in [("a", ""), ("b", "a"), ("c", "b"), ("d", "a"), ("e", "")] {
            tree.add(moment(name, parent)).unwrap();
        }
        tree
    }

    const ALL: Leaves = Leaves { only: false, none: false };

    fn names(tree: &Moments<DomainCheckpoint>, from: Option<&str>, nearest: bool, leaves: Leaves) -> String {
        tree.list(from, Wanted { nearest, leaves }).iter().map(|moment| moment.name.as_str()).collect()
    }

    #[test]
    fn lists_go_down_from_the_roots() {
        let tree = tree();
        assert_eq!(names(&tree, None, false, ALL), "abcde");
        assert_eq!(names(&tree, None, true, ALL), "ae");
        assert_eq!(names(&tree, Some("a"), true, ALL), "bd");
        assert_eq!(names(&tree, None, false, Leaves { only: true, none: false }), "cde");
        assert_eq!(names(&tree, None, false, Leaves { only: false, none: true }), "ab");
        assert_eq!(names(&tree, None, false, Leaves { only: true, none: true }), "");
        assert!(tree.is_tree());
    }

    #[test]
    fn what_followed_follows_the_one_before() {
        let mut tree = tree();
        tree.set_current(Some("b"));
        tree.remove("b", false, false);
        assert_eq!(names(&tree, Some("a"), true, ALL), "cd");
        assert_eq!(tree.current().unwrap().name, "a");
        tree.remove("a", false, true);
        assert_eq!(names(&tree, None, false, ALL), "ae");
    }

    #[test]
    fn nothing_follows_itself() {
        let tree = tree();
        assert!(tree.check_parent(&moment("a", "a")).is_err());
        assert!(tree.check_parent(&moment("a", "c")).is_err());
        assert!(tree.check_parent(&moment("x", "y")).is_err());
        assert!(tree.check_parent(&moment("x", "c")).is_ok());
        assert!(tree.clone().add(moment("a", "")).is_err());
    }
}
