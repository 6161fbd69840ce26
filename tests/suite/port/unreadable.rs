//! Descriptors, processes and tables that cannot be read are reported.

use super::{held, holder, tcp};
use crate::support::{NOBODY, Run, Victim, hide_processes, namespace, need_root, own_pid};

/// Ordinary users find their own processes, and get a note about the others.
#[test]
fn a_port_of_another_user_is_reported() {
    if !need_root() {
        return;
    }
    let user = |port: u16| Run::ours("pgrep").user(NOBODY, NOBODY).args(["--port", &port.to_string()]);
    let note = |port| {
        format!(
            "pgrep: note: no readable process holds tcp:{port}, so the result may be incomplete; run as root to see more\n"
        )
    };
    let (socket, port) = tcp();
    let own = Victim::spec().holds(socket.try_clone().expect("a copy")).owned_by(NOBODY).spawn();
    let roots = holder(socket);
    let output = user(port).run();
    // A holder is found, so the port needs no note.
    assert_eq!((output.pids(), output.err(), output.status), (vec![own.pid()], String::new(), 0));
    drop(own);
    let output = user(port).run();
    assert_eq!((output.pids(), output.err(), output.status), (vec![], note(port), 1));
    let output = user(port).args(["--quiet"]).run();
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 1));
    // Whether root's process holds it is not known, so it is not among the others either.
    let output = user(port).args(["--inverse", "-x", roots.name()]).run();
    assert!(!output.pids().contains(&roots.pid()), "{}", output.out());
    assert!(output.err().contains("could not be examined"), "{}", output.err());
    // The note does not depend on the other criteria: some process holds the port.
    let output = user(port).args(["-x", "no-such-name"]).run();
    assert_eq!((output.err(), output.status), (note(port), 1));
    // Without a holder there is no note.
    drop(roots);
    let output = user(port).run();
    assert_eq!((output.err(), output.status), (String::new(), 1));
}

/// proc(5): with hidepid=2 the processes of others are hidden, but their ports are not.
#[test]
fn a_port_of_a_hidden_process_is_reported() {
    namespace(|| {
        hide_processes();
        let (socket, port) = tcp();
        let victim = holder(socket);
        let output = Run::ours("pgrep").user(NOBODY, NOBODY).args(["--port", &port.to_string()]).run();
        assert_eq!((output.out(), output.status), (String::new(), 1), "{}", output.err());
        assert!(output.err().contains(&format!("no readable process holds tcp:{port}")), "{}", output.err());
        assert_eq!(held(port), [victim.pid()]);
    });
}

/// Ports are known only from the tables. Without IPv6 two of them are missing.
#[test]
fn tables_that_cannot_be_read_are_reported() {
    if !need_root() {
        return;
    }
    let (socket, port) = tcp();
    let victim = holder(socket);
    let found = format!("{}\n", victim.pid());
    for (tables, protocol, out, err) in [
        ("tcp tcp6 udp udp6", "", &found[..], ""),
        ("tcp udp", "", &found, ""),
        ("tcp", "tcp:", &found, ""), // tables of other protocols are not read
        ("tcp", "", "", "pgrep: cannot read /proc/net/udp: No such file or directory\n"),
        ("", "", "", "pgrep: cannot read /proc/net/tcp: No such file or directory\n"),
    ] {
        // The remaining tables are copies; the shell executes pgrep, so "self" stays the same process.
        let line = format!(
            "cd /proc/self/net && mount -t tmpfs none /mnt && for table in {tables}; do cat $table > /mnt/$table; done && \
             mount --bind /mnt . && exec {} -P {} --port {protocol}{port}",
            env!("CARGO_BIN_EXE_pgrep"),
            own_pid()
        );
        let output = Run::shell(&line).through(["unshare", "--mount"]).run();
        assert_eq!((output.out().as_str(), output.err().as_str()), (out, err), "{tables} {protocol}");
        assert_eq!(output.status, if err.is_empty() { 0 } else { 3 }, "{tables}");
    }
}
