//! A completion candidate: what is offered to a shell.

use super::inert;
use crate::sys;

/// A completion candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The completed word. Text of a process or of the system has passed the filter [`inert`].
    pub text: Vec<u8>,
    /// The description, filtered in the same way.
    pub about: Vec<u8>,
}

impl Candidate {
    /// A trusted word: the program's own, a number, or one derived from what the user has typed.
    pub(crate) fn own(text: impl Into<Vec<u8>>, about: impl AsRef<[u8]>) -> Self {
        Candidate { text: text.into(), about: inert::description(about.as_ref()) }
    }

    /// An untrusted word, such as a path. None if a shell could interpret it.
    pub(crate) fn value(text: Vec<u8>, about: impl AsRef<[u8]>) -> Option<Self> {
        inert::is_inert_value(&text, sys::locale_is_utf8()).then(|| Self::own(text, about))
    }
}
