//! A run on a terminal.

use std::fs::File;
use std::io::Read as _;

use rustix::termios::{Winsize, tcsetwinsize};

use super::{Run, tracer};

/// The output on a terminal that is standard output and standard error, and the exit status.
pub fn on_terminal(run: Run) -> (String, i32) {
    on_terminal_of(80, run)
}

/// The same on a terminal with this number of columns.
pub fn on_terminal_of(columns: u16, run: Run) -> (String, i32) {
    let (master, terminal) = tracer::terminal();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size).expect("a size");
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
