//! A text of a process as it is displayed, made where a pattern does not match it as it is.

use crate::display::{hide_unprintable, is_plain};
use crate::proc::ProcessText;
use crate::request::Subject;

/// The text that was displayed last. Its buffer serves the next process too.
#[derive(Default)]
pub(super) struct Displayed {
    of: Option<ProcessText>,
    /// Whether it is not the text itself.
    differs: bool,
    bytes: Vec<u8>,
}

impl Displayed {
    /// Another process is examined. Of the buffer, this much is kept.
    pub(super) fn forget(&mut self, capacity: usize) {
        self.of = None;
        self.bytes.clear();
        self.bytes.shrink_to(capacity);
    }

    /// Whether it is made of this text.
    pub(super) fn is_of(&self, text: ProcessText) -> bool {
        self.of == Some(text)
    }

    /// None where the text is displayed as it is.
    pub(super) fn get(&self) -> Option<&[u8]> {
        self.differs.then_some(&self.bytes)
    }

    /// Makes it of a copy. Plain text, which most is, is not copied.
    pub(super) fn make(&mut self, text: ProcessText, raw: &[u8]) {
        self.of = Some(text);
        self.differs = !is_plain(raw);
        if self.differs {
            self.bytes.clear();
            self.bytes.extend_from_slice(raw);
            hide_unprintable(&mut self.bytes, subject(text));
            self.differs = self.bytes != raw;
        }
    }

    /// Makes it of the text itself.
    pub(super) fn make_in_place(&mut self, text: ProcessText, raw: Vec<u8>) {
        self.bytes = raw;
        hide_unprintable(&mut self.bytes, subject(text));
        (self.of, self.differs) = (Some(text), true);
    }
}

fn subject(text: ProcessText) -> Subject {
    match text {
        ProcessText::Name | ProcessText::FullName => Subject::Name,
        ProcessText::CommandLine => Subject::CommandLine,
    }
}
