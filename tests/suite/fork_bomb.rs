//! `--until-none` against processes that fork faster than they are killed one by one. A test executable of its own,
//! because nothing that counts time can run beside it.

use std::time::Instant;

use crate::support::bomb;
use crate::support::{Run, eventually, namespace};

#[test]
fn a_fork_bomb() {
    namespace(|| {
        const UID: u32 = 54_399;
        bomb::light(c"bomb", UID, 200);
        eventually("a crowd", || bomb::count(c"bomb") > 150);
        let start = Instant::now();
        let run = Run::ours("pkill").args(["-KILL", "--until-none", "--timeout=25", "-x", "bomb"]);
        let output = run.run();
        assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0));
        println!("the bomb was put out in {:?}", start.elapsed());
        assert_eq!(bomb::count(c"bomb"), 0);
    });
}
