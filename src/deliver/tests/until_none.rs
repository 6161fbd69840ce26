//! `--until-none` with real children of the test, and scans that find what the test says.

use std::sync::Arc;

use super::super::*;
use super::made_up_scans::{Seen, Sleeper, outcomes, pass, request, scan, waiting};
use super::*;
use crate::request::Wait;

/// `--until-none`: what was signalled and goes on, as it is stopped or handles the signal, is not signalled again. As long
/// as it matches, there is another scan; also where the first scan has found nothing.
#[test]
fn until_none_signals_each_process_once_and_scans_until_it_has_exited() {
    let strategies = [(false, false), (true, false), (false, true)];
    for ((whole_group, freeze), is_first) in
        strategies.into_iter().flat_map(|strategy| [true, false].map(|is_first| (strategy, is_first)))
    {
        let stopped = Sleeper::spawn();
        stopped.stop();
        let request = request(|sending| {
            (sending.until_none, sending.whole_group, sending.freeze) = (true, whole_group, freeze);
            (sending.wait, sending.settle) = (Some(Wait::default()), Some(Duration::ZERO));
        });
        let plan = Arc::new(Plan::new(&request).expect("a plan"));
        let found = scan(&[stopped.found()]);
        let first = if is_first { found.clone() } else { Matches::default() };
        let mut seen = Seen::default();
        let mut scans = 0;
        let mut rescan = |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| {
            scans += 1;
            if scans < 5 {
                return Ok(found.clone());
            }
            stopped.send(rustix::process::Signal::KILL);
            Ok(Matches::default())
        };
        let report = deliver(&request, plan, first, &mut rescan, &mut seen).expect("a report");
        let expected = (vec![(stopped.pid(), SIGNALLED)], vec![stopped.pid()]);
        assert_eq!((outcomes(&report), seen.signalled), expected, "{whole_group} {freeze} {is_first}");
        assert!(scans >= 5 && report.unsettled.is_none(), "{scans} {report:?}");
    }
}

/// The exit of what a scan has missed, during the next scan or between two of them, is that of a match: what its supervisor
/// restarts follows it, not the last scan that has found it.
#[test]
fn the_settling_time_counts_from_the_last_exit() {
    let time = SECOND / 2;
    for during_scan in [true, false] {
        let request = request(|sending| {
            (sending.until_none, sending.whole_group) = (true, false);
            (sending.wait, sending.settle) = (Some(waiting(600)), Some(time));
        });
        // Where the time was over before the exit, as others had the CPU, another try.
        let settled = (0..100).find_map(|_| {
            let missed = Sleeper::spawn();
            missed.stop();
            let pid = missed.pid();
            let plan = Arc::new(Plan::new(&request).expect("a plan"));
            let first = scan(&[missed.found()]);
            let kill = move || {
                pass(time * 3 / 5);
                (Instant::now(), missed.zombie())
            };
            let (mut kill, mut killed, mut killer) = (Some(kill), None, None);
            let mut rescan = |_: &Arc<Plan>, _: &mut dyn FnMut() -> bool| {
                match kill.take() {
                    Some(kill) if during_scan => killed = Some(kill()),
                    Some(kill) => killer = Some(std::thread::spawn(kill)),
                    None => {}
                }
                Ok(Matches::default())
            };
            let report = deliver(&request, plan, first, &mut rescan, &mut Seen::default()).expect("a report");
            let settled_at = Instant::now();
            let killer = killer.map(|killer| killer.join().expect("a kill"));
            let (killed_at, _zombie) = killed.or(killer).expect("a kill");
            assert_eq!((outcomes(&report), report.unsettled), (vec![(pid, SIGNALLED)], None));
            settled_at.checked_duration_since(killed_at)
        });
        assert!(settled >= Some(time), "{during_scan} {settled:?}");
    }
}
