//! The document, and its members.

use std::cell::RefCell;
use std::ffi::OsString;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::head::{Head, Json};
use super::target::{TargetView, identifier};
use crate::column::Column;
use crate::output::exact::Exact;
use crate::output::reappeared::ReappearedView;
use crate::output::text::Names;
use crate::report::{Report, Target};
use crate::request::{Action, Listing, Pid, RawValue, Request};
use crate::view::Mention;

#[derive(Serialize)]
pub(in crate::output) struct Document<'a> {
    #[serde(flatten)]
    pub(super) head: Head<'a>,
    signal: Option<SignalView>,
    pub(super) criteria: Criteria<'a>,
    /// None: they have lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) targets: Option<Targets<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reappeared: Vec<ReappearedView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) spared: Vec<SparedView<'a>>,
    summary: Summary<'a>,
}

impl<'a> Document<'a> {
    pub(super) fn new(json: &'a Json, request: &'a Request, report: &'a Report) -> Self {
        Document {
            head: Head::new(json),
            signal: SignalView::of(request),
            criteria: Criteria(Some(request)),
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

/// A caller of the program.
#[derive(Serialize)]
pub(super) struct SparedView<'a> {
    pid: Pid,
    name: Exact<'a>,
}

impl<'a> SparedView<'a> {
    fn new(spared: &'a Mention) -> Self {
        SparedView { pid: spared.pid, name: Exact(&spared.name) }
    }
}

#[derive(Serialize)]
pub(super) struct SignalView {
    name: String,
    number: i32,
}

impl SignalView {
    pub(super) fn of(request: &Request) -> Option<Self> {
        let signal = request.sending()?.signal;
        Some(SignalView { name: signal.to_string(), number: signal.number() })
    }
}

/// Each target is described when it is written.
pub(super) struct Targets<'a> {
    pub(super) all: &'a [Target],
    /// Of `--columns`.
    pub(super) columns: &'a [&'static Column],
    pub(super) names: RefCell<&'a mut Names>,
}

pub(super) fn columns(request: &Request) -> &[&'static Column] {
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

/// The pattern, and the options that select, by their long names and as they were typed. None: they are too long.
pub(in crate::output) struct Criteria<'a>(pub(in crate::output) Option<&'a Request>);

impl Serialize for Criteria<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter().flat_map(|request| &request.raw_values) {
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
