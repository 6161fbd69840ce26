//! Processes with an exited main thread and other threads that run: /proc/PID shows a zombie, and its files are empty
//! or missing.

use std::net::TcpListener;

use crate::support::{Dir, Run, Spec, Victim, own_pid};

fn run(program: &str, args: &str, victims: &[&Victim]) -> Run {
    let names: Vec<&str> = victims.iter().map(|victim| victim.name()).collect();
    Run::ours(program).args(args.split(' ')).args(["-P", &own_pid(), &names.join("|")])
}

/// Every criterion that is read from a file which is empty after the main thread has exited.
#[test]
fn all_criteria_match_it() {
    let dir = Dir::new();
    let executable = dir.copy(&std::env::current_exe().expect("a path"), "executable");
    let deleted = dir.copy(&executable, "deleted");
    let socket = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let port = socket.local_addr().expect("an address").port().to_string();
    let directory = dir.path().to_str().expect("UTF-8");
    let tag = Victim::spec().tag();
    let part = || {
        let spec = Victim::named(&tag).executable(&executable).directory(dir.path());
        spec.arg0("interpreted").arg("/opt/a-script").env("COLOUR", "green")
    };
    let socket = std::os::fd::OwnedFd::from(socket);
    let holder = |spec: Spec| spec.holds(socket.try_clone().expect("a descriptor"));
    let alive = holder(part()).spawn();
    let main_exited = holder(part()).main_ends(&[]).spawn();
    let replaced = Victim::named(&tag).executable(&deleted).main_ends(&[]).spawn();
    std::fs::remove_file(&deleted).expect("remove the executable");
    let other = Victim::named(&tag).main_ends(&[]).spawn();
    let own = own_pid();
    let [alive, main_exited, replaced, other] =
        [alive, main_exited, replaced, other].map(|one| (one.pid(), one));
    let both = [alive.0, main_exited.0];
    let all = [alive.0, main_exited.0, replaced.0, other.0];
    let mut failed = vec![];
    for (args, expected) in [
        (&["-f", "^interpreted /opt/a-script"][..], &both[..]),
        (&["-f", &format!("{tag}.*<defunct>")], &[]),
        (&["--exe", executable.to_str().expect("UTF-8")], &both),
        (&["--exe", "executable"], &both),
        (&["--exe-deleted"], &[replaced.0]),
        (&["--cwd", directory], &both),
        (&["--port", &port], &both),
        (&["--env", "COLOUR=green"], &both),
        (&["--env", "SHAPE"], &[]),
        (&["--rss", "1"], &all),
        (&["--ns", &own], &all),
        (&["--ns", &main_exited.0.to_string()], &all),
    ] {
        let name: &[&str] = if args[0] == "-f" { &[] } else { &["-x", &tag] };
        let output = Run::ours("pgrep").args(["-P", &own]).args(args).args(name).run();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        if (output.pids(), output.err()) != (expected.clone(), String::new()) {
            failed.push(format!("{args:?}: {output:?}, not {expected:?}"));
        }
    }
    assert!(failed.is_empty(), "of {all:?}:\n{}", failed.join("\n"));
}

/// A truncated name is completed from the arguments or the executable.
#[test]
fn its_long_name_is_known() {
    let dir = Dir::new();
    let name = format!("{}-and-more", Victim::spec().tag());
    let executable = dir.copy(&std::env::current_exe().expect("a path"), &name);
    for arg0 in [&name[..], "x"] {
        let victim = Victim::named(&name).executable(&executable).arg0(arg0).main_ends(&[]).spawn();
        let output = Run::ours("pgrep").args(["-P", &own_pid(), "-x", &name]).run();
        assert_eq!(output.pids(), [victim.pid()], "{arg0}: {output:?}");
    }
}

fn stopped_and_running() -> [Victim; 2] {
    let mut victims = [(); 2].map(|()| Victim::spec().catch(libc::SIGUSR1).main_ends(&[]).spawn());
    victims[0].stop();
    victims
}

#[test]
fn one_that_was_stopped_stays_so() {
    let [stopped, mut running] = stopped_and_running();
    let output = run("pkill", "-USR1 --freeze", &[&stopped, &running]).run();
    assert_eq!((output.out(), output.err(), output.status), Default::default());
    let is_stopped = [&stopped, &running].map(|victim| victim.state() == "T");
    assert_eq!(is_stopped, [true, false]);
    assert!(!running.received().expect("it is running").is_empty());
}

#[test]
fn one_that_was_stopped_is_continued_on_request() {
    let [mut stopped, running] = stopped_and_running();
    let output = run("pkill", "-USR1 --cont", &[&stopped, &running]).run();
    assert_eq!((output.out(), output.err(), output.status), Default::default());
    assert_ne!(stopped.state(), "T");
    stopped.wait_continued();
    assert!(!stopped.received().expect("it is running").is_empty());
}
