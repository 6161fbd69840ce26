//! The effect of a signal, by the disposition, the state and the threads of the target.

use super::cells::{Kind, Sender, State, check, kind};
use super::signals;
use crate::support::{Run, Spec, namespace};

/// Targets that differ in what a signal does to them, by dispositions, states and threads.
fn dispositions() -> Vec<Kind> {
    use State::*;
    fn each(part: Spec, how: fn(Spec, i32) -> Spec) -> Spec {
        more_signals()
            .iter()
            .filter(|(_, number)| *number != 0)
            .fold(part, |part, (_, number)| how(part, *number))
    }
    fn all() -> Vec<i32> {
        more_signals().iter().map(|(_, number)| *number).filter(|number| *number != 0).collect()
    }
    let caught = |part| each(part, Spec::catch);
    let ignored = |part| each(part, Spec::ignore);
    let blocked = |part| each(part, Spec::block);
    let mut kinds = vec![];
    for (state, names) in [
        (Running, ["default", "caught", "ignored", "blocked", "blocked and caught", "blocked and ignored"]),
        (
            Stopped,
            [
                "stopped",
                "stopped, caught",
                "stopped, ignored",
                "stopped, blocked",
                "stopped, blocked and caught",
                "stopped, blocked and ignored",
            ],
        ),
        (
            Traced,
            [
                "traced",
                "traced, caught",
                "traced, ignored",
                "traced, blocked",
                "traced, blocked and caught",
                "traced, blocked and ignored",
            ],
        ),
    ] {
        kinds.extend([
            kind(names[0], state, |part| part),
            kind(names[1], state, caught),
            kind(names[2], state, ignored),
            kind(names[3], state, blocked),
            kind(names[4], state, move |part| blocked(caught(part))),
            kind(names[5], state, move |part| blocked(ignored(part))),
        ]);
    }
    kinds.extend([
        kind("zombie, caught", Zombie, caught),
        kind("blocked in the main thread", Running, move |part| blocked(part).main_sleeps(&[])),
        kind("that, and caught", Running, move |part| caught(blocked(part)).main_sleeps(&[])),
        kind("blocked in another thread", Running, |part| part.thread("other")),
        kind("blocked in both threads", Running, move |part| blocked(part).main_sleeps(&all())),
        kind("main thread ended", Running, |part| part.main_ends(&[])),
        kind("main thread ended, caught", Running, move |part| caught(part).main_ends(&[])),
        kind("main thread ended, blocked", Running, |part| part.main_ends(&all())),
        kind("blocked in ended main thread", Running, move |part| blocked(part).main_ends(&[])),
        kind("main thread ended, stopped", Stopped, |part| part.main_ends(&[])),
        kind("stopped, two threads", Stopped, |part| part.main_sleeps(&[])),
        kind("init", Running, Spec::init),
        kind("init, caught", Running, move |part| caught(part.init())),
        kind("init, ignored", Running, move |part| ignored(part.init())),
        kind("init, blocked", Running, move |part| blocked(part.init())),
        kind("init, stopped", Stopped, Spec::init),
        kind("init, stopped, caught", Stopped, move |part| caught(part.init())),
        kind("init, traced", Traced, Spec::init),
    ]);
    kinds
}

/// Those, and signals that dump core, or stop unless caught.
fn more_signals() -> Vec<(&'static str, i32)> {
    let more = [("QUIT", libc::SIGQUIT), ("TSTP", libc::SIGTSTP), ("USR1", libc::SIGUSR1)];
    signals().into_iter().chain(more).collect()
}

#[test]
fn what_a_signal_does() {
    namespace(|| {
        let sender = Sender::new("root", "", Run::ours("pkill").program());
        check(&[sender], &dispositions(), &more_signals());
    });
}

#[test]
fn a_stop_signal_and_the_process_group() {
    use State::*;
    const SIGNALS: [(&str, i32); 4] =
        [("STOP", libc::SIGSTOP), ("TSTP", libc::SIGTSTP), ("TTIN", libc::SIGTTIN), ("TTOU", libc::SIGTTOU)];
    type Group = (fn(Spec) -> Spec, [&'static str; 4]);
    type Disposition = fn(Spec, i32) -> Spec;
    namespace(|| {
        // A session of the test: otherwise its group is that of a process outside of the namespace.
        rustix::process::setsid().expect("setsid");
        let mut kinds = vec![];
        // A session leader's group is orphaned, a new group in the session of the parent is not.
        let groups: [Group; 3] = [
            (Spec::session, ["orphaned", "orphaned, caught", "orphaned, ignored", "orphaned, blocked"]),
            (Spec::group, ["a job", "a job, caught", "a job, ignored", "a job, blocked"]),
            (|part| part, ["the parent's group", "that, caught", "that, ignored", "that, blocked"]),
        ];
        for (group, names) in groups {
            let dispositions: [Disposition; 4] = [|part, _| part, Spec::catch, Spec::ignore, Spec::block];
            for (name, disposition) in names.into_iter().zip(dispositions) {
                kinds.push(kind(name, Running, move |part| {
                    SIGNALS.iter().fold(group(part), |part, (_, number)| disposition(part, *number))
                }));
            }
            kinds.push(kind(names[0], Stopped, group));
            kinds.push(kind(names[0], Traced, group));
        }
        let sender = Sender::new("root", "", Run::ours("pkill").program());
        check(&[sender], &kinds, &SIGNALS);
    });
}

#[test]
fn a_ptrace_stop_of_one_thread() {
    use State::*;
    namespace(|| {
        let stops = [libc::SIGSTOP, libc::SIGTSTP];
        let signals: Vec<_> =
            more_signals().into_iter().filter(|(_, number)| !stops.contains(number)).collect();
        let each = |how: fn(Spec, i32) -> Spec| {
            let numbers: Vec<i32> =
                signals.iter().map(|(_, number)| *number).filter(|number| *number != 0).collect();
            move |part: Spec| numbers.iter().fold(part, |part, number| how(part, *number))
        };
        let all: Vec<i32> = signals.iter().map(|(_, number)| *number).filter(|number| *number != 0).collect();
        let [caught, caught_too] = [(); 2].map(|()| each(Spec::catch));
        let [ignored, ignored_too] = [(); 2].map(|()| each(Spec::ignore));
        let [blocked, blocked_too, blocked_again] = [(); 3].map(|()| each(Spec::block));
        let kinds = [
            kind("main thread traced", MainTraced, |part| part.main_sleeps(&[])),
            kind("main thread traced, caught", MainTraced, move |part| caught(part).main_sleeps(&[])),
            kind("main thread traced, ignored", MainTraced, move |part| ignored(part).main_sleeps(&[])),
            kind("main thread traced, blocked by the other", Traced, move |part| part.main_sleeps(&all)),
            kind("blocked by main, other traced", OtherTraced, move |part| blocked(part).main_sleeps(&[])),
            kind("that, caught", OtherTraced, move |part| blocked_too(caught_too(part)).main_sleeps(&[])),
            kind("that, ignored", OtherTraced, move |part| blocked_again(ignored_too(part)).main_sleeps(&[])),
        ];
        let sender = Sender::new("root", "", Run::ours("pkill").program());
        check(&[sender], &kinds, &signals);
    });
}
