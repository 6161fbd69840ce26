//! `--list-signals`: what signal(7) tells, as this machine has it.

use serde::Serialize;

use super::text;
use crate::signal::Signal;

/// A row for each signal. No word but the last column holds a blank, so awk(1) can read it.
pub(super) fn table() -> Vec<u8> {
    let heading = ["NUMBER", "NAMES", "DEFAULT", "CATCHABLE", "MEANING"].map(String::from);
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
    text::aligned([heading].into_iter().chain(Signal::named().map(row)).collect())
}

/// The same as a JSON array, with a newline behind it.
pub(super) fn array() -> Vec<u8> {
    let view = |signal: Signal| SignalView {
        number: signal.number(),
        names: signal.names(),
        default: signal.default_action().to_string(),
        catchable: signal.can_be_caught(),
        meaning: signal.meaning(),
    };
    let all: Vec<_> = Signal::named().map(view).collect();
    let mut bytes = serde_json::to_vec_pretty(&all).expect("numbers and texts can be serialised");
    bytes.push(b'\n');
    bytes
}

#[derive(Serialize)]
struct SignalView {
    number: i32,
    names: Vec<String>,
    default: String,
    catchable: bool,
    meaning: &'static str,
}
