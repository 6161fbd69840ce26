//! `--generate`: the files that accompany the programs, embedded, so that a program needs none beside it.

use crate::request::Program;

/// A file that the programs print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generated {
    Man,
    ManPatterns,
    ManReport,
    CompleteBash,
    CompleteZsh,
    CompleteFish,
    Schema,
    SchemaExplanation,
    Install,
}

/// A file as build.rs compressed it.
macro_rules! compressed {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name))
    };
}

impl Generated {
    pub(crate) const ALL: [Generated; 9] = [
        Generated::Man,
        Generated::ManPatterns,
        Generated::ManReport,
        Generated::CompleteBash,
        Generated::CompleteZsh,
        Generated::CompleteFish,
        Generated::Schema,
        Generated::SchemaExplanation,
        Generated::Install,
    ];

    /// The argument of `--generate`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Generated::Man => "man",
            Generated::ManPatterns => "man-patterns",
            Generated::ManReport => "man-report",
            Generated::CompleteBash => "complete-bash",
            Generated::CompleteZsh => "complete-zsh",
            Generated::CompleteFish => "complete-fish",
            Generated::Schema => "schema",
            Generated::SchemaExplanation => "schema-explanation",
            Generated::Install => "install",
        }
    }

    /// What it is, for a shell that offers it.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Generated::Man => "the manual page of this program",
            Generated::ManPatterns => "pkill-patterns(7)",
            Generated::ManReport => "pkill-report(7)",
            Generated::CompleteBash => "completion of all three programs for bash",
            Generated::CompleteZsh => "completion of all three programs for zsh",
            Generated::CompleteFish => "completion of this program for fish",
            Generated::Schema => "JSON Schema of --json",
            Generated::SchemaExplanation => "JSON Schema of --explain --json",
            Generated::Install => "shell script that installs the programs with these files",
        }
    }

    /// The text, for the program that was called.
    pub(crate) fn text(self, program: Program) -> String {
        let compressed: &[u8] = match (self, program) {
            (Generated::Man, Program::Pgrep) => compressed!("pgrep.1"),
            (Generated::Man, Program::Pkill) => compressed!("pkill.1"),
            (Generated::Man, Program::Pidwait) => compressed!("pidwait.1"),
            (Generated::ManPatterns, _) => compressed!("pkill-patterns.7"),
            (Generated::ManReport, _) => compressed!("pkill-report.7"),
            (Generated::CompleteBash, _) => compressed!("pkill.bash"),
            (Generated::CompleteZsh, _) => compressed!("_pkill"),
            (Generated::CompleteFish, Program::Pgrep) => compressed!("pgrep.fish"),
            (Generated::CompleteFish, Program::Pkill) => compressed!("pkill.fish"),
            (Generated::CompleteFish, Program::Pidwait) => compressed!("pidwait.fish"),
            (Generated::Schema, _) => compressed!("report.schema.json"),
            (Generated::SchemaExplanation, _) => compressed!("explanation.schema.json"),
            (Generated::Install, _) => compressed!("install"),
        };
        let text = miniz_oxide::inflate::decompress_to_vec(compressed).expect("what build.rs compressed");
        String::from_utf8(text).expect("what is UTF-8 in the tree")
    }
}
