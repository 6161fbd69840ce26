//! `--choose` with the program of `$PKILL_CHOOSER`.

use super::{NOTHING, list, signalled, victims, with_chooser};
use crate::support::crowd::Crowd;
use crate::support::namespace;

#[test]
fn the_lines_that_a_program_prints_are_signalled() {
    let mut victims = victims::<3>();
    let pids = list(&victims);
    let failed =
        |status: i32| format!("$PKILL_CHOOSER failed (exit status: {status}), so nothing was done\n");
    let unknown = |what: &str| {
        format!("$PKILL_CHOOSER printed '{what}', which is not on the list, so nothing was done\n")
    };
    let third = format!("grep -w {}", victims[2].pid());
    let twice = format!("cat; echo; echo ' {} and more'", victims[0].pid());
    let foreign = format!("head -n1; echo {} x", std::process::id());
    let glued = format!("echo {}x", victims[0].pid());
    for (chooser, expected, err, status) in [
        ("cat", &[1, 2, 3][..], String::new(), 0),
        ("head -n1", &[1], String::new(), 0),
        ("tail -n2 | tac", &[2, 3], String::new(), 0),
        (&third, &[3], String::new(), 0),
        (&twice, &[1, 2, 3], String::new(), 0),
        ("true", &[], NOTHING.into(), 1),
        ("false", &[], NOTHING.into(), 1),
        ("cat; exit 1", &[], NOTHING.into(), 1),
        ("cat; exit 130", &[], NOTHING.into(), 1),
        ("cat; kill -INT $$", &[], NOTHING.into(), 1),
        ("cat; exit 2", &[], failed(2), 3),
        ("exec nonexistent-chooser 2>&-", &[], failed(127), 3),
        (
            "cat; kill -KILL $$",
            &[],
            "$PKILL_CHOOSER failed (signal: 9 (SIGKILL)), so nothing was done\n".into(),
            3,
        ),
        (&foreign, &[], unknown(&std::process::id().to_string()), 3),
        (&glued, &[], unknown(&format!("{}x", victims[0].pid())), 3),
        ("cat; echo PID", &[], unknown("PID"), 3),
    ] {
        let output = with_chooser(chooser, "pkill", &["-HUP", "--choose", "-p", &pids]);
        let err = if err.is_empty() { err } else { format!("pkill: {err}") };
        assert_eq!((output.out(), output.err(), output.status), (String::new(), err, status), "{chooser}");
        assert_eq!(signalled(&mut victims), expected, "{chooser}");
    }
}

/// The interrupt key reaches both. The list is written when pkill ignores it.
#[test]
fn an_interrupted_choice_is_none() {
    let mut victims = victims::<1>();
    for signal in ["INT", "QUIT"] {
        let chooser = format!("trap 'exit 130' INT QUIT; cat; kill -{signal} 0");
        let output = with_chooser(&chooser, "pkill", &["-HUP", "--choose", "-p", &list(&victims)]);
        assert_eq!((output.err(), output.status), (format!("pkill: {NOTHING}"), 1), "{signal}");
        assert!(signalled(&mut victims).is_empty());
    }
}

/// More than a pipe takes, in both directions.
#[test]
fn many_lines_do_not_block() {
    namespace(|| {
        let crowd = Crowd::spawn(c"crowd-choose", 3000);
        for (chooser, count) in [("cat", 3000), ("head -n1", 1), ("tac", 3000), ("exec <&-; exit 1", 0)] {
            let output = with_chooser(chooser, "pgrep", &["--choose", "-c", "-x", "crowd-choose"]);
            assert_eq!(
                (output.out(), output.status),
                (format!("{count}\n"), i32::from(count == 0)),
                "{chooser}"
            );
        }
        drop(crowd);
    });
}
