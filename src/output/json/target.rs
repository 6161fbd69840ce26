//! A target in JSON.

use std::time::Duration;

use serde::Serialize;

use crate::column::Column;
use crate::output::columns::Members;
use crate::output::exact::{Arguments, Exact, wall_clock};
use crate::output::text::{Names, explanation, word};
use crate::proc::Description;
use crate::report::{End, Exited, Outcome, Sent, SentSignal, StillRunning, Target, Via};
use crate::request::Pid;
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::View;

#[derive(Serialize)]
pub(super) struct TargetView<'a> {
    pid: Pid,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    descendant_of: Option<Pid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_of: Option<Pid>,
    #[serde(flatten)]
    about: Option<About<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Members<'a>>,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<bool>,
    errno: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndView>,
    explanation: Option<String>,
}

#[derive(Serialize)]
struct About<'a> {
    ppid: Pid,
    uid: u32,
    euid: u32,
    user: String,
    name: Exact<'a>,
    arguments: Option<Arguments<'a>>,
    /// The last ones are missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    arguments_truncated: bool,
    start_time: String,
}

/// How a wait went: seconds, the last signal before, and how the process ended.
#[derive(Serialize)]
struct EndView {
    ended: bool,
    after: Option<f64>,
    signal: Option<String>,
    after_signal: Option<f64>,
    first_signal: Option<String>,
    after_first_signal: Option<f64>,
    exit_status: Option<i32>,
    killed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exiting: Option<bool>,
}

impl EndView {
    fn new(end: &End) -> Self {
        let name = |signal: Option<Signal>| signal.map(|signal| signal.to_string());
        match end {
            End::StillRunning(StillRunning { sent, state, is_exiting, .. }) => EndView {
                state: Some(char::from(*state).to_string()),
                exiting: Some(*is_exiting),
                ..EndView::of(false, None, *sent)
            },
            End::Exited(Exited { after, sent, status }) => EndView {
                exit_status: status.filter(|&s| libc::WIFEXITED(s)).map(|s| libc::WEXITSTATUS(s)),
                killed_by: status
                    .filter(|&s| libc::WIFSIGNALED(s))
                    .map(|s| name(Signal::from_number(libc::WTERMSIG(s))).unwrap_or_default()),
                ..EndView::of(true, Some(*after), *sent)
            },
        }
    }

    fn of(ended: bool, after: Option<Duration>, sent: Option<Sent>) -> EndView {
        let name = |sent: SentSignal| sent.signal.to_string();
        // Of a process that is still running, these are not the times of its exit.
        let ago = |sent: SentSignal| ended.then_some(sent.ago.as_secs_f64());
        EndView {
            ended,
            after: after.map(|after| after.as_secs_f64()),
            signal: sent.map(|sent| name(sent.last)),
            after_signal: sent.and_then(|sent| ago(sent.last)),
            first_signal: sent.map(|sent| name(sent.first)),
            after_first_signal: sent.and_then(|sent| ago(sent.first)),
            exit_status: None,
            killed_by: None,
            state: None,
            exiting: None,
        }
    }
}

impl<'a> TargetView<'a> {
    pub(super) fn new(target: &'a Target, columns: &[&'static Column], names: &mut Names) -> Self {
        let (about, columns) = match &target.view {
            View::Full(full) => (Some(About::new(&full.about, names)), None),
            View::Row(row) => (None, Some(Members::new(columns, row, names))),
            View::Id | View::Text(..) | View::Words(..) => (None, None),
        };
        let (pinned, errno) = match target.outcome {
            Outcome::Signalled { via, release } => {
                (Some(via == Via::Handle), release.map(|e| e.raw_os_error()))
            }
            Outcome::Refused { errno, .. } => (None, Some(errno.raw_os_error())),
            Outcome::Gone => (None, Some(libc::ESRCH)),
            Outcome::Failed(errno) => (None, Some(errno.raw_os_error())),
            _ => (None, None),
        };
        let effect = match target.outcome {
            Outcome::Predicted(prediction) => Some(prediction.effect.word()),
            _ => None,
        };
        let (descendant_of, member_of) = match target.reason {
            Reason::Matched => (None, None),
            Reason::Descendant(pid) => (Some(pid), None),
            Reason::GroupMember(group) => (None, Some(group)),
        };
        TargetView {
            pid: target.pid,
            id: target.token.map(|token| token.to_string()),
            descendant_of,
            member_of,
            about,
            columns,
            outcome: identifier(target),
            effect,
            pinned,
            errno,
            end: target.end.as_ref().map(EndView::new),
            explanation: explanation(target, names),
        }
    }

    /// Keep the first arguments.
    pub(super) fn limit_arguments(&mut self, room: usize) {
        let Some(About { arguments: Some(Arguments(all)), arguments_truncated, .. }) = &mut self.about else {
            return;
        };
        if let Some(start) = all.get(..room).filter(|_| all.len() > room) {
            *all = &all[..memchr::memrchr(0, start).map_or(0, |end| end + 1)];
            *arguments_truncated = true;
        }
    }
}

impl<'a> About<'a> {
    fn new(about: &'a Description, names: &mut Names) -> Self {
        About {
            ppid: about.parent,
            uid: about.real_uid,
            euid: about.effective_uid,
            user: names.user(about.effective_uid),
            name: Exact(&about.name),
            arguments: about.arguments.as_deref().map(Arguments),
            arguments_truncated: false,
            start_time: wall_clock(about.start_time),
        }
    }
}

/// The outcome as one word, with underscores.
pub(super) fn identifier(target: &Target) -> String {
    word(target).replace(' ', "_")
}
