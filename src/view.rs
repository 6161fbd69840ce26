//! The facts about a process that the output shows.

use crate::proc::{Description, Facts, Lookup, Process};
use crate::request::{Label, Subject};

/// Which facts about each process are shown. No others are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The ID.
    Id,
    /// The ID and a text.
    Label(Label),
    /// Everything.
    Full,
}

impl Detail {
    /// Whether the arguments are among them.
    pub(crate) fn reads_memory(self) -> bool {
        match self {
            Detail::Id => false,
            Detail::Label(label) => label.subject == Subject::CommandLine,
            Detail::Full => true,
        }
    }
}

/// The facts that are shown of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The ID only, which the match has.
    Id,
    /// The name or command line.
    Text(Vec<u8>),
    /// Everything.
    Full(Box<Description>),
}

/// Read the facts to show.
pub(crate) fn view(detail: Detail, process: &mut Process<'_>) -> Lookup<View> {
    Ok(match detail {
        Detail::Id => View::Id,
        Detail::Label(label) => View::Text(text(label, process)?),
        Detail::Full => View::Full(Box::new(process.describe()?)),
    })
}

/// How often a process is examined again that executes other programs meanwhile.
pub(crate) const TRIES: usize = 8;

/// Whether what was read, from the question whether it matches on, is of one program.
pub(crate) fn is_of_one_program(detail: Detail, process: &mut Process<'_>) -> Lookup<bool> {
    match detail {
        Detail::Full => process.is_still_named(),
        Detail::Id | Detail::Label(_) => Ok(true),
    }
}

/// The label of a process: its name or command line, quoted for a shell on request.
fn text(label: Label, process: &mut impl Facts) -> Lookup<Vec<u8>> {
    Ok(match label {
        Label { subject: Subject::Name, quoted: false } => process.name()?.to_vec(),
        Label { subject: Subject::Name, quoted: true } => quote([process.name()?]),
        Label { subject: Subject::CommandLine, quoted: false } => match process.command_line() {
            // Only this label needs it: whether the process is selected is decided.
            Err(why) if why.is_undecided() => [b"[", process.name()?, b"]"].concat(),
            line => line?.to_vec(),
        },
        Label { subject: Subject::CommandLine, quoted: true } => {
            let arguments = match process.arguments() {
                Err(why) if why.is_undecided() => {
                    return Ok(quote([&[b"[", process.name()?, b"]"].concat()[..]]));
                }
                arguments => arguments?,
            };
            match arguments.strip_suffix(b"\0") {
                Some(arguments) => quote(arguments.split(|&b| b == 0)),
                None if arguments.is_empty() => quote([process.command_line()?]),
                None => quote(arguments.split(|&b| b == 0)),
            }
        }
    })
}

/// The words as a POSIX shell reads them back: quoted if they have characters that are special to a shell.
fn quote<'w>(words: impl IntoIterator<Item = &'w [u8]>) -> Vec<u8> {
    let mut line = vec![];
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_@%+:,./-".contains(b);
        if !word.is_empty() && word.iter().all(plain) {
            line.extend_from_slice(word);
            continue;
        }
        line.push(b'\'');
        for &byte in word {
            match byte {
                b'\'' => line.extend_from_slice(b"'\\''"),
                byte => line.push(byte),
            }
        }
        line.push(b'\'');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quoted_words_are_read_back_by_a_shell() {
        for (words, line) in [
            (&["sleep", "10"][..], "sleep 10"),
            (&["a b", ""], "'a b' ''"),
            (&["it's"], r"'it'\''s'"),
            (&["$HOME", "x=1", "/a_b@c%d+e:f,g.h-i"], "'$HOME' 'x=1' /a_b@c%d+e:f,g.h-i"),
        ] {
            let quoted = quote(words.iter().map(|word| word.as_bytes()));
            assert_eq!(String::from_utf8(quoted).unwrap(), line);
        }
    }
}
