//! Patterns that are plain text, as most are: a search for bytes, for which nothing is compiled.

use memchr::memmem;

/// Text between optional anchors: `sshd`, `^sshd$`, `node\.js`.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    /// In upper case where case is ignored.
    text: memmem::Finder<'static>,
    at_start: bool,
    at_end: bool,
    ignore_case: bool,
}

impl Literal {
    /// The literal that `pattern` is, if it is one in every charset: in UTF-8 no byte of one character is
    /// part of another, so that bytes may be searched for. With `ignore_case` only ASCII is one.
    pub fn parse(pattern: &[u8], ignore_case: bool, whole: bool) -> Option<Literal> {
        let (pattern, at_start) = strip(pattern, pattern.strip_prefix(b"^"));
        let (pattern, at_end) = strip(pattern, pattern.strip_suffix(b"$"));
        let mut text = Vec::with_capacity(pattern.len());
        let mut bytes = pattern.iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'^' | b'$' | b'.' | b'[' | b'|' | b'(' | b')' | b'*' | b'+' | b'?' | b'{' => return None,
                b'\\' => match bytes.next() {
                    Some(b'<' | b'>' | b'`' | b'\'') | None => return None,
                    Some(&escaped) if escaped.is_ascii_punctuation() => text.push(escaped),
                    Some(_) => return None,
                },
                _ => text.push(byte),
            }
        }
        let searchable = if ignore_case { text.is_ascii() } else { str::from_utf8(&text).is_ok() };
        if ignore_case {
            text.make_ascii_uppercase();
        }
        let text = memmem::Finder::new(&text).into_owned();
        searchable.then_some(Literal {
            text,
            at_start: at_start || whole,
            at_end: at_end || whole,
            ignore_case,
        })
    }

    pub fn len(&self) -> usize {
        self.text.needle().len()
    }

    /// Whether the literal takes other subjects in UTF-8 than in a charset of single bytes: the dotless i
    /// and the long s have upper cases in ASCII.
    pub fn encoding_matters(&self) -> bool {
        self.ignore_case && memchr::memchr2(b'I', b'S', self.text.needle()).is_some()
    }

    pub fn is_match(&self, subject: &[u8]) -> bool {
        if !self.ignore_case {
            return self.finds(subject);
        }
        // A name is short: no allocation for each of thousands.
        let mut short = [0; 256];
        match short.get_mut(..subject.len()) {
            Some(upper) => {
                upper.copy_from_slice(subject);
                upper.make_ascii_uppercase();
                self.finds(upper)
            }
            None => self.finds(&subject.to_ascii_uppercase()),
        }
    }

    fn finds(&self, subject: &[u8]) -> bool {
        let text = self.text.needle();
        match (self.at_start, self.at_end) {
            (true, true) => subject == text,
            (true, false) => subject.starts_with(text),
            (false, true) => subject.ends_with(text),
            (false, false) => self.text.find(subject).is_some(),
        }
    }
}

fn strip<'a>(pattern: &'a [u8], stripped: Option<&'a [u8]>) -> (&'a [u8], bool) {
    (stripped.unwrap_or(pattern), stripped.is_some())
}
