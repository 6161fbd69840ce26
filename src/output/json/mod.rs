//! `--json`: one document about the whole run, or a line for each process and one for the run. The schema of both is
//! docs/report.schema.json.

mod document;
mod head;
mod lines;
mod target;

use std::cell::RefCell;
use std::io::{self, Write};

use serde::Serialize;

use super::printable::Escaped;
use super::text::Names;
use crate::error::Error;
use crate::report::Report;
use crate::request::{JsonFormat, Request};
pub(super) use document::{Criteria, Document};
use document::{Targets, columns};
pub(super) use head::{Head, Json, RunView};
pub(super) use lines::{Failed, Limit, Line, Lines, Room, Start, TargetLine};

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

impl Json {
    /// It is written while it is made: the arguments of many processes have hundreds of megabytes as JSON.
    pub(super) fn write_report(
        &self,
        mut output: impl Write,
        request: &Request,
        report: &Report,
        names: &mut Names,
    ) -> io::Result<()> {
        match self.format {
            JsonFormat::Document => {
                let mut document = Document::new(self, request, report);
                document.targets = Some(Targets {
                    all: &report.targets,
                    columns: columns(request),
                    names: RefCell::new(names),
                });
                write(output, &document)
            }
            JsonFormat::Lines => {
                let lines = Lines::new(self, request);
                for target in &report.targets {
                    write_line(&mut output, &lines.target(target, names))?;
                }
                write_line(output, &lines.summary(report))
            }
        }
    }

    /// Why there is no report.
    pub(super) fn write_error(&self, output: impl Write, error: &Error) -> io::Result<()> {
        let line = self.error(error);
        match self.format {
            JsonFormat::Document => write(output, &line.value),
            JsonFormat::Lines => write_line(output, &line),
        }
    }
}
