//! [`Delivery`] between two scans: what is new, what is over, and what has become of each process.

use std::sync::Arc;

use super::super::*;
use super::made_up_scans::{Seen, Sleeper, outcomes, plan_after, request, scan, waiting};
use super::*;
use crate::proc::RunState;
use crate::report::End;
use crate::request::{Criterion, ProcessList, ProcessRef, Wait};

/// A delivery of this request, with a plan that is older than what is started in `act`.
pub(super) fn with_delivery<T>(request: &Request, act: impl FnOnce(&mut Delivery<'_>) -> T) -> T {
    let plan = Arc::new(Plan::new(request).expect("a plan"));
    let (mut seen, proc) = (Seen::default(), ProcDir::named().expect("/proc"));
    let after_send = after_send(request, &plan).expect("a waiter");
    act(&mut Delivery::new(request, plan, &proc, &mut seen, after_send))
}

fn rescan(delivery: &mut Delivery<'_>, matches: &Matches) -> Delta {
    delivery.rescan(&mut |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| Ok(matches.clone())).expect("a scan")
}

fn new(delta: &Delta) -> Vec<Pid> {
    delta.new.iter().map(|found| found.pid).collect()
}

/// A scan that takes long ends when the timeout has expired, or else it would be overdue by a scan of thousands.
#[test]
fn a_scan_is_over_when_the_timeout_has_expired() {
    for (limit, expected) in [(Some(Duration::ZERO), true), (Some(SECOND * 1000), false), (None, false)] {
        let child = Sleeper::spawn();
        let request = request(|sending| sending.wait = Some(Wait { limit, any: false }));
        let delivery_limit = limit.is_some_and(|limit| limit.is_zero());
        let plan = Arc::new(Plan::new(&request).expect("a plan"));
        let mut seen = Seen::default();
        let after_send = after_send(&request, &plan).expect("a waiter");
        let proc = ProcDir::named().expect("/proc");
        let mut delivery = Delivery::new(&request, plan, &proc, &mut seen, after_send);
        delivery.hold(child.found(), true).expect("a child");
        let mut asked = vec![];
        let delta = delivery.rescan(&mut |_: &Arc<Plan>, is_over: &mut dyn FnMut() -> bool| {
            asked.push(is_over());
            Ok(scan(&[child.found()]))
        });
        assert_eq!((delta.expect("a scan").remaining, asked), (1, vec![expected]), "{limit:?}");
        assert_eq!(delivery.has_expired(), delivery_limit, "{limit:?}");
    }
}

/// A match that is gone is reported, unless it came and went between two later scans.
#[test]
fn what_is_gone_is_reported_where_the_first_scan_has_found_it() {
    let mut child = Sleeper::spawn();
    let found = child.found();
    child.0.kill().and_then(|()| child.0.wait()).expect("a child");
    for start_time in [found.start_time, None] {
        for (is_first, expected) in [(true, vec![(found.pid, Outcome::Gone)]), (false, vec![])] {
            let request = request(|_| ());
            let plan = Arc::new(Plan::new(&request).expect("a plan"));
            let mut seen = Seen::default();
            let proc = ProcDir::named().expect("/proc");
            let mut delivery = Delivery::new(&request, plan, &proc, &mut seen, AfterSend::Settle(None));
            let held = delivery.hold(Match { start_time, ..found.clone() }, is_first);
            assert_eq!((held, outcomes(&delivery.into_report())), (None, expected), "{start_time:?}");
        }
    }
}

/// What got a named process ID after the question was asked is not the process that was named. It may be a descendant of
/// one, and it may match by another criterion.
#[test]
fn a_later_process_is_not_the_one_that_was_named_by_its_id() {
    let by_parent = request(|_| ());
    let mut by_id = request(|_| ());
    by_id.selection.criteria = vec![Criterion::Pids(ProcessList::Given(vec![ProcessRef::Pid(own_pid())]))];
    let older = Sleeper::spawn();
    for (request, reason, is_new) in [
        (&by_id, Reason::Matched, false),
        (&by_id, Reason::Descendant(own_pid()), true),
        (&by_parent, Reason::Matched, true),
    ] {
        with_delivery(request, |delivery| {
            let child = Sleeper::spawn();
            let delta = rescan(delivery, &scan(&[Match { reason, ..child.found() }]));
            assert_eq!(new(&delta), if is_new { vec![child.pid()] } else { vec![] }, "{reason:?}");
        });
    }
    let plan = plan_after(&by_id, older.found().start_time);
    with_delivery(&by_id, |delivery| {
        delivery.plan = Arc::new(plan);
        assert_eq!(new(&rescan(delivery, &scan(&[older.found()]))), [older.pid()], "it was there");
    });
}

/// What exited unseen may have left a child that the scan came too early for: one more scan is needed, and not more.
#[test]
fn what_has_exited_unseen_is_news_once() {
    let [zombie, known] = [(); 2].map(|()| Sleeper::spawn());
    let request = request(|_| ());
    with_delivery(&request, |delivery| {
        delivery.hold(known.found(), true).expect("a child");
        let found = [zombie.found(), known.found()];
        let (_zombie, _known) = (zombie.zombie(), known.zombie());
        let vanished = [true, false].map(|_| rescan(delivery, &scan(&found)));
        assert_eq!(vanished.each_ref().map(|delta| delta.vanished), [true, false]);
        for delta in vanished {
            assert_eq!((new(&delta), delta.remaining), (vec![], 0));
        }
        assert!(!rescan(delivery, &scan(&found[1..])).vanished, "its exit is known");
        let later = Match { run_state: Some(RunState::MayRun), ..found[1].clone() };
        assert_eq!(rescan(delivery, &scan(&[later])).remaining, 1, "it has exited since the scan");
        let gone = Match { start_time: None, ..matched(Pid::MAX) };
        assert!(rescan(delivery, &scan(&[gone])).vanished);
    });
    for vanished in [false, true] {
        let matches = Matches { vanished, ..Matches::default() };
        with_delivery(&request, |delivery| {
            assert_eq!(rescan(delivery, &matches).vanished, vanished);
            assert_eq!(delivery.first(matches).vanished, vanished);
        });
    }
}

/// Targets that a signal may still end remain. With `--freeze`, those that are held until the signal should have stopped;
/// what was signalled has been continued.
#[test]
fn what_is_held_should_have_stopped() {
    for freeze in [false, true] {
        let [held, stopped, awaited, settled] = [(); 4].map(|()| Sleeper::spawn());
        let request = request(|sending| (sending.freeze, sending.wait) = (freeze, Some(waiting(1000))));
        with_delivery(&request, |delivery| {
            let all = [&held, &stopped, &awaited, &settled].map(Sleeper::found);
            let [first, _, third, fourth] =
                all.clone().map(|found| delivery.hold(found, true).expect("a child"));
            stopped.stop();
            assert_eq!(delivery.running(), 0);
            delivery.signalled(third, SIGNALLED, None);
            assert_eq!(delivery.running(), 1, "the others are not waited for yet");
            delivery.targets[fourth].state = State::Settled(Outcome::Untouched);
            let delta = rescan(delivery, &scan(&all));
            assert_eq!((new(&delta), delta.remaining), (vec![], 3));
            assert_eq!(delta.running, if freeze { vec![first] } else { vec![] });
            // What the scan has read of them is not read again.
            for (run_state, remaining) in
                [(RunState::Stopped, 3), (RunState::MayRun, 3), (RunState::Ended, 0)]
            {
                let all = all.clone().map(|found| Match { run_state: Some(run_state), ..found });
                let delta = rescan(delivery, &scan(&all));
                let running = freeze && run_state == RunState::MayRun;
                assert_eq!((delta.running, delta.remaining), (vec![first; running.into()], remaining));
            }
        });
    }
}

/// A scan that was broken off is no result: nothing may be concluded from what it has not found. If the timeout has expired
/// before the first signal, that is sent nevertheless.
#[test]
fn a_scan_that_was_interrupted_is_repeated_unless_the_work_is_over() {
    for (seconds, is_signalled, scans, finish) in [
        (1000, false, 2, None),
        (1000, true, 2, None),
        (0, false, 2, None),
        (0, true, 1, Some(Finish::TimedOut)),
    ] {
        let child = Sleeper::spawn();
        let request = request(|sending| sending.wait = Some(waiting(seconds)));
        with_delivery(&request, |delivery| {
            let at = delivery.hold(child.found(), true).expect("a child");
            if is_signalled {
                delivery.signalled(at, SIGNALLED, None);
            }
            let mut over = vec![];
            let delta = delivery.rescan(&mut |_: &Arc<Plan>, is_over: &mut dyn FnMut() -> bool| {
                over.push(is_over());
                Ok(Matches { interrupted: over.len() == 1, ..scan(&[child.found()]) })
            });
            let what = format!("{seconds} {is_signalled}");
            assert_eq!((over.len(), delivery.finish), (scans, finish), "{what}");
            assert_eq!(delta.expect("a scan").remaining, scans - 1, "{what}");
            assert!(!over[1..].contains(&true), "{what}: it would be broken off again and again");
        });
    }
}

/// The wait is over before an exit was seen: /proc has the last word, if what it has is that process.
#[test]
fn what_remains_is_examined_when_the_wait_is_over() {
    let request = request(|sending| sending.wait = Some(waiting(0)));
    let [running, reused, zombie] = [(); 3].map(|()| Sleeper::spawn());
    let zombie = zombie.zombie();
    for (child, later, is_running) in [(&running, 0, true), (&reused, 1, false), (&zombie, 0, false)] {
        let plan = Arc::new(Plan::new(&request).expect("a plan"));
        let (mut seen, proc) = (Seen::default(), ProcDir::named().expect("/proc"));
        let after_send = after_send(&request, &plan).expect("a waiter");
        let mut delivery = Delivery::new(&request, plan, &proc, &mut seen, after_send);
        let start_time = child.found().start_time.expect("it was read") + later;
        let id = ProcessId { pid: child.pid(), start_time };
        let pin = Pin::new(id, PidFd::open(id.pid).expect("a child"), &delivery.targets.budget);
        let state = State::Awaited { pin, outcome: SIGNALLED, signals: None };
        delivery.targets.insert(id, child.found(), state);
        delivery.finish = Some(Finish::TimedOut);
        let end = delivery.into_report().targets.remove(0).end.expect("the wait is over");
        assert_eq!(matches!(end, End::StillRunning(_)), is_running, "{end:?}");
        assert_eq!(matches!(end, End::Exited(_)), !is_running, "{end:?}");
    }
}
