//! An explanation in JSON. Its schema is docs/explanation.schema.json.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use super::text::sentences;
use crate::explain::{Condition, Explained, Explanation, Found, Part};
use crate::output::columns::Member;
use crate::output::exact::Exact;
use crate::output::json::{Criteria, SCHEMA, write as write_json};
use crate::output::text::Names;
use crate::report::ExitStatus;
use crate::request::{Pid, Request};

pub(super) fn write(
    output: impl Write,
    request: &Request,
    all: &[Explanation],
    status: ExitStatus,
    names: &mut Names,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        program: request.program.name(),
        criteria: Criteria(request),
        explanations: all.iter().map(|one| ExplanationView::new(request, one, names)).collect(),
        exit_status: status.code(),
    };
    write_json(output, &document)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    program: &'static str,
    criteria: Criteria<'a>,
    explanations: Vec<ExplanationView<'a>>,
    exit_status: i32,
}

#[derive(Serialize)]
struct ExplanationView<'a> {
    pid: Pid,
    exists: bool,
    name: Option<Exact<'a>>,
    selected: bool,
    conditions: Vec<ConditionView<'a>>,
    reasons: Vec<String>,
}

impl<'a> ExplanationView<'a> {
    fn new(request: &Request, explanation: &'a Explanation, names: &mut Names) -> Self {
        let pid = explanation.pid;
        match &explanation.process {
            None => ExplanationView {
                pid,
                exists: false,
                name: None,
                selected: false,
                conditions: vec![],
                reasons: vec![],
            },
            Some(Explained { name, is_selected, conditions, circumstances }) => ExplanationView {
                pid,
                exists: true,
                name: Some(Exact(name)),
                selected: *is_selected,
                conditions: conditions.iter().map(|one| ConditionView::new(one, names)).collect(),
                reasons: sentences(request.program, conditions, circumstances),
            },
        }
    }
}

#[derive(Serialize)]
struct ConditionView<'a> {
    option: &'static str,
    value: Option<Exact<'a>>,
    met: Option<bool>,
    readable: bool,
    found: FoundView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<Place>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum FoundView<'a> {
    Value(Member<'a>),
    Text(Exact<'a>),
    Words(Vec<Exact<'a>>),
    Ancestors(Vec<AncestorView<'a>>),
}

#[derive(Serialize)]
struct AncestorView<'a> {
    pid: Pid,
    name: Exact<'a>,
}

/// In bytes.
#[derive(Serialize)]
struct Place {
    start: usize,
    end: usize,
}

impl<'a> ConditionView<'a> {
    fn new(condition: &'a Condition, names: &mut Names) -> Self {
        let place = |range: &Range<usize>| Place { start: range.start, end: range.end };
        let (found, matched) = match &condition.found {
            Ok(Found::Value(value)) => (FoundView::Value(Member::new(value.as_ref(), names)), None),
            Ok(Found::Text(Part { text, range, .. })) => {
                (FoundView::Text(Exact(text)), range.as_ref().map(place))
            }
            Ok(Found::Words(words)) => {
                (FoundView::Words(words.iter().map(|word| Exact(word)).collect()), None)
            }
            Ok(Found::Ancestors(ancestors)) => {
                let view = ancestors.iter().map(|one| AncestorView { pid: one.pid, name: Exact(&one.name) });
                (FoundView::Ancestors(view.collect()), None)
            }
            Err(_) => (FoundView::Value(Member::Null), None),
        };
        ConditionView {
            option: condition.option,
            value: condition.value.as_deref().map(Exact),
            met: condition.is_met,
            readable: condition.found.is_ok(),
            found,
            matched,
        }
    }
}
