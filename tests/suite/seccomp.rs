//! Seccomp filters that do not know the newer system calls. A container runtime or a service (`SystemCallFilter=`) refuses
//! what its list lacks, with ENOSYS or EPERM. Everything works, and what depends on a call says so.

use std::net::TcpListener;

use crate::support::family::{self, Family};
use crate::support::tracer::forbid;
use crate::support::{Dir, Output, Run, Victim, document, eventually, kernel, namespace};

/// Linux 5.1, 5.3, 5.6 and 5.15.
const PIDFD_CALLS: &[i64] =
    &[libc::SYS_pidfd_send_signal, libc::SYS_pidfd_open, libc::SYS_pidfd_getfd, libc::SYS_process_mrelease];

/// Others since Linux 3.17 that the programs, the C library or the standard library make.
const RECENT_CALLS: &[i64] = &[
    libc::SYS_clone3,
    libc::SYS_close_range,
    libc::SYS_epoll_pwait2,
    libc::SYS_faccessat2,
    libc::SYS_getrandom,
    libc::SYS_openat2,
    libc::SYS_rseq,
    libc::SYS_statx,
];

/// A list of calls that fail, with the errno of each.
#[derive(Clone)]
struct Filter(Vec<(i64, i32)>);

impl Filter {
    fn run<S: AsRef<std::ffi::OsStr>>(
        &self,
        program: &'static str,
        args: impl IntoIterator<Item = S>,
    ) -> Output {
        let calls = self.0.clone();
        Run::ours(program).args(args).prepare(move |command| forbid(command, &calls)).run()
    }

    fn forbids(&self, call: i64) -> bool {
        self.0.iter().any(|&(number, _)| number == call)
    }
}

/// Without all of the calls, by either errno, and without each of them.
fn filters(calls: &[&[i64]]) -> Vec<Filter> {
    let all = calls.concat();
    let together = [libc::ENOSYS, libc::EPERM];
    let together = together.map(|errno| Filter(all.iter().map(|&call| (call, errno)).collect()));
    let alone = all.iter().map(|&call| Filter(vec![(call, libc::ENOSYS)]));
    together.into_iter().chain(alone).collect()
}

#[test]
fn processes_are_found() {
    namespace(|| {
        for filter in filters(&[PIDFD_CALLS, RECENT_CALLS]) {
            let dir = Dir::new();
            let socket = TcpListener::bind("127.0.0.1:0").expect("a listening socket");
            let port = socket.local_addr().expect("an address").port().to_string();
            let victim =
                Victim::spec().directory(dir.path()).env("MARK", "1").uids(1, 1, 1).holds(socket).spawn();
            let executable =
                std::fs::read_link(format!("/proc/{}/exe", victim.pid())).expect("an executable");
            let (name, own) = (victim.name(), std::process::id().to_string());
            for args in [
                &["-x", name][..],
                &["-f", &format!("^{name}")],
                &["-n", name],
                &["-U", "1", name],
                &["-u", "daemon", name],
                &["-P", &own, name],
                &["--ancestor", &own, name],
                &["--exe", executable.to_str().expect("UTF-8"), name],
                &["--cwd", dir.path().to_str().expect("UTF-8"), name],
                &["--env", "MARK=1", name],
                &["--port", &port, name],
                &["--local", "--younger", "1h", name],
                &["--ns", &victim.pid().to_string(), name],
            ] {
                let output = filter.run("pgrep", args);
                assert_eq!(
                    (output.pids(), output.err()),
                    (vec![victim.pid()], String::new()),
                    "{args:?} {:?}",
                    filter.0
                );
            }
        }
    });
}

#[test]
fn signals_arrive() {
    namespace(|| {
        for filter in filters(&[PIDFD_CALLS, RECENT_CALLS]) {
            let mut victim = Victim::spec().catch(libc::SIGUSR1).session().spawn();
            let name = victim.name().to_owned();
            for args in [
                &["-x"][..],
                &["-q", "7"],
                &["--whole-group"],
                &["--tree"],
                &["--freeze"],
                &["--max", "1", "--strict"],
            ] {
                let output = filter.run("pkill", [&["--json", "-USR1"], args, &[&*name]].concat());
                let what = format!("{args:?} {:?}: {output:?}", filter.0);
                let received = victim.received().expect("it lives");
                assert_eq!((output.status, received.len()), (0, 1), "{what}");
                assert_eq!(received[0].signal, libc::SIGUSR1, "{what}");
                assert!(args[0] != "-q" || received[0].value == 7, "{what}");
                let by_pidfd = !filter.forbids(libc::SYS_pidfd_send_signal)
                    && (args[0] != "--whole-group" || kernel::signals_groups());
                assert_eq!(document(&output)["targets"][0]["pinned"], by_pidfd, "{what}");
            }
            let output = filter.run("pkill", ["--dry-run", "-USR1", &name]);
            assert!(output.out().contains("handle"), "{:?}: {output:?}", filter.0);
            // The token that pgrep prints is one that pkill takes, whichever kind it has.
            let token = filter.run("pgrep", ["--id", &name]).out();
            let output = filter.run("pkill", ["-USR1", "-p", token.trim_end()]);
            assert_eq!(
                (output.status, victim.received().map(|got| got.len())),
                (0, Some(1)),
                "{:?}: {output:?}",
                filter.0
            );
        }
    });
}

#[test]
fn exits_are_waited_for() {
    namespace(|| {
        for filter in filters(&[PIDFD_CALLS, RECENT_CALLS]) {
            for (args, signal) in [
                (&["--wait"][..], libc::SIGTERM),
                (&["--timeout", "60"], libc::SIGTERM),
                (&["--kill-after", "0.01"], libc::SIGKILL),
                (&["--until-none", "--settle", "0.01"], libc::SIGTERM),
                (&["--cont", "--wait"], libc::SIGTERM),
                (&["--freeze", "--tree", "--wait"], libc::SIGTERM),
            ] {
                let victim = Victim::spec();
                let victim = if signal == libc::SIGKILL { victim.ignore(libc::SIGTERM) } else { victim };
                let mut victim = victim.spawn();
                let output = filter.run("pkill", [args, &[victim.name()]].concat());
                assert_eq!(
                    (output.status, victim.killed_by()),
                    (0, Some(signal)),
                    "{args:?} {:?}: {output:?}",
                    filter.0
                );
            }
            let victim = Victim::spec().spawn();
            let output = filter.run("pidwait", ["--timeout", "0.01", victim.name()]);
            assert_eq!(output.status, 5, "{:?}: {output:?}", filter.0);
        }
    });
}

#[test]
fn a_tree_is_killed() {
    namespace(|| {
        for filter in filters(&[PIDFD_CALLS, RECENT_CALLS]) {
            let mut family = Family::start(&["top middle", "middle leaf"]);
            let output = filter.run("pkill", ["--tree", "-KILL", "-x", "top"]);
            assert_eq!(output.status, 0, "{:?}: {output:?}", filter.0);
            family.wait();
            eventually("the leaf has exited", || family::pids("leaf").is_empty());
            assert!(output.err().is_empty(), "{:?}: {output:?}", filter.0);
        }
    });
}

#[test]
fn memory_that_cannot_be_released_is_reported() {
    namespace(|| {
        for filter in filters(&[&[libc::SYS_process_mrelease]]) {
            let mut victim = Victim::spec().spawn();
            let output = filter.run("pkill", ["-KILL", "-m", victim.name()]);
            let why = if filter.0[0].1 == libc::EPERM {
                "Operation not permitted"
            } else {
                "Function not implemented"
            };
            let expected =
                format!("pkill: pid {} killed, but process_mrelease failed: {why}\n", victim.pid());
            assert_eq!((output.err(), output.status, victim.killed_by()), (expected, 1, Some(libc::SIGKILL)));
        }
    });
}
