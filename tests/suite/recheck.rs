//! Between the scan and the signal the process changes its program, script or directory. pkill is stopped when
//! it opens a pidfd; a process that no longer matches then is skipped, and reported.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::clock::until_older_than_now;
use crate::support::tracer::{self, Stop, Traced};
use crate::support::{Dir, Helper, NOBODY, Victim, executable, need_root};

/// Runs pkill on the helper, and calls `meanwhile` in between. Returns the outcome in the report.
fn outcome(args: &[&str], pid: u32, meanwhile: impl FnMut()) -> String {
    outcome_of(tracer::ours("pkill"), args, pid, meanwhile)
}

fn outcome_of(mut command: Command, args: &[&str], pid: u32, mut meanwhile: impl FnMut()) -> String {
    // Without -P, which opens a pidfd for the parent: the first pidfd is that of the target. The names are unique.
    command.args(["--json", "-TERM"]).args(args);
    let mut program = Traced::start(command);
    let mut pinned = false;
    loop {
        match program.next() {
            Stop::Entry(call)
                if !pinned && call.number == libc::SYS_pidfd_open && call.args[0] == u64::from(pid) =>
            {
                pinned = true;
                meanwhile();
            }
            Stop::Entry(_) | Stop::Exit(..) => {}
            Stop::Ended(_) => break,
        }
    }
    let (out, err) = program.written();
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {err}"));
    assert!(pinned, "{args:?}: no process was pinned: {out} {err}");
    report["targets"][0]["outcome"].as_str().expect("a word").to_owned()
}

#[test]
fn a_process_that_no_longer_matches_is_skipped() {
    let dir = Dir::new();
    let here = dir.path().to_str().expect("UTF-8");
    let name = Victim::spec().tag();
    let job = Victim::spec().tag();
    let shell = dir.copy(Path::new("/bin/sh"), &name);
    let shell = shell.to_str().expect("UTF-8");
    let script = dir.file(&job, "echo ready\nread line\neval \"$line\"\necho done\nread line\n");
    let script = script.to_str().expect("UTF-8");
    let sleep = std::fs::canonicalize("/bin/sleep").expect("sleep");
    for args in [
        &["--exe", &name][..],
        &["--exe", shell],
        &["--script", &job],
        &["--script", script],
        &["--cwd", here],
    ] {
        for (line, moves) in
            [("cd /; echo moved", "--cwd"), ("exec /bin/sleep 1000", "--exe --script"), (":", "")]
        {
            let interpreter = if args[0] == "--exe" { shell } else { "sh" };
            let mut helper = Helper::ready(Command::new(interpreter).arg(script).current_dir(here));
            let pid = helper.pid();
            // A process that reuses the PID would have started later, in clock ticks.
            until_older_than_now(pid);
            let word = outcome(args, pid, || {
                helper.tell(line);
                match line.starts_with("exec") {
                    true => helper.wait_for_exec(&sleep),
                    false => drop(helper.hear()),
                }
            });
            let leaves = moves.contains(args[0]);
            assert_eq!(word, if leaves { "no_longer_matches" } else { "signalled" }, "{args:?} {line} {pid}");
            if leaves {
                assert!(helper.lives(), "{args:?} {line}");
            }
        }
    }
}

/// What the scan could read, the recheck may not. The signal would be permitted: the real user stays the same.
#[test]
fn a_process_that_may_no_longer_be_inspected_is_skipped() {
    if !need_root() {
        return;
    }
    let dir = Dir::new();
    let pkill = dir.executable(Path::new(&executable("pkill")));
    let setuid = dir.copy(Path::new("/bin/sleep"), "setuid");
    std::fs::set_permissions(&setuid, std::fs::Permissions::from_mode(0o4755)).expect("chmod");
    let name = Victim::spec().tag();
    let shell = dir.copy(Path::new("/bin/sh"), &name);
    let script = format!("echo ready; read line; exec {} 1000", setuid.display());
    let mut helper = Helper::ready(Command::new(shell).args(["-c", &script]).uid(NOBODY).gid(NOBODY));
    let pid = helper.pid();
    let mut command = tracer::command(pkill);
    command.uid(NOBODY).gid(NOBODY);
    let word = outcome_of(command, &["--exe", &name], pid, || {
        helper.tell("");
        helper.wait_for_exec(&setuid);
    });
    assert_eq!(word, "no_longer_matches");
    assert!(helper.lives());
}

/// With `--freeze` too, where later scans no longer find it.
#[test]
fn a_process_that_exits_before_the_pin_is_reported_as_gone() {
    for args in [&[][..], &["--freeze"], &["--dry-run"]] {
        let mut victim = Some(Victim::spec().spawn());
        let (pid, name) =
            victim.as_ref().map(|one| (one.pid(), one.name().to_owned())).expect("it was spawned");
        let args = [args, &["-x", &name]].concat();
        assert_eq!(outcome(&args, pid, || drop(victim.take())), "gone", "{args:?}");
    }
}
