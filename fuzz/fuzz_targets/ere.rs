//! Any bytes are a pattern, or an error, and any pattern answers for any subject.
//!
//! `cargo +nightly fuzz run ere` in the package's root.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pkill::ere::{Charset, Flags, Pattern};

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (bits, pattern, subject) = input;
    let charset = if bits & 4 == 0 { Charset::Bytes } else { Charset::Utf8 };
    let flags = Flags { ignore_case: bits & 1 != 0, whole: bits & 2 != 0, plain: bits & 8 != 0, charset };
    let Ok(pattern) = Pattern::new(pattern, flags) else {
        return;
    };
    if pattern.is_match(subject) == Ok(true) {
        assert!(subject.len() >= pattern.minimum_len());
    }
});
