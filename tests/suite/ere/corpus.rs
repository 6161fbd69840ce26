//! Facts about glibc: the result of its `regexec` for a pattern and a subject, in C and in C.UTF-8.

use pkill::ere::{Charset, Flags, Pattern, PatternError};

use crate::support::rerun::{rerun, test_name};

/// One fact per line: pattern, flags (`i` or `-`), subject, locale, answer; C escapes in all fields.
const CORPUS: &str = include_str!("corpus.tsv");

#[test]
fn patterns_mean_what_they_mean_to_glibc() {
    let (mut facts, mut refused, mut wrong) = (0, 0, vec![]);
    for line in CORPUS.lines().skip(1) {
        let fields: Vec<Vec<u8>> = line.split('\t').map(unescape).collect();
        let [pattern, flags, subject, locale, expected] = &fields[..] else {
            panic!("not five fields: {line}");
        };
        let charset = if locale == b"C" { Charset::Bytes } else { Charset::Utf8 };
        let flags = Flags { ignore_case: flags == b"i", whole: false, plain: false, charset };
        let answer = match Pattern::new(pattern, flags).and_then(|pattern| pattern.is_match(subject)) {
            Ok(true) => "match".to_owned(),
            Ok(false) => "nomatch".to_owned(),
            Err(PatternError::BackReference) => {
                refused += 1;
                continue;
            }
            Err(error) => format!("error:{error}"),
        };
        facts += 1;
        if answer.as_bytes() != expected {
            wrong.push(format!("{line}: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {facts} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((facts, refused), (610, 12), "facts that were tried, and back-references that were refused");
}

#[test]
fn the_environment_says_what_a_character_is() {
    for (variables, utf8) in [
        (&[("LC_ALL", "C.UTF-8")][..], true),
        (&[("LC_CTYPE", "C.UTF-8"), ("LANG", "C")], true),
        (&[("LANG", "C.UTF-8")], true),
        (&[("LC_ALL", ""), ("LANG", "C.UTF-8")], true),
        (&[("LC_ALL", "C"), ("LANG", "C.UTF-8")], false),
        (&[("LC_ALL", "POSIX")], false),
        (&[("LC_ALL", "xx_XX.UTF-8")], false), // not installed: C
        (&[], false),
    ] {
        let mut child = rerun(test_name(&the_locale_is_utf8));
        let output = child.env_clear().envs(variables.iter().copied()).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("running 1 test\n"), "{output:?}");
        assert_eq!(output.status.success(), utf8, "{variables:?}");
    }
}

#[test]
#[ignore = "the child process of the test above: it fails where the locale is not UTF-8"]
fn the_locale_is_utf8() {
    let takes = |pattern: &str, ignore_case| {
        let flags = Flags { ignore_case, ..Flags::default() };
        Pattern::new(pattern.as_bytes(), flags).unwrap().is_match("é".as_bytes()).unwrap()
    };
    let (character, letter, case) = (takes("^.$", false), takes("[[:alpha:]]", false), takes("É", true));
    assert_eq!((character, letter), (case, case));
    assert!(character);
}

fn unescape(field: &str) -> Vec<u8> {
    let mut bytes = field.bytes();
    let mut text = vec![];
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'\\') => b'\\',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => panic!("unknown escape {other:?} in {field}"),
            },
            byte => byte,
        });
    }
    text
}
