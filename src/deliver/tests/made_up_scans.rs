//! [`deliver`] with real children of the test, and scans that find what the test says.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nix::sys::signal::SigSet;
use rustix::event::Timespec;
use rustix::io::Errno;

use super::super::*;
use super::*;
use crate::proc::{Facts as _, Failure, Process, Unread, UnreadBecause};
use crate::report::{End, ExitStatus};
use crate::request::{Criterion, ProcessRef, Program, Selection, Step, Wait};
use crate::signal::Signal;

/// Lets time pass, and leaves the CPU to other threads, also to those with a lower priority.
pub(super) fn pass(time: Duration) {
    let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
    let _ = rustix::event::poll(&mut [], Some(&time));
}

/// A child of the test, killed and reaped when dropped.
pub(super) struct Sleeper(pub(super) Child);

impl Sleeper {
    pub(super) fn spawn() -> Self {
        // A delivery leaves signals blocked in its thread, and a child inherits that.
        SigSet::empty().thread_set_mask().expect("a mask");
        let mut command = Command::new("sleep");
        Sleeper(command.arg("1000").stdin(Stdio::null()).spawn().expect("sleep"))
    }

    pub(super) fn pid(&self) -> Pid {
        self.0.id() as Pid
    }

    pub(super) fn fact<T>(&self, read: impl Fn(&mut Process<'_>) -> T) -> T {
        let proc = ProcDir::named().expect("/proc");
        let mut process = Process::new(&proc);
        process.select(self.pid());
        read(&mut process)
    }

    pub(super) fn found(&self) -> Match {
        let start_time = self.fact(|process| process.start_time().expect("a child"));
        Match { start_time: Some(start_time), ..matched(self.pid()) }
    }

    pub(super) fn send(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).expect("a child");
    }

    pub(super) fn stop(&self) {
        self.send(rustix::process::Signal::STOP);
        self.wait_stopped();
    }

    pub(super) fn wait_stopped(&self) {
        let start = Instant::now();
        while !self.is_stopped() {
            assert!(start.elapsed() < SECOND * 30, "it is not stopped");
            pass(Duration::from_millis(1));
        }
    }

    pub(super) fn go_on(&self) {
        self.send(rustix::process::Signal::CONT);
        assert!(!self.is_stopped());
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.fact(|process| process.is_stopped() == Ok(true))
    }

    /// Killed, and not reaped.
    pub(super) fn zombie(mut self) -> Self {
        self.0.kill().expect("a child");
        while self.fact(|process| process.has_ended() != Ok(true)) {
            std::thread::yield_now();
        }
        self
    }

    /// The signal that has killed it; `None` if it is still running.
    fn killed_by(&mut self) -> Option<i32> {
        let status = self.0.try_wait().expect("a child");
        status.map(|status| status.signal().expect("it was killed"))
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the observer has seen, and what it answers.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) signalled: Vec<Pid>,
    stopped: Vec<usize>,
    /// How many there were on each list before the questions.
    listed: Vec<usize>,
    answers: Vec<Answer>,
}

impl Observer for Seen {
    fn on_signalled(&mut self, found: &Match) {
        self.signalled.push(found.pid);
    }
    fn on_wait_start(&mut self, stopped: usize) {
        self.stopped.push(stopped);
    }
    fn wants_progress(&self) -> bool {
        false
    }
    fn on_progress(&mut self, _: &Progress) {}
    fn wants_reappeared(&self) -> bool {
        false
    }
    fn on_escalation_error(&mut self, pid: Pid, signal: Signal, errno: Errno) {
        panic!("{pid} {signal}: {errno}");
    }
}

impl Confirm for Seen {
    fn before_questions(&mut self, found: &[&Match]) {
        self.listed.push(found.len());
    }
    fn choose(&mut self, _: &[&Match], _: Option<Signal>) -> Result<Vec<usize>, Error> {
        Ok(vec![])
    }
    fn choose_signal(&mut self, _: Signal) -> Result<Option<Signal>, Error> {
        Ok(None)
    }
    fn confirm(&mut self, _: &[&Match], _: Signal) -> Result<Answer, Error> {
        Ok(self.answers.remove(0))
    }
}

/// TERM to the children of the test, together: a later scan may add to the first one.
pub(super) fn request(change: impl FnOnce(&mut Sending)) -> Request {
    let mut sending = Sending { whole_group: true, ..sending() };
    change(&mut sending);
    let criteria = vec![Criterion::Parents(vec![ProcessRef::Pid(own_pid())])];
    let selection = Selection { criteria, ..Selection::default() };
    Request::new(Program::Pkill, selection, Action::Signal(sending))
}

/// With this timeout.
pub(super) fn waiting(seconds: u32) -> Wait {
    Wait { limit: Some(SECOND * seconds), any: false }
}

pub(super) fn scan(found: &[Match]) -> Matches {
    Matches { found: found.to_vec(), ..Matches::default() }
}

/// A plan that is younger than this start time.
pub(super) fn plan_after(request: &Request, start_time: Option<u64>) -> Plan {
    loop {
        let plan = Plan::new(request).expect("a plan");
        if Some(plan.snapshot_time) > start_time {
            return plan;
        }
    }
}

/// Delivers to what the scans find, the last of which is repeated. A start time is one of the past, where no successor can
/// have it. Returns how many scans there were after the first one.
fn run(request: &Request, seen: &mut Seen, scans: &[Matches]) -> (Result<Report, Error>, usize) {
    let all = scans.iter().flat_map(|scan| &scan.found);
    let plan = plan_after(request, all.filter_map(|found| found.start_time).max());
    let mut done = 0;
    let mut rescan = |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| {
        done += 1;
        Ok(scans[done.min(scans.len() - 1)].clone())
    };
    let report = deliver(request, Arc::new(plan), scans[0].clone(), &mut rescan, seen);
    (report, done)
}

pub(super) fn outcomes(report: &Report) -> Vec<(Pid, Outcome)> {
    report.targets.iter().map(|target| (target.pid, target.outcome)).collect()
}

/// It may have been between fork(2) and execve(2), or between two groups.
#[test]
fn what_no_longer_matched_and_matches_again_is_signalled_and_reported_once() {
    let mut child = Sleeper::spawn();
    let elsewhere = Match { group: Some(Pid::MAX), ..child.found() };
    let (report, scans) =
        run(&request(|_| ()), &mut Seen::default(), &[scan(std::slice::from_ref(&elsewhere))]);
    let report = report.expect("a report");
    assert_eq!((outcomes(&report), scans), (vec![(child.pid(), Outcome::Changed)], 0), "none is pinned");

    let other = Sleeper::spawn();
    let first = scan(&[elsewhere, other.found()]);
    let (report, _) = run(&request(|_| ()), &mut Seen::default(), &[first, scan(&[child.found()])]);
    let report = report.expect("a report");
    assert_eq!(outcomes(&report), [(child.pid(), SIGNALLED), (other.pid(), SIGNALLED)]);
    assert_eq!(child.0.wait().expect("a child").signal(), Some(libc::SIGTERM));
}

/// Of what a later scan finds, only the new processes are signalled too, once.
#[test]
fn each_process_is_signalled_once_however_often_it_is_found() {
    for freeze in [false, true] {
        let [first, second] = [(); 2].map(|()| Sleeper::spawn());
        let both = scan(&[first.found(), second.found()]);
        let mut request = request(|sending| (sending.freeze, sending.signal) = (freeze, Signal::USR1));
        request.selection.tree = true;
        let mut seen = Seen::default();
        let (report, scans) = run(&request, &mut seen, &[scan(&[first.found()]), both]);
        let expected = [(first.pid(), SIGNALLED), (second.pid(), SIGNALLED)];
        assert_eq!(outcomes(&report.expect("a report")), expected, "{freeze}");
        assert_eq!((seen.signalled, seen.listed), (vec![first.pid(), second.pid()], vec![]), "{freeze}");
        // With --freeze, a scan that begins when all have stopped has to find no other.
        assert!(if freeze { scans > 2 } else { scans == 1 }, "{freeze} {scans}");
    }
}

/// `--max` holds for all scans together. What was stopped goes on.
#[test]
fn too_many_in_a_later_scan() {
    for freeze in [false, true] {
        let mut children = [(); 2].map(|()| Sleeper::spawn());
        let found = children.each_ref().map(Sleeper::found);
        let request = Request { at_most: Some(1), ..request(|sending| sending.freeze = freeze) };
        let mut seen = Seen::default();
        let (report, _) = run(&request, &mut seen, &[scan(&found[..1]), scan(&found)]);
        let report = report.expect("a report");
        assert_eq!(outcomes(&report), children.each_ref().map(|child| (child.pid(), Outcome::Untouched)));
        assert_eq!(
            (report.exit_status(&request), seen.signalled),
            (ExitStatus::Forbidden, vec![]),
            "{freeze}"
        );
        for child in &mut children {
            assert_eq!((child.killed_by(), child.is_stopped()), (None, false), "{freeze}");
        }
    }
}

/// Without `--freeze`, nothing was done to any process when a later scan fails. With it, all that was stopped acts on the
/// signal: not to signal it would not undo the stop.
#[test]
fn a_later_scan_that_fails() {
    for freeze in [false, true] {
        let mut child = Sleeper::spawn();
        let request = request(|sending| sending.freeze = freeze);
        let plan = Arc::new(Plan::new(&request).expect("a plan"));
        let mut fail = |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| Err(Error::fatal("no more scans"));
        let first = scan(&[child.found()]);
        let mut seen = Seen::default();
        let result = deliver(&request, plan, first, &mut fail, &mut seen);
        assert_eq!(result.expect_err("the error").message, "no more scans");
        match freeze {
            false => assert_eq!((seen.signalled, child.is_stopped()), (vec![], false)),
            true => assert_eq!(child.0.wait().expect("a child").signal(), Some(libc::SIGTERM)),
        }
    }
}

/// A process that cannot be read is reported once, however many scans it survives.
#[test]
fn what_later_scans_cannot_read_is_reported_once() {
    let child = Sleeper::spawn();
    let unread = |pid| Unread { pid, why: UnreadBecause::Undecided(Failure::Errno(libc::EIO)) };
    let scans = [&[1][..], &[1, 2], &[2, 3]]
        .map(|pids| Matches { unread: pids.iter().copied().map(unread).collect(), ..scan(&[child.found()]) });
    let request = request(|sending| (sending.freeze, sending.signal) = (true, Signal::USR1));
    let (report, done) = run(&request, &mut Seen::default(), &scans);
    let report = report.expect("a report");
    assert!(done >= 2 && report.reads_failed, "{done} {report:?}");
    assert_eq!(report.unread_later, [2, 3].map(unread));
}

/// They will not handle the signal before they are continued: the user learns that before the wait.
#[test]
fn stopped_targets_are_counted_before_the_wait() {
    for (freeze, resume, expected) in [(false, false, 1), (true, false, 1), (false, true, 0), (true, true, 0)]
    {
        let [mut stopped, mut other] = [(); 2].map(|()| Sleeper::spawn());
        stopped.stop();
        let request = request(|sending| {
            (sending.freeze, sending.resume, sending.wait) = (freeze, resume, Some(waiting(0)));
        });
        let mut seen = Seen::default();
        let (report, _) = run(&request, &mut seen, &[scan(&[stopped.found(), other.found()])]);
        let report = report.expect("a report");
        assert_eq!(seen.stopped, [expected], "{freeze} {resume}");
        assert_eq!(report.targets.iter().map(|one| one.left_stopped).collect::<Vec<_>>(), [None, None]);
        assert_eq!(other.0.wait().expect("a child").signal(), Some(libc::SIGTERM));
        match resume {
            true => assert_eq!(stopped.0.wait().expect("a child").signal(), Some(libc::SIGTERM)),
            false => assert!(stopped.is_stopped() && stopped.killed_by().is_none()),
        }
    }
}

/// A step of `--escalate` is for what is still running: TERM does not reach a stopped process.
#[test]
fn a_step_follows_for_what_is_still_running() {
    let mut stopped = Sleeper::spawn();
    stopped.stop();
    let request = request(|sending| {
        (sending.whole_group, sending.wait) = (false, Some(waiting(20)));
        sending.escalation = vec![Step { after: SECOND / 10, signal: Signal::KILL }];
    });
    let (report, _) = run(&request, &mut Seen::default(), &[scan(&[stopped.found()])]);
    let report = report.expect("a report");
    let Some(End::Exited(exited)) = &report.targets[0].end else { panic!("{report:?}") };
    let sent = exited.sent.map(|sent| (sent.first.signal, sent.last.signal));
    assert_eq!(sent, Some((Signal::TERM, Signal::KILL)));
    assert_eq!(stopped.0.wait().expect("a child").signal(), Some(libc::SIGKILL));
}

/// `--interactive`: yes, no, and what ends the questions. With `--tree`, a list of all comes first.
#[test]
fn each_answer_decides_for_one_or_for_all_that_follow() {
    use Answer::{All, No, Quit, Yes};
    for (together, tree) in [(false, false), (true, false), (true, true)] {
        for (answers, expected) in [
            (&[No, Yes, No][..], [false, true, false]),
            (&[Yes, All], [true, true, true]),
            (&[Yes, Quit], [true, false, false]),
            (&[All], [true, true, true]),
            (&[Quit], [false, false, false]),
        ] {
            let children = [(); 3].map(|()| Sleeper::spawn());
            let found = children.each_ref().map(Sleeper::found);
            let mut request = request(|sending| (sending.mode, sending.whole_group) = (Mode::Ask, together));
            request.selection.tree = tree;
            let mut seen = Seen { answers: answers.to_vec(), ..Seen::default() };
            let (report, _) = run(&request, &mut seen, &[scan(&found)]);
            let signalled = outcomes(&report.expect("a report"));
            let expected = expected.map(|yes| if yes { SIGNALLED } else { Outcome::Untouched });
            assert_eq!(signalled.iter().map(|(_, outcome)| *outcome).collect::<Vec<_>>(), expected);
            assert_eq!(seen.answers, [], "{answers:?}: each question was asked");
            assert_eq!(seen.listed, if tree { vec![3] } else { vec![] });
        }
    }
}
