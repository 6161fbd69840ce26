//! `--until-none` against processes that fork faster than they are killed one by one.

use std::time::Instant;

use crate::support::bomb::{self, Kind};
use crate::support::{Run, eventually, namespace};

/// Ends a bomb of as many processes; `most` is what their user may have.
fn ends(kind: Kind, most: u64) {
    const UID: u32 = 54_399;
    bomb::light(c"bomb", UID, most, kind);
    eventually("a crowd", || bomb::count(c"bomb") as u64 > most * 3 / 4);
    let start = Instant::now();
    let run = Run::ours("pkill").args(["-KILL", "--until-none", "--timeout=28", "-x", "bomb"]);
    let output = run.run();
    println!("{kind:?}: ended after {:?}", start.elapsed());
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0), "{kind:?}");
    assert_eq!(bomb::count(c"bomb"), 0, "{kind:?}");
}

#[test]
fn a_fork_bomb() {
    namespace(|| ends(Kind::Plain, 200));
}

/// Each continues those that pkill has stopped.
#[test]
fn a_fork_bomb_that_continues_itself() {
    namespace(|| ends(Kind::Continues, 300));
}

/// What matters is where in a scan a fork falls.
#[test]
fn slow_fork_bombs() {
    namespace(|| [1, 5, 20, 50].into_iter().for_each(|milliseconds| ends(Kind::Every(milliseconds), 60)));
}
