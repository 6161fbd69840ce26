//! /proc/PID/status (proc_pid_status(5)).

use crate::request::Pid;

/// The fields that are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    pub thread_group: Pid,
    pub real_uid: u32,
    pub effective_uid: u32,
    pub saved_uid: u32,
    pub real_gid: u32,
    /// The process IDs, from our PID namespace (or that of the /proc we read) down to the process's own; empty
    /// before Linux 4.1.
    pub namespace_pids: Vec<Pid>,
    pub threads: u32,
    /// Masks, signal N as bit N-1. Blocked is per thread, here that of the main one.
    pub blocked: u64,
    pub ignored: u64,
    pub caught: u64,
}

impl Status {
    /// The kernel escapes newlines in the name, so each line is a field.
    pub(super) fn parse(text: &[u8]) -> Option<Status> {
        let mut status = Status::default();
        for line in text.split(|&b| b == b'\n') {
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let value = std::str::from_utf8(&line[colon + 1..]);
            let mut values = value.unwrap_or_default().split_ascii_whitespace();
            match &line[..colon] {
                b"Tgid" => status.thread_group = number(values.next())?,
                b"NSpid" => status.namespace_pids = values.map_while(|v| v.parse().ok()).collect(),
                b"Uid" => {
                    status.real_uid = number(values.next())?;
                    status.effective_uid = number(values.next())?;
                    status.saved_uid = number(values.next())?;
                }
                b"Gid" => status.real_gid = number(values.next())?,
                b"Threads" => status.threads = number(values.next())?,
                b"SigBlk" => status.blocked = mask(values.next())?,
                b"SigIgn" => status.ignored = mask(values.next())?,
                b"SigCgt" => {
                    status.caught = mask(values.next())?;
                    return Some(status); // the last one that is used
                }
                _ => {}
            }
        }
        None
    }
}

fn number<T: std::str::FromStr>(value: Option<&str>) -> Option<T> {
    value?.parse().ok()
}

fn mask(value: Option<&str>) -> Option<u64> {
    u64::from_str_radix(value?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let text = b"Name:\ta\\nUid:\t0\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t12\nNgid:\t0\nPid:\t13\n\
            Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t0 \nNSpid:\t12\t1\nThreads:\t3\n\
            SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\nSigCgt:\t0000000180004002\n";
        let status = Status {
            thread_group: 12,
            real_uid: 1,
            effective_uid: 2,
            saved_uid: 3,
            real_gid: 5,
            namespace_pids: vec![12, 1],
            threads: 3,
            blocked: 1,
            ignored: 0x1000,
            caught: 0x1_8000_4002,
        };
        assert_eq!(Status::parse(text), Some(status));
        assert_eq!(Status::parse(&text[..60]), None);
    }
}
