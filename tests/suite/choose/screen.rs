//! Lists, questions and the progress line on terminals of several widths, which change meanwhile.

use unicode_width::UnicodeWidthStr as _;

use super::{Choosing, command, command_on_terminal, list};
use crate::support::family::Family;
use crate::support::{Dir, Victim, namespace};

const WIDTHS: [[u16; 3]; 3] = [[40, 200, 80], [80, 40, 200], [200, 80, 40]];

/// The columns of the widest line before the question.
fn widest(shown: &str) -> usize {
    let lines: Vec<&str> = shown.lines().collect();
    lines[..lines.len() - 1].iter().map(|line| line.width()).max().unwrap_or(0)
}

#[test]
fn lists_are_as_wide_as_the_terminal_at_that_time() {
    let part = || Victim::spec().arg("漢字 argument ".repeat(30)).catch(libc::SIGHUP).spawn();
    let victims = [part(), part()];
    let args = ["--choose-signal", "-p", &list(&victims)];
    for [first, second, third] in WIDTHS {
        let mut asking = Choosing::on(first, command("pkill", &args));
        let width = widest(&asking.question());
        // A wide character may not fit into the last column.
        assert!((usize::from(first) - 1..=usize::from(first)).contains(&width), "{width} of {first}");
        asking.resize(third);
        asking.answer("x\n");
        asking.question();
        asking.resize(second);
        asking.answer("1\n");
        let shown = asking.question();
        let listed = shown.split_once("NUMBER").expect("a list").1;
        assert!(widest(listed) <= usize::from(second), "{second}: {shown}");
        assert_eq!(
            listed.contains("hangup of the terminal; daemons: reload the configuration"),
            second == 200
        );
        asking.resize(first);
        asking.answer("q\n");
        assert_eq!(asking.end().2, 1);
    }
}

#[test]
fn questions_are_as_wide_as_the_terminal_at_that_time() {
    let part = || Victim::spec().arg("argument ".repeat(40)).catch(libc::SIGHUP).spawn();
    let victims = [part(), part(), part()];
    let args = ["--interactive", "-HUP", "-p", &list(&victims)];
    for widths in WIDTHS {
        let mut asking = Choosing::on(widths[0], command("pkill", &args));
        for (at, width) in widths.into_iter().enumerate() {
            let shown = asking.shown_until(|shown| shown.ends_with("[y/n/a/q] "));
            let question = shown.lines().last().expect("a question").width();
            match width {
                40 => assert!(question < 90, "{question}: {shown}"), // some of the command line is shown
                _ => assert!(
                    (usize::from(width) - 4..=usize::from(width)).contains(&question),
                    "{question}: {shown}"
                ),
            }
            if let Some(&next) = widths.get(at + 1) {
                asking.resize(next);
            }
            asking.answer("n\n");
        }
        assert_eq!(asking.end().2, 1);
    }
}

#[test]
fn the_progress_line_is_as_wide_as_the_terminal_at_that_time() {
    for widths in WIDTHS {
        let victims = [(); 3].map(|()| Victim::spec().spawn());
        let args = ["-e", "-p", &list(&victims)];
        let mut waiting = Choosing::on(widths[0], command_on_terminal("pidwait", &args));
        for width in widths {
            waiting.resize(width);
            // Each line begins with what erases the last one; the last of all may be incomplete.
            let shown = waiting.shown_until(|shown| {
                let lines: Vec<&str> = shown.split("\r\x1b[K").collect();
                let all = lines.iter().rev().skip(1);
                let mut complete = all.filter(|line| line.starts_with("pidwait: 3 of 3 still running"));
                complete
                    .next()
                    .is_some_and(|line| line.ends_with('…') == (width < 200) && line.width() < width.into())
            });
            assert!(!shown.contains('\n'), "no line is left behind: {shown:?}");
        }
        victims.iter().for_each(|victim| victim.send(rustix::process::Signal::KILL));
        assert_eq!(waiting.end().2, 0);
    }
}

/// Neither a program that needs more, nor a colour, nor a character beyond ASCII.
#[test]
fn a_dumb_terminal_gets_numbers() {
    namespace(|| {
        let family = Family::start(&["top mid other", "mid leaf"]);
        let dir = Dir::new();
        dir.script("fzf", "#!/bin/sh\nexit 9\n");
        for (locale, term, width) in [("C", "xterm", 40), ("C", "dumb", 80), ("C.UTF-8", "dumb", 40)] {
            let mut command = command("pgrep", &["--choose", "--tree", "-x", "top"]);
            command.env("LC_ALL", locale).env("TERM", term);
            if term == "dumb" {
                command.env("PATH", dir.path()).env_remove("NO_COLOR");
            }
            let mut asking = Choosing::on(width, command);
            let shown = asking.question();
            assert!(widest(&shown) <= width.into(), "{shown}");
            assert!(!shown.contains('\x1b'), "{shown:?}");
            assert_eq!(shown.is_ascii(), locale == "C", "{shown}");
            let branch = if locale == "C" { "`- leaf" } else { "└─ leaf" };
            assert!(shown.contains(branch), "{shown}");
            asking.answer("q\n");
            assert_eq!(asking.end().2, 1);
        }
        drop(family);
    });
}
