//! The native protocol of the journal, as a receiver in its place reads it; and systemd-journald itself.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{IoSliceMut, Read as _, Seek as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use rustix::fs::{SealFlags, fcntl_get_seals};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::{ArgLog as _, assert_signalled, mount, records, usr1};
use crate::support::{Dir, Helper, NOBODY, Run, Victim, eventually, namespace, need_file};

pub(super) const SOCKET: &str = "/run/systemd/journal/socket";

/// The fields of an entry, and how often each occurs.
pub(super) type Entry = BTreeMap<String, Vec<Vec<u8>>>;

/// A socket at the path of the journal's.
pub(super) fn listen() -> UnixDatagram {
    std::fs::create_dir_all("/run/systemd/journal").expect("a directory");
    let _ = std::fs::remove_file(SOCKET);
    let socket = UnixDatagram::bind(SOCKET).expect("a socket");
    socket.set_read_timeout(Some(crate::support::DEADLINE)).expect("a timeout");
    socket
}

/// The fields as systemd-journald parses them (server_process_native_message).
fn parse(mut bytes: &[u8]) -> Entry {
    let mut entry = Entry::new();
    while let Some(end) = bytes.iter().position(|&b| b == b'\n') {
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        let (name, value) = match line.iter().position(|&b| b == b'=') {
            Some(equals) => {
                bytes = rest;
                (&line[..equals], &line[equals + 1..])
            }
            None => {
                let (length, rest) = rest.split_at(8);
                let length = u64::from_le_bytes(length.try_into().expect("8 bytes")) as usize;
                assert_eq!(rest[length], b'\n', "a value ends with a newline");
                bytes = &rest[length + 1..];
                (line, &rest[..length])
            }
        };
        let name = std::str::from_utf8(name).expect("a name").to_owned();
        let is_valid = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        assert!(name.bytes().all(is_valid) && !name.starts_with('_') && name.len() <= 64, "{name}");
        entry.entry(name).or_default().push(value.to_vec());
    }
    assert_eq!(bytes, b"");
    entry
}

/// The next entry, and whether it came as a sealed file.
pub(super) fn receive(socket: &UnixDatagram) -> (Entry, bool) {
    let mut bytes = vec![0; 1 << 20];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let message = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::CMSG_CLOEXEC);
    let length = message.expect("an entry").bytes;
    let files = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(files) => Some(files),
        _ => None,
    });
    match files.flatten().next() {
        None => (parse(&bytes[..length]), false),
        Some(file) => {
            let seals = fcntl_get_seals(&file).expect("seals");
            assert!(seals.contains(SealFlags::WRITE | SealFlags::SHRINK | SealFlags::SEAL), "{seals:?}");
            let mut text = vec![];
            let mut file = std::fs::File::from(file);
            file.rewind().and_then(|()| file.read_to_end(&mut text)).expect("read the file");
            assert_eq!(length, 0);
            (parse(&text), true)
        }
    }
}

#[track_caller]
fn text<'e>(entry: &'e Entry, name: &str) -> &'e str {
    let values = entry.get(name).unwrap_or_else(|| panic!("no {name}: {entry:?}"));
    assert_eq!(values.len(), 1, "{name}: {entry:?}");
    std::str::from_utf8(&values[0]).expect("UTF-8")
}

/// No name or argument is taken for a field.
#[test]
fn a_hostile_process_forges_no_field() {
    namespace(|| {
        mount("/run");
        let socket = listen();
        let hostile: &[u8] = b"a'\nPKILL_OUTCOME=forged\nPKILL_X\n\x08\0\0\0\0\0\0\0\xff\xfe\n";
        let argument: Vec<u8> = hostile.iter().copied().filter(|&b| b != 0).collect();
        let name: &[u8] = b"n\nPKILL_Y=\xff";
        let mut victim = Victim::named(name).arg(OsStr::from_bytes(&argument)).catch(libc::SIGUSR1).spawn();
        let pid = victim.pid().to_string();
        let output = Run::ours("pkill").args(["-USR1", "--log-to", "-p", &pid]).run();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        assert_signalled(&mut victim, 1, &output);
        let [start, target, summary] = [(); 3].map(|()| receive(&socket).0);
        let kind = |entry| text(entry, "PKILL_KIND").to_owned();
        assert_eq!([kind(&start), kind(&target), kind(&summary)], ["start", "target", "summary"]);
        for (name, value) in [
            ("PKILL_OUTCOME", "signalled"),
            ("PKILL_PID", &*pid),
            ("PKILL_SIGNAL", "USR1"),
            ("PKILL_SIGNAL_NUMBER", "10"),
            ("PKILL_UID", "0"),
            ("PKILL_USER", "root"),
            ("PKILL_INVOKER_UID", "0"),
            ("PKILL_INVOKER_PARENT_PID", "1"),
            ("PRIORITY", "5"),
            ("SYSLOG_IDENTIFIER", "pkill"),
            ("SYSLOG_FACILITY", "10"),
            ("MESSAGE", &format!("USR1 to n?PKILL_Y=? (pid {pid}, user root): signalled")),
        ] {
            assert_eq!(text(&target, name), value, "{name}");
        }
        assert_eq!(target["PKILL_NAME"], [name.to_vec()]);
        let arguments = &target["PKILL_ARGUMENTS"][0];
        let quoted = [b"'a'\\''", &argument[2..], b"'"].concat();
        assert!(arguments.ends_with(&quoted), "{}", arguments.escape_ascii());
        assert!(!target.contains_key("PKILL_X") && !target.contains_key("PKILL_Y"), "{target:?}");
        assert_eq!(text(&summary, "PKILL_SUMMARY_SIGNALLED"), "1");
        assert_eq!(text(&summary, "PKILL_SUMMARY_EXIT_STATUS"), "0");
        assert_eq!(text(&summary, "PKILL_CRITERIA_PID"), pid);
        assert_eq!(text(&summary, "MESSAGE"), "1 signalled; exit status 0");
        assert!(text(&start, "MESSAGE").starts_with("1 process selected by root: "), "{start:?}");
        let ids = [&start, &target, &summary].map(|entry| text(entry, "MESSAGE_ID").to_owned());
        assert!(ids.iter().all(|id| id.len() == 32) && ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    });
}

/// Larger than a datagram.
#[test]
fn a_large_entry_is_a_sealed_file() {
    namespace(|| {
        mount("/run");
        let socket = listen();
        let long = "x".repeat(120_000);
        let args = ["--log-to=journal", "-f", "--and", &long, "--and", &long, "--not", &long, &long];
        let output = Run::ours("pkill").args(args).run();
        assert_eq!((output.err(), output.status), (String::new(), 1));
        let (summary, is_file) = receive(&socket);
        assert!(is_file);
        assert_eq!(text(&summary, "PKILL_CRITERIA_PATTERN"), long);
        assert_eq!(text(&summary, "PKILL_SUMMARY_MATCHED"), "0");
    });
}

/// What an administrator asks: what was refused?
#[test]
fn journalctl_finds_what_was_refused() {
    namespace(|| {
        const JOURNALD: &str = "/lib/systemd/systemd-journald";
        if !need_file(JOURNALD) || !need_file("/etc/machine-id") {
            return;
        }
        mount("/run");
        mount("/var/log");
        std::fs::create_dir_all("/run/log/journal").expect("a directory");
        let mut daemon = Command::new(JOURNALD);
        let daemon = Helper::start(daemon.stdout(std::process::Stdio::null()));
        eventually("journald listens", || Path::new(SOCKET).exists());
        let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
        let output = usr1(&victim).args(["--log-to"]).user(NOBODY, NOBODY).run();
        assert_eq!(output.status, 1, "{output:?}");
        assert_signalled(&mut victim, 0, &output);
        let mut found = String::new();
        eventually("the entry", || {
            let args = ["-D", "/run/log/journal", "-o", "json", "PKILL_OUTCOME=refused"];
            let output = Command::new("journalctl").args(args).output().expect("journalctl");
            found = String::from_utf8(output.stdout).expect("UTF-8");
            found.ends_with('\n')
        });
        drop(daemon);
        let entry: serde_json::Value = serde_json::from_str(found.trim()).expect("one entry");
        assert_eq!(entry["PKILL_PID"], victim.pid().to_string());
        assert_eq!(entry["PKILL_INVOKER_UID"], NOBODY.to_string());
        assert_eq!(entry["_UID"], NOBODY.to_string(), "the journal's own");
        assert_eq!(entry["PKILL_ERRNO"], libc::EPERM.to_string());
        assert_eq!(entry["PRIORITY"], "4");
    });
}

/// Without a journal it is syslog; without either, nothing is sent.
#[test]
fn the_journal_must_be_there() {
    namespace(|| {
        mount("/run");
        let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
        for (args, value, message, status) in [
            (&["--log-to"][..], None, "pkill: cannot log to the system's log: /dev/log: ", 3),
            (&["--log-to=syslog"], None, "pkill: cannot log to syslog: /dev/log: ", 3),
            (
                &["--log-to=journal"],
                None,
                "pkill: cannot log to the journal: /run/systemd/journal/socket: No such",
                3,
            ),
            (&[], Some("journal"), "pkill: note: PKILL_LOG: cannot log to the journal: /run/", 0),
            (&["--quiet"], Some("journal"), "", 0),
        ] {
            let run = usr1(&victim).args(args);
            let output = value.into_iter().fold(run, |run, value| run.env("PKILL_LOG", value)).run();
            assert!(
                output.err().starts_with(message) && output.err().is_empty() == message.is_empty(),
                "{output:?}"
            );
            assert_eq!(output.status, status, "{output:?}");
            assert_signalled(&mut victim, usize::from(status == 0), &output);
        }
        let dir = Dir::new();
        let log = dir.path().join("log");
        usr1(&victim).arg_log(&log).run();
        assert_eq!(records(&log).len(), 3);
    });
}
