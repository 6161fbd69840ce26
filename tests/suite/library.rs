//! The library for other programs: the processes that it finds, and the process that a signal reaches.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::Duration;

use pkill::{Error, PinnedProcess, Query, Signal, WaitOutcome};
use rustix::thread::{Uid, set_thread_res_uid};

use crate::support::pids::{LAST_PID, with_pid};
use crate::support::{Helper, NOBODY, Victim, namespace, need_file, need_root};

fn find_one(query: &Query) -> PinnedProcess {
    let mut found = query.find().expect("a search");
    assert_eq!(found.len(), 1, "{query:?}: {found:?}");
    found.remove(0)
}

#[test]
fn each_criterion_selects() {
    let name = Victim::spec().tag();
    let victim = Victim::named(&name).arg("--verbose").spawn();
    let other = Victim::spec().group().spawn();
    let own = std::process::id();
    let [start, end] = [&name[..4], &name[4..]];
    let upper = name.to_uppercase();
    let ids = std::fs::metadata("/proc/self").expect("our own process");
    let (uid, gid) = (ids.uid(), ids.gid());
    let by_name = || Query::new().name(&name);
    let by_pid = || Query::new().pid(victim.pid());
    let token = find_one(&by_pid()).token().expect("a token");
    let another = format!("{}@1", victim.pid()).parse().expect("a token");
    for (query, expected) in [
        (by_name(), true),
        (by_name().exact(), true),
        (Query::new().name(start).exact().parent(own), false),
        (Query::new().name(format!("^{start}.*{end}$")), true),
        (Query::new().name(format!("^{start}.*{end}$")).fixed_string(), false),
        (Query::new().name(&upper), false),
        (Query::new().name(&upper).ignore_case(), true),
        (Query::new().command_line(format!("^{name} --verb")), true),
        (Query::new().command_line(format!("^{name} --verb")).exact(), false),
        (by_name().pid(other.pid()), false),
        (by_name().pid(other.pid()).pid(victim.pid()), true),
        (by_name().pid(u32::MAX), false),
        (by_name().parent(own), true),
        (by_name().parent(other.pid()), false),
        (by_name().process_group(0), true),
        (by_name().process_group(other.pid()), false),
        (by_name().session(0), true),
        (by_name().session(other.pid()), false),
        (by_pid().uid(uid), true),
        (by_pid().uid(uid + 1), false),
        (by_pid().real_uid(uid), true),
        (by_pid().real_uid(uid + 1), false),
        (by_pid().real_gid(gid), true),
        (by_pid().real_gid(gid + 1), false),
        (Query::new().pid(victim.pid()).pid(other.pid()).newest(), victim.pid() > other.pid()),
        (Query::new().pid(victim.pid()).pid(other.pid()).oldest(), victim.pid() < other.pid()),
        (Query::new().pid(own), false),
        (by_name().exclude(victim.pid()), false),
        (by_name().exclude(other.pid()).exclude(u32::MAX), true),
        (Query::new().token(token), true),
        (Query::new().token(another), false),
        (Query::new().token(another).token(token), true),
        (by_name().token(another), false),
    ] {
        let found = query.find().expect("a search");
        let is_found = found.iter().any(|process| process.pid() == victim.pid());
        assert_eq!(is_found, expected, "{query:?}: {found:?}");
    }
    assert_eq!(find_one(&by_name()).name(), name.as_str());
}

#[test]
fn a_query_that_matches_everything_is_refused() {
    for query in [Query::new(), Query::new().name(""), Query::new().exact().newest()] {
        assert!(matches!(query.find(), Err(Error::NoCriteria)), "{query:?}");
    }
    let error = Query::new().name("a{2").find().expect_err("no pattern");
    assert_eq!(error.to_string(), "invalid pattern: Unmatched \\{");
    assert!(matches!(Query::new().real_group("no-such-group").find(), Err(Error::UnknownGroup(_))));
}

#[test]
fn a_process_that_has_changed_its_name_is_not_signalled() {
    let name = Victim::spec().tag();
    let rename = "echo ready; read line; printf other >/proc/$$/comm; echo done; read line";
    let script = format!("printf {name} >/proc/$$/comm; {rename}");
    let mut helper = Helper::ready(Command::new("sh").args(["-c", &script]));
    let process = find_one(&Query::new().name(&name).exact());
    process.verify().expect("it still matches");
    helper.tell("");
    helper.hear();
    for result in [process.verify(), process.signal(Signal::KILL)] {
        assert!(matches!(result, Err(Error::Changed { pid }) if pid == helper.pid()), "{result:?}");
    }
    assert_eq!(process.wait(Some(Duration::ZERO)).expect("a wait"), WaitOutcome::TimedOut);
    assert!(helper.lives());
}

/// The successor has the same properties as the victim, except its start time.
#[test]
fn a_process_that_got_the_pid_later_is_not_signalled() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        let name = Victim::spec().tag();
        let predecessor = with_pid(20_000, Victim::named(&name).catch(libc::SIGUSR1));
        let process = find_one(&Query::new().name(&name));
        drop(predecessor);
        let mut successor = with_pid(20_000, Victim::named(&name).catch(libc::SIGUSR1));
        let result = process.signal(Signal::USR1);
        assert!(matches!(result, Err(Error::Exited { pid: 20_000 })), "{result:?}");
        assert!(matches!(process.wait(None).expect("a wait"), WaitOutcome::Exited(_)));
        assert_eq!(successor.received(), Some(vec![]));
        find_one(&Query::new().name(&name)).signal(Signal::USR1).expect("the successor matches too");
        assert_eq!(successor.received().map(|all| all.len()), Some(1));
    });
}

#[test]
fn a_zombie_has_exited() {
    let mut victim = Victim::spec().spawn();
    let query = Query::new().name(victim.name());
    let process = find_one(&query);
    victim.make_zombie();
    assert!(matches!(process.signal(Signal::TERM), Err(Error::Exited { .. })));
    assert!(query.find().expect("a search").is_empty());
}

#[test]
fn a_refusal_has_its_own_error() {
    if !need_root() {
        return;
    }
    let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
    let process = find_one(&Query::new().name(victim.name()));
    let result = std::thread::spawn(move || {
        // Of this thread only: that is the effect of the bare system call.
        let user = Uid::from_raw(NOBODY);
        set_thread_res_uid(user, user, user).expect("setresuid");
        process.signal(Signal::USR1)
    });
    let result = result.join().expect("a result");
    assert!(matches!(result, Err(Error::NotPermitted { pid }) if pid == victim.pid()), "{result:?}");
    assert_eq!(victim.received(), Some(vec![]));
}

#[test]
fn a_wait_reports_how_the_process_exited() {
    for (signal, reap_first) in [(None, false), (Some(Signal::KILL), false), (Some(Signal::KILL), true)] {
        let mut victim = Victim::spec().spawn();
        let process = find_one(&Query::new().name(victim.name()));
        assert_eq!(process.wait(Some(Duration::ZERO)).expect("a wait"), WaitOutcome::TimedOut);
        match signal {
            Some(signal) => process.signal(signal).expect("it matches"),
            None => victim.finish(),
        }
        let reaped = reap_first.then(|| victim.wait());
        let WaitOutcome::Exited(status) = process.wait(None).expect("a wait") else { panic!("it runs") };
        // After it was reaped, the kernel reports it since Linux 6.15.
        assert!(status.is_some() || reap_first);
        let Some(status) = status else { continue };
        assert_eq!(status.signal(), signal.map(Signal::number));
        assert_eq!(status.code(), signal.is_none().then_some(0));
        assert_eq!(status, reaped.unwrap_or_else(|| victim.wait()), "the child can still be reaped");
    }
}

#[test]
fn the_types_can_be_shared_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Query>();
    check::<PinnedProcess>();
    check::<Error>();
}

/// The code in the README is that of the doc test.
#[test]
fn the_readme_shows_the_doc_test() {
    let readme = include_str!("../../README.md");
    let (_, shown) = readme.split_once("## As a library\n\n```rust\n").expect("the section");
    let shown = shown.split("```").next().expect("the code");
    let library = include_str!("../../src/lib.rs");
    let tested = library.split("//! ```\n").nth(1).expect("the doc test").lines();
    let tested = tested.map(|line| line.strip_prefix("//!").expect("a doc comment").trim_start_matches(' '));
    let plain = |line: &str| line.trim_start().to_owned();
    let tested: Vec<String> = tested.filter(|line| !line.starts_with('#')).map(plain).collect();
    assert_eq!(shown.lines().map(plain).collect::<Vec<_>>(), tested);
}
