//! Identity tokens: `PID:INODE` and `PID@START` name one process, and never another one with its PID.

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::support::clock::until_older_than_now;
use crate::support::family::{Family, pid, reap_orphans};
use crate::support::kernel::pidfd_inode;
use crate::support::pids::{LAST_PID, next_is};
use crate::support::{
    Dir, Output, Run, Scene, Victim, case, check, document, eventually, namespace, need, need_file,
    reference, shell, stat_field,
};

/// `PID:INODE`, if the kernel has such inodes.
fn by_inode(pid: u32) -> Option<String> {
    let raw = Pid::from_raw(pid as i32).expect("a PID");
    let pidfd = pidfd_open(raw, PidfdFlags::empty()).expect("a pidfd");
    pidfd_inode(pidfd).map(|inode| format!("{pid}:{inode}"))
}

/// `PID@START`.
fn by_start(pid: u32) -> String {
    format!("{pid}@{}", stat_field(pid, 22))
}

/// The one that `--id` prints.
fn token(pid: u32) -> String {
    by_inode(pid).unwrap_or_else(|| by_start(pid))
}

/// `{label.id}` and `{label.start}` for these victims.
fn define(scene: &mut Scene, labels: &[&str]) {
    for label in labels {
        let pid = scene.get(label).pid();
        scene.define(&format!("{label}.id"), &token(pid));
        scene.define(&format!("{label}.start"), &by_start(pid));
    }
}

fn two(scene: &mut Scene) {
    scene.add("a", |part| part.arg("x y").catch(libc::SIGHUP));
    scene.add("b", |part| part.catch(libc::SIGHUP));
    define(scene, &["a", "b"]);
}

#[test]
fn pgrep_prints_them() {
    check(
        two,
        &[
            case("pgrep --id {a}").prints("{a.id}\n").ours_only(),
            case("pgrep --id -l {tag}").prints("{a.id} {a}\n{b.id} {b}\n").ours_only(),
            case("pgrep --id -a {a}").prints("{a.id} {a} x y\n").ours_only(),
            case("pgrep --id -aQ {a}").prints("{a.id} {a} 'x y'\n").ours_only(),
            case("pgrep --id -d, {tag}").prints("{a.id},{b.id}\n").ours_only(),
            case("pgrep --id --print0 -l {a}").prints("{a.id} {a}\0").ours_only(),
            case("pgrep --id -c {tag}").prints("2\n").ours_only(),
            case("pgrep --id --verbose {a}").prints_with("{a.id}  root ").ours_only(),
            case("pgrep --id --tree {a}").prints("{a.id}\n").ours_only(),
            case("pgrep --id -n {tag}").prints("{b.id}\n").ours_only(),
            case("pgrep --id no-such-name").nothing().ours_only(),
            case("pgrep --id --quiet {a}").usage("--quiet and --id cannot be used together").ours_only(),
            case("pgrep --id -w {a}").usage("{program}: --id makes no sense with --lightweight").ours_only(),
            case("pkill -0 --id {a}").usage("{program}: --id is an option of pgrep only").ours_only(),
        ],
    );
}

/// In JSON, it comes with each process that pgrep finds and each that pkill and pidwait hold.
#[test]
fn json_has_them() {
    let mut victim = Victim::spec().thread("other").spawn();
    let (name, expected) = (victim.name().to_owned(), token(victim.pid()));
    let ids = |program: &str, args: &[&str]| {
        let output = Run::ours(program).args(args).args(["--json", "-x", &name]).run();
        let report = document(&output);
        let targets = report["targets"].as_array().expect("targets").clone();
        targets.iter().map(|target| target["id"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let known = [Some(expected)];
    assert_eq!(ids("pgrep", &[]), known);
    assert_eq!(ids("pgrep", &["--id"]), known);
    assert_eq!(ids("pkill", &["-0"]), known);
    assert_eq!(ids("pkill", &["--dry-run"]), known);
    assert_eq!(ids("pkill", &["-0", "--tree"]), known);
    assert_eq!(ids("pidwait", &["--timeout", "0"]), known);
    // Nothing is held; a thread has none.
    assert_eq!(ids("pkill", &["-0", "--max", "0"]), [None]);
    assert_eq!(ids("pgrep", &["-w"]), [None]);
    victim.make_zombie();
    assert_eq!(ids("pgrep", &[]), known);
}

#[test]
fn a_malformed_token_is_a_usage_error() {
    let hint = "valid processes: PID, or PID:INODE or PID@START (pgrep --id)";
    for program in ["pgrep", "pkill", "pidwait"] {
        for option in ["-p", "-P", "--ancestor", "--exclude", "--ns"] {
            for bad in
                ["1:", ":1", "1:0", "0:1", "1:2:3", "1@", "1@x", "+1:2", "1:-2", "4294967296:1", "1 :2"]
            {
                let output = Run::ours(program).args([option, bad, "no-such-name"]).run();
                let first = format!("{program}: invalid process token: {bad}\n{program}: {hint}\n");
                assert!(output.err().starts_with(&first), "{option} {bad}: {}", output.err());
                assert_eq!(output.status, 2, "{program} {option} {bad}");
            }
        }
        // Groups and sessions have none.
        for (option, message) in [("-g", "invalid process group: 1:2"), ("-s", "invalid session id: 1:2")] {
            let output = Run::ours(program).args([option, "1:2", "no-such-name"]).run();
            assert_eq!(output.status, 2, "{program} {option}");
            assert!(output.err().starts_with(&format!("{program}: {message}\n")), "{}", output.err());
        }
    }
    check(
        two,
        &[
            case("pgrep -p {a.pid},{b.id}").pids("a b").ours_only(),
            case("pgrep -p {b.start},{a.id},{a.pid}").pids("a b").ours_only(),
            case("pgrep -p {a.id} {b}").nothing().ours_only(),
            case("pgrep -p {a.pid}:1 {tag}")
                .nothing()
                .differs("tokens", reference().usage("not a number"))
                .since([4, 0, 5]),
            // A token of another process with the same PID, and the PID.
            case("pgrep -p {a.pid}:1,{a.pid}@1,{a.pid}").pids("a").ours_only(),
            case("pgrep -p {a.pid},{a.pid}:1").pids("a").ours_only(),
            case("pkill -HUP -p {a.pid}:1,{a.pid}@1 {tag}").nothing().ours_only(),
            case("pkill -HUP -p {a.pid}:18446744073709551615,{a.pid}@18446744073709551615 {tag}")
                .nothing()
                .ours_only(),
            case("pkill -HUP -p {a.pid}:1,{b.id} {tag}").fate("b", "HUP").ours_only(),
            case("pkill -HUP -p {a.start} {tag}").fate("a", "HUP").ours_only(),
            case("pgrep --allow-none -p {a.pid}:1").ours_only(),
            case("pgrep --verbose -p {a.pid}:1")
                .status(1)
                .says("{program}: note: process {a.pid}:1 does not exist: its PID was reused\n")
                .ours_only(),
            case("pkill --verbose --exclude 4194305@7 -P 4194305:7 {tag}")
                .status(1)
                .says("{program}: note: process 4194305:7 does not exist: it has exited\n")
                .says("{program}: note: process 4194305@7 does not exist: it has exited\n")
                .ours_only(),
        ],
    );
}

/// An option that names the process `{}` or the file `{file}` with it, and what it selects of `top` and its child `leaf`:
/// if the process is `top`, and if it is none.
const OPTIONS: &[(&str, &[&str], &[&str])] = &[
    ("-p {}", &["top"], &[]),
    ("-p {} --tree", &["top", "leaf"], &[]),
    ("-p 1,{}", &["top"], &[]),
    ("-p -", &["top"], &[]),
    ("-P {}", &["leaf"], &[]),
    ("--ancestor {}", &["leaf"], &[]),
    ("--ns {} --nslist mnt", &["top", "leaf"], &[]),
    ("-F {file}", &["top"], &[]),
    ("-F -", &["top"], &[]),
    ("--exclude {}", &["leaf"], &["top", "leaf"]),
    ("--exclude {} --tree", &["leaf"], &["top", "leaf"]),
    ("--inverse -p {}", &["leaf"], &["top", "leaf"]),
];

/// The processes that the program finds.
fn found(program: &str, option: &str, name: &str, dir: &Dir) -> (Vec<u32>, Output) {
    let file = dir.file("pidfile", name);
    let option = option.replace("{}", name).replace("{file}", file.to_str().expect("UTF-8"));
    let signal = ["-0"].into_iter().filter(|_| program == "pkill");
    let args = signal.chain(option.split(' ')).chain(["--json", "-u", "0", "-A"]);
    let output = Run::ours(program).args(args).stdin(format!("{name} text\n")).run();
    let report = if output.stdout.is_empty() { serde_json::Value::Null } else { document(&output) };
    let targets = report["targets"].as_array().cloned().unwrap_or_default();
    let mut pids: Vec<u32> = targets.iter().map(|one| one["pid"].as_u64().expect("a PID") as u32).collect();
    pids.sort_unstable();
    (pids, output)
}

fn select_as(form: &str, name: &str, is_top: bool, pids: &[(&str, u32)], dir: &Dir) {
    for (option, if_it_is, if_not) in OPTIONS {
        let names: &[&str] = if is_top { if_it_is } else { if_not };
        let mut expected: Vec<u32> =
            pids.iter().filter(|(name, _)| names.contains(name)).map(|(_, pid)| *pid).collect();
        expected.sort_unstable();
        for program in ["pgrep", "pkill"] {
            let (found, output) = found(program, option, name, dir);
            assert_eq!(found, expected, "{form}: {program} {option} {name}: {output:?}");
            assert_eq!(output.status, i32::from(found.is_empty()), "{form}: {program} {option} {name}");
        }
    }
}

/// A token selects its process by every option; when that has exited, and when another process has its PID, it selects as
/// if no process had it. The PID alone selects the other one.
#[test]
fn a_token_never_selects_a_successor() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        const TOP: u32 = 5000;
        let dir = Dir::new();
        let start = || {
            let mut family = None;
            eventually("the PID is free", || {
                family =
                    Some(Family::with(&["top leaf"], |_| next_is(TOP))).filter(|family| family.root() == TOP);
                reap_orphans();
                family.is_some()
            });
            family.expect("it has the PID")
        };
        let family = start();
        let tokens: Vec<String> = by_inode(TOP).into_iter().chain([by_start(TOP)]).collect();
        let pids = || [("top", TOP), ("leaf", pid("leaf"))];
        for name in tokens.iter().chain([&TOP.to_string()]) {
            select_as("it is running", name, true, &pids(), &dir);
        }
        until_older_than_now(TOP);
        drop(family);
        reap_orphans();
        for name in tokens.iter().chain([&TOP.to_string()]) {
            select_as("it has exited", name, false, &[], &dir);
        }
        let _successor = start();
        for name in &tokens {
            select_as("its PID was reused", name, false, &pids(), &dir);
        }
        select_as("the PID", &TOP.to_string(), true, &pids(), &dir);
    });
}

/// The namespaces of a process that a token named are not those of its successor.
#[test]
fn namespaces_of_a_stale_token_are_an_error() {
    for program in ["pgrep", "pkill"] {
        for (named, why) in [("1@1", "its PID was reused"), ("4194305:1", "it has exited")] {
            let output = Run::ours(program).args(["--ns", named, "no-such-name"]).run();
            let message = format!("{program}: cannot read the namespaces of pid {named}: {why}\n");
            assert_eq!((output.err(), output.status), (message, 1));
        }
    }
}

/// More tokens than descriptors: each is verified all the same.
#[test]
fn tokens_need_not_fit_into_the_descriptors() {
    let crowd: Vec<Victim> = (0..40).map(|_| Victim::spec().spawn()).collect();
    let pids: Vec<u32> = crowd.iter().map(Victim::pid).collect();
    let list = |name: fn(u32) -> String| pids.iter().map(|&pid| name(pid) + "\n").collect::<String>();
    for (list, expected) in [
        (list(token), &pids[..]),
        (list(by_start), &pids),
        (list(|pid| format!("{pid}:1")), &[]),
        (list(|pid| format!("{pid}@1")), &[]),
    ] {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        for args in [&["pgrep"][..], &["pkill", "-0"]] {
            let run = Run::ours(args[0]).args(&args[1..]).args(["-p", "-"]).stdin(&list);
            let output = run.through(["prlimit", "--nofile=16"]).run();
            assert_eq!(output.status, i32::from(expected.is_empty()), "{args:?}: {output:?}");
            if args[0] == "pgrep" {
                assert_eq!(output.pids(), expected);
            }
        }
    }
}

/// The kernel before Linux 5.3, or a seccomp filter: only start times can be compared, and `--id` prints them.
#[test]
fn without_pidfds_start_times_identify() {
    if !need("strace") {
        return;
    }
    let victim = Victim::spec().spawn();
    let (inode, start) = (token(victim.pid()), by_start(victim.pid()));
    for error in ["ENOSYS", "EPERM"] {
        let inject = format!("inject=pidfd_open:error={error}");
        let run = |program: &str, args: &[&str]| {
            Run::ours(program).args(args).through(["strace", "-f", "-o", "/dev/null", "-e", &inject]).run()
        };
        let output = run("pgrep", &["--id", "-x", victim.name()]);
        assert_eq!((output.out(), output.status), (format!("{start}\n"), 0), "{error}");
        let output = run("pgrep", &["-p", &start]);
        assert_eq!((output.pids(), output.status), (vec![victim.pid()], 0), "{error}");
        let output = run("pkill", &["-0", "--json", "-x", victim.name()]);
        assert_eq!(document(&output)["targets"][0]["id"], start.as_str(), "{error}");
        if inode.contains(':') {
            let output = run("pkill", &["-p", &inode]);
            let message = format!("pkill: cannot verify process {inode}: ");
            assert!(output.err().starts_with(&message) && output.status == 3, "{output:?}");
        }
    }
    // Before Linux 6.9, pidfds are not on a file system of their own.
    let run = Run::ours("pgrep").args(["--id", "-p", &victim.pid().to_string()]);
    let output = run.through(["strace", "-f", "-o", "/dev/null", "-e", "inject=fstatfs:error=ENOSYS"]).run();
    assert_eq!((output.out(), output.status), (format!("{start}\n"), 0));
}

/// Where /proc is that of an outer PID namespace, a pidfd is that of another process than the one with this ID in /proc.
#[test]
fn tokens_are_of_the_own_pid_namespace() {
    namespace(|| {
        let victim = Victim::spec().spawn();
        let inside = |program: &str, args: &[&str]| {
            Run::ours(program).args(args).through(["unshare", "--pid", "--fork"]).run()
        };
        for args in [&["--id", "-x", victim.name()][..], &["-p", "1:1"], &["--exclude", "1@1", victim.name()]]
        {
            let output = inside("pgrep", args);
            assert_eq!((output.out(), output.status), (String::new(), 3), "{args:?}");
            assert!(output.err().ends_with("/proc is that of another PID namespace\n"), "{}", output.err());
        }
        let report = document(&inside("pgrep", &["--json", "-x", victim.name()]));
        assert_eq!(
            (&report["targets"][0]["pid"], report["targets"][0].get("id")),
            (&victim.pid().into(), None)
        );
    });
}

/// The list goes through a pipe, and what is chosen there gets the signal.
#[test]
fn a_list_with_tokens_is_chosen_from_and_signalled() {
    check(
        two,
        &[
            shell("pgrep -a --id {tag} | grep x | pkill -HUP -p -").fate("a", "HUP").ours_only(),
            shell("pgrep -a --id {tag} | grep no-such | pkill -HUP -p -").status(1).ours_only(),
        ],
    );
}
