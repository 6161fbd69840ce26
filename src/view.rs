//! The facts about a process that the output shows.

use std::ops::Range;
use std::sync::Arc;

use crate::origin::Origin;
use crate::proc::{Described, Description, Facts, Lookup, Process, ProcessText, Socket};
use crate::request::{Label, Pid, Subject};
use crate::row::Row;
use crate::select::Predicate;

/// Which facts about each process are shown. No others are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The ID.
    Id,
    /// The ID and a text.
    Label(Label),
    /// What identifies it, and this.
    Full(Described, Context),
}

/// What is shown besides the description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// What a row of a table has: the full name, the command line, and the sockets that it was selected for.
    pub row: bool,
    /// What started it, and so may start it again.
    pub origin: bool,
    /// `-e`: the text that is printed of it.
    pub label: Option<Label>,
}

impl Detail {
    /// With what a row of a table has.
    pub(crate) fn with_row(self) -> Detail {
        match self {
            Detail::Full(described, context) => Detail::Full(described, Context { row: true, ..context }),
            Detail::Id | Detail::Label(_) => {
                let described = Described { arguments: false, all_threads: false };
                Detail::Full(described, Context { row: true, ..Context::default() })
            }
        }
    }

    /// Without what started the process.
    pub(crate) fn without_origin(self) -> Detail {
        match self {
            Detail::Full(described, context) => Detail::Full(described, Context { origin: false, ..context }),
            Detail::Id | Detail::Label(_) => self,
        }
    }

    /// Whether the arguments are among them.
    pub(crate) fn reads_memory(self) -> bool {
        match self {
            Detail::Id => false,
            Detail::Label(label) => label.subject == Subject::CommandLine,
            Detail::Full(..) => true,
        }
    }
}

/// The facts that are shown of one process. Arguments take megabytes, so copies of a view share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The ID only, which the match has.
    Id,
    /// The name or command line.
    Text(Subject, Arc<[u8]>),
    /// The words of the name or command line, to be quoted for a shell. Each ends with a NUL, the last one perhaps not.
    Words(Subject, Arc<[u8]>),
    /// What identifies it, and more.
    Full(Arc<Full>),
    /// `--columns`.
    Row(Row),
}

/// A process in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    pub about: Description,
    /// The name before the kernel truncated it, where that was read and is longer.
    pub full_name: Option<Vec<u8>>,
    /// The command line, or of a long one the parts that a user looks for. Empty where it was not read.
    pub command_line: Vec<u8>,
    /// The sockets of `--port` that it holds, and a descriptor of each.
    pub sockets: Vec<(i32, Socket)>,
    /// Where it was read.
    pub origin: Option<Origin>,
    /// Where it was read: [`View::Text`] or [`View::Words`].
    pub label: Option<View>,
}

/// A process that is only mentioned, by its ID and its name (`comm`). The name is empty where it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub pid: Pid,
    pub name: Vec<u8>,
}

/// Read the facts to show of a process that the predicate matches.
pub(crate) fn view(detail: Detail, predicate: &Predicate, process: &mut Process<'_>) -> Lookup<View> {
    Ok(match detail {
        Detail::Id => View::Id,
        Detail::Label(what) => label(what, process)?,
        Detail::Full(what, context) => View::Full(Arc::new(full(what, context, predicate, process)?)),
    })
}

fn label(Label { subject, quoted }: Label, process: &mut Process<'_>) -> Lookup<View> {
    let text = match if quoted { words(subject, process) } else { text(subject, process) } {
        // Only the label needs it; whether the process is selected is decided.
        Err(why) if why.is_undecided() => [b"[", process.name()?, b"]"].concat().into(),
        text => text?.into(),
    };
    Ok(if quoted { View::Words(subject, text) } else { View::Text(subject, text) })
}

/// What only explains is omitted where it cannot be read.
fn full(what: Described, context: Context, predicate: &Predicate, process: &mut Process<'_>) -> Lookup<Full> {
    let about = process.describe(what)?;
    let mut full =
        Full { about, full_name: None, command_line: vec![], sockets: vec![], origin: None, label: None };
    full.label = context.label.map(|what| label(what, process)).transpose()?;
    if context.row {
        full.full_name = unless_undecided(process.full_name())?.flatten().map(<[u8]>::to_vec);
        full.command_line = unless_undecided(command_line(predicate, process))?
            .unwrap_or_else(|| [b"[", &full.about.name[..], b"]"].concat());
        if let Some(wanted) = predicate.sockets() {
            full.sockets = unless_undecided(process.sockets())?.map_or(vec![], |held| wanted.among(held));
        }
    }
    if context.origin && !process.is_thread() {
        let mut same = Process::new(process.dir());
        same.select(full.about.pid);
        full.origin = unless_undecided(Origin::read(&mut same))?;
    }
    Ok(full)
}

fn command_line(predicate: &Predicate, process: &mut Process<'_>) -> Lookup<Vec<u8>> {
    let is_matched = predicate.patterns().any(|(text, _)| text == ProcessText::CommandLine);
    if !is_matched && process.limit_arguments(COMMAND_LINE_MAX)? {
        return Ok([process.command_line()?, SIGN].concat());
    }
    let line = process.command_line()?;
    Ok(excerpt(line, || predicate.part_of(ProcessText::CommandLine, line)))
}

/// What is omitted of a command line.
const SIGN: &[u8] = b" ... ";

/// A longer command line is not kept as a whole: a process can have megabytes of arguments, and thousands may match.
const COMMAND_LINE_MAX: usize = 32 << 10;

/// The text, or its start and the part that matched with what surrounds it.
fn excerpt(text: &[u8], find_part: impl FnOnce() -> Option<Range<usize>>) -> Vec<u8> {
    const HALF: usize = COMMAND_LINE_MAX / 2;
    if text.len() <= COMMAND_LINE_MAX {
        return text.to_vec();
    }
    let part = find_part().filter(|part| part.end > HALF);
    let around =
        part.map(|part| part.start.saturating_sub(HALF / 2).max(HALF)..text.len().min(part.start + HALF / 2));
    match around {
        Some(around) => {
            let rest = if around.end < text.len() { SIGN } else { b"" };
            [&text[..HALF], SIGN, &text[around], rest].concat()
        }
        None => [&text[..COMMAND_LINE_MAX], SIGN].concat(),
    }
}

fn unless_undecided<T>(read: Lookup<T>) -> Lookup<Option<T>> {
    match read {
        Err(why) if why.is_undecided() => Ok(None),
        read => read.map(Some),
    }
}

/// How often a process is examined again that executes other programs meanwhile.
pub(crate) const TRIES: usize = 8;

/// Whether all facts, from the check of the match on, were read of one program.
pub(crate) fn is_of_one_program(detail: Detail, process: &mut Process<'_>) -> Lookup<bool> {
    match detail {
        Detail::Full(..) => process.is_still_named(),
        Detail::Id | Detail::Label(_) => Ok(true),
    }
}

fn text(subject: Subject, process: &mut impl Facts) -> Lookup<&[u8]> {
    match subject {
        Subject::Name => process.name(),
        Subject::CommandLine => process.command_line(),
    }
}

fn words(subject: Subject, process: &mut impl Facts) -> Lookup<&[u8]> {
    match subject {
        Subject::CommandLine if !process.arguments()?.is_empty() => process.arguments(),
        subject => text(subject, process),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_the_start_and_what_matched() {
        let line = |at: usize| {
            let mut line = vec![b'x'; 1 << 20];
            line[..5].copy_from_slice(b"start");
            line[at..at + 4].copy_from_slice(b"part");
            line
        };
        for at in [5, 1000, 20_000, 32_766, 100_000, (1 << 20) - 4] {
            let text = excerpt(&line(at), || Some(at..at + 4));
            assert!(text.starts_with(b"start"), "{at}");
            assert!(text.windows(4).any(|part| part == b"part"), "{at}");
            assert!(text.len() < COMMAND_LINE_MAX + 20, "{at}");
        }
        assert_eq!(excerpt(&line(1 << 19), || None).len(), COMMAND_LINE_MAX + 5);
        assert_eq!(excerpt(b"short", || unreachable!("not needed")), b"short");
    }
}
