//! The notes about callers.

use serde_json::json;

use super::{cast, ours_survives, run};
use crate::support::{Victim, check, document, shell, tracer};

#[test]
fn pidwait_does_not_wait_for_its_caller() {
    check(
        cast,
        &[
            shell("pidwait -f 'nothing {tag}'; echo $?")
                .prints("1\n")
                .says("pidwait: note: ancestor sh (pid ")
                .says(") is spared, as its arguments contain this command; nothing else matches")
                .ours_only(),
            shell("pidwait -f 'serve {tag}' -p $$; echo $?")
                .prints("1\n")
                .says("nothing else matches")
                .ours_only(),
        ],
    );
}

/// pgrep lists what procps-ng lists.
#[test]
fn pgrep_lists_its_caller() {
    check(
        cast,
        &[
            shell("[ $(pgrep -f 'nothing {tag}') = $$ ] && echo found").prints("found\n"),
            shell("pgrep -cf 'nothing {tag}'; :").prints("1\n"),
            shell("pgrep --verbose -f 'nothing {tag}'; :")
                .prints_with("command line")
                .says("note: the pattern matches an ancestor of pgrep: sh (pid ")
                .says(", which pkill spares); -A excludes ancestors")
                .ours_only(),
            shell("p='nothing {tag}'; pgrep --verbose -f \"$p\"; :")
                .prints_with("command line")
                .says("); -A excludes ancestors")
                .ours_only(),
        ],
    );
}

#[test]
fn notes_about_callers() {
    const SPARED: &str = "is spared, as its arguments contain this command";
    check(
        cast,
        &[
            // Where others match, a note is for the user who asks for more.
            ours_survives("pkill -f 'serve {tag}'; echo survived").ours_only(),
            shell("pkill --verbose -f 'serve {tag}'; :")
                .prints_with("signalled")
                .fate("v", "killed by TERM")
                .fate("o", "killed by TERM")
                .says(SPARED)
                .ours_only(),
            shell("pkill --dry-run -f 'serve {tag}'; :").prints_with("terminate").says(SPARED).ours_only(),
            shell("pkill -f 'nothing {tag}'; echo $?")
                .prints("1\n")
                .says("; nothing else matches")
                .ours_only(),
            shell("pkill --allow-none -f 'nothing {tag}'; echo $?").prints("0\n").says(SPARED).ours_only(),
            shell("pkill --strict -f 'nothing {tag}'; echo $?").prints("1\n").says(SPARED).ours_only(),
            shell("pkill --quiet -f 'nothing {tag}'; echo $?").prints("1\n").ours_only(),
            // One line for all callers.
            shell("bash -c \"pkill -f 'nothing {tag}'; :\"; echo $?")
                .prints("0\n")
                .says("pkill: note: ancestors bash (pid ")
                .says("), sh (pid ")
                .says(") are spared, as their arguments contain this command; nothing else matches\n")
                .ours_only(),
        ],
    );
}

/// On a terminal a user reads the note.
#[test]
fn notes_on_a_terminal() {
    let victim = Victim::spec().catch(libc::SIGUSR1).spawn();
    for (program, note) in [("pgrep", "which pkill spares"), ("pkill -USR1", "is spared, as its arguments")] {
        let (master, stderr) = tracer::terminal();
        let line = format!("{program} -f '{}'; :", victim.name());
        let take = move |command: &mut std::process::Command| {
            command.stderr(stderr);
        };
        let output = run(&line).prepare(take).run();
        let mut text = [0; 1024];
        let length = rustix::io::read(&master, &mut text).expect("the note");
        let text = String::from_utf8_lossy(&text[..length]);
        assert!(text.contains(note) && output.status == 0, "{program}: {text} {output:?}");
    }
}

#[test]
fn a_report_names_spared_callers() {
    let victim = Victim::spec().spawn();
    for (program, expected) in
        [("pkill", json!("sh")), ("pidwait --timeout 0", json!("sh")), ("pgrep", json!(null))]
    {
        let line = format!("{program} --json -f 'nothing {}'; exit $?", victim.name());
        let output = run(&line).run();
        let report = document(&output);
        assert_eq!(report["spared"][0]["name"], expected, "{report}");
        let matched = u64::from(program == "pgrep");
        assert_eq!(report["summary"]["matched"], matched, "{report}");
        assert_eq!(output.status, if program == "pgrep" { 0 } else { 1 }, "{report}");
    }
}
