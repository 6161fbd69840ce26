//! `--choose`: the user marks some of the matches, on a list or with another program.

mod finder;
mod preview;
mod program;
mod screen;
mod signal;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::asked::{next_output, next_prompt};
use crate::support::clock::until_older_than_now;
use crate::support::family::{Family, pid as pid_of, reap_orphans};
use crate::support::pids::{LAST_PID, successor, with_pid};
use crate::support::tracer::{self, Stop, Traced};
use crate::support::{
    Dir, Helper, Output, Run, Victim, case, check, document, eventually, namespace, need_file, need_root,
    stat_field,
};

const VARIABLE: &str = "PKILL_CHOOSER";
const NOTHING: &str = "nothing was chosen\n";

/// A program that asks on a terminal.
struct Choosing {
    program: Traced,
}

impl Choosing {
    /// This was typed before it was started.
    fn after(typed: &str, program: &str, args: &[&str]) -> Self {
        Self::with(typed, 80, command(program, args))
    }

    /// With the programs of this directory to choose with.
    fn with_path(path: &Path, program: &str, args: &[&str]) -> Self {
        let mut command = command(program, args);
        command.env("PATH", path);
        Self::on(80, command)
    }

    /// On a terminal with this number of columns.
    fn on(columns: u16, command: Command) -> Self {
        Self::with("", columns, command)
    }

    fn with(typed: &str, columns: u16, mut command: Command) -> Self {
        let mut terminal = tracer::on_terminal(&mut command);
        set_size(&terminal, columns);
        terminal.write_all(typed.as_bytes()).expect("type");
        let mut program = Traced::start(command);
        program.keep(terminal);
        program.run_free();
        Choosing { program }
    }

    fn start(program: &str, args: &[&str]) -> Self {
        Self::after("", program, args)
    }

    /// What is shown up to the question.
    fn question(&mut self) -> String {
        next_prompt(self.program.terminal(), "none) ")
    }

    fn answer(&mut self, answer: &str) {
        self.program.terminal().write_all(answer.as_bytes()).expect("answer");
    }

    /// What is shown until this holds for it.
    fn shown_until(&mut self, is_complete: impl Fn(&str) -> bool) -> String {
        next_output(self.program.terminal(), is_complete)
    }

    /// The program gets SIGWINCH.
    fn resize(&mut self, columns: u16) {
        set_size(self.program.terminal(), columns);
    }

    /// Standard output, standard error and the exit status.
    fn end(mut self) -> (String, String, i32) {
        let Stop::Ended(status) = self.program.next() else { panic!("it runs free") };
        let (out, err) = self.program.written();
        (out, err, status)
    }
}

fn set_size(terminal: &File, columns: u16) {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("a size");
}

/// Without any program to choose with. Its standard error is no terminal.
fn command(program: &str, args: &[&str]) -> Command {
    let mut command = tracer::command(Run::ours(program).program());
    command.args(args).env("PATH", "/nonexistent").env("TERM", "xterm").env("NO_COLOR", "1");
    command
}

/// Its standard error is the terminal.
fn command_on_terminal(program: &str, args: &[&str]) -> Command {
    let mut command = tracer::command("/bin/sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>/dev/tty"]).arg(Run::ours(program).program()).args(args);
    command.env("PATH", "/nonexistent").env("TERM", "xterm").env("NO_COLOR", "1");
    command
}

fn victims<const N: usize>() -> [Victim; N] {
    let mut victims = [(); N].map(|()| Victim::spec().catch(libc::SIGHUP).spawn());
    victims.sort_by_key(Victim::pid);
    victims
}

/// As the value of `-p`.
fn list(victims: &[Victim]) -> String {
    victims.iter().map(|victim| victim.pid().to_string()).collect::<Vec<_>>().join(",")
}

/// Which of them got the signal.
fn signalled(victims: &mut [Victim]) -> Vec<usize> {
    let got = |victim: &mut Victim| !victim.received().expect("it is running").is_empty();
    let got: Vec<bool> = victims.iter_mut().map(got).collect();
    (1..).zip(got).filter_map(|(number, got)| got.then_some(number)).collect()
}

/// With this program to choose with, and without a terminal.
fn with_chooser(chooser: &str, program: &str, args: &[&str]) -> Output {
    let run = Run::ours(program).args(args).env(VARIABLE, chooser);
    run.prepare(tracer::without_terminal).run()
}

#[test]
fn numbers_and_ranges_are_signalled() {
    let mut victims = victims::<4>();
    let pids = list(&victims);
    for (answers, expected) in [
        (&["2\n"][..], &[2][..]),
        (&["1 3-4\n"], &[1, 3, 4]),
        (&["a\n"], &[1, 2, 3, 4]),
        (&["q\n"], &[]),
        (&["\n"], &[]),
        (&["\x04"], &[]), // the end of the input
        (&["x\n", "0\n", "1 5\n", "4-2\n", "1,1 2\n"], &[1, 2]),
    ] {
        let mut asking = Choosing::start("pkill", &["-HUP", "--choose", "-p", &pids]);
        for (at, answer) in answers.iter().enumerate() {
            let shown = asking.question();
            assert_eq!(shown.contains(victims[0].name()), at == 0, "the list is shown once: {shown}");
            assert!(shown.contains("send HUP to which?"), "{shown}");
            asking.answer(answer);
        }
        let (err, status) = match expected {
            [] => (format!("pkill: {NOTHING}"), 1),
            _ => (String::new(), 0),
        };
        assert_eq!(asking.end(), (String::new(), err, status), "{answers:?}");
        assert_eq!(signalled(&mut victims), expected, "{answers:?}");
    }
}

#[test]
fn the_list_has_numbered_rows() {
    let victims = victims::<2>();
    let mut asking = Choosing::start("pgrep", &["--choose", "-p", &list(&victims)]);
    let shown = asking.question();
    let rows: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["#", "PID", "USER", "AGE", "NAME", "COMMAND"], "{shown}");
    for (row, (number, victim)) in rows[1..].iter().zip((1..).zip(&victims)) {
        assert_eq!(row[..2], [number.to_string(), victim.pid().to_string()], "{shown}");
        assert_eq!(row[4], victim.name(), "{shown}");
    }
    assert_eq!(rows.len(), 4, "{shown}");
    asking.answer("2\n");
    assert_eq!(asking.end(), (format!("{}\n", victims[1].pid()), String::new(), 0));
}

#[test]
fn what_was_typed_before_is_no_answer() {
    let mut victims = victims::<2>();
    let mut asking = Choosing::after("a\n", "pkill", &["-HUP", "--choose", "-p", &list(&victims)]);
    asking.question();
    asking.answer("1\n");
    assert_eq!(asking.end(), (String::new(), String::new(), 0));
    assert_eq!(signalled(&mut victims), [1]);
}

#[test]
fn pgrep_and_pidwait_choose_too() {
    let mut victims = victims::<2>();
    let [first, second] = [&victims[0], &victims[1]].map(|victim| victim.pid().to_string());
    let pids = list(&victims);
    let name = victims[1].name().to_owned();
    for (args, expected) in [
        (&["-l"][..], format!("{second} {name}\n")),
        (&["-a"], format!("{second} {name}\n")),
        (&["-c"], "1\n".to_owned()),
        (&["-d,", "-l"], format!("{second} {name}\n")),
        (&["--print0"], format!("{second}\0")),
    ] {
        let args = [&["--choose", "-p", &pids], args].concat();
        let output = with_chooser("tail -n1", "pgrep", &args);
        assert_eq!((output.out(), output.err(), output.status), (expected, String::new(), 0), "{args:?}");
    }
    let token = Run::ours("pgrep").args(["--id", "-p", &second]).run().out();
    for (chooser, args, expected) in [
        ("tail -n1", &["--id"][..], &token),
        ("tail -n1", &["--id", "-l"], &token.replace('\n', &format!(" {name}\n"))),
        // A list may be answered with tokens, too.
        (&format!("echo {token}"), &["--id"], &token),
        (&format!("echo {token}"), &[], &format!("{second}\n")),
        ("true", &["--id"], &String::new()),
    ] {
        let output = with_chooser(chooser, "pgrep", &[&["--choose", "-p", &pids], args].concat());
        assert_eq!((&output.out(), output.status), (expected, i32::from(chooser == "true")), "{output:?}");
    }
    let mut asking = Choosing::start("pgrep", &["--choose", "--id", "-p", &pids]);
    let shown = asking.question();
    assert!(!shown.contains(token.trim()), "the list has PIDs: {shown}");
    asking.answer("2\n");
    assert_eq!(asking.end(), (token.clone(), String::new(), 0));
    let output = with_chooser("tail -n1", "pgrep", &["--choose", "--json", "-p", &pids]);
    let report = document(&output);
    assert_eq!(
        (&report["targets"][0]["id"], report["summary"]["matched"].as_u64()),
        (&token.trim().into(), Some(1))
    );

    let waiting = ["--choose", "-e", "-c", "--timeout", "0", "-p", &pids];
    let output = with_chooser("head -n1", "pidwait", &waiting);
    let expected = format!("waiting for {} (pid {first})\n1\n", victims[0].name());
    assert_eq!((output.out(), output.status), (expected, 5), "{output:?}");
    victims[0].make_zombie();
    let run = Run::ours("pkill").args(["--choose", "--wait", "-e", "-KILL", "-p", &pids]);
    let output = run.env(VARIABLE, "grep -v nothing").prepare(tracer::without_terminal);
    drop(output.start().wait());
    assert_eq!(victims[1].killed_by(), Some(libc::SIGKILL));
}

/// The user thinks for as long as it takes for the PID to be reused.
#[test]
fn a_successor_of_what_is_listed_is_not_signalled() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        let pid = 5000;
        for (program, args) in
            [("pkill", &["-HUP", "--choose", "-x", "choice"][..]), ("pgrep", &["--choose", "-x", "choice"])]
        {
            let part = || Victim::named("choice").catch(libc::SIGHUP);
            let victim = with_pid(pid, part());
            let mut asking = Choosing::start(program, args);
            asking.question();
            drop(victim);
            let mut bystander = successor(pid, part);
            asking.answer("1\n");
            let err = format!("{program}: pid {pid} has exited in the meantime\n");
            assert_eq!(asking.end(), (String::new(), err, 1), "{program}");
            assert_eq!(bystander.received(), Some(vec![]));
        }
    });
}

/// It is the same process, but not what the user saw.
#[test]
fn what_executes_another_program_is_not_signalled() {
    let dir = Dir::new();
    dir.script("choose-other", "#!/bin/sh\necho other\nread line\n");
    let other = dir.path().join("choose-other");
    dir.script("choose-first", &format!("#!/bin/sh\necho ready\nread line && exec {}\n", other.display()));
    let mut helper = Helper::ready(&mut Command::new(dir.path().join("choose-first")));
    let pid = helper.pid();
    until_older_than_now(pid);
    let args = ["-KILL", "--choose", "--strict", "-x", "choose-first", "-p", &pid.to_string()];
    let mut asking = Choosing::start("pkill", &args);
    asking.question();
    helper.tell("");
    helper.hear();
    asking.answer("a\n");
    let err = format!("pkill: pid {pid} no longer matches what was listed\n");
    assert_eq!(asking.end(), (String::new(), err, 4));
    assert!(helper.lives());
}

#[test]
fn of_a_tree_each_one_is_chosen_alone() {
    namespace(|| {
        for (chooser, expected) in [
            ("grep leaf", &["leaf"][..]),
            ("grep -w top", &["top"]),
            ("grep -v mid", &["top", "leaf", "other"]),
        ] {
            let family = Family::start(&["top mid other", "mid leaf"]);
            let output = with_chooser(chooser, "pkill", &["-STOP", "--choose", "--tree", "-e", "-x", "top"]);
            let echoed = expected.iter().map(|name| format!("{name} killed (pid {})\n", pid_of(name)));
            let (out, echoed) = (output.out(), echoed.collect::<Vec<_>>());
            assert!(echoed.iter().all(|line| out.contains(line)), "{chooser}: {output:?}");
            assert_eq!((out.lines().count(), output.status), (echoed.len(), 0), "{chooser}: {output:?}");
            for name in ["top", "mid", "leaf", "other"] {
                let is_stopped = || stat_field(pid_of(name), 3) == "T";
                match expected.contains(&name) {
                    true => eventually(&format!("{name} is stopped"), is_stopped),
                    false => assert!(!is_stopped(), "{chooser}: {name} is stopped"),
                }
            }
            drop(family);
            reap_orphans();
        }
    });
}

#[test]
fn without_criteria_the_users_own_processes_are_listed() {
    namespace(|| {
        let user = 65_534;
        let _other = Victim::named("of-root").spawn();
        let _effective =
            Victim::named("effective").gids(user, user, user).uids(0, user, 0).dumpable().spawn();
        let mut own = ["own-a", "own-b", "own-c"].map(|name| Victim::named(name).owned_by(user).spawn());
        own[2].make_zombie();
        for args in [&["--choose", "-l"][..], &["--choose", "-l", "--exclude", "1"]] {
            // The shell is an ancestor.
            let run = Run::ours("pgrep").args(args).through(["/bin/sh", "-c", "\"$@\"; exit $?", "sh"]);
            let output = run.env(VARIABLE, "cat").user(user, user).run();
            let expected: String =
                own[..2].iter().map(|one| format!("{} {}\n", one.pid(), one.name())).collect();
            assert_eq!((output.out(), output.status), (expected, 0), "{output:?}");
        }
    });
}

#[test]
fn what_is_listed_is_printable() {
    let hidden = "x\x1b[2J\u{202e}\n1 2\r\t";
    let victim = Victim::named("v\x1b]0;\n12 34").arg(hidden).catch(libc::SIGHUP).spawn();
    let pid = victim.pid().to_string();
    let output = with_chooser("cat >&2; exit 1", "pkill", &["--choose", "-p", &pid]);
    let err = output.err();
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 2, "a line for one process, and a message: {err:?}");
    assert_eq!(lines[0].split_whitespace().next(), Some(&*pid), "{err:?}");
    let mut asking = Choosing::start("pkill", &["--choose", "-p", &pid]);
    let shown = asking.question().replace("\r\n", "\n");
    assert_eq!(shown.lines().count(), 3, "{shown:?}");
    for text in [lines.join(""), shown] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
    }
    asking.answer("q\n");
    assert_eq!(asking.end().2, 1);
}

#[test]
fn a_choice_needs_a_terminal_or_a_program() {
    let mut victims = victims::<1>();
    let pids = list(&victims);
    for (program, chooser) in [("pkill", None), ("pgrep", None), ("pidwait", None), ("pkill", Some(""))] {
        let mut run = Run::ours(program).args(["--choose", "-p", &pids]);
        if let Some(chooser) = chooser {
            run = run.env(VARIABLE, chooser);
        }
        let output = run.prepare(tracer::without_terminal).run();
        let err = format!(
            "{program}: --choose requires a terminal\nTry `{program} --help' for more information.\n"
        );
        assert_eq!((output.out(), output.err(), output.status), (String::new(), err, 2));
    }
    assert!(signalled(&mut victims).is_empty());
}

#[test]
fn limits_are_for_the_choice() {
    let mut victims = victims::<3>();
    let pids = list(&victims);
    let max = ["-HUP", "--choose", "--max", "1", "-p", &pids];
    let output = with_chooser("head -n2", "pkill", &max);
    assert_eq!(output.status, 4, "{output:?}");
    assert!(output.err().starts_with("pkill: 2 processes were chosen, more than --max 1,"), "{output:?}");
    assert_eq!(output.err().lines().count(), 4, "a table of two: {output:?}");
    assert!(signalled(&mut victims).is_empty());
    let output = with_chooser("head -n1", "pkill", &max);
    assert_eq!((output.err(), output.status), (String::new(), 0));
    assert_eq!(signalled(&mut victims), [1]);
    // What was not chosen is no failure, and a choice of nothing is no match of nothing.
    for (chooser, args, status) in [
        ("head -n1", &["--strict"][..], 0),
        ("true", &["--strict"], 1),
        ("true", &["--allow-none"], 1),
        ("cat", &["--allow-none", "--not", "."], 0),
    ] {
        let args = [&["-0", "--choose", "-p", &pids], args].concat();
        assert_eq!(with_chooser(chooser, "pkill", &args).status, status, "{args:?}");
    }
}

#[test]
fn what_cannot_be_combined() {
    let one = |scene: &mut crate::support::Scene| _ = scene.add("a", |part| part);
    check(
        one,
        &[
            case("pkill --choose --interactive {a}").usage("cannot be used together").ours_only(),
            case("pkill --choose --dry-run {a}").usage("cannot be used together").ours_only(),
            case("pkill --choose --quiet {a}").usage("cannot be used together").ours_only(),
            case("pkill --choose --until-none {a}").usage("cannot be used together").ours_only(),
            case("pkill --choose --freeze {a}").usage("cannot be used together").ours_only(),
            case("pkill --choose --whole-group {a}").usage("cannot be used together").ours_only(),
            case("pgrep --choose -w {a}").usage("cannot be used together").ours_only(),
            case("pgrep --choose --inverse").usage("no matching criteria specified").ours_only(),
        ],
    );
}

/// As an ordinary user too, whose processes may be refused.
#[test]
fn a_refusal_is_reported() {
    if !need_root() {
        return;
    }
    let mut victims = victims::<1>();
    let run = Run::ours("pkill").args(["-HUP", "--choose", "-p", &list(&victims)]).user(65_534, 65_534);
    let output = run.env(VARIABLE, "cat").run();
    let err = format!("pkill: killing pid {} failed: Operation not permitted", victims[0].pid());
    assert!(output.err().starts_with(&err) && output.status == 1, "{output:?}");
    assert!(signalled(&mut victims).is_empty());
}
