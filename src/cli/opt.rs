//! One option: a row of the option table.

use std::ffi::OsStr;

use super::args::Args;
use super::kind::Kind;
use crate::request::Program;
use ValueSpec::{Each, Flag, Optional, Value};

/// One option.
pub struct Opt {
    /// The long name, without the dashes.
    pub long: &'static str,
    /// The short name, and the programs that accept it.
    pub short: Option<(char, &'static [Program])>,
    /// The programs that list the option in `--help`. Each program accepts all long names that procps-ng has.
    pub documented: &'static [Program],
    /// Whether procps-ng has the option: its names take precedence when a long name is abbreviated.
    pub origin: Origin,
    /// The heading in `--help`.
    pub group: Group,
    /// The description in `--help`: one line.
    pub help: &'static str,
    /// Whether the option takes a value, and what it does to the arguments.
    pub(super) value: ValueSpec,
}

/// Where an option comes from, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// procps-ng.
    Reference,
    /// A procps-ng so recent that its name must not shadow an abbreviation of an older one.
    Newer,
    /// This project.
    New,
}

/// The headings of `--help`, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// How the pattern is matched.
    Matching,
    /// Conditions other than the pattern.
    Criteria,
    /// Selection among the matches.
    Choosing,
    /// The signal and how it is sent.
    Signal,
    /// Waiting and escalation.
    Ending,
    /// Limits and confirmation.
    Safety,
    /// Output format.
    Output,
    /// Help and version.
    Other,
}

impl Group {
    /// Whether the options of this group determine which processes are selected.
    pub fn selects(self) -> bool {
        matches!(self, Group::Matching | Group::Criteria | Group::Choosing)
    }

    /// The text of the heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Matching => "Pattern",
            Group::Criteria => "Criteria (all must match; of a list, any entry)",
            Group::Choosing => "Selection among matches",
            Group::Signal => "Signal",
            Group::Ending => "Waiting and escalation",
            Group::Safety => "Safety",
            Group::Output => "Output",
            Group::Other => "Other",
        }
    }
}

/// Whether an option takes a value, and what it does to the arguments.
pub(super) enum ValueSpec {
    /// No value.
    Flag(fn(&mut Args)),
    /// A required value. If the option is repeated, the last value is used.
    Value(Kind, fn(&mut Args, &OsStr) -> Result<(), String>),
    /// An optional value, which must follow `=`.
    Optional(Kind, fn(&mut Args, Option<&OsStr>) -> Result<(), String>),
    /// A required value. If the option is repeated, all values are used.
    Each(Kind, fn(&mut Args, &OsStr) -> Result<(), String>),
}

impl Opt {
    pub(super) const fn newer(mut self) -> Self {
        self.origin = Origin::Newer;
        self
    }

    /// The short name in this program.
    pub fn letter(&self, program: Program) -> Option<char> {
        self.short.filter(|(_, programs)| programs.contains(&program)).map(|(letter, _)| letter)
    }

    /// The kind of value that the option takes, if any.
    pub fn value(&self) -> Option<Kind> {
        match self.value {
            Flag(_) => None,
            Value(kind, _) | Optional(kind, _) | Each(kind, _) => Some(kind),
        }
    }

    /// The name of the value in `--help`.
    pub fn value_name(&self) -> Option<&'static str> {
        self.value().map(Kind::name)
    }

    /// Whether the value may be omitted.
    pub fn value_is_optional(&self) -> bool {
        matches!(self.value, Optional(..))
    }

    /// Whether all values are used if the option is repeated, and not only the last one.
    pub fn repeats(&self) -> bool {
        matches!(self.value, Each(..))
    }

    /// Whether the program accepts the option. procps-ng's programs accept each other's long options and ignore those
    /// that do not apply; an option that only this project has is accepted only where it has an effect.
    pub fn is_supported(&self, program: Program) -> bool {
        self.origin != Origin::New || self.documented.contains(&program)
    }

    /// Apply the option to the arguments. Err describes what is wrong with the value.
    pub(super) fn apply(&self, args: &mut Args, value: Option<&OsStr>) -> Result<(), String> {
        match self.value {
            Flag(apply) => apply(args),
            Value(_, apply) => apply(args, value.unwrap_or_default())?,
            Optional(_, apply) => apply(args, value)?,
            Each(_, apply) => apply(args, value.unwrap_or_default())?,
        }
        Ok(())
    }
}
