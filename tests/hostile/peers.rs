//! The same attacks on other programs, as a table: `cargo test --test hostile peers -- --ignored --nocapture`.

use std::process::Command;
use std::time::Instant;

use crate::support::{Dir, Helper, Run, namespace, need};

use super::{DeadMount, build, has_fuse};

/// Prints a line for each installed program: its command line, its exit status, and how long it took.
fn ask(attack: &str) {
    let ours = Run::ours("pgrep").program().display().to_string();
    for line in [
        "/usr/bin/pgrep -x nosuch",
        "/usr/bin/pgrep -Af nosuch",
        "OURS -x nosuch",
        "OURS -Af nosuch",
        "OURS --exe-deleted",
        "killall -0 nosuch",
        "killall -0 /usr/bin/sleep",
    ] {
        let command = line.replace("OURS", &ours);
        let start = Instant::now();
        let output = Command::new("timeout").args(["-s", "KILL", "5"]).args(command.split(' ')).output();
        let status = output.expect("timeout").status.code();
        // timeout(1) sends the signal to itself, too.
        let status = status.map_or("hangs".to_owned(), |status| match status {
            125..=127 => "not installed".into(),
            status => format!("exit status {status}"),
        });
        println!("| {attack} | {line} | {status} | {} ms |", start.elapsed().as_millis());
    }
}

#[test]
#[ignore = "it prints a table and asserts nothing"]
fn peers_under_the_same_attacks() {
    namespace(|| {
        if !has_fuse() || !need("timeout") || !need("busybox") {
            return;
        }
        let dir = Dir::new();
        for (attack, args, count) in [
            ("a locked map", &["lock", "1"][..], 1),
            ("100 locked maps", &["lock", "100"], 100),
            ("an executable on a dead mount", &["exe", "/bin/busybox", "0"], 1),
        ] {
            let mount = DeadMount::new(args, count);
            ask(attack);
            drop(mount);
        }
        let claim = build(&dir, "claim");
        for size in ["1000000000", "64000000000000"] {
            let _claimant = Helper::ready(Command::new(&claim).args(["arguments", size]));
            ask(&format!("{size} bytes of arguments claimed"));
        }
        let much = build(&dir, "much");
        let _much = Helper::ready(Command::new(much).args(["generations", "2000"]));
        ask("2000 generations");
    });
}
