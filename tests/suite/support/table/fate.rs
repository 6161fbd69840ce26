//! The fate of a victim, in the words of the tables.

use crate::support::Victim;

pub(super) fn fate(victim: &mut Victim, stopped: bool) -> String {
    if stopped {
        victim.wait_stopped();
        return "stopped".into();
    }
    if victim.is_zombie() {
        return String::new();
    }
    if victim.is_stopped() {
        victim.send(rustix::process::Signal::CONT);
        victim.wait_continued();
    }
    match victim.received() {
        None => match victim.killed_by() {
            Some(signal) => format!("killed by {}", name(signal)),
            None => "ended".into(),
        },
        Some(received) => {
            let queued = |code| code == libc::SI_QUEUE;
            let words: Vec<String> = received
                .iter()
                .map(|one| match queued(one.code) {
                    true => format!("{}={}", name(one.signal), one.value),
                    false => name(one.signal),
                })
                .collect();
            words.join(" ")
        }
    }
}

fn name(signal: i32) -> String {
    let known = [
        (libc::SIGHUP, "HUP"),
        (libc::SIGINT, "INT"),
        (libc::SIGKILL, "KILL"),
        (libc::SIGUSR1, "USR1"),
        (libc::SIGUSR2, "USR2"),
        (libc::SIGTERM, "TERM"),
        (libc::SIGCONT, "CONT"),
        (libc::SIGWINCH, "WINCH"),
    ];
    match known.iter().find(|(number, _)| *number == signal) {
        Some((_, name)) => (*name).into(),
        None if signal >= libc::SIGRTMIN() => format!("RTMIN+{}", signal - libc::SIGRTMIN()),
        None => signal.to_string(),
    }
}
