//! The matches that are ancestors of this program, and which of them are its callers.

use std::collections::HashSet;

use super::matches::Match;
use super::notes::MatchedAncestor;
use crate::error::Error;
use crate::plan::{AncestorMatches, Plan};
use crate::proc::{self, Facts, LookupError, ProcDir, Process, own_pid, unreadable};
use crate::request::Pid;
use crate::select::TypedCommand;
use crate::view::Mention;

/// Take the callers that are to be spared from the matches, which are in ascending order of process ID. Returns the
/// ancestors that remain among the matches, and those that are spared; nearest first. Our chain of parents is read
/// where there are matches, and more of a process where that is among them.
pub(super) fn spare_callers(
    plan: &Plan,
    found: &mut Vec<(Pid, Match)>,
) -> Result<(Vec<MatchedAncestor>, Vec<Mention>), Error> {
    let (mut matched, mut spared) = (vec![], vec![]);
    let Some(AncestorMatches { command, spares_callers, .. }) = &plan.ancestors else {
        return Ok((matched, spared));
    };
    if found.is_empty() {
        return Ok((matched, spared));
    }
    let proc = ProcDir::named()?.with_timeout(plan.read_timeout.as_ref());
    let mut process = Process::new(&proc);
    let is_found = |pid: &Pid| found.binary_search_by_key(pid, |(process, _)| *process).is_ok();
    let ancestors: Vec<Pid> = proc::ancestors(&proc)?.into_iter().filter(is_found).collect();
    let callers = match command {
        Some(command) => callers(&mut process, &ancestors, command)?,
        None => HashSet::new(),
    };
    for pid in ancestors {
        let is_caller = callers.contains(&pid);
        process.select(pid);
        let name = process.name().map(<[u8]>::to_vec).unwrap_or_default();
        let mention = Mention { pid, name };
        if is_caller && *spares_callers {
            spared.push(mention);
        } else {
            matched.push(MatchedAncestor { process: mention, is_caller });
        }
    }
    found.retain(|(process, _)| !(*spares_callers && callers.contains(process)));
    Ok((matched, spared))
}

/// Those of the ancestors, nearest first, that have the command in their arguments. An ID may have been reused since the
/// chain was read, so the chain is read once more after the arguments. A process that is in it then has lived for longer
/// than this one, and is what was read and what the scan has found.
fn callers(
    process: &mut Process<'_>,
    ancestors: &[Pid],
    command: &TypedCommand,
) -> Result<HashSet<Pid>, Error> {
    let mut with_command = vec![];
    for &pid in ancestors {
        process.select(pid);
        match process.arguments() {
            Ok(arguments) if command.is_in(arguments) => with_command.push(pid),
            Err(LookupError::Io(errno)) => return Err(unreadable(pid, errno)),
            Ok(_) | Err(_) => {}
        }
    }
    // If one has exited, what is above it may be hidden.
    while let Some(&farthest) = with_command.last() {
        process.select(own_pid());
        match process.ancestors_up_to(farthest) {
            Ok(chain) => {
                let chain: HashSet<Pid> = chain.into_iter().collect();
                return Ok(with_command.into_iter().filter(|pid| chain.contains(pid)).collect());
            }
            Err(LookupError::Io(errno)) => return Err(unreadable(farthest, errno)),
            Err(_) => with_command.pop(),
        };
    }
    Ok(HashSet::new())
}
