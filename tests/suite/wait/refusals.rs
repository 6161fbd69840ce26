//! Signals that the kernel or a security module refuses, and their effect on the exit status of a wait.

use libc::SIGTERM;
use serde_json::Value;

use super::{ends, run, target, with};
use crate::support::{self, Run, Victim, document, need_root};

/// A security module refuses with EACCES, where kill(2) has EPERM. The dry run reports it if signal 0 is refused too.
#[test]
fn a_security_module_refuses() {
    let refuses: &[(i64, i32)] = &[(libc::SYS_pidfd_send_signal, libc::EACCES)];
    let mut victim = Victim::spec().spawn();
    let pid = victim.pid();
    for (args, status) in [("", 1), ("--strict", 4), ("--wait --tree", 1), ("--freeze", 1)] {
        let output = with(refuses, run("pkill", args, &[&victim])).run();
        let why = "by a security module such as AppArmor or SELinux; see its log";
        ends(&output, status, "", &format!("pkill: killing pid {pid} failed: Permission denied ({why})\n"));
    }
    for (args, outcome, errno) in [
        ("--json", "refused", Value::from(libc::EACCES)),
        ("--json --dry-run", "would_be_refused", Value::Null),
    ] {
        let output = with(refuses, run("pkill", args, &[&victim])).run();
        let report = document(&output);
        let target = target(&report, &victim);
        assert_eq!((&target["outcome"], &target["errno"]), (&outcome.into(), &errno), "{report:#}");
        let why = target["explanation"].as_str().expect("a sentence");
        assert!(why.contains("a security module"), "{why}");
    }
    assert_eq!(victim.received(), Some(vec![]));
}

/// AppArmor cannot be asked about a signal, only whether there is a profile.
#[test]
fn the_dry_run_reports_a_security_profile() {
    if !support::need_root() || !support::need("unshare") {
        return;
    }
    let victim = Victim::spec().spawn();
    for (label, is_confined) in
        [("daemon (enforce)", true), ("daemon (complain)", false), ("unconfined", false)]
    {
        let line = format!(
            "mount -t tmpfs none /mnt && echo '{label}' > /mnt/label && \
             mount --bind /mnt/label /proc/{pid}/attr/current && exec {} --dry-run -p {pid}",
            support::executable("pkill"),
            pid = victim.pid()
        );
        let output = Run::shell(&line).through(["unshare", "--mount"]).run();
        assert_eq!(output.err(), "");
        let hint = "terminate (unless AppArmor, which confines pkill or the process, refuses it)";
        assert_eq!(output.out().contains(hint), is_confined, "{label}: {}", output.out());
    }
}

/// A refusal does not change the status if another process was signalled; a process that is still running does.
#[test]
fn refusals_and_timeouts_in_the_exit_status() {
    if !need_root() {
        return;
    }
    const UID: u32 = 54_321;
    let part = || Victim::spec().owned_by(UID);
    let others = Victim::spec().spawn();
    let refused = format!("pkill: killing pid {} failed: Operation not permitted\n", others.pid());
    for (own, args, status) in [
        (part(), "--wait", 0),
        (part(), "--wait --strict", 4),
        (part().ignore(SIGTERM), "--timeout 0.05", 5),
        (part().ignore(SIGTERM), "--timeout 0.05 --strict", 5),
    ] {
        let own = own.spawn();
        let output = run("pkill", args, &[&own, &others]).user(UID, UID).run();
        let still = format!("pkill: 1 process is still running: {} {}\n", own.pid(), own.name());
        ends(&output, status, "", &(refused.clone() + if status == 5 { &still } else { "" }));
    }
    ends(&run("pkill", "--wait", &[&others]).user(UID, UID).run(), 1, "", &refused);
    // Without matches there is nothing to wait for.
    for (args, status) in
        [("--wait", 1), ("--wait --allow-none", 0), ("--until-none", 1), ("--timeout 60", 1)]
    {
        let output = Run::ours("pkill").args(args.split(' ')).args(["-x", &Victim::spec().tag()]).run();
        ends(&output, status, "", "");
    }
}
