//! Which processes are selected: a [`Query`] becomes a request, and its matches are pinned.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use super::{Error, PinnedProcess};
use crate::accounts;
use crate::plan::Plan;
use crate::proc::ProcDir;
use crate::request::{
    Account, Action, Criterion, Label, Pick, Pid, ProcessList, ProcessRef, Program, Request, Selection,
    Subject, Token, Wait,
};
use crate::scan::scan;

/// Selects processes, as the options of `pgrep` do.
///
/// A process is found if it matches all that the query names. Where a method is called more than once, one of its
/// values has to match, except that there is a single pattern: the last one. Neither the calling process nor a zombie
/// is ever found.
///
/// ```
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
/// # let mut child = doc::start("nightly-backup")?;
/// use pkill::Query;
///
/// let found = Query::new().command_line("^sh -c .*backup$").parent(std::process::id()).find()?;
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].pid(), child.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a query does nothing until `find` is called"]
pub struct Query {
    pattern: Option<OsString>,
    subject: Subject,
    exact: bool,
    ignore_case: bool,
    fixed_string: bool,
    pids: Vec<ProcessRef>,
    exclude: Vec<ProcessRef>,
    parents: Vec<ProcessRef>,
    process_groups: Vec<u32>,
    sessions: Vec<u32>,
    users: Vec<Account>,
    real_users: Vec<Account>,
    real_groups: Vec<Account>,
    pick: Pick,
}

impl Query {
    /// A query without criteria. [`find`](Self::find) refuses it until it has one.
    pub fn new() -> Self {
        Query::default()
    }

    /// Match the process name (`comm` of proc_pid_comm(5), 15 bytes) against a POSIX extended regular expression. A
    /// pattern that is too long for any `comm` is matched against the full name.
    pub fn name(self, pattern: impl AsRef<OsStr>) -> Self {
        Query { pattern: Some(pattern.as_ref().to_owned()), subject: Subject::Name, ..self }
    }

    /// Match the command line, its arguments joined by spaces, against a POSIX extended regular expression. `^` and `$`
    /// are the beginning and the end of the whole line.
    pub fn command_line(self, pattern: impl AsRef<OsStr>) -> Self {
        Query { pattern: Some(pattern.as_ref().to_owned()), subject: Subject::CommandLine, ..self }
    }

    /// The pattern must match the whole name or command line.
    pub fn exact(self) -> Self {
        Query { exact: true, ..self }
    }

    /// Match without regard to case.
    pub fn ignore_case(self) -> Self {
        Query { ignore_case: true, ..self }
    }

    /// The pattern is plain text and not a regular expression.
    pub fn fixed_string(self) -> Self {
        Query { fixed_string: true, ..self }
    }

    /// Match this process ID.
    pub fn pid(mut self, pid: u32) -> Self {
        self.pids.push(process(pid));
        self
    }

    /// Match the process that has this token, if it has not exited.
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
    /// # let mut child = doc::start("nightly-backup")?;
    /// use pkill::{Query, Token};
    ///
    /// let token = Query::new().pid(child.id()).find()?[0].token()?;
    /// // Later, perhaps in another program:
    /// let found = Query::new().token(token.to_string().parse()?).find()?;
    /// assert_eq!(found[0].pid(), child.id());
    /// child.kill()?;
    /// child.wait()?;
    /// assert!(Query::new().token(token).find()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token(mut self, token: Token) -> Self {
        self.pids.push(ProcessRef::Token(token));
        self
    }

    /// Never match the process that has this ID when [`find`](Self::find) is called. This is no criterion.
    pub fn exclude(mut self, pid: u32) -> Self {
        self.exclude.push(process(pid));
        self
    }

    /// Match children of this process.
    pub fn parent(mut self, pid: u32) -> Self {
        self.parents.push(process(pid));
        self
    }

    /// Match members of this process group; 0 is that of the calling process.
    pub fn process_group(mut self, id: u32) -> Self {
        self.process_groups.push(id);
        self
    }

    /// Match members of this session; 0 is that of the calling process.
    pub fn session(mut self, id: u32) -> Self {
        self.sessions.push(id);
        self
    }

    /// Match processes with this effective user, by name.
    pub fn user(mut self, name: impl AsRef<OsStr>) -> Self {
        self.users.push(Account::Name(name.as_ref().to_owned()));
        self
    }

    /// Match processes with this effective user ID.
    pub fn uid(mut self, uid: u32) -> Self {
        self.users.push(Account::Id(uid));
        self
    }

    /// Match processes with this real user, by name.
    pub fn real_user(mut self, name: impl AsRef<OsStr>) -> Self {
        self.real_users.push(Account::Name(name.as_ref().to_owned()));
        self
    }

    /// Match processes with this real user ID.
    pub fn real_uid(mut self, uid: u32) -> Self {
        self.real_users.push(Account::Id(uid));
        self
    }

    /// Match processes with this real group, by name.
    pub fn real_group(mut self, name: impl AsRef<OsStr>) -> Self {
        self.real_groups.push(Account::Name(name.as_ref().to_owned()));
        self
    }

    /// Match processes with this real group ID.
    pub fn real_gid(mut self, gid: u32) -> Self {
        self.real_groups.push(Account::Id(gid));
        self
    }

    /// Of the matches, find only the one that started last.
    pub fn newest(self) -> Self {
        Query { pick: Pick::Newest, ..self }
    }

    /// Of the matches, find only the one that started first.
    pub fn oldest(self) -> Self {
        Query { pick: Pick::Oldest, ..self }
    }

    /// Find the processes that match now, in ascending order of process ID, each pinned by a descriptor. No match is
    /// an empty list, not an error.
    ///
    /// A command line that cannot be read does not match: the process belongs to another user, or its memory map is
    /// locked. Such a read is given up after one second; its thread remains until it returns.
    ///
    /// # Errors
    ///
    /// [`Error::NoCriteria`] if the query would match every process, and other errors of the query or of /proc.
    /// [`Error::Io`] if a process cannot be pinned, for instance because more processes match than descriptors are
    /// available.
    ///
    /// ```
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/child.rs")); }
    /// # let mut child = doc::start("nightly-backup")?;
    /// use pkill::Query;
    ///
    /// let found = Query::new().pid(child.id()).name("backup$").find()?;
    /// assert_eq!(found.len(), 1);
    /// assert!(Query::new().pid(child.id()).name("^backup").find()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(&self) -> Result<Vec<PinnedProcess>, Error> {
        let request = self.request()?;
        ProcDir::named().and_then(|proc| proc.require_same_pid_namespace()).map_err(Error::from_scan)?;
        let plan = Arc::new(Plan::new(&request).map_err(Error::from_scan)?);
        let matches = scan(&plan).map_err(Error::from_scan)?;
        let pinned = matches.found.into_iter().map(|found| PinnedProcess::pin(&plan, found));
        pinned.filter_map(Result::transpose).collect()
    }

    /// The request of the same `pidwait` command line, as its scan reads the start time and the name of each match.
    fn request(&self) -> Result<Request, Error> {
        let mut criteria = vec![];
        if !self.pids.is_empty() {
            criteria.push(Criterion::Pids(ProcessList::Given(self.pids.clone())));
        }
        if !self.parents.is_empty() {
            criteria.push(Criterion::Parents(self.parents.clone()));
        }
        let mut ids = |ids: &[u32], criterion: fn(Vec<Pid>) -> Criterion| {
            if !ids.is_empty() {
                // No process has an ID beyond the kernel's type for it.
                criteria.push(criterion(ids.iter().filter_map(|&id| Pid::try_from(id).ok()).collect()));
            }
        };
        ids(&self.process_groups, Criterion::ProcessGroups);
        ids(&self.sessions, Criterion::Sessions);
        let mut accounts = |of: &[Account], resolve: Resolve, criterion: fn(Vec<Account>) -> Criterion| {
            if !of.is_empty() {
                criteria.push(criterion(of.iter().map(resolve).collect::<Result<_, _>>()?));
            }
            Ok(())
        };
        accounts(&self.users, resolve_user, Criterion::EffectiveUsers)?;
        accounts(&self.real_users, resolve_user, Criterion::RealUsers)?;
        accounts(&self.real_groups, resolve_group, Criterion::RealGroups)?;
        // An empty pattern matches every name.
        if criteria.is_empty() && self.pattern.as_ref().is_none_or(|pattern| pattern.is_empty()) {
            return Err(Error::NoCriteria);
        }
        let mut selection = Selection {
            pattern: self.pattern.as_ref().map(|pattern| pattern.as_bytes().to_vec()),
            criteria,
            exclude: self.exclude.clone(),
            pick: self.pick,
            ..Selection::default()
        };
        selection.reading.subject = self.subject;
        selection.reading.whole = self.exact;
        selection.reading.ignore_case = self.ignore_case;
        selection.reading.plain = self.fixed_string;
        let echo = Some(Label { subject: Subject::Name, quoted: false });
        let action = Action::Wait { echo, wait: Wait::default() };
        Ok(Request::new(Program::Pidwait, selection, action))
    }
}

/// No process has an ID beyond the kernel's type for it, nor the greatest one.
fn process(pid: u32) -> ProcessRef {
    ProcessRef::Pid(Pid::try_from(pid).unwrap_or(Pid::MAX))
}

/// Looks up the ID of a name.
type Resolve = fn(&Account) -> Result<Account, Error>;

fn resolve_user(user: &Account) -> Result<Account, Error> {
    match user {
        Account::Id(_) => Ok(user.clone()),
        Account::Name(name) => {
            accounts::uid(name).map(Account::Id).ok_or_else(|| Error::UnknownUser(name.clone()))
        }
    }
}

fn resolve_group(group: &Account) -> Result<Account, Error> {
    match group {
        Account::Id(_) => Ok(group.clone()),
        Account::Name(name) => {
            accounts::gid(name).map(Account::Id).ok_or_else(|| Error::UnknownGroup(name.clone()))
        }
    }
}
