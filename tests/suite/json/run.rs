//! What `--json` reports of the run itself: the host, the boot, the time, the invoker and the command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};

use super::bytes;
use crate::support::{Run, Victim, document, namespace, need, tracer};

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim_end().to_owned()
}

#[test]
fn the_run_is_described() {
    let victim = Victim::spec().spawn();
    let odd = OsStr::from_bytes(b"\xff\n");
    let args = [OsStr::new("--json"), "-x".as_ref(), "--not".as_ref(), odd, victim.name().as_ref()];
    let before = jiff::Timestamp::now() - jiff::SignedDuration::from_millis(1); // it is rounded
    let document = document(&Run::ours("pgrep").args(args).run());
    let time: jiff::Timestamp = document["time"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(before <= time && time <= jiff::Timestamp::now(), "{before} {time}");
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(bytes(&document["host"]), rustix::system::uname().nodename().to_bytes());
    assert_eq!(document["boot_id"], read("/proc/sys/kernel/random/boot_id"));
    let typed: Vec<Vec<u8>> = document["argv"].as_array().expect("words").iter().map(bytes).collect();
    let words = ["pgrep".as_ref()].into_iter().chain(args).map(|word: &OsStr| word.as_bytes().to_vec());
    assert_eq!(typed, words.collect::<Vec<_>>());

    let invoker = &document["invoker"];
    assert_eq!(invoker["uid"], rustix::process::getuid().as_raw());
    assert_ne!(invoker["pid"], std::process::id());
    let login = read("/proc/self/loginuid").parse::<u32>().ok().filter(|uid| *uid != u32::MAX);
    assert_eq!(invoker["login_uid"], json!(login));
    assert_eq!(invoker["parent"]["pid"], std::process::id());
    // The name of the process, not of the thread that has started it.
    assert_eq!(
        bytes(&invoker["parent"]["name"]),
        std::fs::read("/proc/self/comm").expect("a name").trim_ascii_end()
    );
}

#[test]
fn another_user_and_a_login() {
    namespace(|| {
        let as_user = |args: &[&str]| {
            document(&Run::ours("pgrep").args(args).args(["--json", "x"]).user(65_534, 65_534).run())
        };
        assert_eq!(as_user(&["-x"])["invoker"]["uid"], 65_534);
        // What pam_loginuid(8) does, if the kernel has it.
        let script = "echo 4242 >/proc/self/loginuid; cat /proc/self/loginuid >&2; exec \"$0\" --json x";
        let output = Run::shell(script).args([Run::ours("pgrep").program()]).run();
        let set =
            output.err().lines().filter_map(|line| line.parse::<u32>().ok()).find(|uid| *uid != u32::MAX);
        assert_eq!(document(&output)["invoker"]["login_uid"], json!(set));
    });
}

#[test]
fn the_terminal_is_named() {
    let mut held = None;
    for (on_terminal, prefix) in [(true, "pts/"), (false, "")] {
        let mut command = tracer::command(Run::ours("pgrep").program().to_str().expect("UTF-8"));
        match on_terminal {
            true => held = Some(tracer::on_terminal(&mut command)),
            false => tracer::without_terminal(&mut command),
        }
        let output = command.args(["--json", "no-such-process"]).output().expect("start pgrep");
        let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
        let tty = document["invoker"]["tty"].as_str().unwrap_or_default();
        assert!(tty.starts_with(prefix) && tty.is_empty() != on_terminal, "{document:#}");
    }
    drop(held);
}

/// A parent that is outside of the PID namespace is none, and the /proc of another PID namespace is not asked for names.
#[test]
fn namespaces_hide_the_parent() {
    namespace(|| {
        if !need("unshare") {
            return;
        }
        let pgrep = Run::ours("pgrep").program().to_owned();
        let inside = |wrapper: &[&str]| {
            let args: Vec<OsString> = wrapper[1..].iter().map(OsString::from).collect();
            let run = Run::shell("exec \"$0\" \"$@\"").args([wrapper[0]]).args(args);
            document(&run.args([pgrep.as_os_str(), "--json".as_ref(), "x".as_ref()]).run())["invoker"].clone()
        };
        let first = inside(&["unshare", "--pid", "--fork", "--mount-proc"]);
        assert_eq!((&first["pid"], &first["parent"]), (&json!(1), &Value::Null), "{first}");
        let outer_proc = inside(&["unshare", "--pid", "--fork", "sh", "-c", "\"$@\"; exit", "sh"]);
        assert_eq!(outer_proc["parent"], json!({ "pid": 1, "name": null }), "{outer_proc}");
        assert_eq!(outer_proc["tty"], Value::Null);
    });
}
