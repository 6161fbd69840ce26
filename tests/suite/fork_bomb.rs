//! `--until-none` against processes that fork faster than they are killed one by one.

use std::time::Instant;

use crate::support::bomb::{self, Kind};
use crate::support::{Run, eventually, namespace};

/// Kills a bomb of this many processes; `most` is the limit of their user.
fn kills(kind: Kind, most: u64) {
    const UID: u32 = 54_399;
    bomb::light(c"bomb", UID, most, kind);
    eventually("a crowd", || bomb::count(c"bomb") as u64 > most * 3 / 4);
    let start = Instant::now();
    let run = Run::ours("pkill").args(["-KILL", "--until-none", "--timeout=100", "-x", "bomb"]);
    let output = run.run();
    println!("{kind:?}: ended after {:?}", start.elapsed());
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0), "{kind:?}");
    assert_eq!(bomb::count(c"bomb"), 0, "{kind:?}");
}

#[test]
fn a_fork_bomb() {
    namespace(|| kills(Kind::Plain, 150));
}

/// Each process continues those that pkill has stopped.
#[test]
fn a_fork_bomb_that_continues_itself() {
    namespace(|| kills(Kind::Continues, 150));
}

/// The moment of a fork within a scan varies with the pace.
#[test]
fn slow_fork_bombs() {
    namespace(|| [1, 5, 20, 50].into_iter().for_each(|milliseconds| kills(Kind::Every(milliseconds), 60)));
}
