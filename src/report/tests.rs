//! The exit status of a run, and what decides it.

use super::*;
use crate::origin::Supervisor;

const SIGNALLED: Outcome = Outcome::Signalled { via: Via::Handle, release: None };
const BY_ID: Outcome = Outcome::Signalled { via: Via::Id(NoHandle::CallMissing), release: None };
const UNRELEASED: Outcome = Outcome::Signalled { via: Via::Handle, release: Some(Errno::NOSYS) };
const REFUSED: Outcome = Outcome::Refused { errno: Errno::PERM, why: None };
const FAILED: Outcome = Outcome::Failed(Errno::IO);
const REFUSAL: Refusal = Refusal { target: [0; 3], sender: [1; 2], has_cap_kill_elsewhere: false };
const ALLOWED: Outcome = predicted(None);
const WOULD_BE_REFUSED: Outcome = predicted(Some(REFUSAL));

const STILL_RUNNING: StillRunning =
    StillRunning { after: Duration::ZERO, sent: None, name: vec![], state: b'S', is_exiting: false };

const fn predicted(refusal: Option<Refusal>) -> Outcome {
    Outcome::Predicted(Prediction {
        refusal,
        effect: Effect::Handled,
        differs_from_model: false,
        is_confined: false,
    })
}

fn report(outcomes: &[Outcome]) -> Report {
    let (pid, view, reason) = (42, View::Id, Reason::Matched);
    let target = |&outcome| Target {
        pid,
        token: None,
        view: view.clone(),
        reason,
        parent: None,
        outcome,
        left_stopped: None,
        end: None,
    };
    Report {
        targets: outcomes.iter().map(target).collect(),
        spared: vec![],
        pattern_too_long: false,
        too_many: false,
        none_chosen: false,
        chosen_signal: None,
        undecided: 0,
        reads_failed: false,
        unread_later: vec![],
        interrupted: None,
        reappeared: vec![],
        unsettled: None,
    }
}

#[test]
fn outcomes_fold_to_an_exit_status() {
    use ExitStatus::{Forbidden, Nothing, Success};
    use Outcome::{Awaited, Changed, Gone, Listed, Untouched};
    #[rustfmt::skip]
    let rows: &[(&[Outcome], [ExitStatus; 4])] = &[
        // the outcomes: plain, --strict, --allow-none, both
        (&[],                         [Nothing, Nothing,   Success, Success]),
        (&[Listed],                   [Success, Success,   Success, Success]),
        (&[Awaited],                  [Success, Success,   Success, Success]),
        (&[SIGNALLED],                [Success, Success,   Success, Success]),
        (&[BY_ID],                    [Success, Success,   Success, Success]),
        (&[ALLOWED],                  [Success, Success,   Success, Success]),
        (&[Gone],                     [Nothing, Nothing,   Success, Success]),
        (&[REFUSED],                  [Nothing, Forbidden, Nothing, Forbidden]),
        (&[WOULD_BE_REFUSED],         [Nothing, Forbidden, Nothing, Forbidden]),
        (&[Changed],                  [Nothing, Forbidden, Nothing, Forbidden]),
        (&[Untouched],                [Nothing, Forbidden, Nothing, Forbidden]),
        (&[FAILED],                   [Nothing, Forbidden, Nothing, Forbidden]),
        (&[UNRELEASED],               [Nothing, Nothing,   Nothing, Nothing]),
        (&[SIGNALLED, Gone],          [Success, Success,   Success, Success]),
        (&[Gone, SIGNALLED],          [Success, Success,   Success, Success]),
        (&[SIGNALLED, REFUSED],       [Success, Forbidden, Success, Forbidden]),
        (&[FAILED, SIGNALLED],        [Success, Forbidden, Success, Forbidden]),
        (&[Gone, REFUSED],            [Nothing, Forbidden, Nothing, Forbidden]),
        (&[SIGNALLED, UNRELEASED],    [Nothing, Nothing,   Nothing, Nothing]),
        (&[UNRELEASED, REFUSED],      [Nothing, Forbidden, Nothing, Forbidden]),
        (&[ALLOWED, WOULD_BE_REFUSED], [Success, Forbidden, Success, Forbidden]),
    ];
    for (outcomes, expected) in rows {
        let report = report(outcomes);
        let statuses = [(false, false), (true, false), (false, true), (true, true)]
            .map(|(strict, allow_none)| report.fold(strict, allow_none));
        assert_eq!(statuses, *expected, "{outcomes:?}");
    }
}

/// A process that pkill has stopped and could not continue is a failure, however many were signalled.
#[test]
fn a_process_left_stopped_is_a_failure() {
    let mut report = report(&[SIGNALLED, SIGNALLED]);
    report.targets[0].left_stopped = Some(Errno::PERM);
    for (strict, allow_none) in [(false, false), (true, false), (false, true), (true, true)] {
        assert_eq!(report.fold(strict, allow_none), ExitStatus::Nothing, "{strict} {allow_none}");
    }
}

/// Interrupted, then timed out, then too many: each one precedes the next, independently of the outcomes.
#[test]
fn what_ended_the_run_comes_before_the_outcomes() {
    use ExitStatus::{Forbidden, Interrupted, TimedOut};
    for outcomes in [&[][..], &[SIGNALLED], &[SIGNALLED, REFUSED], &[UNRELEASED], &[Outcome::Gone]] {
        for interrupted in [None, Some(libc::SIGINT)] {
            for still_running in [false, true] {
                for too_many in [false, true] {
                    let still_running = still_running && !outcomes.is_empty();
                    let expected = match (interrupted, still_running, too_many) {
                        (Some(signal), ..) => Interrupted(signal),
                        (None, true, _) => TimedOut,
                        (None, false, true) => Forbidden,
                        (None, false, false) => continue,
                    };
                    let mut report = report(outcomes);
                    report.interrupted = interrupted;
                    report.too_many = too_many;
                    if let (true, Some(last)) = (still_running, report.targets.last_mut()) {
                        last.end = Some(End::StillRunning(STILL_RUNNING));
                    }
                    for (strict, allow_none) in [(false, false), (true, false), (false, true)] {
                        assert_eq!(report.fold(strict, allow_none), expected, "{report:?}, {strict}");
                    }
                }
            }
        }
    }
}

/// A run that did not settle has timed out, and so has a strict one where others have started since; what could not
/// be read is a failure of a strict run only.
#[test]
fn what_is_still_there_or_unknown_is_no_success() {
    use ExitStatus::{Forbidden, Success, TimedOut};
    let origin = Origin { unit: None, container: None, parent: None, supervisor: Supervisor::Unknown };
    let reappeared = |is_signalled| Reappeared {
        pid: 43,
        start_time: 1,
        name: vec![],
        origin: origin.clone(),
        is_signalled,
    };
    for (unsettled, reappeared, reads_failed, expected) in [
        (Some(Duration::ZERO), vec![], false, [TimedOut, TimedOut]),
        (None, vec![reappeared(true)], false, [Success, Success]),
        (None, vec![reappeared(true), reappeared(false)], false, [Success, TimedOut]),
        (None, vec![], true, [Success, Forbidden]),
    ] {
        let report = Report { reads_failed, reappeared, unsettled, ..report(&[SIGNALLED]) };
        assert_eq!([false, true].map(|strict| report.fold(strict, false)), expected, "{report:?}");
    }
}

#[test]
fn an_observed_exit_is_no_failure() {
    let mut report = report(&[SIGNALLED]);
    let ended = Exited { after: Duration::ZERO, sent: None, status: Some(libc::SIGKILL) };
    report.targets[0].end = Some(End::Exited(ended));
    assert_eq!(report.fold(true, false), ExitStatus::Success);
}

#[test]
fn statuses_have_the_numbers_of_the_manual() {
    for (status, code) in [
        (ExitStatus::Success, 0),
        (ExitStatus::Nothing, 1),
        (ExitStatus::Usage, 2),
        (ExitStatus::Fatal, 3),
        (ExitStatus::Forbidden, 4),
        (ExitStatus::TimedOut, 5),
        (ExitStatus::Interrupted(libc::SIGINT), 130),
        (ExitStatus::Interrupted(libc::SIGTERM), 143),
        (ExitStatus::from(&Error::usage("")), 2),
        (ExitStatus::from(&Error::nothing_to_match("")), 1),
        (ExitStatus::from(&Error::fatal("")), 3),
        (ExitStatus::from(&Error::forbidden("")), 4),
    ] {
        assert_eq!(status.code(), code, "{status:?}");
    }
}
