//! Executables and working directories on a file system that does not respond, with names that end in ` (deleted)`: the
//! kernel appends the same text to the path of a deleted file.

use std::fs;

use crate::support::{Dir, Run, Victim, namespace, need};

use super::{DeadMount, bystander, has_fuse, ours};

/// How long the kernel caches names of that file system, in seconds: `--exe` has to answer with and without.
const CACHED: [&str; 2] = ["0", "1000"];

#[test]
fn an_executable_on_a_dead_mount() {
    namespace(|| {
        if !has_fuse() || !need("busybox") {
            return;
        }
        let mut victim = bystander();
        for cached in CACHED {
            let mount = DeadMount::new(&["exe", "/bin/busybox", cached], 1);
            let path = mount.path("0-sleeper (deleted)");
            let all = [
                vec!["--exe-deleted"],
                vec!["--exe", "/bin/no-such-file"],
                vec!["--exe", "0-sleeper"],
                vec!["--exe", "0-sleeper (deleted)"],
                vec!["--cwd", "/no-such-directory"],
                vec!["--script", "no-such-script"],
            ];
            let found = all.map(|args| {
                let output = Run::ours("pgrep").args(&args).run();
                assert!(output.status <= 1, "{args:?}: {output:?}");
                output.pids() == mount.pids
            });
            // Only a cached path distinguishes a name that ends in ` (deleted)` from a deleted file.
            let is_named = cached == CACHED[1];
            assert_eq!(found[..4], [!is_named, false, !is_named, is_named], "{path}, cached for {cached} s");
            let output = ours("pkill", "-USR1 --exe /proc/self/exe -x bystander").run();
            assert_eq!(output.status, 1, "{output:?}");
            let executable = fs::read_link(format!("/proc/{}/exe", victim.pid())).expect("a link");
            let output =
                ours("pkill", "-USR1 -x bystander").args(["--exe".as_ref(), executable.as_os_str()]).run();
            assert_eq!(output.status, 0, "{output:?}");
            assert_eq!(victim.received().expect("it lives").len(), 1);
        }
    });
}

#[test]
fn a_working_directory_on_a_dead_mount() {
    namespace(|| {
        if !has_fuse() {
            return;
        }
        for cached in CACHED {
            let mount = DeadMount::new(&["cwd", cached], 1);
            for (args, found) in [(["--cwd", "/"], true), (["--cwd", "/no-such-directory"], false)] {
                let output = Run::ours("pgrep").args(args).args(["-x", "sleeper"]).run();
                assert_eq!(output.out().contains(&mount.pids[0].to_string()), found, "{args:?}: {output:?}");
            }
            // The path on the command line is looked up, so it has to be cached.
            if cached == CACHED[1] {
                let output = Run::ours("pgrep").args(["--cwd", &mount.path("directory (deleted)")]).run();
                assert_eq!(output.pids(), mount.pids, "{output:?}");
            }
        }
    });
}

/// A file that was deleted under one name still exists under another.
#[test]
fn a_deleted_name_with_a_hard_link_left() {
    let dir = Dir::new();
    let ourselves = std::env::current_exe().expect("our own executable");
    let file = dir.copy(&ourselves, "hard");
    fs::hard_link(&file, dir.path().join("another")).expect("a link");
    let linked = Victim::spec().executable(&file).spawn();
    // The path is now that of another file, although its name ends in ` (deleted)`.
    let lookalike = dir.copy(&ourselves, "hard (deleted)");
    let named = Victim::spec().executable(&lookalike).spawn();
    fs::remove_file(&file).expect("remove");
    let pids = format!("{},{}", linked.pid(), named.pid());
    let path = |name: &str| dir.path().join(name).display().to_string();
    for (args, expected) in [
        (vec!["--exe-deleted".to_owned()], vec![linked.pid()]),
        (vec!["--exe".into(), path("hard")], vec![linked.pid()]),
        (vec!["--exe".into(), path("another")], vec![linked.pid()]),
        (vec!["--exe".into(), path("hard (deleted)")], vec![named.pid()]),
        (vec!["--exe".into(), "hard (deleted)".into()], vec![named.pid()]),
    ] {
        let output = Run::ours("pgrep").args(["-p", &pids]).args(&args).run();
        assert_eq!((output.pids(), output.err()), (expected, String::new()), "{args:?}");
    }
}
