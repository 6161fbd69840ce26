//! The fully static build: one file for all three programs, which needs only `/proc`.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Root, Victim, cargo, document, namespace, packages, succeed};

/// Builds as the README does.
pub(super) fn static_file() -> PathBuf {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let build = ["build", "--quiet", "--locked", "--release", "--target", &target];
    succeed(cargo(build).env("RUSTFLAGS", "-C target-feature=+crt-static"));
    packages().join(target).join("release/pgrep")
}

/// A root with that file, two links to it, `/proc`, and nothing else.
fn empty_root() -> Root {
    let file = static_file();
    Root::new(|root| {
        let copied = Command::new("cp").arg(file).arg(root.join("pgrep")).status().expect("cp");
        assert!(copied.success());
        for name in ["pkill", "pidwait"] {
            symlink("pgrep", root.join(name)).expect("a link");
        }
    })
}

/// A module of the name service switch, nsswitch.conf(5), that terminates the program that loads it.
fn trap(root: &Root) {
    let source =
        root.file("trap.c", "__attribute__((constructor)) static void trap(void) { __builtin_trap(); }");
    let module = root.file("lib/libnss_trap.so.2", "");
    succeed(Command::new("cc").args(["-shared", "-nostdlib", "-o"]).arg(module).arg(source));
    root.file(
        "etc/nsswitch.conf",
        "passwd: trap systemd ldap files\ngroup: trap [NOTFOUND=return] files\nservices: trap files\n",
    );
}

#[test]
#[ignore = "builds a release, half a minute; .ci/run does"]
fn needs_nothing_but_proc() {
    namespace(|| {
        let root = empty_root();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a listening socket");
        let port = socket.local_addr().expect("an address").port();
        let mut daemon = Victim::spec().catch(libc::SIGHUP).holds(socket).spawn();
        let name = daemon.name().to_owned();
        let listed = format!("{} {name}\n", daemon.pid());
        let alone = format!("{}\n", daemon.pid());
        let daemon_pid = daemon.pid().to_string();
        let is = |line: &str, status: i32, out: &str| {
            let mut words = line.split_ascii_whitespace().map(|word| word.replace("NAME", &name));
            let output = root.run(&words.next().expect("a program"), words).run();
            // Columns are as wide as the PID.
            let plain =
                |text: &str| text.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            assert_eq!(
                (output.status, plain(&output.out())),
                (status, plain(out)),
                "{line}: {}",
                output.err()
            );
            output.err()
        };

        is("/pgrep -l NAME", 0, &listed);
        is("/pgrep -f ^NAME", 0, &alone);
        is("/pgrep -u 0 NAME", 0, &alone);
        assert!(is("/pgrep -u alice NAME", 2, "").starts_with("pgrep: invalid user name: alice\n"));
        let is_signalled = |user: &str| {
            let rows = root.run("/pkill", ["-0", "--verbose", &name]).run().rows();
            assert_eq!(rows, [[&*daemon_pid, user, &name, "signalled", "name", &name]]);
        };
        is_signalled("0");

        root.file("etc/passwd", "nobody:x:65534:65534::/:\nalice:x:0:0::/:\n");
        root.file("etc/group", "staff:x:0:\n");
        root.file("etc/services", &format!("example {port}/tcp\n"));
        for databases in ["files only", "with a trap"] {
            is("/pgrep -lu alice NAME", 0, &listed);
            is("/pgrep -lU alice -G staff NAME", 0, &listed);
            is("/pgrep -u nobody NAME", 1, "");
            assert!(is("/pgrep -u bob NAME", 2, "").contains("invalid user name: bob"), "{databases}");
            is_signalled("alice");
            let output = root.run("/pgrep", ["--json", "-u", "alice", &name]).run();
            assert_eq!(document(&output)["targets"][0]["user"], "alice", "{databases}");
            is("/pgrep --port tcp:example NAME", 0, &alone);
            is("/pgrep --port example,1 NAME", 0, &alone);
            assert!(
                is("/pgrep --port udp:example NAME", 2, "").contains("invalid port: udp:example"),
                "{databases}"
            );
            trap(&root);
        }

        is("/pkill -HUP -u alice NAME", 0, "");
        let caught: Vec<i32> =
            daemon.received().expect("a live process").iter().map(|got| got.signal).collect();
        assert_eq!(caught, [libc::SIGHUP]);
        is("/pidwait --timeout 0.01 NAME", 5, "");
        is("/pkill --wait NAME", 0, "");
        assert_eq!(daemon.killed_by(), Some(libc::SIGTERM));
    });
}

/// No locale is installed in that root, so the name of the locale decides.
#[test]
#[ignore = "builds a release, half a minute; .ci/run does"]
fn knows_utf_8_without_locales() {
    namespace(|| {
        let root = empty_root();
        let _victim = Victim::named("m\u{fc}hle").spawn();
        for (locale, pattern, status) in [
            ("C.UTF-8", "^m.hle$", 0),
            ("C.UTF-8", "^m..hle$", 1),
            ("de_DE.utf8@euro", "^m.hle$", 0),
            ("de_DE", "^m.hle$", 1),
            ("de_DE", "^m..hle$", 0),
            ("C", "^m..hle$", 0),
            ("", "^m..hle$", 0),
        ] {
            let output = root.run("/pgrep", ["-c", pattern]).env("LC_ALL", locale).run();
            assert_eq!(output.status, status, "{locale} {pattern}: {output:?}");
        }
    });
}
