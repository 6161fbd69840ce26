//! `--exe --exe-deleted --cwd`: executables and working directories with names of every kind, deleted ones, and
//! processes that may not be inspected.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{
    Dir, Helper, NOBODY, Output, Run, Spec, Victim, document, eventually, hide_processes, namespace, need,
    need_root,
};

fn ourselves() -> PathBuf {
    std::env::current_exe().expect("our own executable")
}

/// A victim that runs this file.
fn running(file: &Path) -> Victim {
    part(file).spawn()
}

fn part(file: &Path) -> Spec {
    Victim::spec().executable(file)
}

/// Runs it on the victims only, by a criterion that concerns no files and is tested first.
fn ask<S: AsRef<OsStr>>(victims: &[&Victim], args: impl IntoIterator<Item = S>) -> Output {
    let pids: Vec<String> = victims.iter().map(|victim| victim.pid().to_string()).collect();
    Run::ours("pgrep").args(["-p", &pids.join(",")]).args(args).run()
}

#[track_caller]
fn finds<S: AsRef<OsStr>>(victims: &[&Victim], args: &[S], expected: &[&Victim]) {
    let output = ask(victims, args);
    let mut pids: Vec<u32> = expected.iter().map(|victim| victim.pid()).collect();
    pids.sort_unstable();
    let args: Vec<&OsStr> = args.iter().map(AsRef::as_ref).collect();
    assert_eq!((output.pids(), output.err()), (pids, String::new()), "{args:?}");
    assert_eq!(output.status, i32::from(expected.is_empty()), "{args:?}");
}

#[test]
fn an_executable_by_path_or_base_name() {
    let dir = Dir::new();
    let other = dir.copy(&ourselves(), "another");
    let awkward = dir.path().join("two words\nand a line");
    fs::create_dir(&awkward).expect("a directory");
    let odd = dir.copy(&ourselves(), "two words\nand a line/od\td");
    let (a, b) = (running(&other), running(&odd));
    let all = [&a, &b];
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    finds(&all, &["--exe", &path(&other)], &[&a]);
    finds(&all, &["--exe", "another"], &[&a]);
    finds(&all, &["--exe", &path(&odd)], &[&b]);
    finds(&all, &["--exe", "od\td"], &[&b]);
    finds(&all, &["--exe", "od"], &[]);
    // No pattern, and no name of the process.
    finds(&all, &["--exe", "anoth.r"], &[]);
    finds(&all, &["--exe", a.name()], &[]);
    finds(&all, &["--exe", "./another"], &[]);
    finds(&all, &["--exe", &path(dir.path())], &[]);
    finds(&all, &["--exe", &format!("{}/nosuch", path(dir.path()))], &[]);
    // Other spellings of the path.
    finds(
        &all,
        &["--exe", &format!("{0}//./{1}/../another", path(dir.path()), "two words\nand a line")],
        &[&a],
    );
    let run = Run::ours("pgrep").args(["--exe", "./another", "-p", &a.pid().to_string()]);
    let place = dir.path().to_owned();
    let output = run
        .prepare(move |command| {
            command.current_dir(place);
        })
        .run();
    assert_eq!(output.pids(), [a.pid()]);
    // Other names of the file.
    symlink(&other, dir.path().join("soft")).expect("a link");
    fs::hard_link(&other, dir.path().join("hard")).expect("a link");
    for name in ["soft", "hard"] {
        finds(&all, &["--exe", &path(&dir.path().join(name))], &[&a]);
        // The file has one base name: that under which it was executed.
        finds(&all, &["--exe", name], &[]);
    }
    let threaded = part(&other).thread("one").spawn();
    let output = ask(&[&threaded], ["-w", "--exe", "another"]);
    assert_eq!(output.out().lines().collect::<Vec<_>>(), threaded.threads());
    for (args, why) in [(["--exe", ""], "invalid empty path"), (["--cwd", ""], "invalid empty path")] {
        let output = ask(&all, args);
        assert_eq!((output.status, output.out()), (2, String::new()), "{args:?}");
        assert!(output.err().contains(why), "{output:?}");
    }
}

#[test]
fn an_executable_that_is_deleted_or_replaced() {
    let dir = Dir::new();
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let file = |name| dir.copy(&ourselves(), name);
    let (deleted, replaced, renamed) = (file("deleted"), file("replaced"), file("renamed"));
    let (stays, named) = (file("stays"), file("named (deleted)"));
    let d = running(&deleted);
    let r = running(&replaced);
    let n = running(&renamed);
    let s = running(&stays);
    let x = running(&named);
    fs::remove_file(&deleted).expect("remove");
    // As package managers do it: a new file replaces the old one atomically.
    fs::rename(file("new"), &replaced).expect("rename");
    fs::rename(&renamed, dir.path().join("moved")).expect("rename");
    let new = running(&replaced);
    let all = [&d, &r, &n, &s, &x, &new];
    finds(&all, &["--exe-deleted"], &[&d, &r]);
    finds(&all, &["--exe", &path("deleted")], &[&d]);
    finds(&all, &["--exe", "deleted"], &[&d]);
    finds(&all, &["--exe", &path("replaced")], &[&r, &new]);
    finds(&all, &["--exe", "replaced", "--exe-deleted"], &[&r]);
    // It is still the same file, under its new name.
    finds(&all, &["--exe", &path("moved")], &[&n]);
    finds(&all, &["--exe", &path("renamed")], &[]);
    // A name that only resembles a deleted one.
    finds(&all, &["--exe", &path("named (deleted)")], &[&x]);
    finds(&all, &["--exe", "named (deleted)"], &[&x]);
    finds(&all, &["--exe", &path("named")], &[]);
    finds(&all, &["--exe", &path("deleted (deleted)")], &[]);
    fs::remove_file(&named).expect("remove");
    finds(&all, &["--exe-deleted"], &[&d, &r, &x]);
    finds(&all, &["--exe", &path("named (deleted)")], &[&x]);
    finds(&all, &["--exe", &path("named")], &[]);
    let output = Run::ours("pkill").args(["-KILL", "--exe-deleted", "-x", r.name()]).run();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    let mut r = r;
    assert_eq!(r.killed_by(), Some(libc::SIGKILL));
}

/// The path is that of another mount namespace; the file is the same.
#[test]
fn an_executable_behind_a_bind_mount() {
    namespace(|| {
        if !need("unshare") || !need("mount") {
            return;
        }
        let dir = Dir::new();
        let file = dir.copy(Path::new("/bin/sleep"), "sleeper");
        let mounted = dir.path().join("mounted");
        fs::create_dir(&mounted).expect("a directory");
        let script = "mount --bind \"$1\" \"$2\" && exec \"$2/sleeper\" 1000";
        let helper = Helper::start(
            Command::new("unshare").args(["--mount", "sh", "-c", script, "sh"]).args([dir.path(), &mounted]),
        );
        helper.wait_for_exec(&mounted.join("sleeper"));
        for path in [file, mounted.join("sleeper")] {
            let output = Run::ours("pgrep").args(["--exe".as_ref(), path.as_os_str()]).run();
            assert_eq!(output.pids(), [helper.pid()], "{path:?}");
        }
        let output = Run::ours("pgrep").args(["--exe", "/bin/sleep"]).run();
        assert_eq!(output.status, 1, "a copy is another file: {output:?}");
    });
}

#[test]
fn a_working_directory_or_one_below() {
    let dir = Dir::new();
    let place = |name: &str| {
        let place = dir.path().join(name);
        fs::create_dir_all(&place).expect("a directory");
        place
    };
    let at = |place: &Path| Victim::spec().directory(place).spawn();
    let (here, below) = (at(&place("here")), at(&place("here/be low/and\nbelow")));
    let (beside, gone) = (at(&place("here and there")), at(&place("gone/deep")));
    let lookalike = at(&place("look (deleted)"));
    fs::remove_dir_all(dir.path().join("gone")).expect("remove");
    let all = [&here, &below, &beside, &gone, &lookalike];
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    finds(&all, &["--cwd", &path("here")], &[&here, &below]);
    finds(&all, &["--cwd", &path("here/")], &[&here, &below]);
    finds(&all, &["--cwd", &path("here/be low")], &[&below]);
    finds(&all, &["--cwd", &path("here/be low/and\nbelow")], &[&below]);
    finds(&all, &["--cwd", &path("her")], &[]);
    finds(&all, &["--cwd", &path("nosuch")], &[]);
    finds(&all, &["--cwd", &path("")], &all);
    finds(&all, &["--cwd", "/"], &all);
    // A deleted directory is still the working directory of the process.
    finds(&all, &["--cwd", &path("gone")], &[&gone]);
    finds(&all, &["--cwd", &path("gone/deep")], &[&gone]);
    finds(&all, &["--cwd", &path("gone/deep (deleted)")], &[]);
    finds(&all, &["--cwd", &path("look (deleted)")], &[&lookalike]);
    finds(&all, &["--cwd", &path("look")], &[]);
    symlink(dir.path().join("here"), dir.path().join("link")).expect("a link");
    finds(&all, &["--cwd", &path("link")], &[&here, &below]);
    finds(&all, &["--cwd", &path("link/be low")], &[&below]);
    let start = dir.path().join("here/be low");
    for (from, expected) in [(".", vec![below.pid()]), ("..", vec![here.pid(), below.pid()])] {
        let start = start.clone();
        let pids = format!("{},{}", here.pid(), below.pid());
        let run = Run::ours("pgrep").args(["--cwd", from, "-p", &pids]);
        let output = run
            .prepare(move |command| {
                command.current_dir(start);
            })
            .run();
        assert_eq!(output.pids(), expected, "{from}");
    }
}

/// Any process can enter a directory with a path that is too long for the kernel to report.
#[test]
fn a_directory_whose_path_is_too_long_is_undecided() {
    if !need("perl") {
        return;
    }
    let dir = Dir::new();
    let dive = "$| = 1; for (1..25) { mkdir 'd' x 200; chdir 'd' x 200 or die } print \"ready\\n\"; <STDIN>";
    let helper = Helper::ready(Command::new("perl").args(["-e", dive]).current_dir(dir.path()));
    let victim = Victim::spec().directory(dir.path()).spawn();
    let pids = format!("{},{}", helper.pid(), victim.pid());
    let output =
        Run::ours("pgrep").args(["--cwd".as_ref(), dir.path().as_os_str()]).args(["-p", &pids]).run();
    assert_eq!((output.pids(), output.status), (vec![victim.pid()], 0), "{output:?}");
    assert!(output.err().contains("note: 1 process could not be examined"), "{output:?}");
}

/// An ordinary user gets the same answers about its own processes as root, and a note about the others.
#[test]
fn processes_that_may_not_be_inspected() {
    namespace(|| {
        if !need_root() {
            return;
        }
        let dir = Dir::new();
        let file = dir.copy(&ourselves(), "everywhere");
        let file = file.to_str().expect("UTF-8");
        let theirs = |part: Spec| part.gids(NOBODY, NOBODY, NOBODY).uids(NOBODY, NOBODY, NOBODY);
        let spec = || part(file.as_ref()).directory(dir.path());
        let own = theirs(spec()).dumpable().spawn();
        // A process that changes its IDs is not dumpable, until the next execve(2).
        let closed = theirs(spec()).spawn();
        let roots = spec().spawn();
        let mut dead = theirs(spec()).dumpable().spawn();
        dead.make_zombie();
        let run = |args: &[&str]| Run::ours("pgrep").args(args).user(NOBODY, NOBODY).run();
        let note = |number: &str| {
            format!("pgrep: note: {number} could not be examined, so the result may be incomplete\n")
        };
        let place = dir.path().to_str().expect("UTF-8");
        for args in [["--exe", file], ["--exe", "everywhere"], ["--cwd", place]] {
            let everything = Run::ours("pgrep").args(args).run();
            assert_eq!(everything.pids(), [own.pid(), closed.pid(), roots.pid()], "{args:?}: {everything:?}");
            assert_eq!(everything.err(), "");
            let output = run(&args);
            // The test too, which is PID 1.
            assert_eq!((output.pids(), output.err()), (vec![own.pid()], note("3 processes")), "{args:?}");
            // A process that does not match otherwise is not counted.
            let name = ["-x", roots.name()];
            let output = run(&[&args[..], &name].concat());
            assert_eq!((output.out(), output.err(), output.status), (String::new(), note("1 process"), 1));
            let output = run(&[&args[..], &["-x", "no-such-name"]].concat());
            assert_eq!((output.err(), output.status), (String::new(), 1));
            // A more expensive test may decide too.
            let output = run(&[&args[..], &["-r", "Z"]].concat());
            assert_eq!((output.err(), output.status), (String::new(), 1));
            let output = run(&[&args[..], &["--quiet"]].concat());
            assert_eq!((output.err(), output.status), (String::new(), 0));
            let output = run(&[&args[..], &["--json"]].concat());
            assert_eq!(document(&output)["summary"]["undecided"], 3);
        }
        let output = run(&["--exe-deleted", "-x", closed.name()]);
        assert_eq!((output.err(), output.status), (note("1 process"), 1));
        // Inverted, it is undecided too.
        let output = run(&["--inverse", "--exe", file]);
        assert_eq!((output.pids(), output.err()), (vec![dead.pid()], note("3 processes")));
        let output = run(&["--inverse", "--exe", "/nonexistent"]);
        assert_eq!((output.pids(), output.err()), (vec![own.pid(), dead.pid()], note("3 processes")));
    });
}

#[test]
fn a_set_user_id_program_may_be_inspected_by_root_only() {
    namespace(|| {
        if !need_root() {
            return;
        }
        let dir = Dir::new();
        let file = dir.copy(Path::new("/bin/sleep"), "setuid");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o4755)).expect("chmod");
        let helper = Helper::start(Command::new(&file).arg("1000").current_dir("/").uid(NOBODY).gid(NOBODY));
        helper.wait_for_exec(&file);
        let run =
            |uid: u32| Run::ours("pgrep").args(["--exe", "setuid", "-x", "setuid"]).user(uid, uid).run();
        assert_eq!((run(0).pids(), run(0).err()), (vec![helper.pid()], String::new()));
        let output = run(NOBODY);
        assert_eq!((output.out(), output.status), (String::new(), 1));
        assert!(output.err().contains("note: 1 process could not be examined"), "{output:?}");
    });
}

/// A hidden process does not exist for the program, so there is no note about it.
#[test]
fn under_hidepid_hidden_processes_are_not_reported() {
    namespace(|| {
        hide_processes();
        let dir = Dir::new();
        let file = dir.copy(&ourselves(), "hidden");
        let own = part(&file).owned_by(NOBODY).spawn();
        let roots = part(&file).directory(Path::new("/")).spawn();
        for args in [["--exe", "hidden"], ["--cwd", "/"]] {
            let output = Run::ours("pgrep").args(args).args(["-x", "v.*"]).user(NOBODY, NOBODY).run();
            let expected = vec![own.pid()];
            assert_eq!((output.pids(), output.err()), (expected, String::new()), "{args:?}");
        }
        let output = Run::ours("pgrep").args(["--exe", "hidden"]).run();
        assert_eq!(output.pids(), [own.pid(), roots.pid()], "root sees all");
        eventually("both are there", || own.state() == "S" && roots.state() == "S");
    });
}
