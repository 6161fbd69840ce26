//! Each [`Test`] on a process with known facts: what passes, and what just does not.

use super::*;

/// A process with these facts.
struct Known {
    parent: Pid,
    ancestors: Vec<Pid>,
    executable: Option<Link>,
    executable_file: Option<FileId>,
    scripts: Vec<Vec<u8>>,
    full_name: Option<&'static [u8]>,
    environment: Option<&'static [u8]>,
    namespaces: Vec<FileId>,
    ended: bool,
}

fn file(inode: u64) -> FileId {
    FileId { device: 1, inode }
}

fn link(path: &str) -> Link {
    Link { path: path.as_bytes().to_vec(), deleted: false }
}

fn known() -> Known {
    Known {
        parent: 6,
        ancestors: vec![6, 5],
        executable: Some(link("/bin/run")),
        executable_file: Some(file(3)),
        scripts: vec![b"lib/tool".to_vec()],
        full_name: Some(b"a-name-of-more-than-15-bytes"),
        environment: Some(b"A=1\0AB=2\0B\0"),
        namespaces: vec![file(1), file(2)],
        ended: false,
    }
}

impl Facts for Known {
    fn pid(&self) -> Pid {
        7
    }
    fn thread_group(&self) -> Pid {
        7
    }
    fn session(&mut self) -> Lookup<Pid> {
        Ok(20)
    }
    fn process_group(&mut self) -> Lookup<Pid> {
        Ok(30)
    }
    fn effective_uid(&mut self) -> Lookup<u32> {
        Ok(100)
    }
    fn real_uid(&mut self) -> Lookup<u32> {
        Ok(101)
    }
    fn real_gid(&mut self) -> Lookup<u32> {
        Ok(102)
    }
    fn caught_signals(&mut self) -> Lookup<u64> {
        Ok(0b110)
    }
    fn parent(&mut self) -> Lookup<Pid> {
        Ok(self.parent)
    }
    fn ancestor_among(&mut self, wanted: &Arc<[Pid]>) -> Lookup<Option<Pid>> {
        Ok(self.ancestors.iter().copied().find(|pid| wanted.contains(pid)))
    }
    fn has_ancestor<E: From<LookupError>>(
        &mut self,
        _: impl FnMut(&mut Self) -> Result<bool, E>,
    ) -> Result<bool, E> {
        Ok(false)
    }
    fn terminal(&mut self) -> Lookup<u32> {
        Ok(1025)
    }
    fn state(&mut self) -> Lookup<u8> {
        Ok(b'S')
    }
    fn has_ended(&mut self) -> Lookup<bool> {
        Ok(self.ended)
    }
    fn is_kernel_thread(&mut self) -> Lookup<bool> {
        Ok(false)
    }
    fn cpu_time(&mut self) -> Lookup<u64> {
        Ok(500)
    }
    fn resident_memory(&mut self) -> Lookup<u64> {
        Ok(4096)
    }
    fn executable(&mut self) -> Lookup<Option<&Link>> {
        Ok(self.executable.as_ref())
    }
    fn executable_file(&mut self) -> Lookup<Option<FileId>> {
        Ok(self.executable_file)
    }
    fn working_directory(&mut self) -> Lookup<Option<Link>> {
        Ok(Some(link("/srv/app")))
    }
    fn scripts(&mut self) -> Lookup<Vec<Vec<u8>>> {
        Ok(self.scripts.clone())
    }
    fn start_time(&mut self) -> Lookup<u64> {
        Ok(1000)
    }
    fn name(&mut self) -> Lookup<&[u8]> {
        Ok(b"a-name-of-more-")
    }
    fn full_name(&mut self) -> Lookup<Option<&[u8]>> {
        Ok(self.full_name)
    }
    fn command_line(&mut self) -> Lookup<&[u8]> {
        Ok(b"run lib/tool -x")
    }
    fn displayed(&mut self, text: ProcessText) -> Lookup<Option<&[u8]>> {
        Ok(Some(match text {
            ProcessText::Name => b"a name",
            ProcessText::FullName => b"a full name as displayed",
            ProcessText::CommandLine => b"run, as displayed",
        }))
    }
    fn arguments(&mut self) -> Lookup<&[u8]> {
        Ok(b"run\0lib/tool\0-x\0")
    }
    fn environment(&mut self) -> Lookup<Option<&[u8]>> {
        Ok(self.environment)
    }
    fn is_local(&mut self) -> Lookup<bool> {
        Ok(true)
    }
    fn sockets(&mut self) -> Lookup<&[HeldSocket]> {
        Ok(&[])
    }
    fn owns_sockets_of(&mut self, _: u32) -> Lookup<bool> {
        Ok(true)
    }
    fn cgroups(&mut self) -> Lookup<&[u8]> {
        Ok(b"0::/system.slice/a.service\n")
    }
    fn namespace(&mut self, kind: Namespace) -> Lookup<Option<FileId>> {
        Ok(self.namespaces.get(usize::from(kind == Namespace::Pid)).copied())
    }
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text.as_bytes(), Default::default()).expect("a pattern")
}

fn groups(ids: &[Pid]) -> BTreeMap<Pid, NamedGroup> {
    ids.iter().map(|&id| (id, NamedGroup::number(id))).collect()
}

fn path(spelling: &str, inode: Option<u64>) -> FileName {
    FileName::Path { spellings: vec![spelling.as_bytes().to_vec()], file: inode.map(file) }
}

fn base(name: &str) -> FileName {
    FileName::Base(name.as_bytes().to_vec())
}

fn variables(text: &[&str]) -> Test {
    Test::Environment(text.iter().map(|one| one.as_bytes().to_vec()).collect())
}

#[test]
fn each_test_passes_what_it_names_and_nothing_else() {
    let deleted = || Known { executable: Some(Link { deleted: true, ..link("/bin/run") }), ..known() };
    let age = |least| Test::Age { now: 1500, least };
    for (index, (test, process, expected)) in [
        (Test::Pid(processes(&[8, 7])), known(), true),
        (Test::Pid(processes(&[6, 8])), known(), false),
        (Test::Pid(processes(&[])), known(), false),
        (Test::Session(groups(&[1, 20])), known(), true),
        (Test::Session(groups(&[7, 30])), known(), false),
        (Test::ProcessGroup(groups(&[1, 30])), known(), true),
        (Test::ProcessGroup(groups(&[7, 20])), known(), false),
        (Test::EffectiveUser([1, 100].into()), known(), true),
        (Test::EffectiveUser([101, 102].into()), known(), false),
        (Test::RealUser([1, 101].into()), known(), true),
        (Test::RealUser([100, 102].into()), known(), false),
        (Test::RealGroup([1, 102].into()), known(), true),
        (Test::RealGroup([100, 101].into()), known(), false),
        (Test::Name(pattern("^a-name-of-more-$")), known(), true),
        (Test::Name(pattern("bytes")), known(), false),
        // Either name will do.
        (Test::FullName(pattern("than-15-bytes$")), known(), true),
        (Test::FullName(pattern("^a-name-of-more-$")), known(), true),
        (Test::FullName(pattern("run")), known(), false),
        (Test::FullName(pattern("^a-name-of-more-$")), Known { full_name: None, ..known() }, true),
        (Test::FullName(pattern("than")), Known { full_name: None, ..known() }, false),
        (Test::CommandLine(pattern("tool -x$")), known(), true),
        (Test::CommandLine(pattern("a-name")), known(), false),
        (Test::Name(pattern("^a name$")), known(), true),
        (Test::FullName(pattern("^a name$")), known(), true),
        (Test::FullName(pattern("as displayed$")), known(), true),
        (Test::FullName(pattern("as displayed$")), Known { full_name: None, ..known() }, false),
        (Test::CommandLine(pattern("^run, as displayed$")), known(), true),
        (Test::Not(Box::new(Test::CommandLine(pattern("as displayed")))), known(), false),
        (Test::Not(Box::new(Test::CommandLine(pattern("tool")))), known(), false),
        (Test::Not(Box::new(Test::CommandLine(pattern("name")))), known(), true),
        (Test::Parent(processes(&[1, 6])), known(), true),
        (Test::Parent(processes(&[5, 7])), known(), false),
        (Test::Ancestor(processes(&[1, 5])), known(), true),
        (Test::Ancestor(processes(&[4, 7])), known(), false),
        (Test::Terminal([0, 1025].into()), known(), true),
        (Test::Terminal([0, 1026].into()), known(), false),
        (Test::State([b'R', b'S'].into()), known(), true),
        (Test::State([b'R'].into()), known(), false),
        (age(499), known(), true),
        (age(500), known(), true),
        (age(501), known(), false),
        // It started after the question was asked.
        (Test::Age { now: 900, least: 1 }, known(), false),
        (Test::Not(Box::new(age(501))), known(), true),
        (Test::Not(Box::new(age(500))), known(), false),
        (Test::Zombie, known(), false),
        (Test::Zombie, Known { ended: true, ..known() }, true),
        (Test::KernelThread, known(), false),
        (Test::CpuTime(499), known(), true),
        (Test::CpuTime(500), known(), true),
        (Test::CpuTime(501), known(), false),
        (Test::ResidentMemory(4095), known(), true),
        (Test::ResidentMemory(4096), known(), true),
        (Test::ResidentMemory(4097), known(), false),
        (Test::Executable(base("run")), known(), true),
        (Test::Executable(base("/bin/run")), known(), false),
        (Test::Executable(base("ru")), known(), false),
        (Test::Executable(path("/bin/run", None)), known(), true),
        (Test::Executable(path("/bin/run", Some(4))), known(), true),
        (Test::Executable(path("/bin/other", Some(3))), known(), true),
        (Test::Executable(path("/bin/other", Some(4))), known(), false),
        (Test::Executable(path("/bin/other", None)), known(), false),
        // Neither the file that was named nor that of the process exists: that makes them no match.
        (Test::Executable(path("/bin/other", None)), Known { executable_file: None, ..known() }, false),
        (Test::Executable(base("run")), Known { executable: None, ..known() }, false),
        (Test::ExecutableDeleted, known(), false),
        (Test::ExecutableDeleted, deleted(), true),
        (Test::ExecutableDeleted, Known { executable: None, ..known() }, false),
        (Test::WorkingDirectory(b"/srv".to_vec()), known(), true),
        (Test::WorkingDirectory(b"/srv/app".to_vec()), known(), true),
        (Test::WorkingDirectory(b"/".to_vec()), known(), true),
        (Test::WorkingDirectory(b"/srv/ap".to_vec()), known(), false),
        (Test::WorkingDirectory(b"/srv/app/lib".to_vec()), known(), false),
        (Test::Script(base("tool")), known(), true),
        (Test::Script(base("too")), known(), false),
        // It is in the arguments, but is not the program that is run.
        (Test::Script(base("-x")), known(), false),
        (Test::Script(path("/srv/app/lib/tool", None)), known(), true),
        (Test::Script(path("/srv/lib/tool", None)), known(), false),
        (Test::Script(base("tool")), Known { scripts: vec![], ..known() }, false),
        (Test::Catches(0b010), known(), true),
        (Test::Catches(0b1001), known(), false),
        (Test::Catches(0b1010), known(), true),
        (Test::Cgroup(vec![Cgroup::new(b"/x"), Cgroup::new(b"/system.slice/a.service")]), known(), true),
        (Test::Cgroup(vec![Cgroup::new(b"/system.slice")]), known(), false),
        (Test::Unit(vec![Unit::new(b"a")]), known(), true),
        (Test::Unit(vec![Unit::new(b"b")]), known(), false),
        (Test::Local, known(), true),
        (variables(&["A"]), known(), true),
        (variables(&["B"]), known(), true),
        (variables(&["A=1"]), known(), true),
        (variables(&["C", "AB=2"]), known(), true),
        (variables(&["A=2"]), known(), false),
        (variables(&["A=1 "]), known(), false),
        (variables(&["AB=1"]), known(), false),
        (variables(&["C"]), known(), false),
        (variables(&["A"]), Known { environment: None, ..known() }, false),
    ]
    .into_iter()
    .enumerate()
    {
        let mut process = process;
        assert_eq!(test.passes(&mut process), Ok(expected), "row {index}: {test:?}");
    }
}

/// After the pin, ancestors may have exited by pkill's own signal, so they are not checked again, except inverted.
#[test]
fn what_is_asked_again_is_what_the_process_itself_can_change() {
    let elsewhere = [Test::Parent(processes(&[1])), Test::Ancestor(processes(&[1]))];
    for about_ancestors in elsewhere {
        let same = || vec![about_ancestors.clone(), Test::Name(pattern("a-name"))];
        let other = || vec![about_ancestors.clone(), Test::Name(pattern("other"))];
        for (tests, inverse, expected) in
            [(same(), false, true), (other(), false, false), (same(), true, true), (other(), true, true)]
        {
            let predicate = Predicate::new(tests, inverse, Excluded::default());
            assert_eq!(predicate.still_matches(&mut known()), Ok(expected), "{predicate:?}");
            assert_eq!(predicate.is_inverse(), inverse);
        }
    }
    let own_parent = Predicate::new(vec![Test::Parent(processes(&[6]))], true, Excluded::default());
    assert_eq!(own_parent.still_matches(&mut known()), Ok(false));
}

/// Between brackets, `*` and `?` are themselves, also after a `]` that does not end the set.
#[test]
fn a_set_ends_where_it_ends() {
    for (glob, yes, no) in [
        ("[]*]", &["]", "*"][..], &[".", "a", "]x"][..]),
        ("[!]*]", &["a", "."], &["]", "*"]),
        ("[[:digit:]*]", &["1", "*"], &[".", "a", "1]"]),
        ("[a[:digit:]?]", &["a", "1", "?"], &[".", "b", "a]"]),
        ("[a[:digit:][:space:]?]", &["a", "1", " ", "?"], &[".", "b"]),
        ("[a[*]", &["a", "[", "*"], &[".", "b"]),
    ] {
        let compiled = glob::Glob::new(glob.as_bytes());
        yes.iter().for_each(|name| assert!(compiled.matches(name.as_bytes()), "{glob} matches {name}"));
        no.iter()
            .for_each(|name| assert!(!compiled.matches(name.as_bytes()), "{glob} does not match {name}"));
    }
}
