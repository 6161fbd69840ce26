//! Few descriptors, many processes, no /proc, and output that cannot be written.

use std::fs::File;
use std::io::{BufRead, BufReader};

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;

use crate::support::crowd::Crowd;
use crate::support::{Dir, Output, Run, Victim, namespace, need, need_root, own_pid};

/// Standard input, output and error, and 13 more.
const FEW_DESCRIPTORS: [&str; 2] = ["prlimit", "--nofile=16:16"];
const MATCHES: usize = 10_000;
const OTHERS: usize = 20_000;

fn quiet(output: &Output, status: i32, what: &str) {
    let short = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).into_owned();
    assert_eq!(
        (short(&output.stdout), short(&output.stderr), output.status),
        (String::new(), String::new(), status),
        "{what}"
    );
}

#[test]
fn ten_thousand_matches_in_thirty_thousand_processes() {
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        let others = Crowd::spawn(c"bystander", OTHERS);
        let crowd = Crowd::spawn(c"multitude", MATCHES);
        let run = |program: &str, args: &[&str]| Run::ours(program).args(args).through(FEW_DESCRIPTORS);

        assert_eq!(run("pgrep", &["multitude"]).run().pids(), crowd.pids);
        assert_eq!(run("pgrep", &["-c", "multitude"]).run().out(), format!("{MATCHES}\n"));
        assert_eq!(run("pgrep", &["-fc", "."]).run().out(), format!("{}\n", 1 + OTHERS + MATCHES));
        assert_eq!(run("pgrep", &["-n", "multitude"]).run().pids(), crowd.pids[MATCHES - 1..]);
        assert_eq!(run("pgrep", &["-o", "multitude"]).run().pids(), crowd.pids[..1]);
        quiet(&run("pkill", &["-0", "multitude"]).run(), 0, "pkill -0");
        quiet(&run("pgrep", &["-x", "multi"]).run(), 1, "no match");
        if need("strace") {
            // With 16 descriptors, there are fewer threads than 64 CPUs could run.
            let cpus = "inject=sched_getaffinity:poke_exit=@arg3=ffffffffffffffff";
            let strace =
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=sched_getaffinity", "-e", cpus];
            let many = Run::ours("pgrep")
                .args(["-c", "multitude"])
                .through([&FEW_DESCRIPTORS[..], &strace].concat());
            assert_eq!(many.run().out(), format!("{MATCHES}\n"));
        }

        // One has descriptors for all of them, the other has to wait in batches. timeout(1), so that a run which
        // never writes ends the test.
        let roomy = ["timeout", "60", "prlimit", "--nofile=1024:16384"];
        let mut all = Run::ours("pidwait").args(["-e", "-x", "multitude"]).through(roomy).start();
        let few = run("pidwait", &["multitude"]).start();
        assert_eq!(BufReader::new(all.stdout()).lines().take(MATCHES).count(), MATCHES);
        quiet(&run("pkill", &["-HUP", "multitude"]).run(), 0, "pkill -HUP");
        for status in crowd.reap() {
            assert!(matches!(status, WaitStatus::Signaled(_, Signal::SIGHUP, _)), "{status:?}");
        }
        quiet(&all.wait(), 0, "pidwait, in one batch");
        quiet(&few.wait(), 0, "pidwait, in batches");
        quiet(&run("pgrep", &["multitude"]).run(), 1, "none remains");
        assert_eq!(run("pgrep", &["-c", "bystander"]).run().out(), format!("{}\n", others.pids.len()));
    });
}

/// The standard ones, two of a wait, and two for the scan.
#[test]
fn seven_descriptors_are_enough() {
    if !need("prlimit") {
        return;
    }
    for count in 7..=13 {
        let limit = ["prlimit".to_owned(), format!("--nofile={count}:{count}")];
        for options in
            ["--tree -p", "-p", "--tree --freeze -p", "--until-none --timeout 100 -p", "--wait=100 -p"]
        {
            let mut victim = Victim::spec().spawn();
            let pid = victim.pid().to_string();
            let args = ["-KILL"].into_iter().chain(options.split(' ')).chain([&*pid]);
            quiet(&Run::ours("pkill").args(args).through(&limit).run(), 0, &format!("{count}: {options}"));
            assert_eq!(victim.killed_by(), Some(libc::SIGKILL));
        }
        let victim = Victim::spec().spawn();
        for option in ["-x", "-xf"] {
            let found = Run::ours("pgrep").args([option, victim.name()]).through(&limit).run();
            assert_eq!((found.pids(), found.err()), (vec![victim.pid()], String::new()), "{count}: {option}");
        }
    }
}

/// Runs the program in a mount namespace of its own, by a shell command in which it is `"$@"`.
fn in_mount_namespace(program: &str, script: &str) -> Run {
    Run::ours(program).through(["unshare", "--mount", "sh", "-c", script, "sh"])
}

/// A copy of the program for an ordinary user, who may have no access to the target directory.
fn as_ordinary_user(dir: &Dir, program: &str) -> String {
    let copy = dir.path().join(program);
    let copy = copy.display();
    format!(
        r#"cp "$1" {copy} && shift && exec setpriv --reuid=54321 --regid=54321 --clear-groups {copy} "$@""#
    )
}

#[test]
fn without_proc_nothing_can_be_known() {
    if !need_root() || !need("unshare") || !need("setpriv") {
        return;
    }
    let victim = Victim::spec().spawn();
    let dir = Dir::new();
    for program in ["pgrep", "pkill", "pidwait"] {
        let user = as_ordinary_user(&dir, program);
        for (script, reason) in [
            // In a PID namespace, the outer /proc is mounted below.
            (r#"while umount -l /proc 2>/dev/null; do :; done; exec "$@""#, "/proc"),
            (r#"mount -t tmpfs none /proc && exec "$@""#, "/proc"),
            (r#"mount -t tmpfs none /proc && mkdir /proc/7 && echo sh >/proc/7/comm && exec "$@""#, "/proc"),
            (&format!("mount -t tmpfs -o mode=0700 none /proc && {user}"), "Permission denied"),
        ] {
            let output = in_mount_namespace(program, script).args(["-x", victim.name()]).run();
            assert_eq!((output.out(), output.status), (String::new(), 3), "{program}: {script}: {output:?}");
            let line = output.err();
            assert!(line.starts_with(&format!("{program}: ")) && line.contains(reason), "{script}: {line}");
            assert_eq!(line.lines().count(), 1, "{script}: {line}");
        }
    }
}

/// proc(5): with hidepid=2 an ordinary user sees only its own processes. The others do not exist for it.
#[test]
fn hidden_processes_are_no_error() {
    if !need_root() || !need("unshare") || !need("setpriv") {
        return;
    }
    let roots = Victim::spec().spawn();
    let own = Victim::named(roots.name()).owned_by(54321).spawn();
    let dir = Dir::new();
    let script = format!("mount -t proc -o hidepid=2 none /proc && {}", as_ordinary_user(&dir, "pgrep"));
    let output = in_mount_namespace("pgrep", &script).args(["-f", "-u", "0,54321", roots.name()]).run();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    assert!(output.pids().contains(&own.pid()) && !output.pids().contains(&roots.pid()), "{output:?}");
}

/// How standard output is broken.
#[derive(Clone, Copy, Debug)]
enum Broken {
    Full,
    Closed,
    /// A pipe without a reader.
    Pipe,
}

impl Broken {
    fn run(self, program: &str, args: &[&str]) -> Output {
        let run = Run::ours(program).args(args);
        match self {
            Self::Full => run.stdout(File::options().write(true).open("/dev/full").expect("/dev/full")),
            Self::Closed => run.through(["sh", "-c", r#"exec "$@" >&-"#, "sh"]),
            Self::Pipe => run.stdout(std::io::pipe().expect("a pipe").1),
        }
        .run()
    }
}

#[test]
fn output_that_cannot_be_written_is_fatal_where_there_is_some() {
    let victim = Victim::spec().spawn();
    let (name, parent) = (victim.name(), own_pid());
    for broken in [Broken::Full, Broken::Closed, Broken::Pipe] {
        for (program, args, reference) in [
            ("pgrep", vec![name], 0),
            ("pgrep", vec!["-l", name], 0),
            ("pgrep", vec!["-c", name], 0),
            ("pgrep", vec!["-c", "no-such-name"], 1),
            ("pgrep", vec!["--help"], 0),
            ("pkill", vec!["--version"], 0),
            ("pkill", vec!["-0", "-e", "-P", &parent, name], 0),
        ] {
            let output = broken.run(program, &args);
            let what = format!("{program} {args:?} {broken:?}: {output:?}");
            let reason = match broken {
                Broken::Full => "No space left on device",
                Broken::Closed => "Bad file descriptor",
                Broken::Pipe => {
                    // As `yes | true`: no message, and the status is that of SIGPIPE or the same as with a reader.
                    assert!(output.err().is_empty(), "{what}");
                    assert!([3, 128 + libc::SIGPIPE, reference].contains(&output.status), "{what}");
                    continue;
                }
            };
            assert_eq!(output.status, 3, "{what}");
            let line = output.err();
            assert!(line.starts_with(&format!("{program}: ")) && line.contains(reason), "{what}");
            assert_eq!(line.lines().count(), 1, "{what}");
        }
        for (program, args, status) in [
            ("pgrep", vec!["no-such-name"], 1),
            ("pgrep", vec!["--quiet", name], 0),
            ("pkill", vec!["-0", "-P", &parent, name], 0),
            ("pkill", vec!["-0", "-P", &parent, "no-such-name"], 1),
        ] {
            let output = broken.run(program, &args);
            assert_eq!(
                (output.err(), output.status),
                (String::new(), status),
                "{program} {args:?} {broken:?}"
            );
        }
    }
}

#[test]
fn each_signal_is_sent_once_though_the_output_cannot_be_written() {
    // A real-time signal, which is queued as often as it is sent: signal(7).
    let signal = libc::SIGRTMIN() + 1;
    for broken in [Broken::Full, Broken::Closed, Broken::Pipe] {
        let mut first = Victim::spec().catch(signal).spawn();
        let mut second = Victim::named(first.name()).catch(signal).spawn();
        let name = first.name().to_owned();
        let output = broken.run("pkill", &["-RTMIN+1", "-e", "-P", &own_pid(), "-x", &name]);
        assert!(output.status != 0 || matches!(broken, Broken::Pipe), "{broken:?}: {output:?}");
        for victim in [&mut first, &mut second] {
            let received: Vec<i32> =
                victim.received().expect("it lives").iter().map(|one| one.signal).collect();
            assert_eq!(received, [signal], "{broken:?}: {output:?}");
        }
    }
}
