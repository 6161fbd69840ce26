//! `--complete`: completion candidates for the shells. Their scripts know the options but not the processes.
//!
//! It is separate from the pipeline; it shares only the option table and the reading of processes with it. What a
//! process has chosen passes the filter `inert` first: the shells put it on a command line.

mod candidate;
mod fixed;
mod inert;
mod pattern;
mod processes;

pub(crate) use candidate::Candidate;

use crate::cli::CompletionRequest;
use crate::cli::kind::Kind;
use crate::error::Error;

/// The candidates for the word. If it is a list, the entries before its last comma are prepended to each. Filtering by
/// what follows is left to the shell, which may match by prefix or otherwise, as its user configured.
pub(crate) fn candidates(request: &CompletionRequest) -> Result<Vec<Candidate>, Error> {
    if !request.kind.is_list() {
        return values(request, &request.word);
    }
    let (before, last) = match memchr::memrchr(b',', &request.word) {
        Some(comma) => request.word.split_at(comma + 1),
        None => (&[][..], &request.word[..]),
    };
    let is_listed = |text: &[u8]| before.split(|&b| b == b',').any(|entry| entry == text);
    let mut found = values(request, last)?;
    found.retain(|candidate| !candidate.text.contains(&b',') && !is_listed(&candidate.text));
    for candidate in &mut found {
        candidate.text.splice(..0, before.iter().copied());
    }
    Ok(found)
}

/// Candidates for a single value. The typed part is used only where a value consists of several parts.
fn values(request: &CompletionRequest, typed: &[u8]) -> Result<Vec<Candidate>, Error> {
    match request.kind {
        Kind::Pattern => pattern::patterns(request.reading, typed),
        Kind::Pids | Kind::Pid => processes::pids(),
        Kind::Parents => processes::parents(),
        Kind::ProcessGroups => processes::process_groups(),
        Kind::Sessions => processes::sessions(),
        Kind::Terminals => processes::terminals(),
        Kind::Users => processes::users(),
        Kind::Groups => processes::groups(),
        Kind::Cgroups => processes::cgroups(),
        Kind::Units => processes::units(),
        Kind::UserUnits => processes::user_units(),
        Kind::Ports => processes::ports(typed),
        Kind::Executable => processes::executables(),
        Kind::Script => processes::scripts(),
        Kind::Directory => processes::working_directories(),
        Kind::Variables => processes::variables(),
        Kind::States => Ok(fixed::states()),
        Kind::Namespaces => Ok(fixed::namespaces()),
        Kind::Signal => Ok(fixed::signals(typed)),
        Kind::Steps => Ok(fixed::steps(typed)),
        Kind::Duration => Ok(fixed::durations()),
        Kind::Columns => Ok(fixed::columns()),
        Kind::Format => Ok(fixed::formats()),
        Kind::Log => Ok(fixed::logs()),
        Kind::Generated => Ok(fixed::generated()),
        Kind::Candidates => Ok(fixed::completion_kinds()),
        // The shells complete file names; the others cannot be enumerated.
        Kind::File | Kind::Size | Kind::Count | Kind::Integer | Kind::Text => Ok(vec![]),
    }
}
