//! Where a process runs: `--cgroup`, `--unit`, `--local`.

use std::path::PathBuf;

use crate::support::{
    Dir, Run, Scene, Spec, Victim, case, check, namespace, need, need_root, on_terminal, own_pid,
};

/// Victims with different lines in /proc/PID/cgroup: of systems with v2, with v1, with both and with neither.
/// The files are mounted over those of the kernel in the mount namespace of the program.
struct Placed {
    victims: Vec<(&'static str, Victim)>,
    tag: String,
    script: PathBuf,
    _dir: Dir,
}

impl Placed {
    fn new(places: &[(&'static str, &str)]) -> Option<Placed> {
        if !need_root() || !need("unshare") {
            return None;
        }
        let (dir, tag) = (Dir::new(), Victim::spec().tag());
        let mut script = "#!/bin/sh\n".to_owned();
        let mut victims = vec![];
        for (label, lines) in places {
            let file = dir.file(label, lines);
            let victim = Victim::named(format!("{tag}{label}")).spawn();
            script += &format!("mount --bind {} /proc/{}/cgroup || exit 99\n", file.display(), victim.pid());
            victims.push((*label, victim));
        }
        script += "exec \"$@\"\n";
        let script = dir.script("mounts", &script);
        Some(Placed { victims, tag, script, _dir: dir })
    }

    fn run(&self, program: &str, args: &[&str]) -> Run {
        let script = self.script.to_str().expect("UTF-8");
        Run::ours(program).args(args).through(["unshare", "--mount", script])
    }

    /// The labels of the victims that are found.
    fn found(&self, args: &[&str]) -> Vec<&'static str> {
        let output = self.run("pgrep", &[args, &[&self.tag]].concat()).run();
        assert_eq!(output.err(), "", "{args:?}");
        let found: Vec<_> = self
            .victims
            .iter()
            .filter_map(|(label, victim)| output.pids().contains(&victim.pid()).then_some(*label))
            .collect();
        assert_eq!(output.pids().len(), found.len(), "{args:?}: {}", output.out());
        assert_eq!(output.status, i32::from(found.is_empty()), "{args:?}");
        found
    }

    fn finds(&self, option: &str, cases: &[(&str, &str)]) {
        for (value, expected) in cases {
            let expected: Vec<_> = expected.split_ascii_whitespace().collect();
            assert_eq!(self.found(&[option, value]), expected, "{option} {value}");
        }
    }
}

#[test]
fn cgroups() {
    let Some(placed) = Placed::new(&[
        ("root", "0::/\n"),
        ("svc", "0::/system.slice/nginx.service\n"),
        ("sub", "0::/system.slice/nginx.service/worker\n"),
        ("dash", "0::/system.slice/a\\x2db.service\n"),
        ("odd", "0::/a*[b]?\n"),
        ("v1", "4:cpu,cpuacct:/x\n3:memory:/x/y\n1:name=systemd:/user.slice\n"),
        ("both", "2:memory:/x\n1:name=systemd:/user.slice\n0::/user.slice\n"),
        ("gone", "0::/gone/group (deleted)\n"),
        ("none", ""),
    ]) else {
        return;
    };
    placed.finds(
        "--cgroup",
        &[
            // As in procps-ng.
            ("/", "root"),
            ("/system.slice/nginx.service", "svc"),
            ("/system.slice/nginx.service,/user.slice", "svc both"),
            ("/system.slice", ""),
            (r"/system.slice/a\x2db.service", "dash"),
            ("/a*[b]?", "odd"),
            ("/gone/group (deleted)", "gone"),
            ("/gone/group", ""),
            // The subtree.
            ("/system.slice/", "svc sub dash"),
            ("/system.slice/nginx.service/", "svc sub"),
            ("/system.slic/", ""),
            ("/user.slice/", "both"),
            ("/gone/group/", "gone"),
            // Patterns: only ** matches a slash.
            ("/*", "odd both"),
            ("/system.slice/*", "svc dash"),
            ("/system.slice/n?inx.service", "svc"),
            ("/system.slice/[a-n]*.service", "svc dash"),
            ("/system.slice/[!n]*", "dash"),
            (r"/*/a\x2d*", "dash"),
            ("/*/*/", "svc sub dash gone"),
            ("/**/worker", "sub"),
            ("/**/nginx.service", "svc"),
            ("/**", "root svc sub dash odd both gone"),
            ("/gone/g*", "gone"),
            // The hierarchies of v1.
            ("cpu:/x", "v1"),
            ("cpuacct:/x", "v1"),
            ("cpu,cpuacct:/x", "v1"),
            ("memory:/x", "both"),
            ("memory:/x/", "v1 both"),
            ("memory:/*", "both"),
            ("cpu:/x,/", "root v1"),
            ("name=systemd:/user.slice", "v1 both"),
            ("systemd:/user.slice", ""),
            ("cp:/x", ""),
            ("freezer:/x", ""),
            ("user.slice", ""),
        ],
    );
    // Inverted: all others, those without a group included.
    let output = placed.run("pgrep", &["--inverse", "--cgroup", "/system.slice/", "-P", &own_pid()]).run();
    for (label, victim) in &placed.victims {
        let outside = !["svc", "sub", "dash"].contains(label);
        assert_eq!(output.pids().contains(&victim.pid()), outside, "{label}");
    }
}

#[test]
fn units() {
    let Some(mut placed) = Placed::new(&[
        ("svc", "0::/system.slice/nginx.service\n"),
        ("sub", "0::/system.slice/nginx.service/worker\n"),
        ("tty1", "0::/system.slice/system-getty.slice/getty@tty1.service\n"),
        ("app", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db@7.service\n"),
        ("own", "0::/user.slice/user-65534.slice/user@65534.service/app.slice/nginx.service\n"),
        ("sess", "0::/user.slice/user-1000.slice/session-3.scope\n"),
        ("esc", "0::/system.slice/_cpu.service\n"),
        ("v1", "5:cpu:/system.slice/other.service\n1:name=systemd:/system.slice/cron.service\n"),
        ("both", "1:name=systemd:/system.slice/cron.service\n0::/\n"),
        ("gone", "0::/system.slice/nginx.service (deleted)\n"),
        ("none", ""),
    ]) else {
        return;
    };
    placed.finds(
        "--unit",
        &[
            ("nginx", "svc sub gone"),
            ("nginx.service", "svc sub gone"),
            ("nginx.socket", ""),
            ("ngin", ""),
            ("nginx,cron", "svc sub v1 both gone"),
            ("n*.service", "svc sub gone"),
            ("getty@tty1", "tty1"),
            ("getty@", "tty1"),
            ("getty@tty2", ""),
            ("user@1000", "app"),
            // A user names units freely.
            (r"app-a\x2db@7", ""),
            ("app.slice", ""),
            ("nginx,app.slice", "svc sub gone"),
            (r"user@1000/app-a\x2db@7", "app"),
            (r"user@1000.service/app-a\x2db@", "app"),
            ("user@1000/app.slice,user@65534/nginx", "app own"),
            ("user@/nginx", "own"),
            ("user@1001/app.slice", ""),
            ("user-1000.slice", "app sess"),
            ("user.slice", "app own sess"),
            ("session-3.scope", "sess"),
            ("cpu", "esc"),
            ("_cpu", ""),
            ("other", ""), // the hierarchy of a controller is not systemd's
            ("system.slice", "svc sub tty1 esc v1 both gone"),
            ("worker", ""),
        ],
    );
    placed.finds(
        "--user-unit",
        &[
            ("nginx", "own"),
            ("app.slice", "app own"),
            ("app-*", "app"),
            ("user.slice", ""),
            ("user@1000", ""),
            ("cron", ""),
        ],
    );
    // An ordinary user means the own manager, as `systemctl --user` does.
    let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if need("setpriv") {
        let own = placed.victims.iter().find(|(label, _)| *label == "own").expect("a victim").1.pid();
        let script = placed.script.to_str().expect("UTF-8");
        let through = [&["unshare", "--mount", script][..], &user].concat();
        let output = Run::ours("pgrep").args(["--user-unit", "app.slice"]).through(through).run();
        assert_eq!((output.pids(), output.err()), (vec![own], String::new()));
    }
    // All criteria must hold.
    assert_eq!(
        placed.found(&["--unit", "system.slice", "--cgroup", "/**"]),
        ["svc", "sub", "tty1", "esc", "both", "gone"]
    );
    // On a terminal, a unit of nearly that name is named.
    for (option, unit, advice) in [
        ("--unit", "nginxx", "pgrep: did you mean unit 'nginx.service'?\n"),
        ("--user-unit", "ap.slice", "pgrep: did you mean unit 'app.slice'?\n"),
        ("--unit", "ngimx.service", "pgrep: did you mean unit 'nginx.service'?\n"),
        ("--unit", "xyz", ""),
    ] {
        assert_eq!(
            on_terminal(placed.run("pgrep", &[option, unit]).env("TERM", "xterm")),
            (advice.to_owned(), 1),
            "{unit}"
        );
    }
    let output = placed.run("pgrep", &["--unit", "a/b"]).run();
    assert_eq!((output.status, output.err().lines().next()), (2, Some("pgrep: invalid unit name: a/b")));
    for (option, name) in [("--unit", "user@7/"), ("--unit", "user@7/a/b"), ("--user-unit", "user@7/a")] {
        let output = placed.run("pgrep", &[option, name]).run();
        let message = format!("pgrep: invalid unit name: {name}");
        assert_eq!((output.status, output.err().lines().next()), (2, Some(&*message)));
    }
    let output = placed.run("pgrep", &["--unit", ","]).run();
    assert_eq!((output.status, output.err().lines().next()), (2, Some("pgrep: invalid empty list")));
    // Rechecked before the signal, and signalled.
    let tag = placed.tag.clone();
    let output = placed.run("pkill", &["-KILL", "--unit", "getty@", &tag]).run();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    let killed = placed.victims.iter_mut().find(|(label, _)| *label == "tty1").expect("a victim");
    assert_eq!(killed.1.killed_by(), Some(libc::SIGKILL));
    assert!(placed.victims[0].1.received().is_some());
}

/// `i` is the first process of a nested PID namespace, like that of a container.
fn nested(scene: &mut Scene) {
    scene.add("o", |part| part);
    scene.add("i", Spec::init);
}

#[test]
fn local_selects_the_pid_namespace_of_the_program() {
    if !need_root() {
        return;
    }
    check(
        nested,
        &[
            case("pgrep {tag}").pids("o i"),
            case("pgrep --local {tag}").pids("o").ours_only(),
            case("pgrep --local -x {i}").nothing().ours_only(),
            case("pkill -KILL --local {tag}").fate("o", "killed by KILL").ours_only(),
        ],
    );
}

#[test]
fn the_others_are_those_of_other_pid_namespaces() {
    namespace(|| {
        let ours = Victim::spec().spawn();
        let inner = Victim::spec().init().spawn();
        let output = Run::ours("pgrep").args(["--local", "--inverse"]).run();
        assert_eq!((output.pids(), output.err()), (vec![inner.pid()], String::new()));
        let output = Run::ours("pgrep").args(["--local"]).run();
        assert_eq!((output.pids(), output.err()), (vec![1, ours.pid()], String::new()));
        // It needs no privilege.
        let output = Run::ours("pgrep").user(65534, 65534).args(["--local"]).run();
        assert_eq!((output.pids(), output.err()), (vec![1, ours.pid()], String::new()));
        // Inside, with the outer /proc, which does not show the processes inside.
        let output = Run::ours("pgrep").args(["--local"]).through(["unshare", "--pid", "--fork"]).run();
        let why = "pgrep: --local is not possible: /proc belongs to another PID namespace\n";
        assert_eq!((output.err().as_str(), output.status), (why, 3));
    });
}
