//! `--until-none`: whether nothing has matched for long enough, decided from the time of each scan.

use std::time::{Duration, Instant};

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
