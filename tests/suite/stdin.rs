//! `-p -`: the processes that standard input names.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::{Run, Scene, Victim, case, check, namespace, reference};

fn two(scene: &mut Scene) {
    scene.add("a", |part| part.catch(libc::SIGHUP));
    scene.add("b", |part| part.catch(libc::SIGHUP));
}

#[test]
fn the_first_word_of_each_line_is_a_process() {
    check(
        two,
        &[
            case("pgrep -p -")
                .stdin("{a.pid}\n{b.pid}\n")
                .pids("a b")
                .differs("stdin", reference().usage("not a number: -"))
                .since([4, 0, 5]),
            case("pgrep --pid=-").stdin("{a.pid}").pids("a").ours_only(),
            case("pgrep -p- {b}").stdin("{a.pid}\n{b.pid}\n").pids("b").ours_only(),
            case("pgrep -p -").stdin("\n  {b.pid} {a.pid} x\n\n\t{a.pid}\r\n").pids("a b").ours_only(),
            case("pgrep -p -").stdin("{a.pid}\n{a.pid}\n").pids("a").ours_only(),
            case("pgrep -p -").stdin("0\n4194305\n").nothing().ours_only(),
            // The last one is used, as of all options.
            case("pgrep -p - -p {b.pid}").stdin("x").pids("b").ours_only(),
            case("pkill -HUP -p - {tag}").stdin("{b.pid} {b}\n").fate("b", "HUP").ours_only(),
            case("pkill -HUP --tree -p - {tag}").stdin("{b.pid} {b}\n").fate("b", "HUP").ours_only(),
        ],
    );
}

/// Nothing is signalled, whatever lines are valid.
#[test]
fn a_bad_line_is_an_error_and_signals_nothing() {
    check(
        two,
        &[
            case("pkill -HUP -p - {tag}")
                .stdin("  PID TTY\n{a.pid} ?\n")
                .usage("{program}: standard input, line 1: not a process: PID\n")
                .ours_only(),
            case("pkill -HUP -p - {tag}")
                .stdin("{a.pid}\n\n{b.pid},{a.pid}\n")
                .usage("{program}: standard input, line 3: not a process: {b.pid},{a.pid}\n")
                .ours_only(),
            case("pkill -HUP -p - {tag}")
                .stdin("{a.pid}\n-1\n")
                .usage("line 2: not a process: -1\n")
                .ours_only(),
            case("pkill -HUP -p - {tag}")
                .stdin("{a.pid}\n{b.pid}:\n")
                .usage("line 2: not a process: ")
                .ours_only(),
            // The items of --print0 may have newlines, and a process chooses what follows them.
            case("pkill -HUP -p - {tag}")
                .stdin("{a.pid} x\n{b.pid} y\0")
                .usage("{program}: standard input, line 2: a NUL byte")
                .ours_only(),
            case("pkill -HUP -p {a.pid},- {tag}")
                .usage("{program}: - (standard input) cannot be an entry of a list: {a.pid},-\n")
                .ours_only(),
            case("pkill -HUP -P - {tag}").usage("{program}: not a number: -\n").ours_only(),
            case("pkill -HUP --exclude - {tag}").usage("{program}: not a number: -\n").ours_only(),
            case("pkill -HUP -p - -F - {tag}")
                .status(1)
                .says("{program}: Cannot use pidfile and pid option together\n")
                .ours_only(),
        ],
    );
}

/// Where nothing is chosen, nothing is signalled: neither everything nor, inverted, all others.
#[test]
fn empty_input_selects_nothing() {
    namespace(|| {
        check(
            two,
            &[
                case("pgrep -p -").nothing().ours_only(),
                case("pgrep -p -").stdin("\n\n  \n").nothing().ours_only(),
                case("pkill -KILL -p -").nothing().ours_only(),
                case("pkill -KILL --tree -p -").nothing().ours_only(),
                case("pkill -KILL --whole-group -p -").nothing().ours_only(),
                case("pkill -KILL --until-none -p -").nothing().ours_only(),
                case("pkill -KILL --inverse -A -p -").nothing().ours_only(),
                case("pkill -KILL --inverse --tree -A -p -").stdin("\n").nothing().ours_only(),
                case("pgrep --inverse -w -p -").nothing().ours_only(),
                case("pkill -KILL --allow-none -p -").ours_only(),
                case("pidwait -p -").nothing().ours_only(),
                // Inverted, all but these.
                case("pgrep --inverse -A -p -").stdin("{a.pid}\n").pids("b").ours_only(),
            ],
        );
    });
}

/// Each ends on its own: the program reads no more than the documented number of bytes and lines.
#[test]
fn endless_input_is_refused() {
    let victim = Victim::spec().spawn();
    for (text, message) in [
        (format!("{}\n", victim.pid()), "standard input has more than 4194304 lines\n"),
        ("\n".to_owned(), "standard input has more than 4194304 lines\n"),
        ("x".to_owned(), "standard input, line 1: not a process: xxxx"),
        (format!("{} ", victim.pid()), "standard input has more than 1073741824 bytes\n"),
        ("\0".to_owned(), "standard input, line 1: a NUL byte"),
    ] {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let block = text.repeat(65536 / text.len());
        // It ends when the reader has exited (EPIPE).
        let endless = std::thread::spawn(move || while writer.write_all(block.as_bytes()).is_ok() {});
        let mut command = Command::new(Run::ours("pkill").program());
        command.args(["-KILL", "-p", "-", victim.name()]).stdin(reader).stderr(Stdio::piped());
        let output = command.output().expect("pkill");
        drop(command); // and its copy of the pipe
        endless.join().expect("the writer");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.starts_with(&format!("pkill: {message}")), "{text:?}: {err}");
        assert_eq!(output.status.code(), Some(2), "{text:?}");
        assert!(err.len() < 300, "{text:?}: {err}");
    }
    assert!(!victim.is_zombie());
}

#[test]
fn input_that_cannot_be_read_is_fatal() {
    let mut victim = Victim::spec().catch(libc::SIGHUP).spawn();
    let directory = File::open("/").expect("a directory");
    let mut command = Command::new(Run::ours("pkill").program());
    command.args(["-HUP", "-p", "-", victim.name()]).stdin(directory);
    let output = command.output().expect("pkill");
    assert_eq!(output.stderr, b"pkill: cannot read standard input: Is a directory\n");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(victim.received(), Some(vec![]));
}
