//! Permissions and effects of signals: each cell of the tables is predicted by `--dry-run`, then sent for real,
//! and the kernel is the judge of both.

mod cells;
mod effects;
mod privileges;
mod senders;

use serde_json::Value;

use crate::support::{Dir, Run, Victim, document, need, need_kernel_threads, need_root};

const ROOT: u32 = 0;
/// Two users without an entry in the user database.
const A: u32 = 60_001;
const B: u32 = 60_002;

/// The signals of the cells.
fn signals() -> [(&'static str, i32); 7] {
    [
        ("0", 0),
        ("TERM", libc::SIGTERM),
        ("CONT", libc::SIGCONT),
        ("KILL", libc::SIGKILL),
        ("STOP", libc::SIGSTOP),
        ("RTMIN+3", libc::SIGRTMIN() + 3),
        ("CHLD", libc::SIGCHLD),
    ]
}

#[test]
fn a_kernel_thread_takes_no_signal() {
    if !need_kernel_threads() {
        return;
    }
    let output = Run::ours("pkill").args(["--dry-run", "--json", "-TERM", "-p", "2"]).run();
    let target = document(&output)["targets"][0].clone();
    assert_eq!(target["effect"], "none", "{target}");
    assert_eq!(target["arguments"], Value::Array(vec![]), "{target}");
}

#[test]
fn a_refusal_is_explained() {
    if !need_root() || !need("setpriv") {
        return;
    }
    let dir = Dir::new();
    let file = dir.executable(Run::ours("pkill").program());
    let as_user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let of_namespace = format!("{as_user} unshare --user --map-root-user");
    for (wrapper, file, uids, owner, you) in [
        (as_user, &file, [0, 0, 0], "root", "UID 65534 and lack CAP_KILL in its user namespace"),
        (
            &of_namespace,
            &file,
            [B, B, B],
            "OVERFLOW",
            "UID 0 and hold CAP_KILL, but not in its user namespace",
        ),
    ] {
        let victim = Victim::spec().uids(uids[0], uids[1], uids[2]).spawn();
        let pid = victim.pid().to_string();
        let run = |args: &[&str]| {
            let output = Run::ours("pkill")
                .file(file)
                .through(wrapper.split_whitespace())
                .args(["-p", &pid, "-x", victim.name()])
                .args(args);
            output.run()
        };
        let overflow = if has_name(65534) { "nobody" } else { "65534" };
        let why = format!("owned by {owner}; you are {you}").replace("OVERFLOW", overflow);
        let user = why["owned by ".len()..].split(';').next().expect("a user").to_owned();
        let row = [[&pid, &user, victim.name(), &format!("refused: {why}"), "name", victim.name()]
            .map(str::to_owned)
            .to_vec()];

        let verbose = run(&["--verbose"]);
        assert_eq!((verbose.rows(), verbose.status), (row.to_vec(), 1), "{wrapper}");
        let message = format!("pkill: killing pid {pid} failed: Operation not permitted ({why})\n");
        assert_eq!(verbose.err(), message, "{wrapper}");

        let json = run(&["--json"]);
        let target = document(&json)["targets"][0].clone();
        assert_eq!((&target["explanation"], &target["errno"]), (&why.clone().into(), &libc::EPERM.into()));
        assert_eq!((target["outcome"].as_str(), json.status), (Some("refused"), 1), "{wrapper}");

        let predicted = run(&["--dry-run"]);
        assert_eq!(predicted.rows(), row, "{wrapper}");
        assert_eq!((predicted.err(), predicted.status), (String::new(), 1), "{wrapper}");
        let target = document(&run(&["--dry-run", "--json"]))["targets"][0].clone();
        assert_eq!(target["explanation"], why, "{wrapper}");

        // Without --verbose: as in procps-ng.
        let plain = run(&[]);
        let message = format!("pkill: killing pid {pid} failed: Operation not permitted\n");
        assert_eq!((plain.out(), plain.err(), plain.status), (String::new(), message, 1), "{wrapper}");
        drop(victim);
    }
}

/// Whether a user has this UID.
fn has_name(uid: u32) -> bool {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    accounts.lines().any(|line| line.split(':').nth(2) == Some(&uid.to_string()))
}
