//! /proc/PID/stat (proc_pid_stat(5)).

use crate::request::Pid;

/// Clock ticks per second in /proc: USER_HZ, which is 100 on every architecture but Alpha (asm-generic/param.h).
pub(crate) const CLOCK_TICKS: u64 = 100;

/// The fields that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub state: u8,
    pub parent: Pid,
    pub process_group: Pid,
    pub session: Pid,
    pub terminal: u32,
    pub flags: u32,
    /// Of all threads, also exited ones; in clock ticks.
    pub cpu_time: u64,
    pub nice: i32,
    pub threads: u32,
    pub start_time: u64,
}

/// What a process does, as far as the file of its main thread shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunState {
    /// The main thread may run, or another one may, whose state is not in the file.
    MayRun,
    /// Its only thread has stopped.
    Stopped,
    /// It is a zombie.
    Ended,
}

impl Stat {
    /// Whether it is a zombie: all threads have exited, and the parent has not waited for it. The main thread may exit
    /// before the others.
    pub(super) fn has_ended(&self) -> bool {
        self.thread_has_exited() && self.threads <= 1
    }

    /// What the process does.
    pub(super) fn run_state(&self) -> RunState {
        if self.has_ended() {
            RunState::Ended
        } else if self.thread_has_stopped() && self.threads == 1 {
            RunState::Stopped
        } else {
            RunState::MayRun
        }
    }

    /// Whether this thread has exited.
    pub(super) fn thread_has_exited(&self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }

    /// Whether this thread has stopped, by a signal or in a ptrace stop.
    pub(super) fn thread_has_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }

    /// Whether it is a thread of the kernel.
    pub(super) fn is_kernel_thread(&self) -> bool {
        /// linux/sched.h
        const PF_KTHREAD: u32 = 0x0020_0000;
        self.flags & PF_KTHREAD != 0
    }

    /// Whether the thread is exiting.
    pub(super) fn is_exiting(&self) -> bool {
        /// linux/sched.h
        const PF_EXITING: u32 = 0x4;
        self.flags & PF_EXITING != 0
    }

    /// The name, as the comm file has it: nothing in it is escaped (`do_task_stat`, fs/proc/array.c).
    pub(super) fn name(text: &[u8]) -> Option<&[u8]> {
        let (start, end) = (memchr::memchr(b'(', text)? + 1, memchr::memrchr(b')', text)?);
        text.get(start..end)
    }

    /// The name, in parentheses, may hold spaces and parentheses itself, so fields count from the last `)`.
    pub(super) fn parse(text: &[u8]) -> Option<Stat> {
        let after_name = memchr::memrchr(b')', text)? + 1;
        let text = std::str::from_utf8(text.get(after_name..)?).ok()?;
        let mut fields = text.split_ascii_whitespace(); // from field 3 on
        Some(Stat {
            state: *fields.next()?.as_bytes().first()?,
            parent: fields.next()?.parse().ok()?,
            process_group: fields.next()?.parse().ok()?,
            session: fields.next()?.parse().ok()?,
            // field 7, printed as a signed number
            terminal: fields.next()?.parse::<i32>().ok()? as u32,
            flags: fields.nth(1)?.parse().ok()?, // field 9
            cpu_time: {
                let user: u64 = fields.nth(4)?.parse().ok()?; // field 14
                user.saturating_add(fields.next()?.parse().ok()?)
            },
            nice: fields.nth(3)?.parse().ok()?,       // field 19
            threads: fields.next()?.parse().ok()?,    // field 20
            start_time: fields.nth(1)?.parse().ok()?, // field 22
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_cannot_pose_as_fields() {
        let line = b"7 (a) Z 1 1 1) S 42 8 9 34816 7 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3";
        let stat = Stat {
            state: b'S',
            parent: 42,
            process_group: 8,
            session: 9,
            terminal: 34816,
            flags: 4194304,
            cpu_time: 11,
            nice: 0,
            threads: 1,
            start_time: 987654,
        };
        assert_eq!(Stat::parse(line), Some(stat));
        assert_eq!(Stat::name(line), Some(&b"a) Z 1 1 1"[..]));
    }

    #[test]
    fn the_name_is_all_between_the_parentheses() {
        for (line, name) in [
            (&b"7 (a b) S 1"[..], Some(&b"a b"[..])),
            (b"7 (((a)) S 1", Some(b"((a)")),
            (b"7 () S 1", Some(b"")),
            (b"7 (a\n\\) S 1", Some(b"a\n\\")),
            (b"7 (a", None),
            (b")(", None),
            (b"", None),
        ] {
            assert_eq!(Stat::name(line), name, "{:?}", line.escape_ascii().to_string());
        }
    }

    #[test]
    fn one_thread_does_not_tell_what_the_others_do() {
        for (state, threads, run_state) in [
            ("T", 1, RunState::Stopped),
            ("t", 1, RunState::Stopped),
            ("T", 2, RunState::MayRun),
            ("S", 1, RunState::MayRun),
            ("Z", 1, RunState::Ended),
            ("Z", 2, RunState::MayRun),
            ("X", 0, RunState::Ended),
        ] {
            let line = format!("7 (a) {state} 42 8 9 0 7 0 1 2 3 4 5 6 7 8 20 0 {threads} 0 987654");
            let stat = Stat::parse(line.as_bytes()).expect("all fields");
            assert_eq!(stat.run_state(), run_state, "{state} {threads}");
        }
    }

    #[test]
    fn what_is_cut_off_is_no_stat() {
        for line in [&b""[..], b"7", b"7 (", b"7 (a)", b"7 (a) ", b"7 (a) S 1", b"7 (a) S x 7 7 0"] {
            assert_eq!(Stat::parse(line), None, "{:?}", line.escape_ascii().to_string());
        }
    }
}
