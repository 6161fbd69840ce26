//! `--interactive`: the answers, and what happens to the process while the question is asked.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::schedule::{SIGNAL, Stage, bystander_part};
use crate::support::asked::Asked;
use crate::support::clock::until_older_than_now;
use crate::support::pids::with_pid;
use crate::support::{Victim, eventually, namespace, tracer};

/// While a question is asked, anything may happen to the process in it.
#[test]
fn an_answer_that_comes_too_late() {
    namespace(|| {
        let Some(mut stage) = Stage::new() else { return };
        let victim = stage.victim();
        let pid = victim.pid();
        let mut asked = Asked::start(&[victim.name()]);
        asked.question();
        drop(victim);
        let mut bystander = with_pid(pid, bystander_part());
        asked.answer("y\n");
        assert_eq!(asked.end(), (vec!["gone".into()], 1));
        assert_eq!(bystander.received(), Some(vec![]));

        // It becomes another program.
        let script = stage.dir.script("becomes", "#!/bin/sh\nread line && exec cat\n");
        let mut process = Command::new(script).stdin(Stdio::piped()).spawn().expect("start a script");
        let comm = format!("/proc/{}/comm", process.id());
        let is = |name: &str| std::fs::read_to_string(&comm).is_ok_and(|comm| comm.trim_end() == name);
        until_older_than_now(process.id());
        let mut asked = Asked::start(&["becomes"]);
        asked.question();
        let mut stdin = process.stdin.take().expect("a pipe");
        stdin.write_all(b"go on\n").expect("write");
        eventually("it has become another", || is("cat"));
        asked.answer("y\n");
        assert_eq!(asked.end(), (vec!["no_longer_matches".into()], 1));
        drop(stdin);
        assert_eq!(process.wait().expect("wait").code(), Some(0), "it was not signalled");

        // It closes the port.
        let script = stage.dir.script("gives-up", "#!/bin/sh\nread line && exec >/dev/null; read line\n");
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a listening socket");
        let port = socket.local_addr().expect("an address").port().to_string();
        let mut command = Command::new(script);
        command.stdin(Stdio::piped()).stdout(std::os::fd::OwnedFd::from(socket));
        let mut process = command.spawn().expect("start a script");
        drop(command);
        until_older_than_now(process.id());
        let mut asked = Asked::start(&["--port", &port]);
        asked.question();
        let mut stdin = process.stdin.take().expect("a pipe");
        stdin.write_all(b"go on\n").expect("write");
        let stdout = format!("/proc/{}/fd/1", process.id());
        let leads_to = |path: &str| std::fs::read_link(&stdout).is_ok_and(|target| target == Path::new(path));
        eventually("it has given up the port", || leads_to("/dev/null"));
        asked.answer("y\n");
        assert_eq!(asked.end(), (vec!["no_longer_matches".into()], 1));
        drop(stdin);
        assert_eq!(process.wait().expect("wait").code(), Some(1), "it was not signalled");
    });
}

#[test]
fn every_answer() {
    namespace(|| {
        let Some(mut stage) = Stage::new() else { return };
        // To three targets; the end of the input (^D at the beginning of a line) is like q.
        for (answers, fates, status) in [
            ("y\nn\ny\n", [true, false, true], 0),
            ("n\nn\nn\n", [false, false, false], 1),
            ("n\na\n", [false, true, true], 0),
            ("YES\nAll\n", [true, true, true], 0),
            ("y\nq\n", [true, false, false], 0),
            ("q\n", [false, false, false], 1),
            ("\x04", [false, false, false], 1),
            ("y\n\x04", [true, false, false], 0),
            ("yess\nwhat?\n\u{fc}\ny\n\nno\n", [true, false, false], 0),
        ] {
            let first = stage.victim();
            let name = first.name().to_owned();
            let like = || Victim::named(&name).catch(SIGNAL).spawn();
            let mut victims = [first, like(), like()];
            victims.sort_by_key(Victim::pid);
            let mut asked = Asked::start(&["-x", &name]);
            let question = asked.question();
            let parts = [name.as_str(), &victims[0].pid().to_string(), "USR1"];
            assert!(parts.iter().all(|word| question.contains(word)), "{question:?}");
            for (at, answer) in answers.split_inclusive(['\n', '\x04']).enumerate() {
                if at > 0 {
                    asked.question();
                }
                asked.answer(answer);
            }
            let wanted = |signalled| if signalled { "signalled" } else { "skipped" }.to_owned();
            assert_eq!(asked.end(), (fates.map(wanted).to_vec(), status), "{answers:?}");
            let received = victims.each_mut().map(|victim| victim.received().expect("it lives").len());
            assert_eq!(received, fates.map(usize::from), "{answers:?}");
        }
    });
}

#[test]
fn a_question_needs_a_terminal() {
    let mut victim = Victim::spec().catch(SIGNAL).spawn();
    let mut command = tracer::ours("pkill");
    command.args(["-USR1", "--interactive", "-x", victim.name()]);
    tracer::without_terminal(&mut command);
    let output = command.output().expect("run pkill");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("pkill: ") && err.contains("terminal") && err.contains("--help"), "{err}");
    assert_eq!((output.stdout.len(), victim.received()), (0, Some(vec![])));
}
