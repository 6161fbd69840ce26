//! The facts about a process that the output shows.

use std::sync::Arc;

use crate::proc::{Described, Description, Facts, Lookup, Process};
use crate::request::{Label, Pid, Subject};

/// Which facts about each process are shown. No others are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The ID.
    Id,
    /// The ID and a text.
    Label(Label),
    /// The identity, and these details.
    Full(Described),
}

impl Detail {
    /// Whether the arguments are among them.
    pub(crate) fn reads_memory(self) -> bool {
        match self {
            Detail::Id => false,
            Detail::Label(label) => label.subject == Subject::CommandLine,
            Detail::Full(what) => what.arguments > 0,
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
    /// The identity and details.
    Full(Arc<Description>),
}

/// A process that is only mentioned, by its ID and its name (`comm`). The name is empty where it could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub pid: Pid,
    pub name: Vec<u8>,
}

/// How much of a command line is read for a question, which shows 200 characters of it.
pub(crate) const QUESTION_BYTES: usize = 1024;

/// Read the facts to show.
pub(crate) fn view(detail: Detail, process: &mut Process<'_>) -> Lookup<View> {
    Ok(match detail {
        Detail::Id => View::Id,
        Detail::Label(Label { subject, quoted }) => {
            let text = match if quoted { words(subject, process) } else { text(subject, process) } {
                // Only the label needs it; whether the process is selected is decided.
                Err(why) if why.is_undecided() => [b"[", process.name()?, b"]"].concat().into(),
                text => text?.into(),
            };
            if quoted { View::Words(subject, text) } else { View::Text(subject, text) }
        }
        Detail::Full(what) => View::Full(Arc::new(process.describe(what)?)),
    })
}

/// How often a process is examined again if it executes another program in the meantime.
pub(crate) const TRIES: usize = 8;

/// Whether all facts, from the check of the match on, were read of one program.
pub(crate) fn is_of_one_program(detail: Detail, process: &mut Process<'_>) -> Lookup<bool> {
    match detail {
        Detail::Full(_) => process.is_still_named(),
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
