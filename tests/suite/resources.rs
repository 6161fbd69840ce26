//! `--rss --cpu-time --no-zombies --no-kernel-threads`: resources and kinds of processes.

use std::process::Command;

use crate::support::{
    self, Helper, Run, Scene, Victim, case, check, need, need_kernel_threads, own_pid, stat_field,
};

fn found(option: &str, value: &str, pid: u32) -> bool {
    let output = Run::ours("pgrep").args([option, value, "-P", &own_pid(), "-p", &pid.to_string()]).run();
    assert!(output.err().is_empty() && output.status <= 1, "{output:?}");
    output.status == 0
}

#[test]
fn memory() {
    let victim = Victim::spec().spawn();
    let resident = || {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", victim.pid())).expect("statm");
        let pages: u64 = statm.split(' ').nth(1).expect("a field").parse().expect("a number");
        pages * rustix::param::page_size() as u64
    };
    // It sleeps, so its resident set changes only under memory pressure.
    loop {
        let before = resident();
        let enough = found("--rss", &before.to_string(), victim.pid());
        let more = found("--rss", &(before + 1).to_string(), victim.pid());
        if before == resident() {
            assert!(enough, "at least: {before}");
            assert!(!more, "{before}");
            break;
        }
    }
}

#[test]
fn memory_that_is_only_reserved_does_not_count() {
    if !need("perl") {
        return;
    }
    let hog = "$| = 1; $x = 'x' x 64_000_000; print \"ready\\n\"; <STDIN>";
    let helper = Helper::ready(Command::new("perl").args(["-e", hog]));
    for (size, expected) in [("60M", true), ("0.05G", true), ("4T", false), ("61440K", true), ("1MiB", true)]
    {
        assert_eq!(found("--rss", size, helper.pid()), expected, "{size}");
    }
}

#[test]
fn cpu_time() {
    if !need("perl") {
        return;
    }
    let burner = "$| = 1; while ((times)[0] < 0.2) {} print \"ready\\n\"; <STDIN>";
    let helper = Helper::ready(Command::new("perl").args(["-e", burner]));
    support::eventually("it sleeps", || stat_field(helper.pid(), 3) == "S");
    let ticks = |field| stat_field(helper.pid(), field).parse::<u64>().expect("a number");
    let used = ticks(14) + ticks(15);
    let time = |ticks: u64| format!("{}.{:02}", ticks / 100, ticks % 100);
    assert!(used >= 19, "{used}");
    assert!(found("--cpu-time", &time(used), helper.pid()), "{used}");
    assert!(!found("--cpu-time", &time(used + 1), helper.pid()), "{used}");
    // Less than a clock tick more rounds up to one more.
    assert!(!found("--cpu-time", &format!("{}1", time(used)), helper.pid()), "{used}");
    assert!(!found("--cpu-time", "1d", helper.pid()));
    assert!(found("--cpu-time", "0", helper.pid()));
}

fn kinds(scene: &mut Scene) {
    scene.add("s", |part| part);
    scene.add("z", |part| part).make_zombie();
    // Its main thread has exited, the process has not.
    scene.add("m", |part| part.main_ends(&[]));
}

#[test]
fn zombies() {
    check(
        kinds,
        &[
            case("pgrep {tag}").pids("s z m"),
            case("pgrep --no-zombies {tag}").pids("s m").ours_only(),
            case("pkill -KILL --no-zombies {tag}")
                .fate("s", "killed by KILL")
                .fate("m", "killed by KILL")
                .ours_only(),
            case("pkill --no-zombies {z}").nothing().ours_only(),
            case("pidwait --no-zombies {z}").nothing().ours_only(),
            case("pgrep --no-zombies -r Z {tag}").pids("m").ours_only(),
            case("pgrep --no-zombies").usage("{program}: no matching criteria specified").ours_only(),
            case("pgrep --no-kernel-threads").usage("{program}: no matching criteria specified").ours_only(),
            // A process without arguments is no kernel thread either.
            case("pgrep --no-kernel-threads {tag}").pids("s z m").ours_only(),
            case("pgrep --rss 0 {tag}").pids("s z m").ours_only(),
            case("pgrep --rss 1 {z}").nothing().ours_only(),
            case("pgrep --rss 500MB {tag}").nothing().ours_only(),
            case("pgrep --rss 1kB {tag}").pids("s m").ours_only(),
            case("pgrep --rss 5MX {tag}")
                .usage("valid sizes: a number with K, M, G, T (1024) or ")
                .ours_only(),
            case("pgrep --rss '' {tag}").usage("{program}: invalid size:").ours_only(),
            case("pgrep --rss -1 {tag}").usage("{program}: invalid size: -1").ours_only(),
            case("pgrep --cpu-time 5x {tag}").usage("{program}: invalid duration: 5x").ours_only(),
        ],
    );
}

#[test]
fn kernel_threads() {
    if !need_kernel_threads() {
        return;
    }
    check(
        |_| (),
        &[
            case("pgrep -p 2").prints("2\n").since([4, 0, 5]),
            case("pgrep --no-kernel-threads -p 2").nothing().ours_only(),
            case("pgrep --no-kernel-threads -x kthreadd").nothing().ours_only(),
            // Kernel threads have no executable, for any user.
            case("pgrep --exe-deleted -x kthreadd").nothing().ours_only(),
            case("pgrep --rss 1 -x kthreadd").nothing().ours_only(),
        ],
    );
    if support::need_root() {
        let output =
            Run::ours("pgrep").args(["--exe", "kthreadd", "-x", "kthreadd"]).user(65534, 65534).run();
        assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 1));
    }
}
