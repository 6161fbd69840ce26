//! What is offered to a shell.

/// A completion candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The completed word. It may contain bytes that come from a process.
    pub text: Vec<u8>,
    /// Its description, which may too.
    pub about: Vec<u8>,
}

impl Candidate {
    /// A word and its description.
    pub(crate) fn new(text: impl Into<Vec<u8>>, about: impl Into<Vec<u8>>) -> Self {
        Candidate { text: text.into(), about: about.into() }
    }
}
