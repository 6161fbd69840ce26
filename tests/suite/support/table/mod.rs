//! A table of command lines, run against the programs of this crate and against the installed procps.
//!
//! `PKILL_TEST_ONLY=ours` or `=installed` runs one side only.

mod fate;
mod scene;

pub use scene::{Scene, one_of_two_may_be_signalled};

use self::fate::fate;
use super::namespace::in_namespace;
use super::{Output, Program, Run, available, installed_version};

/// The expected result of a run. The default: nothing printed, no process signalled, exit status 0.
#[derive(Clone, Default)]
pub struct Expect {
    status: i32,
    out: Out,
    /// Parts of standard error, in order; none: it is empty.
    says: Vec<&'static str>,
    /// Victim and fate; all others are still running and caught nothing.
    fates: Vec<(&'static str, &'static str)>,
}

#[derive(Clone, Default)]
enum Out {
    #[default]
    Nothing,
    Exactly(&'static str),
    Pids(&'static str),
    With(&'static str),
}

/// A command line and its expected result.
#[must_use]
pub struct Case {
    line: &'static str,
    shell: bool,
    stdin: &'static str,
    since: [u32; 3],
    before: [u32; 3],
    expect: Expect,
    differs: Option<(&'static str, Expect)>,
}

/// A command line, split at spaces as by a shell; `'…'` and `"…"` quote.
pub fn case(line: &'static str) -> Case {
    Case {
        line,
        shell: false,
        stdin: "",
        since: [0; 3],
        before: [u32::MAX; 3],
        expect: Expect::default(),
        differs: None,
    }
}

/// A line for `sh -c`, which finds the programs in `PATH`.
pub fn shell(line: &'static str) -> Case {
    Case { shell: true, ..case(line) }
}

/// The result of the reference where it differs; see [`Case::differs`].
pub fn reference() -> Expect {
    Expect::default()
}

impl Expect {
    pub fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Exactly this on standard output.
    pub fn prints(mut self, text: &'static str) -> Self {
        self.out = Out::Exactly(text);
        self
    }

    /// The PIDs of these victims (labels separated by spaces), one per line, in ascending order.
    pub fn pids(mut self, labels: &'static str) -> Self {
        self.out = Out::Pids(labels);
        self
    }

    /// Standard output contains this.
    pub fn prints_with(mut self, text: &'static str) -> Self {
        self.out = Out::With(text);
        self
    }

    /// Standard error contains this.
    pub fn says(mut self, text: &'static str) -> Self {
        self.says.push(text);
        self
    }

    /// A usage error: exit status 2, this message, and a line that points to `--help`.
    pub fn usage(self, message: &'static str) -> Self {
        self.status(2).says(message)
    }

    /// The fate of a victim: the signals that it caught, in order (`"HUP"`, `"HUP USR1"`, `"RTMIN+8"`, `"USR1=42"` with
    /// a queued value), `"killed by TERM"`, or `"stopped"`.
    pub fn fate(mut self, label: &'static str, fate: &'static str) -> Self {
        self.fates.push((label, fate));
        self
    }
}

/// The same methods for a case: the result of this crate's program, and of the reference too unless it differs.
impl Case {
    pub fn status(self, status: i32) -> Self {
        self.map(|expect| expect.status(status))
    }

    pub fn prints(self, text: &'static str) -> Self {
        self.map(|expect| expect.prints(text))
    }

    pub fn pids(self, labels: &'static str) -> Self {
        self.map(|expect| expect.pids(labels))
    }

    pub fn prints_with(self, text: &'static str) -> Self {
        self.map(|expect| expect.prints_with(text))
    }

    pub fn says(self, text: &'static str) -> Self {
        self.map(|expect| expect.says(text))
    }

    pub fn usage(self, message: &'static str) -> Self {
        self.map(|expect| expect.usage(message))
    }

    pub fn fate(self, label: &'static str, fate: &'static str) -> Self {
        self.map(|expect| expect.fate(label, fate))
    }

    /// Nothing matches: exit status 1, no output.
    pub fn nothing(self) -> Self {
        self.status(1)
    }

    pub fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = text;
        self
    }

    /// The first procps version that supports it.
    pub fn since(mut self, version: [u32; 3]) -> Self {
        self.since = version;
        self
    }

    /// Not run against the reference: its result varies there, or is not known.
    pub fn ours_only(self) -> Self {
        self.since([u32::MAX; 3])
    }

    /// The first procps version with another result.
    pub fn before(mut self, version: [u32; 3]) -> Self {
        self.before = version;
        self
    }

    /// The reference differs on purpose or by accident; `name` is its row in `docs/COMPATIBILITY.md`.
    pub fn differs(mut self, name: &'static str, reference: Expect) -> Self {
        self.differs = Some((name, reference));
        self
    }

    fn map(mut self, change: impl FnOnce(Expect) -> Expect) -> Self {
        self.expect = change(self.expect);
        self
    }
}

/// The implementations to test: ours, and the installed one if there is one.
pub fn programs() -> Vec<Program> {
    let only = std::env::var("PKILL_TEST_ONLY").unwrap_or_default();
    let mut programs = Vec::new();
    if only != "installed" {
        programs.push(Program::Ours);
    }
    if only != "ours" && available(installed_version().is_some(), "procps") {
        programs.push(Program::Installed);
    }
    programs
}

/// Runs all cases against both implementations, each among a fresh scene; reports all failures together.
pub fn check(cast: impl Fn(&mut Scene), cases: &[Case]) {
    let listed = include_str!("../../../../docs/COMPATIBILITY.md");
    let version = installed_version().unwrap_or_default();
    let mut failures = Vec::new();
    for name in cases.iter().filter_map(|case| case.differs.as_ref().map(|(name, _)| name)) {
        if !listed.contains(&format!("| `{name}` |")) {
            failures.push(format!("docs/COMPATIBILITY.md has no `{name}`"));
        }
    }
    for program in programs() {
        for case in cases {
            assert!(in_namespace() || case.is_narrow(), "{}: no name to match; use a namespace", case.line);
            let expect = match (&case.differs, program) {
                (Some((_, reference)), Program::Installed) => reference,
                _ => &case.expect,
            };
            if program == Program::Ours || (case.since..case.before).contains(&version) {
                failures.extend(case.failures(program, expect, &cast));
            }
        }
    }
    failures.dedup();
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

impl Case {
    /// No other process gets a signal, even if a defect ignored all criteria except the pattern: the line has
    /// the unique name of a victim for a pattern, or sends nothing.
    fn is_narrow(&self) -> bool {
        let general = ["dir", "self", "uid", "gid", "cgroup", "group", "user"];
        let words = self.line.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let mut names = words.filter(|(word, _)| !word.contains('.') && !general.contains(word));
        let harmless = ["-0", "-h", "--help", "--version"];
        let mut words = self.line.split([' ', ';']);
        self.expect.status == 2
            || names.next().is_some()
            || !words.clone().any(|word| word == "pkill")
            || words.any(|word| harmless.contains(&word))
    }

    fn failures(&self, program: Program, expect: &Expect, cast: &impl Fn(&mut Scene)) -> Option<String> {
        let mut scene = Scene::new();
        cast(&mut scene);
        let words = split(&scene.fill(self.line, ""));
        let run = if self.shell {
            let paths = std::env::var("PATH").unwrap_or_default();
            let bin = scene.dir().path().join("bin");
            std::fs::create_dir(&bin).expect("a directory");
            for name in ["pgrep", "pkill", "pidwait"] {
                let path = Run::of(program, name).program().to_owned();
                std::os::unix::fs::symlink(path, bin.join(name)).expect("a link");
            }
            let path = format!("{}:{paths}", bin.display());
            Run::shell(&scene.fill(self.line, "")).env("PATH", path)
        } else {
            Run::of(program, &words[0]).args(&words[1..])
        };
        let output = run.stdin(scene.fill(self.stdin, "")).run();
        let wrong = expect.wrong(&mut scene, &words[0], &output, program, self.shell);
        (!wrong.is_empty()).then(|| {
            let (line, out, err) = (self.line, output.out(), output.err());
            let err: Vec<&str> = err.lines().take(4).collect();
            let wrong = wrong.join("; ");
            let out: String = out.chars().take(300).collect();
            format!("{program:?}: {line}: {wrong}\n    out {out:?}, err {err:?}, status {}", output.status)
        })
    }
}

impl Expect {
    fn wrong(
        &self,
        scene: &mut Scene,
        program: &str,
        output: &Output,
        which: Program,
        shell: bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let (out, err) = (output.out(), output.err());
        if output.status != self.status {
            wrong.push(format!("exit status {}, not {}", output.status, self.status));
        }
        let (right, wanted) = match &self.out {
            Out::Nothing => (out.is_empty(), String::new()),
            Out::Exactly(text) => {
                let text = scene.fill(text, program);
                (out == text, text)
            }
            Out::Pids(labels) => {
                let mut pids: Vec<u32> =
                    labels.split_ascii_whitespace().map(|label| scene.get(label).pid()).collect();
                pids.sort_unstable();
                let text: String = pids.iter().map(|pid| format!("{pid}\n")).collect();
                (out == text, text)
            }
            Out::With(text) => {
                let text = scene.fill(text, program);
                (out.contains(&text), text)
            }
        };
        if !right {
            wrong.push(format!("standard output is not {wanted:?}"));
        }
        if self.says.is_empty() && !err.is_empty() && (which == Program::Ours || self.status != 2) {
            wrong.push("standard error is not empty".into());
        }
        for text in &self.says {
            let text = scene.fill(text, program);
            if !err.contains(&text) {
                wrong.push(format!("standard error has no {text:?}"));
            }
        }
        if which == Program::Ours && !shell && !err.is_empty() {
            if !err.starts_with(&format!("{program}: ")) {
                wrong.push("the message does not begin with the program's name".into());
            }
            if self.status == 2 && !err.contains("--help") {
                wrong.push("the usage error does not point to --help".into());
            }
        }
        for (label, victim) in &mut scene.victims {
            let expected = self.fates.iter().find(|(name, _)| name == label).map_or("", |(_, fate)| *fate);
            let fate = fate(victim, expected == "stopped");
            if fate != expected {
                wrong.push(format!("fate of {label}: {fate:?}, not {expected:?}"));
            }
        }
        wrong
    }
}

fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for char in line.chars() {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (None, '\'' | '"') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    words
}
