//! The program installs itself with its man pages and completions in a Debian system, and is removed again.

use std::process::Command;

use super::debian_package::{assert_same, debian, everything, shell};
use super::static_file::static_file;
use crate::support::{namespace, need, succeed};

/// Commands, and what their output contains while it is installed.
const USES: &[(&str, &str)] = &[
    ("pkill --version", "pkill from pkill "),
    ("pidwait --version", "pidwait from pkill "),
    ("man -w pkill pidwait pkill-report", "/usr/local/"),
    ("man pkill | cat", "DELIVERY"),
    ("bash -c '. /usr/share/bash-completion/bash_completion; complete -p pkill'", "-F _pkill"),
    ("zsh -c 'autoload -Uz compinit; compinit -D; print $_comps[pidwait]; autoload +X _pkill'", "_pkill"),
    ("fish -c 'complete --do-complete \"pkill --kill-a\"'", "--kill-after"),
];

#[test]
#[ignore = "builds a release and a Debian system, a minute; .ci/run does"]
fn comes_and_goes() {
    namespace(|| {
        if !need("debootstrap") {
            return;
        }
        let root = debian("procps,man-db,bash-completion,zsh,fish");
        succeed(Command::new("cp").arg(static_file()).arg(root.path().join("root/pgrep")));
        // The shells write files of their own at the first start.
        let uses =
            |line: &str| shell(&root, &format!("export HOME=/tmp PATH=\"/usr/local/bin:$PATH\"; {line}"));
        USES.iter().for_each(|(line, _)| drop(uses(&format!("{line} || true"))));
        let before = everything(&root);
        let install = "/root/pgrep --generate install | sh -s -- --program /root/pgrep";
        shell(&root, install);
        for (line, part) in USES {
            let out = uses(line);
            assert!(out.contains(part), "{line}: {out}");
        }
        let refused = shell(&root, &format!("! {install} --prefix /usr --replace 2>&1"));
        assert!(refused.contains("belongs to the package procps"), "{refused}");
        uses("pgrep --generate install | sh -s -- --remove");
        assert_same(&before, &everything(&root), "removed");
    });
}
