//! A signal: its number and its names, as signal(7) lists them.

use std::fmt;

use DefaultAction::{Continue, Core, Ignore, Stop, Terminate};

/// A signal number that the kernel accepts: 0 ([`Signal::NONE`]) to `SIGRTMAX`.
///
/// ```
/// use pkill::Signal;
///
/// assert_eq!(Signal::parse("SIGHUP"), Some(Signal::HUP));
/// assert_eq!(Signal::from_number(9), Some(Signal::KILL));
/// assert_eq!(Signal::parse("RTMIN+3").map(|signal| signal.to_string()).as_deref(), Some("RTMIN+3"));
/// assert_eq!((Signal::TERM.to_string().as_str(), Signal::TERM.number()), ("TERM", 15));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal(i32);

/// The default action of a signal (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    /// The process terminates.
    Terminate,
    /// The process terminates and dumps core, if core(5) allows it.
    Core,
    /// The process stops until it is continued.
    Stop,
    /// The process continues, if it was stopped.
    Continue,
    /// Nothing happens.
    Ignore,
}

impl fmt::Display for DefaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Terminate => "terminate",
            Core => "core",
            Stop => "stop",
            Continue => "continue",
            Ignore => "ignore",
        })
    }
}

/// The standard signals of this architecture, what they do by default, the names that programs accept for them, and
/// what they mean; the first name is the one that is printed. `EXIT` and `NULL` for 0 are those of
/// procps-ng 4.0.2.
#[rustfmt::skip]
const TABLE: &[(i32, DefaultAction, &[&str], &str)] = &[
    (0, Ignore, &["0", "EXIT", "NULL"], "no signal: only checks whether one could be sent"),
    (libc::SIGHUP, Terminate, &["HUP"], "hangup of the terminal; daemons: reload the configuration"),
    (libc::SIGINT, Terminate, &["INT"], "interrupt from the keyboard (Ctrl-C)"),
    (libc::SIGQUIT, Core, &["QUIT"], "quit from the keyboard (Ctrl-\\)"),
    (libc::SIGILL, Core, &["ILL"], "illegal instruction"),
    (libc::SIGTRAP, Core, &["TRAP"], "breakpoint or trace trap"),
    (libc::SIGABRT, Core, &["ABRT", "IOT"], "abort(3), a failed assertion"),
    (libc::SIGBUS, Core, &["BUS"], "access to memory that does not exist"),
    (libc::SIGFPE, Core, &["FPE"], "arithmetic error, such as division by zero"),
    (libc::SIGKILL, Terminate, &["KILL"], "terminate immediately"),
    (libc::SIGUSR1, Terminate, &["USR1"], "user-defined"),
    (libc::SIGSEGV, Core, &["SEGV"], "invalid access to memory"),
    (libc::SIGUSR2, Terminate, &["USR2"], "user-defined"),
    (libc::SIGPIPE, Terminate, &["PIPE"], "write to a pipe without readers"),
    (libc::SIGALRM, Terminate, &["ALRM"], "timer of alarm(2) expired"),
    (libc::SIGTERM, Terminate, &["TERM"], "termination request; the default of pkill"),
    #[cfg(not(any(
        target_arch = "mips", target_arch = "mips32r6", target_arch = "mips64", target_arch = "mips64r6",
        target_arch = "sparc", target_arch = "sparc64",
    )))]
    (libc::SIGSTKFLT, Terminate, &["STKFLT"], "coprocessor stack fault; unused"),
    (libc::SIGCHLD, Ignore, &["CHLD", "CLD"], "a child exited, stopped or continued"),
    (libc::SIGCONT, Continue, &["CONT"], "continue, if stopped"),
    (libc::SIGSTOP, Stop, &["STOP"], "stop immediately"),
    (libc::SIGTSTP, Stop, &["TSTP"], "stop from the keyboard (Ctrl-Z)"),
    (libc::SIGTTIN, Stop, &["TTIN"], "read from the terminal in the background"),
    (libc::SIGTTOU, Stop, &["TTOU"], "write to the terminal in the background"),
    (libc::SIGURG, Ignore, &["URG"], "urgent data on a socket"),
    (libc::SIGXCPU, Core, &["XCPU"], "limit of CPU time reached"),
    (libc::SIGXFSZ, Core, &["XFSZ"], "limit of file size reached"),
    (libc::SIGVTALRM, Terminate, &["VTALRM"], "timer of CPU time in user mode expired"),
    (libc::SIGPROF, Terminate, &["PROF"], "profiling timer expired"),
    (libc::SIGWINCH, Ignore, &["WINCH"], "the size of the terminal changed"),
    (libc::SIGIO, Terminate, &["IO", "POLL"], "a file descriptor is ready"),
    (libc::SIGPWR, Terminate, &["PWR"], "power failure"),
    (libc::SIGSYS, Core, &["SYS"], "bad or forbidden system call (seccomp)"),
];

impl Signal {
    /// Signal 0: nothing is delivered, only existence and permission are checked.
    pub const NONE: Signal = Signal(0);
    /// SIGHUP: for daemons, by convention, to read the configuration again.
    pub const HUP: Signal = Signal(libc::SIGHUP);
    /// SIGINT: interrupt, as from the keyboard.
    pub const INT: Signal = Signal(libc::SIGINT);
    /// SIGQUIT: quit, by default with a core dump.
    pub const QUIT: Signal = Signal(libc::SIGQUIT);
    /// SIGKILL, which cannot be caught, blocked or ignored.
    pub const KILL: Signal = Signal(libc::SIGKILL);
    /// SIGUSR1: defined by the program.
    pub const USR1: Signal = Signal(libc::SIGUSR1);
    /// SIGUSR2: defined by the program.
    pub const USR2: Signal = Signal(libc::SIGUSR2);
    /// SIGTERM: terminate; what `pkill` sends by default.
    pub const TERM: Signal = Signal(libc::SIGTERM);
    /// SIGSTOP, which cannot be caught, blocked or ignored.
    pub const STOP: Signal = Signal(libc::SIGSTOP);
    /// SIGCONT, which continues a stopped process even if it is blocked or ignored.
    pub const CONT: Signal = Signal(libc::SIGCONT);

    /// A number, or a name in any case with or without `SIG`, or `RTMIN+n`, `RTMAX-n`.
    pub fn parse(word: &str) -> Option<Signal> {
        if word.bytes().all(|b| b.is_ascii_digit()) {
            return word.parse().ok().and_then(Signal::from_number);
        }
        let upper = word.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let standard = TABLE.iter().find(|(_, _, names, _)| names.contains(&name));
        standard.map(|&(number, ..)| Signal(number)).or_else(|| real_time(name))
    }

    /// The signal with this number, if the kernel has one.
    pub fn from_number(number: i32) -> Option<Signal> {
        (0..=libc::SIGRTMAX()).contains(&number).then_some(Signal(number))
    }

    /// The signals that have a name, in the order of their numbers: not 0, which is no signal, and not those between
    /// the standard and the real-time signals, which the C library reserves.
    pub fn named() -> impl Iterator<Item = Signal> {
        let named = |signal: &Signal| !signal.names()[0].starts_with(|c: char| c.is_ascii_digit());
        (1..=libc::SIGRTMAX()).map(Signal).filter(named)
    }

    /// The names without `SIG`; the first one is printed. A real-time signal is numbered from both ends.
    pub fn names(self) -> Vec<String> {
        if let Some((_, _, names, _)) = TABLE.iter().find(|(number, ..)| *number == self.0) {
            return names.iter().map(|&name| name.to_owned()).collect();
        }
        let (min, max) = (libc::SIGRTMIN(), libc::SIGRTMAX());
        let from_the_other_end = match self.0 {
            n if n == max => Some(format!("RTMIN+{}", max - min)),
            n if (min..max).contains(&n) => Some(format!("RTMAX-{}", max - n)),
            _ => None,
        };
        [self.to_string()].into_iter().chain(from_the_other_end).collect()
    }

    /// Its meaning, in a few words.
    pub fn meaning(self) -> &'static str {
        TABLE.iter().find(|(number, ..)| *number == self.0).map_or("user-defined", |row| row.3)
    }

    /// Whether a process may catch, block or ignore it (signal(7)).
    pub fn can_be_caught(self) -> bool {
        ![Signal::NONE, Signal::KILL, Signal::STOP].contains(&self)
    }

    /// The number, as kill(2) takes it.
    pub fn number(self) -> i32 {
        self.0
    }

    /// Its default action. Real-time signals terminate.
    pub fn default_action(self) -> DefaultAction {
        let row = TABLE.iter().find(|(number, ..)| *number == self.0);
        row.map_or(Terminate, |&(_, action, ..)| action)
    }

    /// The signal's bit in the masks of /proc/PID/status (`SigCgt` and its like, proc_pid_status(5)).
    pub fn mask(self) -> u64 {
        if self.0 == 0 { 0 } else { 1 << (self.0 - 1) }
    }
}

fn real_time(name: &str) -> Option<Signal> {
    let (min, max) = (libc::SIGRTMIN(), libc::SIGRTMAX());
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<i32>().ok()).flatten();
    let number = match name.split_at_checked(5)? {
        ("RTMIN", "") => min,
        ("RTMAX", "") => max,
        ("RTMIN", offset) => min.checked_add(digits(offset.strip_prefix('+')?)?)?,
        ("RTMAX", offset) => max - digits(offset.strip_prefix('-')?)?,
        _ => return None,
    };
    (min..=max).contains(&number).then_some(Signal(number))
}

/// The name without `SIG`: `HUP`, `RTMIN+8`. Numbers that the C library keeps for itself have none.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (libc::SIGRTMIN(), libc::SIGRTMAX());
        if let Some((_, _, names, _)) = TABLE.iter().find(|(number, ..)| *number == self.0) {
            return f.write_str(names[0]);
        }
        match self.0 {
            n if n == min => f.write_str("RTMIN"),
            n if n == max => f.write_str("RTMAX"),
            n if min < n && n < max => write!(f, "RTMIN+{}", n - min),
            n => write!(f, "{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let rt = libc::SIGRTMIN();
        for (word, number) in [
            ("9", Some(9)),
            ("0", Some(0)),
            ("HUP", Some(1)),
            ("SIGhup", Some(1)),
            ("sigCLD", Some(libc::SIGCHLD)),
            ("poll", Some(libc::SIGIO)),
            ("RTMIN", Some(rt)),
            ("rtmin+8", Some(rt + 8)),
            ("SIGRTMAX-1", Some(libc::SIGRTMAX() - 1)),
            ("RTMAX", Some(libc::SIGRTMAX())),
            ("RTMIN+99", None),
            ("RTMIN8", None),
            ("RTMIN+", None),
            ("RTMIN+-1", None),
            ("RTMAX-99999999999", None),
            ("65", None),
            ("-9", None),
            ("+9", None),
            ("9x", None),
            ("", None),
            ("SIG", None),
            ("NOSUCH", None),
            ("rtmaé", None),
        ] {
            assert_eq!(Signal::parse(word).map(Signal::number), number, "{word:?}");
        }
    }

    #[test]
    fn default_actions_are_those_of_the_manual() {
        for (name, action) in [
            ("TERM", Terminate),
            ("KILL", Terminate),
            ("QUIT", Core),
            ("SYS", Core),
            ("TTOU", Stop),
            ("CONT", Continue),
            ("CHLD", Ignore),
            ("WINCH", Ignore),
            ("RTMIN", Terminate),
            ("RTMAX", Terminate),
        ] {
            assert_eq!(Signal::parse(name).map(Signal::default_action), Some(action), "{name}");
        }
    }

    #[test]
    fn each_signal_has_the_bit_of_its_number() {
        for (signal, mask) in
            [(Signal::NONE, 0), (Signal(1), 1), (Signal::KILL, 0x100), (Signal(64), 1 << 63)]
        {
            assert_eq!(signal.mask(), mask, "{signal}");
        }
    }

    #[test]
    fn real_time_signals_are_counted_from_both_ends() {
        let (min, max) = (libc::SIGRTMIN(), libc::SIGRTMAX());
        for (number, names) in [
            (libc::SIGABRT, vec!["ABRT".to_owned(), "IOT".to_owned()]),
            (min, vec!["RTMIN".to_owned(), format!("RTMAX-{}", max - min)]),
            (min + 2, vec!["RTMIN+2".to_owned(), format!("RTMAX-{}", max - min - 2)]),
            (max, vec!["RTMAX".to_owned(), format!("RTMIN+{}", max - min)]),
        ] {
            assert_eq!(Signal(number).names(), names, "{number}");
        }
    }

    #[test]
    fn named_signals_are_those_that_a_program_may_use() {
        let named: Vec<i32> = Signal::named().map(Signal::number).collect();
        assert!(named.is_sorted());
        for (number, expected) in [
            (0, false),
            (libc::SIGHUP, true),
            (libc::SIGSYS, true),
            (libc::SIGRTMIN() - 1, false), // the C library's own
            (libc::SIGRTMIN(), true),
            (libc::SIGRTMAX(), true),
        ] {
            assert_eq!(named.contains(&number), expected, "{number}");
        }
    }

    #[test]
    fn kill_and_stop_cannot_be_caught() {
        for (signal, expected) in [
            (Signal::NONE, false),
            (Signal::KILL, false),
            (Signal::STOP, false),
            (Signal::CONT, true),
            (Signal::TERM, true),
        ] {
            assert_eq!(signal.can_be_caught(), expected, "{signal}");
        }
    }

    #[test]
    fn every_signal_is_parsed_from_what_it_prints() {
        for number in 0..=libc::SIGRTMAX() {
            let signal = Signal::from_number(number).unwrap();
            assert_eq!(Signal::parse(&signal.to_string()), Some(signal), "{number}");
        }
    }
}
