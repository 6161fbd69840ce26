//! The preview of a finder: `--explain` of the process that is highlighted.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::printable::quoted;
use crate::request::{Criterion, PATTERN, RawValue, Request};

/// The variable that has a shell command, which explains `$1`. A pattern on the command line of the finder would have
/// its braces replaced there, and would be quoted for sh(1), which need not be the shell that runs a preview.
pub(super) const VARIABLE: &str = "PKILL_EXPLAIN";

/// The option of a finder. It replaces `{1}` with the first field, quoted: an identity token.
pub(super) const PREVIEW: &str = r#"--preview=/bin/sh -c 'eval "$PKILL_EXPLAIN"' sh {1}"#;

/// execve(2) accepts no longer string (`MAX_ARG_STRLEN`), and the choice does not depend on a preview.
const LENGTH_MAX: usize = (128 << 10) - 64;

/// The command, with the criteria of the request. None if there is none: standard input was read already.
pub(super) fn command(request: &Request) -> Option<OsString> {
    if request.selection.reads_stdin() {
        return None;
    }
    let mut words = vec![std::env::current_exe().ok()?.into_os_string().into_vec()];
    words.push(b"--choose".to_vec());
    // It never matches itself, and would match in the eyes of the other.
    words.push(format!("--exclude={}", std::process::id()).into_bytes());
    for criterion in &request.selection.criteria {
        if let Criterion::Catches(signal) = criterion {
            words.push(format!("--signal={signal}").into_bytes());
        }
    }
    let mut pattern = None;
    for (name, value) in &request.raw_values {
        let option = |value: &OsString| [b"--", name.as_bytes(), b"=", value.as_bytes()].concat();
        match (*name, value) {
            // It was picked. What runs the preview may be newer and match, too.
            ("newest" | "oldest", _) => {}
            (PATTERN, RawValue::Value(value)) => pattern = Some(value),
            (_, RawValue::Flag) => words.push(format!("--{name}").into_bytes()),
            (_, RawValue::Value(value)) => words.push(option(value)),
            (_, RawValue::Each(values)) => words.extend(values.iter().map(option)),
        }
    }
    let mut command: Vec<u8> = quoted(&words.join(&0)).flatten().copied().collect();
    command.extend_from_slice(b" \"--explain=$1\"");
    if let Some(pattern) = pattern {
        command.extend_from_slice(b" -- ");
        command.extend(quoted(pattern.as_bytes()).flatten());
    }
    // Of a process that has exited there is only a message.
    command.extend_from_slice(b" 2>&1");
    Some(OsString::from_vec(command)).filter(|command| command.len() < LENGTH_MAX)
}
