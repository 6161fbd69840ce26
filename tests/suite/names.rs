//! The name by which a program is called.

use std::os::unix::process::CommandExt as _;

use crate::support::{Dir, Run};

/// The executable of pgrep is that of the others too, as in procps; under an unknown name it only lists.
#[test]
fn pgrep_is_what_it_is_called() {
    let dir = Dir::new();
    for (file, called, is) in [
        ("pgrep", "pkill", "pkill"),
        ("pgrep", "pidwait", "pidwait"),
        ("pgrep", "pgrep", "pgrep"),
        ("pgrep", "pkill.old", "pgrep"),
        ("pgrep", "xpkill", "pgrep"),
        ("pkill", "pk", "pkill"),
        ("pkill", "pgrep", "pkill"),
        ("pidwait", "pkill", "pidwait"),
    ] {
        let link = dir.path().join(called);
        std::os::unix::fs::symlink(Run::ours(file).program(), &link).expect("a link");
        let output = Run::ours(file).file(&link).through(["env"]).args(["-V"]).run();
        assert!(output.out().starts_with(&format!("{is} from ")), "{file} as {called}: {output:?}");
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
