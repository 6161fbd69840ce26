//! Where pkill logs its runs.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// A log of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    pub to: LogTo,
    /// Whether nothing may be sent if it cannot be written: it is the command line's, not that of the environment.
    pub is_required: bool,
}

/// Which log it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogTo {
    /// The journal if it is there, else syslog.
    System,
    Journal,
    Syslog,
    File(PathBuf),
}

impl LogTo {
    /// The values that are names; any other is a path with a slash.
    pub(crate) const NAMES: [(&'static str, LogTo); 2] =
        [("journal", LogTo::Journal), ("syslog", LogTo::Syslog)];

    pub(crate) fn parse(value: &OsStr) -> Option<Self> {
        let named = Self::NAMES.into_iter().find(|(name, _)| *name == value);
        let file = || value.as_bytes().contains(&b'/').then(|| LogTo::File(value.into()));
        named.map(|(_, to)| to).or_else(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_or_has_a_slash() {
        let file = |path: &str| Some(LogTo::File(path.into()));
        for (value, to) in [
            ("journal", Some(LogTo::Journal)),
            ("syslog", Some(LogTo::Syslog)),
            ("/var/log/pkill.jsonl", file("/var/log/pkill.jsonl")),
            ("./journal", file("./journal")),
            ("Journal", None),
            ("pkill.jsonl", None),
            ("", None),
        ] {
            assert_eq!(LogTo::parse(OsStr::new(value)), to, "{value}");
        }
    }
}
