//! Names, arguments and paths that attack a shell, completed by TAB and run by Enter in the shells themselves. Nothing
//! runs except the program that was typed, with the candidate, which selects the process that it was offered for.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pkill::ere::{Charset, Flags, Pattern};

use crate::support::crowd::Crowd;
use crate::support::{Dir, Run, eventually, namespace, need, succeed};

/// Parts of the names, besides [`INERT`]. `>canary` creates a file, wherever it runs.
const HOSTILE: &[&[u8]] = &[
    b";>canary;",
    b"$(>canary)",
    b"`>canary`",
    b"|>canary",
    b"&>canary&",
    b"<(>canary)",
    "\u{e03b}\u{e03e}canary\u{e03b}".as_bytes(), // zsh converts these to bytes: `;>canary;`
    "\u{e03b}\u{e03e}c".as_bytes(),
    "\u{e00a}".as_bytes(),
    "\u{e027}".as_bytes(),
    "\u{e022}".as_bytes(),
    "\u{3000}".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{85}".as_bytes(),
    "\u{2003}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{e0041}".as_bytes(),
    "\u{301}".as_bytes(),
    "\u{3164}".as_bytes(),
    "\u{5d0}".as_bytes(),
    "\u{378}".as_bytes(),
    b"\xff",
    b"\xe2\x82",
    b"\x1b[31m",
    b"\x7f",
    b"\x03",
    b"\n",
    b"\r",
    b"\t",
    b"'",
    b"\"",
    b"\\",
    b"!!",
    b"!p",
    b"!",
    b"~root",
    b"~",
    b"=ls",
    b"=",
    b"^a^b",
    b"{a,b}",
    b"{",
    b"*",
    b"?",
    b"[0]",
    b"[",
    b"]",
    b"#",
    b"%1",
    b"$x",
    b"${x}",
    b"(",
    b")",
    b"|",
    b"<",
    b"--cwd=/",
];

/// Characters of a path that is still offered.
const INERT: &[&[u8]] = &[
    b"-",
    b" ",
    b":",
    b",",
    b"@",
    b"+",
    b".",
    b"ab",
    b"Z9",
    "ß".as_bytes(),
    "ж".as_bytes(),
    "名".as_bytes(),
];

/// Names by a fixed seed.
struct Names {
    state: u64,
    made: usize,
}

impl Names {
    /// xorshift64
    fn random(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % below as u64) as usize
    }

    /// A tag of five letters that no other name has, and the part of it that is typed: all, or nothing if the name
    /// begins with something else.
    fn next(&mut self, from: &[&[u8]], max: usize) -> (Vec<u8>, String) {
        self.made += 1;
        let tag = format!("q{:03}z", self.made);
        let count = 1 + self.random(4);
        let mut pieces: Vec<_> = (0..count).map(|_| from[self.random(from.len())]).collect();
        let typed = if self.random(4) == 0 { "" } else { &tag };
        let at = if typed.is_empty() { 1 } else { 0 };
        pieces.insert(at, tag.as_bytes());
        let mut name = pieces.concat();
        name.truncate(max);
        (name, typed.to_owned())
    }
}

/// A text of a process, what is typed before TAB, and the candidate.
struct Subject {
    text: Vec<u8>,
    options: &'static str,
    /// The option that takes the value, where it is a value.
    option: &'static str,
    typed: String,
    offered: String,
}

/// The start of the value, in a state of quoting, as the argument of an option or as an operand.
const STATES: &[(&str, bool)] =
    &[("", false), ("'", false), ("\"", false), ("", true), ("'", true), ("\"", true)];

/// What is typed after a command name; and the resulting arguments after TAB and Enter.
fn row(shell: &str, subject: &Subject, state: usize) -> (String, Vec<String>) {
    let Subject { options, option, typed, offered, .. } = subject;
    let (quote, is_option) = STATES[state];
    let is_option = is_option || *option == "--cwd=";
    let option = if is_option { *option } else { "" };
    // fish offers nothing with a leading dot, as for a hidden file, unless the dot is typed.
    let typed = if shell == "fish" && typed.is_empty() && offered.starts_with('.') { "." } else { typed };
    // It leaves a quote open after these, because it expects more to follow.
    let is_open = shell == "fish" && offered.ends_with(['/', '=', '@', ':', '.', ',', '-']);
    let quote = if is_open { "" } else { quote };
    let line = format!("pgrep {options}{option}{quote}{typed}");
    let mut words: Vec<_> = format!("pgrep {options}").split_whitespace().map(str::to_owned).collect();
    words.push(format!("{option}{offered}"));
    (line, words)
}

const SHELLS: &[(&str, &[&str])] = &[
    ("bash", &["bash", "--noprofile", "--rcfile", "enter.rc.bash", "-i"]),
    ("zsh", &["zsh", "--no-globalrcs", "-i"]),
    (
        "fish",
        &[
            "fish",
            "--no-config",
            "--private",
            "--init-command",
            "source enter.rc.fish; source $COMPLETIONS/pgrep.fish",
        ],
    ),
];

/// Records its arguments, and completes to the candidates for the line that is being typed.
const RECORDER: &str = r#"#!/bin/sh
read -r n <"$DIRECTORY/current"
if [ "$1" = --complete ]; then
    while IFS= read -r line; do
        printf '%s\n' "$line"
    done <"$DIRECTORY/$n.offered"
else
    printf '%s\0' "${0##*/}" "$@" >>"$DIRECTORY/$n.called"
fi
"#;

/// Runs all rows in one shell.
fn attack(shell: &str, command: &[&str], rows: &[(&Subject, usize)]) -> Vec<String> {
    let dir = Dir::new();
    let path = dir.path().to_str().expect("UTF-8");
    for program in ["pgrep", "pkill", "pidwait"] {
        dir.script(program, RECORDER);
    }
    let rows: Vec<_> = rows.iter().map(|(subject, state)| (subject, row(shell, subject, *state))).collect();
    let lines: Vec<_> = rows.iter().map(|(_, (line, _))| line.as_str()).collect();
    dir.file("lines", lines.join("\n"));
    for (number, (subject, _)) in rows.iter().enumerate() {
        dir.file(&format!("{}.offered", number + 1), format!("{}\tPID 1, root\n", subject.offered));
    }
    dir.file("enter.zsh", include_str!("enter.zsh"));
    dir.file("enter.rc.bash", include_str!("enter.rc.bash"));
    dir.file(".zshrc", include_str!("enter.rc.zsh"));
    dir.file("enter.rc.fish", include_str!("enter.rc.fish"));
    let mut driver = Command::new("timeout");
    driver.args(["--signal=KILL", "1800", "zsh", "-f", "enter.zsh", path]).args(command);
    driver.env_clear().current_dir(dir.path()).stdin(Stdio::null());
    driver.env("PATH", format!("{path}:{}", std::env::var("PATH").expect("PATH")));
    driver.env("COMPLETIONS", Path::new(env!("CARGO_MANIFEST_DIR")).join("completions"));
    driver.envs([("HOME", path), ("ZDOTDIR", path), ("DIRECTORY", path)]);
    driver.envs([("LC_ALL", "C.UTF-8"), ("TERM", "dumb")]);
    let output = driver.output().expect("start timeout");
    let mut wrong = vec![];
    for (number, (subject, (line, words))) in rows.iter().enumerate() {
        let called = std::fs::read(dir.path().join(format!("{}.called", number + 1))).unwrap_or_default();
        let expected: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        if called != expected {
            let text = subject.text.escape_ascii();
            wrong.push(format!("{shell}: {line}<TAB><Enter> for {text}: called {}", called.escape_ascii()));
        }
    }
    if !output.status.success() {
        wrong.push(format!("{shell}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    if dir.path().join("canary").exists() {
        wrong.insert(0, format!("{shell} has run what a process had for a name"));
    }
    wrong
}

/// The candidates of `pgrep --complete`, with their descriptions.
fn candidates(args: &[&str]) -> Vec<(String, String)> {
    let output = Run::ours("pgrep").args(["--complete"]).args(args).env("LC_ALL", "C.UTF-8").run();
    assert_eq!((output.status, output.err().as_str()), (0, ""), "{args:?}");
    let line = |line: &str| line.split_once('\t').map(|(text, about)| (text.to_owned(), about.to_owned()));
    output.out().lines().map(|text| line(text).expect("a tab")).collect()
}

/// The same for patterns, by process ID. A name that is not offered has no entry.
fn patterns(args: &[&str]) -> BTreeMap<u32, String> {
    let all = candidates(&[&["pattern"], args].concat()).into_iter();
    all.filter_map(|(text, about)| {
        let pid = about.strip_prefix("PID ")?.split(',').next()?.parse().ok()?;
        Some((pid, text))
    })
    .collect()
}

/// Killed when dropped.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A directory hidden by another mount: shells complete directories themselves, and do not find those in it.
struct Hidden<'d>(&'d Dir);

impl<'d> Hidden<'d> {
    fn new(dir: &'d Dir) -> Self {
        succeed(Command::new("mount").args(["-t", "tmpfs", "tmpfs"]).arg(dir.path()));
        Hidden(dir)
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// What `-f` is matched against. While the process is in execve(2), it is empty.
fn command_line(pid: u32) -> Vec<u8> {
    let mut line = vec![];
    eventually("it has arguments", || {
        line = std::fs::read(format!("/proc/{pid}/cmdline")).expect("a command line");
        line.pop().is_some()
    });
    line.iter_mut().filter(|b| **b == 0).for_each(|b| *b = b' ');
    line
}

/// The candidates for these processes, given their text and the part of it that is typed.
fn offered(options: &'static str, processes: &[(u32, Vec<u8>, String)]) -> Vec<Subject> {
    let args: Vec<_> = options.split_whitespace().collect();
    let [part, whole, plain] =
        [&[][..], &["-x"], &["--fixed-strings"]].map(|how| patterns(&[&args, how].concat()));
    let mut subjects = vec![];
    for (index, (pid, text, typed)) in processes.iter().enumerate() {
        let shown = text[..text.len().min(200)].escape_ascii();
        let is_match = |pattern: &String, whole| {
            let flags = Flags { whole, charset: Charset::Utf8, ..Flags::default() };
            Pattern::new(pattern.as_bytes(), flags).expect("a pattern").is_match(text) == Ok(true)
        };
        assert!(whole.get(pid).is_none_or(|pattern| is_match(pattern, true)), "-x: {shown}: {}", whole[pid]);
        let is_part = |plain: &String| memchr::memmem::find(text, plain.as_bytes()).is_some();
        assert!(plain.get(pid).is_none_or(is_part), "{shown}: {}", plain[pid]);
        let Some(offered) = part.get(pid) else { continue };
        assert!(is_match(offered, false) && offered.len() <= 512, "{shown}: {offered}");
        if index % 20 == 0 {
            let found = Run::ours("pgrep").args(&args).args(["--", offered]).env("LC_ALL", "C.UTF-8").run();
            assert!(found.pids().contains(pid), "{shown}: {offered}");
        }
        let (text, typed, offered) = (text.clone(), typed.clone(), offered.clone());
        subjects.push(Subject { text, options, option: "--and=", typed, offered });
    }
    subjects
}

/// 500 names, command lines and directories. A recorder replaces the programs: it completes to their candidates.
#[test]
fn no_text_of_a_process_runs() {
    namespace(|| {
        if !["bash", "zsh", "fish", "mount"].into_iter().all(need) {
            return;
        }
        let pieces = [HOSTILE, INERT].concat();
        let mut names = Names { state: 0x9e37_79b9_7f4a_7c15, made: 0 };
        let named = (0..200).map(|_| {
            let (name, typed) = names.next(&pieces, 15);
            let pid = Crowd::spawn(&CString::new(name.clone()).expect("no NUL"), 1).pids[0];
            (pid, name, typed)
        });
        let named: Vec<_> = named.collect();
        let base = Dir::new();
        let mut started = vec![];
        let mut lines = vec![];
        let mut directories = BTreeSet::new();
        for number in 0..150 {
            let (name, typed) = names.next(&pieces, 120);
            let (inner, _) = names.next(if number % 2 == 0 { &pieces } else { INERT }, 120);
            let directory = base.path().join(OsStr::from_bytes(&inner));
            std::fs::create_dir(&directory).expect("a directory");
            let mut command = Command::new(if number < 3 { "sh" } else { "sleep" });
            command.arg0(OsStr::from_bytes(&name)).current_dir(&directory).stdin(Stdio::piped());
            match number {
                0..3 => command.args(["-c", "read x"]).args(vec!["x'; >canary ".repeat(10_000); 15]),
                _ => command.arg("1000"),
            };
            let child = Started(command.spawn().expect("start a program"));
            lines.push((child.0.id(), command_line(child.0.id()), typed));
            started.push(child);
            directories.insert(directory);
        }
        let names = offered("", &named);
        let lines = offered("-f ", &lines);
        let paths: Vec<_> = candidates(&["cwd"])
            .into_iter()
            .map(|(text, _)| text)
            .filter(|text| directories.contains(Path::new(text)))
            .map(|path| Subject {
                text: path.clone().into(),
                options: "",
                option: "--cwd=",
                typed: format!("{}/", base.path().display()),
                offered: path,
            })
            .collect();
        println!("{} names, {} command lines, {} directories", names.len(), lines.len(), paths.len());
        assert!(names.len() > 150 && lines.len() > 120 && paths.len() > 60, "too few are offered");
        let _hidden = Hidden::new(&base);
        let subjects: Vec<_> = names.iter().chain(&lines).chain(&paths).collect();
        let attack = |(shift, (shell, command)): (usize, &(&str, &[&str]))| {
            let rows = subjects.iter().enumerate();
            let rows: Vec<_> = rows.map(|(n, subject)| (*subject, (n + shift) % STATES.len())).collect();
            let began = std::time::Instant::now();
            let wrong = attack(shell, command, &rows);
            println!("{shell}: {:?}", began.elapsed());
            wrong
        };
        let wrong: Vec<String> = std::thread::scope(|scope| {
            let runs = SHELLS.iter().enumerate().map(|shell| scope.spawn(move || attack(shell)));
            let runs: Vec<_> = runs.collect();
            runs.into_iter().flat_map(|run| run.join().expect("a run")).collect()
        });
        let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(wrong.is_empty(), "{} wrong:\n{shown}", wrong.len());
    });
}
