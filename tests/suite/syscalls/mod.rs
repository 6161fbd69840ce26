//! The cost of a scan in system calls: no file is opened that the criteria do not need.

mod kernels;
mod options;
mod scans;

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
