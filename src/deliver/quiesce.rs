//! `--freeze`: whether all targets have stopped and none has escaped, decided from what each scan has seen.

use std::time::{Duration, Instant};

use super::waiter::POLL_INTERVAL;

/// Scans without a new process after which targets that do not stop are signalled as they are: the init process of a
/// PID namespace never stops, nor does a kernel thread. With the pauses between them, they take 0.8 s at least.
const MAX_IDLE_SCANS: u32 = 25;

/// After this number of them, a pause comes before each further one.
const IMMEDIATE_SCANS: u32 = 5;

/// The first pause. Each is twice as long as the one before, up to [`POLL_INTERVAL`].
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// Pursue processes that exit before they can be stopped for at most this long after the last one was stopped. On a
/// busy machine there are always short-lived processes that no target has started.
const CHASE_TIMEOUT: Duration = Duration::from_secs(1);

/// Give up after this long, and at least [`MIN_SCANS`] scans: targets that continue each other, or have a tracer that
/// suppresses the stop, never all stop.
const TIMEOUT: Duration = Duration::from_secs(2);

/// On a machine that is slow enough for a scan to take seconds, time alone proves nothing.
const MIN_SCANS: u32 = 10;

/// What one scan has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Observation {
    /// Targets that were not known before.
    pub new: usize,
    /// Known targets that should have stopped and still run, or run again.
    pub running: usize,
    /// A process exited before it could be examined or stopped, and may have left a successor.
    pub vanished: bool,
}

/// What to do after a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Scan again immediately.
    Scan,
    /// Scan again after this time: stopping takes some targets time, and nothing else is left to do.
    Pause(Duration),
    /// All have stopped.
    Complete,
    /// They do not all stop.
    GiveUp,
}

/// The state between scans.
#[derive(Debug)]
pub(super) struct Quiescence {
    began: Instant,
    last_stop: Instant,
    scans: u32,
    /// Scans in a row that have found no new process.
    idle_scans: u32,
    /// The last scan has found no new process, and none running.
    all_stopped: bool,
}

impl Quiescence {
    /// Before the first scan.
    pub(super) fn new(now: Instant) -> Self {
        Quiescence { began: now, last_stop: now, scans: 0, idle_scans: 0, all_stopped: false }
    }

    /// After the first scan: its `new` targets have just been stopped. None if there is nothing to pursue.
    pub(super) fn first(&mut self, now: Instant, seen: Observation) -> Option<Step> {
        self.note_stops(now, seen);
        (seen.new > 0 || self.pursues(now, seen)).then_some(Step::Scan)
    }

    /// After each later scan. A fork that was under way when STOP was sent to its process is completed (since Linux
    /// 4.19), so it is the scan which begins after all have stopped that must find no new process.
    pub(super) fn observe(&mut self, now: Instant, seen: Observation) -> Step {
        self.note_stops(now, seen);
        self.scans += 1;
        let pursues = self.pursues(now, seen);
        let was_stopped = std::mem::replace(&mut self.all_stopped, seen.new == 0 && seen.running == 0);
        let was_idle = self.idle_scans >= MAX_IDLE_SCANS;
        self.idle_scans = if seen.new > 0 { 0 } else { self.idle_scans + 1 };
        if seen.new == 0 && !pursues && (was_stopped || was_idle) {
            Step::Complete
        } else if self.scans >= MIN_SCANS && now.duration_since(self.began) >= TIMEOUT {
            Step::GiveUp
        } else if seen.vanished || self.all_stopped || self.idle_scans < IMMEDIATE_SCANS {
            Step::Scan
        } else {
            Step::Pause(pause(self.idle_scans - IMMEDIATE_SCANS))
        }
    }

    fn note_stops(&mut self, now: Instant, seen: Observation) {
        if seen.new > 0 {
            self.last_stop = now;
        }
    }

    /// Whether a process may have escaped that is worth another scan.
    fn pursues(&self, now: Instant, seen: Observation) -> bool {
        seen.vanished && now.duration_since(self.last_stop) < CHASE_TIMEOUT
    }
}

/// How long to pause after this number of pauses.
fn pause(pauses: u32) -> Duration {
    POLL_INTERVAL.min(FIRST_PAUSE * 2_u32.saturating_pow(pauses))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Observation = Observation { new: 1, running: 0, vanished: false };
    const REST: Observation = Observation { new: 0, running: 0, vanished: false };
    const RUNNING: Observation = Observation { new: 0, running: 1, vanished: false };
    const VANISHED: Observation = Observation { new: 0, running: 0, vanished: true };

    /// The steps after a first scan that stopped something and these later ones, `step` apart.
    fn steps(every: Duration, seen: &[Observation]) -> Vec<Step> {
        let began = Instant::now();
        let mut quiescence = Quiescence::new(began);
        assert_eq!(quiescence.first(began, NEW), Some(Step::Scan));
        let times = (1..).map(|n| began + every * n);
        times.zip(seen).map(|(now, seen)| quiescence.observe(now, *seen)).collect()
    }

    #[test]
    fn it_takes_a_scan_that_began_when_all_had_stopped() {
        use Step::{Complete, Pause, Scan};
        let ms = Duration::from_millis(1);
        let [one, two] = [ms, ms * 2].map(Pause);
        for (seen, expected) in [
            (&[REST, REST][..], &[Scan, Complete][..]),
            (&[NEW, REST, REST], &[Scan, Scan, Complete]),
            (&[REST, NEW, REST, REST], &[Scan, Scan, Scan, Complete]),
            (&[RUNNING, REST, REST], &[Scan, Scan, Complete]),
            (&[RUNNING, RUNNING, REST, RUNNING], &[Scan, Scan, Scan, Complete]),
            // A process that exited before it was examined may have left a child.
            (&[REST, VANISHED, REST], &[Scan, Scan, Complete]),
            (&[RUNNING; 6], &[Scan, Scan, Scan, Scan, one, two]),
            // What stops during a pause is confirmed at once.
            (
                &[RUNNING, RUNNING, RUNNING, RUNNING, RUNNING, REST, REST],
                &[Scan, Scan, Scan, Scan, one, Scan, Complete],
            ),
        ] {
            assert_eq!(steps(ms, seen), expected, "{seen:?}");
        }
    }

    #[test]
    fn what_never_stops_is_given_twenty_five_scans_and_most_of_a_second() {
        let steps = steps(Duration::from_millis(1), &[RUNNING; 26]);
        let (last, others) = steps.split_last().expect("26 scans");
        assert_eq!(*last, Step::Complete, "{steps:?}");
        let pauses: Vec<u128> = others
            .iter()
            .filter_map(|step| match step {
                Step::Pause(time) => Some(time.as_millis()),
                Step::Scan | Step::Complete | Step::GiveUp => None,
            })
            .collect();
        assert_eq!((&pauses[..7], pauses.iter().sum::<u128>()), (&[1, 2, 4, 8, 16, 32, 50][..], 813));
    }

    #[test]
    fn what_vanishes_is_pursued_for_a_second_after_the_last_stop() {
        let scans = steps(Duration::from_millis(100), &[VANISHED; 12]);
        assert!(scans[..9].iter().all(|step| *step == Step::Scan), "{scans:?}");
        assert_eq!(scans[9], Step::Complete, "a second is over");
        // From the last one on, half a second later, not from the first.
        let again = steps(Duration::from_millis(100), &[[NEW; 5].as_slice(), &[VANISHED; 10]].concat());
        let (last, others) = again.split_last().expect("15 scans");
        assert!(others.iter().all(|step| *step == Step::Scan) && *last == Step::Complete, "{again:?}");
    }

    #[test]
    fn the_pursuit_is_bounded() {
        let scans = steps(Duration::from_millis(100), &[NEW; 20]);
        assert_eq!((scans[18], scans[19]), (Step::Scan, Step::GiveUp));
        // Where each scan takes seconds, a minimum number is made all the same.
        let slow = steps(Duration::from_secs(5), &[NEW; 10]);
        assert_eq!((slow[8], slow[9]), (Step::Scan, Step::GiveUp));
    }

    #[test]
    fn without_a_target_there_is_nothing_to_pursue() {
        let now = Instant::now();
        for (seen, expected) in [(REST, None), (VANISHED, Some(Step::Scan)), (NEW, Some(Step::Scan))] {
            assert_eq!(Quiescence::new(now).first(now, seen), expected, "{seen:?}");
        }
    }
}
