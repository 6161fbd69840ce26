//! The name by which a program is called.

use std::os::unix::process::CommandExt as _;

use crate::support::{Dir, Run};

/// The executable of pgrep is that of the others too, as in procps; under an unknown name it only lists.
#[test]
fn pgrep_is_what_it_is_called() {
    let dir = Dir::new();
    for (called, is) in [
        ("pkill", "pkill"),
        ("pidwait", "pidwait"),
        ("pgrep", "pgrep"),
        ("pkill.old", "pgrep"),
        ("xpkill", "pgrep"),
        ("pk", "pgrep"),
    ] {
        let link = dir.path().join(called);
        std::os::unix::fs::symlink(Run::ours("pgrep").program(), &link).expect("a link");
        let output = Run::ours("pgrep").file(&link).through(["env"]).args(["-V"]).run();
        assert!(output.out().starts_with(&format!("{is} from ")), "{called}: {output:?}");
        std::fs::remove_file(link).expect("remove the link");
    }
    let nameless = Run::ours("pgrep")
        .args(["-V"])
        .prepare(|command| {
            command.arg0("");
        })
        .run();
    assert!(nameless.out().starts_with("pgrep from "), "{nameless:?}");
}
