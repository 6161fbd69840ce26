//! Why a run ends before there is anything to report.

use std::fmt;

/// What kind of failure it was; each kind has its exit status (see [`crate::report::ExitStatus`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line asks for something impossible: options, lists, names, signals, patterns.
    Usage,
    /// What the command line refers to does not exist, so nothing can match: a pidfile, a reference process.
    NothingToMatch,
    /// `--strict` forbids what the command line asks for.
    Forbidden,
    /// The run cannot go on: no /proc, no memory, standard output cannot be written.
    Fatal,
}

/// A message for standard error, and the kind of failure that it reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Decides the exit status, and whether a pointer to `--help` follows the message.
    pub kind: ErrorKind,
    /// One line without the program's name.
    pub message: String,
    /// What was most likely intended, or what is valid: a line of its own.
    pub hint: Option<String>,
}

impl Error {
    fn new(kind: ErrorKind, message: String) -> Self {
        Error { kind, message, hint: None }
    }

    /// The same with a hint, if there is one.
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The same with this hint, if it has none.
    pub fn or_hint(mut self, hint: impl FnOnce() -> Option<String>) -> Self {
        self.hint = self.hint.or_else(hint);
        self
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Usage, message.into())
    }

    pub fn nothing_to_match(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::NothingToMatch, message.into())
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Forbidden, message.into())
    }

    pub fn fatal(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Fatal, message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// The text of an errno as strerror(3) has it, without Rust's ` (os error N)`.
pub(crate) fn errno_text(errno: rustix::io::Errno) -> String {
    io_error_text(&errno.into())
}

/// The same of an error that the standard library has wrapped.
pub(crate) fn io_error_text(error: &std::io::Error) -> String {
    let mut text = error.to_string();
    text.truncate(text.find(" (os error").unwrap_or(text.len()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_texts_of_strerror() {
        use rustix::io::Errno;
        for (errno, text) in [(Errno::PERM, "Operation not permitted"), (Errno::SRCH, "No such process")] {
            assert_eq!(errno_text(errno), text);
        }
        assert_eq!(io_error_text(&std::io::Error::other("no number")), "no number");
    }

    #[test]
    fn an_error_is_its_message() {
        for (error, kind) in [
            (Error::usage("what"), ErrorKind::Usage),
            (Error::nothing_to_match("what"), ErrorKind::NothingToMatch),
            (Error::forbidden("what"), ErrorKind::Forbidden),
            (Error::fatal("what"), ErrorKind::Fatal),
        ] {
            assert_eq!((error.kind, error.to_string()), (kind, "what".to_owned()));
        }
    }
}
