//! Which signal is sent: the signal word of pkill, `--signal`, and invalid signals.

use std::process::Command;

use crate::support::{Case, Reaction, Run, Scene, Victim, case, check, need, reference};

/// `a` records the signals that it gets, `t` has the default actions.
fn cast(scene: &mut Scene) {
    let caught = [libc::SIGHUP, libc::SIGUSR1, libc::SIGTERM, libc::SIGINT, libc::SIGWINCH, libc::SIGIO];
    let real_time = [libc::SIGRTMIN(), libc::SIGRTMIN() + 8, libc::SIGRTMAX() - 1, libc::SIGRTMAX()];
    scene.add("a", |part| {
        caught.iter().chain(&real_time).fold(part.session(), |part, &signal| part.catch(signal))
    });
    scene.add("t", |part| part.session());
}

fn hup(line: &'static str) -> Case {
    case(line).fate("a", "HUP")
}

#[test]
fn the_signal_word() {
    check(
        cast,
        &[
            case("pkill {a}").fate("a", "TERM"),
            case("pkill {t}").fate("t", "killed by TERM"),
            hup("pkill -1 {a}"),
            hup("pkill -HUP {a}"),
            hup("pkill -SIGHUP {a}"),
            hup("pkill -hup {a}"),
            hup("pkill -sighup {a}"),
            hup("pkill -Hup {a}"),
            hup("pkill -sigHUP {a}"),
            hup("pkill {a} -HUP"),
            hup("pkill {a} -1"),
            hup("pkill -x -HUP {a}"),
            hup("pkill {tag} -s {a.pid} -HUP"),
            case("pkill -0 {a}"),
            case("pkill {a} -0"),
            case("pkill -9 {a}").fate("a", "killed by KILL"),
            case("pkill -KILL {tag}").fate("a", "killed by KILL").fate("t", "killed by KILL"),
            case("pkill -io {a}").fate("a", "29"),
            case("pkill -POLL {a}").fate("a", "29"),
            case("pkill -WINCH {a}").fate("a", "WINCH"),
            case("pkill -RTMIN {a}").fate("a", "RTMIN+0"),
            case("pkill -RTMIN+8 {a}").fate("a", "RTMIN+8"),
            case("pkill -SIGRTMIN+8 {a}").fate("a", "RTMIN+8"),
            case("pkill -rtmin+8 {a}").fate("a", "RTMIN+8"),
            case("pkill -RTMAX {a}")
                .fate("a", "RTMIN+30")
                .before([4, 0, 3])
                .differs("rtmax", reference().usage("{program}: invalid option -- 'R'")),
            case("pkill -SIGRTMAX-1 {a}")
                .fate("a", "RTMIN+29")
                .before([4, 0, 3])
                .differs("rtmax", reference().usage("{program}: invalid option -- 'S'")),
            case("pkill -64 {a}").fate("a", "RTMIN+30"),
        ],
    );
}

#[test]
fn the_signal_option() {
    check(
        cast,
        &[
            hup("pkill --signal HUP {a}"),
            hup("pkill --signal SIGHUP {a}"),
            hup("pkill --signal hup {a}"),
            hup("pkill --signal=1 {a}"),
            hup("pkill --sig 1 {a}"),
            hup("pkill {a} --signal HUP"),
            case("pkill --signal RTMIN+8 {a}").fate("a", "RTMIN+8"),
            case("pkill --signal SIGRTMAX-1 {a}").fate("a", "RTMIN+29").since([4, 0, 3]),
            case("pkill --signal 0 {a}"),
            // The last one wins; an option is stronger than the word.
            hup("pkill --signal USR1 --signal HUP {a}"),
            hup("pkill -USR1 --signal HUP {a}"),
            hup("pkill --signal HUP -USR1 {a}"),
            // Without effect in the others.
            case("pgrep --signal KILL {a}").pids("a"),
            case("pidwait --signal KILL {tag}x").nothing(),
        ],
    );
}

#[test]
fn what_is_no_signal() {
    let unknown = "Unknown signal \"NOSUCH\".";
    check(
        cast,
        &[
            case("pkill -NOSUCH {a}").usage("{program}: invalid option -- 'N'"),
            case("pkill -0garbage {a}").usage("{program}: invalid option -- '0'"),
            case("pkill -9x {a}").usage("{program}: invalid option -- '9'"),
            case("pkill -SIG {a}").usage("{program}: invalid option -- 'S'"),
            case("pkill -HUP- {a}").usage("{program}: invalid user name: P-").since([4, 0, 4]),
            case("pkill --signal NOSUCH {a}").usage(unknown).since([4, 0, 4]),
            case("pgrep --signal NOSUCH {a}").usage(unknown).since([4, 0, 4]),
            case("pidwait --signal NOSUCH {a}").usage(unknown).since([4, 0, 4]),
            case("pkill --signal '' {a}").usage("Unknown signal \"\".").since([4, 0, 4]),
            case("pkill --signal NOSUCH {a}").usage(unknown).before([4, 0, 4]).differs(
                "unknown-signal",
                reference().status(1).says("{program}: killing pid {a.pid} failed: Invalid argument"),
            ),
            case("pgrep --signal NOSUCH {a}")
                .usage(unknown)
                .before([4, 0, 4])
                .differs("unknown-signal", reference().pids("a")),
            // No version has this name.
            case("pkill -UNUSED {a}").usage("{program}: invalid user name: NUSED"),
            // A second word is an unknown option.
            case("pkill -0 -0 {a}").usage("{program}: invalid option -- '0'"),
            case("pkill -0 -9 {a}").usage("{program}: invalid option -- '9'"),
            // -H, and -U with the value P.
            case("pgrep -HUP {a}")
                .usage("{program}: invalid user name: P")
                .before([4, 0, 3])
                .differs("H-in-pgrep", reference().usage("{program}: invalid option -- 'H'")),
            case("pgrep -9 {a}").usage("{program}: invalid option -- '9'"),
            case("pidwait -9 {a}").usage("{program}: invalid option -- '9'"),
        ],
    );
}

/// docs/COMPATIBILITY.md, `signal-range`: the reference lets the kernel refuse what is out of range.
#[test]
fn signal_numbers_end_at_64() {
    let refused = reference().status(1).says("{program}: killing pid {a.pid} failed: Invalid argument");
    check(
        cast,
        &[
            case("pkill --signal 65 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill --signal -1 {a}").usage(""),
            case("pkill --signal 99999999999 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill -65 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill -RTMIN+31 {a}").usage("").before([4, 0, 5]).differs("signal-range", refused.clone()),
            case("pkill -SIGRTMIN+80 {a}").usage("").before([4, 0, 5]).differs("signal-range", refused),
            case("pgrep --signal 65 {a}").usage("").differs("signal-range", reference().pids("a")),
        ],
    );
}

#[test]
fn how_a_signal_number_is_written() {
    check(
        cast,
        &[
            case("pkill -010 {a}").fate("a", "USR1"),
            case("pkill -+1 {a}")
                .usage("{program}: invalid option -- '+'")
                .differs("signal-number", reference().fate("a", "HUP")),
            case("pkill --signal 1x {a}")
                .usage("Unknown signal \"1x\".")
                .differs("signal-number", reference().fate("a", "HUP")),
            case("pkill --signal 0x9 {a}")
                .usage("Unknown signal \"0x9\".")
                .differs("signal-number", reference()),
            case("pkill -SIG1 {a}")
                .usage("{program}: invalid option -- 'S'")
                .before([4, 0, 5])
                .differs("signal-number", reference().fate("a", "HUP")),
            case("pkill -EXIT {a}")
                .since([4, 0, 5])
                .differs("signal-zero", reference().usage("{program}: invalid option -- 'E'")),
            case("pkill -NULL {a}").before([4, 0, 5]),
        ],
    );
}

/// docs/COMPATIBILITY.md, `signal-word-place`.
#[test]
fn a_signal_word_is_one_only_where_an_option_may_stand() {
    let echo = "{a} killed (pid {a.pid})\n";
    check(
        cast,
        &[
            // The reference takes `-0` after `--` as the signal, and has no pattern then.
            case("pkill -s {a.pid} -- -0").status(1).differs("signal-word-place", reference()),
            // … and takes the value of another option as the signal.
            case("pkill -e -USR1 -q -1 {a}").prints(echo).fate("a", "USR1=-1"),
            case("pkill -q -1 -USR1 {a}")
                .fate("a", "USR1=-1")
                .differs("signal-word-place", reference().fate("a", "HUP=0")),
            case("pkill -t -1 -e {a}").status(1),
            case("pkill --terminal -1 -HUP {a}").status(1),
            hup("pkill -HUP -- {a}"),
        ],
    );
}

#[test]
fn each_process_is_signalled_once() {
    check(
        cast,
        &[
            case("pkill -USR1 -f '{a}|{a}' ").fate("a", "USR1"),
            case("pkill -USR1 -u {uid},{uid} -U {uid} -s {a.pid},{a.pid} {tag}").fate("a", "USR1"),
            case("pkill -USR1 -e {a}").fate("a", "USR1").prints("{a} killed (pid {a.pid})\n"),
        ],
    );
}

/// The rows of `--list-signals` after the heading, as words.
fn listed() -> Vec<Vec<String>> {
    let output = Run::ours("pkill").args(["--list-signals"]).run();
    assert_eq!((output.status, output.err()), (0, String::new()));
    let table = output.out();
    let mut rows = table.lines();
    assert_eq!(rows.next(), Some("NUMBER  NAMES              DEFAULT    CATCHABLE  MEANING"), "{table}");
    let rows: Vec<Vec<String>> = rows.map(|row| row.split_whitespace().map(String::from).collect()).collect();
    let count = 31 + libc::SIGRTMAX() - libc::SIGRTMIN() + 1;
    assert_eq!(rows.len() as i32, count, "the standard signals and the real-time ones: {table}");
    rows
}

/// Each row is what happens, and bash has each signal under one of its names.
#[test]
fn each_signal_that_is_listed_does_what_its_row_says() {
    if !need("bash") {
        return;
    }
    for row in listed() {
        let number: i32 = row[0].parse().expect("a number");
        // In groups of their own. The group of the test may be orphaned: there TSTP, TTIN and TTOU do not stop.
        let [plain, mut catching] = [Victim::spec().group(), Victim::spec().group()];
        if row[3] == "yes" {
            catching = catching.catch(number);
        }
        let [mut plain, mut catching] = [plain.spawn(), catching.spawn()];
        for name in row[1].split(',') {
            let pids = format!("{},{}", plain.pid(), catching.pid());
            // Once for each name: all of them mean this signal.
            let output = Run::ours("pkill").args([&format!("-{name}"), "-p", &pids]).run();
            assert!(output.err().is_empty(), "{name}: {output:?}");
        }
        let expected = match row[2].as_str() {
            "terminate" | "core" => Reaction::Ended(number),
            "stop" => Reaction::Stopped,
            "ignore" | "continue" => Reaction::Caught(vec![]),
            other => panic!("{row:?}: {other}"),
        };
        // A program in Rust, as the victim is, ignores PIPE.
        assert!(plain.react() == expected || number == libc::SIGPIPE, "{row:?}");
        match catching.react() {
            Reaction::Caught(all) if row[3] == "yes" => {
                assert!(!all.is_empty() && all.iter().all(|got| got.signal == number), "{row:?}: {all:?}");
            }
            uncaught => assert!(row[3] == "no" && uncaught == expected, "{row:?}: {uncaught:?}"),
        }
        assert!(row.len() > 4, "{row:?} has no meaning");
        let bash =
            Command::new("bash").args(["-c", r#"kill -l "$0""#, &row[0]]).output().expect("start bash");
        let name = String::from_utf8(bash.stdout).expect("UTF-8");
        assert!(row[1].split(',').any(|ours| ours == name.trim()), "{row:?} is {name} to bash");
    }
}

/// It is printed immediately, like `--help`; `--json` may be on either side.
#[test]
fn the_list_of_signals_comes_in_two_forms() {
    for args in
        [&["--list-signals", "--json", "-y", "a", "b"][..], &["--max", "x", "--json", "--list-signals"]]
    {
        let array = Run::ours("pkill").args(args).run();
        assert_eq!((array.status, array.err()), (0, String::new()));
        let array: serde_json::Value = serde_json::from_slice(&array.stdout).expect("JSON");
        let array = array.as_array().expect("an array");
        for (row, signal) in listed().iter().zip(array) {
            let names: Vec<&str> = signal["names"]
                .as_array()
                .expect("names")
                .iter()
                .map(|name| name.as_str().expect("a name"))
                .collect();
            let catchable = if signal["catchable"] == true { "yes" } else { "no" };
            let text = format!(
                "{} {} {} {catchable}",
                signal["number"],
                names.join(","),
                signal["default"].as_str().unwrap()
            );
            assert_eq!(format!("{text} {}", signal["meaning"].as_str().unwrap()), row.join(" "));
        }
        assert_eq!(array.len(), listed().len());
    }
    check(
        cast,
        &[
            case("pkill --list-signals --nosuch {a} {a}").prints_with("NUMBER").ours_only(),
            case("pkill --nosuch --list-signals").usage("unrecognized option '--nosuch'"),
            case("pgrep --list-signals")
                .usage("pgrep: --list-signals is an option of pkill only")
                .ours_only(),
        ],
    );
}
