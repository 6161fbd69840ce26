//! A record: a line of JSON, and what the loggers want besides.

use super::syslog::FACILITY;
use crate::error::Error;
use crate::output::json::{Document, Failed, Json, Line, Lines, Start, TargetLine};
use crate::output::printable::{cut, quoted, shown};
use crate::output::summary::summary;
use crate::output::text::Names;
use crate::report::{End, ExitStatus, Outcome, Report, Target};
use crate::request::Request;
use crate::view::View;

/// Severities of syslog(3).
const NOTICE: u8 = 5;
const WARNING: u8 = 4;
const ERROR: u8 = 3;

/// Characters of pkill's own command line in a message.
const COMMAND_MAX: usize = 200;

pub(super) struct Record<T> {
    pub(super) line: Line<T>,
    pub(super) severity: u8,
    /// For people.
    message: String,
    /// The kind of record, for journalctl(1) and its catalogs.
    id: &'static str,
}

impl<T> Record<T> {
    /// The fields of the journal that each entry should have (systemd.journal-fields(7)).
    pub(super) fn fields(&self) -> [(&'static str, String); 6] {
        [
            ("MESSAGE", self.message.clone()),
            ("MESSAGE_ID", self.id.to_owned()),
            ("PRIORITY", self.severity.to_string()),
            ("SYSLOG_FACILITY", FACILITY.to_string()),
            ("SYSLOG_IDENTIFIER", "pkill".to_owned()),
            ("SYSLOG_PID", std::process::id().to_string()),
        ]
    }
}

impl<'a> Record<Start<'a>> {
    pub(super) fn start(lines: &Lines<'a>, names: &mut Names, matched: usize) -> Self {
        let run = &lines.json.run;
        let words: Vec<u8> =
            run.argv.iter().flat_map(|word| [word.as_encoded_bytes(), b"\0"].concat()).collect();
        let command = cut(&shown(&quoted(&words).flatten().copied().collect::<Vec<u8>>()), COMMAND_MAX);
        let user = names.user(run.invoker.login_uid.unwrap_or(run.invoker.real_uid));
        let processes = if matched == 1 { "process" } else { "processes" };
        let message = format!("{matched} {processes} selected by {}: {command}", shown(user.as_bytes()));
        let id = "5086f25a380648f5b3ac4212b93baf4e";
        Record { line: lines.start(matched), severity: NOTICE, message, id }
    }
}

impl<'a> Record<TargetLine<'a>> {
    pub(super) fn target(
        lines: &'a Lines<'a>,
        names: &mut Names,
        request: &Request,
        target: &'a Target,
    ) -> Self {
        let signal = request.sending().map_or_else(String::new, |sending| sending.signal.to_string());
        let process = match &target.view {
            View::Full(full) => {
                let user = names.user(full.about.effective_uid);
                let user = shown(user.as_bytes());
                format!("{} (pid {}, user {user})", shown(&full.about.name), target.pid)
            }
            View::Id | View::Text(..) | View::Words(..) | View::Row(_) => format!("pid {}", target.pid),
        };
        let message = format!("{signal} to {process}: {}", names.outcome(target));
        let has_failed = matches!(target.outcome, Outcome::Refused { .. } | Outcome::Failed(_))
            || matches!(target.end, Some(End::StillRunning(_)))
            || target.left_stopped.is_some();
        let severity = if has_failed { WARNING } else { NOTICE };
        let id = "12dc38b61788481db7015f76c0067cb0";
        Record { line: lines.target_by_invoker(target, names), severity, message, id }
    }
}

impl<'a> Record<Document<'a>> {
    pub(super) fn summary(lines: &Lines<'a>, request: &Request, report: &'a Report) -> Self {
        let status = report.exit_status(request).code();
        let message = format!("{}; exit status {status}", summary(request, report).trim_end());
        let id = "7d5ef94c406f4e7996180c993ea077e0";
        Record { line: lines.summary(report), severity: NOTICE, message, id }
    }
}

impl<'a> Record<Failed<'a>> {
    pub(super) fn error(json: &'a Json, error: &'a Error) -> Self {
        let status = ExitStatus::from(error).code();
        let message = format!("{}; exit status {status}", shown(error.message.as_bytes()));
        let id = "453b23a0fa9348d09e34ae1f144cbe99";
        Record { line: json.error(error), severity: ERROR, message, id }
    }
}
