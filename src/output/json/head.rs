//! What each document of `--json` says of the run itself.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::output::exact::Exact;
use crate::proc::{Invoker, Run};
use crate::request::{JsonFormat, Pid, Program};

/// Raised when a reader of the former schema would misunderstand the new one; not for additions.
const SCHEMA: u32 = 2;

/// How a run is printed.
#[derive(Clone)]
pub(in crate::output) struct Json {
    pub(in crate::output) format: JsonFormat,
    pub(in crate::output) program: Program,
    pub(in crate::output) run: Run,
}

/// The first members of a document.
#[derive(Serialize)]
pub(in crate::output) struct Head<'a> {
    #[serde(flatten)]
    run: RunView<'a>,
    invoker: InvokerView<'a>,
    argv: Vec<Exact<'a>>,
    /// Its last words are missing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    argv_truncated: bool,
}

impl<'a> Head<'a> {
    pub(in crate::output) fn new(json: &'a Json) -> Self {
        Head {
            run: RunView::new(json),
            invoker: InvokerView::new(&json.run.invoker),
            argv: json.run.argv.iter().map(|word| Exact(word.as_encoded_bytes())).collect(),
            argv_truncated: false,
        }
    }

    /// Keep the first words of the command line. Whether any were removed.
    pub(super) fn limit_argv(&mut self, room: Option<usize>) -> bool {
        let mut left = room.unwrap_or(usize::MAX);
        let fits = |word: &&Exact<'_>| left.checked_sub(word.0.len()).inspect(|rest| left = *rest).is_some();
        let kept = self.argv.iter().take_while(fits).count();
        self.argv_truncated = kept < self.argv.len();
        self.argv.truncate(kept);
        self.argv_truncated
    }
}

/// What distinguishes the run from others, which each line has.
#[derive(Serialize)]
pub(in crate::output) struct RunView<'a> {
    schema: u32,
    program: &'static str,
    version: &'static str,
    host: Exact<'a>,
    boot_id: Option<&'a str>,
    time: String,
}

impl<'a> RunView<'a> {
    pub(in crate::output) fn new(json: &'a Json) -> Self {
        RunView {
            schema: SCHEMA,
            program: json.program.name(),
            version: env!("CARGO_PKG_VERSION"),
            host: Exact(&json.run.host),
            boot_id: json.run.boot_id.as_deref(),
            time: rfc3339(json.run.started),
        }
    }
}

/// To a millisecond, in UTC.
fn rfc3339(time: SystemTime) -> String {
    format!("{:.3}", Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH))
}

#[derive(Serialize)]
pub(super) struct InvokerView<'a> {
    uid: u32,
    login_uid: Option<u32>,
    pid: Pid,
    tty: Option<&'a str>,
    parent: Option<ParentView<'a>>,
}

#[derive(Serialize)]
struct ParentView<'a> {
    pid: Pid,
    name: Option<Exact<'a>>,
}

impl<'a> InvokerView<'a> {
    pub(super) fn new(invoker: &'a Invoker) -> Self {
        let parent =
            invoker.parent.map(|pid| ParentView { pid, name: invoker.parent_name.as_deref().map(Exact) });
        InvokerView {
            uid: invoker.real_uid,
            login_uid: invoker.login_uid,
            pid: invoker.pid,
            tty: invoker.terminal.as_deref(),
            parent,
        }
    }
}
