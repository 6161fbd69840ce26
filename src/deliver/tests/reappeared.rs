//! What counts as a match that has appeared since the first scan.

use super::super::reappeared::note;
use super::super::*;
use super::made_up_scans::{Sleeper, plan_after, request};
use super::rescan::with_delivery;
use super::*;

/// What is older has only begun to match: no supervisor has started it. What was found because of another process was
/// not searched for. After a report of hundreds, more are of no use.
#[test]
fn new_matches_that_are_no_targets() {
    let request = request(|_| ());
    let older = Sleeper::spawn();
    let plan = plan_after(&request, older.found().start_time);
    with_delivery(&request, |delivery| {
        delivery.plan = Arc::new(plan);
        let [younger, target] = [(); 2].map(|()| Sleeper::spawn());
        delivery.hold(target.found(), true).expect("a child");
        let descendant = Match { reason: Reason::Descendant(own_pid()), ..younger.found() };
        let reused = Match { start_time: younger.found().start_time.map(|time| time + 1), ..younger.found() };
        for (found, expected) in [
            (older.found(), 0),
            (target.found(), 0),
            (descendant, 0),
            (reused, 0),
            (Match { start_time: None, ..younger.found() }, 0),
            (younger.found(), 1),
        ] {
            delivery.reappeared.clear();
            note(delivery, std::slice::from_ref(&found));
            let pids: Vec<Pid> = delivery.reappeared.iter().map(|one| one.pid).collect();
            assert_eq!(pids, vec![found.pid; expected], "{found:?}");
        }
        note(delivery, &vec![younger.found(); 200]);
        assert_eq!(delivery.reappeared.len(), 100);
    });
}
