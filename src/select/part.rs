//! Where a pattern matches in a text of a process.

use std::ops::Range;

use crate::display::hide_unprintable;
use crate::ere::Pattern;
use crate::request::Subject;

/// The part of a text that matches, as it is or as it is displayed; both have the same length.
pub(crate) fn part(pattern: &Pattern, subject: Subject, text: &[u8]) -> Option<Range<usize>> {
    let find = |text: &[u8]| pattern.find(text).ok().flatten();
    find(text).or_else(|| {
        let mut displayed = text.to_vec();
        hide_unprintable(&mut displayed, subject);
        find(&displayed)
    })
}
