//! Options that read more, and only where it decides or is printed.

use std::collections::BTreeMap;

use super::{Trace, found};
use crate::support::{Dir, Victim, namespace, need, stat_field};

/// The tables of sockets are read once, and descriptors where nothing cheaper decides.
#[test]
fn ports_cost_one_read_of_the_tables() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a listening socket");
        let port = socket.local_addr().expect("an address").port().to_string();
        let holder = Victim::spec().holds(socket).spawn();
        let crowd: Vec<Victim> = (0..20).map(|_| Victim::spec().spawn()).collect();
        let tables = |trace: &Trace| {
            let mut tables: Vec<_> = trace.opened().filter(|path| path.starts_with("/proc/net/")).collect();
            tables.sort_unstable();
            tables
        };
        let trace = Trace::new("pgrep", &["--port", &port], &[]);
        found(&trace, &[holder.pid()]);
        assert_eq!(tables(&trace), ["tcp", "tcp6", "udp", "udp6"].map(|table| format!("/proc/net/{table}")));
        let files = trace.files();
        for victim in &crowd {
            assert_eq!(files[&victim.pid()], ["fd"]);
        }
        // Once more, to find out whether all holders of the port are known.
        assert_eq!(files[&holder.pid()], ["fd", "fd"]);

        let tcp = format!("tcp:{port}");
        let trace = Trace::new("pkill", &["-0", "--port", &tcp, holder.name()], &[]);
        assert_eq!((trace.output.err(), trace.output.status), (String::new(), 0));
        assert_eq!(tables(&trace), ["/proc/net/tcp", "/proc/net/tcp6"]);
        assert_eq!(trace.files()[&crowd[0].pid()], ["comm"]);

        // No socket has that port, so no descriptors are read.
        drop(holder);
        let trace = Trace::new("pgrep", &["--port", &port], &[]);
        assert_eq!((trace.output.status, trace.files()), (1, BTreeMap::new()));
    });
}

/// A link is read of the process with the name only.
#[test]
fn a_link_is_read_where_it_decides() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let crowd: Vec<Victim> = (0..5).map(|_| Victim::spec().spawn()).collect();
        let (name, pid) = (crowd[0].name(), crowd[0].pid());
        let path = std::env::current_exe().expect("our own executable");
        let path = path.to_str().expect("UTF-8");
        for (args, links, stats) in [
            (&["--exe", path][..], 1, 0),
            // The same file may have other names.
            (&["--exe", "/bin/sh"], 1, 1),
            (&["--exe", "sh"], 1, 0),
            (&["--exe", "/nonexistent"], 1, 0),
            (&["--exe-deleted"], 1, 0),
            (&["--exe-deleted", "--exe", path], 1, 0),
            (&["--cwd", "/"], 1, 0),
            (&["--younger", "1d"], 0, 0),
            (&[], 0, 0),
        ] {
            let trace = Trace::new("pgrep", &[args, &["-x", name]].concat(), &[]);
            let of = |call: &str, pid: &str| {
                let begin = format!("{call}(");
                let path = format!("\"{pid}/");
                trace.calls.iter().filter(|line| line.starts_with(&begin) && line.contains(&path)).count()
            };
            let what = format!("{args:?}: {:?}", trace.output);
            assert_eq!(of("readlinkat", &pid.to_string()), links, "{what}");
            assert_eq!(of("statx", &pid.to_string()), stats, "{what}");
            for other in &crowd[1..] {
                assert_eq!(of("readlinkat", &other.pid().to_string()), 0, "{what}");
            }
        }
        // Under another name only the inode decides, also where the newer call is missing.
        let dir = Dir::new();
        let copy = dir.copy(path.as_ref(), "copy");
        std::fs::hard_link(&copy, dir.path().join("hard")).expect("a link");
        let copied = Victim::spec().executable(&copy).spawn();
        let hard = dir.path().join("hard");
        for errno in ["ENOSYS", "EPERM"] {
            let inject = format!("inject=statx:error={errno}");
            found(
                &Trace::new("pgrep", &["--exe", hard.to_str().expect("UTF-8")], &[&inject]),
                &[copied.pid()],
            );
        }
    });
}

/// A pidfd is opened for each token, and for nothing else that pgrep prints as text; the matches are asked twice then.
#[test]
fn tokens_cost_a_pidfd_for_each_match() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let crowd: Vec<Victim> = (0..5).map(|_| Victim::spec().spawn()).collect();
        let (name, pid) = (crowd[0].name(), crowd[0].pid().to_string());
        let token = format!("{pid}@{}", stat_field(crowd[0].pid(), 22));
        let both = [name, crowd[1].name()].join("|");
        for (args, pidfds, reads) in [
            (&[name][..], 0, 1),
            (&["-p", &pid, "--exclude", "1,4194305"], 0, 0),
            (&["--exclude", "1", name], 0, 1),
            (&["--id", "-c", name], 0, 1),
            (&["--id", "no-such-name"], 0, 1),
            (&["--id", name], 1, 2),
            (&["--id", &both], 2, 2),
            (&["-p", &token], 1, 0),
            (&["--exclude", &token, &both], 1, 0),
        ] {
            let trace = Trace::new("pgrep", args, &["inject=ioctl:error=ENOTTY"]);
            let files = trace.files().remove(&crowd[0].pid()).unwrap_or_default();
            assert_eq!(trace.count("pidfd_open"), pidfds, "{args:?}: {:?}", trace.output);
            assert_eq!(files.iter().filter(|file| *file == "comm").count(), reads, "{args:?}: {files:?}");
        }
    });
}

#[test]
fn ancestors_cost_one_read_of_the_own_chain() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let [victim, bystander] = [(); 2].map(|()| Victim::spec().spawn());
        let trace =
            Trace::new("pgrep", &["-A", "-p", &victim.pid().to_string()], &["inject=ioctl:error=ENOTTY"]);
        found(&trace, &[victim.pid()]);
        let files = trace.files();
        assert!(!files.contains_key(&bystander.pid()), "{files:?}");
        // The victim, pgrep itself, strace, and PID 1, the test.
        assert_eq!(files.len(), 4, "{files:?}");
        assert_eq!(files[&1], ["stat"]);
    });
}

/// With `-f`, the chain is read once something matches, and more of an ancestor if that matches itself.
#[test]
fn callers_cost_nothing_where_nothing_matches() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let victim = Victim::spec().arg("needle").spawn();
        let without_info = ["inject=ioctl:error=ENOTTY"];
        let of_ancestors = |command: &str, pattern: &str, status: i32| {
            let (program, options) = command.split_once(' ').expect("options");
            let args: Vec<&str> = options.split(' ').chain([pattern]).collect();
            let trace = Trace::new(program, &args, &without_info);
            assert_eq!(trace.output.status, status, "{command} {pattern}: {:?}", trace.output);
            // PID 1: us. The other one is strace.
            let mut files = trace.files();
            let ours = files.remove(&1).expect("it is examined");
            files.remove(&victim.pid());
            let strace: Vec<String> =
                files.into_values().flatten().filter(|file| file == "cmdline").collect();
            (ours, strace.len())
        };
        for (command, pattern, status, ours, cmdlines) in [
            ("pkill -0 -f", "n[e]edless", 1, &["cmdline"][..], 1),
            ("pkill -0 -f", "n[e]edle", 0, &["cmdline", "stat"], 1),
            ("pgrep -f", "n[e]edle", 0, &["cmdline"], 1),
            // The arguments of strace have it.
            ("pkill -0 -f", "needle", 0, &["cmdline", "stat"], 2),
            ("pkill -0 -f --quiet", "needle", 0, &["cmdline", "stat"], 2),
            ("pgrep -f", "needle", 0, &["cmdline"], 1),
        ] {
            let found = of_ancestors(command, pattern, status);
            let ours = ours.iter().map(|file| (*file).to_owned()).collect();
            assert_eq!(found, (ours, cmdlines), "{command} {pattern}");
        }
    });
}

/// What `--json` reports of the run itself is read for it, once, and for nothing else.
#[test]
fn the_run_is_described_for_json_only() {
    if !need("strace") {
        return;
    }
    let victim = Victim::spec().spawn();
    let pid = victim.pid().to_string();
    let parts: [fn(&str) -> bool; 5] = [
        |call| call.starts_with("uname("),
        |call| call.contains("\"/proc/sys/kernel/random/boot_id\""),
        |call| call.contains("\"loginuid\""),
        |call| call.starts_with("getuid("),
        |call| call.starts_with("getppid("),
    ];
    for (program, args, expected) in [
        ("pgrep", &["-p", &pid][..], [0, 0, 0, 0, 0]),
        ("pgrep", &["--summary", "-p", &pid], [0, 0, 0, 0, 0]),
        ("pkill", &["-0", "--verbose", "-p", &pid], [0, 0, 0, 0, 0]),
        ("pgrep", &["-p", &pid, "--nosuch"], [0, 0, 0, 0, 0]),
        ("pgrep", &["--json", "-p", &pid], [1, 1, 1, 1, 2]),
        ("pkill", &["-0", "--json=lines", "-p", &pid], [1, 1, 1, 1, 2]),
        ("pgrep", &["--json", "-p", &pid, "--nosuch"], [1, 1, 1, 1, 2]),
    ] {
        let trace = Trace::new(program, args, &[]);
        let found = parts.map(|is_part| trace.calls.iter().filter(|call| is_part(call)).count());
        assert_eq!(found, expected, "{program} {args:?}: {:?}", trace.output);
    }
}
