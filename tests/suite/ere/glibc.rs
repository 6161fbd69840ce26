//! glibc's own `regcomp` and `regexec`, called in a child process: on unusual patterns they may take all
//! memory, run for minutes or crash.

#![allow(unsafe_code)] // regcomp(3) has no safe wrapper

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::{fmt, ptr};

/// The result of glibc for a pattern and a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Match,
    NoMatch,
    Error(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Match => f.write_str("match"),
            Answer::NoMatch => f.write_str("nomatch"),
            Answer::Error(text) => write!(f, "error:{text}"),
        }
    }
}

impl Answer {
    pub fn parse(text: &str) -> Answer {
        match text {
            "match" => Answer::Match,
            "nomatch" => Answer::NoMatch,
            other => Answer::Error(other.strip_prefix("error:").expect("an answer").to_owned()),
        }
    }
}

/// Takes the locale of the environment, for the whole process.
pub fn set_locale() {
    // SAFETY: the name is a C string; the process that calls this has no other thread that reads its locale.
    unsafe { libc::setlocale(libc::LC_ALL, c"".as_ptr()) };
}

/// Whether glibc has the character in the class `name`, by iswctype(3) in the locale of this process.
pub fn is_in_class(c: char, name: &std::ffi::CStr) -> bool {
    unsafe extern "C" {
        fn wctype(name: *const libc::c_char) -> libc::c_ulong;
        fn iswctype(c: libc::c_uint, class: libc::c_ulong) -> libc::c_int;
    }
    // SAFETY: the name is a C string, and neither function keeps a pointer to it.
    unsafe { iswctype(c.into(), wctype(name.as_ptr())) != 0 }
}

/// The upper case of a character, as towupper(3) has it in the locale of this process.
pub fn upper(c: char) -> char {
    unsafe extern "C" {
        fn towupper(c: libc::c_uint) -> libc::c_uint;
    }
    // SAFETY: any number is a valid argument.
    char::from_u32(unsafe { towupper(c.into()) }).expect("a character")
}

/// Asks about all subjects of a pattern.
pub fn ask(pattern: &[u8], ignore_case: bool, subjects: &[Vec<u8>]) -> Vec<Answer> {
    let pattern = CString::new(pattern).expect("a pattern has no NUL");
    let flags = libc::REG_EXTENDED | libc::REG_NOSUB | if ignore_case { libc::REG_ICASE } else { 0 };
    let mut regex = MaybeUninit::<libc::regex_t>::zeroed();
    // SAFETY: regcomp(3) initialises the object, and does not keep the pattern.
    let code = unsafe { libc::regcomp(regex.as_mut_ptr(), pattern.as_ptr(), flags) };
    if code != 0 {
        let mut text = [0u8; 256];
        // SAFETY: the length is that of the buffer, and the object may be half initialised for regerror(3).
        let len = unsafe { libc::regerror(code, regex.as_ptr(), text.as_mut_ptr().cast(), text.len()) };
        let text = String::from_utf8_lossy(&text[..len - 1]).into_owned();
        return vec![Answer::Error(text); subjects.len()];
    }
    let execute = |subject: &Vec<u8>| {
        let subject = CString::new(subject.as_slice()).expect("a subject has no NUL");
        // SAFETY: the object is compiled, and no matches are asked for.
        match unsafe { libc::regexec(regex.as_ptr(), subject.as_ptr(), 0, ptr::null_mut(), 0) } {
            0 => Answer::Match,
            libc::REG_NOMATCH => Answer::NoMatch,
            code => Answer::Error(format!("regexec: {code}")),
        }
    };
    let answers = subjects.iter().map(execute).collect();
    // SAFETY: the object is compiled and not used again.
    unsafe { libc::regfree(regex.as_mut_ptr()) };
    answers
}
