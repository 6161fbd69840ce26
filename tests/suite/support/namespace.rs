use std::os::unix::process::CommandExt;
use std::process::Command;

use super::rerun::{must_pass, only, test_name};
use super::{need, need_root, succeed};

const INSIDE: &str = "PKILL_TEST_NAMESPACE";

/// True inside [`namespace`].
pub fn in_namespace() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// proc(5): with hidepid=2 an ordinary user sees only its own processes. Only inside a [`namespace`].
pub fn hide_processes() {
    assert!(in_namespace(), "/proc belongs to the host");
    succeed(Command::new("mount").args(["-o", "remount,hidepid=2", "/proc"]));
}

/// Runs the test's body in a PID namespace with its own `/proc`, where the test executable is PID 1 and
/// no other process exists: there `pkill --inverse` or `-u root` hit only what the test started. Call it as the
/// only statement of a test, with a closure.
pub fn namespace<F: FnOnce()>(body: F) {
    if in_namespace() {
        return body();
    }
    if !need_root() || !need("unshare") {
        return;
    }
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--mount-proc", "--kill-child"])
        .arg(std::env::current_exe().expect("our own executable"))
        .args(only(test_name(&body)));
    must_pass(command.env(INSIDE, "1").process_group(0));
}
