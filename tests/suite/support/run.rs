use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, pidfd_send_signal, waitid,
};

use super::{DEADLINE, Dir, executable};

/// Which implementation a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Ours,
    Installed,
}

/// A change to a command before it is started.
type Prepare = Box<dyn FnOnce(&mut Command)>;

/// A run of `pgrep`, `pkill` or `pidwait`.
#[must_use]
pub struct Run {
    name: String,
    path: PathBuf,
    wrapper: Vec<OsString>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Option<Vec<u8>>,
    stdout: Option<Stdio>,
    user: Option<(u32, u32)>,
    prepare: Option<Prepare>,
}

/// The result of a run.
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The exit status, or 128 + the signal that killed it.
    pub status: i32,
}

/// Shows the output as text, not as numbers.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stdout, stderr, status } = self;
        let [out, err] = [stdout, stderr].map(|bytes| bytes.escape_ascii());
        write!(f, "status {status}, standard output \"{out}\", standard error \"{err}\"")
    }
}

impl Output {
    /// Standard output as text; invalid UTF-8 is replaced.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text; invalid UTF-8 is replaced.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The cells of the table on standard output, without its heading and the ages.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let out = self.out();
        let mut lines = out.lines().map(|line| {
            let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
            cells.map(str::to_owned).collect::<Vec<_>>()
        });
        let Some(heading) = lines.next() else { return vec![] };
        let age = heading.iter().position(|cell| cell == "AGE").expect("the heading of a table");
        let mut rows: Vec<_> = lines.collect();
        rows.iter_mut().for_each(|row| drop(row.remove(age)));
        rows
    }

    /// The PIDs on standard output, one per line.
    pub fn pids(&self) -> Vec<u32> {
        self.out().lines().map(|line| line.parse().expect("a PID")).collect()
    }
}

/// Where the programs of procps are: `PKILL_TEST_REFERENCE`, or those that are installed.
fn reference() -> PathBuf {
    std::env::var_os("PKILL_TEST_REFERENCE").map_or_else(|| "/usr/bin".into(), PathBuf::from)
}

/// The version of procps, `None` without one.
pub fn installed_version() -> Option<[u32; 3]> {
    static VERSION: OnceLock<Option<[u32; 3]>> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let output = Command::new(reference().join("pgrep")).arg("-V").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut numbers = text.trim().strip_prefix("pgrep from procps-ng ")?.split('.');
        Some([(); 3].map(|()| numbers.next().and_then(|number| number.parse().ok()).unwrap_or(0)))
    })
}

impl Run {
    /// The program of this crate: `pgrep`, `pkill` or `pidwait`.
    pub fn ours(name: &str) -> Self {
        assert!(["pgrep", "pkill", "pidwait"].contains(&name), "no program of ours: {name}");
        Self::path(name, executable(name).as_ref())
    }

    /// The procps program of that name.
    pub fn installed(name: &str) -> Self {
        Self::path(name, &reference().join(name))
    }

    pub fn of(program: Program, name: &str) -> Self {
        match program {
            Program::Ours => Self::ours(name),
            Program::Installed => Self::installed(name),
        }
    }

    /// `sh -c LINE`.
    pub fn shell(line: &str) -> Self {
        Self::path("sh", Path::new("/bin/sh")).args(["-c", line])
    }

    /// The executable.
    pub fn program(&self) -> &Path {
        &self.path
    }

    fn path(name: &str, path: &Path) -> Self {
        let (args, env, wrapper) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            name: name.into(),
            path: path.into(),
            wrapper,
            args,
            env,
            stdin: None,
            stdout: None,
            user: None,
            prepare: None,
        }
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Another file of the program, a copy for example.
    pub fn file(mut self, path: &Path) -> Self {
        self.path = path.into();
        self
    }

    /// A command that starts the program: `["prlimit", "--nofile=16"]`.
    pub fn through<S: AsRef<OsStr>>(mut self, wrapper: impl IntoIterator<Item = S>) -> Self {
        self.wrapper.extend(wrapper.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// One more environment variable. The programs otherwise see only `PATH`, `HOME` and `LC_ALL=C.UTF-8`.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// The text on standard input; by default, `/dev/null`.
    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    /// Where its output goes instead of [`Output::stdout`].
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Runs as another user, without supplementary groups (root only).
    pub fn user(mut self, uid: u32, gid: u32) -> Self {
        self.user = Some((uid, gid));
        self
    }

    /// Changes the command before it starts.
    pub fn prepare(mut self, prepare: impl FnOnce(&mut Command) + 'static) -> Self {
        self.prepare = Some(Box::new(prepare));
        self
    }

    /// Starts it. [`Running::wait`] waits for it; dropped before, it is killed by handle.
    pub fn start(self) -> Running {
        // Another user may have no access to the target directory.
        let (dir, path) = match self.user {
            Some(_) => {
                let dir = Dir::new();
                let path = dir.executable(&self.path);
                (Some(dir), path)
            }
            None => (None, self.path),
        };
        let mut command = match self.wrapper.split_first() {
            None => {
                let mut command = Command::new(&path);
                command.arg0(&self.name);
                command
            }
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(&path);
                command
            }
        };
        command.env_clear().env("LC_ALL", "C.UTF-8");
        for name in ["PATH", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.args(self.args).envs(self.env);
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(self.stdout.unwrap_or_else(Stdio::piped)).stderr(Stdio::piped());
        if self.name == "sh" {
            command.process_group(0);
        }
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        if let Some(prepare) = self.prepare {
            prepare(&mut command);
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("start {}: {error}", path.display()));
        if let Some(bytes) = self.stdin {
            // It may exit without reading.
            let _ = child.stdin.take().expect("pipe").write_all(&bytes);
        }
        Running { child, _dir: dir }
    }

    /// Runs it until it exits.
    pub fn run(self) -> Output {
        self.start().wait()
    }
}

/// A run that may still be running.
pub struct Running {
    child: Child,
    _dir: Option<Dir>,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// True if it has exited.
    pub fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&self.child)), options).expect("waitid").is_some()
    }

    /// The handle of its standard output.
    pub fn stdout(&mut self) -> &mut std::process::ChildStdout {
        self.child.stdout.as_mut().expect("a pipe")
    }

    /// Waits for its exit; fails the test, and kills the program, at the deadline.
    pub fn wait(mut self) -> Output {
        let stdout = self.child.stdout.take().map(collect);
        let stderr = self.child.stderr.take().map(collect);
        let pidfd = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty()).expect("a pidfd");
        let timeout = DEADLINE.try_into().expect("a timeout");
        let ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&timeout)).expect("poll") == 1;
        if !ended {
            // A shell's children too: it leads a group, which has its ID until it is reaped.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = pidfd_send_signal(&pidfd, Signal::KILL);
        }
        let status = self.child.wait().expect("wait");
        let [stdout, stderr] =
            [stdout, stderr].map(|pipe| pipe.map_or(Vec::new(), |all| all.join().unwrap()));
        let status = status.code().unwrap_or_else(|| 128 + status.signal().expect("a signal"));
        let output = Output { stdout, stderr, status };
        assert!(ended, "it did not exit: {output:?}");
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("read a pipe");
        bytes
    })
}
