//! What is offered to a shell.

use super::inert;
use crate::sys;

/// A completion candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The completed word. What comes from a process or the system in it has passed the filter [`inert`].
    pub text: Vec<u8>,
    /// Its description, whose text has too.
    pub about: Vec<u8>,
}

impl Candidate {
    /// A word of the program's own, a number, or what is made of the word that its user has typed.
    pub(crate) fn own(text: impl Into<Vec<u8>>, about: impl AsRef<[u8]>) -> Self {
        Candidate { text: text.into(), about: inert::description(about.as_ref()) }
    }

    /// A word that others have chosen, such as a path. None if it could be more than a word to a shell.
    pub(crate) fn value(text: Vec<u8>, about: impl AsRef<[u8]>) -> Option<Self> {
        inert::is_inert_value(&text, sys::locale_is_utf8()).then(|| Self::own(text, about))
    }
}
