//! Processes that a supervisor starts again: `--settle`, and what is reported of them.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use libc::SIGTERM;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::clock::until_older_than_now;
use crate::support::{Dir, Helper, Run, Victim, document, eventually, namespace, need, on_terminal, own_pid};

/// A shell that starts `restarted` again when it has exited. For the PID namespace of a test: what it has started is
/// not ended with it.
struct Supervisor {
    shell: Child,
    _dir: Dir,
}

impl Supervisor {
    /// `pause` is what sleep(1) takes; the process is started `times` times.
    fn start(pause: &str, times: u32) -> Self {
        let dir = Dir::new();
        let script = format!(
            "i=0; while [ $i -lt {times} ]; do i=$((i + 1)); '{}' 1000; [ {pause} = 0 ] || sleep {pause}; done",
            sleeper(&dir).display()
        );
        let shell = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).spawn();
        let supervisor = Supervisor { shell: shell.expect("start a shell"), _dir: dir };
        eventually("it runs", || !pids().is_empty());
        supervisor
    }

    fn pid(&self) -> u32 {
        self.shell.id()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// A copy of sleep(1) with the name of a service.
fn sleeper(dir: &Dir) -> PathBuf {
    let path = dir.path().join("restarted");
    std::fs::copy("/bin/sleep", &path).expect("a copy");
    path
}

fn pids() -> Vec<u32> {
    Run::ours("pgrep").args(["--no-zombies", "-x", "restarted"]).run().pids()
}

fn pkill(args: &str) -> Run {
    Run::ours("pkill").args(args.split(' ')).args(["-x", "restarted"])
}

#[test]
fn what_is_restarted_does_not_settle() {
    namespace(|| {
        for (pause, args) in [
            ("0.1", "--until-none --timeout 2"),
            ("0", "--until-none --timeout 2"),
            ("0.1", "--until-none --freeze --timeout 2"),
            ("0.1", "-KILL --until-none --settle 60 --timeout 2"),
        ] {
            let supervisor = Supervisor::start(pause, u32::MAX);
            let output = pkill(args).run();
            assert_eq!((output.out(), output.status), (String::new(), 5), "{args}: {output:?}");
            let says = format!("its parent is sh (pid {}), which may restart it", supervisor.pid());
            assert!(output.err().contains(&says), "{args}: {output:?}");
            assert!(output.err().contains(" s had passed without a match (--settle)"), "{args}: {output:?}");
            drop(supervisor);
            assert_eq!(pkill("-KILL --until-none --allow-none --timeout 100").run().status, 0);
        }
    });
}

#[test]
fn what_is_no_longer_restarted_settles() {
    namespace(|| {
        for args in
            ["--until-none --settle 2 --timeout 100", "-KILL --until-none --freeze --settle 2 --timeout 100"]
        {
            let _supervisor = Supervisor::start("0.1", 3);
            let output = pkill(args).args(["--json"]).run();
            assert_eq!(output.status, 0, "{args}: {output:?}");
            let report = document(&output);
            assert_eq!(report["summary"]["matched"], 3, "{args}: {report}");
            let reappeared = report["reappeared"].as_array().expect("an array");
            assert!(
                reappeared.len() == 2 && reappeared.iter().all(|one| one["signalled"] == true),
                "{report}"
            );
            assert!(pids().is_empty(), "{args}");
        }
        // Each one is counted for --max.
        let _supervisor = Supervisor::start("0.1", 3);
        let output = pkill("--until-none --settle 2 --timeout 100 --max 2").run();
        assert_eq!(output.status, 4, "{output:?}");
    });
}

/// After a wait, what has started is reported on a terminal, with --verbose and --json, and changes the exit status
/// under --strict.
#[test]
fn what_is_restarted_after_a_wait_is_reported() {
    namespace(|| {
        let supervisor = Supervisor::start("0.1", u32::MAX);
        let parent = supervisor.pid();
        for (args, status, is_named) in [
            ("--wait", 0, false),
            ("--kill-after 100", 0, false),
            ("--wait --verbose --settle 2", 0, true),
            ("--kill-after 100 --verbose --settle 2", 0, true),
            ("--wait --strict --settle 2", 5, true),
            ("--escalate 60:INT --strict --quiet --settle 2", 5, false),
            ("--wait --settle 0 --verbose --strict", 0, false),
        ] {
            eventually("it runs", || pids().len() == 1);
            let before = pids();
            let output = pkill(args).run();
            assert_eq!(output.status, status, "{args}: {output:?}");
            let note =
                output.err().lines().find(|line| line.contains("started in the meantime")).map(str::to_owned);
            assert_eq!(note.is_some(), is_named, "{args}: {output:?}");
            if let Some(note) = note {
                let now = pids();
                let says = format!(
                    "pkill: note: restarted (pid {}) has started in the meantime: its parent is sh (pid {parent}), which \
                     may restart it",
                    now[0]
                );
                assert_eq!((note, now.len()), (says, 1), "{args}");
                assert_ne!(now, before, "{args}");
            }
        }
        eventually("it runs", || pids().len() == 1);
        let output = pkill("--wait --summary --settle 2").run();
        assert_eq!((&*output.out(), &*output.err()), ("1 exited, 0 still running, 1 reappeared\n", ""));
        eventually("it runs", || pids().len() == 1);
        let output = pkill("--wait --json --settle 2").run();
        let report: Value = document(&output);
        let one = &report["reappeared"][0];
        assert_eq!((&one["pid"], &one["signalled"]), (&pids()[0].into(), &false.into()), "{report}");
        assert_eq!(
            (&one["parent"]["pid"], &one["parent"]["name"]),
            (&parent.into(), &"sh".into()),
            "{report}"
        );
        assert_eq!(
            (&one["unit"], &one["container"], output.status),
            (&Value::Null, &Value::Null, 0),
            "{report}"
        );
    });
}

/// A match from before the signal, and a child of a signalled process, are not reported as started since.
#[test]
fn what_was_there_before_is_not_reported() {
    let name = Victim::spec().tag();
    let victim = Victim::named(&name).spawn();
    let output =
        Run::ours("pkill").args(["--wait", "--json", "--strict", "-P", &own_pid(), "-x", &name]).run();
    let report = document(&output);
    assert_eq!((&report["reappeared"], output.status), (&Value::Null, 0), "{report}");
    drop(victim);
}

/// An interrupt and a timeout end the settling time, too.
#[test]
fn settling_is_bounded() {
    let run = |args: &str, victim: &Victim| {
        Run::ours("pkill").args(args.split(' ')).args(["-P", &own_pid(), "-x", victim.name()])
    };
    for args in ["--until-none --settle 1000", "--wait --strict --settle 1000"] {
        for signal in [Signal::INT, Signal::TERM] {
            let mut victim = Victim::spec().spawn();
            let settling = run(args, &victim).start();
            assert_eq!(victim.killed_by(), Some(SIGTERM));
            kill_process(Pid::from_raw(settling.pid() as i32).expect("a PID"), signal).expect("send");
            assert_eq!(settling.wait().status, 128 + signal.as_raw(), "{args} {signal:?}");
        }
    }
    let victim = Victim::spec().spawn();
    let output = run("--until-none --settle 1000 --timeout 0.2", &victim).run();
    let says = "pkill: the timeout expired before 1000 s had passed without a match (--settle)\n";
    assert_eq!((output.err(), output.status), (says.to_owned(), 5));
    let victim = Victim::spec().spawn();
    assert_eq!(run("--until-none --settle 0", &victim).run().status, 0);
}

#[test]
fn without_a_wait_there_is_nothing_to_settle() {
    for args in ["--settle 1", "--settle 1 --dry-run --json", "--settle x --wait"] {
        let output = Run::ours("pkill").args(args.split(' ')).args(["-x", &Victim::spec().tag()]).run();
        assert_eq!(output.status, 2, "{args}: {output:?}");
    }
    let output = Run::ours("pgrep").args(["--settle", "1", "x"]).run();
    assert!(output.status == 2 && output.err().contains("is an option of pkill only"), "{output:?}");
}

/// As in a container with a PID 1 that restarts its service.
#[test]
fn by_pid_1() {
    namespace(|| {
        let dir = Dir::new();
        let sleeper = sleeper(&dir);
        let (name, at) = (sleeper.display(), dir.path().display());
        let pkill = Run::ours("pkill");
        let script = format!(
            "(until {pgrep} -x restarted >'{at}/null'; do :; done
              {pkill} --until-none --timeout 2 --json -x restarted >'{at}/report' 2>'{at}/said'; echo $? >'{at}/new'
              mv '{at}/new' '{at}/status') &
             while :; do '{name}' 1000; sleep 0.1; done",
            pgrep = Run::ours("pgrep").program().display(),
            pkill = pkill.program().display(),
        );
        let mut init = Command::new("unshare")
            .args(["--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", &script])
            .stdin(Stdio::null())
            .spawn()
            .expect("start unshare");
        eventually("it has ended", || dir.path().join("status").exists());
        let _ = init.kill();
        let _ = init.wait();
        let read = |name| std::fs::read_to_string(dir.path().join(name)).expect("a file");
        assert_eq!(read("status"), "5\n");
        let report: Value = serde_json::from_str(&read("report")).expect("a document");
        let one = &report["reappeared"][0];
        assert_eq!(
            (&one["parent"]["pid"], &one["advice"]),
            (&1.into(), &"its parent is PID 1".into()),
            "{report}"
        );
        assert!(read("said").contains("its parent is PID 1"), "{}", read("said"));
    });
}

/// `--settle` asks for it in a script, and a terminal has a reader.
#[test]
fn what_is_restarted_is_reported_where_it_is_read() {
    namespace(|| {
        let _supervisor = Supervisor::start("0.1", u32::MAX);
        let says = "has started in the meantime: its parent is sh (pid ";
        for args in ["--wait --settle 2", "--kill-after 100 --settle 2", "--timeout 100 --settle 2"] {
            eventually("it runs", || pids().len() == 1);
            let output = pkill(args).run();
            assert!(output.status == 0 && output.err().contains(says), "{args}: {output:?}");
        }
        eventually("it runs", || pids().len() == 1);
        let (text, status) = on_terminal(pkill("--wait --settle 2"));
        assert!(status == 0 && text.contains(says), "{text}");
        eventually("it runs", || pids().len() == 1);
        let (text, status) = on_terminal(pkill("--wait --quiet"));
        assert_eq!((text.as_str(), status), ("", 0));
    });
}

/// What is started later than the settling time is not waited for.
#[test]
fn a_later_restart_is_not_waited_for() {
    namespace(|| {
        for args in ["--until-none", "--until-none --settle 0", "--wait --verbose", "--wait --strict"] {
            let dir = Dir::new();
            let script = format!(
                "'{sleeper}' 1000; read line; exec '{sleeper}' 1000",
                sleeper = sleeper(&dir).display()
            );
            let mut shell = Command::new("sh")
                .args(["-c", &script])
                .stdin(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("start a shell");
            eventually("it runs", || pids().len() == 1);
            let output = pkill(args).run();
            assert_eq!((output.err(), output.status), (String::new(), 0), "{args}");
            std::io::Write::write_all(shell.stdin.as_mut().expect("a pipe"), b"\n").expect("it reads");
            eventually("it runs again", || pids() == [shell.id()]);
            let _ = shell.kill();
            let _ = shell.wait();
        }
    });
}

/// It was running and did not match; it executes the other program within the settling time.
#[test]
fn an_older_process_has_not_started_since() {
    namespace(|| {
        let dir = Dir::new();
        let script = format!("echo; read line; exec '{}' 1000", sleeper(&dir).display());
        let mut older = Helper::ready(Command::new("sh").args(["-c", &script]));
        until_older_than_now(older.pid());
        let victim = Victim::named("restarted").spawn();
        let waiting = pkill("--wait --json --settle 2").start();
        eventually("an exit", || victim.state() == "Z");
        older.tell("go on");
        let output = waiting.wait();
        assert_eq!((document(&output).get("reappeared"), output.status), (None, 0), "{output:?}");
    });
}

/// Where a process is named by its ID, nothing else can match, so nothing is waited for.
#[test]
fn a_process_that_was_named_by_its_id_does_not_come_back() {
    for args in ["--until-none", "--wait --strict", "--wait --verbose"] {
        let victim = Victim::spec().spawn();
        let run = Run::ours("pkill").args(args.split(' '));
        let output = run.args(["--settle", "1000", "-p", &victim.pid().to_string()]).run();
        assert_eq!((output.err(), output.status), (String::new(), 0), "{args}");
    }
}

/// runsv(8) restarts a process immediately if it has run for a second, else after one second.
#[test]
fn runit() {
    namespace(|| {
        if !need("runsv") {
            return;
        }
        let dir = Dir::new();
        let sleeper = sleeper(&dir);
        std::fs::create_dir(dir.path().join("service")).expect("a directory");
        dir.script("service/run", &format!("#!/bin/sh\nexec '{}' 1000\n", sleeper.display()));
        let mut runsv = Command::new("runsv").arg(dir.path().join("service")).spawn().expect("start runsv");
        let says = format!("its parent is runsv (pid {}), which may restart it", runsv.id());
        for (args, status) in [
            ("--wait --strict --settle 5", 5),
            ("--until-none --settle 60 --timeout 3", 5),
            ("--wait --verbose --settle 5", 0),
        ] {
            eventually("it runs", || pids().len() == 1);
            let output = pkill(args).run();
            assert!(output.status == status && output.err().contains(&says), "{args}: {output:?}");
        }
        let _ = runsv.kill();
        let _ = runsv.wait();
    });
}
