//! [`Predicate`] on processes that are made up.

mod each;

use super::*;
use crate::proc::{FileId, HeldSocket, Link};
use crate::request::Namespace;

/// A process with an ID, a name and a state; nothing else of it can be read.
#[derive(Clone)]
struct Fake {
    pid: Pid,
    name: Lookup<&'static [u8]>,
    state: Lookup<u8>,
    /// The nearest first.
    ancestors: Vec<Fake>,
    /// The facts that were asked for, in order.
    asked: Vec<&'static str>,
}

fn fake(pid: Pid, name: &'static str) -> Fake {
    Fake { pid, name: Ok(name.as_bytes()), state: Ok(b'S'), ancestors: vec![], asked: vec![] }
}

fn failing(pid: Pid, why: LookupError) -> Fake {
    Fake { name: Err(why), ..fake(pid, "") }
}

macro_rules! unreadable {
    ($($fact:ident -> $type:ty,)*) => {
        $(fn $fact(&mut self) -> Lookup<$type> { Err(LookupError::Io(rustix::io::Errno::NOSYS)) })*
    };
}

impl Facts for Fake {
    fn pid(&self) -> Pid {
        self.pid
    }
    fn thread_group(&self) -> Pid {
        self.pid
    }
    fn name(&mut self) -> Lookup<&[u8]> {
        self.asked.push("name");
        self.name
    }
    fn state(&mut self) -> Lookup<u8> {
        self.asked.push("state");
        self.state
    }
    fn has_ancestor<E: From<LookupError>>(
        &mut self,
        is_like_this: impl FnMut(&mut Self) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut is_like_this = is_like_this;
        for ancestor in &mut self.ancestors {
            if is_like_this(ancestor)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
    fn ancestor_among(&mut self, wanted: &Arc<[Pid]>) -> Lookup<Option<Pid>> {
        Ok(self.ancestors.iter().map(|one| one.pid).find(|pid| wanted.contains(pid)))
    }
    fn displayed(&mut self, _: ProcessText) -> Lookup<Option<&[u8]>> {
        Ok(None)
    }
    fn owns_sockets_of(&mut self, _: u32) -> Lookup<bool> {
        Err(LookupError::Denied)
    }
    fn namespace(&mut self, _: Namespace) -> Lookup<Option<FileId>> {
        Err(LookupError::Denied)
    }
    unreadable! {
        session -> Pid, process_group -> Pid, effective_uid -> u32, real_uid -> u32, real_gid -> u32,
        caught_signals -> u64, parent -> Pid, terminal -> u32, has_ended -> bool, is_kernel_thread -> bool,
        cpu_time -> u64, resident_memory -> u64, executable -> Option<&Link>, executable_file -> Option<FileId>,
        working_directory -> Option<Link>, scripts -> Vec<Vec<u8>>, start_time -> u64, full_name -> Option<&[u8]>,
        command_line -> &[u8], arguments -> &[u8], environment -> Option<&[u8]>, is_local -> bool, sockets -> &[HeldSocket],
        cgroups -> &[u8],
    }
}

fn named(text: &str) -> Test {
    Test::Name(Pattern::new(text.as_bytes(), Default::default()).expect("a pattern"))
}

fn processes(pids: &[Pid]) -> NamedProcesses {
    pids.iter().map(|&pid| NamedProcess::number(pid)).collect()
}

fn sleeping() -> Test {
    Test::State([b'S'].into())
}

/// Its memory, and the files that its links lead to: a read without a time limit would never end.
#[test]
fn what_another_process_can_hold_up() {
    let pattern = || Pattern::new(b"a", Default::default()).expect("a pattern");
    for (test, expected) in [
        (named("a"), false),
        (sleeping(), false),
        (Test::Zombie, false),
        (Test::Not(Box::new(Test::Zombie)), false),
        (Test::FullName(pattern()), true),
        (Test::CommandLine(pattern()), true),
        (Test::Not(Box::new(Test::CommandLine(pattern()))), true),
        (Test::Script(FileName::Base(b"a".to_vec())), true),
        (Test::Environment(vec![b"A=b".to_vec()]), true),
        (Test::Executable(FileName::Base(b"a".to_vec())), true),
        (Test::ExecutableDeleted, true),
        (Test::WorkingDirectory(b"/".to_vec()), true),
    ] {
        assert_eq!(test.can_be_held_up(), expected, "{test:?}");
    }
}

#[test]
fn tests_are_tried_by_cost_until_one_fails() {
    for (process, asked, expected) in [
        (fake(7, "a"), &["name", "state"][..], Ok(true)),
        (fake(7, "b"), &["name"], Ok(false)),
        (Fake { state: Ok(b'Z'), ..fake(7, "a") }, &["name", "state"], Ok(false)),
        // What is wrong with a process is reported rather than what may not be read.
        (
            Fake { state: Err(LookupError::Denied), ..failing(7, LookupError::TimedOut) },
            &["name", "state"],
            Err(LookupError::TimedOut.into()),
        ),
        (
            Fake { state: Err(LookupError::TimedOut), ..failing(7, LookupError::Denied) },
            &["name", "state"],
            Err(LookupError::TimedOut.into()),
        ),
        // What is denied may be decided by another test.
        (failing(7, LookupError::Denied), &["name", "state"], Err(LookupError::Denied.into())),
        (Fake { state: Ok(b'Z'), ..failing(7, LookupError::Denied) }, &["name", "state"], Ok(false)),
        (failing(7, LookupError::Gone), &["name"], Err(LookupError::Gone.into())),
    ] {
        for inverse in [false, true] {
            let mut process = process.clone();
            let predicate = Predicate::new(vec![sleeping(), named("a")], inverse, Excluded::default());
            let expected = expected.clone().map(|passes: bool| passes != inverse);
            assert_eq!(predicate.matches(&mut process), expected, "{} {inverse}", process.pid);
            assert_eq!(process.asked, asked);
        }
    }
}

#[test]
fn excluded_processes_never_match() {
    for inverse in [false, true] {
        let excluded = Excluded { own: [7].into(), named: processes(&[8]) };
        let predicate = Predicate::new(vec![named("a")], inverse, excluded);
        for (pid, name) in [(7, "a"), (7, "b"), (8, "a"), (8, "b")] {
            assert_eq!(predicate.matches(&mut fake(pid, name)), Ok(false), "{pid} {name}");
        }
        assert_eq!(predicate.matches(&mut fake(9, "a")), Ok(!inverse));
    }
}

#[test]
fn with_descendants_an_ancestor_decides() {
    let descends = |ancestors: &[Fake]| Fake { ancestors: ancestors.to_vec(), ..fake(9, "b") };
    for (process, expected) in [
        (descends(&[]), Ok(false)),
        (descends(&[fake(8, "b"), fake(7, "a")]), Ok(true)),
        (descends(&[fake(8, "b"), fake(6, "c")]), Ok(false)),
        // This process is the root of no tree, and one that the user excludes is: its descendants are no less spared.
        (descends(&[fake(5, "a")]), Ok(false)),
        (descends(&[fake(6, "a")]), Ok(true)),
        // An ancestor that has exited has no descendants any more, and is none that matches.
        (descends(&[failing(8, LookupError::Gone)]), Ok(false)),
        (descends(&[failing(8, LookupError::Gone), fake(7, "a")]), Ok(true)),
        (descends(&[failing(8, LookupError::Denied)]), Err(LookupError::Denied.into())),
    ] {
        for inverse in [false, true] {
            let excluded = Excluded { own: [5].into(), named: processes(&[6]) };
            let predicate = Predicate::new(vec![named("a")], inverse, excluded).with_descendants();
            let expected = expected.clone().map(|passes: bool| passes != inverse);
            assert_eq!(predicate.matches(&mut process.clone()), expected);
        }
    }
}

/// What a list highlights. Inverted, no pattern matches what is listed.
#[test]
fn the_part_that_matches_is_of_the_text_that_the_pattern_is_for() {
    let pattern = |text: &str| Pattern::new(text.as_bytes(), Default::default()).expect("a pattern");
    for inverse in [false, true] {
        let tests = vec![Test::CommandLine(pattern("b")), Test::Name(pattern("a"))];
        let predicate = Predicate::new(tests, inverse, Excluded::default());
        for (text, bytes, expected) in [
            (ProcessText::Name, &b"b a"[..], Some(2..3)),
            (ProcessText::CommandLine, b"a b", Some(2..3)),
            (ProcessText::FullName, b"a b", None),
        ] {
            assert_eq!(predicate.part_of(text, bytes), expected.filter(|_| !inverse), "{text:?}");
        }
    }
}

#[test]
fn newest_and_oldest() {
    // Start time, process ID.
    let all = vec![(5, 10), (9, 11), (9, 12), (5, 13)];
    for (which, expected) in
        [(Pick::All, all.clone()), (Pick::Newest, vec![(9, 12)]), (Pick::Oldest, vec![(5, 10)])]
    {
        assert_eq!(pick(which, all.clone(), |one| *one), expected);
    }
    assert_eq!(pick(Pick::Newest, vec![], |one: &(u64, Pid)| *one), []);
}

#[test]
fn variables_by_name_or_by_name_and_value() {
    let environment = b"A=1\0AB=\0C=x=y\0D\0";
    for (wanted, expected) in [
        ("A", true),
        ("A=1", true),
        ("A=", false),
        ("A=12", false),
        ("AB", true),
        ("AB=", true),
        ("B", false),
        ("C=x", false),
        ("C=x=y", true),
        ("D", true),
        ("a", false),
    ] {
        assert_eq!(has_variable(environment, &[wanted.into()]), expected, "{wanted}");
    }
    assert!(has_variable(environment, &["no".into(), "AB".into()]) && !has_variable(environment, &[]));
}
