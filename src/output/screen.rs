//! What the output is shown on: its width, whether it has colours, and which characters draw a tree.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use rustix::termios::tcgetwinsize;

use crate::sys;

/// The width where a terminal does not report one.
const DEFAULT_WIDTH: usize = 80;

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    /// The columns of the terminal. None: it is no terminal, and nothing is cut.
    pub width: Option<usize>,
    pub has_colour: bool,
    /// Whether characters beyond ASCII can be drawn.
    pub is_utf8: bool,
}

/// Where nothing is cut or coloured.
pub(super) const ANYWHERE: Screen = Screen { width: None, has_colour: false, is_utf8: false };

impl Screen {
    /// That behind a descriptor.
    pub(super) fn of(fd: &(impl AsFd + IsTerminal)) -> Screen {
        let is_terminal = fd.is_terminal();
        let width = is_terminal.then(|| {
            let reported = tcgetwinsize(fd).map_or(0, |size| usize::from(size.ws_col));
            if reported > 0 { reported } else { DEFAULT_WIDTH }
        });
        let has_colour = wants_colour(is_terminal, |name| std::env::var_os(name));
        Screen { width, has_colour, is_utf8: is_terminal && sys::locale_is_utf8() }
    }
}

/// Whether the terminal can do nothing but print lines.
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term == "dumb")
}

/// By the conventions of no-color.org and bixense.com/clicolors.
fn wants_colour(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let is = |name, value| variable(name).is_some_and(|set| set == value);
    if is_set("NO_COLOR") {
        false
    } else if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") {
        true
    } else {
        is_terminal && !is("CLICOLOR", "0") && is_set("TERM") && !is("TERM", "dumb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_have_them() {
        for (is_terminal, variables, expected) in [
            (true, &[("TERM", "xterm")][..], true),
            (false, &[("TERM", "xterm")], false),
            (true, &[("TERM", "dumb")], false),
            (true, &[], false),
            (true, &[("TERM", "xterm"), ("NO_COLOR", "1")], false),
            (true, &[("TERM", "xterm"), ("NO_COLOR", "")], true),
            (true, &[("TERM", "xterm"), ("CLICOLOR", "0")], false),
            (true, &[("TERM", "xterm"), ("CLICOLOR", "1")], true),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0"), ("TERM", "xterm")], false),
            (false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        ] {
            let variable = |name: &str| {
                variables.iter().find(|(one, _)| *one == name).map(|(_, value)| OsString::from(value))
            };
            assert_eq!(wants_colour(is_terminal, variable), expected, "{is_terminal} {variables:?}");
        }
    }
}
