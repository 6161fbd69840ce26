//! System calls that fail, one at a time: reports are true, the failure of one target never stops the
//! others, and a process that cannot be read is never reported as "no match".

use std::fs;
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::support::crowd::{COUNTED, Crowd, LAST};
use crate::support::{Dir, Output, Run, Victim, document, eventually, namespace, need};

const SIGNAL: i32 = libc::SIGUSR1;

/// A call that fails at the times in `when`: `N`, or `N+` for that and all later ones (strace(1)).
struct Fault<'a> {
    call: &'a str,
    errno: &'a str,
    when: String,
}

/// Runs pkill with these faults; the second result says whether any of them has happened.
fn run(faults: &[Fault<'_>], args: &[&str], dir: &Dir) -> (Output, bool) {
    let trace = dir.path().join("trace");
    let mut wrapper = vec!["strace".to_owned(), "-qq".into(), "-o".into(), trace.display().to_string()];
    let calls: Vec<&str> = faults.iter().map(|fault| fault.call).collect();
    wrapper.extend(["-e".into(), format!("trace={}", calls.join(","))]);
    for Fault { call, errno, when } in faults {
        wrapper.extend(["-e".into(), format!("inject={call}:error={errno}:when={when}")]);
    }
    let output = Run::ours("pkill").args(args).through(wrapper).run();
    let injected = fs::read_to_string(trace).is_ok_and(|trace| trace.contains("(INJECTED)"));
    (output, injected)
}

fn fault<'a>(call: &'a str, errno: &'a str, when: impl ToString) -> Fault<'a> {
    Fault { call, errno, when: when.to_string() }
}

/// The word, `pinned` and errno of each target.
fn outcomes(output: &Output) -> Vec<(String, Option<bool>, Option<i64>)> {
    let report: Value = serde_json::from_str(&output.out()).unwrap_or_else(|why| panic!("{why}: {output:?}"));
    assert_eq!(report["summary"]["exit_status"], output.status);
    let targets = report["targets"].as_array().expect("targets").iter();
    let outcome = |target: &Value| {
        (
            target["outcome"].as_str().expect("a word").into(),
            target["pinned"].as_bool(),
            target["errno"].as_i64(),
        )
    };
    targets.map(outcome).collect()
}

/// Three of one name, in the order of their PIDs.
fn three(name: &str) -> [Victim; 3] {
    let mut victims = [(); 3].map(|()| Victim::named(name).catch(SIGNAL).spawn());
    victims.sort_by_key(Victim::pid);
    victims
}

fn received(victims: &mut [Victim]) -> Vec<usize> {
    victims.iter_mut().map(|victim| victim.received().expect("it lives").len()).collect()
}

#[test]
fn a_target_that_fails_does_not_stop_the_rest() {
    const EPERM: (&str, i64, &str) = ("EPERM", 1, "Operation not permitted");
    const ESRCH: (&str, i64, &str) = ("ESRCH", 3, "No such process");
    const EINVAL: (&str, i64, &str) = ("EINVAL", 22, "Invalid argument");
    const EMFILE: (&str, i64, &str) = ("EMFILE", 24, "Too many open files");
    const ENOSYS: (&str, i64, &str) = ("ENOSYS", 38, "Function not implemented");
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        let mut victims = three("triplet");
        for call in ["pidfd_open", "pidfd_send_signal"] {
            for (errno, number, text) in [EPERM, ESRCH, EINVAL, EMFILE, ENOSYS] {
                // The first, the second, the last, and all.
                for (when, hit) in [("1", 0..1), ("2", 1..2), ("3", 2..3), ("1+", 0..3)] {
                    let faults = [fault(call, errno, when)];
                    let (output, injected) = run(&faults, &["--json", "-USR1", "triplet"], &dir);
                    let what = format!("{call} {errno} {when}: {output:?}");
                    let missing = matches!(errno, "EPERM" | "ENOSYS");
                    let (word, pinned, number) = match (call, errno) {
                        // The directory in /proc identifies the process as well.
                        ("pidfd_open", _) if missing => ("signalled", Some(true), None),
                        // The call is missing, or a filter refuses it even for the program itself.
                        ("pidfd_send_signal", _) if missing && when == "1+" => {
                            ("signalled", Some(false), None)
                        }
                        ("pidfd_send_signal", "EPERM") => ("refused", None, Some(number)),
                        (_, "ESRCH") => ("gone", None, Some(number)),
                        _ => ("failed", None, Some(number)),
                    };
                    let sent = |at| !hit.contains(&at) || word == "signalled";
                    let expected: Vec<_> = (0..3)
                        .map(|at| match hit.contains(&at) {
                            true => (word.to_owned(), pinned, number),
                            false => ("signalled".to_owned(), Some(true), None),
                        })
                        .collect();
                    assert!(injected, "{what}");
                    assert_eq!(outcomes(&output), expected, "{what}");
                    assert_eq!(received(&mut victims), [0, 1, 2].map(|at| usize::from(sent(at))), "{what}");
                    assert_eq!(output.status, if (0..3).any(sent) { 0 } else { 1 }, "{what}");
                    let lines: Vec<String> = output.err().lines().map(str::to_owned).collect();
                    let complaints = if word == "failed" || word == "refused" { hit.clone() } else { 0..0 };
                    assert_eq!(lines.len(), complaints.len(), "{what}");
                    for (line, at) in lines.iter().zip(complaints) {
                        let message = format!("pkill: killing pid {} failed: {text}", victims[at].pid());
                        assert!(line.starts_with(&message), "{what}");
                    }
                }
            }
        }
    });
}

/// The same with `--strict`.
#[test]
fn a_failure_under_strict() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        let mut victims = three("triplet");
        for (errno, status) in [("ESRCH", 0), ("EMFILE", 4), ("EPERM", 4)] {
            let faults = [fault("pidfd_send_signal", errno, 2)];
            let (output, injected) = run(&faults, &["-USR1", "--strict", "triplet"], &dir);
            assert!(injected && output.status == status, "{errno}: {output:?}");
            assert_eq!(received(&mut victims), [1, 0, 1], "{errno}: {output:?}");
        }
    });
}

/// Without a free descriptor to find out, a refusal must not be mistaken for a missing call, and the signal sent
/// by PID.
#[test]
fn without_descriptors_nothing_is_sent_by_pid() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        let mut victims = three("triplet");
        let faults = [fault("pidfd_send_signal", "EPERM", 1), fault("pidfd_open", "EMFILE", 2)];
        let (output, _) = run(&faults, &["--json", "-USR1", "triplet"], &dir);
        let refused = ("refused".to_owned(), None, Some(1));
        let signalled = ("signalled".to_owned(), Some(true), None);
        assert_eq!(outcomes(&output), [refused, signalled.clone(), signalled], "{output:?}");
        assert_eq!(received(&mut victims), [0, 1, 1]);
    });
}

#[test]
fn memory_that_cannot_be_released() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        for (errno, reason) in [("EINVAL", "Invalid argument"), ("ENOSYS", "Function not implemented")] {
            let mut victims = three("triplet");
            let faults = [fault("process_mrelease", errno, 2)];
            let (output, _) = run(&faults, &["-KILL", "-m", "triplet"], &dir);
            let pid = victims[1].pid();
            let message = format!("pkill: pid {pid} killed, but process_mrelease failed: {reason}\n");
            assert_eq!((output.out(), output.err(), output.status), (String::new(), message, 1));
            assert!(victims.iter_mut().all(|victim| victim.killed_by() == Some(libc::SIGKILL)));
        }
        // It has exited so soon that there is no memory to release.
        let victims = three("triplet");
        let (output, _) = run(&[fault("process_mrelease", "ESRCH", "1+")], &["-KILL", "-m", "triplet"], &dir);
        assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0));
        drop(victims);
    });
}

/// A call, its errno, and the text of that.
type Failure = (&'static str, &'static str, &'static str);

/// Each read fails once, in the scan and in the recheck, those of the dynamic linker included.
#[test]
fn a_read_that_fails_is_never_no_match() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        // Only the executable has its full name.
        let long = dir.copy(&std::env::current_exe().expect("our own executable"), "victim-of-faults");
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a listening socket");
        let port = socket.local_addr().expect("an address").port().to_string();
        let mut victim = Victim::named("victim-of-faults")
            .executable(&long)
            .arg0("argv0")
            .catch(SIGNAL)
            .holds(socket)
            .spawn();
        let hard = dir.path().join("another-name");
        fs::hard_link(&long, &hard).expect("a link");
        let hard = hard.to_str().expect("UTF-8");
        let (pid, name) = (victim.pid().to_string(), victim.name().to_owned());
        let (pid, name) = (pid.as_str(), name.as_str());
        let pidfile = dir.file("pidfile", pid);
        let pidfile = pidfile.to_str().expect("UTF-8");
        const OPENAT: Failure = ("openat", "EMFILE", "Too many open files");
        const READ: Failure = ("read", "EIO", "Input/output error");
        const OPENAT_MEMORY: Failure = ("openat", "ENOMEM", "Cannot allocate memory");
        const READ_MEMORY: Failure = ("read", "ENOMEM", "Cannot allocate memory");
        const PIDFD_OPEN: Failure = ("pidfd_open", "EMFILE", "Too many open files");
        const IOCTL: Failure = ("ioctl", "ENOTTY", "");
        const INTERRUPTED: Failure = ("read", "EINTR", "");
        const GETDENTS: Failure = ("getdents64", "ENOMEM", "Cannot allocate memory");
        const STATFS: Failure = ("statfs,fstatfs", "ENOMEM", "Cannot allocate memory");
        const FSTATAT: Failure = ("newfstatat", "ENOMEM", "Cannot allocate memory");
        const STATX: Failure = ("statx", "ENOMEM", "Cannot allocate memory");
        const READLINKAT: Failure = ("readlinkat", "ENOMEM", "Cannot allocate memory");
        for (args, failures) in [
            (&["-n", name][..], &[OPENAT, READ, INTERRUPTED, GETDENTS, STATFS][..]),
            (&["-u", "0", name], &[FSTATAT, OPENAT_MEMORY, READ_MEMORY]),
            // What a pidfd does not report, the file has.
            (&["-U", "0", name], &[PIDFD_OPEN, IOCTL]),
            (&["-x", "victim-of-faults"], &[OPENAT, READLINKAT]),
            // The command line of strace matches too; only as an ancestor it is spared.
            (&["-A", "-f", "argv0"], &[OPENAT, READ]),
            (&["-p", pid], &[OPENAT, READ, STATFS]),
            (&["--rss", "1", name], &[OPENAT, READ]),
            (&["--exe", "victim-of-faults", "-A"], &[READLINKAT]),
            (&["--exe", hard, "-A"], &[READLINKAT, STATX]),
            (&["--cwd", "/", name], &[READLINKAT]),
            (&["-F", pidfile], &[OPENAT, READ]),
            (&["--cgroup", "/**,name=systemd:/**", name], &[OPENAT, READ]),
            (&["--local", name], &[OPENAT, READ, STATFS, READLINKAT]),
            (&["--port", &port], &[OPENAT, READ, INTERRUPTED, GETDENTS, READLINKAT]),
        ] {
            for &(call, errno, reason) in failures {
                for when in 1.. {
                    let args = [&["--json", "-USR1"][..], args].concat();
                    let (output, injected) = run(&[fault(call, errno, when)], &args, &dir);
                    let what = format!("{args:?} {call} {errno} {when}: {output:?}");
                    let received = victim.received().expect("it lives").len();
                    let words = || outcomes(&output).into_iter().map(|(word, ..)| word).collect::<Vec<_>>();
                    let error = || document(&output)["error"]["exit_status"].clone();
                    match output.status {
                        0 => assert_eq!((words(), received), (vec!["signalled".to_owned()], 1), "{what}"),
                        1 if output.err().contains("pidfile") => {
                            assert_eq!((error(), received), (1.into(), 0), "{what}");
                        }
                        1 => assert_eq!((words(), received), (vec!["failed".to_owned()], 0), "{what}"),
                        3 => assert_eq!((error(), received), (3.into(), 0), "{what}"),
                        // The status of the dynamic linker.
                        127 => assert_eq!((output.out().as_str(), received), ("", 0), "{what}"),
                        _ => panic!("{what}"),
                    }
                    match (output.status, reason) {
                        (0, _) => assert_eq!(output.err(), "", "{what}"),
                        (127, _) => assert!(output.err().contains("error while loading"), "{what}"),
                        (_, _) if output.err().contains("pidfile not valid") => {}
                        (_, "") => panic!("the call should be repeated: {what}"),
                        (_, reason) => assert!(output.err().contains(reason), "{what}"),
                    }
                    if !injected {
                        assert_eq!(output.status, 0, "{what}");
                        break;
                    }
                }
            }
        }
    });
}

#[test]
fn ten_thousand_targets_and_few_descriptors() {
    const TARGETS: usize = 10_000;
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        let (crowd, counts) = Crowd::counting(c"multitude", TARGETS);
        let args = ["--json", "--signal", &COUNTED.to_string(), "multitude"];
        let output = Run::ours("pkill").args(args).through(["prlimit", "--nofile=64:64"]).run();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        let report: Value = serde_json::from_slice(&output.stdout).expect("a document");
        let targets = report["targets"].as_array().expect("targets");
        let listed: Vec<u64> = targets.iter().filter_map(|target| target["pid"].as_u64()).collect();
        assert!(targets.iter().all(|target| target["outcome"] == "signalled" && target["pinned"] == true));
        assert_eq!(listed, crowd.pids.iter().map(|&pid| u64::from(pid)).collect::<Vec<_>>());
        assert_eq!(report["summary"]["signalled"], TARGETS);
        crowd.send(LAST);
        for [counted, last] in counts {
            eventually("it has heard everything", || last.load(Ordering::Acquire) == 1);
            assert_eq!(counted.load(Ordering::Acquire), 1, "each is signalled once");
        }
    });
}
