//! `pgrep`, `pkill` and `pidwait`: find processes, signal them and wait for them, and never signal the wrong one.
//!
//! # The library
//!
//! A [`Query`] selects processes. Each one that it finds is [pinned](PinnedProcess) by a descriptor. A signal reaches
//! that process or no process at all: if its process ID was reused, or if it has executed another program since, the
//! result is an [`Error`].
//!
//! ```
//! # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
//! # let mut child = doc::start("nightly-backup")?;
//! use std::time::Duration;
//!
//! use pkill::{Query, Signal, WaitOutcome};
//!
//! let found = Query::new().name("nightly-backup").parent(std::process::id()).find()?;
//! for process in &found {
//!     process.signal(Signal::TERM)?; // verified again immediately before the signal
//! }
//! for process in &found {
//!     if process.wait(Some(Duration::from_secs(5)))? == WaitOutcome::TimedOut {
//!         process.signal(Signal::KILL)?;
//!     }
//! }
//! # assert_eq!(found.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The programs
//!
//! They share one pipeline, which [`run`] calls:
//!
//! ```text
//! argv ─cli→ Request ─plan→ Plan ─scan→ Matches ─deliver→ Report ─output→ bytes, exit status
//! ```
//!
//! `cli` parses the command line and reads nothing of the machine. `plan` resolves what it names: users, groups,
//! pidfiles, namespaces, ports. `scan` examines the processes through `proc`, as cheaply as the tests of
//! `select` allow. `deliver` pins each match, verifies it, and signals it or waits for it. `output` writes. Data
//! moves forward only: a later stage never calls an earlier one. docs/ARCHITECTURE.md is the map of all modules.

// `output` is the only writer, and writes to descriptors.
#![warn(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]
#![deny(unreachable_pub)]

mod accounts;
mod advice;
mod api;
#[doc(hidden)]
pub mod cli;
mod column;
mod complete;
mod deliver;
mod display;
pub mod ere;
mod error;
mod explain;
mod generate;
mod origin;
mod output;
mod permission;
mod plan;
mod proc;
mod report;
mod request;
mod row;
mod scan;
mod select;
mod services;
mod signal;
mod similar;
#[allow(unsafe_code)]
#[doc(hidden)]
pub mod sys;
mod view;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

pub use api::{Error, PinnedProcess, Query, WaitOutcome};
pub use report::ExitStatus;
pub use request::{ParseTokenError, Program, Token};
pub use signal::Signal;

use cli::Invocation;
use output::Output;
use plan::Plan;
use request::Request;

/// The exit status of a program that runs out of memory.
pub const OUT_OF_MEMORY: i32 = ExitStatus::Fatal.code();

/// Run a program and return its exit status. `argv0` is the name that it was called by, `args` are its other arguments.
/// `pkill` and `pidwait` spare a caller that has that name and their pattern in its arguments.
pub fn run(program: Program, argv0: &OsStr, args: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut output = Output::new(program);
    if let Some(format) = cli::json_format(program, &args) {
        output.print_json(format, proc::Run::new(argv0, &args));
    }
    let result = check_privileges().and_then(|()| cli::parse(program, argv0, args.iter().cloned())).and_then(
        |invocation| match invocation {
            Invocation::Print(text) => {
                output.print(&text);
                Ok(ExitStatus::Success)
            }
            Invocation::Help { is_short } => {
                output.print(&if is_short { cli::short_help(program) } else { cli::help(program) });
                Ok(ExitStatus::Success)
            }
            Invocation::Complete(request) => {
                output.candidates(&complete::candidates(&request)?);
                Ok(ExitStatus::Success)
            }
            Invocation::Generate(file) => {
                output.print(&file.text(program));
                Ok(ExitStatus::Success)
            }
            Invocation::ListSignals => {
                output.signals()?;
                Ok(ExitStatus::Success)
            }
            Invocation::Run(request) => answer(*request, &mut output, || proc::Run::new(argv0, &args)),
        },
    );
    output.finish(result)
}

/// With privileges that the user lacks, each option would be one for every user.
fn check_privileges() -> Result<(), error::Error> {
    match sys::has_privileges_beyond_the_user() {
        false => Ok(()),
        true => Err(error::Error::fatal(
            "refusing to run with privileges that the user lacks (set-user-ID, set-group-ID or file capabilities); \
             use sudo(8)",
        )),
    }
}

fn answer(
    mut request: Request,
    output: &mut Output,
    run: impl FnOnce() -> proc::Run,
) -> Result<ExitStatus, error::Error> {
    if request.explain.is_empty() {
        output.prepare(&request)?;
        output.open_log(&mut request, run)?;
    }
    let plan = Plan::new(&request).map_err(|error| match output.advises(&request) {
        true => error.or_hint(|| advice::user(&request)),
        false => error,
    })?;
    let plan = Arc::new(plan);
    if !request.explain.is_empty() {
        return output.explanations(&request, &explain::explain(&request, &plan)?);
    }
    let matches = scan::scan(&plan)?;
    output.notes(&plan, &matches);
    output.before_waiting(&request, &matches)?;
    output.log_start(&request, matches.found.len())?;
    let report = deliver::deliver(&request, plan, matches, &mut scan::rescan, output)?;
    if let Some(signal) = report.chosen_signal {
        request.set_signal(signal);
    }
    output.log_report(&request, &report);
    output.report(&request, &report)?;
    if report.targets.is_empty() && !report.none_chosen && output.advises(&request) {
        output.advice(advice::advice(&request));
    }
    Ok(report.exit_status(&request))
}
