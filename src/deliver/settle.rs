//! `--until-none`: when the next scan follows, and whether nothing has matched for long enough.

use std::time::{Duration, Instant};

/// What was found in a round, and done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    /// There was no scan after the first one yet.
    pub is_first: bool,
    pub signalled: usize,
    /// Targets that a signal may still end.
    pub remaining: usize,
}

impl Activity {
    /// Whether the targets get some time to exit before the next scan. In a later round, what was just signalled may have
    /// forked: the next scan follows immediately.
    pub(super) fn pauses(self) -> bool {
        self.is_first || self.signalled == 0 && self.remaining > 0
    }

    /// Whether no process has matched, nor exited since.
    pub(super) fn is_quiet(self, has_exits: bool) -> bool {
        !self.is_first && self.signalled == 0 && self.remaining == 0 && !has_exits
    }
}

/// What has to follow a scan that has found no match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: no process has matched for the settling time.
    Settled,
    /// Another scan at this time.
    Scan(Instant),
}

/// The state between scans.
#[derive(Debug)]
pub(super) struct Settling {
    time: Duration,
    /// When the last match was found, or its exit was seen. Before the first scan, nothing is known.
    last_seen: Instant,
}

impl Settling {
    pub(super) fn new(time: Duration, now: Instant) -> Self {
        Settling { time, last_seen: now }
    }

    /// A match was found, or has exited. A process that exited during a scan may have left a child that
    /// this scan missed.
    pub(super) fn seen(&mut self, now: Instant) {
        self.last_seen = now;
    }

    /// After a scan that began at this time and has found nothing. At most `interval` passes between two scans.
    pub(super) fn next(&self, scan_began: Instant, now: Instant, interval: Duration) -> Next {
        let settled_at = self.last_seen.checked_add(self.time);
        if settled_at.is_some_and(|at| scan_began >= at) {
            return Next::Settled;
        }
        let soon = now + interval;
        Next::Scan(settled_at.map_or(soon, |at| soon.min(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_a_round_has_found_decides_what_follows() {
        // First round, signalled, remaining, exits; whether it pauses, and is quiet.
        for (is_first, signalled, remaining, has_exits, pauses, is_quiet) in [
            (true, 0, 0, false, true, false),
            (true, 1, 1, false, true, false),
            (false, 1, 0, false, false, false),
            (false, 1, 1, false, false, false),
            (false, 0, 1, false, true, false),
            (false, 0, 0, true, false, false),
            (false, 0, 0, false, false, true),
        ] {
            let activity = Activity { is_first, signalled, remaining };
            assert_eq!(
                (activity.pauses(), activity.is_quiet(has_exits)),
                (pauses, is_quiet),
                "{activity:?} {has_exits}"
            );
        }
    }

    #[test]
    fn the_time_counts_from_the_last_match_to_the_beginning_of_a_scan() {
        let t = Instant::now();
        let at = |ms: u32| t + MS * ms;
        // Settling time, last match, beginning of the scan, now; the next scan.
        for (time, seen, began, now, expected) in [
            (300, 10, 10, 20, Some(70)),
            (300, 10, 300, 305, Some(310)),
            (300, 10, 309, 500, Some(310)),
            (300, 10, 310, 320, None),
            (0, 10, 9, 20, Some(10)),
            (0, 10, 10, 20, None),
            (20, 10, 10, 20, Some(30)),
        ] {
            let mut settling = Settling::new(MS * time, t);
            settling.seen(at(seen));
            let next = settling.next(at(began), at(now), MS * 50);
            let expected = expected.map_or(Next::Settled, |ms| Next::Scan(at(ms)));
            assert_eq!(next, expected, "{time} {seen} {began} {now}");
        }
    }

    #[test]
    fn a_time_beyond_reach_is_never_over() {
        let t = Instant::now();
        let settling = Settling::new(Duration::MAX, t);
        let now = t + Duration::from_secs(1 << 30);
        assert_eq!(settling.next(now, now, MS), Next::Scan(now + MS));
    }
}
