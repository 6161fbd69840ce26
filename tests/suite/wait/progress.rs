//! The progress line on a terminal.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

use libc::SIGTERM;

use super::run;
use crate::support::{Output, Run, Victim, tracer};

/// Runs it with standard error on a terminal: what is written there, and the result.
fn on_terminal(run: Run) -> (String, Output) {
    let (master, stderr) = tracer::terminal();
    let running = run
        .prepare(move |command| {
            command.stderr(stderr);
        })
        .start();
    let reader = std::thread::spawn(move || {
        let mut text = vec![];
        let _ = File::from(master).read_to_end(&mut text); // EIO when it is closed on the other side
        String::from_utf8(text).expect("UTF-8")
    });
    let output = running.wait();
    (reader.join().expect("text"), output)
}

#[test]
fn progress_is_shown_unless_it_is_unwanted() {
    let victim = Victim::spec().ignore(SIGTERM).spawn();
    let named = &*format!(" s: {} {}", victim.pid(), victim.name());
    let cases = [
        ("pkill", "--timeout 1.2 --escalate 60:KILL", &[("TERM", "xterm")][..], ", KILL in 5"),
        ("pidwait", "--timeout 1.2", &[("TERM", "xterm"), ("NO_COLOR", "1")], named),
        ("pidwait", "--timeout 0.1", &[("TERM", "xterm")], ""),
        ("pidwait", "--timeout 0.7 --quiet", &[("TERM", "xterm")], ""),
        ("pidwait", "--timeout 0.7 --no-progress", &[("TERM", "xterm")], ""),
        ("pidwait", "--timeout 0.7", &[("TERM", "dumb")], ""),
        ("pidwait", "--timeout 0.7", &[], ""),
    ];
    let still =
        |program| format!("{program}: 1 process is still running: {} {}\r\n", victim.pid(), victim.name());
    for (program, args, env, progress) in cases {
        let run = env.iter().fold(run(program, args, &[&victim]), |run, (name, value)| run.env(name, value));
        let start = Instant::now();
        let (text, output) = on_terminal(run);
        let was_short = start.elapsed() < Duration::from_millis(500);
        assert_eq!((output.out(), output.status), (String::new(), 5), "{args}");
        if args == "--timeout 0.1" && !was_short {
            continue; // the line is for waits that take longer than expected
        }
        if progress.is_empty() {
            assert_eq!(text, still(program), "{args} {env:?}");
        } else {
            assert!(text.contains(progress), "{args} {env:?}: {text:?}");
            assert!(text.ends_with(&format!("\r\x1b[K{}", still(program))), "it stays: {text:?}");
        }
    }
    let output = run("pidwait", "--timeout 0.7", &[&victim]).env("TERM", "xterm").run();
    assert!(!output.err().contains("1 of 1"), "no terminal: {output:?}");
}
