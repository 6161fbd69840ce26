//! The table of `--dry-run`, `--verbose` and `--max`: a row for each process.

use super::describe::Described;
use super::marked::Marked;
use super::printable::shown;
use super::screen::Screen;
use super::table::{self, Column};
use super::text::identity;
use super::tree::{self, Branch};
use super::writer::Output;
use crate::report::{Outcome, Target};
use crate::view::View;

impl Output {
    /// The lines of a table of these processes; as a tree if they are one.
    pub(super) fn rows(&mut self, targets: &[&Target], outcome: &str, screen: Screen) -> Vec<String> {
        let column = |heading: &str| Column {
            heading: heading.to_owned(),
            on_right: matches!(heading, "PID" | "AGE"),
            in_full: heading == outcome,
            is_optional: matches!(heading, "USER" | "AGE" | "WHY"),
        };
        let columns = ["PID", "USER", "AGE", "NAME", outcome, "WHY", "COMMAND"].map(column);
        let family: Vec<_> = targets.iter().map(|target| (target.pid, target.parent)).collect();
        let rows: Vec<Vec<Marked>> = tree::draw(&family, screen)
            .into_iter()
            .map(|Branch { at, drawn }| self.row(targets[at], &drawn))
            .collect();
        table::lines(&columns, &rows, screen)
    }

    fn row(&mut self, target: &Target, branch: &str) -> Vec<Marked> {
        let outcome = match target.outcome {
            Outcome::Listed => String::new(),
            _ => self.names.outcome(target),
        };
        let (mut user, mut described) = (String::new(), Described::default());
        if let (View::Full(full), Some(describer)) = (&target.view, &self.describer) {
            user = self.names.user(full.about.effective_uid);
            described = describer.describe(full, target.reason);
        }
        let Described { age, name, why, command } = described;
        let text = |text: String| Marked::from(shown(text.as_bytes()));
        vec![
            text(identity(target)),
            text(user),
            text(age),
            name.after(branch),
            text(outcome),
            text(why),
            command,
        ]
    }
}
