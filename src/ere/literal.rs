//! Patterns that are plain text, as most are: a search for bytes, for which nothing is compiled.

use std::sync::OnceLock;

use memchr::memmem;
use regex_syntax::hir::{Hir, HirKind, Look};

/// The longest subject that is searched byte by byte: longer than any name.
const SHORT: usize = 64;

/// Text between optional anchors: `sshd`, `^sshd$`, `node\.js`.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    /// In upper case where case is ignored.
    text: Vec<u8>,
    /// For long subjects. Creating the first one takes longer than a scan of all names: it executes CPUID, which a
    /// hypervisor emulates slowly.
    finder: OnceLock<memmem::Finder<'static>>,
    at_start: bool,
    at_end: bool,
    ignore_case: bool,
}

impl Literal {
    /// The literal that `pattern` is, if it is one in every charset: in UTF-8 no byte of one character is
    /// part of another, so that bytes may be searched for. With `ignore_case` only ASCII is one.
    pub(super) fn parse(pattern: &[u8], ignore_case: bool, whole: bool) -> Option<Literal> {
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
        Literal::searchable(text, at_start || whole, at_end || whole, ignore_case)
    }

    /// The same of a text in which each character stands for itself.
    pub(super) fn plain(text: &[u8], ignore_case: bool, whole: bool) -> Option<Literal> {
        Literal::searchable(text.to_vec(), whole, whole, ignore_case)
    }

    fn searchable(mut text: Vec<u8>, at_start: bool, at_end: bool, ignore_case: bool) -> Option<Literal> {
        let searchable = if ignore_case { text.is_ascii() } else { str::from_utf8(&text).is_ok() };
        if ignore_case {
            text.make_ascii_uppercase();
        }
        searchable.then(|| Literal::new(text, at_start, at_end, ignore_case))
    }

    fn new(text: Vec<u8>, at_start: bool, at_end: bool, ignore_case: bool) -> Literal {
        Literal { text, finder: OnceLock::new(), at_start, at_end, ignore_case }
    }

    /// The literal that is equivalent to a tree, as for `[v]llm serve` and `^(sshd)$`.
    pub(super) fn of(hir: &Hir) -> Option<Literal> {
        let is = |part: &Hir, look| *part.kind() == HirKind::Look(look);
        let parts = match hir.kind() {
            HirKind::Concat(parts) => parts.as_slice(),
            _ => std::slice::from_ref(hir),
        };
        let (at_start, text, at_end) = match parts {
            [start, text, end] if is(start, Look::Start) && is(end, Look::End) => (true, text, true),
            [start, text] if is(start, Look::Start) => (true, text, false),
            [text, end] if is(end, Look::End) => (false, text, true),
            [text] => (false, text, false),
            _ => return None,
        };
        match text.kind() {
            // Never one without case, where a letter is a set.
            HirKind::Literal(text) => Some(Literal::new(text.0.to_vec(), at_start, at_end, false)),
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// What is searched for; in upper case where case is ignored.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the literal matches other subjects in UTF-8 than in a charset of single bytes: the dotless i
    /// and the long s have upper cases in ASCII.
    pub(super) fn encoding_matters(&self) -> bool {
        self.ignore_case && self.text.iter().any(|byte| matches!(byte, b'I' | b'S'))
    }

    pub(super) fn is_match(&self, subject: &[u8]) -> bool {
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
        let text = &self.text[..];
        match (self.at_start, self.at_end) {
            (true, true) => subject == text,
            (true, false) => subject.starts_with(text),
            (false, true) => subject.ends_with(text),
            (false, false) if subject.len() <= SHORT => {
                text.is_empty() || subject.windows(text.len()).any(|window| window == text)
            }
            (false, false) => {
                let finder = self.finder.get_or_init(|| memmem::Finder::new(text).into_owned());
                finder.find(subject).is_some()
            }
        }
    }
}

fn strip<'a>(pattern: &'a [u8], stripped: Option<&'a [u8]>) -> (&'a [u8], bool) {
    (stripped.unwrap_or(pattern), stripped.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, ignore_case: bool, whole: bool, subject: &str) -> Option<bool> {
        Literal::parse(pattern.as_bytes(), ignore_case, whole)
            .map(|literal| literal.is_match(subject.as_bytes()))
    }

    #[test]
    fn text_between_anchors_is_a_literal() {
        for (pattern, yes, no) in [
            ("sshd", &["sshd", "xsshdx"][..], &["", "ssh", "SSHD"][..]),
            ("^sshd", &["sshd", "sshdx"], &["xsshd"]),
            ("sshd$", &["sshd", "xsshd"], &["sshdx", "sshd\n"]),
            ("^sshd$", &["sshd"], &["xsshd", "sshdx"]),
            (r"node\.js", &["node.js"], &["nodexjs"]),
            (r"a\\b", &[r"a\b"], &["ab"]),
            (r"\{\(\*", &["{(*"], &[]),
            ("a}", &["a}"], &["a"]),
            ("é", &["é", "aéb"], &["e"]),
            ("", &["", "a"], &[]),
            ("^$", &[""], &["a"]),
        ] {
            for subject in yes {
                assert_eq!(found(pattern, false, false, subject), Some(true), "{pattern} {subject}");
            }
            for subject in no {
                assert_eq!(found(pattern, false, false, subject), Some(false), "{pattern} {subject}");
            }
        }
    }

    #[test]
    fn all_else_is_none() {
        let special = ["a.", "a*", "a+", "a?", "a{2}", "[a]", "(a)", "a|b", "a)", "^^a", "a$b", "a^"];
        for pattern in special.into_iter().chain([r"\w", r"\<a", r"\`a", r"\'", r"a\", r"\d", r"\1", r"a\$"])
        {
            assert_eq!(found(pattern, false, false, "a"), None, "{pattern}");
        }
        assert_eq!(found("é", true, false, "é"), None);
        assert!(Literal::parse(b"\xff", false, false).is_none());
    }

    #[test]
    fn flags_apply_to_literals() {
        assert_eq!(found("SsHd", true, false, "xSShdx"), Some(true));
        assert_eq!(found("SsHd", true, true, "SShd"), Some(true));
        assert_eq!(found("SsHd", true, true, "SShdx"), Some(false));
        assert_eq!(found("sshd", false, true, "sshd"), Some(true));
        assert_eq!(found("sshd", false, true, "xsshd"), Some(false));
        let long = "x".repeat(1000) + "SSHD";
        assert_eq!(found("sshd", true, false, &long), Some(true));
        assert_eq!(found("^sshd", true, false, &long), Some(false));
    }

    #[test]
    fn a_tree_may_be_a_literal() {
        let literal = regex_syntax::hir::Hir::literal(*b"ab");
        let (start, end) = (Hir::look(Look::Start), Hir::look(Look::End));
        let matches = |parts: &[&Hir], subject: &[u8]| {
            Literal::of(&Hir::concat(parts.iter().map(|&part| part.clone()).collect()))
                .map(|l| l.is_match(subject))
        };
        assert_eq!(matches(&[&literal], b"xabx"), Some(true));
        assert_eq!(matches(&[&start, &literal], b"xab"), Some(false));
        assert_eq!(matches(&[&literal, &end], b"xab"), Some(true));
        assert_eq!(matches(&[&start, &literal, &end], b"ab"), Some(true));
        assert_eq!(matches(&[&start, &literal, &end], b"abx"), Some(false));
        assert_eq!(matches(&[&end, &literal], b"ab"), None);
        assert_eq!(matches(&[&start], b"ab"), None);
    }
}
