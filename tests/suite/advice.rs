//! The advice for a user at a terminal where nothing matched.

use std::collections::BTreeMap;
use std::net::TcpListener;

use crate::support::{Dir, NOBODY, Run, Victim, namespace, need, need_root, on_terminal};

#[test]
fn a_miss_is_advised_on_a_terminal_only() {
    let victim = Victim::spec().arg("--queue=Mail[1]").spawn();
    let (pid, name) = (victim.pid(), victim.name());
    let upper = name.to_uppercase();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    let own_pid = &*pid.to_string();
    let (port, tcp) = (&*format!(":{port}"), &*format!("tcp:{port}"));
    let part = &name[..name.len() - 1];
    let rows: &[(&[&str], String)] = &[
        // As a part, the digits may be in the name of another process.
        (&["-x", own_pid], format!("{pid} is a process ID: use -p {pid}")),
        (&[port], format!("to select by port, use --port {}", &port[1..])),
        (&[tcp], format!("to select by port, use --port {tcp}")),
        (&[r"worker\d"], r"\d in a pattern is the letter d: use [0-9]".to_owned()),
        (&["queue=Mail", "-p", own_pid], "1 command line matches: use -f".to_owned()),
        (&["-f", "queue=mail", "-p", own_pid], "1 process matches with -i".to_owned()),
        (&["-f", "queue=Mail[1]", "-p", own_pid], "1 process matches with --fixed-strings".to_owned()),
        (&[&upper], "1 process matches with -i".to_owned()),
        (&["-x", part, "-p", own_pid], "1 process matches without -x".to_owned()),
    ];
    for (args, advice) in rows {
        for program in ["pgrep", "pkill", "pidwait"] {
            let run = || Run::ours(program).args(*args).env("TERM", "xterm");
            assert_eq!(on_terminal(run()), (format!("{program}: {advice}\n"), 1), "{program} {args:?}");
            let output = run().run();
            assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 1));
        }
    }
    // No advice: where something matches, with --quiet and --allow-none, and where nothing is similar.
    let run = |args: &[&str]| on_terminal(Run::ours("pgrep").args(args).env("TERM", "xterm"));
    assert_eq!(run(&["-x", name]), (format!("{pid}\n"), 0));
    assert_eq!(run(&["--quiet", "-x", own_pid]), (String::new(), 1));
    assert_eq!(run(&["--allow-none", "-x", own_pid]), (String::new(), 0));
    assert_eq!(run(&["no-such-name-1", "-p", own_pid]), (String::new(), 1));
    assert_eq!(on_terminal(Run::ours("pgrep").args(["-x", own_pid]).env("TERM", "dumb")), (String::new(), 1));
    assert_eq!(run(&["--inverse", "-p", own_pid, "-P", "4194304"]).1, 0);
}

#[test]
fn the_owner_of_what_would_match_is_named() {
    if !need_root() {
        return;
    }
    let victim = Victim::spec().uids(NOBODY, NOBODY, NOBODY).spawn();
    for option in ["-u", "-U"] {
        let (text, status) =
            on_terminal(Run::ours("pgrep").args([option, "root", victim.name()]).env("TERM", "xterm"));
        assert_eq!((&*text, status), ("pgrep: 1 process matches, owned by nobody\n", 1));
    }
    let (text, status) =
        on_terminal(Run::ours("pgrep").args(["-u", "nobdoy", victim.name()]).env("TERM", "xterm"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["pgrep: invalid user name: nobdoy", "pgrep: did you mean 'nobody'?"], "{text}");
    assert_eq!(status, 2);
}

#[test]
fn advice_costs_nothing_where_something_matches() {
    namespace(|| {
        if !need("strace") {
            return;
        }
        let (victim, dir) = (Victim::spec().spawn(), Dir::new());
        let file = dir.path().join("trace");
        // How often each system call is made, except those that print.
        let calls = |run: &dyn Fn(Run)| {
            let strace = ["strace", "-o", file.to_str().expect("UTF-8")];
            run(Run::ours("pgrep").args(["-l", "-x", victim.name()]).through(strace));
            let trace = std::fs::read_to_string(&file).expect("a trace");
            let mut calls = BTreeMap::<String, usize>::new();
            for call in trace.lines().filter_map(|line| line.split_once('(')) {
                *calls.entry(call.0.to_owned()).or_default() += 1;
            }
            calls.remove("write");
            calls
        };
        let through_pipe = calls(&|run| assert_eq!(run.run().status, 0));
        let on_a_terminal = calls(&|run| assert_eq!(on_terminal(run).1, 0));
        assert!(through_pipe["openat"] > 1, "{through_pipe:?}");
        assert_eq!(through_pipe, on_a_terminal);
    });
}
