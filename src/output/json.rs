//! `--json`: one document about the whole run. Its schema is docs/report.schema.json.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::columns::Members;
use super::exact::{Arguments, Exact, wall_clock};
use super::printable::Escaped;
use super::reappeared::ReappearedView;
use super::text::{Names, explanation, word};
use crate::column::Column;
use crate::proc::Description;
use crate::report::{End, Exited, Outcome, Report, Sent, SentSignal, StillRunning, Target, Via};
use crate::request::{Action, Listing, Pid, RawValue, Request};
use crate::select::Reason;
use crate::signal::Signal;
use crate::view::{Mention, View};

/// Raised when a reader of the former schema would misunderstand the new one; not for additions.
pub(super) const SCHEMA: u32 = 2;

/// JSON that people can read, with a newline at the end.
pub(super) fn write(output: impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut output = Escaped(output);
    serde_json::to_writer_pretty(&mut output, value)?;
    output.write_all(b"\n")
}

/// The document. It is written while it is made: the arguments of many processes have hundreds of megabytes as JSON.
pub(super) fn write_report(
    output: impl Write,
    request: &Request,
    report: &Report,
    names: &mut Names,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        program: request.program.name(),
        signal: match &request.action {
            Action::Signal(delivery) => {
                Some(SignalView { name: delivery.signal.to_string(), number: delivery.signal.number() })
            }
            Action::List(_) | Action::Wait { .. } => None,
        },
        criteria: Criteria(request),
        targets: Targets { all: &report.targets, columns: columns(request), names: RefCell::new(names) },
        reappeared: report.reappeared.iter().map(ReappearedView::new).collect(),
        spared: report.spared.iter().map(SparedView::new).collect(),
        summary: Summary {
            matched: report.targets.len(),
            undecided: report.undecided,
            outcomes: Outcomes(report),
            exit_status: report.exit_status(request).code(),
        },
    };
    write(output, &document)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    program: &'static str,
    signal: Option<SignalView>,
    criteria: Criteria<'a>,
    targets: Targets<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reappeared: Vec<ReappearedView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spared: Vec<SparedView<'a>>,
    summary: Summary<'a>,
}

/// A caller of the program.
#[derive(Serialize)]
struct SparedView<'a> {
    pid: Pid,
    name: Exact<'a>,
}

impl<'a> SparedView<'a> {
    fn new(spared: &'a Mention) -> Self {
        SparedView { pid: spared.pid, name: Exact(&spared.name) }
    }
}

#[derive(Serialize)]
struct SignalView {
    name: String,
    number: i32,
}

/// Each target is described when it is written.
struct Targets<'a> {
    all: &'a [Target],
    /// Of `--columns`.
    columns: &'a [&'static Column],
    names: RefCell<&'a mut Names>,
}

fn columns(request: &Request) -> &[&'static Column] {
    match &request.action {
        Action::List(Listing { columns: Some(columns), .. }) => &columns.list,
        Action::List(_) | Action::Signal(_) | Action::Wait { .. } => &[],
    }
}

impl Serialize for Targets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = |target| TargetView::new(target, self.columns, &mut self.names.borrow_mut());
        serializer.collect_seq(self.all.iter().map(view))
    }
}

#[derive(Serialize)]
struct TargetView<'a> {
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

#[derive(Serialize)]
struct Summary<'a> {
    matched: usize,
    #[serde(skip_serializing_if = "is_zero")]
    undecided: usize,
    #[serde(flatten)]
    outcomes: Outcomes<'a>,
    exit_status: i32,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl<'a> TargetView<'a> {
    fn new(target: &'a Target, columns: &[&'static Column], names: &mut Names) -> Self {
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
            start_time: wall_clock(about.start_time),
        }
    }
}

/// The outcome as one word, with underscores.
fn identifier(target: &Target) -> String {
    word(target).replace(' ', "_")
}

/// The pattern, and the options that select, by their long names and as they were typed.
pub(super) struct Criteria<'a>(pub(super) &'a Request);

impl Serialize for Criteria<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.0.raw_values {
            match value {
                RawValue::Flag => map.serialize_entry(name, &true)?,
                RawValue::Value(value) => map.serialize_entry(name, &exact(value))?,
                RawValue::Each(values) => {
                    map.serialize_entry(name, &values.iter().map(exact).collect::<Vec<_>>())?;
                }
            }
        }
        map.end()
    }
}

fn exact(value: &OsString) -> Exact<'_> {
    Exact(value.as_encoded_bytes())
}

/// The number of targets with each outcome.
struct Outcomes<'a>(&'a Report);

impl Serialize for Outcomes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut counts = std::collections::BTreeMap::new();
        for target in &self.0.targets {
            *counts.entry(identifier(target)).or_insert(0usize) += 1;
        }
        counts.serialize(serializer)
    }
}
