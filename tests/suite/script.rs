//! `--script`: the script that an interpreter runs, in all ways to start it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::support::{self, Dir, Helper, Run, Victim, need, need_root, own_pid};

/// Reports that it runs, and waits.
const SHELL: &str = "echo ready\nread line\n";
const PERL: &str = "$| = 1; print \"ready\\n\"; <STDIN>;\n";
const PYTHON: &str = "print('ready', flush=True)\ninput()\n";
const AWK: &str = "BEGIN { print \"ready\"; fflush(); getline }\n";

/// A name that no other script has.
fn unique(name: &str) -> String {
    format!("{}-{name}", Victim::spec().tag())
}

/// The PIDs that `pgrep --script NAME` finds among the children of the test.
#[track_caller]
fn found(name: impl AsRef<std::ffi::OsStr>) -> Vec<u32> {
    let output = Run::ours("pgrep").args(["-P", &own_pid(), "--script"]).args([name.as_ref()]).run();
    assert!(output.err().is_empty() && output.status <= 1, "{output:?}");
    output.pids()
}

fn command(line: &[&str]) -> Command {
    let mut command = Command::new(line[0]);
    command.args(&line[1..]);
    command
}

#[test]
fn however_it_is_started() {
    let dir = Dir::new();
    let name = unique("job");
    let path = dir.path().join(&name);
    let path = path.to_str().expect("UTF-8");
    let link = dir.path().join("interpreter");
    symlink("/bin/sh", &link).expect("a link");
    let link = link.to_str().expect("UTF-8");
    for (tool, line, content) in [
        ("sh", &["sh", path][..], SHELL.to_owned()),
        ("bash", &["bash", "-x", path], SHELL.to_owned()),
        ("bash", &["bash", "--norc", "-eo", "pipefail", "--", path, "argument"], SHELL.to_owned()),
        ("env", &["/usr/bin/env", "-i", "sh", "-e", path], SHELL.to_owned()),
        ("sh", &[link, path], SHELL.to_owned()),
        ("bash", &["bash", "-e", "-", path], SHELL.to_owned()),
        ("busybox", &["busybox", "sh", "-e", path], SHELL.to_owned()),
        ("sh", &[path], format!("#!/bin/sh\n{SHELL}")),
        ("sh", &[path, "--argument", "x"], format!("#!/bin/sh -e\n{SHELL}")),
        ("bash", &[path], format!("#!/usr/bin/env -S bash -e -o pipefail\n{SHELL}")),
        ("sh", &[path], format!("#!{link} -e\n{SHELL}")),
        ("zsh", &["zsh", "-f", path], SHELL.to_owned()),
        ("fish", &["fish", "--no-config", path], SHELL.to_owned()),
        ("perl", &["perl", "-w", "-I", "/tmp", "-Mstrict", path], PERL.to_owned()),
        ("perl", &[path], format!("#!/usr/bin/perl -w\n{PERL}")),
        ("python3", &["/usr/bin/python3", "-u", "-W", "ignore", path], PYTHON.to_owned()),
        ("python3", &[path], format!("#!/usr/bin/python3\n{PYTHON}")),
        ("awk", &["awk", "-v", "a=1", "-f", path], AWK.to_owned()),
        ("node", &["node", "--no-warnings", path], "console.log('ready'); process.stdin.resume()".to_owned()),
        ("tclsh", &["tclsh", path], "puts ready; flush stdout; gets stdin".to_owned()),
    ] {
        if !need(tool) || line[0].starts_with("/usr") && !support::need_file(line[0]) {
            continue;
        }
        dir.script(&name, &content);
        let helper = Helper::ready(&mut command(line));
        for (asked, expected) in [
            (name.as_str(), true),
            (path, true),
            (&name[..name.len() - 1], false),
            (&format!("{path}/x"), false),
            (&format!("/nonexistent/{name}"), false),
        ] {
            let pids = if expected { vec![helper.pid()] } else { vec![] };
            assert_eq!(found(asked), pids, "{line:?} {asked}");
        }
    }
}

#[test]
fn a_module_is_known_by_its_name() {
    if !need("python3") {
        return;
    }
    let dir = Dir::new();
    let name = unique("module").replace('-', "_");
    dir.file(&format!("{name}.py"), PYTHON);
    let helper = Helper::ready(Command::new("/usr/bin/python3").args(["-m", &name]).current_dir(dir.path()));
    assert_eq!(found(&name), [helper.pid()]);
    assert!(found(format!("{name}.py")).is_empty());
}

/// The name is among the arguments, but is not the script that runs.
#[test]
fn what_is_no_script() {
    let dir = Dir::new();
    let name = unique("job");
    let path = dir.script(&name, SHELL);
    let path = path.to_str().expect("UTF-8");
    let program = dir.copy(Path::new("/bin/sh"), &unique("program"));
    for (tool, line) in [
        ("sh", &["sh", "-c", SHELL, path][..]),
        ("sh", &["sh", "-ec", SHELL, path]),
        ("perl", &["perl", "-e", PERL, path]),
        ("perl", &["perl", "-we", PERL, path]),
        ("awk", &["awk", AWK, path]),
        ("tail", &["sh", "-c", "exec 3<&0; echo ready; exec tail -f \"$0\"", path]),
    ] {
        if !need(tool) {
            continue;
        }
        let helper = Helper::ready(&mut command(line));
        if tool == "tail" {
            support::eventually("the exec", || {
                fs::read_to_string(format!("/proc/{}/comm", helper.pid())).is_ok_and(|name| name == "tail\n")
            });
        }
        assert!(found(&name).is_empty(), "{line:?}");
    }
    // The interpreter's own name is no script.
    let helper = Helper::ready(Command::new(&program).args(["-c", SHELL]));
    assert!(found(program.file_name().expect("a name")).is_empty());
    drop(helper);
    // An argument after the script is no script.
    let helper = Helper::ready(Command::new("sh").args([path, "/tmp/other-job"]));
    assert!(found("other-job").is_empty());
    assert_eq!(found(&name), [helper.pid()]);
}

/// A script may be the interpreter of another (execve(2)).
#[test]
fn a_script_that_interprets_a_script() {
    let dir = Dir::new();
    let [inner, middle, outer] = ["inner", "middle", "outer"].map(unique);
    let below = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    dir.script(&inner, &format!("#!/bin/sh\n{SHELL}"));
    dir.script(&middle, &format!("#!{}\n", below(&inner)));
    let path = dir.script(&outer, &format!("#!{} -x\n", below(&middle)));
    let helper = Helper::ready(&mut Command::new(&path));
    for (name, expected) in [(&inner, true), (&outer, true)] {
        let pids = if expected { vec![helper.pid()] } else { vec![] };
        assert_eq!(found(name), pids, "{name}");
        assert_eq!(found(below(name)), pids, "{name}");
    }
}

#[test]
fn a_script_by_its_path() {
    let dir = Dir::new();
    let name = unique("two words\nand a line.sh");
    let place = dir.path().join("a b\nc");
    fs::create_dir(&place).expect("a directory");
    let path = place.join(&name);
    fs::write(&path, SHELL).expect("a script");
    symlink(&place, dir.path().join("link")).expect("a link");
    let linked = dir.path().join("link").join(&name);
    let start = |script: &Path, from: &Path| Helper::ready(Command::new("sh").arg(script).current_dir(from));
    let absolute = start(&path, Path::new("/"));
    let relative = start(Path::new(&name), &place);
    let upwards = start(&Path::new("../a b\nc").join(&name), &place);
    let through = start(&linked, Path::new("/"));
    let elsewhere = dir.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a directory");
    fs::write(elsewhere.join(&name), SHELL).expect("a script");
    let other = start(Path::new(&name), &elsewhere);
    let sorted = |helpers: &[&Helper]| {
        let mut pids: Vec<u32> = helpers.iter().map(|helper| helper.pid()).collect();
        pids.sort_unstable();
        pids
    };
    assert_eq!(found(&name), sorted(&[&absolute, &relative, &upwards, &through, &other]));
    assert_eq!(found(&path), sorted(&[&absolute, &relative, &upwards]));
    // As it was typed, and resolved.
    assert_eq!(found(&linked), sorted(&[&absolute, &relative, &upwards, &through]));
    assert_eq!(found(elsewhere.join(&name)), sorted(&[&other]));
    // A deleted script still runs.
    fs::remove_file(&path).expect("remove");
    assert_eq!(found(&path), sorted(&[&absolute, &relative, &upwards]));
}

/// Every user may read what it needs, except the working directory, where a relative path starts.
#[test]
fn of_another_user() {
    if !need_root() {
        return;
    }
    let dir = Dir::new();
    let name = unique("job");
    let path = dir.script(&name, &format!("#!/bin/sh\n{SHELL}"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    let absolute = Helper::ready(&mut Command::new(&path));
    let relative = Helper::ready(Command::new("sh").arg(&name).current_dir(dir.path()));
    let own = Helper::ready(Command::new("sh").arg(&name).current_dir(dir.path()).uid(65534).gid(65534));
    let ask = |asked: &str| {
        let run = Run::ours("pgrep").args(["--script", asked, "-P", &own_pid()]).user(65534, 65534);
        let output = run.run();
        (output.pids(), output.err())
    };
    let mut all = vec![absolute.pid(), relative.pid(), own.pid()];
    all.sort_unstable();
    assert_eq!(ask(&name), (all, String::new()));
    let mut known = vec![absolute.pid(), own.pid()];
    known.sort_unstable();
    let note = "pgrep: note: 1 process could not be examined, so the result may be incomplete\n";
    assert_eq!(ask(path.to_str().expect("UTF-8")), (known, note.to_owned()));
}
