use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::eventually;

/// A program other than a victim, such as an interpreter. Killed by handle and reaped when dropped.
pub struct Helper {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Helper {
    /// Starts the command, with pipes for its input and output.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|why| panic!("{command:?}: {why}"));
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    /// The same, and waits for the first line that it writes.
    pub fn ready(command: &mut Command) -> Self {
        let mut helper = Self::start(command);
        helper.hear();
        helper
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to it.
    pub fn tell(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("it listens");
    }

    /// Waits for a line from it.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "it has exited: {:?}", self.child.try_wait());
        line
    }

    /// Waits until it executes this file.
    pub fn wait_for_exec(&self, file: &Path) {
        let link = format!("/proc/{}/exe", self.pid());
        eventually(&format!("process {} executes {}", self.pid(), file.display()), || {
            std::fs::read_link(&link).is_ok_and(|target| target == file)
        });
    }

    /// True if it has not exited yet.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().expect("wait").is_none()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
