//! Rows under headings. On a terminal no row is longer than a line; elsewhere nothing is cut.

use super::marked::{Marked, width, wrap};
use super::screen::Screen;

/// Between two columns.
const GAP: &str = "  ";

/// The last column gets at least this, as long as others can be narrower.
const LAST_MIN: usize = 24;

/// No column is narrower than this because of the last one.
const COLUMN_MIN: usize = 10;

/// Where nothing is cut, a cell that is wider than this is not aligned with others.
const ALIGNED_MAX: usize = 64;

/// A column.
pub(super) struct Column {
    pub heading: String,
    /// Numbers are aligned on the right.
    pub on_right: bool,
    /// A cell that has to be cut is repeated in full below its row.
    pub in_full: bool,
    /// The last such column is omitted where the last column of all would get too little.
    pub is_optional: bool,
}

/// The lines of the table. `rows` have a cell for each column; a column without text is omitted. The last column is the
/// one that may take any width. Without rows there is no heading.
pub(super) fn lines(columns: &[Column], rows: &[Vec<Marked>], screen: Screen) -> Vec<String> {
    if rows.is_empty() {
        return vec![];
    }
    let is_used = |at: &usize| rows.iter().any(|row| !row[*at].is_empty());
    let mut used: Vec<usize> = (0..columns.len()).filter(is_used).collect();
    let most = if screen.width.is_some() { usize::MAX } else { ALIGNED_MAX };
    let natural = |at: &usize| natural_width(&columns[*at], rows, *at, most);
    let widths = loop {
        let natural: Vec<usize> = used.iter().map(natural).collect();
        let Some(room) = screen.width else { break natural };
        let widths = narrowed(natural.clone(), room);
        let least = natural.last().map_or(0, |last| LAST_MIN.min(*last));
        match used.iter().rposition(|&at| columns[at].is_optional) {
            Some(optional) if widths.last().is_some_and(|last| *last < least) => drop(used.remove(optional)),
            _ => break widths,
        }
    };
    let heading: Vec<Marked> = columns.iter().map(|column| column.heading.clone().into()).collect();
    let mut lines = vec![];
    for row in [&heading].into_iter().chain(rows) {
        let mut line = Marked::default();
        for (&at, &width) in used.iter().zip(&widths) {
            let cell = if screen.width.is_some() { row[at].fit(width, screen) } else { row[at].clone() };
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) =
                if columns[at].on_right { (padding, String::new()) } else { (String::new(), padding) };
            line = line.and(cell.after(&before)).and((after + GAP).into());
        }
        lines.push(line);
        let Some(most) = screen.width else { continue };
        for (&at, &width) in used.iter().zip(&widths) {
            if columns[at].in_full && row[at].width() > width && !std::ptr::eq(row, &heading) {
                let parts = wrap(&row[at].text, most.saturating_sub(GAP.len()));
                lines.extend(parts.map(|part| Marked::from(format!("{GAP}{part}"))));
            }
        }
    }
    let most = screen.width.unwrap_or(usize::MAX);
    lines.into_iter().map(|line| line.start(most).render(screen).trim_end().to_owned()).collect()
}

/// The width of the heading and of all cells that are aligned.
fn natural_width(column: &Column, rows: &[Vec<Marked>], at: usize, most: usize) -> usize {
    let widths = rows.iter().map(|row| row[at].width()).filter(|width| *width <= most);
    widths.fold(width(&column.heading), usize::max)
}

/// Widths with which a row fits on a line: the widest columns are narrowed until enough is left for the last one.
fn narrowed(mut widths: Vec<usize>, most: usize) -> Vec<usize> {
    let Some(last) = widths.pop() else { return widths };
    let room = most.saturating_sub(GAP.len() * widths.len());
    while room < widths.iter().sum::<usize>() + last.min(LAST_MIN) {
        match widths.iter_mut().max() {
            Some(widest) if *widest > COLUMN_MIN => *widest -= 1,
            _ => break,
        }
    }
    // On a screen that is too narrow even so, columns on the right are lost.
    let mut rest = room;
    for width in &mut widths {
        *width = (*width).min(rest);
        rest -= *width;
    }
    widths.push(last.min(rest));
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(heading: &str) -> Column {
        Column {
            heading: heading.into(),
            on_right: heading == "PID",
            in_full: heading == "EFFECT",
            is_optional: heading == "WHY",
        }
    }

    fn table(columns: &[&str], rows: &[&[&str]], width: Option<usize>) -> Vec<String> {
        let columns: Vec<Column> = columns.iter().map(|heading| column(heading)).collect();
        let rows: Vec<Vec<Marked>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| Marked::from((*cell).to_owned())).collect())
            .collect();
        lines(&columns, &rows, Screen { width, has_colour: false, is_utf8: true })
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_omitted() {
        let rows: &[&[&str]] = &[&["7", "é漢", "", "a b"], &["1234", "x", "", ""]];
        let expected = [" PID  NAME  COMMAND", "   7  é漢   a b", "1234  x"];
        for width in [None, Some(80), Some(20)] {
            assert_eq!(table(&["PID", "NAME", "WHY", "COMMAND"], rows, width), expected);
        }
    }

    #[test]
    fn a_row_fits_on_a_line() {
        let long = "a very long command line that does not fit on any line of forty characters";
        let refused = "refused: owned by another user";
        let rows: &[&[&str]] = &[&["1234", refused, long]];
        let columns = ["PID", "EFFECT", "COMMAND"];
        let uncut = table(&columns, rows, None);
        assert_eq!(uncut[1], format!("1234  {refused}  {long}"));
        for width in [1, 5, 12, 20, 40, 60, 80, 200] {
            let lines = table(&columns, rows, Some(width));
            assert!(lines.iter().all(|line| super::width(line) <= width), "{width}: {lines:?}");
            let below: String = lines[2..].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
            assert!(width < 20 || [refused, ""].contains(&&*below), "{width}: {lines:?}");
        }
        assert_eq!(table(&columns, rows, Some(200)).len(), 2);
    }
}
