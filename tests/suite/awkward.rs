//! Processes with awkward names and command lines, zombies, kernel threads, and processes that exit before
//! they are read.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Stdio};

use crate::support::{
    Dir, Output, Run, Victim, eventually, namespace, need, need_kernel_threads, own_pid, stat_field,
};

/// Runs the program on one process only, whatever else runs on the machine.
fn ask(program: &str, pid: u32, args: &[&[u8]]) -> Output {
    let args = args.iter().map(|&arg| OsString::from_vec(arg.to_vec()));
    let dir = Dir::new();
    let pidfile = dir.file("pid", format!("{pid}\n"));
    Run::ours(program).args(["-F".as_ref(), pidfile.as_os_str()]).args(args).run()
}

fn matches(pid: u32, args: &[&[u8]]) -> bool {
    let output = ask("pgrep", pid, args);
    let args: Vec<_> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
    let expected = if output.status == 0 { format!("{pid}\n") } else { String::new() };
    assert_eq!((output.out(), output.err()), (expected, String::new()), "{args:?}");
    assert!(output.status <= 1, "{args:?}: {output:?}");
    output.status == 0
}

#[test]
fn a_name_is_bytes() {
    type Bytes = &'static [u8];
    // name, a pattern for the whole of it, one for a part of it or none, and what a terminal may see
    let cases: [(Bytes, Bytes, Bytes, &str); 16] = [
        (b"two words", b"two words", b"two", "two words"),
        (b" ", b"[ ]", b"", " "),
        (b"(sd-pam)", br"\(sd-pam\)", b"(sd-pam)", "(sd-pam)"),
        (b") R 1 1 1", br"\) R 1 1 1", b"R", ") R 1 1 1"),
        (b"a) Z 0 0 (b", br"a\) Z 0 0 \(b", b"a", "a) Z 0 0 (b"),
        (b")", br"\)", b"", ")"),
        (b"new\nline", b"new\nline", b"new", "new?line"),
        (b"\n", b".", b"", "?"),
        (b"bell\x07esc\x1b[1m", b"bell.esc.[[]1m", b"bell", "bell?esc?[1m"),
        ("caf\u{e9}".as_bytes(), b"caf.", b"caf..", "caf\u{e9}"),
        (b"bad\xff\xfe", b"bad\xff\xfe", b"bad.", "bad??"),
        // The kernel truncates a long name, in the middle of its last character.
        (b"thirteen-byte\xe2\x82\xac", b"thirteen-byte\xe2\x82", b"thirteen-byte.", "thirteen-byte??"),
        (b"-dash", b"-dash", b"dash", "-dash"),
        (b"100% %s%n", b"100% %s%n", b"100", "100% %s%n"),
        (b"fifteen-bytes-x", b"fifteen-bytes-x", b"fifteen-bytes-", "fifteen-bytes-x"),
        (b"", b"", b".", ""),
    ];
    for (name, whole, other, shown) in cases {
        let victim = Victim::named(name).spawn();
        let pid = victim.pid();
        assert!(matches(pid, &[b"-x", b"--", whole]), "{shown}");
        assert!(!matches(pid, &[b"-x", b"--", other]), "{shown}");
        // The name is read from the comm file, or with other facts from the stat file.
        for args in [&[&b"-l"[..]][..], &[b"-l", b"--tree", b"-x", b"--", whole], &[b"-l", b"-O", b"0"]] {
            let output = ask("pgrep", pid, args);
            let expected = (format!("{pid} {shown}\n"), String::new());
            assert_eq!((output.out(), output.err()), expected, "{args:?}");
        }
    }
}

/// `/proc/PID/stat` has the name in parentheses and escapes nothing in it: proc_pid_stat(5).
#[test]
fn a_name_cannot_pose_as_the_rest_of_stat() {
    for name in [") R 1 1 1 1 1", "x) R 1 1 1 1 (", ")\n1 (x) R 1 1"] {
        let victim = Victim::named(name).group().spawn();
        let (pid, group) = (victim.pid(), victim.pid().to_string());
        eventually("it sleeps", || stat_field(pid, 3) == "S");
        for args in [["-r", "S"], ["-P", &own_pid()], ["-g", &group]] {
            assert!(matches(pid, &args.map(str::as_bytes)), "{name} {args:?}");
        }
        for args in [["-r", "R"], ["-P", "1"], ["-g", "1"], ["-s", "1"]] {
            if std::process::id() != 1 {
                assert!(!matches(pid, &args.map(str::as_bytes)), "{name} {args:?}");
            }
        }
    }
}

#[test]
fn a_name_longer_than_the_kernel_keeps_is_found_in_full() {
    let victim = Victim::named("averyveryverylongname").spawn();
    let pid = victim.pid();
    for pattern in
        ["averyveryverylo", "averyveryverylongname", "^averyveryverylongna", "^averyvery(very)*longname$"]
    {
        assert!(matches(pid, &[pattern.as_bytes()]), "{pattern}");
    }
    assert!(matches(pid, &[b"-x", b"averyveryverylongname"]));
    assert!(!matches(pid, &[b"-x", b"averyverylong"]));
    let output = ask("pgrep", pid, &[b"averyveryverylongnose"]);
    assert_eq!((output.out(), output.status), (String::new(), 1));
    assert!(
        output.err().starts_with(
            "pgrep: pattern that searches for process name longer than 15 characters will result in zero matches\n"
        ),
        "{output:?}"
    );
}

#[test]
fn a_command_line_is_bytes_of_any_length() {
    let spec = || Victim::named("awkward").arg0("awkward");
    // A process without arguments has an empty `argv[0]` since Linux 5.18.
    let empty = Victim::named("awkward").arg0("").spawn();
    assert!(matches(empty.pid(), &[b"awkward"]));
    assert!(!matches(empty.pid(), &[b"-f", b"no such thing"]));

    let pid = |victim: &Victim| victim.pid();
    let odd = spec().arg("a\nb").arg("").arg(OsString::from_vec(b"\xff\xfe".to_vec())).arg("c  d").spawn();
    assert!(matches(pid(&odd), &[b"-f", b"-x", b"awkward a\nb  \xff\xfe c  d"]));
    assert_eq!(ask("pgrep", pid(&odd), &[b"-a"]).out(), format!("{} awkward a b  ?? c  d\n", pid(&odd)));

    // A third of the limit of 6 MB that execve(2) has with a large stack.
    let argument = "x".repeat(100_000);
    let mut spec = spec().stack(64 << 20);
    for _ in 0..20 {
        spec = spec.arg(&argument);
    }
    let long = spec.arg("the-end").spawn();
    assert!(matches(pid(&long), &[b"-f", b"x the-end$"]));
    assert!(!matches(pid(&long), &[b"-f", b"y the-end$"]));
    let line = ask("pgrep", pid(&long), &[b"-a"]).stdout;
    assert_eq!(
        line.len(),
        format!("{} awkward  the-end\n", pid(&long)).len() + 20 * (argument.len() + 1) - 1
    );
    assert!(line.ends_with(b"xxx the-end\n"));
}

#[test]
fn a_rewritten_command_line_is_what_counts() {
    if !need("perl") {
        return;
    }
    // Assigning to `$0` overwrites the arguments in memory and sets the name, as setproctitle(3) does.
    let mut perl = Command::new("perl")
        .args(["-e", r#"$| = 1; $0 = "worker: idle"; print "ready\n"; <STDIN>"#, "original"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start perl");
    std::io::Read::read_exact(perl.stdout.as_mut().expect("pipe"), &mut [0; 6]).expect("ready");
    assert!(matches(perl.id(), &[b"-f", b"-x", b"worker: idle"]));
    assert!(matches(perl.id(), &[b"-x", b"worker: idle"]));
    assert!(!matches(perl.id(), &[b"-f", b"original"]));
    drop(perl.stdin.take());
    perl.wait().expect("wait");
}

#[test]
fn a_zombie_has_a_name_and_no_arguments() {
    let mut victim = Victim::spec().arg("argument").spawn();
    victim.make_zombie();
    let (pid, name) = (victim.pid(), victim.name().to_owned());
    let line = format!("[{name}] <defunct>");
    assert!(matches(pid, &[b"-x", name.as_bytes()]));
    assert!(matches(pid, &[b"-r", b"Z", name.as_bytes()]));
    assert!(!matches(pid, &[b"-f", b"argument"]));
    assert!(matches(pid, &[b"-f", b"-x", format!(r"\[{name}\] <defunct>").as_bytes()]));
    assert_eq!(ask("pgrep", pid, &[b"-a"]).out(), format!("{pid} {line}\n"));
    // kill(2): any signal to a zombie succeeds, without effect.
    let output = ask("pkill", pid, &[b"-e", b"-TERM", b"-x", name.as_bytes()]);
    assert_eq!((output.out(), output.status), (format!("{name} killed (pid {pid})\n"), 0), "{output:?}");
    let output = ask("pidwait", pid, &[b"-x", name.as_bytes()]);
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0));
    assert_eq!(victim.killed_by(), Some(libc::SIGKILL), "it has not been reaped before");
}

#[test]
fn a_kernel_thread_has_a_name_and_no_arguments() {
    const KTHREADD: u32 = 2;
    if !need_kernel_threads() {
        return;
    }
    let yes: [&[&[u8]]; 5] = [
        &[b"-x", b"kthreadd"],
        &[b"-f", b"-x", br"\[kthreadd\]"],
        &[b"-P", b"0", b"kthreadd"],
        &[b"-u", b"0", b"-U", b"root", b"-G", b"0"],
        &[b"-A", b"kthreadd"],
    ];
    for args in yes {
        assert!(matches(KTHREADD, args), "{args:?}");
    }
    let no: [&[&[u8]]; 3] = [&[b"-x", b"-f", b"kthreadd"], &[b"-t", b"tty1"], &[b"-H", b"--signal", b"HUP"]];
    for args in no {
        assert!(!matches(KTHREADD, args), "{args:?}");
    }
    assert_eq!(ask("pgrep", KTHREADD, &[b"-a"]).out(), "2 [kthreadd]\n");
}

/// Processes start and exit between any two reads. That is no error, and hides no other process.
#[test]
fn a_process_that_exits_during_the_scan_is_no_error() {
    namespace(|| {
        let anchor = Victim::named("anchor").catch(libc::SIGUSR1).spawn();
        let pid = anchor.pid();
        // Each short-lived process has children and arguments, and execs or exits.
        let churn = "while :; do (: & (exec /bin/true anchor-like) & wait); done";
        let mut loops: Vec<_> =
            (0..4).map(|_| Command::new("sh").args(["-c", churn]).spawn().expect("start sh")).collect();
        let churned =
            || Run::ours("pgrep").args(["-c", "."]).run().out().trim().parse::<u32>().expect("a count");
        eventually("there is churn", || churned() > 6);
        let all: [&[&str]; 9] = [
            &["pgrep", "."],
            &["pgrep", "-f", "anchor"],
            &["pgrep", "-a", "-f", "anchor"],
            &["pgrep", "-w", "."],
            &["pgrep", "-u", "0", "-U", "0", "-G", "0", "-P", "0,1"],
            &["pgrep", "-O", "0", "-s", "0", "-r", "R,S,D,Z"],
            &["pgrep", "--ns", "1"],
            &["pgrep", "--env", "PKILL_TEST_VICTIM=1"],
            &["pkill", "-e", "-0", "."],
        ];
        for turn in 0..20 {
            for args in all {
                let output = Run::ours(args[0]).args(&args[1..]).run();
                assert_eq!((output.err(), output.status), (String::new(), 0), "{args:?}");
                let sees = |line: &str| {
                    line.split(' ').next() == Some(&pid.to_string())
                        || line.ends_with(&format!("(pid {pid})"))
                };
                assert!(output.out().lines().any(sees), "turn {turn}, {args:?} hides {pid}: {output:?}");
            }
            for (program, args) in [
                ("pgrep", vec!["-x", "no-such-name"]),
                ("pgrep", vec!["-f", "no[-]such-argument"]),
                ("pkill", vec!["-USR1", "-x", "no-such-name"]),
            ] {
                let output = Run::ours(program).args(&args).run();
                assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 1));
            }
            // They exit by themselves or by the signal; either way nothing remains to wait for.
            let output = Run::ours("pkill").args(["-KILL", "-x", "true"]).run();
            assert!(output.err().is_empty() && output.status <= 1, "{output:?}");
            let output = Run::ours("pidwait").args(["-x", "true"]).run();
            assert!(output.err().is_empty() && output.status <= 1, "{output:?}");
        }
        for shell in &mut loops {
            shell.kill().expect("kill");
            shell.wait().expect("wait");
        }
    });
}

/// During execve(2), the memory of a process is set up, and its arguments and environment seem
/// empty. It matches before and after, so every scan has to find it.
#[test]
fn a_process_that_keeps_executing_programs_is_never_missed() {
    const SCANS: u32 = 100;
    namespace(|| {
        let dir = Dir::new();
        let script = dir.file("restless", "#!/bin/sh\nexec \"$0\" \"$@\"\n");
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("chmod");
        let mut restless =
            Command::new(&script).arg("always").env("ALWAYS", "1").spawn().expect("start the script");
        let found = format!("{}\n", restless.id());
        for criterion in [&["-f", "restless always$"][..], &["--env", "ALWAYS=1"], &["--script", "restless"]]
        {
            let missed =
                (0..SCANS).filter(|_| Run::ours("pgrep").args(criterion).run().out() != found).count();
            assert_eq!(missed, 0, "{criterion:?}: of {SCANS} scans");
        }
        restless.kill().expect("kill");
        restless.wait().expect("wait");
    });
}

/// A process may also have no arguments at all: then its name in brackets is matched.
#[test]
fn a_process_without_arguments_is_found_by_its_name() {
    let victim = Victim::spec().without_arguments().spawn();
    assert_eq!(std::fs::read(format!("/proc/{}/cmdline", victim.pid())).expect("cmdline"), b"");
    let line = format!("[[]{}[]]", victim.name());
    assert!(matches(victim.pid(), &[b"-fx", line.as_bytes()]));
}

/// Each thread is read separately: 10,000 threads do not cost 10,000 times 10,000 files.
#[test]
fn threads_are_described_in_linear_time() {
    const THREADS: usize = 40;
    if !need("strace") {
        return;
    }
    // The description of a process has the blocked signals of all threads.
    let spec = Victim::spec().block(libc::SIGUSR1);
    let victim = (1..THREADS).fold(spec, |spec, _| spec.thread("one-of-many")).spawn();
    let dir = Dir::new();
    let trace = dir.path().join("trace");
    let strace = ["strace", "-f", "-e", "trace=openat", "-o", trace.to_str().expect("UTF-8")];
    let pid = victim.pid().to_string();
    let output = Run::ours("pgrep").args(["-w", "--verbose", "-p", &pid]).through(strace).run();
    assert_eq!(output.out().lines().count(), THREADS + 1, "{}", output.err());
    let trace = std::fs::read_to_string(&trace).expect("a trace");
    let read = trace.lines().filter(|line| line.contains("/status\"")).count();
    assert!((THREADS..2 * THREADS).contains(&read), "{read} of {THREADS} threads");
}
