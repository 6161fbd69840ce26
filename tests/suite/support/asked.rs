//! `--interactive`, with the test as the user.

use std::fs::File;
use std::io::{Read as _, Write as _};

use serde_json::Value;

use super::eventually;
use super::tracer::{self, Stop, Traced};

/// Waits for the next question, and returns the output since the last one.
pub fn next_question(terminal: &mut File) -> String {
    next_prompt(terminal, "[y/n/a/q] ")
}

/// The same where the question ends with this.
pub fn next_prompt(terminal: &mut File, end: &str) -> String {
    next_output(terminal, |said| said.ends_with(end))
}

/// Waits until the output is complete, and returns it.
pub fn next_output(terminal: &mut File, is_complete: impl Fn(&str) -> bool) -> String {
    let mut said = vec![];
    eventually("a question, or other output", || {
        let mut bytes = [0; 256];
        // EIO until it opens the terminal.
        let read = terminal.read(&mut bytes).unwrap_or(0);
        said.extend_from_slice(&bytes[..read]);
        // Of a character, a part may follow.
        std::str::from_utf8(&said).is_ok_and(&is_complete)
    });
    String::from_utf8(said).expect("UTF-8")
}

/// pkill on a terminal, run with --interactive, --json and -USR1.
pub struct Asked {
    program: Traced,
}

impl Asked {
    pub fn start(args: &[&str]) -> Self {
        Self::after("", args)
    }

    /// The same, with this typed before it was started.
    pub fn after(typed: &str, args: &[&str]) -> Self {
        let mut command = tracer::ours("pkill");
        command.args(["--json", "-USR1", "--interactive"]).args(args);
        let mut terminal = tracer::on_terminal(&mut command);
        terminal.write_all(typed.as_bytes()).expect("type");
        let mut program = Traced::start(command);
        program.keep(terminal);
        program.run_free();
        Asked { program }
    }

    pub fn question(&mut self) -> String {
        next_question(self.program.terminal())
    }

    pub fn answer(&mut self, answer: &str) {
        self.program.terminal().write_all(answer.as_bytes()).expect("answer");
    }

    /// The outcome of each target, and the exit status.
    pub fn end(self) -> (Vec<String>, i32) {
        let (report, status) = self.report();
        let targets = report["targets"].as_array().expect("targets").iter();
        (targets.map(|target| target["outcome"].as_str().expect("a word").to_owned()).collect(), status)
    }

    /// The report, and the exit status.
    pub fn report(mut self) -> (Value, i32) {
        let Stop::Ended(status) = self.program.next() else { panic!("it runs free") };
        let (out, err) = self.program.written();
        assert_eq!(err, "");
        (serde_json::from_str(&out).expect("a document"), status)
    }
}
