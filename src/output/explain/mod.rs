//! `--explain`: why a process is selected or not.

mod json;
mod text;

use super::writer::Output;
use crate::error::Error;
use crate::explain::Explanation;
use crate::report::ExitStatus;
use crate::request::{Request, Style};

impl Output {
    /// Success if each process is selected.
    pub(crate) fn explanations(
        &mut self,
        request: &Request,
        all: &[Explanation],
    ) -> Result<ExitStatus, Error> {
        let are_selected =
            all.iter().all(|one| one.process.as_ref().is_some_and(|process| process.is_selected));
        let status = if are_selected { ExitStatus::Success } else { ExitStatus::Nothing };
        let mut names = std::mem::take(&mut self.names);
        match (self.json.take(), request.style) {
            (Some(json), _) => {
                self.print_with(|output| json::write(output, &json, request, all, status, &mut names))?;
            }
            (None, Style::Quiet) => {}
            (None, _) => {
                for explanation in all {
                    self.print(&text::text(request, explanation, &mut names));
                }
            }
        }
        self.names = names;
        self.flush()?;
        for missing in all.iter().filter(|one| one.process.is_none() && request.style != Style::Quiet) {
            self.error(&format!("pid {}: no such process", missing.pid));
        }
        Ok(status)
    }
}
