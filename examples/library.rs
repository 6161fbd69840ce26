//! The library at work: terminates a process that this program has started, and kills it if it does not exit in time.
//!
//! `cargo run --example library`. Only the one process can be signalled: the query names its parent, this program.

use std::error::Error as StdError;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::Duration;

use pkill::{Error, PinnedProcess, Query, Signal, WaitOutcome};

fn main() -> Result<(), Box<dyn StdError>> {
    let mut child = Command::new("sleep").arg("1000").spawn()?;

    let found = Query::new().name("sleep").exact().parent(std::process::id()).find()?;
    for process in &found {
        println!("found: {} (pid {})", process.name().display(), process.pid());
        terminate(process, Duration::from_secs(5))?;
    }

    println!("reaped: {}", child.wait()?);
    Ok(())
}

/// SIGTERM, then after a while SIGKILL.
fn terminate(process: &PinnedProcess, patience: Duration) -> Result<(), Error> {
    for signal in [Signal::TERM, Signal::KILL] {
        match process.signal(signal) {
            Ok(()) => println!("sent: SIG{signal}"),
            Err(error @ (Error::Exited { .. } | Error::Changed { .. })) => {
                println!("not sent: {error}");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        if let WaitOutcome::Exited(status) = process.wait(Some(patience))? {
            match status.and_then(|status| status.signal()) {
                Some(signal) => println!("exited: by signal {signal}"),
                None => println!("exited"),
            }
            return Ok(());
        }
    }
    Ok(())
}
