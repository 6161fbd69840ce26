//! The matches that are ancestors of this program, and which of them are its callers.

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
    for pid in proc::ancestors(&proc)? {
        if found.binary_search_by_key(&pid, |(process, _)| *process).is_err() {
            continue;
        }
        let is_caller = match command {
            Some(command) => is_caller(&mut process, pid, command)?,
            None => false,
        };
        process.select(pid);
        let name = process.name().map(<[u8]>::to_vec).unwrap_or_default();
        let mention = Mention { pid, name };
        if is_caller && *spares_callers {
            found.retain(|(process, _)| *process != pid);
            spared.push(mention);
        } else {
            matched.push(MatchedAncestor { process: mention, is_caller });
        }
    }
    Ok((matched, spared))
}

/// Whether this ancestor has the command in its arguments. Its ID may have been reused since the chain was read, so
/// that it is an ancestor is asked once more, after its arguments were read. It has lived for longer than this process
/// then, and is what was read and what the scan has found.
fn is_caller(process: &mut Process<'_>, pid: Pid, command: &TypedCommand) -> Result<bool, Error> {
    process.select(pid);
    match process.arguments() {
        Ok(arguments) if command.is_in(arguments) => {}
        Err(LookupError::Io(errno)) => return Err(unreadable(pid, errno)),
        Ok(_) | Err(_) => return Ok(false),
    }
    process.select(own_pid());
    match process.ancestor_among(&[pid]) {
        Err(LookupError::Io(errno)) => Err(unreadable(pid, errno)),
        ancestor => Ok(ancestor == Ok(Some(pid))),
    }
}
