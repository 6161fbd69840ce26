//! [`Targets`]: which process is known, for whose sake it was selected, and what is reported of it.

use super::super::target::{Remaining, Signals, Stop};
use super::*;
use crate::report::{End, Exited, StillRunning};
use crate::signal::Signal;
use crate::sys::emergency;

const GONE: State = State::Settled(Outcome::Gone);

fn exited(after: Duration) -> Exited {
    Exited { after, sent: None, status: None }
}

#[test]
fn a_process_is_recognised_by_its_id_and_start_time() {
    let mut targets = Targets::default();
    let first = pinned(&mut targets, matched(7));
    let second = pinned(&mut targets, matched(8));
    assert_eq!((targets.find(id(7)), targets.find(id(8))), (Some(first), Some(second)));
    assert_eq!(targets.find(ProcessId { pid: 7, start_time: 2 }), None, "its ID was reused");
    assert_eq!((targets.len(), targets.indices().collect::<Vec<_>>()), (2, vec![first, second]));
}

/// A child that had not executed its program yet, or a process that changed back: it is reported once, as it is now.
#[test]
fn a_lost_process_that_is_found_again_takes_its_old_place() {
    let mut targets = Targets::default();
    for (lost, is_lost) in [
        (Outcome::Gone, true),
        (Outcome::Changed, true),
        (Outcome::Untouched, false),
        (SIGNALLED, false),
        (Outcome::Failed(rustix::io::Errno::IO), false),
    ] {
        let at = targets.insert(id(7), matched(7), State::Settled(lost));
        assert_eq!((targets[at].is_lost(), targets[at].is_open()), (is_lost, false), "{lost:?}");
    }
    let at = pinned(&mut targets, matched(7));
    assert_eq!((targets.len(), targets[at].is_lost(), targets[at].is_open()), (1, false, true));
    let at = awaited(&mut targets, matched(7));
    assert_eq!((targets.len(), targets[at].is_lost(), targets[at].is_open()), (1, false, true));
}

#[test]
fn what_vanished_before_it_was_pinned_is_news_once() {
    let mut targets = Targets::default();
    let reused = ProcessId { pid: 7, start_time: 2 };
    assert_eq!([id(7), id(7), reused, reused].map(|id| targets.ignore(id)), [true, false, true, false]);
    assert_eq!((targets.len(), targets.find(id(7))), (0, None));
}

/// A descendant or a member of a group is signalled only as long as the match is one that it was selected for.
#[test]
fn others_are_selected_for_the_sake_of_matches_that_are_held() {
    let mut targets = Targets::default();
    let group = Some(5);
    let of = |reason, pid| Match { reason, group, ..matched(pid) };
    pinned(&mut targets, of(Reason::Matched, 7));
    awaited(&mut targets, of(Reason::Descendant(7), 8));
    pinned(&mut targets, of(Reason::GroupMember(5), 9));
    pinned(&mut targets, Match { group: Some(6), ..matched(10) });
    pinned(&mut targets, matched(11));
    targets.insert(id(12), of(Reason::Matched, 12), GONE);
    let members = |group| targets.in_group(group).map(|target| target.found.pid).collect::<Vec<_>>();
    assert_eq!([members(5), members(6), members(4)], [vec![7, 8], vec![10], vec![]]);
    let is_match = |pid| targets.matched(pid).is_some_and(|target| target.found.pid == pid);
    assert_eq!([7, 8, 9, 10, 11, 12].map(is_match), [true, false, false, true, true, false]);
}

#[test]
fn only_what_something_is_still_to_be_done_to_is_held() {
    let mut targets = Targets::default();
    let exit = exited(SECOND);
    let settled = targets.push(matched(7), GONE);
    let over = targets.push(matched(8), State::Exited { outcome: SIGNALLED, exit, pidfd: None });
    let pinned = pinned(&mut targets, matched(9));
    let awaited = awaited(&mut targets, matched(10));
    let held = |at: TargetIndex| targets[at].pin().map(|pin| pin.id.pid);
    assert_eq!([settled, over, pinned, awaited].map(held), [None, None, Some(9), Some(10)]);
    let mut held = |at: TargetIndex| targets[at].pin_mut().map(|pin| pin.id.pid);
    assert_eq!([settled, over, pinned, awaited].map(&mut held), [None, None, Some(9), Some(10)]);
}

/// Out of descriptors: some are closed, the least useful ones, and no more than a scan needs, because whatever has no
/// pidfd is polled.
#[test]
fn pidfds_are_given_back_by_need() {
    let mut targets = Targets::default();
    let [first, second, third] = [7, 8, 9].map(|pid| awaited(&mut targets, matched(pid)));
    let [.., last] = [10, 11, 12].map(|pid| pinned(&mut targets, matched(pid)));
    let closed: fn(&Targets) -> Vec<Pid> = |targets: &Targets| {
        let without = |target: &Target| target.pin().is_some_and(|pin| pin.pidfd().is_none());
        let all = targets.indices().map(|at| &targets[at]);
        all.filter(|target| without(target)).map(|target| target.found.pid).collect()
    };
    assert!(closed(&targets).is_empty());
    assert_eq!(targets.give_back_some(), (vec![third], 4), "what is waited for is watched in another way");
    assert_eq!(closed(&targets), [9, 10, 11, 12], "the last ones");
    assert!(targets.budget.is_limited() && !targets.budget.has_room(), "none was free");
    assert_eq!(targets.give_back_some(), (vec![second, first], 2));
    assert_eq!((targets.give_back_some(), targets.budget.is_zero()), ((vec![], 0), true));
    targets.keep(last, PidFd::open(own_pid()).expect("a pidfd"));
    assert_eq!(closed(&targets).len(), 6, "there is no room for it");
}

#[test]
fn pidfds_of_exited_processes_are_given_back_first() {
    let mut targets = Targets::default();
    for pid in 7..13 {
        let pidfd = pin(pid, &targets).into_pidfd();
        targets.push(matched(pid), State::Exited { outcome: SIGNALLED, exit: exited(SECOND), pidfd });
    }
    pinned(&mut targets, matched(13));
    assert_eq!(targets.give_back_some(), (vec![], 6), "they are of no more use");
    assert_eq!(targets.give_back_some(), (vec![], 1));
}

#[test]
fn a_pidfd_that_was_given_back_can_be_replaced() {
    let mut targets = Targets::default();
    let at = pinned(&mut targets, matched(7));
    let pin = targets[at].pin_mut().expect("held");
    assert_eq!([pin.give_back(), pin.give_back()], [true, false]);
    targets.keep(at, PidFd::open(own_pid()).expect("a pidfd"));
    assert!(targets[at].pin().and_then(Pin::pidfd).is_some());
}

/// Whatever ends pkill then, it continues them; but not what was continued, or what has the number of the descriptor next.
#[test]
fn what_is_stopped_is_marked_until_it_is_released() {
    let _alone = emergency::alone();
    let mut pin = pin(7, &Targets::default());
    let number = pin.pidfd().expect("there is room").number();
    for (change, expected) in [
        (Pin::stopping as fn(&mut Pin), (Stop::ByUs, true)),
        (Pin::released, (Stop::No, false)),
        (Pin::stopping, (Stop::ByUs, true)),
        (|pin| assert!(pin.give_back()), (Stop::ByUs, false)),
    ] {
        change(&mut pin);
        assert_eq!((pin.stop, emergency::is_marked(number)), expected);
    }
}

/// What is reported of one target, where `waited` is how long the wait took that has ended before its exit.
fn reported(
    state: fn(Pin) -> State,
    waited: Option<Duration>,
    remaining: Option<u8>,
) -> (Outcome, Option<End>) {
    let mut targets = Targets::default();
    let pin = pin(7, &targets);
    targets.push(matched(7), state(pin));
    let read = |read: ProcessId| {
        assert_eq!(read, id(7));
        remaining.map(|state| Remaining { name: b"a".to_vec(), state, is_exiting: state == b'E' })
    };
    let mut report = targets.into_report(waited, read);
    let (target, None) = (report.remove(0), report.pop()) else { panic!("one target: {report:?}") };
    assert_eq!((target.pid, target.reason, target.left_stopped), (7, Reason::Matched, None));
    (target.outcome, target.end)
}

fn still_running(state: u8, is_exiting: bool) -> End {
    End::StillRunning(StillRunning { after: SECOND, sent: None, name: b"a".to_vec(), state, is_exiting })
}

#[test]
fn the_report_has_the_outcome_and_the_end_of_each_state() {
    let awaited = |pin| State::Awaited { pin, outcome: SIGNALLED, signals: None };
    let over = |_| State::Exited { outcome: SIGNALLED, exit: exited(SECOND * 2), pidfd: None };
    let waited = Some(SECOND);
    let exit = Some(End::Exited(exited(SECOND * 2)));
    for (state, waited, remaining, expected) in [
        (State::Pinned as fn(Pin) -> State, None, Some(b'S'), (Outcome::Untouched, None)),
        (State::Pinned, waited, Some(b'S'), (Outcome::Untouched, None)),
        (|_| GONE, waited, Some(b'S'), (Outcome::Gone, None)),
        (over, None, Some(b'S'), (SIGNALLED, exit.clone())),
        (over, waited, None, (SIGNALLED, exit)),
        (awaited, None, Some(b'S'), (SIGNALLED, None)),
        (awaited, waited, None, (SIGNALLED, Some(End::Exited(exited(SECOND))))),
        (awaited, waited, Some(b'S'), (SIGNALLED, Some(still_running(b'S', false)))),
        (awaited, waited, Some(b'E'), (SIGNALLED, Some(still_running(b'E', true)))),
    ] {
        assert_eq!(reported(state, waited, remaining), expected, "{waited:?} {remaining:?}");
    }
}

/// What KILL was sent to last is about to exit, unless it is in uninterruptible sleep: there it may stay for hours.
#[test]
fn what_was_killed_is_exiting() {
    fn after(signals: &[Signal]) -> Signals {
        let mut all = Signals::new(signals[0]);
        signals[1..].iter().for_each(|&signal| all.add(signal));
        all
    }
    let end = |state: fn(Pin) -> State, letter| match reported(state, Some(SECOND), Some(letter)).1 {
        Some(End::StillRunning(StillRunning { is_exiting, sent: Some(sent), .. })) => {
            (is_exiting, sent.first.signal, sent.last.signal)
        }
        other => panic!("{other:?}"),
    };
    let killed: fn(Pin) -> State = |pin| {
        let signals = Some(after(&[Signal::TERM, Signal::HUP, Signal::KILL]));
        State::Awaited { pin, outcome: SIGNALLED, signals }
    };
    assert_eq!(end(killed, b'S'), (true, Signal::TERM, Signal::KILL));
    assert_eq!(end(killed, b'D'), (false, Signal::TERM, Signal::KILL));
    let asked: fn(Pin) -> State = |pin| {
        let signals = Some(after(&[Signal::KILL, Signal::TERM]));
        State::Awaited { pin, outcome: SIGNALLED, signals }
    };
    assert_eq!(end(asked, b'S'), (false, Signal::KILL, Signal::TERM));
}

#[test]
fn the_times_of_signals_count_back_from_the_report() {
    let mut signals = Signals::new(Signal::TERM);
    let sent = Instant::now();
    while Instant::now() == sent {}
    signals.add(Signal::KILL);
    let last = signals.killed_at().expect("KILL was the last");
    let sent = signals.until(last + SECOND);
    assert!(sent.last.ago == SECOND && sent.first.ago > SECOND, "{sent:?}");
    let before = signals.until(last - SECOND);
    assert_eq!((before.first.ago, before.last.ago), (Duration::ZERO, Duration::ZERO));
}

/// For what only the test can be: alive, and with the start time that /proc has.
#[test]
fn a_process_with_another_start_time_is_not_this_one() {
    use crate::proc::{Facts as _, ProcDir, Process};
    let proc = ProcDir::named().expect("/proc");
    let mut process = Process::new(&proc);
    process.select(own_pid());
    let start_time = process.start_time().expect("our own");
    for (pid, start_time, is_running) in
        [(own_pid(), start_time, true), (own_pid(), start_time + 1, false), (Pid::MAX, start_time, false)]
    {
        let id = ProcessId { pid, start_time };
        assert_eq!(id.is_running(&proc), Ok(is_running), "{id:?}");
        let pidfd = PidFd::open(own_pid()).expect("a pidfd");
        let mut pin = Pin::new(id, pidfd, &Targets::default().budget);
        assert_eq!(pin.with(&proc, |_| Ok(1)), Ok(1), "the pidfd is that of the process");
        assert!(pin.give_back());
        let expected = if is_running { Ok(1) } else { Err(rustix::io::Errno::SRCH) };
        assert_eq!(pin.with(&proc, |_| Ok(1)), expected, "{id:?}");
    }
}

/// epoll(7) hands back the number.
#[test]
fn an_index_survives_the_kernel() {
    let mut targets = Targets::default();
    for pid in 7..10 {
        let at = targets.push(matched(pid), GONE);
        assert_eq!(TargetIndex::from_u64(at.to_u64()), at);
    }
}
