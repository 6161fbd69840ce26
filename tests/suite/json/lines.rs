//! `--json=lines`: a line for each target, complete in itself, and a last line for the run.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Map, Value, json};

use super::bytes;
use crate::support::{Run, Victim, document, lines, own_pid};

/// The members that a target has in a line of its own only.
const OF_LINE: &[&str] = &["kind", "schema", "program", "version", "host", "boot_id", "time", "signal"];

/// Members that differ between two runs.
fn comparable(value: &Value, without: &[&str]) -> Map<String, Value> {
    let mut members = value.as_object().expect("an object").clone();
    members.retain(|name, _| !without.contains(&name.as_str()));
    members
}

#[test]
fn lines_have_the_members_of_the_document() {
    let victims = [Victim::spec().arg("a\nb"), Victim::spec()].map(|spec| spec.spawn());
    let pids = victims.each_ref().map(|victim| victim.pid().to_string()).join(",");
    let (ours, gone) = (own_pid(), "99999999".to_owned());
    for (program, args) in [
        ("pgrep", &["-p", &pids, "-P", &ours][..]),
        ("pgrep", &["--columns", "pid,args", "-p", &pids]),
        ("pgrep", &["-p", &gone]),
        ("pkill", &["-0", "-p", &pids]),
        ("pkill", &["--dry-run", "-HUP", "-p", &pids]),
        ("pkill", &["--max", "1", "-p", &pids]),
        ("pidwait", &["-p", &gone]),
        ("pgrep", &["--explain", &pids, "v"]),
    ] {
        let run = |format: &str| Run::ours(program).args(args).args([format]).run();
        let (whole, output) = (run("--json"), run("--json=lines"));
        let (document, lines) = (document(&whole), lines(&output));
        assert_eq!((output.status, output.err()), (whole.status, whole.err()), "{args:?}");
        let (member, kind) = match document.get("explanations") {
            Some(_) => ("explanations", "explanation"),
            None => ("targets", "target"),
        };
        let targets = document[member].as_array().expect("targets");
        let (last, of_targets) = lines.split_last().expect("a line");
        assert_eq!(of_targets.len(), targets.len(), "{args:?}: {output:?}");
        for (line, target) in of_targets.iter().zip(targets) {
            assert_eq!(line["kind"], kind);
            assert_eq!(&Value::Object(comparable(line, OF_LINE)), target, "{args:?}");
            for name in OF_LINE.iter().filter(|name| **name != "kind") {
                assert_eq!(line.get(name), last.get(name), "{args:?}: {name}");
            }
        }
        assert_eq!(last["kind"], "summary");
        let differing = ["kind", "time", "argv", "invoker", member];
        assert_eq!(comparable(last, &differing), comparable(&document, &differing), "{args:?}");
    }
}

/// Whatever a process has in its name and its arguments, it has one line.
#[test]
fn each_target_has_one_line() {
    let tag = format!("l{:06x}", std::process::id());
    let odd: [&[u8]; 5] = [b"\n{}\r", b"\"}\n{\"", "\u{2028}\u{85}".as_bytes(), b"\xff\n", b"\x0b\x0c\x1e"];
    let victims = odd.map(|odd| {
        let name = [tag.as_bytes(), odd].concat();
        Victim::named(name).arg(OsStr::from_bytes(&[b"{\"kind\":\"summary\"}\n", odd].concat())).spawn()
    });
    let output = Run::ours("pgrep").args(["--json=lines", "-P", &own_pid(), &tag]).run();
    let is_break = |c: &char| c.is_control() || "\u{2028}\u{2029}\u{85}".contains(*c);
    assert_eq!(output.out().chars().filter(is_break).count(), odd.len() + 1, "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines.len(), odd.len() + 1);
    for (line, (odd, victim)) in lines.iter().zip(odd.iter().zip(&victims)) {
        assert_eq!((&line["kind"], &line["pid"]), (&json!("target"), &json!(victim.pid())));
        assert_eq!(bytes(&line["name"]), [tag.as_bytes(), odd].concat());
    }
}

#[test]
fn signals_in_lines() {
    let signals = |format: &str| Run::ours("pkill").args(["--list-signals", format]).run().out();
    let all: Vec<Value> = serde_json::from_str(&signals("--json")).expect("an array");
    let lines: Vec<Value> =
        signals("--json=lines").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(all.len() > 30 && lines == all, "{lines:?}");
}
