//! Which processes are selected.

use super::{Criterion, ProcessList, ProcessRef};

/// Which processes are selected: those that match the pattern and all criteria.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The operand, if any.
    pub pattern: Option<Vec<u8>>,
    /// `--and`: these patterns must match too.
    pub and: Vec<Vec<u8>>,
    /// `--not`: these must not.
    pub not: Vec<Vec<u8>>,
    /// How all patterns are interpreted.
    pub reading: Reading,
    /// All other conditions, joined by AND.
    pub criteria: Vec<Criterion>,
    /// Criteria that a later option has replaced. What they name must exist nevertheless.
    pub overridden: Vec<Criterion>,
    /// `-n`, `-o`: only one of the matches.
    pub pick: Pick,
    /// `--inverse`: the processes that do not match.
    pub inverse: bool,
    /// `-A`: exclude the program's ancestors, inverted or not.
    pub skip_ancestors: bool,
    /// `--exclude`: never these, inverted or not.
    pub exclude: Vec<ProcessRef>,
    /// `--tree`: add the descendants of each match.
    pub tree: bool,
    /// `-w`: examine threads instead of processes.
    pub threads: bool,
}

impl Selection {
    /// Whether standard input names processes. It can be read once.
    pub(crate) fn reads_stdin(&self) -> bool {
        self.criteria.iter().any(|criterion| match criterion {
            Criterion::Pids(list) => *list == ProcessList::Stdin,
            Criterion::Pidfile(pidfile) => pidfile.is_stdin(),
            _ => false,
        })
    }
}

/// How patterns are interpreted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// What they are matched against.
    pub subject: Subject,
    /// `-i`.
    pub ignore_case: bool,
    /// `-x`: the whole subject must match.
    pub whole: bool,
    /// `--fixed-strings`: patterns are plain text, not extended regular expressions.
    pub plain: bool,
}

/// What a pattern is matched against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The process name (`comm`).
    #[default]
    Name,
    /// `-f`: the command line.
    CommandLine,
}

/// Which of the matches are selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pick {
    #[default]
    All,
    /// `-n`: the one that started last.
    Newest,
    /// `-o`: the one that started first.
    Oldest,
}
