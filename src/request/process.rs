//! How a process is named: by its ID, or by a token, which no later process has.

use std::fmt;
use std::str::FromStr;

/// A process, thread, process group or session ID: the kernel's `pid_t`, never negative.
pub(crate) type Pid = i32;

/// An identity token: a process ID, and what distinguishes the process from another one with the same ID.
///
/// Its text is `PID:INODE`, where INODE is the inode number of the process's pidfd, as in util-linux 2.42 (kill(1)); or
/// `PID@START`, where START is the start time in clock ticks since boot (field 22 of proc_pid_stat(5)). It is valid until
/// the system is rebooted, in the PID namespace that it was read in.
///
/// ```
/// use pkill::Token;
///
/// let token: Token = "4711:183871".parse()?;
/// assert_eq!((token.pid(), token.to_string().as_str()), (4711, "4711:183871"));
/// assert!("4711".parse::<Token>().is_err() && "4711@".parse::<Token>().is_err());
/// # Ok::<(), pkill::ParseTokenError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub(crate) pid: Pid,
    pub(crate) instance: Instance,
}

/// What distinguishes a process from others with the same ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Instance {
    /// The inode number of its pidfd (Linux 6.9).
    Inode(u64),
    /// Its start time, in clock ticks since boot.
    StartTime(u64),
}

/// A process as an option names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProcessRef {
    /// The process with this ID.
    Pid(Pid),
    /// The process with this token.
    Token(Token),
}

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTokenError;

impl Token {
    /// The process ID.
    pub fn pid(&self) -> u32 {
        self.pid.unsigned_abs()
    }
}

impl ProcessRef {
    /// A process ID, which may have a plus sign as in procps-ng, or a token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match is_token_like(text) {
            true => text.parse().ok().map(ProcessRef::Token),
            false => digits(text.strip_prefix('+').unwrap_or(text))
                .and_then(|pid| Pid::try_from(pid).ok())
                .map(ProcessRef::Pid),
        }
    }

    /// The process ID.
    pub(crate) fn pid(self) -> Pid {
        match self {
            ProcessRef::Pid(pid) => pid,
            ProcessRef::Token(token) => token.pid,
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.instance {
            Instance::Inode(inode) => write!(f, "{}:{inode}", self.pid),
            Instance::StartTime(start) => write!(f, "{}@{start}", self.pid),
        }
    }
}

impl fmt::Display for ProcessRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessRef::Pid(pid) => pid.fmt(f),
            ProcessRef::Token(token) => token.fmt(f),
        }
    }
}

impl FromStr for Token {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Token, ParseTokenError> {
        let parse = || {
            let (pid, number) = text.split_once([':', '@'])?;
            let pid = digits(pid).and_then(|pid| Pid::try_from(pid).ok()).filter(|&pid| pid > 0)?;
            let number = digits(number)?;
            let instance = match text.as_bytes().contains(&b'@') {
                true => Instance::StartTime(number),
                // util-linux takes 0 for no inode.
                false => Instance::Inode(Some(number).filter(|&inode| inode > 0)?),
            };
            Some(Token { pid, instance })
        };
        parse().ok_or(ParseTokenError)
    }
}

/// Whether the text has what distinguishes a token from a process ID.
pub(crate) fn is_token_like(text: &str) -> bool {
    text.contains([':', '@'])
}

/// Without a sign, which `u64` would accept.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for ParseTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no identity token (valid: PID:INODE or PID@START)")
    }
}

impl std::error::Error for ParseTokenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_by_its_id_or_a_token() {
        for (text, expected) in [
            ("12", Some("12")),
            ("+12", Some("12")),
            ("0", Some("0")),
            ("12:34", Some("12:34")),
            ("12@34", Some("12@34")),
            ("-12", None),
            ("++12", None),
            ("+12:34", None),
            ("2147483648", None),
            ("", None),
            ("+", None),
            ("-", None),
        ] {
            let named = ProcessRef::parse(text).map(|named| named.to_string());
            assert_eq!(named.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_token_is_a_process_id_and_one_more_number() {
        let token = |pid, instance| Ok(Token { pid, instance });
        for (text, expected) in [
            ("12:34", token(12, Instance::Inode(34))),
            ("12@34", token(12, Instance::StartTime(34))),
            ("2@0", token(2, Instance::StartTime(0))), // a kernel thread
            ("2147483647:18446744073709551615", token(Pid::MAX, Instance::Inode(u64::MAX))),
            ("007:08", token(7, Instance::Inode(8))),
            ("12:0", Err(ParseTokenError)),
            ("12", Err(ParseTokenError)),
            ("", Err(ParseTokenError)),
            (":", Err(ParseTokenError)),
            ("12:", Err(ParseTokenError)),
            (":12", Err(ParseTokenError)),
            ("@12", Err(ParseTokenError)),
            ("0:12", Err(ParseTokenError)),
            ("-1:12", Err(ParseTokenError)),
            ("+1:12", Err(ParseTokenError)),
            ("1:+12", Err(ParseTokenError)),
            ("1:-12", Err(ParseTokenError)),
            ("1:2:3", Err(ParseTokenError)),
            ("1:2@3", Err(ParseTokenError)),
            ("1@2:3", Err(ParseTokenError)),
            (" 1:2", Err(ParseTokenError)),
            ("1: 2", Err(ParseTokenError)),
            ("1:0x2", Err(ParseTokenError)),
            ("2147483648:1", Err(ParseTokenError)),
            ("1:18446744073709551616", Err(ParseTokenError)),
            ("١:٢", Err(ParseTokenError)), // digits, but not ASCII
        ] {
            assert_eq!(text.parse(), expected, "{text:?}");
            if let Ok(token) = expected {
                assert_eq!(token.to_string().parse(), Ok(token), "{text:?}");
            }
        }
    }
}
