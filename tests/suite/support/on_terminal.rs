//! A run on a terminal.

use std::fs::File;
use std::io::Read as _;

use super::{Run, tracer};

/// The output on a terminal that is standard output and standard error, and the exit status.
pub fn on_terminal(run: Run) -> (String, i32) {
    let (master, terminal) = tracer::terminal();
    let stdout = terminal.try_clone().expect("a descriptor");
    let running = run.stdout(stdout).prepare(move |command| _ = command.stderr(terminal)).start();
    let reader = std::thread::spawn(move || {
        let mut text = vec![];
        let _ = File::from(master).read_to_end(&mut text); // EIO when it is closed on the other side
        String::from_utf8(text).expect("UTF-8").replace("\r\n", "\n")
    });
    let status = running.wait().status;
    (reader.join().expect("text"), status)
}
