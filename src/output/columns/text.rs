//! A value as text.

use std::borrow::Cow;

use crate::output::exact::wall_clock;
use crate::output::marked::Marked;
use crate::output::printable::{printable, quoted};
use crate::output::text::Names;
use crate::proc::CLOCK_TICKS;
use crate::request::{Protocol, Subject};
use crate::row::{Row, Value};

/// A value that there is not, or that cannot be read.
const NOTHING: &str = "-";

/// The characters of a container's ID that its engine accepts for all of it.
const SHORT_ID: usize = 12;

/// Turns values into text.
pub(in crate::output) struct Cells<'n> {
    names: &'n mut Names,
    quoted: bool,
}

impl<'n> Cells<'n> {
    /// `quoted`: texts are quoted for a shell.
    pub(in crate::output) fn new(names: &'n mut Names, quoted: bool) -> Cells<'n> {
        Cells { names, quoted }
    }

    /// As it is displayed.
    pub(in crate::output) fn displayed(&mut self, value: Option<&Value>) -> Vec<u8> {
        let subject = match value {
            Some(Value::Text(subject, _)) => *subject,
            Some(Value::Words(_)) => Subject::CommandLine,
            _ => Subject::Name,
        };
        let text = printable(subject, &self.exact(value));
        if text.is_empty() { NOTHING.into() } else { text }
    }

    /// A row for a table.
    pub(super) fn marked(&mut self, row: &Row) -> Vec<Marked> {
        let text = |value: &Option<Value>| {
            String::from_utf8_lossy(&self.displayed(value.as_ref())).into_owned().into()
        };
        row.iter().map(text).collect()
    }

    /// Exact bytes.
    pub(super) fn exact<'v>(&mut self, value: Option<&'v Value>) -> Cow<'v, [u8]> {
        let text = match value {
            None => String::new(),
            Some(Value::Text(_, bytes) | Value::Words(bytes)) if self.quoted => {
                return quoted(bytes).flatten().copied().collect::<Vec<u8>>().into();
            }
            Some(Value::Text(_, bytes) | Value::Words(bytes)) => return bytes.into(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::User(uid)) => self.names.user(*uid),
            Some(Value::Group(gid)) => self.names.group(*gid),
            Some(Value::Start(ticks)) => wall_clock(*ticks),
            Some(Value::Age(ticks)) => age(*ticks / CLOCK_TICKS),
            Some(Value::Seconds(ticks)) => format!("{:.2}", seconds(*ticks)),
            Some(Value::Size(bytes)) => size(*bytes),
            Some(Value::Container(id)) => short_id(id).to_owned(),
            Some(Value::Ports(ports)) => ports.iter().map(port).collect::<Vec<_>>().join(","),
        };
        text.into_bytes().into()
    }
}

pub(super) fn seconds(ticks: u64) -> f64 {
    ticks as f64 / CLOCK_TICKS as f64
}

/// As `--port` takes it.
pub(super) fn port((protocol, port): &(Protocol, u16)) -> String {
    format!("{}:{port}", protocol.name())
}

/// As `-O` takes it: the greatest two units, rounded down, so that the process is at least that old.
pub(in crate::output) fn age(seconds: u64) -> String {
    const UNITS: [(u64, char); 4] = [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')];
    let greatest = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(3);
    let mut text = String::new();
    let mut rest = seconds;
    for (unit, letter) in UNITS.iter().skip(greatest).take(2) {
        if rest >= *unit || text.is_empty() {
            text += &format!("{}{letter}", rest / unit);
        }
        rest %= unit;
    }
    text
}

/// As `--rss` takes it: rounded down, so that the process has at least that much.
fn size(bytes: u64) -> String {
    const UNITS: [(u32, &str); 4] = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    match UNITS.iter().find(|(exponent, _)| bytes >> exponent > 0) {
        None => bytes.to_string(),
        Some((exponent, letter)) => match (u128::from(bytes) * 10) >> exponent {
            tenths if tenths < 100 && tenths % 10 > 0 => format!("{}.{}{letter}", tenths / 10, tenths % 10),
            tenths => format!("{}{letter}", tenths / 10),
        },
    }
}

/// What identifies a container to its engine. A name is not shortened.
fn short_id(id: &str) -> &str {
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { &id[..SHORT_ID] } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_two_units() {
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (61, "1m1s"),
            (3599, "59m59s"),
            (3600, "1h"),
            (3659, "1h"),
            (9000, "2h30m"),
            (86_399, "23h59m"),
            (86_400, "1d"),
            (90_000, "1d1h"),
            (100 * 86_400 + 1, "100d"),
        ] {
            assert_eq!(age(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn sizes_have_two_digits_and_more() {
        for (bytes, expected) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1K"),
            (1536, "1.5K"),
            (10 << 10, "10K"),
            (12 << 20, "12M"),
            ((1 << 20) - 1, "1023K"),
            (1_288_490_189, "1.2G"),
            (1_288_490_188, "1.1G"),
            (u64::MAX, "16777215T"),
        ] {
            assert_eq!(size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn containers_are_named_as_their_engines_show_them() {
        let id = "0123456789abcdef".repeat(4);
        for (id, expected) in [(id.as_str(), "0123456789ab"), ("web-1", "web-1")] {
            assert_eq!(short_id(id), expected);
        }
    }
}
