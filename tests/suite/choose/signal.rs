//! `--choose-signal`: the signal is chosen after the processes, which stay pinned.

use super::{Choosing, NOTHING, list, with_chooser};
use crate::support::pids::{LAST_PID, successor, with_pid};
use crate::support::{Dir, Victim, case, check, document, namespace, need_file};

/// A process that catches what is chosen here.
fn victim() -> Victim {
    [libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGTERM]
        .into_iter()
        .fold(Victim::spec(), |spec, signal| spec.catch(signal))
        .spawn()
}

fn received(victim: &mut Victim) -> Vec<i32> {
    victim.received().expect("it is running").iter().map(|received| received.signal).collect()
}

/// For `$PKILL_CHOOSER`: the first process, and of the signals what this prints.
fn chooser(of_signals: &str) -> String {
    format!("if [ \"$PKILL_CHOICE\" = signal ]; then {of_signals}; else head -n1; fi")
}

#[test]
fn a_number_or_a_name_is_answered() {
    let mut victim = victim();
    let pid = victim.pid().to_string();
    for (default, answers, expected) in [
        (&["-USR1"][..], &["\n"][..], Some(libc::SIGUSR1)),
        (&["--signal", "HUP"], &["\n"], Some(libc::SIGHUP)),
        (&[], &["\n"], Some(libc::SIGTERM)),
        (&[], &["1\n"], Some(libc::SIGHUP)),
        (&[], &[" sigUSR1 \n"], Some(libc::SIGUSR1)),
        (&[], &["x\n", "99\n", "-1\n", "1 2\n", "quit\n", "QUIT\n", "SIGQUIT\n"], Some(libc::SIGQUIT)),
        (&[], &["q\n"], None),
        (&[], &["HU\n", "none\n"], None),
        (&[], &["\x04"], None), // the end of the input
    ] {
        let args = [&["--choose-signal", "-p", &pid], default].concat();
        let mut asking = Choosing::start("pkill", &args);
        let shown = asking.question();
        assert!(shown.contains("send a signal to which?") && !shown.contains("HUP"), "{shown}");
        asking.answer("1\n");
        for (at, answer) in answers.iter().enumerate() {
            let shown = asking.question();
            assert_eq!(shown.contains("NUMBER"), at == 0, "the list is shown once: {shown}");
            let is_ambiguous = at > 0 && answers[at - 1].eq_ignore_ascii_case("quit\n");
            assert_eq!(shown.contains("sigquit is the signal, q is none"), is_ambiguous, "{shown}");
            asking.answer(answer);
        }
        let (err, status) = match expected {
            None => (format!("pkill: {NOTHING}"), 1),
            Some(_) => (String::new(), 0),
        };
        assert_eq!(asking.end(), (String::new(), err, status), "{args:?} {answers:?}");
        assert_eq!(received(&mut victim), Vec::from_iter(expected), "{args:?} {answers:?}");
    }
}

#[test]
fn the_default_is_listed_first_then_the_usual_ones() {
    let victim = victim();
    let pid = victim.pid().to_string();
    let usual = ["TERM", "KILL", "HUP", "INT", "QUIT", "STOP", "CONT", "USR1", "USR2"];
    for (default, first) in
        [("TERM", "15 TERM"), ("USR2", "12 USR2"), ("WINCH", "28 WINCH"), ("0", "0 0,EXIT,NULL")]
    {
        let mut asking = Choosing::start("pkill", &["--choose-signal", "--signal", default, "-p", &pid]);
        asking.question();
        asking.answer("1\n");
        let shown = asking.question();
        let rows: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("NUMBER")).collect();
        let names = |row: &&str| row.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        let listed: Vec<String> = rows[1..rows.len() - 1].iter().map(names).collect();
        let others = usual.into_iter().filter(|name| *name != default);
        assert_eq!(listed[0], first);
        assert!(
            listed[1..].iter().map(|row| row.split_once(' ').expect("a name").1).eq(others),
            "{listed:?}"
        );
        assert!(
            rows.last().is_some_and(|question| question.contains(&format!("empty: {default},"))),
            "{shown}"
        );
        asking.answer("q\n");
        assert_eq!(asking.end().2, 1);
    }
}

#[test]
fn a_program_offers_the_signals_too() {
    let mut victim = victim();
    let pid = victim.pid().to_string();
    let failed = "$PKILL_CHOOSER failed (exit status: 2), so nothing was done\n";
    for (of_signals, expected, err, status) in [
        ("head -n1", Some(libc::SIGTERM), "", 0),
        ("grep -w HUP", Some(libc::SIGHUP), "", 0),
        ("grep -w HUP; echo 1 again", None, "more than one signal was chosen, so nothing was done\n", 3),
        ("cat", None, "more than one signal was chosen, so nothing was done\n", 3),
        ("echo 10", Some(libc::SIGUSR1), "", 0),
        ("echo 99", None, "$PKILL_CHOOSER printed '99', which is not on the list, so nothing was done\n", 3),
        ("true", None, NOTHING, 1),
        ("cat; exit 130", None, NOTHING, 1),
        ("cat; exit 2", None, failed, 3),
    ] {
        let output = with_chooser(&chooser(of_signals), "pkill", &["--choose-signal", "-p", &pid]);
        let err = if err.is_empty() { String::new() } else { format!("pkill: {err}") };
        assert_eq!((output.out(), output.err(), output.status), (String::new(), err, status), "{of_signals}");
        assert_eq!(received(&mut victim), Vec::from_iter(expected), "{of_signals}");
    }
    // All that have a name, after a default that need not.
    let lines = |default| {
        let counts = chooser("wc -l >&2; exit 1");
        with_chooser(&counts, "pkill", &["--choose-signal", default, "-p", &pid]).err()
    };
    assert_eq!(lines("-HUP"), format!("62\npkill: {NOTHING}"));
    assert_eq!(lines("-0"), format!("63\npkill: {NOTHING}"));
}

/// A finder has no mark for a second one, and nothing to preview.
#[test]
fn a_finder_offers_the_signals_too() {
    let mut victim = victim();
    let dir = Dir::new();
    dir.script("fzf", "#!/bin/sh\nread -r heading\necho \"$* $heading\" >&2\nexec /usr/bin/head -n1\n");
    let args = ["-HUP", "--choose-signal", "-p", &victim.pid().to_string()];
    let (out, err, status) = Choosing::with_path(dir.path(), "pkill", &args).end();
    assert_eq!((out, status), (String::new(), 0), "{err}");
    let [first, second] = err.lines().collect::<Vec<_>>()[..] else { panic!("two lists: {err}") };
    assert!(first.contains("--multi") && first.contains("--prompt=send a signal to: "), "{first}");
    for part in ["--no-multi", "--preview= ", "--prompt=send which signal: ", "NUMBER", "DEFAULT"] {
        assert!(second.contains(part), "{part}: {second}");
    }
    assert_eq!(received(&mut victim), [libc::SIGHUP]);
}

#[test]
fn the_report_has_the_chosen_signal() {
    let mut victim = Victim::spec().spawn();
    let pid = victim.pid().to_string();
    let args = ["--choose-signal", "-HUP", "--json", "--wait", "-p", &pid];
    let output = with_chooser(&chooser("grep KILL"), "pkill", &args);
    let report = document(&output);
    assert_eq!((&report["signal"]["name"], output.status), (&"KILL".into(), 0));
    let end = &report["targets"][0]["end"];
    assert_eq!((&end["signal"], &end["first_signal"]), (&"KILL".into(), &"KILL".into()));
    assert_eq!(victim.killed_by(), Some(libc::SIGKILL));
}

/// No signal is offered where none will be sent.
#[test]
fn nothing_is_asked_for_nothing() {
    let victims = [victim(), victim()];
    let pids = list(&victims);
    let says = "echo asked >&2; head -n1";
    for (of_processes, max, status) in [("true", "9", 1), ("cat", "1", 4)] {
        let chooser = format!("if [ $PKILL_CHOICE = signal ]; then {says}; else {of_processes}; fi");
        let args = ["--choose-signal", "--max", max, "-p", &pids];
        let output = with_chooser(&chooser, "pkill", &args);
        assert_eq!((output.err().contains("asked"), output.status), (false, status), "{output:?}");
    }
}

#[test]
fn a_successor_is_not_signalled() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        let part = || Victim::named("choice").catch(libc::SIGHUP);
        let victim = with_pid(5000, part());
        let mut asking = Choosing::start("pkill", &["--choose-signal", "-x", "choice"]);
        asking.question();
        asking.answer("1\n");
        asking.question();
        drop(victim);
        let mut bystander = successor(5000, part);
        asking.answer("HUP\n");
        let err = "pkill: pid 5000 has exited in the meantime\n".to_owned();
        assert_eq!(asking.end(), (String::new(), err, 1));
        assert_eq!(bystander.received(), Some(vec![]));
    });
}

#[test]
fn what_cannot_be_combined() {
    let one = |scene: &mut crate::support::Scene| _ = scene.add("a", |part| part);
    let together = "cannot be used together";
    check(
        one,
        &[
            case("pkill --choose-signal --interactive {a}").usage(together).ours_only(),
            case("pkill --choose-signal --dry-run {a}").usage(together).ours_only(),
            case("pkill --choose-signal --quiet {a}").usage(together).ours_only(),
            case("pkill --choose-signal --until-none {a}").usage(together).ours_only(),
            case("pkill --choose-signal --freeze {a}").usage(together).ours_only(),
            case("pkill --choose-signal --whole-group {a}").usage(together).ours_only(),
            case("pkill --choose-signal -H {a}").usage(together).ours_only(),
            case("pgrep --choose-signal {a}").usage("is an option of pkill only").ours_only(),
            case("pidwait --choose-signal {a}").usage("is an option of pkill only").ours_only(),
        ],
    );
}
