/// Whether the program has privileges that its user lacks: its file is set-user-ID or set-group-ID or has
/// capabilities, or a program of that kind has started it (AT_SECURE of getauxval(3)).
pub(crate) fn has_privileges_beyond_the_user() -> bool {
    // Security modules set it too, where the program changes to another domain and gains nothing.
    is_secure_execution() && (has_other_ids() || has_capabilities())
}

/// Whether the kernel requires secure execution (AT_SECURE of getauxval(3)): the environment is not trusted.
pub(crate) fn is_secure_execution() -> bool {
    // SAFETY: getauxval reads what the kernel has passed to the program.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

fn has_other_ids() -> bool {
    use rustix::process::{getegid, geteuid, getgid, getuid};
    getuid() != geteuid() || getgid() != getegid()
}

/// Whether a user other than root has a capability.
fn has_capabilities() -> bool {
    let is_some = |sets: rustix::thread::CapabilitySets| !sets.permitted.is_empty();
    !rustix::process::getuid().is_root() && rustix::thread::capabilities(None).map_or(true, is_some)
}
