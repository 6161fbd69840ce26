//! `--json`: every document conforms to docs/report.schema.json, is exact to the byte, and alone on standard output.

mod contract;
mod errors;
mod lines;
mod run;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::kernel::releases_memory;
use crate::support::{Run, Victim, check_schema, document, need, need_root, own_pid, violation};

/// The bytes that a string or `{"base64": "..."}` represents.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        value => base64::engine::general_purpose::STANDARD
            .decode(value["base64"].as_str().expect("base64"))
            .expect("base64"),
    }
}

#[test]
fn the_schema_is_strict_and_describes_every_member() {
    check_schema();
}

/// A run, the outcome of its targets, and its exit status.
struct Case<'a> {
    program: &'a str,
    args: Vec<&'a str>,
    /// A command that starts the program.
    wrapper: &'a str,
    outcomes: &'a [&'a str],
    errno: Value,
    status: i32,
    says: &'a str,
}

#[test]
fn every_kind_of_run_has_a_valid_document() {
    if !need_root() || !need("strace") || !need("setpriv") {
        return;
    }
    let a = Victim::spec().arg("one").spawn();
    let b = Victim::spec().thread("second").spawn();
    let (a_pid, b_pid, ours) = (a.pid().to_string(), b.pid().to_string(), own_pid());
    let both = format!("{a_pid},{b_pid}");
    let gone = "99999999";
    let case = |program, args: &[&'static str]| Case {
        program,
        args: args.to_vec(),
        wrapper: "",
        outcomes: &[],
        errno: Value::Null,
        status: 0,
        says: "",
    };
    let user = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    let strace = |inject: &str| {
        format!("strace -f -qq -o /dev/null -e trace=pidfd_open,pidfd_send_signal -e inject={inject}")
    };
    let (esrch, eperm, emfile, einval) = (
        strace("pidfd_send_signal:error=ESRCH"),
        strace("pidfd_send_signal:error=EPERM:when=1"),
        strace("pidfd_open:error=EMFILE"),
        strace("pidfd_send_signal:error=EINVAL:when=2"),
    );
    let not_released = match releases_memory() {
        true => (libc::EINVAL, "killed, but process_mrelease failed: Invalid argument"),
        false => (libc::ENOSYS, "killed, but process_mrelease failed: Function not implemented"),
    };
    let two = |outcome| [outcome, outcome];
    let cases = [
        Case { outcomes: &two("listed"), ..case("pgrep", &[]) },
        Case { outcomes: &two("listed"), ..case("pgrep", &["-l", "-a", "-Q"]) },
        Case { outcomes: &two("listed"), ..case("pgrep", &["-c", "-d", ","]) },
        Case { outcomes: &["listed"; 3], ..case("pgrep", &["-w"]) },
        Case {
            outcomes: &two("skipped"),
            status: 4,
            says: "2 processes match, more than --max 1, so nothing was done: ",
            ..case("pgrep", &["--max", "1"])
        },
        Case { status: 1, ..case("pgrep", &["-p", gone]) },
        Case { status: 0, ..case("pgrep", &["-p", gone, "--allow-none"]) },
        Case { outcomes: &two("signalled"), ..case("pkill", &["-0"]) },
        Case { outcomes: &two("signalled"), ..case("pkill", &["-0", "-c", "-e"]) },
        Case { outcomes: &two("signalled"), ..case("pkill", &["-CONT", "-q", "7"]) },
        Case {
            outcomes: &two("signalled"),
            errno: json!(not_released.0),
            status: 1,
            says: not_released.1,
            ..case("pkill", &["-CONT", "-m"])
        },
        Case { outcomes: &two("would_be_signalled"), ..case("pkill", &["--dry-run"]) },
        Case { outcomes: &two("would_be_signalled"), ..case("pkill", &["--dry-run", "-RTMIN+1"]) },
        Case {
            outcomes: &two("would_be_refused"),
            wrapper: user,
            status: 1,
            ..case("pkill", &["--dry-run"])
        },
        Case {
            outcomes: &two("refused"),
            errno: json!(libc::EPERM),
            wrapper: user,
            status: 1,
            says: "failed: Operation not permitted (owned by root; you are UID 65534",
            ..case("pkill", &["-0"])
        },
        Case {
            outcomes: &two("refused"),
            errno: json!(libc::EPERM),
            wrapper: user,
            status: 4,
            says: "failed: Operation not permitted (",
            ..case("pkill", &["-0", "--strict"])
        },
        Case {
            outcomes: &["refused", "signalled"],
            errno: json!(libc::EPERM),
            wrapper: &eperm,
            says: "failed: Operation not permitted (",
            ..case("pkill", &["-0"])
        },
        Case {
            outcomes: &two("gone"),
            errno: json!(libc::ESRCH),
            wrapper: &esrch,
            status: 1,
            ..case("pkill", &["-0", "--strict"])
        },
        Case {
            outcomes: &two("gone"),
            errno: json!(libc::ESRCH),
            wrapper: &esrch,
            ..case("pkill", &["-0", "--allow-none"])
        },
        Case {
            outcomes: &two("failed"),
            errno: json!(libc::EMFILE),
            wrapper: &emfile,
            status: 1,
            says: "failed: Too many open files",
            ..case("pkill", &["-0"])
        },
        Case {
            outcomes: &["signalled", "failed"],
            errno: json!(libc::EINVAL),
            wrapper: &einval,
            status: 4,
            says: "failed: Invalid argument",
            ..case("pkill", &["-0", "--strict"])
        },
        Case { outcomes: &two("skipped"), status: 4, says: "2 processes", ..case("pkill", &["--max=1"]) },
        Case { outcomes: &two("skipped"), status: 4, says: "2 processes", ..case("pidwait", &["--max=0"]) },
        Case { status: 1, ..case("pidwait", &["-p", gone]) },
    ];
    for case in &cases {
        let mut args = case.args.clone();
        if !args.contains(&gone) {
            args.extend(["-p", both.as_str(), "-P", ours.as_str()]);
        }
        let mut run = Run::ours(case.program).args(&args).args(["--json"]);
        if !case.wrapper.is_empty() {
            run = match case.wrapper.starts_with("setpriv") {
                true => run.user(65534, 65534),
                false => run.through(case.wrapper.split(' ')),
            };
        }
        let output = run.run();
        let what = format!("{} {args:?} {}: {}", case.program, case.wrapper, output.err());
        let document = document(&output);
        assert_eq!((document["schema"].as_u64(), output.status), (Some(2), case.status), "{what}");
        assert_eq!(document["program"], case.program);
        let targets = document["targets"].as_array().expect("targets");
        let outcomes: Vec<&str> = targets.iter().map(|target| target["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, case.outcomes, "{what}");
        let with_errno: Vec<&Value> =
            targets.iter().map(|target| &target["errno"]).filter(|errno| !errno.is_null()).collect();
        assert!(with_errno.iter().all(|errno| **errno == case.errno), "{what}: {with_errno:?}");
        assert_eq!(with_errno.is_empty(), case.errno.is_null(), "{what}");
        assert_eq!(document["summary"]["matched"], targets.len());
        assert_eq!(document["summary"]["exit_status"], output.status, "{what}");
        for outcome in case.outcomes {
            let count = case.outcomes.iter().filter(|other| *other == outcome).count();
            assert_eq!(document["summary"][outcome], count, "{what}");
        }
        for target in targets {
            let of = |outcome: &str| target["outcome"].as_str().unwrap().starts_with(outcome);
            assert_eq!(target.get("effect").is_some(), of("would_be"), "{what}: {target}");
            assert_eq!(target.get("pinned").is_some(), of("signalled"), "{what}: {target}");
        }
        if case.says.is_empty() {
            assert_eq!(output.err(), "", "{what}");
        } else {
            assert!(output.err().contains(case.says), "{what}");
        }
    }
}

#[test]
fn the_signal_and_the_criteria_are_reported() {
    let victim = Victim::spec().env("LANG", "nowhere").spawn();
    let (name, ours) = (victim.name(), own_pid());
    let ask = |program: &str, args: &[&str]| {
        let output = Run::ours(program).args(args).args(["--json", "-P", &ours, name]).run();
        assert_eq!(output.status, 0, "{output:?}");
        document(&output)
    };
    for (word, name, number) in [
        ("-0", "0", 0),
        ("-CONT", "CONT", libc::SIGCONT),
        ("-RTMIN+8", "RTMIN+8", libc::SIGRTMIN() + 8),
        ("-32", "32", 32),
    ] {
        let document = ask("pkill", &["--dry-run", word]);
        assert_eq!(document["signal"], json!({"name": name, "number": number}));
    }
    let document = ask("pgrep", &["-x", "-i", "--env", "LANG=nowhere", "-u0", "--uid", "root", "-A", "-l"]);
    assert_eq!(document["signal"], Value::Null);
    let expected = json!({
        "pattern": name, "exact": true, "ignore-case": true, "env": "LANG=nowhere", "euid": "0", "uid": "root",
        "ignore-ancestors": true, "parent": ours,
    });
    assert_eq!(document["criteria"], expected);
    let document =
        ask("pgrep", &["--and", "v", "--not=|", "--and", "", "--rss", "1", "--rss=2", "--fixed-strings"]);
    let expected = json!({
        "pattern": name, "and": ["v", ""], "not": ["|"], "rss": "2", "fixed-strings": true, "parent": ours,
    });
    assert_eq!(document["criteria"], expected);
}

#[test]
fn names_and_arguments_are_exact() {
    let all: Vec<u8> = (1..=255).collect();
    let arguments: [&[u8]; 7] = [b"", b"a\nb", b"\"\\\x1b[31m", b"\xff", "gr\u{fc}n".as_bytes(), &all, b""];
    for (at, odd) in [&b"\xc3("[..], b"\n\t\"\\", "\u{fc}".as_bytes(), b"\x01\x7f", b"a b"].iter().enumerate()
    {
        let name = [format!("x{:06x}{at}", std::process::id()).as_bytes(), odd].concat();
        let mut part = Victim::named(&name);
        for argument in arguments {
            part = part.arg(OsStr::from_bytes(argument));
        }
        let before = jiff::Timestamp::now();
        let victim = part.spawn();
        let mut pattern = b"^".to_vec();
        for byte in &name {
            match byte {
                b'\\' | b'(' => pattern.extend([b'\\', *byte]),
                byte => pattern.push(*byte),
            }
        }
        pattern.push(b'$');
        let args =
            [OsString::from("--json"), "-P".into(), own_pid().into(), OsString::from_vec(pattern.clone())];
        let output = Run::ours("pgrep").args(args).run();
        let document = document(&output);
        let target = &document["targets"][0];
        assert_eq!(target["pid"], victim.pid(), "{output:?}");
        assert_eq!(bytes(&target["name"]), name);
        assert_eq!(bytes(&document["criteria"]["pattern"]), pattern);
        let reported: Vec<Vec<u8>> = target["arguments"].as_array().unwrap().iter().map(bytes).collect();
        assert_eq!(reported[0], name);
        assert_eq!(reported[1..], arguments);
        assert_eq!(target["ppid"], std::process::id());
        assert_eq!(target["uid"], rustix::process::getuid().as_raw());
        let started: jiff::Timestamp = target["start_time"].as_str().unwrap().parse().unwrap();
        // Start times are in hundredths of a second, rounded down.
        let slack = jiff::SignedDuration::from_millis(20);
        assert!(before - slack <= started && started <= jiff::Timestamp::now(), "{before} {started}");
    }
}

#[test]
fn a_process_that_has_exited_has_no_arguments() {
    let mut victim = Victim::spec().arg("lost").spawn();
    victim.make_zombie();
    let output = Run::ours("pgrep").args(["--json", "-x", victim.name()]).run();
    assert_eq!(document(&output)["targets"][0]["arguments"], json!([]));
}

#[test]
fn pidwait_reports_what_has_exited() {
    let mut victim = Victim::spec().spawn();
    let waiting = Run::ours("pidwait").args(["--json", "-e", "-c", "-x", victim.name()]).start();
    victim.finish(); // a zombie, which still matches
    let output = waiting.wait();
    let document = document(&output);
    assert_eq!((document["targets"][0]["outcome"].as_str(), output.status), (Some("exited"), 0));
    assert_eq!(document["summary"]["exited"], 1);
}

/// The validator itself: removing, adding or replacing any part of a valid document makes it invalid.
#[test]
fn the_schema_refuses_other_documents() {
    let victim = Victim::spec().arg(OsStr::from_bytes(b"\xff")).spawn();
    let run =
        |args: &[&str]| document(&Run::ours("pkill").args(args).args(["--json", "-x", victim.name()]).run());
    let mut refused = 0;
    for valid in [run(&["-0"]), run(&["--dry-run"]), run(&["-0", "--timeout", "0"])] {
        for path in paths(&valid, String::new()) {
            let part = valid.pointer(&path).expect("a part");
            let mut others = vec![];
            match part {
                Value::Object(members) if !path.starts_with("/criteria") => {
                    let mut more = members.clone();
                    more.insert("more".into(), json!(1));
                    others.push(Value::Object(more));
                    for name in members.keys().filter(|name| !OPTIONAL.contains(&name.as_str())) {
                        let mut fewer = members.clone();
                        fewer.remove(name);
                        others.push(Value::Object(fewer));
                    }
                }
                Value::Array(_) => others.push(json!({})),
                Value::Bool(_) if path.starts_with("/criteria") => others.push(json!(false)),
                Value::Bool(_) => others.extend([json!([]), json!("true")]),
                _ => others.extend([json!([]), json!(-1), json!(1.5), json!(false)]),
            }
            for other in others {
                let mut invalid = valid.clone();
                *invalid.pointer_mut(&path).expect("a part") = other.clone();
                assert!(violation(&invalid).is_some(), "{path}: {other} instead of {part}");
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

/// Members that are optional.
const OPTIONAL: [&str; 7] =
    ["effect", "end", "id", "pinned", "signalled", "still_running", "would_be_signalled"];

/// JSON pointers to every part of the value (RFC 6901; none of our names has a `/` or `~`).
fn paths(value: &Value, path: String) -> Vec<String> {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, part)| (name.clone(), part)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, part)| (at.to_string(), part)).collect(),
        _ => vec![],
    };
    let below = parts.into_iter().flat_map(|(name, part)| paths(part, format!("{path}/{name}")));
    std::iter::once(path.clone()).chain(below).collect()
}
