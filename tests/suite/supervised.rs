//! What may restart a process, by its control group: real groups, with the names that systemd and container engines
//! give them.

use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use serde_json::json;

use crate::support::{Dir, Run, cgroup, cgroup_mount, document, eventually, family, namespace, skipped};

/// The ID of a container.
const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Control groups below one that is the root for the test and for what it starts.
struct Groups {
    root: PathBuf,
    outside: PathBuf,
    dir: Dir,
}

impl Groups {
    fn new() -> Option<Groups> {
        let groups = Groups::below_own();
        if groups.is_none() {
            skipped("a cgroup2 file system that it may write to");
        }
        groups
    }

    fn below_own() -> Option<Groups> {
        let dir = Dir::new();
        dir.copy("/bin/sleep".as_ref(), "restarted");
        let own = cgroup("self")?;
        let outside = cgroup_mount()?.join(own.trim_start_matches('/'));
        let root = outside.join(dir.path().file_name()?);
        std::fs::create_dir(&root).ok()?;
        let groups = Groups { root, outside, dir };
        enter(&groups.root).ok()?;
        unshare(CloneFlags::CLONE_NEWCGROUP).ok()?;
        Some(groups)
    }

    /// Starts a supervisor in one group, and what it supervises in another.
    fn supervise(&self, its: &str, of_child: &str) -> Supervisor {
        let [its, of_child] = [its, of_child].map(|path| self.root.join(path.replace("ID", ID)));
        std::fs::create_dir_all(&its)
            .and_then(|()| std::fs::create_dir_all(&of_child))
            .expect("control groups");
        Supervisor::start(&its, &of_child, &self.dir.path().join("restarted"))
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        let _ = enter(&self.outside);
        let _ = std::fs::write(self.root.join("cgroup.kill"), "1");
        eventually("the control groups are removed", || remove(&self.root).is_ok());
    }
}

/// Moves the test into the group.
fn enter(group: &Path) -> Result<()> {
    std::fs::write(group.join("cgroup.procs"), "0")
}

/// The files of a group cannot be removed, and need not be.
fn remove(group: &Path) -> Result<()> {
    for entry in std::fs::read_dir(group)?.flatten() {
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        }
    }
    std::fs::remove_dir(group)
}

/// A shell in one group that keeps a process named `restarted` running in another.
struct Supervisor(Child);

impl Supervisor {
    fn start(its: &Path, of_child: &Path, program: &Path) -> Supervisor {
        let child = r#"echo $$ >"$0/cgroup.procs"; exec "$1" 1000"#;
        let shell = format!(r#"echo $$ >"$0/cgroup.procs"; while :; do sh -c '{child}' "$1" "$2"; done"#);
        let mut command = Command::new("sh");
        command
            .args(["-c", &shell])
            .args([its, of_child, program])
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let supervisor = Supervisor(command.spawn().expect("start a shell"));
        supervisor.runs();
        supervisor
    }

    /// Waits for the process, and returns its PID.
    fn runs(&self) -> u32 {
        self.restarts(0)
    }

    /// Waits for another process than this one.
    fn restarts(&self, before: u32) -> u32 {
        let mut found = vec![];
        eventually("it runs", || {
            found = Run::ours("pgrep").args(["-P", &self.0.id().to_string(), "-x", "restarted"]).run().pids();
            found.len() == 1 && found[0] != before
        });
        found[0]
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        let run = Run::ours("pkill").args(["-KILL", "--wait", "--allow-none", "-x", "restarted"]).run();
        assert!(run.status == 0 || std::thread::panicking(), "{run:?}");
        family::reap_orphans();
    }
}

/// The groups of the parent and of the process, what selects the process, the advice, and whether it is given also before
/// the process has been restarted.
const CASES: [(&str, &str, &str, &str, bool); 8] = [
    (
        "init.scope",
        "system.slice/nginx.service",
        "--unit nginx",
        "systemd may restart it; use systemctl stop nginx.service",
        true,
    ),
    (
        "user.slice/user-0.slice/user@0.service/init.scope",
        "user.slice/user-0.slice/user@0.service/app.slice/own.service/worker",
        "--user-unit own",
        "systemd may restart it; use systemctl --user stop own.service",
        true,
    ),
    (
        "user.slice/user-7.slice/user@7.service/init.scope",
        r"user.slice/user-7.slice/user@7.service/app.slice/a\x2db.service",
        "--unit user@7",
        r"systemd may restart it; use systemctl --user --machine=7@ stop 'a\x2db.service'",
        true,
    ),
    (
        "init.scope",
        "system.slice/docker-ID.scope",
        "--unit docker-ID.scope",
        "it runs in a container; use docker stop 0123456789ab",
        true,
    ),
    (
        "machine.slice/libpod-ID.scope/container",
        "machine.slice/libpod-ID.scope/container",
        "--cgroup /machine.slice/",
        "it runs in a container; use podman stop 0123456789ab",
        true,
    ),
    // The manager does not restart what is in a scope, and few parents do.
    ("init.scope", "user.slice/user-7.slice/session-3.scope", "--unit session-3.scope", "", false),
    (
        "user.slice/user-7.slice/session-3.scope",
        "user.slice/user-7.slice/session-3.scope",
        "--unit session-3.scope",
        "its parent is sh (pid PARENT), which may restart it",
        false,
    ),
    ("x", "x", "--cgroup /x", "its parent is sh (pid PARENT), which may restart it", false),
];

#[test]
fn what_may_restart_it_is_named() {
    namespace(|| {
        let Some(groups) = Groups::new() else { return };
        for case in CASES {
            let (its, of_child, options, advice, is_noted) = case;
            let supervisor = groups.supervise(its, of_child);
            let advice = advice.replace("PARENT", &supervisor.0.id().to_string());
            let options = options.replace("ID", ID);
            let pkill = |args: &str| {
                let args = args.split(' ').chain(options.split(' '));
                Run::ours("pkill").args(args).args(["-x", "restarted"])
            };
            let pid = supervisor.runs();
            for args in ["--dry-run", "--verbose"] {
                let output = pkill(args).run();
                let note = format!("pkill: note: restarted (pid {pid}): {advice}\n");
                let note = if is_noted { note } else { String::new() };
                assert_eq!((output.err(), output.status), (note, 0), "{case:?} {args}");
            }
            let pid = supervisor.restarts(pid);
            // The next one is one too many, which ends the wait for it.
            let until_next = "--until-none --settle 1000 --max 1";
            let output = pkill(&format!("{until_next} --verbose")).run();
            let pid = supervisor.restarts(pid);
            let advised = if advice.is_empty() { String::new() } else { format!(": {advice}") };
            let note = format!("note: restarted (pid {pid}) has started in the meantime{advised}\n");
            assert!(output.status == 4 && output.err().contains(&note), "{case:?}: {output:?}");
            let report = document(&pkill(&format!("{until_next} --json")).run());
            let advice = Some(advice).filter(|advice| !advice.is_empty());
            assert_eq!(report["reappeared"][0]["advice"], json!(advice), "{case:?}: {report}");
        }
    });
}

/// The table shows the unit where units were asked for.
#[test]
fn the_unit_is_a_reason() {
    namespace(|| {
        let Some(groups) = Groups::new() else { return };
        let _supervisor = groups.supervise("init.scope", "system.slice/nginx.service");
        for (args, is_shown) in [("--unit nginx", true), ("--cgroup /system.slice/", false)] {
            let args = args.split(' ').chain(["--dry-run", "-x", "restarted"]);
            let output = Run::ours("pkill").args(args).run();
            let why = if is_shown { "  name, unit nginx.service  " } else { "  name  " };
            assert!(output.out().contains(why), "{output:?}");
        }
    });
}
