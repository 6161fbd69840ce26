//! `--list-signals`: the signals of this machine, as in signal(7).

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::marked::Marked;
use super::screen::{ANYWHERE, Screen};
use super::table::{self, Column};
use crate::signal::Signal;

/// A row for each signal that has a name.
pub(super) fn write_table(mut output: impl Write) -> io::Result<()> {
    lines(Signal::named(), ANYWHERE).into_iter().try_for_each(|line| writeln!(output, "{line}"))
}

/// A heading, and a row for each signal. Only the last column contains spaces, so awk(1) can read it.
pub(super) fn lines(signals: impl Iterator<Item = Signal>, screen: Screen) -> Vec<String> {
    let heading = ["NUMBER", "NAMES", "DEFAULT", "CATCHABLE", "MEANING"];
    let row = |signal: Signal| {
        let catchable = if signal.can_be_caught() { "yes" } else { "no" };
        [
            signal.number().to_string(),
            signal.names().join(","),
            signal.default_action().to_string(),
            catchable.to_owned(),
            signal.meaning().to_owned(),
        ]
    };
    let rows: Vec<Vec<Marked>> =
        signals.map(|signal| row(signal).into_iter().map(Marked::from).collect()).collect();
    let column = |heading: &str| Column {
        heading: heading.to_owned(),
        on_right: false,
        in_full: false,
        is_optional: heading == "CATCHABLE",
    };
    table::lines(&heading.map(column), &rows, screen)
}

/// The same as a JSON array, with a newline at the end.
pub(super) fn write_array(output: impl Write) -> io::Result<()> {
    json::write(output, &Signal::named().map(SignalView::new).collect::<Vec<_>>())
}

/// The same as a line of JSON for each signal.
pub(super) fn write_lines(mut output: impl Write) -> io::Result<()> {
    Signal::named().try_for_each(|signal| json::write_line(&mut output, &SignalView::new(signal)))
}

#[derive(Serialize)]
struct SignalView {
    number: i32,
    names: Vec<String>,
    default: String,
    catchable: bool,
    meaning: &'static str,
}

impl SignalView {
    fn new(signal: Signal) -> Self {
        SignalView {
            number: signal.number(),
            names: signal.names(),
            default: signal.default_action().to_string(),
            catchable: signal.can_be_caught(),
            meaning: signal.meaning(),
        }
    }
}
