//! What identifies a process stays what it was: a number of one PID namespace is none of another, and an ID that is
//! reused names nothing.

use std::path::Path;
use std::process::Command;

use crate::support::{Helper, Victim, namespace, need, need_file};

/// The PID that was allocated last in the caller's PID namespace: proc_sys_kernel(5), a kernel with
/// CONFIG_CHECKPOINT_RESTORE.
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// The next process of our PID namespace gets this PID, if it is free.
fn next_pid_is(pid: u32) {
    std::fs::write(LAST_PID, (pid - 1).to_string()).expect("ns_last_pid");
}

/// In a nested PID namespace with the /proc of the outer one, where pkill has the same number in both.
#[test]
fn the_proc_of_an_outer_pid_namespace_is_recognized_by_more_than_a_number() {
    namespace(|| {
        if !need_file(LAST_PID) || !need("unshare") {
            return;
        }
        const PKILL: u32 = 30_000;
        let victim = Victim::spec().spawn();
        let (pid, name) = (victim.pid(), victim.name());
        // `sleep` is the bystander: inside, it has the victim's number.
        let script = format!(
            "echo {} > {LAST_PID}\n\
             sleep 1000 & test $! = {pid} || exit 9\n\
             echo {} > {LAST_PID}\n\
             echo ready; read go\n\
             {} -TERM -x {name} 2>&1 & test $! = {PKILL} || exit 8\n\
             wait $!; echo \"status $?\"\n\
             kill -KILL {pid}; wait {pid}; echo \"bystander $?\"\n",
            pid - 1,
            PKILL - 1,
            env!("CARGO_BIN_EXE_pkill")
        );
        let mut inside =
            Helper::ready(Command::new("unshare").args(["--pid", "--fork", "sh", "-c", &script]));
        next_pid_is(PKILL);
        inside.tell("go on");
        assert!(inside.hear().contains("/proc is that of another PID namespace"));
        assert_eq!(
            [inside.hear(), inside.hear()],
            ["status 3\n", "bystander 137\n"],
            "bystander: SIGKILL is ours"
        );
        assert!(Path::new(&format!("/proc/{pid}")).exists());
    });
}
