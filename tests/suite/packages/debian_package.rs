//! The Debian package, in a Debian system of its own: it replaces procps' programs, and restores them when removed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::{Root, Victim, cargo, namespace, need, succeed};

/// A small system with these packages.
pub(super) fn debian(packages: &str) -> Root {
    let root = Root::new(|root| {
        let bootstrap = ["--variant=minbase", &format!("--include={packages}"), "bookworm"];
        succeed(Command::new("debootstrap").args(bootstrap).arg(root));
    });
    // Of manpages-ja, and of procps from 4.0.5 on.
    for page in ["ja/man1/pgrep.1.gz", "ja/man1/pkill.1.gz", "zh_CN/man1/pgrep.1.gz"] {
        root.file(&format!("usr/share/man/{page}"), "");
    }
    // No daemon may be started: it would run on the host.
    root.file("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");
    root.file("etc/dpkg/dpkg.cfg.d/test", "force-unsafe-io\n");
    shell(&root, "chmod 755 /usr/sbin/policy-rc.d");
    root
}

/// Builds it as the README does, into the root directory.
fn package(root: &Root, revision: &str) {
    let output = root.path().join(format!("{revision}.deb"));
    succeed(cargo(["deb", "--quiet", "--locked", "--deb-revision", revision, "--output"]).arg(output));
}

pub(super) fn shell(root: &Root, line: &str) -> String {
    let output = root.run("/bin/sh", ["-euc", line]).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").run();
    assert_eq!(output.status, 0, "{line}: {}\n{}", output.out(), output.err());
    output.out()
}

/// Every file, link and directory with its mode, owner, content and target, except dpkg's own files, and
/// the diversions.
pub(super) fn everything(root: &Root) -> BTreeSet<String> {
    let text = shell(
        root,
        "find / \\( -path /proc -o -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \\) -prune -o \
         -printf '%p %y %m %u %g %l\\n' -type f ! -name '*.deb' -exec sha256sum {} +; dpkg-divert --list",
    );
    text.lines().map(str::to_owned).collect()
}

/// A package with one file that this package has too.
fn rival(root: &Root) {
    let version = "Package: rival\nVersion: 1\nArchitecture: all\nMaintainer: rival <rival@rival.invalid>\nDescription: rival\n";
    root.file("tmp/rival/DEBIAN/control", version);
    root.file("tmp/rival/usr/share/zsh/vendor-completions/_pkill", "");
    shell(root, "dpkg-deb --build /tmp/rival /rival.deb; rm -r /tmp/rival");
}

pub(super) fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>, when: &str) {
    let differences: Vec<_> = before.symmetric_difference(after).collect();
    assert!(differences.is_empty(), "{when}: {differences:#?}");
}

/// All files are those of this package, and work.
fn assert_ours(root: &Root) {
    for name in ["pgrep", "pkill", "pidwait"] {
        assert!(shell(root, &format!("{name} -V")).starts_with(&format!("{name} from pkill ")), "{name}");
        let page = shell(root, &format!("zcat /usr/share/man/man1/{name}.1.gz"));
        let source =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("man/{name}.1")));
        assert_eq!(page, source.expect("the manual page"), "{name}(1)");
        // As bash-completion does at the first <TAB>.
        let load =
            ". /usr/share/bash-completion/bash_completion; _completion_loader \"$1\"; complete -p \"$1\"";
        let output = root.run("/bin/bash", ["-c", load, "bash", name]).run();
        let ours = root.path().join("usr/share/bash-completion/completions/pkill");
        let ours = std::fs::read_to_string(ours).expect("our completion");
        let function =
            output.out().split_ascii_whitespace().skip_while(|word| *word != "-F").nth(1).map(str::to_owned);
        assert!(
            function.is_some_and(|function| ours.contains(&function)),
            "bash completes {name}: {output:?}"
        );
        let fish = format!("usr/share/fish/vendor_completions.d/{name}.fish");
        assert!(root.path().join(&fish).is_file(), "{fish}");
    }
    let translated = "find /usr/share/man/*/man1 -name pgrep.1.gz -o -name pkill.1.gz -o -name pidwait.1.gz";
    assert_eq!(shell(root, translated), "", "man(1) would prefer them");
    let zsh = std::fs::read_to_string(root.path().join("usr/share/zsh/vendor-completions/_pkill"));
    let names = zsh.expect("for zsh").lines().next().expect("a line").to_owned();
    assert!(["#compdef", "pgrep", "pkill", "pidwait"].iter().all(|word| names.contains(word)), "{names}");

    // The files that the manual pages refer to.
    shell(
        root,
        "cd /usr/share/doc/pkill; test -s report.schema.json && test -s explanation.schema.json && test -s COMPATIBILITY.md",
    );

    let mut daemon = Victim::spec().catch(libc::SIGHUP).spawn();
    shell(root, &format!("pkill -HUP -x {}", daemon.name()));
    assert_eq!(daemon.received().map(|caught| caught.len()), Some(1));
}

#[test]
#[ignore = "builds a release and a Debian system, a minute; .ci/run does"]
fn comes_and_goes() {
    namespace(|| {
        if !["debootstrap", "cargo-deb", "dpkg-shlibdeps"].into_iter().all(need) {
            return;
        }
        let root = debian("procps,bash-completion"); // the files that this package replaces
        for revision in ["1", "2"] {
            package(&root, revision);
        }
        rival(&root);
        // Of procps and bash-completion.
        shell(
            &root,
            "mv /var/cache/apt/archives/procps_*.deb /var/cache/apt/archives/bash-completion_*.deb /",
        );
        let original = everything(&root);
        shell(&root, "dpkg --install /1.deb");
        assert_ours(&root);
        let kept = "/usr/lib/pkill/diverted/usr/bin/pkill -V";
        assert!(shell(&root, kept).starts_with("pkill from procps-ng"), "procps' own is still there");
        let changelog = "zcat /usr/share/doc/pkill/changelog.Debian.gz | sed -n '1s/.*(\\(.*\\)).*/\\1/p'";
        assert_eq!(shell(&root, "dpkg-deb --field /1.deb Version"), shell(&root, changelog), "changelog");
        let installed = everything(&root);

        for (line, after) in [
            ("dpkg --install /1.deb", &installed),
            ("dpkg --install /2.deb", &installed),
            ("dpkg --install /procps_*.deb /bash-completion_*.deb", &installed),
            ("dpkg --remove pkill", &original),
            ("dpkg --install /1.deb", &installed),
            ("dpkg --purge pkill", &original),
            // A package with one of the same files, and no diversion.
            ("dpkg --install /rival.deb; ! dpkg --install /1.deb; pkill -V; dpkg --purge rival", &original),
            // The administrator has diverted one of the paths.
            (
                "dpkg-divert --local --rename --add /usr/bin/pidwait; ! dpkg --install /1.deb; \
                 dpkg-divert --local --rename --remove /usr/bin/pidwait",
                &original,
            ),
            // The others are not installed yet, or already removed.
            (
                "dpkg --purge --force-depends procps bash-completion; dpkg --install /1.deb; pkill -V",
                &BTreeSet::new(),
            ),
            ("dpkg --install /procps_*.deb /bash-completion_*.deb", &installed),
            ("dpkg --purge --force-depends procps bash-completion; pkill -V", &BTreeSet::new()),
            ("dpkg --purge pkill; dpkg --install /procps_*.deb /bash-completion_*.deb", &original),
        ] {
            shell(&root, line);
            if !after.is_empty() {
                assert_same(after, &everything(&root), line);
            }
        }
    });
}
