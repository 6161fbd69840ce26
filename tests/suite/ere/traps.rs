//! Patterns that other programs fail with: by their stack, their memory, their time, or by a wrong
//! result.

use pkill::ere::{Charset, Flags, Pattern, PatternError};

use crate::support::limits::within;

/// The memory that a pattern may take, the program and its libraries included.
const MEMORY: u64 = 200 << 20;

fn compile(pattern: &str, charset: Charset) -> Result<Pattern, PatternError> {
    Pattern::new(pattern.as_bytes(), Flags { charset, ..Flags::default() })
}

const CHARSETS: [Charset; 3] = [Charset::Bytes, Charset::Utf8, Charset::Locale];

#[test]
fn the_full_dfa_is_not_built() {
    // regex-automata 0.4.18 takes `axx!` with its full DFA. get_dfa() is true if the feature `dfa-build` is on,
    // which any crate of the build can do, as features add up.
    assert!(!regex_automata::meta::Config::new().dfa(true).get_dfa(), "the feature dfa-build is on");
    for charset in CHARSETS {
        let pattern = compile("[a-z]x.*x[a-z]", charset).unwrap();
        assert_eq!(pattern.is_match(b"axx!"), Ok(false));
        assert_eq!(pattern.is_match("axxé".as_bytes()), Ok(false));
        assert_eq!(pattern.is_match(b"axxb"), Ok(true));
    }
}

#[test]
fn nesting_is_limited() {
    within(MEMORY, || {
        for (pattern, error) in [
            ("*".repeat(50_000), PatternError::NothingToRepeat),
            (format!("a{}", "{2}".repeat(50_000)), PatternError::TooBig),
            ("a{2}*".repeat(50_000), PatternError::TooBig),
            ("(".repeat(60_000), PatternError::TooBig),
            (format!("{}a{}", "(".repeat(60_000), ")".repeat(60_000)), PatternError::TooBig),
            ("(a*".repeat(60_000), PatternError::TooBig),
            ("[".repeat(60_000), PatternError::UnmatchedBracket),
        ] {
            for charset in CHARSETS {
                assert_eq!(compile(&pattern, charset).err(), Some(error), "{}...", &pattern[..9]);
            }
        }
        for pattern in
            [format!("^a{}$", "*".repeat(50_000)), format!("^{}a{}$", "(".repeat(250), ")*".repeat(250))]
        {
            let pattern = compile(&pattern, Charset::Utf8).unwrap();
            assert_eq!(pattern.is_match(b"aa"), Ok(true));
            assert_eq!(pattern.is_match("aé".as_bytes()), Ok(false));
        }
    });
}

#[test]
fn counts_up_to_the_largest_compile() {
    within(MEMORY, || {
        for (pattern, least) in
            [("a{0,32767}", 0), ("^a{32767}$", 32767), ("^.{32767}$", 32767), ("^.{,32767}$", 0)]
        {
            for charset in CHARSETS {
                let pattern = compile(pattern, charset).unwrap();
                assert_eq!(pattern.minimum_len(), least);
                assert_eq!(pattern.is_match(&[b'a'; 32767]), Ok(true));
            }
        }
        let pattern = compile("^.{32767}$", Charset::Utf8).unwrap();
        assert_eq!(pattern.is_match("é".repeat(32767).as_bytes()), Ok(true));
        assert_eq!(pattern.is_match("é".repeat(32766).as_bytes()), Ok(false));
    });
}

#[test]
fn a_pattern_that_grows_out_of_bounds_is_refused() {
    within(MEMORY, || {
        for pattern in [
            "((((((a?){20}){20}){20}){20}){20}){20}",
            "((((((a){20}){20}){20}){20}){20}){20}",
            "((((((a|){20}){20}){20}){20}){20}){20}",
            "((a{32767}){32767}){32767}",
        ] {
            for charset in CHARSETS {
                assert_eq!(compile(pattern, charset).err(), Some(PatternError::TooBig), "{pattern}");
            }
        }
    });
}

#[test]
fn too_big_for_unicode_is_an_error_and_never_no_match() {
    within(MEMORY, || {
        let pattern = compile("^[[:alpha:]]{20000}", Charset::Locale).unwrap();
        assert_eq!(pattern.is_match(b"a"), Ok(false));
        assert_eq!(pattern.is_match(&[b'a'; 20000]), Ok(true));
        for _ in 0..2 {
            assert_eq!(pattern.clone().is_match("é".repeat(20000).as_bytes()), Err(PatternError::TooBig));
        }
    });
}

#[test]
fn exponential_states_do_not_matter() {
    within(MEMORY, || {
        let pattern = compile("(a|b)*a(a|b){16}c", Charset::Locale).unwrap();
        let mut state = 1u32;
        let mut subject: Vec<u8> = (0..1 << 20)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if state >> 31 == 0 { b'a' } else { b'b' }
            })
            .collect();
        assert_eq!(pattern.is_match(&subject), Ok(false));
        subject.extend_from_slice(b"abbbbbbbbbbbbbbbbc");
        assert_eq!(pattern.is_match(&subject), Ok(true));
    });
}

#[test]
fn long_literals_are_found_in_linear_time() {
    within(MEMORY, || {
        // Quadratic time would be 10^10 comparisons.
        let mut literal = "a".repeat(100_000);
        literal.push('b');
        let mut subject = "a".repeat(2 << 20).into_bytes();
        for ignore_case in [false, true] {
            let pattern =
                Pattern::new(literal.as_bytes(), Flags { ignore_case, ..Flags::default() }).unwrap();
            assert_eq!(pattern.minimum_len(), 100_001);
            assert_eq!(pattern.is_match(&subject), Ok(false));
            subject.push(b'b');
            assert_eq!(pattern.is_match(&subject), Ok(true));
            subject.pop();
        }
    });
}

#[test]
fn a_subject_may_be_any_bytes() {
    within(MEMORY, || {
        let any = "a é\u{10ffff}\0\n".bytes().chain(0x80..=0xff).cycle();
        let subjects: Vec<Vec<u8>> =
            [0, 1, 2, 15, 300, 2 << 20].map(|len| any.clone().take(len).collect()).into();
        for pattern in ["", "^", "$", "x", "é", ".", "^.*$", "[^a]", r"\W", r"\<x", "(x|y)z", "[[:alpha:]]+x"]
        {
            for charset in CHARSETS {
                let pattern = compile(pattern, charset).unwrap();
                for subject in &subjects {
                    assert_eq!(pattern.is_match(subject), pattern.clone().is_match(subject));
                    assert!(pattern.is_match(subject).is_ok());
                }
            }
        }
    });
}
