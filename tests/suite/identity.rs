//! The owner of a process, and whether it may be signalled: users, groups, root and ordinary users.

use std::io::Read;

use rustix::event::{PollFd, PollFlags, poll};

use crate::support::{DEADLINE, Run, Victim, namespace, need_root, own_pid};

/// An ordinary user without an entry in the user database, and its group.
const USER: u32 = 54_321;
const ROOT: u32 = 0;

fn as_user(program: &str, user: u32) -> Run {
    let run = Run::ours(program);
    if user == ROOT { run } else { run.user(user, user) }
}

#[test]
fn effective_and_real_ids_are_distinguished() {
    namespace(|| {
        // Names that every Debian has, and their numbers: base-passwd(8).
        let victim = Victim::spec().groups(&[777]).gids(2, 3, 203).uids(1, 65534, 103).spawn();
        let cases = [
            ("-u", "65534", true),
            ("-u", "nobody", true),
            ("-u", "0,nobody", true),
            ("-u", "1", false),
            ("-u", "daemon", false),
            ("-u", "103", false),
            ("-U", "1", true),
            ("-U", "daemon", true),
            ("-U", "root,daemon,sys", true),
            ("-U", "65534", false),
            ("-U", "nobody", false),
            ("-U", "103", false),
            ("-G", "2", true),
            ("-G", "bin", true),
            ("-G", "0,bin", true),
            ("-G", "3", false),
            ("-G", "sys", false),
            ("-G", "203", false),
            ("-G", "777", false),
            ("-u", "4294967294", false),
            ("-U", "4294967294", false),
            ("-G", "4294967294", false),
        ];
        for user in [ROOT, USER] {
            for (option, list, found) in cases {
                let output = as_user("pgrep", user).args([option, list, victim.name()]).run();
                let expected = if found { (format!("{}\n", victim.pid()), 0) } else { (String::new(), 1) };
                assert_eq!((output.out(), output.status), expected, "user {user}: {option} {list}");
                assert_eq!(output.err(), "", "user {user}: {option} {list}");
            }
            let output = as_user("pgrep", user).args(["-u", "nobody", "-U", "daemon", "-G", "bin"]).run();
            assert_eq!(output.pids(), [victim.pid()], "user {user}: all three");
        }
    });
}

#[test]
fn a_user_or_group_that_does_not_exist_is_an_error() {
    let cases = [
        ("-u", "no-such-user", "invalid user name: no-such-user"),
        ("-U", "root,no-such-user", "invalid user name: no-such-user"),
        ("-G", "no-such-group", "invalid group name: no-such-group"),
        ("-u", "4294967295", "invalid user name: 4294967295"),
        ("-U", "99999999999999999999", "invalid user name: 99999999999999999999"),
        ("-G", "4294967296", "invalid group name: 4294967296"),
        ("-u", "1x", "invalid user name: 1x"),
        ("-u", "-1", "invalid user name: -1"),
        ("-u", ",", "invalid empty list"),
        ("-U", "", "invalid empty list"),
        ("-G", ",,", "invalid empty list"),
    ];
    for program in ["pgrep", "pkill", "pidwait"] {
        for (option, list, message) in cases {
            let output = Run::ours(program).args([option, list, "-P", &own_pid(), "no-such-name"]).run();
            assert_eq!((output.out(), output.status), (String::new(), 2), "{program} {option} {list}");
            let first = output.err().lines().next().unwrap_or_default().to_owned();
            assert_eq!(first, format!("{program}: {message}"), "{option} {list}");
        }
    }
}

#[test]
fn a_refusal_changes_the_status_only_if_nothing_was_signalled() {
    if !need_root() {
        return;
    }
    let mut roots = Victim::spec().catch(libc::SIGHUP).spawn();
    let name = roots.name().to_owned();
    let pid = roots.pid();
    let own = || Victim::named(&name).gids(USER, USER, USER).uids(USER, USER, USER);
    let refusal = format!("pkill: killing pid {pid} failed: Operation not permitted\n");

    for signal in ["-HUP", "-0"] {
        let output = as_user("pkill", USER).args([signal, "-e", "-x", &name]).run();
        assert_eq!(
            (output.out(), output.err(), output.status),
            (String::new(), refusal.clone(), 1),
            "{signal}"
        );
    }
    let mut mine = own().spawn();
    let output = as_user("pkill", USER).args(["-HUP", "-e", "-x", &name]).run();
    let killed = format!("{name} killed (pid {})\n", mine.pid());
    assert_eq!((output.out(), output.err(), output.status), (killed, refusal, 0), "one of two");
    assert_eq!(mine.killed_by(), Some(libc::SIGHUP));
    assert_eq!(roots.received(), Some(vec![]));

    // kill(2): the sender's real or effective user must be the target's real or saved one; its effective user
    // is not considered.
    let mut saved = Victim::named(&name).gids(USER, USER, USER).uids(1, 1, USER).spawn();
    let mut effective =
        Victim::named(&name).gids(USER, USER, USER).uids(1, USER, 1).catch(libc::SIGHUP).spawn();
    let output = as_user("pkill", USER).args(["-HUP", "-x", "-U", "1", &name]).run();
    let refusal = format!("pkill: killing pid {} failed: Operation not permitted\n", effective.pid());
    assert_eq!((output.err(), output.status), (refusal, 0));
    assert_eq!(saved.killed_by(), Some(libc::SIGHUP));
    assert_eq!(effective.received(), Some(vec![]));

    // Root may signal any process.
    let mut mine = own().spawn();
    let output = as_user("pkill", ROOT).args(["-HUP", "-x", &name]).run();
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0));
    assert_eq!(mine.killed_by(), Some(libc::SIGHUP));
    assert_eq!(roots.received().map(|all| all.len()), Some(1));
}

/// What may not be read is no error, and matches no criterion: the environment and the namespaces of another user's
/// process (proc_pid_environ(5), namespaces(7)).
#[test]
fn what_may_not_be_read_does_not_match() {
    if !need_root() {
        return;
    }
    let victim = Victim::spec().env("COLOUR", "blue").spawn();
    let own =
        Victim::named(victim.name()).gids(USER, USER, USER).uids(USER, USER, USER).env("COLOUR", "blue");
    let own = own.dumpable().spawn();
    let pid = own.pid().to_string();
    for args in [["--env", "COLOUR=blue"], ["--env", "COLOUR"], ["--ns", &pid], ["-u", &USER.to_string()]] {
        let output = as_user("pgrep", USER).args(args).args(["-x", victim.name()]).run();
        assert_eq!((output.err(), output.pids()), (String::new(), vec![own.pid()]), "{args:?}");
        let output = as_user("pgrep", ROOT).args(args).args(["-x", victim.name()]).run();
        let all = if args[0] == "-u" { vec![own.pid()] } else { vec![victim.pid(), own.pid()] };
        assert_eq!((output.err(), output.pids()), (String::new(), all), "root: {args:?}");
    }
}

/// Waiting takes no permission: pidfd_open(2).
#[test]
fn an_ordinary_user_may_wait_for_roots_process() {
    if !need_root() {
        return;
    }
    let mut victim = Victim::spec().spawn();
    let mut waiting = as_user("pidwait", USER).args(["-e", "-x", victim.name()]).start();
    let line = format!("waiting for {} (pid {})\n", victim.name(), victim.pid());
    let mut said = vec![0; line.len()];
    let timeout = DEADLINE.try_into().expect("a timeout");
    let speaks = poll(&mut [PollFd::new(waiting.stdout(), PollFlags::IN)], Some(&timeout)).expect("poll");
    assert_eq!(speaks, 1, "it keeps what it has to say until the end");
    waiting.stdout().read_exact(&mut said).expect("it says that it waits, before it waits");
    assert_eq!(String::from_utf8(said).as_deref(), Ok(line.as_str()));
    victim.finish();
    let output = waiting.wait();
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 0));
}
