//! How many pidfds are kept open at a time: with fewer descriptors than processes, some are known by process ID and
//! start time only, and get a pidfd when one is needed.

use std::cell::Cell;
use std::rc::Rc;

use crate::sys;

/// The pidfds that may be open.
#[derive(Debug)]
pub(crate) struct Budget {
    open: Rc<Cell<usize>>,
    /// Known once descriptors have run out, or where there are few from the start.
    most: Option<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { open: Rc::default(), most: sys::has_few_descriptors().then_some(0) }
    }
}

/// A share of the budget, returned when it is dropped.
#[derive(Debug)]
pub(crate) struct Share(Rc<Cell<usize>>);

impl Budget {
    /// None if all is spent.
    pub(crate) fn take(&self) -> Option<Share> {
        self.has_room().then(|| {
            self.open.set(self.open.get() + 1);
            Share(Rc::clone(&self.open))
        })
    }

    pub(crate) fn has_room(&self) -> bool {
        self.most.is_none_or(|most| self.open.get() < most)
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.most.is_some()
    }

    /// Whether no pidfd can be kept at all.
    pub(crate) fn is_zero(&self) -> bool {
        self.most == Some(0)
    }

    /// Limit the budget to the pidfds that are open now: descriptors have run out, or another pidfd would be useless.
    pub(crate) fn limit(&mut self) {
        self.most = Some(self.open.get());
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_returned_can_be_taken_again() {
        let mut budget = Budget::default();
        let [first, second] = [(); 2].map(|()| budget.take().expect("no limit is known"));
        drop(second);
        budget.limit();
        assert!(!budget.has_room() && budget.take().is_none());
        drop(first);
        assert!(budget.has_room());
        let share = budget.take();
        assert!(share.is_some() && budget.take().is_none());
        assert!(!budget.is_zero());
        drop(share);
        budget.limit();
        assert!(budget.is_zero() && !budget.has_room());
    }
}
