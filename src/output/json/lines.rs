//! The lines of `--json=lines` and of the log.

use serde::Serialize;

use super::document::{Criteria, Document, SignalView, columns};
use super::head::{Head, InvokerView, Json, RunView};
use super::target::TargetView;
use crate::column::Column;
use crate::error::{Error, ErrorKind};
use crate::output::text::Names;
use crate::report::{ExitStatus, Report, Target};
use crate::request::Request;

/// One line.
#[derive(Serialize)]
pub(in crate::output) struct Line<T> {
    pub(in crate::output) kind: &'static str,
    #[serde(flatten)]
    pub(in crate::output) value: T,
}

/// The lines of one run.
pub(in crate::output) struct Lines<'a> {
    pub(in crate::output) json: &'a Json,
    request: &'a Request,
    run: RunView<'a>,
    signal: Option<SignalView>,
    columns: &'a [&'static Column],
}

impl<'a> Lines<'a> {
    pub(in crate::output) fn new(json: &'a Json, request: &'a Request) -> Self {
        let (run, signal) = (RunView::new(json), SignalView::of(request));
        Lines { json, request, run, signal, columns: columns(request) }
    }

    /// What is about to be done to this number of processes.
    pub(in crate::output) fn start(&self, matched: usize) -> Line<Start<'a>> {
        // The user is yet to choose it.
        let is_known = |_: &_| self.request.sending().is_some_and(|sending| !sending.chooses_signal);
        let signal = SignalView::of(self.request).filter(is_known);
        let criteria = Criteria(Some(self.request));
        Line { kind: "start", value: Start { head: Head::new(self.json), signal, criteria, matched } }
    }

    pub(in crate::output) fn target(&self, target: &'a Target, names: &mut Names) -> Line<TargetLine<'_>> {
        let target = TargetView::new(target, self.columns, names);
        let value = TargetLine { run: &self.run, invoker: None, signal: self.signal.as_ref(), target };
        Line { kind: "target", value }
    }

    /// The same with what started the program, as other lines are not at hand where one is found in a log.
    pub(in crate::output) fn target_by_invoker(
        &self,
        target: &'a Target,
        names: &mut Names,
    ) -> Line<TargetLine<'_>> {
        let mut line = self.target(target, names);
        line.value.invoker = Some(InvokerView::new(&self.json.run.invoker));
        line
    }

    pub(in crate::output) fn summary(&self, report: &'a Report) -> Line<Document<'a>> {
        Line { kind: "summary", value: Document::new(self.json, self.request, report) }
    }
}

impl Json {
    pub(in crate::output) fn error<'a>(&'a self, error: &'a Error) -> Line<Failed<'a>> {
        let kind = match error.kind {
            ErrorKind::Usage => "usage",
            ErrorKind::NothingToMatch => "nothing_to_match",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::Fatal => "fatal",
        };
        let (message, hint) = (&*error.message, error.hint.as_deref());
        let error = ErrorView { kind, message, hint, exit_status: ExitStatus::from(error).code() };
        Line { kind: "error", value: Failed { head: Head::new(self), error } }
    }
}

/// Before the first signal: what follows may never be written.
#[derive(Serialize)]
pub(in crate::output) struct Start<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    signal: Option<SignalView>,
    criteria: Criteria<'a>,
    matched: usize,
}

/// A target in a line of its own, with what is needed to understand it.
#[derive(Serialize)]
pub(in crate::output) struct TargetLine<'a> {
    #[serde(flatten)]
    run: &'a RunView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoker: Option<InvokerView<'a>>,
    signal: Option<&'a SignalView>,
    #[serde(flatten)]
    target: TargetView<'a>,
}

/// Instead of a document.
#[derive(Serialize)]
pub(in crate::output) struct Failed<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    error: ErrorView<'a>,
}

#[derive(Serialize)]
struct ErrorView<'a> {
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
    exit_status: i32,
}

/// The room in a log for texts without a limit of their own, in bytes.
#[derive(Clone, Copy)]
pub(in crate::output) struct Room {
    /// For the arguments of a target: any user may have processes with megabytes of them.
    pub(in crate::output) arguments: usize,
    /// For the command line of pkill. None: as long as it is.
    pub(in crate::output) argv: Option<usize>,
}

/// A line that may be too long for a log.
pub(in crate::output) trait Limit {
    fn limit(&mut self, room: Room);
}

impl Limit for TargetLine<'_> {
    fn limit(&mut self, room: Room) {
        self.target.limit_arguments(room.arguments);
    }
}

impl Limit for Start<'_> {
    fn limit(&mut self, room: Room) {
        limit(&mut self.head, &mut self.criteria, room);
    }
}

impl Limit for Document<'_> {
    fn limit(&mut self, room: Room) {
        limit(&mut self.head, &mut self.criteria, room);
        if room.argv.is_some() {
            self.reappeared.clear();
            self.spared.clear();
        }
    }
}

impl Limit for Failed<'_> {
    fn limit(&mut self, room: Room) {
        self.head.limit_argv(room.argv);
    }
}

/// The criteria are words of the command line.
fn limit(head: &mut Head<'_>, criteria: &mut Criteria<'_>, room: Room) {
    if head.limit_argv(room.argv) {
        criteria.0 = None;
    }
}
