//! The named classes and upper case of every character, compared with glibc's C.UTF-8.

use std::ffi::CString;

use pkill::ere::{Charset, Flags, Pattern};

use super::glibc;
use crate::support::limits;

/// All assigned characters are below, except private use and some tags and selectors.
const END: char = '\u{32000}';

fn pattern(text: &str, ignore_case: bool) -> Pattern {
    let flags = Flags { ignore_case, whole: true, plain: false, charset: Charset::Utf8 };
    Pattern::new(text.as_bytes(), flags).unwrap()
}

fn takes(pattern: &Pattern, c: char) -> bool {
    pattern.is_match(c.encode_utf8(&mut [0; 4]).as_bytes()).unwrap()
}

/// Whether both have the character: otherwise one has a newer version of Unicode.
fn known_to_both(c: char, assigned: &Pattern) -> bool {
    let known = |name| glibc::is_in_class(c, name);
    takes(assigned, c) && (known(c"print") || known(c"cntrl"))
}

#[test]
fn classes_have_the_members_that_they_have_in_glibc() {
    limits::within(1 << 30, || {
        glibc::set_locale();
        let assigned = pattern("[[:print:][:cntrl:]]", false);
        let known: Vec<char> = ('\u{1}'..END).filter(|&c| known_to_both(c, &assigned)).collect();
        assert!(known.len() > 140_000, "{} characters", known.len());
        for name in [
            "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph",
            "cntrl", "xdigit",
        ] {
            let class = pattern(&format!("[[:{name}:]]"), false);
            let theirs = CString::new(name).unwrap();
            let differ: Vec<char> = known
                .iter()
                .copied()
                .filter(|&c| takes(&class, c) != glibc::is_in_class(c, &theirs))
                .collect();
            // Unicode changes some: version 16 made 38 marks alphabetic.
            assert!(differ.len() <= 50, "{name}: {differ:?}");
        }
    });
}

#[test]
fn characters_are_equal_that_have_the_same_upper_case_in_glibc() {
    limits::within(1 << 30, || {
        glibc::set_locale();
        let assigned = pattern("[[:print:][:cntrl:]]", false);
        let mut letters = 0;
        for c in ('\u{1}'..END).filter(|&c| glibc::upper(c) != c && known_to_both(c, &assigned)) {
            letters += 1;
            let upper = pattern(&format!("[{}]", glibc::upper(c)), true);
            assert!(takes(&upper, c), "{c:?} {:?}", glibc::upper(c));
        }
        assert!(letters > 1300, "{letters} letters");
    });
}
