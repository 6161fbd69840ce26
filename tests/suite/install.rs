//! `packaging/install`, which the programs print: what it puts in place, what it refuses, and what it removes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::{Dir, Output, Run, executable};

/// A directory for `--prefix`, a small program that executes pgrep, pkill or pidwait, and fake tools.
struct Prefix {
    dir: Dir,
    program: Dir,
    tools: Dir,
}

impl Prefix {
    fn new() -> Self {
        let program = Dir::new();
        let pgrep = executable("pgrep");
        let directory = Path::new(&pgrep).parent().expect("a directory").display();
        program.script("pgrep", &format!("#!/bin/sh\nexec '{directory}'/\"${{0##*/}}\" \"$@\"\n"));
        Self { dir: Dir::new(), program, tools: Dir::new() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("a prefix")
    }

    /// Runs the script on the prefix.
    fn install(&self, args: &[&str]) -> Output {
        self.install_from(self.program.path().join("pgrep").to_str().expect("UTF-8"), args)
    }

    fn install_from(&self, program: &str, args: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install");
        let path = format!("{}:/usr/bin:/bin", self.tools.path().display());
        let run = Run::shell("script=$1; shift; exec sh \"$script\" \"$@\"").args(["sh"]).args([script]);
        run.args(["--program", program, "--prefix"]).args([self.path()]).args(args).env("PATH", path).run()
    }

    fn succeeds(&self, args: &[&str]) {
        let output = self.install(args);
        assert_eq!((output.status, output.err().as_str()), (0, ""), "{args:?}");
    }

    /// Fails, prints these parts on standard error, and changes nothing.
    fn refuses(&self, args: &[&str], says: &[&str]) {
        let before = self.everything();
        let output = self.install(args);
        assert_eq!(output.status, 1, "{args:?}: {output:?}");
        let missing = says.iter().find(|part| !output.err().contains(**part));
        assert_eq!(missing, None, "{args:?}: {}", output.err());
        assert_eq!(self.everything(), before, "{args:?}");
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("create directories");
        std::fs::write(path, text).expect("write a file");
    }

    /// Paths, with the content of files and the targets of links.
    fn everything(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        let mut paths = vec![self.path()];
        while let Some(path) = paths.pop() {
            let content = match std::fs::read_link(&path) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) if path.is_dir() => {
                    let entries = std::fs::read_dir(&path).expect("a directory").flatten();
                    paths.extend(entries.map(|entry| entry.path()));
                    vec![]
                }
                Err(_) => match std::fs::read(&path) {
                    Ok(content) => content,
                    Err(_) => continue, // the prefix, which does not exist
                },
            };
            all.insert(path, content);
        }
        all
    }
}

#[test]
fn it_leaves_what_was_there_before() {
    let prefix = Prefix::new();
    for existing in [None, Some("share/man/man1/other.1")] {
        if let Some(path) = existing {
            prefix.write(path, "another page");
        }
        let before = prefix.everything();
        let output = prefix.install_from(&executable("pgrep"), &[]);
        assert_eq!((output.status, output.err().as_str()), (0, ""));
        let installed = prefix.everything();
        for (program, what, path) in crate::generate::FILES {
            let name = Path::new(path).file_name().expect("a name");
            let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
            let name = if *what == "complete-bash" { "pkill".as_ref() } else { name };
            let is_there = installed.iter().any(|(path, content)| path.ends_with(name) && *content == text);
            assert_eq!(is_there, *what != "install", "{program} {what}");
        }
        for name in ["pgrep", "pkill", "pidwait"] {
            let output =
                Run::ours(name).file(&prefix.path().join("bin").join(name)).args(["--version"]).run();
            assert!(output.out().starts_with(&format!("{name} from pkill ")), "{output:?}");
        }
        assert_eq!(prefix.install_from(&executable("pgrep"), &[]).status, 0);
        assert_eq!(prefix.everything(), installed, "again");
        prefix.succeeds(&["--remove"]);
        assert_eq!(prefix.everything(), before);
    }
    prefix.refuses(&["--remove"], &["nothing is installed in "]);
}

/// As after `cargo install`: the program is not the script's.
#[test]
fn a_program_in_the_prefix_is_neither_copied_nor_removed() {
    let prefix = Prefix::new();
    prefix.write("bin/pgrep", "");
    let program = prefix.path().join("bin/pgrep");
    std::fs::remove_file(&program).expect("remove a file");
    std::fs::rename(prefix.program.path().join("pgrep"), &program).expect("rename");
    let before = prefix.everything();
    let program = program.to_str().expect("UTF-8");
    assert_eq!(prefix.install_from(program, &[]).status, 0);
    let link = std::fs::read_link(prefix.path().join("bin/pkill")).expect("a link");
    assert_eq!(link, Path::new("pgrep"));
    prefix.succeeds(&["--remove"]);
    assert_eq!(prefix.everything(), before);
}

#[test]
fn files_of_others_are_replaced_only_on_request_and_restored() {
    let prefix = Prefix::new();
    for path in ["bin/pkill", "share/man/man1/pgrep.1"] {
        prefix.write(path, "another file");
    }
    let before = prefix.everything();
    prefix.refuses(&[], &["bin/pkill exists\n", "man1/pgrep.1 exists\n", "--replace"]);
    prefix.succeeds(&["--replace"]);
    prefix.succeeds(&[]);
    prefix.succeeds(&["--remove"]);
    assert_eq!(prefix.everything(), before);
}

#[test]
fn what_was_changed_is_not_overwritten_and_not_removed() {
    let prefix = Prefix::new();
    prefix.succeeds(&[]);
    prefix.write("share/man/man1/pkill.1", "changed");
    prefix.refuses(&[], &["man1/pkill.1 exists\n"]);
    let output = prefix.install(&["--remove"]);
    assert_eq!(output.status, 1);
    assert!(output.err().contains("man1/pkill.1 was changed since it was installed: not removed"));
    let files: Vec<_> = prefix.everything().into_values().filter(|content| !content.is_empty()).collect();
    assert_eq!(files, [b"changed"]);
}

/// An installation of an older version had one file more.
#[test]
fn an_update_removes_what_the_new_version_lacks() {
    let prefix = Prefix::new();
    prefix.succeeds(&[]);
    let list = std::fs::read_to_string(prefix.path().join("share/pkill/installed")).expect("the list");
    prefix.write("share/pkill/installed", &format!("link elsewhere share/man/man1/old.1\n{list}"));
    let old = prefix.path().join("share/man/man1/old.1");
    std::os::unix::fs::symlink("elsewhere", &old).expect("a link");
    prefix.succeeds(&[]);
    assert!(std::fs::read_link(&old).is_err());
    prefix.succeeds(&["--remove"]);
    assert!(!prefix.path().exists());
}

#[test]
fn files_of_a_package_are_never_replaced() {
    let prefix = Prefix::new();
    prefix.tools.script("dpkg-query", "#!/bin/sh\necho \"procps: $2\"\n");
    prefix.write("bin/pkill", "procps'");
    prefix.refuses(&["--replace"], &["bin/pkill belongs to the package procps", "diverts"]);
}

/// `pgrep --generate install | sh`, in a directory with an executable of that name.
#[test]
fn a_program_in_the_current_directory_is_not_executed() {
    let prefix = Prefix::new();
    prefix.tools.script("pgrep", "#!/bin/sh\n: >executed\n");
    let script = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install"));
    let line = format!("cd {}; exec sh -s -- --prefix \"$1\"", prefix.tools.path().display());
    let run = Run::shell(&line).args(["sh"]).args([prefix.path()]).stdin(script.expect("the script"));
    let directory = Path::new(&executable("pgrep")).parent().expect("a directory").to_owned();
    let path = format!("{}:/usr/bin:/bin", directory.display());
    let output = run.env("PATH", path).run();
    assert_eq!((output.status, prefix.tools.path().join("executed").exists()), (0, false), "{output:?}");
    prefix.succeeds(&["--remove"]);
    assert!(!prefix.path().exists());
}

#[test]
fn a_program_that_fails_leaves_nothing() {
    let prefix = Prefix::new();
    // procps' pgrep has no --generate; the other one fails in the middle.
    let other = "#!/bin/sh\ncase $2 in man-report) echo broken >&2; exit 1; esac\n";
    let other = prefix.tools.script("other", other);
    for program in ["/bin/false", other.to_str().expect("UTF-8")] {
        let output = prefix.install_from(program, &[]);
        assert_eq!(output.status, 1, "{program}: {output:?}");
        assert!(!output.err().is_empty() && !prefix.path().exists(), "{program}: {output:?}");
    }
    for args in [&["--nosuch"][..], &["--prefix"]] {
        assert_eq!(prefix.install(args).status, 2, "{args:?}");
    }
}
