//! `--json`: one document about the whole run, or a line for each process and one for the run. The schema of both is
//! docs/report.schema.json.

mod head;
mod target;

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::exact::Exact;
use super::printable::Escaped;
use super::reappeared::ReappearedView;
use super::text::Names;
use crate::column::Column;
use crate::error::{Error, ErrorKind};
use crate::report::{ExitStatus, Report, Target};
use crate::request::{Action, JsonFormat, Listing, Pid, RawValue, Request};
use crate::view::Mention;
pub(super) use head::{Head, Json, RunView};
use target::{TargetView, identifier};

/// JSON that people can read, with a newline at the end.
pub(super) fn write(output: impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut output = Escaped(output);
    serde_json::to_writer_pretty(&mut output, value)?;
    output.write_all(b"\n")
}

/// JSON in one line: a newline in a string is escaped.
pub(super) fn write_line(output: impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut output = Escaped(output);
    serde_json::to_writer(&mut output, value)?;
    output.write_all(b"\n")
}

/// A line of `--json=lines`.
#[derive(Serialize)]
pub(super) struct Line<T> {
    pub(super) kind: &'static str,
    #[serde(flatten)]
    pub(super) value: T,
}

impl Json {
    /// It is written while it is made: the arguments of many processes have hundreds of megabytes as JSON.
    pub(super) fn write_report(
        &self,
        mut output: impl Write,
        request: &Request,
        report: &Report,
        names: &mut Names,
    ) -> io::Result<()> {
        let columns = columns(request);
        let mut document = Document::new(self, request, report);
        match self.format {
            JsonFormat::Document => {
                document.targets =
                    Some(Targets { all: &report.targets, columns, names: RefCell::new(names) });
                write(output, &document)
            }
            JsonFormat::Lines => {
                let run = RunView::new(self);
                for target in &report.targets {
                    let target = TargetView::new(target, columns, names);
                    let value = TargetLine { run: &run, signal: document.signal.as_ref(), target };
                    write_line(&mut output, &Line { kind: "target", value })?;
                }
                write_line(output, &Line { kind: "summary", value: document })
            }
        }
    }

    /// Why there is no report.
    pub(super) fn write_error(&self, output: impl Write, error: &Error) -> io::Result<()> {
        let failed = Failed {
            head: Head::new(self),
            error: ErrorView {
                kind: match error.kind {
                    ErrorKind::Usage => "usage",
                    ErrorKind::NothingToMatch => "nothing_to_match",
                    ErrorKind::Forbidden => "forbidden",
                    ErrorKind::Fatal => "fatal",
                },
                message: &error.message,
                hint: error.hint.as_deref(),
                exit_status: ExitStatus::from(error).code(),
            },
        };
        match self.format {
            JsonFormat::Document => write(output, &failed),
            JsonFormat::Lines => write_line(output, &Line { kind: "error", value: failed }),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    signal: Option<SignalView>,
    criteria: Criteria<'a>,
    /// None: they have lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Targets<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reappeared: Vec<ReappearedView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spared: Vec<SparedView<'a>>,
    summary: Summary<'a>,
}

impl<'a> Document<'a> {
    fn new(json: &'a Json, request: &'a Request, report: &'a Report) -> Self {
        Document {
            head: Head::new(json),
            signal: match &request.action {
                Action::Signal(delivery) => {
                    Some(SignalView { name: delivery.signal.to_string(), number: delivery.signal.number() })
                }
                Action::List(_) | Action::Wait { .. } => None,
            },
            criteria: Criteria(request),
            targets: None,
            reappeared: report.reappeared.iter().map(ReappearedView::new).collect(),
            spared: report.spared.iter().map(SparedView::new).collect(),
            summary: Summary {
                matched: report.targets.len(),
                undecided: report.undecided,
                outcomes: Outcomes(report),
                exit_status: report.exit_status(request).code(),
            },
        }
    }
}

/// A target in a line of its own, with what is needed to understand it.
#[derive(Serialize)]
struct TargetLine<'a> {
    #[serde(flatten)]
    run: &'a RunView<'a>,
    signal: Option<&'a SignalView>,
    #[serde(flatten)]
    target: TargetView<'a>,
}

/// Instead of a document.
#[derive(Serialize)]
struct Failed<'a> {
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
