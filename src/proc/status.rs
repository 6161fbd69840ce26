//! /proc/PID/status (proc_pid_status(5)).

use crate::request::Pid;

/// The fields that questions are asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub thread_group: Pid,
    pub real_uid: u32,
    pub real_gid: u32,
    pub caught_signals: u64,
}

impl Status {
    /// The kernel escapes newlines in the name, so each line is a field.
    pub fn parse(text: &[u8]) -> Option<Status> {
        let mut status = Status::default();
        for line in text.split(|&b| b == b'\n') {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let (field, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            let value = || std::str::from_utf8(value).ok();
            let first = || value()?.split_ascii_whitespace().next();
            match field {
                b"Tgid" => status.thread_group = first()?.parse().ok()?,
                b"Uid" => status.real_uid = first()?.parse().ok()?,
                b"Gid" => status.real_gid = first()?.parse().ok()?,
                b"SigCgt" => {
                    status.caught_signals = u64::from_str_radix(first()?, 16).ok()?;
                    return Some(status); // the last one that counts
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let text = b"Name:\ta\\nUid:\t0\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t12\nNgid:\t0\nPid:\t13\n\
            Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t0 \nSigIgn:\t0000000000001000\nSigCgt:\t0000000180004002\n";
        let status = Status { thread_group: 12, real_uid: 1, real_gid: 5, caught_signals: 0x1_8000_4002 };
        assert_eq!(Status::parse(text), Some(status));
        assert_eq!(Status::parse(&text[..60]), None);
    }
}
