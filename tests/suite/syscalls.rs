//! The cost of a scan in system calls: no file is opened that the criteria do not need.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::crowd::Crowd;
use crate::support::{Dir, Output, Run, Victim, namespace, need};

/// A run under strace(1).
struct Trace {
    output: Output,
    /// The calls as strace prints them, without the thread ID.
    calls: Vec<String>,
}

impl Trace {
    /// `inject`: calls that fail, in strace's words.
    fn new(program: &str, args: &[&str], inject: &[&str]) -> Self {
        let dir = Dir::new();
        let file = dir.path().join("trace");
        let mut strace = vec!["strace", "-f", "-s", "256", "-o", file.to_str().expect("UTF-8")];
        strace.extend(inject.iter().flat_map(|what| ["-e", *what]));
        let output = Run::ours(program).args(args).through(strace).run();
        let text = std::fs::read_to_string(file).expect("a trace");
        let calls = text.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim_start().to_owned()));
        Self { output, calls: calls.collect() }
    }

    /// The paths that were opened, or tried; `/proc/` is prepended to those that are relative to its descriptor.
    fn opened(&self) -> impl Iterator<Item = String> {
        let opens = self.calls.iter().filter(|call| call.starts_with("open"));
        opens.map(|call| {
            let path = call.split('"').nth(1).expect("a path");
            if path.starts_with('/') { path.to_owned() } else { format!("/proc/{path}") }
        })
    }

    /// The files that were opened, by process.
    fn files(&self) -> BTreeMap<u32, Vec<String>> {
        let mut files = BTreeMap::<u32, Vec<String>>::new();
        for path in self.opened() {
            let Some((pid, file)) = path.strip_prefix("/proc/").and_then(|path| path.split_once('/')) else {
                continue;
            };
            if let Ok(pid) = pid.parse() {
                files.entry(pid).or_default().push(file.to_owned());
            }
        }
        files
    }

    fn count(&self, call: &str) -> usize {
        let call = format!("{call}(");
        self.calls.iter().filter(|line| line.starts_with(&call)).count()
    }
}

fn found(trace: &Trace, pids: &[u32]) {
    assert_eq!(trace.output.pids(), pids, "{}", trace.output.err());
}

#[test]
fn a_name_costs_one_file_per_process() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let crowd: Vec<Victim> = (0..20).map(|_| Victim::spec().spawn()).collect();
        let name = crowd[0].name();
        let pid = crowd[0].pid();
        for (program, args, also) in [
            ("pgrep", &[name][..], &[][..]),
            ("pgrep", &["-x", name], &[]),
            ("pgrep", &["-i", name], &[]),
            ("pgrep", &["-l", name], &[]),
            ("pgrep", &["-c", name], &[]),
            ("pgrep", &["--columns", "pid,name", name], &[]),
            ("pgrep", &["--columns", "pid,name", "--json", name], &[]),
            ("pgrep", &["--columns", "args", "-c", name], &[]),
            ("pgrep", &["--columns", "pid,sid,pgid,user,name", name], &[]),
            ("pgrep", &["--columns", "age,start,cpu,state,threads,nice", name], &["stat"]),
            ("pgrep", &["--columns", "rss", name], &["statm"]),
            ("pgrep", &["--columns", "unit,cgroup,container", name], &["cgroup"]),
            ("pgrep", &["--columns", "ports", name], &["fd"]),
            // The name once more: no program was executed meanwhile.
            ("pgrep", &["--columns", "args", name], &["cmdline", "comm"]),
            ("pgrep", &["--columns", "cwd,exe", name], &["comm"]),
            ("pgrep", &[&format!("^({name}|x+)$")], &[]),
            ("pgrep", &["-n", name], &["stat"]),
            ("pgrep", &["-O", "0", name], &["stat"]),
            ("pgrep", &["-r", "DRSTZ", name], &["stat"]),
            ("pgrep", &["-t", "?", "-o", name], &["stat"]),
            ("pgrep", &["-a", name], &["cmdline"]),
            ("pgrep", &["-P", "1", name], &[]),
            ("pgrep", &["--cgroup", "/**,name=systemd:/**", name], &["cgroup"]),
            ("pgrep", &["--local", name], &["status"]),
            ("pgrep", &["--fixed-strings", name], &[]),
            ("pgrep", &[name, "--and", "^v", "--not", "x"], &[]),
            ("pgrep", &["--younger", "1d", "--no-zombies", name], &["stat"]),
            ("pgrep", &["--no-kernel-threads", "--cpu-time", "0", name], &["stat"]),
            ("pgrep", &["--rss", "1", name], &["statm"]),
            ("pgrep", &["--exe", "/proc/self/exe", "--inverse", "-P", "1", name], &[]),
            ("pgrep", &["--cwd", "/", name], &[]),
            // pkill reads each match twice.
            ("pkill", &["-0", name], &["comm"]),
        ] {
            let trace = Trace::new(program, args, &[]);
            assert_eq!(trace.output.status, 0, "{args:?}: {}", trace.output.err());
            let mut files = trace.files();
            if args.contains(&"--json") {
                // Of itself and of its parent, strace, it reads what it reports of the run.
                files.retain(|pid, _| *pid == 1 || crowd.iter().any(|victim| victim.pid() == *pid));
            }
            for pid in crowd.iter().map(Victim::pid).chain([1]) {
                assert!(files.contains_key(&pid), "{args:?} did not read {pid}");
            }
            for (pid_read, files) in files {
                let also = if pid_read == pid { also } else { &[] };
                assert_eq!(files, [&["comm"], also].concat(), "{program} {args:?}, {pid_read}");
            }
        }
    });
}

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

/// With enough processes for threads: each is read once, by any thread, and the result is in order.
#[test]
fn threads_share_the_walk() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let crowd = Crowd::spawn(c"idler", 1500);
        for inject in [&[][..], &["inject=clone,clone3:error=EAGAIN"]] {
            let trace = Trace::new("pgrep", &["idler"], inject);
            found(&trace, &crowd.pids);
            let files = trace.files();
            for pid in &crowd.pids {
                assert_eq!(files[pid], ["comm"], "{pid} {inject:?}");
            }
            // Without a second thread, the first does all the work.
            let alone =
                !inject.is_empty() || std::thread::available_parallelism().is_ok_and(|n| n.get() == 1);
            let started = trace.calls.iter().filter(|call| call.starts_with("clone")).count();
            assert!(alone || started > 0, "no thread was started");
        }
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

#[test]
fn sessions_groups_and_users_cost_no_file() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let other = Victim::spec().session().uids(12345, 12345, 0).spawn();
        let near = Victim::spec().spawn();
        for args in [["-s", "0"], ["-g", "0"], ["-u", "0"], ["-U", "0"], ["-G", "0"]] {
            let trace = Trace::new("pgrep", &[args[0], args[1], near.name()], &[]);
            found(&trace, &[near.pid()]);
            let mut files = trace.files();
            assert_eq!(files.remove(&near.pid()).expect("a read of it"), ["comm"], "{args:?}");
            let of_other = files.remove(&other.pid()).unwrap_or_default();
            // A real ID costs the same as a name, or is not available.
            let expected: &[&str] = if matches!(args[0], "-U" | "-G") { &["comm"] } else { &[] };
            assert_eq!(of_other, expected, "{args:?}");
        }
    });
}

#[test]
fn listed_processes_cost_no_walk() {
    if !need("strace") {
        return;
    }
    let victim = Victim::spec().spawn();
    let pid = victim.pid().to_string();
    let dir = Dir::new();
    let pidfile = dir.file("pid", &pid);
    let pidfile = pidfile.to_str().expect("UTF-8");
    for args in [&["-p", &pid][..], &["-p", &pid, victim.name()], &["-F", pidfile], &["-F", pidfile, "-n"]] {
        for (program, args) in [("pgrep", args.to_vec()), ("pkill", [&["-0"], args].concat())] {
            let trace = Trace::new(program, &args, &[]);
            assert_eq!(trace.output.status, 0, "{args:?}: {}", trace.output.err());
            assert!(trace.opened().all(|path| path.trim_end_matches('/') != "/proc"), "{args:?}");
            assert_eq!(trace.count("getdents64"), 0, "{args:?}");
            assert_eq!(trace.files().into_keys().collect::<Vec<_>>(), [victim.pid()], "{args:?}");
        }
    }
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
        let token = format!("{pid}@{}", crate::support::stat_field(crowd[0].pid(), 22));
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

#[test]
fn an_ascii_name_needs_no_locale_and_no_accounts() {
    if !need("strace") {
        return;
    }
    let victim = Victim::spec().spawn();
    for args in
        [&[victim.name()][..], &["-x", victim.name()], &["-i", victim.name()], &["-u", "0", "^v[0-9]"]]
    {
        let trace = Trace::new("pgrep", args, &[]);
        for path in trace.opened() {
            let proc_or_libraries = path.starts_with("/proc/")
                || path == "/proc"
                || path.starts_with("/sys/fs/cgroup/") // a CPU quota
                || path.starts_with("/etc/ld.so")
                || Path::new(&path).file_name().is_some_and(|name| name.to_string_lossy().contains(".so"));
            assert!(proc_or_libraries, "{args:?} opened {path}");
        }
    }
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

#[test]
fn every_kernel_gives_the_same_answers() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let [a, b] = [Victim::spec().gids(54321, 0, 0).uids(12345, 0, 0), Victim::spec().session()]
            .map(|spec| spec.spawn());
        let leader = b.pid().to_string();
        for inject in [
            "inject=ioctl:error=ENOTTY",          // before Linux 6.13
            "inject=pidfd_open:error=ENOSYS",     // before Linux 5.3
            "inject=pidfd_open:error=EPERM",      // a container's seccomp filter
            "inject=getsid,getpgid:error=EACCES", // a security module
        ] {
            for (args, expected) in [
                (&["-U", "12345"][..], vec![a.pid()]),
                (&["-G", "54321"], vec![a.pid()]),
                (&["-P", "1", a.name()], vec![a.pid()]),
                (&["-s", &leader], vec![b.pid()]),
                (&["-g", &leader], vec![b.pid()]),
                (&["-P", &leader], vec![]),
            ] {
                found(&Trace::new("pgrep", args, &[]), &expected);
                let trace = Trace::new("pgrep", args, &[inject]);
                found(&trace, &expected);
                assert!(trace.count("pidfd_open") <= 1 || inject.contains("getsid"), "{args:?} {inject}");
                let injected = trace.calls.iter().filter(|call| call.ends_with("(INJECTED)")).count();
                let asks_by_number = matches!(args[0], "-s" | "-g");
                assert_eq!(injected > 0, asks_by_number == inject.contains("getsid"), "{args:?} {inject}");
            }
        }
    });
}

/// Where /proc is that of an outer PID namespace, its PIDs are those of other processes for system calls, or of none.
#[test]
fn the_proc_of_another_pid_namespace_is_only_read() {
    namespace(|| {
        let inside = |program, args: &[&str]| {
            Run::ours(program).args(args).through(["unshare", "--pid", "--fork"]).run()
        };
        let [a, mut b] =
            [Victim::spec().uids(12345, 0, 0), Victim::spec().session()].map(|spec| spec.spawn());
        let leader = b.pid().to_string();
        for (args, expected) in
            [(["-U", "12345"], a.pid()), (["-s", &leader], b.pid()), (["-g", &leader], b.pid())]
        {
            let output = inside("pgrep", &args);
            assert_eq!(output.pids(), [expected], "{args:?}: {}", output.err());
        }
        for (program, args) in [("pkill", &["-KILL", b.name()][..]), ("pidwait", &[b.name()])] {
            let output = inside(program, args);
            assert_eq!(output.status, 3, "{program}");
            assert!(output.err().contains("another PID namespace"), "{}", output.err());
        }
        b.finish();
        assert_eq!(b.killed_by(), None);
    });
}

/// A process that survives the signal does not cause scans without a pause: `--until-none` scans every 50 ms.
#[test]
fn scans_for_what_remains_have_pauses() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let victim = Victim::spec().ignore(libc::SIGTERM).spawn();
        let trace = Trace::new("pkill", &["--until-none", "--timeout", "0.5", victim.name()], &[]);
        assert_eq!(trace.output.status, 5, "{}", trace.output.err());
        // A scan reads the name of each process, and so does the check before the signal.
        let scans = trace.files()[&victim.pid()].iter().filter(|file| *file == "comm").count();
        assert!((3..=13).contains(&scans), "{scans} scans in half a second");
    });
}

/// The scan for restarted processes is made where its result is reported, and nowhere else.
#[test]
fn a_wait_in_a_script_scans_once() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        for (args, scans) in [
            ("--wait", 1),
            ("--kill-after 60", 1),
            ("--wait --quiet", 1),
            ("--wait --verbose --settle 0", 1),
            ("--wait --verbose", 2),
            ("--wait --json", 2),
            ("--wait --summary", 2),
            ("--wait --strict", 2),
            ("--wait --settle 0.01", 2),
        ] {
            let victim = Victim::spec().spawn();
            let args: Vec<&str> = args.split(' ').chain(["-x", victim.name()]).collect();
            let trace = Trace::new("pkill", &args, &[]);
            assert_eq!(trace.output.status, 0, "{args:?}: {}", trace.output.err());
            let asked = trace.calls.iter().filter(|call| call.starts_with("ioctl(2,")).count();
            assert!(asked <= 1, "{args:?}: whether standard error is a terminal");
            let of_init = trace.files().remove(&1).unwrap_or_default();
            assert_eq!(of_init.iter().filter(|file| *file == "comm").count(), scans, "{args:?}");
        }
    });
}
