//! The rows of `docs/COMPATIBILITY.md` that explain differences, each as narrow as it can be: what the line must have,
//! and what each program does with it.

use crate::line::Line;
use crate::outcome::Outcome;

/// The longest name, in bytes.
const NAME_MAX: usize = 15;

/// The outcomes that differ.
pub struct Case<'c> {
    line: &'c Line,
    ours: Outcome,
    theirs: Outcome,
    version: [u32; 3],
}

impl<'c> Case<'c> {
    pub fn new(line: &'c Line, ours: Outcome, theirs: Outcome, version: [u32; 3]) -> Self {
        Case { line, ours, theirs, version }
    }

    /// The names of the rows that explain all differences together.
    pub fn explanation(mut self) -> Option<Vec<&'static str>> {
        let mut names: Vec<&str> = vec![];
        for (name, remove) in TEXTS {
            if remove(&mut self) {
                names.push(name);
                if self.ours == self.theirs {
                    return Some(names);
                }
            }
        }
        let (name, _) = OUTCOMES.iter().find(|(_, explains)| explains(&self))?;
        names.push(name);
        Some(names)
    }

    /// The message with which our program refuses the line.
    fn refusal(&self) -> Option<&str> {
        refusal(&self.ours)
    }

    /// Our program refuses a value of this option with this complaint: the whole value, or an entry of the list.
    fn refuses(&self, long: &str, complaint: &str) -> bool {
        let Some(rest) = self.refusal().and_then(|message| message.strip_prefix(complaint)) else {
            return false;
        };
        let refused = rest.split("(valid: ").next().unwrap_or(rest).trim_end_matches('.');
        let refused = refused.trim_start_matches(':').trim_matches([' ', '"']);
        let is_refused = |value: &str| value.trim() == refused;
        self.line.values(long).any(|value| is_refused(value) || value.split(',').any(is_refused))
    }

    fn refuses_any(&self, table: &[(&str, &str)]) -> bool {
        table.iter().any(|(long, complaint)| self.refuses(long, complaint))
    }

    fn pattern(&self) -> Option<&'static str> {
        self.line.operands.first().copied()
    }

    /// Whether the outcomes differ only in what is printed of this process or done to it, as far as the output shows that.
    fn is_only_about(&self, pid: u32) -> bool {
        let (listed, named) = (pid.to_string(), format!("(pid {pid})"));
        let is_about = |line: &&str| line.split(' ').next() == Some(&listed) || line.ends_with(&named);
        let rest = |outcome: &Outcome| {
            let lines = outcome.out.lines().filter(|line| !is_about(line)).map(str::to_owned);
            let fates = outcome.fates.iter().filter(|fate| !is_about(&fate.as_str())).cloned();
            let pids = outcome.waited_for.iter().filter(|&&other| other != pid).map(u32::to_string);
            lines.chain(fates).chain(pids).collect::<Vec<_>>()
        };
        let is_shown = !self.line.has("count") && !self.line.has("delimiter") && !self.line.picks();
        !is_shown || rest(&self.ours) == rest(&self.theirs)
    }

    fn is_older_than(&self, version: [u32; 3]) -> bool {
        self.version < version
    }
}

/// The names of all rows here.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name).chain(OUTCOMES.iter().map(|(name, _)| *name))
}

/// The only message of a program that does nothing else.
fn refusal(outcome: &Outcome) -> Option<&str> {
    match &outcome.messages[..] {
        [message] if outcome.status == 2 && outcome.out.is_empty() && outcome.fates.is_empty() => {
            Some(message)
        }
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

type Remove = fn(&mut Case) -> bool;
type Explains = fn(&Case) -> bool;

/// Differences in the text; each is removed from the outcomes.
const TEXTS: &[(&str, Remove)] = &[
    ("ancestor-note", |case| {
        let notes = std::mem::take(&mut case.ours.notes);
        let is_expected = case.line.acts()
            && case.line.has("full")
            && !case.line.has("ignore-ancestors")
            && case.pattern().is_some()
            && notes.iter().all(|note| note.contains(" an ancestor of "));
        if !is_expected {
            case.ours.notes = notes;
            return false;
        }
        !notes.is_empty()
    }),
    ("usage-text", |case| {
        let (ours, theirs) = (&case.ours, &mut case.theirs);
        let is_usage_only = theirs.status == 2 && theirs.out.is_empty() && theirs.messages.is_empty();
        let is_cut = |message: &String| message.starts_with("invalid option -- '\u{fffd}");
        if refusal(ours).is_none() || !is_usage_only && !theirs.messages.iter().any(is_cut) {
            return false;
        }
        theirs.messages.clone_from(&ours.messages);
        true
    }),
    ("long-pattern-warning", |case| {
        let is_warning =
            |message: &String| message.starts_with("pattern that searches for process name longer");
        let warns = |outcome: &Outcome| outcome.messages.iter().any(is_warning);
        let is_long = case.pattern().is_some_and(|pattern| pattern.len() > NAME_MAX || pattern.contains('{'));
        if !is_long || case.line.has("full") || warns(&case.ours) == warns(&case.theirs) {
            return false;
        }
        let has_matched = |outcome: &Outcome| outcome.status == 0;
        if has_matched(&case.ours) != has_matched(&case.theirs) {
            return false;
        }
        case.ours.messages.retain(|message| !is_warning(message));
        case.theirs.messages.retain(|message| !is_warning(message));
        true
    }),
    ("nul-arguments", |case| {
        let shown = case
            .theirs
            .out
            .replace("170 ?", "170 -")
            .replace("? killed (pid 170)", "- killed (pid 170)")
            .replace("for ? (pid 170)", "for - (pid 170)");
        let is_listed = case.line.has("list-full") && !case.line.has("shell-quote");
        if !is_listed || !case.is_older_than([4, 0, 5]) || shown == case.theirs.out {
            return false;
        }
        case.theirs.out = shown;
        true
    }),
    ("text-output", |case| {
        let plain = |text: &str| text.replace(['?', '.'], " ");
        let (ours, theirs) = (&case.ours.out, &mut case.theirs.out);
        let same = |line: &str| ours.split_inclusive('\n').find(|other| plain(other) == plain(line));
        let shown: String = theirs.split_inclusive('\n').map(|line| same(line).unwrap_or(line)).collect();
        if !case.line.has("list-full") || shown == *theirs {
            return false;
        }
        *theirs = shown;
        true
    }),
    ("quoted-arguments", |case| {
        // Without quotes and what differs in what is displayed.
        let words = |line: &str| -> String {
            let text = line.replace('\'', "").replace('?', " ");
            let words: Vec<&str> = text.split_whitespace().collect();
            words.join(" ").replace("[zed] <defunct>", "-").replace("[bare]", "-")
        };
        let (ours, theirs) = (&case.ours.out, &mut case.theirs.out);
        let same = |line: &str| ours.split_inclusive('\n').find(|other| words(other) == words(line));
        let shown: String = theirs.split_inclusive('\n').map(|line| same(line).unwrap_or(line)).collect();
        if !case.line.has("list-full") || !case.line.has("shell-quote") || shown == *theirs {
            return false;
        }
        *theirs = shown;
        true
    }),
    ("quiet-echo", |case| {
        let is_echo = |line: &&str| line.ends_with(")\n") && line.contains(" (pid ");
        let others = case.theirs.out.split_inclusive('\n').filter(|line| !is_echo(line)).collect();
        let is_quiet = case.line.has("quiet") && case.line.has("echo") && case.line.acts();
        is_quiet && std::mem::replace(&mut case.theirs.out, others) != case.theirs.out
    }),
    ("echo-without-pattern", |case| {
        // What follows the name: `alpha killed (pid 100)`.
        let pid = |line: &str| line.rfind(" (pid ").map(|at| line[at..].to_owned());
        let is_unnamed = case.line.has("echo") && (case.pattern().is_none() || case.line.has("inverse"));
        let (ours, theirs) = (&case.ours.out, &mut case.theirs.out);
        let same = |line: &str| {
            let of_line = pid(line)?;
            ours.split_inclusive('\n').find(|other| pid(other).as_ref() == Some(&of_line))
        };
        let named: String = theirs.split_inclusive('\n').map(|line| same(line).unwrap_or(line)).collect();
        if !is_unnamed || named == *theirs {
            return false;
        }
        *theirs = named;
        true
    }),
];

/// Differences in what is done.
const OUTCOMES: &[(&str, Explains)] = &[
    ("lightweight", |case| {
        case.line.acts()
            && case.line.has("lightweight")
            && case.refusal().is_some_and(|message| message.starts_with("--lightweight "))
    }),
    ("back-references", |case| {
        let refusal = case.refusal().is_some_and(|message| message.contains("back-references"));
        refusal && case.line.operands.iter().any(|pattern| pattern.contains("\\1"))
    }),
    ("i-twice", |case| case.line.count("ignore-case") > 1 && case.theirs.out == "<help>"),
    ("twice", |case| {
        let is_repeated = ["newest", "oldest", "inverse"].iter().any(|long| case.line.count(long) > 1);
        is_repeated && case.theirs.status == 2 && case.theirs.messages.is_empty()
    }),
    ("H-signal-0", |case| {
        case.line.has("require-handler")
            && case.refusal().is_some_and(|message| message.contains("with signal 0"))
    }),
    ("numbers", |case| {
        case.refuses_any(&[
            ("ns", "invalid process ID"),
            ("older", "invalid duration"),
            ("queue", "not a number"),
        ])
    }),
    ("id-range", |case| {
        let refused = case.refusal().and_then(|message| message.rsplit(": ").next());
        refused.is_some_and(is_number)
            && case.refuses_any(&[
                ("euid", "invalid user name"),
                ("uid", "invalid user name"),
                ("group", "invalid group name"),
                ("pid", "not a number"),
                ("parent", "not a number"),
                ("pgroup", "invalid process group"),
                ("session", "invalid session id"),
            ])
    }),
    ("unknown-state", |case| {
        let is_empty = |value: &str| value.bytes().all(|byte| byte == b',');
        let is_second_signal = case.line.signal_words.iter().skip(1).any(|word| word.starts_with('r'));
        case.refuses("runstates", "invalid process state")
            || is_second_signal
                && case.refusal().is_some_and(|message| message.starts_with("invalid process state"))
            || case.refusal() == Some("invalid empty list") && case.line.values("runstates").any(is_empty)
    }),
    ("nslist-message", |case| case.refuses("nslist", "invalid namespace") && case.theirs.status == 2),
    ("ns-unreadable", |case| {
        let is_expected = |message: &String| message.starts_with("cannot read the namespaces of ");
        case.line.has("ns") && case.ours.status == 1 && case.ours.messages.iter().any(is_expected)
    }),
    ("nslist", |case| {
        let is_list = case.line.value("nslist").is_some_and(|kinds| kinds.contains(','));
        is_list && case.line.has("ns") && case.refusal().is_none()
    }),
    ("ns-kinds", |case| {
        // Only 220 is in a UTS namespace of its own.
        let is_about_apart = case.line.value("ns") == Some("220") || case.is_only_about(220);
        case.line.has("ns") && !case.line.has("nslist") && case.refusal().is_none() && is_about_apart
    }),
    ("durations", |case| {
        let has_unit = |value: &str| value.starts_with(|c: char| c.is_ascii_digit()) && !is_number(value);
        case.line.value("older").is_some_and(has_unit) && case.theirs.status < 2 && case.ours.status < 2
    }),
    ("long-names", |case| {
        let is_long = case.pattern().is_some_and(|pattern| pattern.len() > NAME_MAX);
        is_long && !case.line.has("full") && case.refusal().is_none() && case.is_only_about(200)
    }),
    ("dev-prefix", |case| case.line.value("terminal").is_some_and(|value| value.contains("/dev/"))),
    ("signal-range", |case| {
        let is_beyond = |word: &str| word.parse::<u64>().is_ok_and(|number| number > 64);
        let is_word = case.line.signal_words.iter().any(|word| is_beyond(word));
        is_word && case.refusal().is_some_and(|message| message.starts_with("invalid option -- "))
            || case.line.values("signal").any(is_beyond) && case.refuses("signal", "Unknown signal")
    }),
    ("signal-number", |case| {
        let is_odd = |word: &str| word.starts_with(|c: char| c == '+' || c.is_ascii_digit());
        let is_sig_9 = case.line.signal_words.contains(&"SIG9") && case.is_older_than([4, 0, 5]);
        let message = case.refusal().unwrap_or_default();
        case.line.signal_words.contains(&"+9") && message == "invalid option -- '+'"
            || is_sig_9 && message == "invalid option -- 'S'"
            || case.line.values("signal").any(is_odd) && case.refuses("signal", "Unknown signal")
    }),
    ("signal-zero", |case| {
        let is_zero = |word: &str| matches!(word, "EXIT" | "NULL");
        let refusal = refusal(&case.theirs).unwrap_or_default();
        case.line.signal_words.iter().any(|word| is_zero(word)) && refusal.starts_with("invalid option -- ")
            || case.line.values("signal").any(is_zero) && refusal.starts_with("Unknown signal")
    }),
    ("abbreviations", |case| {
        let is_ambiguous = |name: &str| {
            let name = name.split([' ', '=']).next().unwrap_or(name).trim_matches('\'');
            ["--queue", "--runstates", "--pidfile", "--env"].iter().any(|long| long.starts_with(name))
        };
        let name = refusal(&case.theirs).and_then(|message| message.strip_prefix("option "));
        name.is_some_and(|rest| rest.ends_with("is ambiguous") && is_ambiguous(rest))
    }),
    ("new-options", |case| {
        let has_letter = case.line.signal_words.iter().skip(1).any(|word| word.starts_with('I'));
        has_letter && case.theirs.messages == ["invalid option -- 'I'"]
    }),
    ("ancestor-threads", |case| {
        case.line.has("lightweight") && case.line.has("ignore-ancestors") && case.theirs.status == 0
    }),
    ("pidfile-number", |case| {
        let is_odd = |path: &str| path.ends_with("/negative") || path.ends_with("/zero");
        case.line.value("pidfile").is_some_and(is_odd) && case.ours.messages == ["pidfile not valid"]
    }),
    // Older procps.
    ("rtmax", |case| {
        let is_rtmax = |word: &str| word.trim_start_matches("SIG").starts_with("RTMAX");
        case.is_older_than([4, 0, 5])
            && (case.line.signal_words.iter().any(|word| is_rtmax(word))
                && case.theirs.messages == ["invalid option -- 'R'"]
                || case.line.values("signal").any(is_rtmax))
    }),
    ("unknown-signal", |case| {
        let swallows = case.line.is_broken
            && case.refusal().is_some_and(|message| message.starts_with("Unknown signal"));
        case.is_older_than([4, 0, 4]) && (swallows || case.refuses("signal", "Unknown signal"))
    }),
    ("pidfile-stdin", |case| {
        let is_first = case.theirs.messages == ["pidfile not valid"];
        case.is_older_than([4, 0, 5]) && case.line.value("pidfile") == Some("-") && is_first
    }),
    ("pidfile-first-line", |case| {
        let is_odd = |path: &str| ["/second", "/huge"].iter().any(|end| path.ends_with(end));
        case.is_older_than([4, 0, 5])
            && case.line.value("pidfile").is_some_and(is_odd)
            && case.ours.messages == ["pidfile not valid"]
    }),
    ("pidfile-reason", |case| {
        let is_reason = |message: &String| {
            message.starts_with("Unable to open pidfile: ") || message == "Locking check for pidfile failed"
        };
        case.is_older_than([4, 0, 5])
            && case.ours.messages.iter().all(is_reason)
            && case.theirs.messages == ["pidfile not valid"]
    }),
    ("empty-element", |case| {
        let is_odd = |value: &str| value.contains(",,") || value.starts_with(',') || value.ends_with(',');
        case.is_older_than([4, 0, 7])
            && case.line.given.iter().any(|(_, value)| is_odd(value))
            && case.refusal() != Some("invalid empty list")
    }),
    ("empty-list", |case| {
        let is_empty = |value: &str| value == ",";
        case.is_older_than([4, 0, 7])
            && case.line.given.iter().any(|(_, value)| is_empty(value))
            && case.refusal() == Some("invalid empty list")
    }),
    ("terminal-and", |case| {
        case.is_older_than([4, 0, 3])
            && case.line.has("terminal")
            && (case.line.has("runstates") || case.line.has("cgroup"))
    }),
    ("nul-arguments", |case| {
        let takes_dash = case.pattern().is_some_and(|pattern| pattern.contains('-'));
        case.is_older_than([4, 0, 5]) && case.line.has("full") && takes_dash && case.is_only_about(170)
    }),
    ("signal-word-place", |case| {
        let is_signal = |word: &str| {
            let word = word.to_ascii_uppercase();
            matches!(
                word.strip_prefix('-').unwrap_or_default().trim_start_matches("SIG"),
                "HUP" | "7" | "9" | "1" | "0"
            )
        };
        case.line.program == "pkill"
            && (case.line.given.iter().any(|(_, value)| is_signal(value))
                || case.line.operands.iter().any(|operand| is_signal(operand)))
    }),
    ("which-error", |case| {
        let is_error = |outcome: &Outcome| {
            (outcome.status > 1 || !outcome.messages.is_empty())
                && outcome.out.is_empty()
                && outcome.fates.is_empty()
        };
        let asks = ["<help>", "<version>"].contains(&&*case.ours.out);
        (is_error(&case.ours) || asks) && is_error(&case.theirs)
    }),
];
