//! `--columns`: the values of each process, as text or in JSON.

mod json;
mod text;

pub(super) use json::{Member, Members};
pub(super) use text::{Cells, age};

use std::io::IsTerminal as _;

use super::marked::Marked;
use super::screen::Screen;
use super::table;
use super::writer::Output;
use crate::column::{Alignment, Column};
use crate::error::Error;
use crate::report::Target;
use crate::request::{Columns, Separator};
use crate::row::Row;
use crate::view::View;

impl Output {
    /// Of each process: fields that each end with a NUL; on a terminal, columns with a heading; else fields with a tab
    /// between them.
    pub(super) fn columns(
        &mut self,
        columns: &Columns,
        separator: &Separator,
        targets: &[&Target],
    ) -> Result<(), Error> {
        let mut names = std::mem::take(&mut self.names);
        let mut cells = Cells::new(&mut names, columns.quoted);
        let rows = targets.iter().filter_map(|target| match &target.view {
            View::Row(row) => Some(row),
            View::Id | View::Text(..) | View::Words(..) | View::Full(_) => None,
        });
        match separator {
            Separator::Nul => self.exact_rows(&mut cells, rows)?,
            Separator::Between(delimiter) if delimiter == b"\n" && std::io::stdout().is_terminal() => {
                let rows: Vec<Vec<Marked>> = rows.map(|row| cells.marked(row)).collect();
                let heading = |column: &&'static Column| table::Column {
                    heading: column.name.to_uppercase(),
                    on_right: column.alignment == Alignment::Right,
                    in_full: false,
                    is_optional: false,
                };
                let headings: Vec<_> = columns.list.iter().map(heading).collect();
                for line in table::lines(&headings, &rows, Screen::of(&std::io::stdout())) {
                    self.print(&line);
                    self.print("\n");
                }
            }
            Separator::Between(delimiter) => self.separated_rows(&mut cells, rows, delimiter)?,
        }
        self.names = names;
        Ok(())
    }

    fn exact_rows<'r>(
        &mut self,
        cells: &mut Cells<'_>,
        mut rows: impl Iterator<Item = &'r Row>,
    ) -> Result<(), Error> {
        rows.try_for_each(|row| {
            row.iter().try_for_each(|value| {
                self.print_bytes(&cells.exact(value.as_ref()))?;
                self.print_bytes(b"\0")
            })
        })
    }

    fn separated_rows<'r>(
        &mut self,
        cells: &mut Cells<'_>,
        rows: impl Iterator<Item = &'r Row>,
        delimiter: &[u8],
    ) -> Result<(), Error> {
        let mut is_first = true;
        for row in rows {
            if !std::mem::take(&mut is_first) {
                self.print_bytes(delimiter)?;
            }
            for (at, value) in row.iter().enumerate() {
                self.print(if at == 0 { "" } else { "\t" });
                self.print_bytes(&cells.displayed(value.as_ref()))?;
            }
        }
        self.print(if is_first { "" } else { "\n" });
        Ok(())
    }
}
