//! The audit trail: `--log-to` and `PKILL_LOG`.

mod full;
mod journal;
mod place;
mod syslog;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Dir, Output, Run, Victim, case, check, lines, namespace, succeed, violation};

/// The lines of a log.
#[track_caller]
fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(parse).collect()
}

fn kinds(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["kind"].as_str().unwrap_or_default()).collect()
}

/// Files in this mount namespace, in place of the machine's.
fn mount(place: &str) {
    succeed(Command::new("mount").args(["-t", "tmpfs", "none", place]));
}

/// `pkill -USR1` to the victim.
fn usr1(victim: &Victim) -> Run {
    Run::ours("pkill").args(["-USR1", "-x", victim.name()])
}

#[track_caller]
fn assert_signalled(victim: &mut Victim, times: usize, output: &Output) {
    assert_eq!(victim.received().expect("it lives").len(), times, "{output:?}");
}

/// The records have what `--json` has, and the output is as without a log.
#[test]
fn a_record_has_what_json_has() {
    let dir = Dir::new();
    let log = dir.path().join("log");
    let victim = Victim::spec().arg("a\n{\"kind\":\"target\"}\u{202e}").catch(libc::SIGUSR1).spawn();
    let to = format!("--log-to={}", log.display());
    let plain = usr1(&victim).args(["-e"]).run();
    let logged = usr1(&victim).args(["-e", &to]).run();
    assert_eq!((logged.out(), logged.err(), logged.status), (plain.out(), plain.err(), plain.status));
    assert!(plain.out().contains("killed"), "{plain:?}");
    assert_eq!(kinds(&records(&log)), ["start", "target", "summary"]);
    assert_eq!(log.metadata().expect("a log").permissions().mode() & 0o7777, 0o600);

    let output = usr1(&victim).args(["--json=lines", &to]).run();
    let all = records(&log);
    assert_eq!(all.len(), 6, "the second run is appended");
    all.iter().for_each(|line| assert_eq!(violation(line), None, "{line:#}"));
    let mut ours = all[3..].to_vec();
    let [start, target, summary] = &mut ours[..] else { panic!("{all:?}") };
    let printed = lines(&output);
    let invoker = target.as_object_mut().and_then(|target| target.remove("invoker"));
    assert_eq!((&*target, &*summary), (&printed[0], &printed[1]));
    assert_eq!(invoker.as_ref(), Some(&printed[1]["invoker"]));
    for member in ["argv", "invoker", "criteria", "signal", "time", "host", "boot_id"] {
        assert_eq!(start[member], printed[1][member], "{member}");
    }
    assert_eq!(start["matched"], 1);
}

/// A line of a log for each way that a run can end.
#[test]
fn the_end_of_a_run_is_logged() {
    let dir = Dir::new();
    let victim = Victim::spec().catch(libc::SIGUSR1).spawn();
    for (args, expected, status) in [
        ("-USR1 --max 0 -x {name}", "start target summary: skipped 4", 4),
        ("-USR1 --timeout 0 -x {name}", "start target summary: still_running 5", 5),
        ("-0 -x {name}", "start target summary: signalled 0", 0),
        ("--dry-run -x {name}", "start target summary: would_be_signalled 0", 0),
        ("-x {name}x", "summary:  1", 1),
        ("-F /none", "error:  1", 1),
        ("-u no-such-user", "error:  2", 2),
    ] {
        let log = dir.path().join("log");
        let words = args.replace("{name}", victim.name());
        let output = Run::ours("pkill").arg_log(&log).args(words.split(' ')).run();
        let all = records(&log);
        let outcome = all.iter().find_map(|record| record["outcome"].as_str()).unwrap_or_default();
        let last = all.last().expect("a record");
        let logged = last["summary"]["exit_status"].as_i64().or(last["error"]["exit_status"].as_i64());
        let found = format!("{}: {outcome} {}", kinds(&all).join(" "), logged.expect("an exit status"));
        assert_eq!((&*found, output.status), (expected, status), "{args}: {output:?}");
        std::fs::remove_file(&log).expect("a log");
    }
}

/// Which runs the variable is for.
#[test]
fn the_variable_is_the_default_of_runs_that_signal() {
    let dir = Dir::new();
    let [log, other] = ["log", "other"].map(|name| dir.path().join(name));
    let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
    let to = format!("--log-to={}", other.display());
    for (program, args, value, logged, note) in [
        ("pkill", &["-USR1"][..], Some(&*log), [true, false], ""),
        ("pkill", &["-USR1", &to], Some(&log), [false, true], ""),
        ("pkill", &["-USR1", &to], None, [false, true], ""),
        ("pkill", &["-0"], Some(&log), [false, false], ""),
        ("pkill", &["-0", &to], Some(&log), [false, true], ""),
        ("pkill", &["-USR1", "--dry-run"], Some(&log), [false, false], ""),
        ("pgrep", &[], Some(&log), [false, false], ""),
        ("pgrep", &[], Some(Path::new("x")), [false, false], ""),
        ("pidwait", &["--timeout", "0"], Some(&log), [false, false], ""),
        ("pkill", &["-USR1"], Some(Path::new("")), [false, false], ""),
        (
            "pkill",
            &["-USR1"],
            Some(Path::new("x")),
            [false, false],
            "note: PKILL_LOG: neither journal, syslog",
        ),
        ("pkill", &["-USR1", "--quiet"], Some(Path::new("x")), [false, false], ""),
        (
            "pkill",
            &["-USR1"],
            Some(Path::new("/none/x")),
            [false, false],
            "note: PKILL_LOG: cannot log to /none/x",
        ),
    ] {
        let mut run = Run::ours(program).args(args).args(["-x", victim.name()]);
        if let Some(value) = value {
            run = run.env("PKILL_LOG", value);
        }
        let output = run.run();
        let written = [&log, &other].map(|log| log.exists());
        assert_eq!(written, logged, "{program} {args:?}: {output:?}");
        let notes: Vec<String> =
            output.err().lines().filter(|line| line.contains("PKILL_LOG")).map(str::to_owned).collect();
        assert_eq!(notes.len(), usize::from(!note.is_empty()), "{program} {args:?}: {output:?}");
        assert!(output.err().contains(note), "{program} {args:?}: {output:?}");
        let sends = args.contains(&"-USR1") && !args.contains(&"--dry-run");
        assert_signalled(&mut victim, usize::from(sends), &output);
        for log in [&log, &other] {
            let _ = std::fs::remove_file(log);
        }
    }
}

/// `--log` stays what it is in procps-ng, which takes no value for it.
#[test]
fn the_option_on_the_command_line() {
    check(
        |scene| {
            scene.add("a", |part| part.catch(libc::SIGUSR1));
        },
        &[
            case("pkill --log -USR1 {a}").usage("-L without -F makes no sense"),
            case("pkill --log-to={dir}/log -USR1 -x {a}").ours_only().fate("a", "USR1"),
            case("pkill --log={dir}/log -USR1 -x {a}").ours_only().fate("a", "USR1"),
            case("pkill --log-to=log -USR1 {a}")
                .ours_only()
                .usage("invalid log: log")
                .says("valid logs: journal"),
            case("pkill --log-to= -USR1 {a}").ours_only().usage("invalid log:"),
            case("pkill --log-to={dir}/log --explain 1 {a}").ours_only().usage("cannot be used together"),
            case("pgrep --log-to={dir}/log {a}").ours_only().usage("--log-to is an option of pkill only"),
            case("pidwait --log-to={dir}/log {a}").ours_only().usage("--log-to is an option of pkill only"),
        ],
    );
}

/// Any user may have processes with megabytes of arguments.
#[test]
fn a_record_is_not_as_long_as_a_process_likes() {
    namespace(|| {
        let dir = Dir::new();
        let log = dir.path().join("log");
        let long = "\x01".repeat(100_000);
        let victim = Victim::spec().arg("first").arg(&long).catch(libc::SIGUSR1).spawn();
        let output = usr1(&victim).arg_log(&log).run();
        assert_eq!(output.status, 0, "{output:?}");
        let target = &records(&log)[1];
        assert_eq!(target["arguments_truncated"], true);
        let arguments = target["arguments"].as_array().expect("arguments");
        assert_eq!(arguments.last().expect("an argument"), "first", "{target}");
    });
}

trait ArgLog {
    fn arg_log(self, log: &Path) -> Self;
}

impl ArgLog for Run {
    fn arg_log(self, log: &Path) -> Self {
        self.args([format!("--log-to={}", log.display())])
    }
}
