//! `--interactive`, with the test as the user.

use std::io::{Read as _, Write as _};

use serde_json::Value;

use super::eventually;
use super::tracer::{self, Stop, Traced};

/// pkill on a terminal, run with --interactive, --json and -USR1.
pub struct Asked {
    program: Traced,
}

impl Asked {
    pub fn start(args: &[&str]) -> Self {
        let mut command = tracer::command(env!("CARGO_BIN_EXE_pkill"));
        command.args(["--json", "-USR1", "--interactive"]).args(args);
        let terminal = tracer::on_terminal(&mut command);
        let mut program = Traced::start(command);
        program.keep(terminal);
        program.run_free();
        Asked { program }
    }

    /// Waits for the next question, and returns all that was written since the last one.
    pub fn question(&mut self) -> String {
        let mut said = String::new();
        eventually("a question", || {
            let mut bytes = [0; 256];
            // EIO until it opens the terminal.
            let read = self.program.terminal().read(&mut bytes).unwrap_or(0);
            said.push_str(std::str::from_utf8(&bytes[..read]).expect("UTF-8"));
            said.ends_with("[y/n/a/q] ")
        });
        said
    }

    pub fn answer(&mut self, answer: &str) {
        self.program.terminal().write_all(answer.as_bytes()).expect("answer");
    }

    /// The outcome of each target, and the exit status.
    pub fn end(mut self) -> (Vec<String>, i32) {
        let Stop::Ended(status) = self.program.next() else { panic!("it runs free") };
        let (out, err) = self.program.written();
        assert_eq!(err, "");
        let report: Value = serde_json::from_str(&out).expect("a document");
        let targets = report["targets"].as_array().expect("targets").iter();
        (targets.map(|target| target["outcome"].as_str().expect("a word").to_owned()).collect(), status)
    }
}
