//! Tests of the test support: a victim is as specified.

use crate::support::{self, Received, Run, Victim, namespace, need_root, own_pid};

#[test]
fn a_victim_records_each_signal_once() {
    let mut victim = Victim::spec().catch(libc::SIGHUP).ignore(libc::SIGINT).spawn();
    assert_eq!(victim.received(), Some(vec![]));
    victim.send(rustix::process::Signal::HUP);
    victim.send(rustix::process::Signal::INT);
    let hup = Received { signal: libc::SIGHUP, code: libc::SI_USER, value: 0 };
    let received = victim.received().expect("it lives");
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!((received[0].signal, received[0].code), (hup.signal, hup.code));
    victim.send(rustix::process::Signal::TERM);
    assert_eq!(victim.received(), None);
    assert_eq!(victim.killed_by(), Some(libc::SIGTERM));
}

#[test]
fn a_victim_ends_with_its_standard_input() {
    let mut victim = Victim::spec().spawn();
    victim.finish();
    assert_eq!(victim.wait().code(), Some(0));
}

#[test]
fn the_installed_pgrep_sees_a_victim_as_it_was_specified() {
    let victim = Victim::spec().arg("one two").session().thread("other").spawn();
    if support::installed_version().is_none() {
        return;
    }
    let pid = victim.pid().to_string();
    let output =
        Run::installed("pgrep").args(["-a", "-P", &own_pid(), "-s", &pid, "-x", victim.name()]).run();
    assert_eq!((output.out(), output.status), (format!("{pid} {} one two\n", victim.name()), 0));
}

#[test]
fn a_victim_has_the_ids_and_the_terminal_it_asked_for() {
    if !need_root() {
        return;
    }
    let victim = Victim::spec().gids(11, 12, 13).terminal().uids(1, 2, 3).spawn();
    let status = std::fs::read_to_string(format!("/proc/{}/status", victim.pid())).unwrap();
    assert!(status.contains("Uid:\t1\t2\t3\t2\n") && status.contains("Gid:\t11\t12\t13\t12\n"), "{status}");
    assert!(victim.terminal().starts_with("pts/"));
    assert_ne!(support::stat_field(victim.pid(), 7), "0");
}

#[test]
fn a_stopped_victim_and_a_zombie() {
    let mut victim = Victim::spec().spawn();
    victim.stop();
    assert_eq!(support::stat_field(victim.pid(), 3), "T");
    victim.make_zombie();
    assert_eq!(support::stat_field(victim.pid(), 3), "Z");
}

#[test]
fn a_namespace_holds_only_the_test() {
    namespace(|| {
        assert_eq!(std::process::id(), 1);
        let victim = Victim::spec().spawn();
        let listed = std::fs::read_dir("/proc").unwrap().flatten();
        let pids: Vec<u32> =
            listed.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok()).collect();
        assert_eq!(pids, [1, victim.pid()]);
    });
}
