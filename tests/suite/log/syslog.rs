//! /dev/log, as rsyslogd reads it, and as a stream.

use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixListener;
use std::process::Command;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use serde_json::Value;

use super::{mount, usr1};
use crate::support::{DEADLINE, Dir, Helper, Victim, eventually, namespace, need};

const SOCKET: &str = "/dev/log";

/// A /dev of this mount namespace.
fn own_dev() {
    mount("/run");
    mount("/dev");
    mknod("/dev/null", SFlag::S_IFCHR, Mode::S_IRUSR | Mode::S_IWUSR, makedev(1, 3)).expect("/dev/null");
}

/// The record in a message.
#[track_caller]
fn record(message: &str) -> Value {
    let json = message.strip_prefix("@cee: ").unwrap_or_else(|| panic!("no cookie: {message}"));
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {message}"))
}

#[test]
fn rsyslogd_receives_a_message_for_each_record() {
    namespace(|| {
        if !need("rsyslogd") {
            return;
        }
        own_dev();
        let dir = Dir::new();
        let log = dir.path().join("log");
        let configuration = format!(
            r#"
            global(workDirectory="{dir}")
            module(load="imuxsock")
            template(name="text" type="string" string="%syslogfacility-text% %syslogseverity-text% %programname% %procid%%msg%\n")
            authpriv.* action(type="omfile" file="{log}" template="text")
            "#,
            dir = dir.path().display(),
            log = log.display(),
        );
        let file = dir.file("rsyslog.conf", configuration);
        let pidfile = dir.path().join("pid");
        let mut command = Command::new("rsyslogd");
        command.arg("-n").args(["-f".as_ref(), file.as_os_str(), "-i".as_ref(), pidfile.as_os_str()]);
        let daemon = Helper::start(&mut command);
        eventually("rsyslogd listens", || std::path::Path::new(SOCKET).exists());
        let hostile = "a\n<0>su: forged\n\u{202e}\x1b[2J";
        let invalid = std::ffi::OsStr::from_bytes(b"\xff\n");
        let victim = Victim::spec().arg(hostile).arg(invalid).catch(libc::SIGUSR1).spawn();
        let run = usr1(&victim).args(["--log-to"]).start();
        let pid = run.pid();
        let output = run.wait();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        let text = || std::fs::read_to_string(&log).unwrap_or_default();
        eventually("three lines", || text().lines().count() >= 3);
        drop(daemon);
        let text = text();
        let prefix = format!("authpriv notice pkill {pid} ");
        let lines: Vec<Value> = text
            .lines()
            .map(|line| record(line.strip_prefix(&prefix).unwrap_or_else(|| panic!("{prefix}: {line}"))))
            .collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
        assert_eq!(lines[1]["arguments"][1], hostile, "{text}");
        assert!(lines[1]["arguments"][2]["base64"].is_string(), "{text}");
        assert_eq!(lines[1]["pid"], victim.pid());
        assert_eq!(lines[2]["summary"]["signalled"], 1);
    });
}

/// Older loggers have a stream socket, with a NUL after each message. A message has a limit.
#[test]
fn a_stream_is_written_to() {
    namespace(|| {
        own_dev();
        let listener = UnixListener::bind(SOCKET).expect("a socket");
        let long = "\x01".repeat(3000);
        let victim = Victim::spec().arg("first").arg(&long).catch(libc::SIGUSR1).spawn();
        let output = usr1(&victim).args(["--log-to=syslog", "--not", &long]).run();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        let mut text = vec![];
        stream.read_to_end(&mut text).expect("the messages");
        let messages: Vec<&[u8]> = text.strip_suffix(b"\0").expect("an end").split(|&b| b == 0).collect();
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| {
                assert!(message.len() <= 8192, "{}", message.len());
                let message = std::str::from_utf8(message).expect("UTF-8");
                assert!(message.starts_with("<85>pkill["), "{message}");
                record(message.split_once("]: ").expect("a tag").1)
            })
            .collect();
        let kinds: Vec<_> =
            messages.iter().map(|message| message["kind"].as_str().expect("a kind")).collect();
        assert_eq!(kinds, ["start", "target", "summary"]);
        assert_eq!(messages[0]["argv_truncated"], true);
        assert_eq!(messages[1]["arguments_truncated"], true);
        assert_eq!(messages[1]["arguments"].as_array().expect("arguments").last().expect("one"), "first");
    });
}
