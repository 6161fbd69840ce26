//! Text of a process or the command line on a terminal, and how much memory it takes to print it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;

use crate::support::asked::Asked;
use crate::support::{Output, Run, Victim, document, namespace, need, stat_field};

/// Escape sequences, C1, DEL, bidirectional and zero-width characters, tags, separators, private use, a line break.
const HIDDEN: &str = "\x1b\u{9b}\x7f\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\u{e0041}\u{2028}\u{2029}\u{e03b}\n\
    \u{ad}\u{61c}\u{10ffff}\u{fff9}";

/// A text with those, and its printed form in a command line: a question mark for each byte, but a space for the newline.
fn texts() -> (String, String) {
    let hidden = format!("gr\u{fc}n{HIDDEN}\u{6f22}");
    let marks: String = HIDDEN.bytes().map(|byte| if byte == b'\n' { ' ' } else { '?' }).collect();
    let shown = format!("gr\u{fc}n{marks}\u{6f22}");
    (hidden, shown)
}

/// Fails if one of them reaches a terminal. Lines and columns are laid out with line breaks.
fn assert_visible(text: &[u8], what: &str) {
    let text = std::str::from_utf8(text).expect("UTF-8");
    let hidden: Vec<char> = text.chars().filter(|c| *c != '\n' && HIDDEN.contains(*c)).collect();
    assert!(hidden.is_empty(), "{what}: {hidden:?} in {text:?}");
}

#[test]
fn text_of_a_process_is_shown_without_hidden_characters() {
    let (hidden, shown) = texts();
    let name = "v\u{202e}\x1b\u{9b}\u{200b}";
    let victim = Victim::named(name).arg0("x").arg(&hidden).spawn();
    let pid = victim.pid().to_string();
    for (program, args, expected) in [
        ("pgrep", "-a", &*shown),
        ("pgrep", "-aQ", &shown),
        ("pgrep", "-l", "v?????????"),
        ("pgrep", "-lQ", "'v?????????'"),
        ("pgrep", "--columns pid,name,args", &shown),
        ("pgrep", "--columns name -Q", "'v?????????'"),
        ("pgrep", "-f . --explain {pid}", &shown),
        ("pgrep", "--explain {pid} v", "v?????????: selected"),
        ("pgrep", "--verbose", "v?????????"),
        ("pgrep", "-a --max 0", &shown),
        ("pgrep", "-aQ --max 0", &shown),
        ("pgrep", "-l --max 0", "v?????????"),
        ("pkill", "-0 -e", "v?????????"),
        ("pkill", "-0 --verbose", "v?????????"),
        ("pkill", "--dry-run", "v?????????"),
        ("pkill", "-CONT --timeout 0 -e", "v?????????"),
        ("pidwait", "-e --timeout 0", "v?????????"),
        ("pidwait", "--timeout 0 --verbose", "v?????????"),
    ] {
        let args = args.replace("{pid}", &pid);
        let run = Run::ours(program).args(args.split(' ')).args(["-p", &pid]);
        let Output { stdout, stderr, .. } = run.run();
        let all = [stdout, stderr].concat();
        assert_visible(&all, &args);
        assert!(String::from_utf8_lossy(&all).contains(expected), "{args}: {}", all.escape_ascii());
    }
    // Output for programs has all of it.
    let output = Run::ours("pgrep").args(["-a", "--print0", "-p", &pid]).run();
    assert_eq!(output.stdout, format!("{pid} x {hidden}\0").into_bytes());
    let output = Run::ours("pgrep").args(["--columns", "name,args", "--print0", "-p", &pid]).run();
    assert_eq!(output.stdout, format!("{name}\0x {hidden}\0").into_bytes());
    let output = Run::ours("pgrep").args(["--columns", "name,args", "--json", "-p", &pid]).run();
    assert_visible(&output.stdout, "--columns --json");
    assert_eq!(document(&output)["targets"][0]["columns"]["args"][1], hidden);
    let output = Run::ours("pgrep").args(["--json", "-p", &pid]).run();
    assert_visible(&output.stdout, "--json");
    let target = &document(&output)["targets"][0];
    assert_eq!((&target["name"], &target["arguments"][1]), (&name.into(), &hidden.into()));
}

#[test]
fn a_question_is_asked_without_hidden_characters() {
    let (hidden, shown) = texts();
    let mut victim = Victim::spec().arg(&hidden).catch(libc::SIGUSR1).spawn();
    let mut asked = Asked::start(&["-x", victim.name()]);
    let question = asked.question();
    assert_visible(question.as_bytes(), "the question");
    let start: String = shown.chars().take(12).collect(); // it is cut to the width of the terminal
    assert!(question.contains(&start), "{question:?}");
    asked.answer("n\n");
    assert_eq!(asked.end(), (vec!["skipped".to_owned()], 1));
    assert_eq!(victim.received(), Some(vec![]));
}

/// A script may pass any text as a word.
#[test]
fn the_command_line_is_quoted_without_hidden_characters() {
    let (hidden, shown) = texts();
    for args in [
        "--{}",
        "--{}=x",
        "--ful{}",
        "-u {}",
        "-U {}",
        "-G {}",
        "-P {}",
        "-g {}",
        "-O {}",
        "--signal {}",
        "-q {}",
        "--rss {}",
        "--port {}",
        "--unit /{}",
        "-r {}",
        "--nslist {}",
        "--max {}",
        "--timeout {}",
        "--escalate {}",
        "({} ",
        "-F {}",
    ] {
        for bytes in [hidden.as_bytes(), b"\x1b\xff[2J"] {
            let part = |word: &str| match word.split_once("{}") {
                None => OsString::from(word),
                Some((before, after)) => {
                    OsStr::from_bytes(&[before.as_bytes(), bytes, after.as_bytes()].concat()).to_owned()
                }
            };
            let output = Run::ours("pkill").args(args.split(' ').map(part)).args(["--dry-run"]).run();
            assert!([1, 2, 3].contains(&output.status), "{args}: {output:?}");
            let lines = output.err().lines().count();
            assert!(lines <= 3 && output.stdout.iter().filter(|&&b| b == b'\n').count() <= 1, "{output:?}");
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_visible(err.as_bytes(), args);
        }
    }
    let output = Run::ours("pkill").args(["-u", &hidden]).run();
    let shown = shown.replace(' ', "?"); // no command line
    assert!(output.err().starts_with(&format!("pkill: invalid user name: {shown}\n")), "{output:?}");
}

/// With `-f`, the name of an ancestor that matches is in a note.
#[test]
fn a_note_names_a_process_without_hidden_characters() {
    namespace(|| {
        let line = "printf 'e\\033\\342\\200\\256vil' >/proc/self/comm; pgrep --verbose -f comm; true";
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_pgrep")).parent().expect("a directory");
        let output = Run::shell(line).env("PATH", path).run();
        assert_visible(&output.stderr, "the note");
        assert!(
            output.err().contains("note: the pattern matches an ancestor of pgrep: e????vil "),
            "{output:?}"
        );
    });
}

/// What is typed before a question is shown is no answer to it.
#[test]
fn an_answer_comes_after_its_question() {
    let mut victims = [(); 2].map(|()| Victim::spec().catch(libc::SIGUSR1).spawn());
    let pids: Vec<String> = victims.iter().map(|victim| victim.pid().to_string()).collect();
    let mut asked = Asked::after("y\ny\n", &["-p", &pids.join(",")]);
    for _ in 0..2 {
        asked.question();
        // The second one is for the next question.
        asked.answer("n\ny\n");
    }
    assert_eq!(asked.end(), (vec!["skipped".to_owned(); 2], 1));
    for victim in &mut victims {
        assert_eq!(victim.received(), Some(vec![]));
    }
}

/// A process with `number` arguments of one byte each, or empty ones.
fn with_arguments(number: usize, byte: u8) -> Victim {
    const LONGEST: usize = 131_000; // MAX_ARG_STRLEN, linux/binfmts.h
    let size = number * if byte == 0 { 1 } else { 2 };
    let mut spec = Victim::spec().stack(64 << 20);
    for _ in 0..=size / LONGEST {
        spec = spec.arg("x".repeat(LONGEST));
    }
    let victim = spec.spawn();
    let [start, end] =
        [48, 49].map(|field| stat_field(victim.pid(), field).parse::<u64>().expect("an address"));
    let unit = if byte == 0 { vec![0] } else { vec![byte, 0] };
    let memory = File::options().write(true).open(format!("/proc/{}/mem", victim.pid())).expect("its memory");
    let all: Vec<u8> = unit.into_iter().cycle().take((end - start) as usize).collect();
    memory.write_all_at(&all[..all.len() - 1], start).expect("write to its memory");
    victim
}

/// At any time, memory holds the 3 MiB of arguments as they were read, and not their printed forms.
#[test]
fn many_arguments_take_little_memory() {
    if !need("prlimit") {
        return;
    }
    const NUMBER: usize = 3 << 19;
    for (byte, of_each, joined) in [(b'a', "        \"a\"", "a a a a"), (0, "        \"\"", "'' '' ''")] {
        let number = if byte == 0 { 2 * NUMBER } else { NUMBER };
        let victim = with_arguments(number, byte);
        let pid = victim.pid().to_string();
        for (program, args, mib, expected) in [
            ("pgrep", "--json", 16, of_each),
            ("pgrep", "--json=lines", 16, of_each.trim_start()),
            ("pkill", "-0 --json", 20, of_each),
            ("pkill", "--dry-run --json", 20, of_each),
            ("pgrep", "-aQ", 16, joined),
            ("pgrep", "-a", 20, if byte == 0 { " -\n" } else { joined }),
            ("pgrep", "-a --max 0", 20, ""),
            ("pkill", "-0 -e", 4, " killed (pid "),
            ("pgrep", "--verbose", 4, " COMMAND"),
            ("pkill", "-0 --verbose", 4, "signalled"),
            ("pkill", "--dry-run", 4, "terminate"),
            ("pgrep", "-l", 4, victim.name()),
        ] {
            let limit = format!("--data={}", mib << 20); // RLIMIT_DATA: the heap and private mappings that can be written
            let run = Run::ours(program).args(args.split(' ')).args(["-p", &pid]);
            let output = run.through(["prlimit", &limit]).run();
            let err = output.err();
            assert!(output.status == 0 || args.contains("--max"), "{args} {byte}: {} {err}", output.status);
            assert!(err.len() < 1024, "{args} {byte}: {err}");
            let out = String::from_utf8(output.stdout).expect("UTF-8");
            if args.contains("--json") {
                assert!(out.matches(expected).count() > number, "{args} {byte}");
            }
            assert!(out.contains(expected), "{args} {byte}");
        }
    }
}
