//! The README and CONTRIBUTING are true. The README's tour is run in one shell, and must print what is written there,
//! except numbers and the width of columns. `RENDER_WRITE=1 cargo test --test suite readme` replaces it by the actual
//! output.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Dir, Run, Victim, asked, namespace, need, tracer};

const README: &str = include_str!("../../README.md");
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Shows the exit status of the command before it. All others succeed.
const ASK: &str = "echo $?";

/// A command of the tour and what it prints; or the lines before the next one.
enum Part<'a> {
    Text(Vec<&'a str>),
    Command { line: &'a str, output: Vec<&'a str> },
}

fn parts() -> Vec<Part<'static>> {
    let mut parts = vec![Part::Text(vec![])];
    let mut in_tour = false;
    for line in README.lines() {
        if line.starts_with("```") {
            in_tour = line == "```console";
            parts.push(Part::Text(vec![line]));
        } else if let Some(line) = line.strip_prefix("$ ").filter(|_| in_tour) {
            parts.push(Part::Command { line, output: vec![] });
        } else if let Some(Part::Text(lines) | Part::Command { output: lines, .. }) = parts.last_mut() {
            lines.push(line);
        }
    }
    parts
}

/// What all commands print, and the status of each, when one shell runs them.
fn run(commands: &[&str]) -> Vec<(String, i32)> {
    let dir = Dir::new();
    for name in ["pgrep", "pkill", "pidwait"] {
        dir.executable(Run::ours(name).program());
    }
    let script = commands.iter().map(|command| {
        // A background process is ready when it executes its program; and bash need not report
        // how it exited.
        let settled = r#"until [[ "$(readlink /proc/$!/exe)" == "$PWD"/* ]]; do :; done; disown"#;
        let settled = if command.ends_with('&') { settled } else { ":" };
        format!("(exit $status); {command}\nstatus=$?; printf '\\036%s\\036' $status; {settled}\n")
    });
    let script = format!("status=0\n{}", script.collect::<String>());
    let log = dir.path().join("log");
    let stdout = File::create(&log).expect("a log");
    let stderr = stdout.try_clone().expect("a descriptor");
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").expect("PATH"));
    let work = dir.path().join("work");
    std::fs::create_dir(&work).expect("a directory");
    let script = dir.file("tour", &script);
    let mut bash = Command::new("timeout");
    bash.args(["60", "bash", "--norc"])
        .arg(script)
        .current_dir(work)
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8");
    let status = bash.stdin(Stdio::null()).stdout(stdout).stderr(stderr).status().expect("start timeout");
    let said = String::from_utf8(std::fs::read(log).expect("a log")).expect("UTF-8");
    assert!(status.code() != Some(124), "it hangs: {said}");
    let fields: Vec<&str> = said.split('\u{1e}').collect();
    let ran = fields.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].parse().expect("a status")));
    let ran: Vec<_> = ran.collect();
    assert_eq!(ran.len(), commands.len(), "{said}");
    ran
}

/// PIDs, times and widths of columns differ between runs; and not every kernel reports how a process exited.
fn without_numbers(text: &str) -> String {
    let mut plain = String::new();
    for line in text.trim().lines().map(str::trim_start) {
        let line = if line.contains(" exited ") { line.split(", ").next().unwrap_or(line) } else { line };
        for c in line.chars() {
            let last = plain.chars().last();
            match c {
                '0'..='9' | '.' if last == Some('0') => {}
                '0'..='9' => plain.push('0'),
                ' ' if last == Some(' ') => {}
                _ => plain.push(c),
            }
        }
        plain.push('\n');
    }
    plain
}

#[test]
fn the_tour_prints_what_the_readme_shows() {
    namespace(|| {
        if !["bash", "jq", "setpriv"].into_iter().all(need) {
            return;
        }
        let parts = parts();
        let commands = parts.iter().filter_map(|part| match part {
            Part::Command { line, .. } => Some(*line),
            Part::Text(_) => None,
        });
        let commands: Vec<&str> = commands.collect();
        assert!(commands.len() > 20, "the tour was found");
        let ran = run(&commands);
        if std::env::var_os("RENDER_WRITE").is_some() {
            return write(&parts, &ran);
        }
        let mut wrong = vec![];
        let shown = parts.iter().filter_map(|part| match part {
            Part::Command { output, .. } => Some(output.join("\n")),
            Part::Text(_) => None,
        });
        for (at, (shown, (said, status))) in shown.zip(&ran).enumerate() {
            let asked = commands.get(at + 1) == Some(&ASK);
            let same = match commands[at] {
                ASK => shown.trim() == said.trim(),
                _ => without_numbers(&shown) == without_numbers(said),
            };
            if !same || *status != 0 && !asked {
                wrong.push(format!("$ {}\n{said}(status {status}), not\n{shown}", commands[at]));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    });
}

fn write(parts: &[Part], ran: &[(String, i32)]) {
    let mut ran = ran.iter();
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(lines) => lines.iter().for_each(|line| text += &format!("{line}\n")),
            Part::Command { line, .. } => {
                let said = &ran.next().expect("a run for each").0;
                text += &format!("$ {line}\n{said}");
            }
        }
    }
    std::fs::write(Path::new(PATH), text).expect("write the README");
}

/// The block of the README with this command, which needs a terminal, and is run on one among two processes.
fn on_terminal(command: &str) -> ([Victim; 2], Vec<&'static str>, std::process::Child, std::fs::File) {
    let (_, block) = README.split_once(&format!("```text\n$ {command}")).expect("the block");
    let (block, _) = block.split_once("```").expect("its end");
    let mut lines = block.lines();
    let line = format!("{command}{}", lines.next().expect("a command"));
    let napper = |seconds| Victim::named("napper").arg0("./napper").arg(seconds);
    let victims = [napper("1000").spawn(), napper("2000").uids(65_534, 65_534, 65_534).spawn()];
    let mut command = tracer::command("/bin/sh");
    let pkill = format!("pkill() {{ {} \"$@\"; }}; {line}", Run::ours("pkill").program().display());
    command.args(["-c", &pkill]);
    let terminal = tracer::on_terminal(&mut command);
    (victims, lines.collect(), command.spawn().expect("start a shell"), terminal)
}

/// The questions are those of a run.
#[test]
fn the_questions_are_those_that_the_readme_shows() {
    namespace(|| {
        let (mut victims, lines, mut child, mut terminal) = on_terminal("pkill -I");
        let (questions, answers): (Vec<_>, Vec<_>) =
            lines.into_iter().map(|line| line.rsplit_once(' ').expect("a question and an answer")).unzip();
        for (question, answer) in questions.iter().zip(answers) {
            let said = without_numbers(&asked::next_question(&mut terminal));
            assert!(said.contains(without_numbers(question).trim_end()), "{question}: {said}");
            terminal.write_all(format!("{answer}\n").as_bytes()).expect("answer");
        }
        let status = child.wait().expect("wait");
        assert!(questions.len() > 1 && status.code() == Some(1), "{status}");
        assert!(
            victims.iter_mut().all(|victim| victim.received() == Some(vec![])),
            "no process was signalled"
        );
    });
}

/// The list, the question and the message too.
#[test]
fn the_choice_is_the_one_that_the_readme_shows() {
    namespace(|| {
        let (mut victims, lines, child, mut terminal) = on_terminal("pkill --choose");
        let (message, lines) = lines.split_last().expect("a message");
        let (question, answer) =
            lines.join("\n").rsplit_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("an answer");
        let said = asked::next_prompt(&mut terminal, "none) ").replace("\r\n", "\n");
        assert_eq!(without_numbers(said.trim()), without_numbers(&question));
        terminal.write_all(format!("{answer}\n").as_bytes()).expect("answer");
        let output = child.wait_with_output().expect("wait");
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), *message);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            victims.iter_mut().all(|victim| victim.received() == Some(vec![])),
            "no process was signalled"
        );
    });
}

/// `` `pkill --wait` `` names an option of pkill, `` `--wait` `` one of any of the three. What follows in a pipe has
/// options of its own.
#[test]
fn each_option_that_is_named_exists() {
    let help = |name| Run::ours(name).args(["--help"]).run().out();
    let all = ["pgrep", "pkill", "pidwait"].map(|name| (name, help(name)));
    let mut named = 0;
    for span in README.split('`').skip(1).step_by(2).filter(|span| !span.contains('\n')) {
        let program = span.split(' ').next().unwrap_or_default();
        let is_program = all.iter().any(|(name, _)| *name == program);
        if !is_program && !span.starts_with('-') {
            continue;
        }
        let command = span.split(" | ").next().expect("a first command");
        for word in command.split(' ').filter(|word| word.starts_with("--") && *word != "--") {
            let option = word.split(['=', '[']).next().expect("a first part");
            let in_help = |help: &str| help.split([' ', '[', ',', '\n']).any(|word| word == option);
            let exists = all.iter().any(|(name, help)| (!is_program || *name == program) && in_help(help));
            assert!(exists, "`{span}`: no {option}");
            named += 1;
        }
    }
    assert!(named > 10, "{named} options were found");
}

#[test]
fn each_dependency_has_its_reason() {
    let manifest = include_str!("../../Cargo.toml");
    let tables = manifest.split("\n[").filter_map(|table| table.split_once("]\n"));
    let of_programs = tables.filter(|(name, _)| *name == "dependencies" || name.ends_with("'.dependencies"));
    let dependencies = of_programs.flat_map(|(_, rows)| rows.lines().take_while(|line| !line.is_empty()));
    let dependencies: Vec<_> = dependencies.filter_map(|line| line.split(' ').next()).collect();
    let (_, table) =
        include_str!("../../CONTRIBUTING.md").split_once("| crate | why |\n|---|---|\n").expect("a table");
    let reasons = table.lines().take_while(|line| line.starts_with("| "));
    let reasons: Vec<_> = reasons.filter_map(|line| line.split(' ').nth(1)).collect();
    assert!(dependencies.len() > 5);
    assert_eq!(dependencies, reasons);
}
