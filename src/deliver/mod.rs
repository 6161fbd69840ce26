//! [`Matches`] → [`Report`]: one process, one handle. The handle is opened first; then the process is looked at
//! again, with the whole predicate; then it is signalled, or waited for, through the handle. If the process ID
//! has passed to another process since the scan, either the second look sees that other process, or the handle
//! still belongs to the one that ended: in no case is a bystander signalled.

mod handle;
mod rehearse;
mod wait;

use rustix::io::Errno;

use crate::error::Error;
use crate::permission::{Refusal, Sender};
use crate::plan::Plan;
use crate::proc::{Facts, ProcDir, Process, Unknown, is_anonymous};
use crate::report::{Outcome, Report, Target};
use crate::request::{Action, Delivery, Mode, Request};
use crate::scan::{Match, Matches};
use crate::select::NoAnswer;
use crate::signal::Signal;
use crate::view::{View, view};
use handle::{Handle, Sent};

/// Who is told, and asked, while processes are dealt with.
pub trait Audience {
    /// This process is about to be waited for.
    fn will_wait(&mut self, found: &Match) -> Result<(), Error>;
    /// Shall this process be signalled?
    fn ask(&mut self, found: &Match, signal: Signal) -> Result<Answer, Error>;
}

/// What the user says about one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This one.
    Yes,
    /// Not this one.
    No,
    /// This one and all others.
    All,
    /// Neither this one nor any other.
    Quit,
}

/// Do what was asked with each match.
pub fn deliver(
    request: &Request,
    plan: &Plan,
    matches: Matches,
    audience: &mut dyn Audience,
) -> Result<Report, Error> {
    let pattern_too_long = plan.pattern_too_long && matches.is_empty();
    let too_many = request.at_most.is_some_and(|most| matches.len() > most);
    let targets = match &request.action {
        _ if too_many => matches.into_iter().map(|found| target(found, Outcome::Untouched)).collect(),
        Action::List(_) => matches.into_iter().map(|found| target(found, Outcome::Listed)).collect(),
        Action::Signal(delivery) => Sending::new(plan, delivery).deliver_all(matches, audience)?,
        Action::Wait { .. } => wait::wait_for_all(plan, matches, audience)?,
    };
    Ok(Report { targets, pattern_too_long, too_many })
}

fn target(found: Match, outcome: Outcome) -> Target {
    Target { pid: found.pid, view: found.view, outcome }
}

/// A signal on its way to the matches.
struct Sending<'a> {
    plan: &'a Plan,
    delivery: &'a Delivery,
    sender: Sender,
    mode: Mode,
}

impl<'a> Sending<'a> {
    fn new(plan: &'a Plan, delivery: &'a Delivery) -> Self {
        Sending { plan, delivery, sender: ourselves(), mode: delivery.mode }
    }

    fn deliver_all(mut self, matches: Matches, audience: &mut dyn Audience) -> Result<Vec<Target>, Error> {
        let proc = ProcDir::named()?;
        let mut process = Process::new(&proc);
        let mut targets = Vec::with_capacity(matches.len());
        let mut matches = matches.into_iter();
        for mut found in matches.by_ref() {
            let (outcome, answer) = self.deliver_one(&mut process, &mut found, audience)?;
            targets.push(target(found, outcome));
            match answer {
                Some(Answer::All) => self.mode = Mode::Send,
                Some(Answer::Quit) => break,
                Some(Answer::Yes | Answer::No) | None => {}
            }
        }
        targets.extend(matches.map(|found| target(found, Outcome::Untouched)));
        Ok(targets)
    }

    fn deliver_one(
        &self,
        process: &mut Process<'_>,
        found: &mut Match,
        audience: &mut dyn Audience,
    ) -> Result<(Outcome, Option<Answer>), Error> {
        let handle = match pin(self.plan, process, found) {
            Ok(handle) => handle,
            Err(outcome) => return Ok((outcome, None)),
        };
        match self.mode {
            Mode::Send => Ok((self.send(&handle, found), None)),
            Mode::Rehearse => {
                Ok((rehearse::rehearse(self.delivery.signal, &self.sender, &handle, found), None))
            }
            Mode::Ask => {
                let answer = audience.ask(found, self.delivery.signal)?;
                let outcome = match answer {
                    Answer::No | Answer::Quit => Outcome::Untouched,
                    // The answer may have taken long enough for the process to have become another program.
                    Answer::Yes | Answer::All => match look_again(self.plan, process, found) {
                        Ok(()) => self.send(&handle, found),
                        Err(outcome) => outcome,
                    },
                };
                Ok((outcome, Some(answer)))
            }
        }
    }

    fn send(&self, handle: &Handle, found: &Match) -> Outcome {
        match handle.send(self.delivery.signal, self.delivery.value) {
            Ok(sent) => {
                let release = self.delivery.release_memory.then(|| handle.release_memory());
                let release = release.and_then(Result::err).filter(|&errno| errno != Errno::SRCH);
                Outcome::Signalled { pinned: sent == Sent::Pinned, release }
            }
            Err(Errno::PERM) => Outcome::Refused { why: self.refusal(found) },
            Err(errno) => failure(errno),
        }
    }

    /// Only where somebody will read it: it takes a look at the target.
    fn refusal(&self, found: &Match) -> Option<Refusal> {
        match &found.view {
            View::Full(target) => Some(Refusal::new(&self.sender, target)),
            View::Id | View::Text(_) => None,
        }
    }
}

/// What counts about us as a sender.
fn ourselves() -> Sender {
    let capabilities = rustix::thread::capabilities(None);
    let kill = rustix::thread::CapabilitySet::KILL;
    let real_uid = rustix::process::getuid().as_raw();
    let effective_uid = rustix::process::geteuid().as_raw();
    Sender {
        real_uid,
        effective_uid,
        session: nix::unistd::getsid(None).map_or(0, nix::unistd::Pid::as_raw),
        may_kill: capabilities.is_ok_and(|sets| sets.effective.contains(kill)),
        is_anonymous: is_anonymous(real_uid) || is_anonymous(effective_uid),
    }
}

/// A handle on the process that was found, if it is there and still what was asked for.
fn pin(plan: &Plan, process: &mut Process<'_>, found: &mut Match) -> Result<Handle, Outcome> {
    let handle = Handle::open(found.pid).map_err(failure)?;
    look_again(plan, process, found)?;
    Ok(handle)
}

/// Whether the process that now has the ID is the one that was found, and still what was asked for.
fn look_again(plan: &Plan, process: &mut Process<'_>, found: &mut Match) -> Result<(), Outcome> {
    process.look_at(found.pid);
    match still_meant(plan, process, found) {
        Ok(true) => Ok(()),
        // What started after the question was asked cannot be what was found: the ID has passed on.
        Ok(false) => match process.start_time() {
            Ok(start_time) if start_time < plan.asked_at => Err(Outcome::Changed),
            Ok(_) | Err(Unknown::Gone) => Err(Outcome::Gone),
            Err(Unknown::Unreadable(errno)) => Err(Outcome::Failed(errno)),
        },
        Err(NoAnswer::Unknown(Unknown::Gone)) => Err(Outcome::Gone),
        Err(NoAnswer::Unknown(Unknown::Unreadable(errno))) => Err(Outcome::Failed(errno)),
        // The pattern compiled for the first look, and this subject needs a form of it that is too big.
        Err(NoAnswer::Pattern(_)) => Err(Outcome::Changed),
    }
}

/// What picked the process is part of the question: for `-n` and `-o`, and where it was named by its ID, its start
/// time.
fn still_meant(plan: &Plan, process: &mut Process<'_>, found: &mut Match) -> Result<bool, NoAnswer> {
    if found.start_time.is_some_and(|start_time| process.start_time() != Ok(start_time)) {
        // Ask again for the reason: the process may be gone, or another.
        process.start_time()?;
        return Ok(false);
    }
    if !plan.predicate.admits(process)? {
        return Ok(false);
    }
    found.view = view(plan.detail, process)?;
    Ok(true)
}

fn failure(errno: Errno) -> Outcome {
    match errno {
        Errno::SRCH => Outcome::Gone,
        errno => Outcome::Failed(errno),
    }
}
