//! The table of `--dry-run`, `--verbose` and `--max`: what it says of a process, and how it fits a terminal.

use unicode_width::UnicodeWidthStr as _;

use crate::support::family::Family;
use crate::support::{Run, Victim, namespace, on_terminal_of, own_pid};

const HIGHLIGHT: &str = "\x1b[01;31m";
const NORMAL: &str = "\x1b[m";

fn preview(args: &[&str]) -> Run {
    Run::ours("pkill").args(["-USR1", "--dry-run", "-P", &own_pid()]).args(args).env("TERM", "xterm")
}

/// The lines without colours, and what was highlighted.
fn lines(output: &str) -> (Vec<String>, Vec<String>) {
    let marked =
        output.split(HIGHLIGHT).skip(1).filter_map(|part| Some(part.split_once(NORMAL)?.0.to_owned()));
    let marked = marked.collect();
    (output.replace(HIGHLIGHT, "").replace(NORMAL, "").lines().map(str::to_owned).collect(), marked)
}

/// Whatever a process has in its arguments, no row is longer than a line, and what matched remains.
#[test]
fn a_row_fits_on_a_line_and_shows_what_matched() {
    let tag = Victim::spec().tag();
    let needle = format!("needle-{tag}");
    let long = "argument ".repeat(60);
    let wide = "漢字".repeat(100);
    let combining = "e\u{301}".repeat(100);
    let hostile = "\x1b[2J\u{202e}\n\t".repeat(50);
    let victims: Vec<Victim> = [&long, &wide, &combining, &hostile]
        .into_iter()
        .map(|text| Victim::named(&tag).arg(text).arg(&needle).arg(text).spawn())
        .collect();
    for columns in [40, 80, 200] {
        let (output, status) = on_terminal_of(columns, preview(&["-f", &needle]));
        let (rows, marked) = lines(&output);
        assert_eq!((rows.len(), status), (1 + victims.len(), 0), "{output}");
        for line in &rows {
            assert!(line.width() <= usize::from(columns), "{columns}: {line}");
        }
        if columns >= 80 {
            let needles = marked.iter().filter(|part| **part == needle).count();
            assert_eq!(needles, victims.len(), "{columns}: {output}");
        }
    }
    let piped = preview(&["-f", &needle]).run();
    assert!(
        piped.out().contains(long.trim_end()) && !piped.out().contains('\x1b'),
        "nothing is cut in a pipe"
    );
}

#[test]
fn colours_are_for_terminals_that_have_them() {
    let victim = Victim::spec().spawn();
    for (variables, has_colours) in [
        (&[][..], true),
        (&[("NO_COLOR", "1")], false),
        (&[("NO_COLOR", "")], true),
        (&[("CLICOLOR", "0")], false),
        (&[("TERM", "dumb")], false),
    ] {
        let run = preview(&["-x", victim.name()]);
        let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
        let (output, _) = on_terminal_of(80, run);
        assert_eq!(output.contains(HIGHLIGHT), has_colours, "{variables:?}: {output}");
    }
    let forced = preview(&["-x", victim.name()]).env("CLICOLOR_FORCE", "1").run();
    assert!(forced.out().contains(&format!("{HIGHLIGHT}{}{NORMAL}", victim.name())), "{forced:?}");
}

/// What the kernel has cut is shown in full, and why a process is selected is said in words.
#[test]
fn reasons_and_full_names() {
    let tag = Victim::spec().tag();
    let long = format!("{tag}-with-a-long-name");
    let victim = Victim::named(&long).arg("serve").spawn();
    let pid = victim.pid().to_string();
    let kernel_name = &long[..15];
    for (args, name, why) in [
        (&["-x", kernel_name][..], &*long, "name"),
        (&["-x", &long], &long, "full name"),
        (&["-f", &format!("{tag}.*serve")], &long, "command line"),
        (&["-f", &tag, "--and", "serve"], &long, "command line"),
        (&["-p", &pid], &long, ""),
        (&["-p", &pid, "--whole-group"], &long, ""),
    ] {
        let rows = preview(args).run().rows();
        let row = rows.iter().find(|row| row[0] == pid).unwrap_or_else(|| panic!("{args:?}: {rows:?}"));
        assert_eq!(row[2], name, "{args:?}");
        let expected: &[&str] = if why.is_empty() { &["terminate"] } else { &["terminate", why] };
        assert_eq!(row[3..row.len() - 1], *expected, "{args:?}");
    }
}

/// With box-drawing characters where the locale has them.
#[test]
fn a_tree_is_drawn_on_a_terminal() {
    namespace(|| {
        let _family = Family::start(&["top left right", "left one two"]);
        for (locale, fork, last) in [("C.UTF-8", "├─ ", "└─ "), ("C", "|- ", "`- ")] {
            let run = |program: &str, args: &str| {
                Run::ours(program)
                    .args(args.split(' '))
                    .args(["-x", "left"])
                    .env("LC_ALL", locale)
                    .env("TERM", "dumb")
            };
            let (list, _) = on_terminal_of(80, run("pgrep", "--tree -l"));
            let names: Vec<&str> =
                list.lines().map(|line| line.trim_start().split_once(' ').expect("a name").1).collect();
            assert_eq!(names, ["left".into(), format!("{fork}one"), format!("{last}two")], "{locale}");
            let (table, _) = on_terminal_of(80, run("pkill", "--tree --dry-run"));
            assert!(
                table.contains(&format!("{fork}one")) && table.contains(&format!("{last}two")),
                "{table}"
            );
            // A script gets one line a process, by process ID.
            let piped = run("pgrep", "--tree -l").run();
            let names: Vec<_> =
                piped.out().lines().map(|line| line.split_once(' ').expect("a name").1.to_owned()).collect();
            assert_eq!(names, ["left", "one", "two"]);
        }
    });
}
