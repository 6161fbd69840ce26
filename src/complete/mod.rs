//! What may be typed next: `--complete` answers the shells' completions, which know the options but not the processes.
//!
//! It stands beside the pipeline, and needs of it only the option table and the look at processes.

mod fixed;
mod pattern;
mod processes;

use crate::cli::CompletionRequest;
use crate::cli::kind::Kind;
use crate::error::Error;

/// Something that may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is typed. Bytes of a process may be among them.
    pub text: Vec<u8>,
    /// What it means. The same is true of it.
    pub about: Vec<u8>,
}

impl Candidate {
    fn new(text: impl Into<Vec<u8>>, about: impl Into<Vec<u8>>) -> Self {
        Candidate { text: text.into(), about: about.into() }
    }
}

/// What may stand in the place of the word, each with what is typed of it before its last comma, if it is a list. The
/// shell finds out which of them begin with the rest, or resemble it: that is for its user to set.
pub fn candidates(request: &CompletionRequest) -> Result<Vec<Candidate>, Error> {
    if !request.kind.is_list() {
        return values(request, &request.word);
    }
    let (before, last) = match memchr::memrchr(b',', &request.word) {
        Some(comma) => request.word.split_at(comma + 1),
        None => (&[][..], &request.word[..]),
    };
    let is_there = |text: &[u8]| before.split(|&b| b == b',').any(|entry| entry == text);
    let mut found = values(request, last)?;
    found.retain(|candidate| !candidate.text.contains(&b',') && !is_there(&candidate.text));
    for candidate in &mut found {
        candidate.text.splice(..0, before.iter().copied());
    }
    Ok(found)
}

/// Single values. What is typed matters only where it has parts of its own.
fn values(request: &CompletionRequest, typed: &[u8]) -> Result<Vec<Candidate>, Error> {
    match request.kind {
        Kind::Pattern => pattern::patterns(request.reading),
        Kind::Pids | Kind::Pid => processes::pids(),
        Kind::Parents => processes::parents(),
        Kind::ProcessGroups => processes::process_groups(),
        Kind::Sessions => processes::sessions(),
        Kind::Terminals => processes::terminals(),
        Kind::Users => processes::users(),
        Kind::Groups => processes::groups(),
        Kind::Cgroups => processes::cgroups(),
        Kind::Units => processes::units(),
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
        Kind::Candidates => Ok(fixed::questions()),
        // The shells know files, and nobody knows the rest.
        Kind::File | Kind::Size | Kind::Count | Kind::Integer | Kind::Text => Ok(vec![]),
    }
}
