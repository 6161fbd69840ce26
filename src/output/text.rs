//! What became of a process, in words.

use std::collections::BTreeMap;
use std::io::{self, Write};

use tabwriter::TabWriter;

use super::printable::shown;
use crate::accounts;
use crate::error::errno_text;
use crate::report::{End, Exited, Outcome, Prediction, Target};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::View;

/// The names of users, each looked up once.
#[derive(Default)]
pub(super) struct Names(BTreeMap<u32, String>);

impl Names {
    /// The user's name, or the UID where no user has it.
    pub(super) fn user(&mut self, uid: u32) -> String {
        let look_up = || accounts::user_name(uid).to_string_lossy().into_owned();
        self.0.entry(uid).or_insert_with(look_up).clone()
    }

    /// PID, user, name, and what became of the process.
    pub(super) fn line(&mut self, target: &Target) -> [String; 4] {
        let (user, name) = match &target.view {
            View::Full(about) => (self.user(about.effective_uid), shown(&about.name)),
            View::Id | View::Text(_) | View::Words(_) => Default::default(),
        };
        [target.pid.to_string(), shown(user.as_bytes()), name, shown(self.outcome(target).as_bytes())]
    }

    fn outcome(&mut self, target: &Target) -> String {
        let mut text = word(target).to_owned();
        if let Some(explanation) = explanation(target, self) {
            text += &format!(": {explanation}");
        }
        match target.reason {
            Reason::Matched => {}
            Reason::Descendant(pid) => text += &format!(" (descendant of {pid})"),
            Reason::GroupMember(group) => text += &format!(" (in process group {group})"),
        }
        text
    }
}

/// One word for what became of a process.
pub(super) fn word(target: &Target) -> &'static str {
    match target.outcome {
        _ if matches!(target.end, Some(End::Exited(_))) => "ended",
        _ if matches!(target.end, Some(End::StillRunning { .. })) => "still there",
        Outcome::Listed => "listed",
        Outcome::Signalled { .. } => "signalled",
        Outcome::Predicted(Prediction { refusal: None, .. }) => "would be signalled",
        Outcome::Predicted(_) => "would be refused",
        Outcome::Awaited => "waited for",
        Outcome::Refused { .. } => "refused",
        Outcome::Gone => "gone",
        Outcome::Changed => "changed",
        Outcome::Untouched => "untouched",
        Outcome::Failed(_) => "failed",
    }
}

/// Why it became that, where there is more to say.
pub(super) fn explanation(target: &Target, names: &mut Names) -> Option<String> {
    let left_stopped = target.left_stopped.map(|why| format!("could not be continued: {}", errno_text(why)));
    match (of_outcome(target, names), left_stopped) {
        (Some(explanation), Some(left_stopped)) => Some(format!("{explanation}; {left_stopped}")),
        (explanation, left_stopped) => explanation.or(left_stopped),
    }
}

fn of_outcome(target: &Target, names: &mut Names) -> Option<String> {
    match &target.outcome {
        Outcome::Signalled { release: Some(errno), .. } => {
            Some(format!("process_mrelease failed: {}", errno_text(*errno)))
        }
        Outcome::Signalled { pinned: false, .. } => Some("by process ID, as no handle could be had".into()),
        Outcome::Refused { why: Some(why) } => Some(why.explain(&names.user(why.target[1]))),
        Outcome::Predicted(prediction) => {
            let mut text = match prediction.refusal {
                None => prediction.effect.to_string(),
                Some(refusal) if prediction.differs_from_model => {
                    let owner = names.user(refusal.target[1]);
                    format!("owned by {owner}, which kill(2) allows; a security module may be the reason")
                }
                Some(refusal) => refusal.explain(&names.user(refusal.target[1])),
            };
            if prediction.differs_from_model && prediction.refusal.is_none() {
                text += " (the kernel allows it, although kill(2)'s rule does not)";
            }
            Some(text)
        }
        Outcome::Signalled { .. } | Outcome::Awaited if target.end.is_some() => {
            target.end.as_ref().map(wait_summary)
        }
        Outcome::Changed => Some("it no longer is what was asked for".into()),
        Outcome::Failed(errno) => Some(errno_text(*errno)),
        Outcome::Listed
        | Outcome::Signalled { .. }
        | Outcome::Awaited
        | Outcome::Refused { why: None }
        | Outcome::Gone
        | Outcome::Untouched => None,
    }
}

/// What preceded the end, or the end of the wait.
fn wait_summary(end: &End) -> String {
    let sent = |signal: Option<Signal>| signal.map_or_else(String::new, |signal| format!(" after {signal}"));
    match end {
        End::StillRunning { signal, .. } => format!("has not ended{}", sent(*signal)),
        End::Exited(Exited { after, signal, status }) => {
            let seconds = after.as_secs_f64();
            let status = status.map(wait_status).map_or_else(String::new, |how| format!(" ({how})"));
            format!("{seconds:.2} s{}{status}", sent(*signal))
        }
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

/// Columns under each other.
pub(super) fn write_aligned<const N: usize>(
    output: impl Write,
    lines: impl Iterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut table = TabWriter::new(output).padding(2);
    for line in lines {
        // Process text holds no tabs any more: they were control characters.
        writeln!(table, "{}", line.join("\t"))?;
    }
    table.flush()
}
