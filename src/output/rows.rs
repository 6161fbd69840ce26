//! The table of `--dry-run`, `--verbose`, `--max` and `--choose`: a row for each process.

use super::describe::RowCells;
use super::marked::Marked;
use super::printable::shown;
use super::screen::Screen;
use super::table::{self, Column};
use super::text::identity;
use super::tree::{self, Branch};
use super::writer::Output;
use crate::report::{Outcome, Target};
use crate::scan::Match;
use crate::view::View;

impl Output {
    /// The lines of a table of these processes; as a tree if they are one.
    pub(super) fn rows(&mut self, targets: &[&Target], outcome: &str, screen: Screen) -> Vec<String> {
        self.table_of(targets, &branches(targets, screen), outcome, false, screen)
    }

    /// The same before anything is done to them.
    pub(super) fn listed(&mut self, targets: &[Target], screen: Screen) -> Vec<String> {
        self.rows(&targets.iter().collect::<Vec<_>>(), "OUTCOME", screen)
    }

    /// The same, with numbers from 1 on if `is_numbered`, and the index of the target that each row is of.
    pub(super) fn arranged(
        &mut self,
        targets: &[Target],
        is_numbered: bool,
        screen: Screen,
    ) -> (Vec<String>, Vec<usize>) {
        let targets: Vec<&Target> = targets.iter().collect();
        let branches = branches(&targets, screen);
        let lines = self.table_of(&targets, &branches, "OUTCOME", is_numbered, screen);
        (lines, branches.into_iter().map(|branch| branch.at).collect())
    }

    fn table_of(
        &mut self,
        targets: &[&Target],
        branches: &[Branch],
        outcome: &str,
        is_numbered: bool,
        screen: Screen,
    ) -> Vec<String> {
        let column = |heading: &str| Column {
            heading: heading.to_owned(),
            on_right: matches!(heading, "#" | "PID" | "AGE"),
            in_full: heading == outcome,
            is_optional: matches!(heading, "USER" | "AGE" | "WHY"),
        };
        let columns = ["#", "PID", "USER", "AGE", "NAME", outcome, "WHY", "COMMAND"].map(column);
        let number = |place: usize| if is_numbered { (place + 1).to_string() } else { String::new() };
        let row =
            |(place, Branch { at, drawn }): (usize, &Branch)| self.row(number(place), targets[*at], drawn);
        let rows: Vec<Vec<Marked>> = branches.iter().enumerate().map(row).collect();
        table::lines(&columns, &rows, screen)
    }

    fn row(&mut self, number: String, target: &Target, branch: &str) -> Vec<Marked> {
        let outcome = match target.outcome {
            Outcome::Listed => String::new(),
            _ => self.names.outcome(target),
        };
        let (mut user, mut described) = (String::new(), RowCells::default());
        if let (View::Full(full), Some(describer)) = (&target.view, &self.describer) {
            user = self.names.user(full.about.effective_uid);
            described = describer.describe(full, target.reason);
        }
        let RowCells { age, name, why, command } = described;
        let text = |text: String| Marked::from(shown(text.as_bytes()));
        vec![
            number.into(),
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

/// The order of the rows.
fn branches(targets: &[&Target], screen: Screen) -> Vec<Branch> {
    let family: Vec<_> = targets.iter().map(|target| (target.pid, target.parent)).collect();
    tree::draw(&family, screen)
}

/// Matches that nothing was done to yet, shown by their IDs.
pub(super) fn targets(found: &[&Match]) -> Vec<Target> {
    let target = |found: &&Match| Target {
        pid: found.pid,
        token: None,
        view: found.view.clone(),
        reason: found.reason,
        parent: found.parent,
        outcome: Outcome::Listed,
        left_stopped: None,
        end: None,
    };
    found.iter().map(target).collect()
}
