//! The command that started this program, as a caller has it in its own arguments: a shell that was started with `-c`,
//! sudo(8), timeout(1), or a shell that ssh(1) or cron(8) has started.

/// As many quotes and backslashes are skipped between two bytes of a word. A shell within a shell doubles the
/// backslashes.
const QUOTES_MAX: usize = 64;

/// The name of a program, and the patterns that select for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypedCommand {
    name: Vec<u8>,
    /// The ways to write each pattern.
    patterns: Vec<Vec<Vec<u8>>>,
}

impl TypedCommand {
    /// `name` is the last component of `argv[0]`, `pattern` the operand, `and` the values of `--and`. None without a
    /// pattern to recognize: an empty one is in every text.
    pub(crate) fn new(name: &[u8], pattern: Option<&[u8]>, and: &[Vec<u8>]) -> Option<Self> {
        let operand = pattern.map(|pattern| vec![pattern.to_vec()]);
        let and = and.iter().map(|pattern| vec![pattern.clone(), [b"--and=", &pattern[..]].concat()]);
        let patterns: Vec<_> = operand.into_iter().chain(and).filter(|forms| !forms[0].is_empty()).collect();
        (!name.is_empty() && !patterns.is_empty()).then(|| TypedCommand { name: name.to_vec(), patterns })
    }

    /// Whether the arguments, each ended by a NUL, have the name and after it all patterns, in any order: as arguments
    /// or as words of a text that a shell may have to unquote, however often.
    pub(crate) fn is_in(&self, arguments: &[u8]) -> bool {
        let Some(end) = find(arguments, &self.name, b"/=") else { return false };
        let rest = &arguments[end..];
        self.patterns.iter().all(|forms| forms.iter().any(|form| find(rest, form, b"").is_some()))
    }
}

/// The end of the first place where the text has this word. A word begins after what separates words, or one of
/// `prefixes`.
fn find(text: &[u8], word: &[u8], prefixes: &[u8]) -> Option<usize> {
    let &first = word.first()?;
    let begins_word = |at: &usize| match at.checked_sub(1).map(|before| text[before]) {
        None => true,
        Some(before) => separates(before) || prefixes.contains(&before),
    };
    let ends_word = |at: &usize| text.get(*at).is_none_or(|&after| separates(after));
    memchr::memchr_iter(first, text)
        .filter(begins_word)
        .find_map(|at| match_at(&text[at..], word).map(|length| at + length).filter(ends_word))
}

/// The length of the word at the beginning of the text. In the text, it may have quotes and backslashes that it does
/// not have once a shell has read it. Those that it has itself must be there.
fn match_at(text: &[u8], word: &[u8]) -> Option<usize> {
    let mut at = 0;
    for &byte in word {
        // Taking a quote for the word's own where it could be is never worse than skipping it: the next one could be
        // skipped as well.
        let skipped = text[at..].iter().take(QUOTES_MAX).take_while(|&&b| b != byte && quotes(b)).count();
        at += skipped;
        if text.get(at) != Some(&byte) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// Whether the byte can quote: a shell removes it from a word.
fn quotes(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"' | b'\\')
}

/// Whether the byte separates words: space, the end of an argument, a quote, or an operator of a shell.
fn separates(byte: u8) -> bool {
    byte == 0 || byte.is_ascii_whitespace() || quotes(byte) || b";&|<>()`".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments, separated by `^`.
    fn is_in(command: &TypedCommand, arguments: &str) -> bool {
        let arguments: Vec<u8> =
            arguments.split('^').flat_map(|one| [one.as_bytes(), b"\0"].concat()).collect();
        command.is_in(&arguments)
    }

    fn command(pattern: &str) -> TypedCommand {
        TypedCommand::new(b"pkill", Some(pattern.as_bytes()), &[]).expect("a pattern")
    }

    #[test]
    fn a_command_is_its_name_and_its_pattern() {
        for (pattern, arguments, expected) in [
            // Arguments of their own.
            ("x", "sudo^pkill^-f^x", true),
            ("x", "timeout^5^/usr/bin/pkill^-KILL^-f^x", true),
            ("a b", "sudo^pkill^-f^a b", true),
            ("x", "pkill^x", true),
            ("x", "sh^-c^pkill -f \"$0\"^x", true),
            // Words of a shell's text.
            ("x", "sh^-c^pkill -f x", true),
            ("x", "sh^-c^cd /; pkill x; true", true),
            ("x", "sh^-c^cd /;/bin/pkill -f x;true", true),
            ("x", "sh^-c^echo $(pkill -f x)", true),
            ("x", "sh^-c^echo `pkill -f x`", true),
            ("x", "sh^-c^(pkill -f x)&", true),
            ("x", "sh^-c^true&&pkill -f x||true", true),
            ("x", "sh^-c^cd /\npkill -f x\ntrue", true),
            ("x", "sh^-c^k=pkill; $k -f x", true),
            ("x", "sh^-c^pkill -f x>/dev/null", true),
            ("a b", "sh^-c^pkill -f 'a b'", true),
            ("a b", "sh^-c^pkill -f \"a b\"", true),
            ("a b", "sh^-c^pkill -f a\\ b", true),
            ("a b", "sh^-c^pkill -f a' 'b", true),
            ("a b", "sh^-c^'pk'\"ill\" -f a\" \"b;true", true),
            ("a b", "sh^-c^pkill -f $'a b'", true),
            // sudo(8) with -s and -i, with a backslash before each byte but letters, digits, `_`, `-` and `$`.
            ("a b.c", "bash^-c^\\/usr\\/bin\\/pkill -f a\\ b\\.c", true),
            // A shell within a shell, Python, JSON.
            ("a b", "bash^-c^sh -c 'pkill -f \"a b\"'", true),
            ("a b", "bash^-c^sh -c \"sh -c \\\"pkill -f \\\\\\\"a b\\\\\\\"\\\"\"", true),
            ("a b", "bash^-c^eval 'pkill -f '\"'\"'a b'\"'\"'' < /dev/null", true),
            ("a b", "python3^-c^run([\"pkill\", \"-f\", \"a b\"])", true),
            ("a b", "agent^{\"command\": \"pkill -f 'a b'\"}", true),
            // Quotes and backslashes of the pattern itself.
            (r"a\.b", r"sh^-c^pkill -f 'a\.b'", true),
            (r"a\.b", "sh^-c^pkill -f \"a\\\\.b\"", true),
            (r"a\.b", "sh^-c^pkill -f 'a.b'", false),
            ("it's", "sh^-c^pkill -f it\\'s", true),
            ("it's", "sh^-c^pkill -f 'it'\"'\"'s'", true),
            ("it's", "sh^-c^pkill -f its", false),
            ("\\\\", "sh^-c^pkill -f '\\\\'", true),
            ("\"x\"", "sh^-c^pkill -f '\"x\"'", true),
            ("\"x\"", "sh^-c^pkill -f x", false),
            // Another program.
            ("x", "sh^-c^xpkill -f x", false),
            ("x", "sh^-c^pkill-all -f x", false),
            ("x", "sh^-c^my-pkill -f x", false),
            ("x", "sh^-c^/opt/pkill.sh x", false),
            ("x", "/opt/pkill/run^x", false),
            ("x", "sh^-c^pgrep -f x", false),
            ("x", "sh^-c^run x", false),
            // Another pattern.
            ("x", "sh^-c^pkill -f xy", false),
            ("x", "sh^-c^pkill -f -x", false),
            ("x", "sh^-c^pkill -f y", false),
            ("x", "sh^-c^pkill", false),
            ("mail", "job.sh^--queue=mail", false),
            ("mail", "sh^-c^pkill -f old; job.sh --queue=mail", false),
            ("a b", "sh^-c^pkill -f a  b", false),
            ("a b", "sudo^pkill^-f^a^b", false),
            ("x", "", false),
            // The pattern before the name.
            ("x", "sh^-c^x & pkill -f y", false),
            ("x", "sh^-c^p=x; pkill -f $p", false),
            ("x", "x^pkill", false),
            ("pkill", "sh^-c^pkill", false),
            ("pkill", "sh^-c^pkill -f pkill", true),
        ] {
            assert_eq!(is_in(&command(pattern), arguments), expected, "{pattern} in {arguments}");
        }
    }

    #[test]
    fn each_pattern_must_be_there_in_any_order() {
        let and = [b"y".to_vec(), b"".to_vec()];
        let command = TypedCommand::new(b"pkill", Some(b"x"), &and).expect("patterns");
        for (arguments, expected) in [
            ("sh^-c^pkill -f x --and y", true),
            ("sh^-c^pkill -f --and=y x", true),
            ("sh^-c^pkill -f --and='y' x", true),
            ("sh^-c^pkill -f x --and z", false),
            ("sh^-c^pkill -f x --not=y", false),
            ("sh^-c^pkill -f --and=x y", false),
            ("sh^-c^y; pkill -f x", false),
        ] {
            assert_eq!(is_in(&command, arguments), expected, "{arguments}");
        }
    }

    /// An empty pattern matches every process, and not because of its text.
    #[test]
    fn without_a_pattern_or_a_name_nothing_is_recognized() {
        for (name, pattern, and) in
            [("pkill", None, vec![]), ("pkill", Some(""), vec![vec![]]), ("", Some("x"), vec![])]
        {
            assert_eq!(TypedCommand::new(name.as_bytes(), pattern.map(str::as_bytes), &and), None, "{name}");
        }
    }

    /// A caller can have megabytes of quotes.
    #[test]
    fn many_quotes_take_linear_time() {
        let quotes = "'".repeat(1 << 20);
        let text = format!("pkill {quotes}");
        for pattern in ["'x", "x", "''''"] {
            assert_eq!(is_in(&command(pattern), &text), pattern == "''''", "{pattern}");
        }
    }
}
