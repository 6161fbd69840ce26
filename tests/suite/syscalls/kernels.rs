//! Calls that a kernel lacks or a filter forbids, and a /proc of another PID namespace.

use super::{Trace, found};
use crate::support::{Run, Victim, namespace, need};

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
