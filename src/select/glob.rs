//! Shell patterns (glob(7)) on names and on paths of names.

use crate::ere::{Charset, Flags, Pattern, is_special};

/// A name in which `*`, `?` and `[…]` may stand for others. A backslash is itself: systemd's names are full of them.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    text: Vec<u8>,
    /// None if the text has no special characters.
    pattern: Option<Pattern>,
}

impl Glob {
    /// An invalid pattern, such as a range from z to a, matches only itself.
    pub(super) fn new(text: &[u8]) -> Glob {
        let flags = Flags { whole: true, charset: Charset::Bytes, ..Flags::default() };
        let pattern = is_pattern(text).then(|| Pattern::new(&expression(text), flags).ok()).flatten();
        Glob { text: text.to_vec(), pattern }
    }

    /// Whether the whole name matches, or is the pattern's own text.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        // A pattern of bytes is never too big.
        self.text == name || self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(name) == Ok(true))
    }
}

/// Whether it has characters that may stand for others.
pub(super) fn is_pattern(text: &[u8]) -> bool {
    text.iter().any(|byte| b"*?[".contains(byte))
}

/// The same as an extended regular expression.
fn expression(mut glob: &[u8]) -> Vec<u8> {
    let mut expression = vec![];
    while let Some((&byte, rest)) = glob.split_first() {
        glob = rest;
        if byte == b'['
            && let Some(len) = set_len(rest)
        {
            let (set, rest) = rest.split_at(len);
            expression.push(b'[');
            match set.strip_prefix(b"!") {
                Some(set) => expression.extend([b"^", set].concat()),
                None => expression.extend(set),
            }
            glob = rest;
            continue;
        }
        match byte {
            b'*' => expression.extend(b".*"),
            b'?' => expression.push(b'.'),
            byte if is_special(byte) => expression.extend([b'\\', byte]),
            byte => expression.push(byte),
        }
    }
    expression
}

/// The length of the set that follows a `[`, up to a `]` that is neither its first character nor the end of a class.
/// None if there is no such `]`: then the `[` is an ordinary character.
fn set_len(text: &[u8]) -> Option<usize> {
    let mut at = usize::from(text.first().is_some_and(|byte| b"!^".contains(byte)));
    at += usize::from(text.get(at) == Some(&b']'));
    loop {
        at += memchr::memchr2(b'[', b']', text.get(at..)?)?;
        if text[at] == b']' {
            return Some(at + 1);
        }
        at += match text.get(at + 1) {
            Some(&kind) if b":.=".contains(&kind) => {
                4 + memchr::memmem::find(&text[at + 2..], &[kind, b']'])?
            }
            _ => 1,
        };
    }
}

/// A path of such names with slashes between them, so that none of them matches a slash. `**` as a name, and a slash at
/// the end, match any number of names.
#[derive(Clone, Debug)]
pub(super) struct PathGlob(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Name(Glob),
    AnyDepth,
}

impl PathGlob {
    /// Empty names, as between two slashes, are ignored.
    pub(super) fn new(text: &[u8]) -> PathGlob {
        let part = |name| if name == b"**" { Part::AnyDepth } else { Part::Name(Glob::new(name)) };
        let subtree = text.ends_with(b"/").then_some(Part::AnyDepth);
        PathGlob(names(text).map(part).chain(subtree).collect())
    }

    /// Whether the whole path matches.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let names: Vec<&[u8]> = names(path).collect();
        matches(&self.0, &names)
    }
}

/// The names that a path is made of.
pub(super) fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty())
}

/// Where a name does not match, only the last `**` takes one name more: what matched between two of them also does for
/// any longer match of the first. So the time is bounded by the product of both lengths.
fn matches(parts: &[Part], names: &[&[u8]]) -> bool {
    let (mut part, mut name) = (0, 0);
    // The part after the last `**`, and the name that it was tried at last.
    let mut last: Option<(usize, usize)> = None;
    loop {
        match (parts.get(part), names.get(name)) {
            (None, None) => return true,
            (Some(Part::AnyDepth), _) => {
                part += 1;
                last = Some((part, name));
            }
            (Some(Part::Name(glob)), Some(text)) if glob.matches(text) => {
                part += 1;
                name += 1;
            }
            _ => match &mut last {
                Some((after, at)) if *at < names.len() => {
                    *at += 1;
                    (part, name) = (*after, *at);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_a_whole() {
        for (glob, yes, no) in [
            ("a", &["a"][..], &["", "b", "ab"][..]),
            ("*", &["", "a", "a.b"], &[]),
            ("a*c", &["ac", "abc", "aac", "a*c"], &["abcd", "a"]),
            ("a?c", &["abc", "a?c"], &["ac", "abbc"]),
            ("[ab]x", &["ax", "bx", "[ab]x"], &["cx", "x"]),
            ("[!ab]x", &["cx", "!x"], &["ax", "bx"]),
            ("[^ab]x", &["cx", "^x"], &["ax"]),
            ("[]a]", &["]", "a"], &["b"]),
            ("[!]a]", &["b"], &["]", "a"]),
            ("[a-c]", &["b"], &["d"]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[[:digit:]]*", &["1", "1a"], &["a", ":"]),
            ("[a", &["[a"], &["a"]),
            ("[", &["["], &["", "a"]),
            ("[]", &["[]"], &["]", ""]),
            ("[z-a]*", &["[z-a]*"], &["z", "a"]),
            (r"a\x2d*", &[r"a\x2db"], &["a-b", "ax2d"]),
            ("a.b+(c)|^$*", &["a.b+(c)|^$", "a.b+(c)|^$d"], &["axb+(c)|^$"]),
            ("a{2}*", &["a{2}"], &["aa"]),
            ("é?", &["éa"], &["é"]),
        ] {
            let compiled = Glob::new(glob.as_bytes());
            yes.iter().for_each(|name| assert!(compiled.matches(name.as_bytes()), "{glob} matches {name}"));
            no.iter()
                .for_each(|name| assert!(!compiled.matches(name.as_bytes()), "{glob} does not match {name}"));
        }
        assert!(Glob::new(b"a*").matches(b"a\xff"));
    }

    #[test]
    fn no_name_matches_a_slash() {
        for (glob, yes, no) in [
            ("/a/*", &["/a/b", "/a/b.service"][..], &["/a", "/a/b/c", "/b", "/"][..]),
            ("/a?b", &["/axb"], &["/a/b"]),
            ("/a[!x]b", &["/ayb"], &["/a/b"]),
            ("/a[/]b", &["/a[/]b"], &["/a/b"]),
            ("/a/", &["/a", "/a/b", "/a/b/c"], &["/", "/ab", "/b/a"]),
            ("/a/*/", &["/a/b", "/a/b/c/d"], &["/a", "/b"]),
            ("/**/c", &["/c", "/a/c", "/a/b/c"], &["/a/b", "/c/a"]),
            ("/a/**", &["/a", "/a/b/c"], &["/ab"]),
            ("/a/**/c/**/e", &["/a/c/e", "/a/b/c/d/e", "/a/c/c/e/e"], &["/a/e", "/a/c"]),
            ("/**/b/c/**/e", &["/b/b/c/e", "/b/c/b/c/e/e", "/a/b/c/d/e"], &["/b/d/c/e", "/b/c/e/f"]),
            ("/**/**/", &["/", "/a/b"], &[]),
            ("/a**b", &["/axb"], &["/a/b"]),
        ] {
            let compiled = PathGlob::new(glob.as_bytes());
            yes.iter().for_each(|path| assert!(compiled.matches(path.as_bytes()), "{glob} matches {path}"));
            no.iter()
                .for_each(|path| assert!(!compiled.matches(path.as_bytes()), "{glob} does not match {path}"));
        }
    }

    /// A process can be in a cgroup as deep as a path is long, of which each name matches.
    #[test]
    fn a_deep_path_takes_no_time() {
        let deep = b"/a".repeat(2000);
        assert!(!PathGlob::new(&b"/**/a/**/a".repeat(20)).matches(&[&deep[..], b"/b"].concat()));
        assert!(PathGlob::new(&b"/**/a/**/a".repeat(20)).matches(&deep));
    }

    #[test]
    fn the_end_of_a_set() {
        for (text, expected) in [
            ("a]b", Some(2)),
            ("]]", Some(2)),
            ("!]]", Some(3)),
            ("^]a]", Some(4)),
            ("[:digit:]x]", Some(11)),
            ("[.].]]", Some(6)),
            ("[a]", Some(3)),
            ("", None),
            ("]", None),
            ("!]", None),
            ("a", None),
            ("[:digit]", None),
        ] {
            assert_eq!(set_len(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(names(b"/a//b/").collect::<Vec<_>>(), [b"a", b"b"]);
    }
}
