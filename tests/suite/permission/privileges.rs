//! pkill has no more privileges than its user.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::A;
use crate::support::{Dir, Run, Victim, need, need_root};

/// What `setcap cap_kill=ep` does: a version 2 `vfs_cap_data`, effective, with the bit in the permitted set
/// (linux/capability.h).
fn grant_cap_kill(file: &Path) {
    const CAP_KILL: u32 = 5;
    let words = [0x0200_0001, 1 << CAP_KILL, 0, 0, 0];
    let value: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
    rustix::fs::setxattr(file, "security.capability", &value, rustix::fs::XattrFlags::empty())
        .expect("a file system with capabilities");
}

/// The set-user-ID bit, the set-group-ID bit, capabilities of the file, or the IDs of a set-user-ID program that starts
/// it. It is refused before anything else is read.
#[test]
fn privileges_that_the_user_lacks_are_refused() {
    if !need_root() || !need("setpriv") {
        return;
    }
    let user = "setpriv --reuid 60001 --regid 60001 --clear-groups";
    let mut victim = Victim::spec().owned_by(A).spawn();
    let pid = victim.pid().to_string();
    for name in ["pgrep", "pkill", "pidwait"] {
        let dir = Dir::new();
        let file = dir.executable(Run::ours(name).program());
        let run = |wrapper: &str, args: &[&str]| {
            Run::ours(name).file(&file).through(wrapper.split(' ')).args(args).run()
        };
        let mode =
            |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("chmod");
        let refused = |wrapper: &str| {
            for args in [&["-p", &pid][..], &["--help"], &["--complete", "pid"], &["--unknown"]] {
                let output = run(wrapper, args);
                let message = format!("{name}: refusing to run with privileges that the user lacks (");
                assert!(
                    output.status == 3 && output.err().starts_with(&message),
                    "{wrapper} {args:?}: {output:?}"
                );
                assert_eq!(output.out(), "", "{wrapper} {args:?}");
            }
        };
        refused("setpriv --ruid 60001 --euid 0 --regid 60001 --clear-groups");
        refused("setpriv --reuid 60001 --rgid 60001 --egid 0 --clear-groups");
        for bit in [0o4755, 0o2755] {
            mode(bit);
            refused(user);
            assert_eq!(run("setpriv --reuid 0", &["--version"]).status, 0, "the real user is root too");
        }
        mode(0o755);
        assert_eq!(run(user, &["--version"]).status, 0);
        grant_cap_kill(&file);
        refused(user);
    }
    assert_eq!(victim.received(), Some(vec![]));
}
