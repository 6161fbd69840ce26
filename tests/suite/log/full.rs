//! Loggers that read nothing, or exit while pkill runs.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;

use super::journal::{SOCKET, listen, receive};
use super::{assert_signalled, mount, usr1};
use crate::support::{Run, Victim, eventually, namespace};

/// No more datagrams fit into the queue of the socket.
fn fill() -> UnixDatagram {
    let socket = UnixDatagram::unbound().expect("a socket");
    socket.set_nonblocking(true).expect("a socket that does not block");
    while socket.send_to(b"X=x\n", SOCKET).is_ok() {}
    socket
}

/// As where systemd-journald is stopped. pkill waits for a time, and does not hang.
#[test]
fn a_logger_that_reads_nothing() {
    namespace(|| {
        mount("/run");
        let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
        let _socket = listen();
        let _full = fill();
        let output = usr1(&victim).args(["--log-to"]).run();
        assert_eq!(output.err(), "pkill: cannot log to the journal: the logger reads nothing\n");
        assert_eq!(output.status, 3);
        assert_signalled(&mut victim, 0, &output);
        let output = usr1(&victim).env("PKILL_LOG", "journal").run();
        assert_eq!(
            output.err(),
            "pkill: note: PKILL_LOG: cannot log to the journal: the logger reads nothing\n"
        );
        assert_eq!(output.status, 0);
        assert_signalled(&mut victim, 1, &output);
    });
}

/// More records than fit into the queue arrive, as the logger reads them.
#[test]
fn a_burst_is_read() {
    namespace(|| {
        mount("/run");
        let socket = listen();
        let victims: Vec<Victim> =
            (0..40).map(|_| Victim::named("log-burst").ignore(libc::SIGUSR1).spawn()).collect();
        let run = Run::ours("pkill").args(["-USR1", "--log-to", "-x", "log-burst"]).start();
        let entries: Vec<_> = (0..victims.len() + 2).map(|_| receive(&socket).0).collect();
        let output = run.wait();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        let targets = entries.iter().filter(|entry| entry["PKILL_KIND"] == [b"target".to_vec()]);
        assert_eq!(targets.count(), victims.len());
    });
}

/// It exits during the wait of pkill: the records are lost. If it has been started again, they are not.
#[test]
fn a_logger_that_exits() {
    namespace(|| {
        mount("/run");
        for is_restarted in [false, true] {
            let mut victim = Victim::spec().catch(libc::SIGTERM).spawn();
            let socket = listen();
            let run = Run::ours("pkill").args(["--wait", "--log-to", "-x", victim.name()]).start();
            assert_eq!(receive(&socket).0["PKILL_KIND"], [b"start".to_vec()]);
            eventually("the signal", || !victim.received().expect("it lives").is_empty());
            drop(socket);
            let new = is_restarted.then(listen);
            victim.send(Signal::KILL);
            victim.wait();
            let output = run.wait();
            assert_eq!(output.status, 0, "{output:?}");
            match new {
                Some(socket) => {
                    assert_eq!(output.err(), "");
                    let (target, _) = receive(&socket);
                    assert_eq!(target["PKILL_OUTCOME"], [b"exited".to_vec()]);
                    assert_eq!(receive(&socket).0["PKILL_KIND"], [b"summary".to_vec()]);
                }
                None => assert_eq!(
                    output.err(),
                    "pkill: note: 2 of 3 records could not be logged to the journal: Connection refused\n"
                ),
            }
            let _ = std::fs::remove_file(SOCKET);
        }
    });
}
