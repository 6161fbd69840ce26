//! `--freeze`: what the scans between the first STOP and the signal lead to.

use std::sync::Arc;

use nix::sys::signal::SigSet;
use nix::sys::signal::Signal::{SIGHUP, SIGTERM};

use super::super::target::Stop;
use super::super::*;
use super::made_up_scans::{Seen, Sleeper, outcomes, request, scan};
use super::rescan::with_delivery;
use super::*;
use crate::proc::Facts as _;
use crate::request::Wait;
use crate::signal::Signal;
use crate::sys::emergency;

/// A delivery with `--freeze` of the signal to what the first scan and the later ones find.
fn freeze(
    signal: Signal,
    first: &[Match],
    mut later: impl FnMut(usize) -> Vec<Match>,
) -> (Vec<(Pid, Outcome)>, usize) {
    let _alone = emergency::alone();
    let request = request(|sending| {
        (sending.freeze, sending.whole_group, sending.signal) = (true, false, signal);
    });
    let plan = Arc::new(Plan::new(&request).expect("a plan"));
    let mut done = 0;
    let is_caught = |signal| SigSet::thread_get_mask().expect("a mask").contains(signal);
    let mut rescan = |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| {
        assert!(is_caught(SIGHUP) && is_caught(SIGTERM), "pkill would leave them stopped");
        done += 1;
        Ok(scan(&later(done)))
    };
    let report = deliver(&request, plan, scan(first), &mut rescan, &mut Seen::default());
    assert!(!is_caught(SIGHUP) && is_caught(SIGTERM), "nothing is stopped any more");
    (outcomes(&report.expect("a report")), done)
}

/// Another process continues it after the first STOP, and after the second one, which follows the second scan.
fn is_continued_twice(child: &Sleeper, scan: usize) {
    if scan != 2 {
        child.wait_stopped();
    }
    if scan == 1 || scan == 3 {
        child.go_on();
    }
}

#[test]
fn what_is_continued_by_another_process_is_stopped_again() {
    let child = Sleeper::spawn();
    let found = vec![child.found()];
    let (outcomes, scans) = freeze(Signal::USR1, &found, |scan| {
        is_continued_twice(&child, scan);
        found.clone()
    });
    assert_eq!((outcomes, scans), (vec![(child.pid(), SIGNALLED)], 5));
}

/// After the signal, a process is continued, unless it is to be stopped.
#[test]
fn what_is_to_be_stopped_stays_stopped() {
    for (signal, is_stopped) in [(Signal::USR1, false), (Signal::STOP, true)] {
        let child = Sleeper::spawn();
        let found = vec![child.found()];
        let (outcomes, _) = freeze(signal, &found, |_| {
            child.wait_stopped();
            found.clone()
        });
        assert_eq!((outcomes, child.is_stopped()), (vec![(child.pid(), SIGNALLED)], is_stopped));
    }
}

/// It was killed and reaped while it was stopped, and its pidfd had been given back: nothing is left stopped.
#[test]
fn what_has_exited_need_not_be_continued() {
    let request = request(|sending| sending.freeze = true);
    let sending = request.sending().expect("a signal");
    with_delivery(&request, |delivery| {
        let mut child = Sleeper::spawn();
        let at = delivery.hold(child.found(), true).expect("a child");
        let pin = delivery.targets[at].pin_mut().expect("it is held");
        pin.stop = Stop::ByUs;
        assert!(pin.give_back());
        child.0.kill().and_then(|()| child.0.wait()).expect("a child");
        together::signal_pinned(delivery, sending).expect("no question");
        let target = &delivery.targets[at];
        assert!(matches!(target.state, State::Settled(Outcome::Gone)), "{target:?}");
        assert_eq!(target.left_stopped, None);
    });
}

/// A supervisor restarts a match while pkill still scans for what it has to stop.
#[test]
fn what_starts_during_a_round_of_until_none_has_reappeared() {
    let _alone = emergency::alone();
    let request = request(|sending| {
        (sending.freeze, sending.until_none, sending.whole_group) = (true, true, false);
        (sending.signal, sending.settle) = (Signal::KILL, Some(Duration::ZERO));
        sending.wait = Some(Wait::default());
    });
    let first = Sleeper::spawn();
    let plan = Arc::new(Plan::new(&request).expect("a plan"));
    let restarted = Sleeper::spawn();
    let all = [&first, &restarted];
    let (found, both) = (first.found(), all.map(Sleeper::found));
    let mut rescan = |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| {
        let left =
            all.iter().zip(&both).filter(|(process, _)| process.fact(|process| process.state() != Ok(b'Z')));
        Ok(scan(&left.map(|(_, found)| found.clone()).collect::<Vec<_>>()))
    };
    let report = deliver(&request, plan, scan(&[found]), &mut rescan, &mut Seen::default());
    let reappeared: Vec<Pid> = report.expect("a report").reappeared.iter().map(|one| one.pid).collect();
    assert_eq!(reappeared, [restarted.pid()]);
}

/// The scheduling policy and the nice value of this thread.
fn priority() -> String {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("our own");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_ascii_whitespace().collect();
    format!("{} {}", fields[41 - 3], fields[19 - 3])
}

/// Whether `act` raises the priority of the thread that it runs in.
fn raises_priority(act: impl FnOnce() + Send) -> bool {
    let raised = || {
        let before = priority();
        act();
        priority() != before
    };
    std::thread::scope(|scope| scope.spawn(raised).join().expect("it passes"))
}

/// As others must wait then, it is done only against processes that go on forking or running, and to kill them.
#[test]
fn the_priority_is_raised_where_processes_are_to_be_killed_and_do_not_stop() {
    let is_permitted = raises_priority(crate::sys::raise_priority);
    /// What the second scan finds.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Second {
        Stopped,
        Running,
        New,
    }
    for (signal, second, expected) in [
        (Signal::KILL, Second::Stopped, false),
        (Signal::KILL, Second::Running, true),
        (Signal::KILL, Second::New, true),
        (Signal::USR1, Second::Running, false),
        (Signal::USR1, Second::New, false),
    ] {
        let children = [(); 2].map(|()| Sleeper::spawn());
        let both = children.each_ref().map(Sleeper::found);
        let raised = raises_priority(|| {
            freeze(signal, &both[..1], |scan| {
                match second {
                    Second::Running => is_continued_twice(&children[0], scan),
                    Second::Stopped | Second::New => children[0].wait_stopped(),
                }
                both[..if second == Second::New { 2 } else { 1 }].to_vec()
            });
        });
        assert_eq!(raised, expected && is_permitted, "{signal} {second:?}");
    }
}
