//! Unusual errors on the files of one process: it is undecided, and the others are handled.

use crate::support::{Dir, Run, Victim, namespace, need};

/// What file systems and security modules return; only EMFILE and ENFILE concern the whole run.
const ERRORS: [&str; 6] = ["ENAMETOOLONG", "ESTALE", "EIO", "EOVERFLOW", "ENOMEM", "EINVAL"];

#[test]
fn an_odd_error_on_one_process_ends_no_run() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let dir = Dir::new();
        let spec = || Victim::named("errands").catch(libc::SIGUSR1).env("ERRAND", "yes");
        let (bad, mut good) = (spec().spawn(), spec().spawn());
        let executable = std::env::current_exe().expect("our own executable");
        let executable = executable.to_str().expect("UTF-8");
        let net = good.pid().to_string();
        for (call, file, args) in [
            ("openat", "cgroup", &["--cgroup", "/**"][..]),
            ("readlinkat", "exe", &["--exe", executable]),
            ("readlinkat", "cwd", &["--cwd", "/"]),
            ("openat", "cmdline", &["-f", "errands", "-A"]),
            ("openat", "environ", &["--env", "ERRAND"]),
            ("openat", "stat", &["-r", "S,R,D"]),
            ("openat", "status", &["-H"]),
            ("openat", "statm", &["--rss", "1"]),
            ("statx,newfstatat", "ns/net", &["--ns", &net, "--nslist", "net"]),
        ] {
            for errno in ERRORS {
                let trace = dir.path().join("trace");
                let path = format!("{}/{file}", bad.pid());
                let absolute = format!("/proc/{path}");
                let inject = format!("inject={call}:error={errno}");
                let trace_name = trace.to_str().expect("UTF-8");
                let wrapper =
                    ["strace", "-f", "-qq", "-o", trace_name, "-P", &path, "-P", &absolute, "-e", &inject];
                let args = [&["-USR1", "-x", "errands|.*errands.*"][..], args].concat();
                let args: Vec<&str> = match file {
                    "cmdline" => {
                        args.into_iter().filter(|arg| !["-x", "errands|.*errands.*"].contains(arg)).collect()
                    }
                    _ => args,
                };
                let output = Run::ours("pkill").args(&args).through(wrapper).run();
                let trace = std::fs::read_to_string(&trace).unwrap_or_default();
                let what = format!("{file} {errno}: {output:?}");
                assert!(trace.contains("(INJECTED)"), "{what}: {trace}");
                assert_eq!(output.status, 0, "{what}");
                assert!(output.err().contains("could not be examined"), "{what}");
                assert_eq!(good.received().expect("it lives").len(), 1, "{what}");
            }
        }
    });
}
