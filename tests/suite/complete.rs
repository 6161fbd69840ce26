//! `--complete`: its candidates, without a shell. The shells' completions are tested in `tests/suite/completions`.

use crate::support::{Dir, Run, Victim, case, check, need_root, own_pid};

/// The candidates with their descriptions.
fn candidates(run: Run) -> Vec<(String, String)> {
    let output = run.run();
    assert_eq!((output.status, output.err()), (0, String::new()));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let line = |line: &str| line.split_once('\t').map(|(text, about)| (text.to_owned(), about.to_owned()));
    text.lines().map(|text| line(text).unwrap_or_else(|| panic!("no tab in {text:?}"))).collect()
}

fn about(all: &[(String, String)], wanted: &str) -> Option<String> {
    all.iter().find(|(text, _)| text == wanted).map(|(_, about)| about.clone())
}

#[test]
fn errors_are_reported() {
    check(
        |_| {},
        &[
            case("pgrep --complete").usage("{program}: option '--complete' requires an argument").ours_only(),
            case("pgrep --complete nosuch")
                .usage("{program}: invalid argument for --complete: nosuch")
                .ours_only(),
            case("pkill --complete full")
                .usage("{program}: invalid argument for --complete: full")
                .ours_only(),
            case("pidwait --complete ''").usage("{program}: invalid argument for --complete:").ours_only(),
            case("pgrep --complete euid a b")
                .usage("{program}: only one pattern can be provided")
                .ours_only(),
            case("pgrep --complete max").prints("").ours_only(),
        ],
    );
}

/// `--complete` prints candidates, whatever other options are given, and does nothing else.
#[test]
fn nothing_is_signalled() {
    let mut victim = Victim::spec().catch(15).spawn();
    let run = Run::ours("pkill").args(["-TERM", "-P", &own_pid(), "--complete", "pid", "--", victim.name()]);
    assert!(about(&candidates(run), &victim.pid().to_string()).is_some());
    assert_eq!(victim.received().expect("it lives"), []);
}

#[test]
fn each_candidate_has_a_description() {
    let tag = Victim::spec().tag();
    let one = Victim::named(format!("{tag}one")).arg("and its arguments").spawn();
    let _two = [(); 2].map(|()| Victim::named(format!("{tag}two")).spawn());
    let user = candidates(Run::ours("pgrep").args(["--complete", "euid"]));
    let names = candidates(Run::ours("pgrep").args(["--complete", "pattern"]));
    let description = about(&names, &format!("{tag}one")).expect("a candidate");
    assert!(description.starts_with(&format!("PID {}, ", one.pid())), "{description}");
    assert!(user.iter().any(|(name, _)| description.ends_with(&format!(", {name}"))), "{description}");
    assert!(about(&names, &format!("{tag}two")).expect("a candidate").starts_with("2 processes, "));
    let pids = candidates(Run::ours("pgrep").args(["--complete", "pid"]));
    assert_eq!(about(&pids, &one.pid().to_string()), Some(format!("{tag}one and its arguments")));
    let signals = candidates(Run::ours("pkill").args(["--complete", "signal"]));
    assert!(signals.iter().all(|(_, about)| !about.is_empty()) && signals.len() > 60);
}

#[test]
fn the_program_itself_is_no_candidate() {
    let run = Run::ours("pgrep").args(["--complete", "pid"]).start();
    let own = run.pid().to_string();
    let output = run.wait();
    assert!(
        output.out().lines().count() > 1
            && !output.out().lines().any(|line| line.starts_with(&format!("{own}\t")))
    );
}

/// Neither a candidate nor its description has text that a terminal or a shell would take for a command.
#[test]
fn text_of_processes_is_made_harmless() {
    let tag = Victim::spec().tag();
    let odd = [&b"\x1b[2J"[..], b"\xff", b"\x9b1m", b"\xc2\x9b", b"a\nb", b"a\tb", b"\r", b"\x7f"];
    let named =
        |odd: &&[u8]| Victim::named([tag.as_bytes(), odd].concat()).arg("x\ty\n\u{1b}]0;z\u{7}").spawn();
    let victims: Vec<_> = odd.iter().map(named).collect();
    for locale in ["C.UTF-8", "C"] {
        for args in [&["--complete", "pattern"][..], &["-f", "--complete", "pattern"], &["--complete", "pid"]]
        {
            let all = candidates(Run::ours("pgrep").args(args).env("LC_ALL", locale));
            let control = |text: &str| text.contains(char::is_control);
            assert!(all.iter().all(|(text, about)| !control(text) && !control(about)), "{args:?}");
        }
        let all = candidates(Run::ours("pgrep").args(["--complete", "pattern"]).env("LC_ALL", locale));
        for (text, _) in all.iter().filter(|(text, _)| text.starts_with(&tag)) {
            let found = Run::ours("pgrep").args(["--", text]).env("LC_ALL", locale).run().pids();
            assert!(victims.iter().any(|victim| found.contains(&victim.pid())), "{text:?} finds no process");
        }
    }
}

/// Processes that other users hide are skipped, and are no error.
#[test]
fn an_ordinary_user_is_served() {
    if !need_root() {
        return;
    }
    let dir = Dir::new();
    let secret = Victim::spec().env("OF_ROOT_ALONE", "1").spawn();
    for what in [
        "pattern",
        "pid",
        "env",
        "exe",
        "script",
        "cwd",
        "cgroup",
        "terminal",
        "unit",
        "user-unit",
        "port",
        "group",
    ] {
        let run = Run::ours("pgrep").args(["--complete", what]).user(65534, 65534);
        let all = candidates(run.prepare({
            let path = dir.path().to_owned();
            move |command| {
                command.current_dir(path);
            }
        }));
        assert_eq!(about(&all, "OF_ROOT_ALONE"), None);
        assert_eq!(about(&all, secret.name()).is_some(), what == "pattern", "{what}");
    }
}
