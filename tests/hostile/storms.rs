//! Large numbers of descriptors, threads, generations, and concurrent runs of pkill.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::Ordering;

use crate::support::bomb::{self, Kind};
use crate::support::crowd::{COUNTED, Crowd, LAST};
use crate::support::family::reap_orphans;
use crate::support::{Dir, Helper, Victim, eventually, namespace, need};

use super::{build, bystander, ours};

/// Each process gets exactly the signals of 50 concurrent runs of pkill, while another user's processes fork
/// continuously.
#[test]
fn many_runs_during_a_fork_storm() {
    const RUNS: u32 = 50;
    namespace(|| {
        let (crowd, counts) = Crowd::counting(c"counted", 50);
        bomb::light(c"storm", 54_321, 100, Kind::Every(2));
        eventually("it forks", || bomb::count(c"storm") > 50);
        let signal = COUNTED.to_string();
        let start = |_| ours("pkill", &format!("--signal {signal} -x counted")).start();
        let runs: Vec<_> = (0..RUNS).map(start).collect();
        for run in runs {
            let output = run.wait();
            assert_eq!((output.err(), output.status), (String::new(), 0));
        }
        crowd.send(LAST);
        for [counted, last] in counts {
            eventually("it has heard everything", || last.load(Ordering::Acquire) == 1);
            assert_eq!(counted.load(Ordering::Acquire), RUNS);
        }
    });
}

/// An attacker with as many descriptors, threads or generations as its limits allow.
#[test]
fn a_process_with_too_much_of_everything() {
    namespace(|| {
        if !need("gcc") {
            return;
        }
        let dir = Dir::new();
        let program = build(&dir, "much");
        let mut victim = bystander();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a listening socket");
        let port = socket.local_addr().expect("an address").port();
        let mut holder = Victim::named("holder").catch(libc::SIGUSR1).holds(socket).spawn();
        for (what, most) in [("descriptors", "100000"), ("threads", "5000"), ("generations", "2000")] {
            let mut much = Helper::start(Command::new(&program).args([what, most]).process_group(0));
            let reached: usize = much.hear().trim().parse().expect("a number");
            assert!(reached > 500, "{what}: {reached}");
            for args in [
                "-USR1 -x bystander",
                "-USR1 -f wanted-argument",
                "-USR1 --ancestor 1 -x bystander",
                "-USR1 --tree -x bystander",
                "-USR1 --freeze --tree -x bystander",
            ] {
                let output = ours("pkill", args).run();
                assert_eq!(output.status, 0, "{what}: {args}: {output:?}");
                assert_eq!(victim.received().expect("it lives").len(), 1, "{what}: {args}");
            }
            let output = ours("pkill", &format!("-USR1 --port tcp:{port}")).run();
            assert_eq!((output.status, output.err()), (0, String::new()), "{what}");
            assert_eq!(holder.received().expect("it lives").len(), 1, "{what}");
            let output = ours("pgrep", "-w much-of-it").run();
            let lines = output.out().lines().count();
            assert_eq!(lines, if what == "descriptors" { 1 } else { reached }, "{what}");
            // All of them, parents and children.
            let output = ours("pkill", "-KILL --tree -x much-of-it").run();
            assert_eq!(output.status, 0, "{what}: {output:?}");
            eventually("all have exited", || !much.lives());
            reap_orphans();
        }
    });
}
