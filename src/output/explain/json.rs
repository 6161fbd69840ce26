//! An explanation in JSON. Its schema is docs/explanation.schema.json.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use super::text::sentences;
use crate::explain::{Condition, Explained, Explanation, Found, Part};
use crate::output::columns::Member;
use crate::output::exact::Exact;
use crate::output::json::{Criteria, Head, Json, Line, RunView, write as write_json, write_line};
use crate::output::text::Names;
use crate::report::ExitStatus;
use crate::request::{JsonFormat, Pid, Request};

pub(super) fn write(
    mut output: impl Write,
    json: &Json,
    request: &Request,
    all: &[Explanation],
    status: ExitStatus,
    names: &mut Names,
) -> io::Result<()> {
    let explanations = all.iter().map(|one| ExplanationView::new(request, one, names));
    let mut document = Document {
        head: Head::new(json),
        criteria: Criteria(Some(request)),
        explanations: None,
        exit_status: status.code(),
    };
    match json.format {
        JsonFormat::Document => {
            document.explanations = Some(explanations.collect());
            write_json(output, &document)
        }
        JsonFormat::Lines => {
            let run = RunView::new(json);
            for explanation in explanations {
                let value = ExplanationLine { run: &run, explanation };
                write_line(&mut output, &Line { kind: "explanation", value })?;
            }
            write_line(output, &Line { kind: "summary", value: document })
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    criteria: Criteria<'a>,
    /// None: they have lines of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanations: Option<Vec<ExplanationView<'a>>>,
    exit_status: i32,
}

#[derive(Serialize)]
struct ExplanationLine<'a> {
    #[serde(flatten)]
    run: &'a RunView<'a>,
    #[serde(flatten)]
    explanation: ExplanationView<'a>,
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
