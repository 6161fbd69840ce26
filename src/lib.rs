//! `pgrep`, `pkill` and `pidwait`: one library, three programs, one pipeline.
//!
//! ```text
//! argv ─cli→ Request ─plan→ Plan ─scan→ Matches ─deliver→ Report ─output→ bytes, exit status
//! ```
//!
//! [`cli`] understands the command line and knows nothing of the machine. [`plan`] looks up what it names: users,
//! groups, pidfiles, namespaces, ports. [`scan`] looks at the processes through [`proc`], as cheaply as the tests of
//! [`select`] allow. [`deliver`] holds a handle on each match, looks again, and signals it or waits for it.
//! [`output`] writes. Data moves forward only: a later stage never asks an earlier one.
//!
//! Beside it stand [`complete`], which answers the shells' completions, and what several stages ask: [`accounts`] and
//! [`permission`].
//!
//! What differs between the three programs is only the last step. [`run`] is the pipeline as a function.

// `output` is the only writer, and writes to descriptors.
#![warn(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

pub mod accounts;
pub mod cli;
pub mod complete;
pub mod deliver;
pub mod ere;
pub mod error;
pub mod output;
pub mod permission;
pub mod plan;
pub mod proc;
pub mod report;
pub mod request;
pub mod scan;
pub mod select;
pub mod signal;
#[allow(unsafe_code)]
#[doc(hidden)]
pub mod sys;
pub mod view;

use std::ffi::OsString;

pub use request::Program;

use cli::Invocation;
use error::Error;
use output::Output;
use plan::Plan;
use report::ExitStatus;
use request::Request;

/// The exit status of a program that runs out of memory.
pub const OUT_OF_MEMORY: i32 = ExitStatus::Fatal.code();

/// Run a program with its arguments (without its name) and return its exit status.
pub fn run(program: Program, args: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let mut output = Output::new(program);
    let result = cli::parse(program, args).and_then(|invocation| match invocation {
        Invocation::Print(text) => {
            output.print(&text);
            Ok(ExitStatus::Success)
        }
        Invocation::Help => {
            output.print(&cli::help(program));
            Ok(ExitStatus::Success)
        }
        Invocation::Complete(request) => {
            output.candidates(&complete::candidates(&request)?);
            Ok(ExitStatus::Success)
        }
        Invocation::ListSignals(style) => {
            output.signals(style);
            Ok(ExitStatus::Success)
        }
        Invocation::Run(request) => answer(&request, &mut output),
    });
    output.finish(result)
}

fn answer(request: &Request, output: &mut Output) -> Result<ExitStatus, Error> {
    output.prepare(request)?;
    let plan = Plan::new(request)?;
    let matches = scan::scan(&plan)?;
    output.notes(&plan, &matches);
    output.before_waiting(request, &matches)?;
    let report = deliver::deliver(request, plan, matches, &mut scan::rescan, output)?;
    output.report(request, &report)?;
    Ok(report.exit_status(request))
}
