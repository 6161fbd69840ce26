//! An explanation as text: a line for each condition, with what the process has, and a mark below what a pattern matches.

use crate::error::errno_text;
use crate::explain::{Circumstance, Condition, Explained, Explanation, Found, Part};
use crate::output::columns::Cells;
use crate::output::marked::{Marked, width};
use crate::output::notes::first;
use crate::output::printable::shown;
use crate::output::screen::Screen;
use crate::output::text::Names;
use crate::proc::{LookupError, Socket};
use crate::request::{Pick, Program, Request, Subject};

/// Conditions are at most this wide; what the process has follows a longer one without a gap to line up.
const WIDEST: usize = 40;

/// With less room on the line, what the process has gets a line of its own.
const NARROWEST: usize = 24;

/// Of that line.
const INDENT: &str = "       ";

/// How many ancestors are named.
const ANCESTORS_MAX: usize = 20;

/// What the process has: a label, and a text with the part of it that matches.
type Line = (&'static str, Marked);

pub(super) fn text(request: &Request, explanation: &Explanation, names: &mut Names) -> String {
    let Some(process) = &explanation.process else { return String::new() };
    let Explained { name, is_selected, conditions, circumstances } = process;
    let not = if *is_selected { "" } else { "not " };
    let mut text = format!("{} {}: {not}selected\n", explanation.pid, shown(name));
    let asked: Vec<String> = conditions.iter().map(|condition| asked(request, condition)).collect();
    let widest = asked.iter().map(|asked| width(asked)).max().unwrap_or(0).min(WIDEST);
    let screen = Screen::of(&std::io::stdout());
    for (condition, asked) in conditions.iter().zip(&asked) {
        let is_met = match condition.is_met {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        let padding = " ".repeat(widest.saturating_sub(width(asked)));
        let (label, found) = found(condition, names);
        let mut start = format!("  {is_met:<3}  {asked}{padding}  {label}");
        let room = |start: &str| screen.width.map(|columns| columns.saturating_sub(width(start)));
        if room(&start).is_some_and(|room| room < NARROWEST) {
            text += &format!("  {is_met:<3}  {asked}\n");
            start = format!("{INDENT}{label}");
        }
        let found = match room(&start) {
            Some(room) => found.fit(room, screen),
            None => found,
        };
        text += &format!("{start}{}\n", found.text);
        if let Some(mark) = found.first_mark() {
            let carets = "^".repeat(mark.len());
            text += &format!("{}{carets}\n", " ".repeat(width(&start) + mark.start));
        }
    }
    for sentence in sentences(request.program, conditions, circumstances) {
        text += &format!("  {sentence}\n");
    }
    text
}

/// The condition as it was typed, with how a pattern is interpreted.
fn asked(request: &Request, condition: &Condition) -> String {
    let dashes = if condition.is_operand() { "" } else { "--" };
    let mut asked = format!("{dashes}{}", condition.option);
    if let Some(value) = &condition.value {
        asked += &format!(" {}", shown(value));
    }
    if matches!(condition.found, Ok(Found::Text(_))) {
        let reading = request.selection.reading;
        let how = [(reading.whole, " -x"), (reading.ignore_case, " -i"), (reading.plain, " --fixed-strings")];
        how.iter().filter(|(is_set, _)| *is_set).for_each(|(_, option)| asked += option);
    }
    asked
}

fn found(condition: &Condition, names: &mut Names) -> Line {
    let text = match &condition.found {
        Ok(Found::Text(Part { subject, text, range })) => {
            let label = match subject {
                Subject::Name => "name: ",
                Subject::CommandLine => "command line: ",
            };
            // Of an empty part, the character that follows is marked.
            let part = range.as_ref().map(|part| part.start..part.end.max(part.start + 1));
            return (label, Marked::new(*subject, text, part));
        }
        Ok(Found::Value(value)) => {
            let cell = Cells::new(names, false).displayed(value.as_ref());
            String::from_utf8_lossy(&cell).into_owned()
        }
        Ok(Found::Words(words)) if words.is_empty() => "-".to_owned(),
        Ok(Found::Words(words)) => words.iter().map(|word| shown(word)).collect::<Vec<_>>().join(", "),
        Ok(Found::Ancestors(ancestors)) => {
            first(ANCESTORS_MAX, ancestors.iter().map(|one| format!("{} {}", one.pid, shown(&one.name))))
        }
        Err(why) => unreadable(*why),
    };
    ("", text.into())
}

fn unreadable(why: LookupError) -> String {
    match why {
        LookupError::Denied => "hidden from this user".to_owned(),
        LookupError::TimedOut => "could not be read in time".to_owned(),
        LookupError::Gone => "cannot be read".to_owned(),
        LookupError::Unreadable(errno) | LookupError::Io(errno) => {
            format!("cannot be read: {}", errno_text(errno))
        }
    }
}

/// What decides besides the conditions.
pub(super) fn sentences(
    program: Program,
    conditions: &[Condition],
    circumstances: &[Circumstance],
) -> Vec<String> {
    let sockets = conditions.iter().filter_map(|condition| condition.foreign_socket);
    let circumstances = circumstances.iter().map(|circumstance| sentence(program, circumstance));
    sockets.map(foreign_socket).chain(circumstances).collect()
}

fn foreign_socket(Socket { protocol, port, creator, .. }: Socket) -> String {
    format!("{}:{port} was created by UID {creator}: that it holds it decides nothing", protocol.name())
}

fn sentence(program: Program, circumstance: &Circumstance) -> String {
    let program = program.name();
    match circumstance {
        Circumstance::Itself => format!("it is {program} itself, which never matches"),
        Circumstance::Ancestor => format!("it is an ancestor of {program}, which -A excludes"),
        Circumstance::Excluded => "--exclude excludes it".to_owned(),
        Circumstance::Caller => "it is spared, as its arguments contain this command".to_owned(),
        Circumstance::ThreadOf(pid) => format!("it is a thread of process {pid}, and no process"),
        Circumstance::Undecided => "what decides cannot be read, so it is not selected".to_owned(),
        Circumstance::NotPicked(pick, other) => {
            let option = if *pick == Pick::Newest { "newest" } else { "oldest" };
            format!("--{option} selects {other}, which matches too")
        }
        Circumstance::Inverse => "--inverse selects what does not meet all conditions".to_owned(),
        Circumstance::BelowMatch => {
            "--tree: it descends from a process that meets all conditions, so --inverse skips it".to_owned()
        }
        Circumstance::Descendant(pid) => format!("--tree selects it as a descendant of {pid}"),
        Circumstance::GroupMember(group) => {
            format!("--whole-group selects it as a member of process group {group}")
        }
    }
}
