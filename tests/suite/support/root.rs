use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Dir, Run};

/// A root directory for chroot(1), with `/proc` mounted. Only inside a [`namespace`](super::namespace),
/// which has mounts and processes of its own.
pub struct Root(Dir);

impl Root {
    /// `fill` gets the directory before `/proc` is mounted.
    pub fn new(fill: impl FnOnce(&Path)) -> Self {
        let root = Self(Dir::new());
        fill(root.path());
        let _ = std::fs::create_dir(root.path().join("proc"));
        succeed(Command::new("mount").args(["-t", "proc", "proc"]).arg(root.path().join("proc")));
        root
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, creates its directories, and returns its path outside of the root.
    pub fn file(&self, path: &str, content: &str) -> PathBuf {
        let path = self.path().join(path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("create a directory");
        std::fs::write(&path, content).expect("write a file");
        path
    }

    /// A run of a program in the root, by its path.
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = S>) -> Run {
        let root = [OsStr::new("chroot"), self.path().as_os_str()];
        Run::ours("pgrep").file(Path::new(program)).through(root).args(args)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        succeed(Command::new("umount").arg(self.path().join("proc")));
    }
}

/// Runs a command without a deadline, such as a build, and shows its output if it fails.
pub fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("start {command:?}: {error}"));
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
}

/// `cargo` as in the README, with a target directory that the tests of packages share, for release builds.
pub fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/reproducible"));
    command
        .arg(env!("CARGO"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", packages());
    command
}

/// The shared target directory.
pub fn packages() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages")
}
