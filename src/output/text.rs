//! The outcome for a process, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::io::Errno;

use crate::accounts;
use crate::error::errno_text;
use crate::report::{
    End, Exited, NoHandle, Outcome, Prediction, Sent, SentSignal, StillRunning, Target, Via,
};
use crate::signal::Signal;

/// Why a process could not be signalled, other than for lack of permission.
pub(super) fn failure(errno: Errno) -> String {
    match errno {
        // It could not be verified: see `--read-timeout`.
        Errno::TIMEDOUT => "it could not be read in time, so it was not verified".to_owned(),
        errno => errno_text(errno),
    }
}

/// The names of users and groups, each looked up once.
#[derive(Default)]
pub(super) struct Names {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

impl Names {
    /// The user's name, or the UID where no user has it.
    pub(super) fn user(&mut self, uid: u32) -> String {
        let look_up = || accounts::user_name(uid).to_string_lossy().into_owned();
        self.users.entry(uid).or_insert_with(look_up).clone()
    }

    /// The group's name, or the GID where no group has it.
    pub(super) fn group(&mut self, gid: u32) -> String {
        let look_up = || accounts::group_name(gid).to_string_lossy().into_owned();
        self.groups.entry(gid).or_insert_with(look_up).clone()
    }

    /// Why the kernel refuses a signal, as far as is known.
    pub(super) fn refusal(&mut self, outcome: &Outcome) -> Option<String> {
        match outcome {
            Outcome::Refused { errno: Errno::ACCESS, .. } => {
                Some("by a security module such as AppArmor or SELinux; see its log".into())
            }
            Outcome::Refused { why: Some(why), .. } => Some(why.explain(&self.user(why.target[1]))),
            _ => None,
        }
    }

    /// What became of a process, or would.
    pub(super) fn outcome(&mut self, target: &Target) -> String {
        let explanation = explanation(target, self);
        let word = match target.outcome {
            Outcome::Predicted(Prediction { refusal: None, .. }) => return explanation.unwrap_or_default(),
            Outcome::Predicted(_) => "refused",
            _ => word(target),
        };
        let colon = if target.end.is_some() { "" } else { ":" };
        explanation.map_or_else(|| word.to_owned(), |explanation| format!("{word}{colon} {explanation}"))
    }
}

/// The process ID, or the token where that was read.
pub(super) fn identity(target: &Target) -> String {
    target.token.map_or_else(|| target.pid.to_string(), |token| token.to_string())
}

/// The outcome in a word or two.
pub(super) fn word(target: &Target) -> &'static str {
    match target.outcome {
        _ if matches!(target.end, Some(End::Exited(_))) => "exited",
        _ if matches!(target.end, Some(End::StillRunning(_))) => "still running",
        Outcome::Listed => "listed",
        Outcome::Signalled { .. } => "signalled",
        Outcome::Predicted(Prediction { refusal: None, .. }) => "would be signalled",
        Outcome::Predicted(_) => "would be refused",
        Outcome::Awaited => "waited for",
        Outcome::Refused { .. } => "refused",
        Outcome::Gone => "gone",
        Outcome::Changed => "no longer matches",
        Outcome::Untouched => "skipped",
        Outcome::Failed(_) => "failed",
    }
}

/// The details of the outcome, if there are any.
pub(super) fn explanation(target: &Target, names: &mut Names) -> Option<String> {
    let by_id = match target.outcome {
        Outcome::Signalled { via: Via::Id(why), .. } => Some(by_id(why).to_owned()),
        _ => None,
    };
    let left_stopped = target.left_stopped.map(|why| format!("could not be continued: {}", errno_text(why)));
    let all = [target.end.as_ref().map(wait_summary), of_outcome(target, names), by_id, left_stopped];
    let all: Vec<String> = all.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Why the signal was sent by ID and not through a handle.
fn by_id(why: NoHandle) -> &'static str {
    match why {
        NoHandle::CallMissing => "by process ID, as the system has no pidfd_send_signal",
        NoHandle::GroupFlagMissing => {
            "by process group ID, as pidfd_send_signal takes no group before Linux 6.9"
        }
        NoHandle::LeaderExited => "by process group ID, as the leader of the group has exited",
    }
}

fn of_outcome(target: &Target, names: &mut Names) -> Option<String> {
    match &target.outcome {
        Outcome::Signalled { release: Some(errno), .. } => {
            Some(format!("process_mrelease failed: {}", errno_text(*errno)))
        }
        outcome @ Outcome::Refused { .. } => names.refusal(outcome),
        Outcome::Predicted(prediction) => {
            let mut text = match prediction.refusal {
                None => prediction.effect.to_string(),
                Some(refusal) if prediction.differs_from_model => {
                    let owner = names.user(refusal.target[1]);
                    format!(
                        "owned by {owner}; kill(2) would permit it, so a security module may be the reason"
                    )
                }
                Some(refusal) => refusal.explain(&names.user(refusal.target[1])),
            };
            if prediction.differs_from_model && prediction.refusal.is_none() {
                text += " (permitted by the kernel, although not by the rules of kill(2))";
            }
            if prediction.is_confined && prediction.refusal.is_none() {
                text += " (unless AppArmor, which confines pkill or the process, refuses it)";
            }
            Some(text)
        }
        Outcome::Failed(errno) => Some(failure(*errno)),
        Outcome::Listed
        | Outcome::Signalled { .. }
        | Outcome::Awaited
        | Outcome::Gone
        | Outcome::Changed
        | Outcome::Untouched => None,
    }
}

/// The time until the exit, or until the end of the wait, and its circumstances.
fn wait_summary(end: &End) -> String {
    match end {
        End::StillRunning(StillRunning { after, sent, state, is_exiting, .. }) => {
            let why = match state {
                _ if *is_exiting => ", exiting",
                b'D' => ", in uninterruptible sleep",
                b'T' | b't' => ", stopped",
                _ => "",
            };
            times(*after, *sent) + why
        }
        End::Exited(Exited { after, sent, status }) => {
            let status = status.map(wait_status).map_or_else(String::new, |how| format!(", {how}"));
            times(*after, *sent) + &status
        }
    }
}

/// How long after the last signal, and after the first one if there were more; or after the wait began.
fn times(after: Duration, sent: Option<Sent>) -> String {
    let since = |SentSignal { signal, ago }: SentSignal| format!("{:.2} s after {signal}", ago.as_secs_f64());
    match sent {
        None => format!("after {:.2} s", after.as_secs_f64()),
        Some(Sent { first, last }) if first == last => since(last),
        Some(Sent { first, last }) => format!("{} ({})", since(last), since(first)),
    }
}

/// waitpid(2)'s status in words.
fn wait_status(status: i32) -> String {
    if libc::WIFEXITED(status) {
        return format!("exit status {}", libc::WEXITSTATUS(status));
    }
    let number = libc::WTERMSIG(status);
    let signal = Signal::from_number(number).map_or(number.to_string(), |s| s.to_string());
    format!("killed by {signal}{}", if libc::WCOREDUMP(status) { ", core dumped" } else { "" })
}
