//! When a wait times out, and when which signal follows: decided from the time alone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::request::{Step, Wait};
use crate::signal::Signal;

/// The deadline of a wait, and the signals of `--kill-after` and `--escalate` that are still to be sent.
#[derive(Debug)]
pub(super) struct Schedule {
    limit: Option<Duration>,
    deadline: Option<Instant>,
    steps: VecDeque<Step>,
    /// When the first signal was sent, or the wait began.
    began: Instant,
    /// When the last signal was sent.
    last_signal: Instant,
}

/// What the time requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The timeout has expired.
    Expired,
    /// The next signal is to be sent.
    Signal,
    /// Nothing before this time.
    Nothing(Option<Instant>),
}

impl Schedule {
    /// The timeout does not run yet.
    pub(super) fn new(wait: Wait, steps: &[Step], now: Instant) -> Self {
        let steps = steps.iter().copied().collect();
        Schedule { limit: wait.limit, deadline: None, steps, began: now, last_signal: now }
    }

    /// The first target is pinned: the timeout counts from now on. Later calls change nothing.
    pub(super) fn start(&mut self, now: Instant) {
        if self.deadline.is_none() {
            self.deadline = self.limit.and_then(|limit| now.checked_add(limit));
        }
    }

    /// The first signal is about to be sent: what is reported as elapsed, and the steps, count from now on.
    pub(super) fn first_signal(&mut self, now: Instant) {
        (self.began, self.last_signal) = (now, now);
    }

    /// What is due. While targets are collected, later signals are not sent (`steps_wait`).
    pub(super) fn due(&self, now: Instant, steps_wait: bool) -> Due {
        let step = self.next_step().filter(|_| !steps_wait).map(|(_, at)| at);
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            Due::Expired
        } else if step.is_some_and(|at| now >= at) {
            Due::Signal
        } else {
            Due::Nothing([self.deadline, step].into_iter().flatten().min())
        }
    }

    /// The next signal, and when it is to be sent.
    pub(super) fn next_step(&self) -> Option<(Signal, Instant)> {
        let step = self.steps.front()?;
        Some((step.signal, self.last_signal.checked_add(step.after)?))
    }

    /// The next signal is being sent.
    pub(super) fn take_step(&mut self, now: Instant) -> Option<Signal> {
        let step = self.steps.pop_front()?;
        self.last_signal = now;
        Some(step.signal)
    }

    /// The time since the first signal.
    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        now.duration_since(self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn schedule(limit: Option<u32>, steps: &[(u32, Signal)], now: Instant) -> Schedule {
        let wait = Wait { limit: limit.map(|seconds| SECOND * seconds), any: false };
        let steps: Vec<Step> =
            steps.iter().map(|&(after, signal)| Step { after: SECOND * after, signal }).collect();
        Schedule::new(wait, &steps, now)
    }

    #[test]
    fn the_timeout_counts_from_the_first_target_and_steps_from_the_first_signal() {
        let t = Instant::now();
        let at = |seconds: u32| t + SECOND * seconds;
        let mut schedule = schedule(Some(10), &[(2, Signal::KILL)], t);
        assert_eq!(schedule.due(at(100), true), Due::Nothing(None), "no target yet");
        schedule.start(at(1));
        schedule.start(at(5));
        schedule.first_signal(at(3));
        for (now, steps_wait, due) in [
            (4, false, Due::Nothing(Some(at(5)))),
            (5, false, Due::Signal),
            (5, true, Due::Nothing(Some(at(11)))),
            (10, true, Due::Nothing(Some(at(11)))),
            (11, false, Due::Expired),
            (11, true, Due::Expired),
        ] {
            assert_eq!(schedule.due(at(now), steps_wait), due, "{now} {steps_wait}");
        }
        assert_eq!(schedule.elapsed(at(7)), SECOND * 4);
    }

    #[test]
    fn each_step_counts_from_the_signal_before() {
        let t = Instant::now();
        let at = |seconds: u32| t + SECOND * seconds;
        let mut schedule = schedule(None, &[(1, Signal::TERM), (2, Signal::KILL)], t);
        schedule.start(t);
        assert_eq!(schedule.next_step(), Some((Signal::TERM, at(1))));
        assert_eq!(schedule.due(at(1), false), Due::Signal);
        assert_eq!(schedule.take_step(at(4)), Some(Signal::TERM), "it was late");
        assert_eq!(schedule.due(at(4), false), Due::Nothing(Some(at(6))));
        assert_eq!(schedule.take_step(at(6)), Some(Signal::KILL));
        assert_eq!((schedule.due(at(600), false), schedule.take_step(at(600))), (Due::Nothing(None), None));
    }

    #[test]
    fn what_cannot_be_reached_is_never_due() {
        let t = Instant::now();
        let wait = Wait { limit: Some(Duration::MAX), any: false };
        let step = Step { after: Duration::MAX, signal: Signal::KILL };
        let mut schedule = Schedule::new(wait, &[step], t);
        schedule.start(t);
        assert_eq!(schedule.due(t + SECOND * 1000, false), Due::Nothing(None));
    }
}
