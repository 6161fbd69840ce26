//! What a scan returns.

use super::notes::Notes;
use crate::error::Error;
use crate::plan::{Plan, Tokens};
use crate::proc::{
    Facts, Lookup, LookupError, NamedProcess, Process, Relation, RunState, Unread, unreadable,
};
use crate::request::{Pid, Token};
use crate::select::Reason;
use crate::view::{View, view};

/// A process that was selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// The process ID, or the thread ID under `-w`.
    pub pid: Pid,
    /// When it started, in clock ticks since boot; read where the plan compares it.
    pub start_time: Option<u64>,
    /// What it did when the start time was read.
    pub run_state: Option<RunState>,
    /// Its identity token, where that is shown.
    pub token: Option<Token>,
    /// What is shown of it.
    pub view: View,
    /// Why it was selected.
    pub reason: Reason,
    /// `--tree`: its parent.
    pub parent: Option<Pid>,
    /// `--tree`: the nearest match above it, also where it matches itself.
    pub below: Option<Pid>,
    /// Its process group; read where that is to be signalled.
    pub group: Option<Pid>,
}

/// What a scan has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matches {
    /// The selected processes, in ascending order of process ID. Where descendants and group members are selected too,
    /// and something is done with them, parents come before their children.
    pub found: Vec<Match>,
    /// How many other processes may match: the kernel does not report what decides ([`LookupError::is_undecided`]).
    pub undecided: usize,
    /// The processes that could not be read completely, in ascending order of process ID.
    pub unread: Vec<Unread>,
    /// Whether the scan was ended before all processes were examined.
    pub interrupted: bool,
    /// Whether a process exited before it could be examined. It may have been replaced, so a rescan is needed.
    pub vanished: bool,
    /// What deserves a note.
    pub notes: Notes,
}

/// An exited process, or one that cannot be examined, is no error; an error of /proc itself is.
pub(super) fn unknown(pid: Pid, why: LookupError) -> Result<(), Error> {
    match why {
        LookupError::Io(errno) => Err(unreadable(pid, errno)),
        LookupError::Gone | LookupError::Denied | LookupError::TimedOut | LookupError::Unreadable(_) => {
            Ok(())
        }
    }
}

impl Match {
    fn new(pid: Pid, relation: Option<&Relation>, view: View) -> Match {
        Match {
            pid,
            start_time: relation.map(|relation| relation.start_time),
            run_state: relation.map(|relation| relation.run_state),
            token: None,
            view,
            reason: Reason::Matched,
            parent: None,
            below: None,
            group: None,
        }
    }

    /// A process of which only the ID is shown.
    pub(super) fn related(relation: &Relation) -> Match {
        Match::new(relation.pid, Some(relation), View::Id)
    }

    /// Read what is needed of a process that matches.
    pub(super) fn read(plan: &Plan, process: &mut Process<'_>) -> Lookup<Match> {
        let relation = if plan.verify_start_time { Some(process.relation()?) } else { None };
        let view = match &plan.columns {
            Some(columns) => View::Row(columns.read(process)?),
            // The origin takes several more reads. It is shown only of what was verified, which reads it.
            None => view(plan.detail.without_origin(), &plan.predicate, process)?,
        };
        Ok(Match::new(process.pid(), relation.as_ref(), view))
    }
}

/// Read a process. Where its token is shown, a pidfd holds it meanwhile, so that all of it is of the process that has the
/// token.
pub(super) fn with_token<E: From<LookupError>>(
    plan: &Plan,
    process: &mut Process<'_>,
    read: impl FnOnce(&mut Process<'_>) -> Result<Option<Match>, E>,
) -> Result<Option<Match>, E> {
    if plan.tokens != Tokens::AtScan {
        return read(process);
    }
    let held = NamedProcess::open(process.pid())?;
    process.forget();
    let found = read(process)?;
    let token = held.token()?;
    match held.has_its_id()? {
        true => Ok(found.map(|found| Match { token, view: plan.with_token(found.view, token), ..found })),
        false => Err(LookupError::Gone.into()),
    }
}
