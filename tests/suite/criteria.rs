//! Comma-separated lists and the other criteria: `-P -p -g -s -u -U -G -t -r -A -H --cgroup --env --ns --nslist`.

use crate::support::{
    self, Scene, case, cgroup, cgroup_mount, check, namespace, need_root, reference, stat_field_of,
};

/// `l` leads a session, `g` a group in the session of the test, `p` is in the test's session and group.
fn groups(scene: &mut Scene) {
    let parentless = |pid: &&str| stat_field_of(pid, 4).is_some_and(|parent| parent == "0");
    let pids = ["1", "2"];
    let lines: String = pids.iter().filter(|pid| parentless(pid)).map(|pid| format!("{pid}\n")).collect();
    scene.define("parentless", &lines);
    scene.add("l", |part| part.session());
    scene.add("g", |part| part.group());
    scene.add("p", |part| part);
}

#[test]
fn parents_groups_and_sessions() {
    check(
        groups,
        &[
            case("pgrep -P {self} {tag}").pids("l g p"),
            case("pgrep --parent {self} {tag}").pids("l g p"),
            case("pgrep -P 1,{self} {tag}").pids("l g p"),
            case("pgrep -P 2 {tag}").nothing(),
            case("pgrep -P {p.pid}").nothing(),
            // 0 is literally 0: PID 1 and kthreadd.
            case("pgrep -P 0").prints("{parentless}"),
            case("pgrep -g {g.pid} {tag}").pids("g"),
            case("pgrep -g {g.pid}").pids("g"),
            case("pgrep --pgroup {g.pid},{l.pid}").pids("g l"),
            case("pgrep -g 0 {tag}").pids("p"),
            case("pgrep -g {p.pid} {tag}").nothing(),
            case("pgrep -s {l.pid} {tag}").pids("l"),
            case("pgrep --session {l.pid},1").prints_with("{l.pid}\n"),
            case("pgrep -s 0 {tag}").pids("g p"),
            case("pgrep -s {g.pid} {tag}").nothing(),
            // All criteria must hold.
            case("pgrep -g {l.pid} -s {l.pid}").pids("l"),
            case("pgrep -g {g.pid} -s {l.pid}").nothing(),
            case("pgrep -s {l.pid} -P {l.pid}").nothing(),
            // The last of the same option wins.
            case("pgrep -s {l.pid} -s 2 {tag}").nothing(),
            case("pgrep -s 2 -s {l.pid} {tag}").pids("l"),
            case("pgrep -P +{self} -x {l}").pids("l"),
        ],
    );
}

#[test]
fn pids() {
    check(
        groups,
        &[
            case("pgrep -p {l.pid}").pids("l").since([4, 0, 5]),
            case("pgrep --pid {l.pid},{p.pid},{l.pid}").pids("l p").since([4, 0, 5]),
            case("pgrep -p {l.pid} {g}").nothing().since([4, 0, 5]),
            case("pkill -KILL -p {l.pid} {tag}").fate("l", "killed by KILL").since([4, 0, 5]),
            case("pgrep -p x").usage("{program}: not a number: x").since([4, 0, 5]),
        ],
    );
}

#[test]
fn bad_lists() {
    let empty = "{program}: invalid empty list";
    let usage = || reference().usage("Usage:");
    check(
        groups,
        &[
            case("pgrep -P x").usage("{program}: not a number: x"),
            case("pgrep -P {self},x").usage("{program}: not a number: x"),
            case("pgrep -P 99999999999999999999").usage("{program}: not a number: 99999999999999999999"),
            case("pgrep -g x").usage("{program}: invalid process group: x"),
            case("pgrep -s x").usage("{program}: invalid session id: x"),
            case("pgrep -u no-such-user").usage("{program}: invalid user name: no-such-user"),
            case("pgrep -U no-such-user").usage("{program}: invalid user name: no-such-user"),
            case("pgrep -G no-such-group").usage("{program}: invalid group name: no-such-group"),
            case("pkill -0 -u 0x0").usage("{program}: invalid user name: 0x0"),
            // An empty list is never "user 0". (4.0.2 prints its usage without the message, and takes an
            // empty element as 0.)
            case("pgrep -u '' {tag}").usage(empty).before([4, 0, 3]).differs("empty-list", usage()),
            case("pgrep -P , {tag}")
                .usage(empty)
                .before([4, 0, 3])
                .differs("empty-list", reference().status(1)),
            case("pgrep -g , {tag}")
                .usage(empty)
                .before([4, 0, 3])
                .differs("empty-list", reference().pids("p")),
            case("pgrep -s '' {tag}").usage(empty).before([4, 0, 3]).differs("empty-list", usage()),
            case("pgrep -t '' {tag}").usage(empty).before([4, 0, 3]).differs("empty-list", usage()),
            case("pgrep --cgroup '' {tag}").usage(empty).before([4, 0, 3]).differs("empty-list", usage()),
            case("pgrep --env '' {tag}").usage(empty).since([4, 0, 5]).differs("usage-text", usage()),
            case("pgrep -p , {tag}").usage(empty).since([4, 0, 5]),
            case("pgrep --ns {self} --nslist '' {tag}").usage("").before([4, 0, 3]),
            // An empty element among others is skipped.
            case("pgrep -s {l.pid},, {tag}")
                .pids("l")
                .before([4, 0, 3])
                .differs("empty-element", reference().pids("l g p")),
            case("pgrep -P ,{self} -x {l}").pids("l"),
            // Numbers end at 2^32-2.
            case("pgrep -u 4294967294 {tag}").nothing(),
            case("pgrep -u 4294967295 {tag}").usage("").differs("id-range", reference().status(1)),
            case("pgrep -G 4294967296 {tag}").usage("").differs("id-range", reference().status(1)),
            case("pgrep -u -1 {tag}").usage("").differs("id-range", reference().status(1)),
            case("pgrep -P -1 {tag}").usage("not a number: -1").differs("id-range", reference().status(1)),
            // What a later option overrides is checked too.
            case("pgrep -u no-such-user -u root {tag}").usage("{program}: invalid user name: no-such-user"),
            case("pgrep -U root,no-such-user -U root {tag}").usage("invalid user name: no-such-user"),
            case("pgrep -G no-such-group -G root {tag}").usage("invalid group name: no-such-group"),
            case("pgrep -P x -P {self} {tag}").usage("not a number: x"),
        ],
    );
}

#[test]
fn users_and_groups() {
    if !need_root() {
        return;
    }
    let empty = "{program}: invalid empty list";
    check(
        |scene| {
            // Debian and Fedora have the same here: 1 is daemon, 2 is bin.
            scene.add("r", |part| part);
            scene.add("d", |part| part.gids(1, 2, 3).uids(1, 2, 3));
            scene.add("n", |part| part.gids(4294967294, 0, 0).uids(4294967294, 0, 0));
        },
        &[
            case("pgrep -u 2 {tag}").pids("d"),
            case("pgrep -u 1 {tag}").nothing(),
            case("pgrep -u bin {tag}").pids("d"),
            case("pgrep --euid root {tag}").pids("r n"),
            case("pgrep --euid root,2 {tag}").pids("r d n"),
            case("pgrep -U 1 {tag}").pids("d"),
            case("pgrep -U daemon {tag}").pids("d"),
            case("pgrep --uid bin {tag}").nothing(),
            case("pgrep -U 3 {tag}").nothing(),
            case("pgrep -U 0,1 {tag}").pids("r d"),
            case("pgrep -U 4294967294 {tag}").pids("n"),
            case("pgrep -G 1 {tag}").pids("d"),
            case("pgrep -G daemon {tag}").pids("d"),
            case("pgrep --group bin {tag}").nothing(),
            case("pgrep -G root {tag}").pids("r"),
            case("pgrep -u root -U root {tag}").pids("r"),
            // 4.0.2 takes an empty element as 0.
            case("pgrep -u , {tag}")
                .usage(empty)
                .before([4, 0, 3])
                .differs("empty-list", reference().pids("r n")),
            case("pgrep -U , {tag}")
                .usage(empty)
                .before([4, 0, 3])
                .differs("empty-list", reference().pids("r")),
            case("pgrep -G ,, {tag}")
                .usage(empty)
                .before([4, 0, 3])
                .differs("empty-list", reference().pids("r")),
            case("pgrep -u root -U daemon {tag}").nothing(),
            case("pkill -KILL -u bin {tag}").fate("d", "killed by KILL"),
        ],
    );
}

#[test]
fn terminals() {
    check(
        |scene| {
            scene.add("t", |part| part.terminal());
            scene.add("u", |part| part.terminal());
            scene.add("n", |part| part.session());
        },
        &[
            case("pgrep -t {t.tty}").pids("t"),
            case("pgrep --terminal {t.tty},{u.tty} {tag}").pids("t u"),
            case("pgrep -t {t.tty} {u}").nothing(),
            case("pgrep -t pts/999999 {tag}").nothing(),
            case("pgrep -t nosuch {tag}").nothing(),
            case("pgrep -t /dev/{t.tty} {tag}").pids("t").differs("dev-prefix", reference().status(1)),
            case("pgrep -t '?' {tag}").pids("n"),
            case("pgrep -t '?' -r Z {tag}")
                .nothing()
                .before([4, 0, 3])
                .differs("terminal-and", reference().pids("n")),
            case("pgrep -t '?' -r Z {tag}").nothing().since([4, 0, 3]),
            case("pgrep -t {t.tty} --cgroup /none {tag}")
                .nothing()
                .before([4, 0, 3])
                .differs("terminal-and", reference().pids("t")),
            case("pgrep -t '?' -O 9999999 {tag}").nothing(),
        ],
    );
}

#[test]
fn states() {
    check(
        |scene| {
            scene.add("s", |part| part);
            scene.add("t", |part| part).stop();
            scene.add("z", |part| part).make_zombie();
        },
        &[
            case("pgrep -r S {tag}").pids("s"),
            case("pgrep -r T {tag}").pids("t"),
            case("pgrep -r Z {tag}").pids("z"),
            case("pgrep -r TZ {tag}").pids("t z"),
            case("pgrep --runstates T,Z {tag}").pids("t z"),
            case("pgrep -r D,R {tag}").nothing(),
            case("pgrep -r Q {tag}").usage("").differs("unknown-state", reference().status(1)),
            case("pgrep -r '' {tag}").usage("").differs("unknown-state", reference().status(1)),
            case("pgrep -r , {tag}").usage("").differs("unknown-state", reference().status(1)),
        ],
    );
}

#[test]
fn handlers() {
    check(
        |scene| {
            scene.add("c", |part| part.catch(libc::SIGHUP).catch(libc::SIGRTMAX()));
            scene.add("i", |part| part.ignore(libc::SIGHUP).catch(libc::SIGUSR1));
            scene.add("d", |part| part);
        },
        &[
            case("pkill -H -HUP {tag}").fate("c", "HUP").since([4, 0, 4]),
            case("pkill -HUP --require-handler {tag}").fate("c", "HUP").since([4, 0, 4]),
            case("pkill -H {tag}").nothing().since([4, 0, 4]),
            case("pkill -H -RTMIN+30 {tag}").fate("c", "RTMIN+30").since([4, 0, 4]),
            case("pgrep -H --signal HUP {tag}").pids("c").since([4, 0, 4]),
            case("pgrep --signal USR1 --require-handler {tag}").pids("i").since([4, 0, 4]),
            case("pgrep -H {tag}").nothing().since([4, 0, 4]),
            // docs/COMPATIBILITY.md, `H-signal-0`: the reference shifts by -1 there.
            case("pkill -0 -H {tag}").usage("").ours_only(),
            case("pgrep --signal 0 -H {tag}").usage("").ours_only(),
        ],
    );
}

#[test]
fn ancestors_are_excluded() {
    check(
        |scene| {
            scene.add("a", |part| part);
        },
        &[
            case("pgrep -A {tag}").pids("a"),
            case("pgrep --ignore-ancestors -x {a}").pids("a"),
            support::shell("pgrep -A -P {self} -x sh; exit $?").nothing(),
            support::shell("pgrep -Af {tag}none; exit $?").nothing(),
        ],
    );
}

#[test]
fn environment() {
    check(
        |scene| {
            scene.add("e", |part| part.env("COLOUR", "red").env("EMPTY", "").env("LIST", "a=b"));
            scene.add("f", |part| part.env("COLOURS", "red").env("COLOUR", "blue green"));
        },
        &[
            case("pgrep --env COLOUR=red {tag}").pids("e").since([4, 0, 5]),
            case("pgrep --env COLOUR {tag}").pids("e f").since([4, 0, 5]),
            case("pgrep --env 'COLOUR=blue green' {tag}").pids("f").since([4, 0, 5]),
            case("pgrep --env COLOUR=red,COLOURS=red {tag}").pids("e f").since([4, 0, 5]),
            case("pgrep --env EMPTY= {tag}").pids("e").since([4, 0, 5]),
            case("pgrep --env EMPTY {tag}").pids("e").since([4, 0, 5]),
            case("pgrep --env LIST=a=b {tag}").pids("e").since([4, 0, 5]),
            case("pgrep --env COLOUR=re {tag}").nothing().since([4, 0, 5]),
            case("pgrep --env NOSUCH {tag}").nothing().since([4, 0, 5]),
            // The exact name, not its beginning.
            case("pgrep --env COLOURS {tag}").pids("f").since([4, 0, 5]),
            case("pgrep --env COLO {tag}").nothing().since([4, 0, 7]),
            case("pgrep --env EMPTY,NOSUCH {tag}").pids("e").since([4, 0, 5]),
        ],
    );
}

#[test]
fn namespaces() {
    if !need_root() {
        return;
    }
    check(
        |scene| {
            scene.add("s", |part| part);
            scene.add("u", |part| part.unshare(&["uts", "ipc"]));
            scene.add("h", |part| part.unshare(&["uts"]));
        },
        &[
            case("pgrep --ns {self} {tag}").pids("s").differs("ns-kinds", reference().pids("s h")),
            case("pgrep --ns {s.pid} {tag}").pids("s").differs("ns-kinds", reference().pids("s h")),
            case("pgrep --ns {u.pid}").pids("u"),
            case("pgrep --ns {self} --nslist ipc {tag}").pids("s h"),
            case("pgrep --ns {self} --nslist mnt {tag}").pids("s u h"),
            case("pgrep --ns {self} --nslist pid,mnt,net,user {tag}").pids("s u h"),
            case("pgrep --nslist uts --ns {u.pid} {tag}").pids("u"),
            // docs/COMPATIBILITY.md, `nslist`: the reference keeps only the last entry.
            case("pgrep --ns {self} --nslist mnt,uts {tag}").pids("s"),
            case("pgrep --ns {self} --nslist uts,mnt {tag}")
                .pids("s")
                .differs("nslist", reference().pids("s u h")),
            case("pgrep --ns {self} --nslist foo {tag}")
                .usage("foo")
                .differs("nslist-message", reference().usage("")),
            case("pgrep --ns {self} --nslist pid,foo {tag}")
                .usage("foo")
                .differs("nslist-message", reference().usage("")),
            // Alone it is no criterion, and has no effect.
            case("pgrep --nslist uts {tag}").pids("s u h"),
            // docs/COMPATIBILITY.md, `numbers`.
            case("pgrep --ns 0 {tag}").usage("").differs("numbers", reference().status(1)),
            case("pgrep --ns x {tag}").usage("").differs("numbers", reference().status(1)),
            case("pgrep --ns -1 {tag}")
                .usage("")
                .differs("numbers", reference().status(3).says("Error reading reference namespace")),
            // A PID that no process has.
            case("pgrep --ns 4194305 {tag}")
                .status(1)
                .says("{program}: ")
                .differs("ns-unreadable", reference().status(1)),
            case("pkill -KILL --ns {u.pid} --nslist uts {tag}").fate("u", "killed by KILL"),
        ],
    );
}

/// Without a pattern, so in a namespace.
#[test]
fn a_criterion_alone_is_enough_to_signal() {
    namespace(|| {
        check(
            |scene| {
                scene.add("t", |part| part.terminal());
                scene.add("u", |part| part.session().uids(1, 2, 3));
                scene.add("g", |part| part.group().gids(1, 2, 3));
                scene.add("x", |part| part.session());
            },
            &[
                case("pkill -KILL -t {t.tty}").fate("t", "killed by KILL"),
                case("pkill -KILL -u bin").fate("u", "killed by KILL"),
                case("pkill -KILL -U daemon").fate("u", "killed by KILL"),
                case("pkill -KILL -G 1").fate("g", "killed by KILL"),
                case("pkill -KILL -g {g.pid}").fate("g", "killed by KILL"),
                case("pkill -KILL -s {x.pid}").fate("x", "killed by KILL"),
                case("pkill -KILL -P {x.pid}").nothing(),
                case("pkill -KILL -n").fate("x", "killed by KILL"),
                case("pkill -KILL -p {x.pid}").fate("x", "killed by KILL").since([4, 0, 5]),
            ],
        );
    });
}

#[test]
fn control_groups() {
    let Some(group) = cgroup_mount().and_then(|mount| Group::new(&mount)) else {
        return support::skipped("a cgroup2 file system that we may write to");
    };
    check(
        |scene| {
            let pid = scene.add("in", |part| part).pid().to_string();
            scene.add("out", |part| part);
            std::fs::write(group.0.join("cgroup.procs"), &pid).expect("join the group");
            let path = cgroup(&pid).expect("a cgroup v2 path");
            assert!(path.ends_with(group.0.file_name().and_then(|name| name.to_str()).expect("UTF-8")));
            scene.define("group", &path);
        },
        &[
            case("pgrep --cgroup {group} {tag}").pids("in"),
            case("pgrep --cgroup /no/such,{group} {tag}").pids("in"),
            case("pgrep --cgroup {group}").pids("in"),
            case("pgrep --cgroup {cgroup} {tag}").pids("out"),
            case("pgrep --cgroup {cgroup},{group} {tag}").pids("in out"),
            case("pgrep --cgroup {group}/ {tag}")
                .pids("in")
                .differs("cgroup-patterns", reference().status(1)),
            case("pgrep --cgroup {group}* {tag}")
                .pids("in")
                .differs("cgroup-patterns", reference().status(1)),
            case("pgrep --cgroup {group}x {tag}").nothing(),
            case("pgrep --cgroup /no/such {tag}").nothing(),
        ],
    );
}

/// A control group of this test.
struct Group(std::path::PathBuf);

impl Group {
    fn new(mount: &std::path::Path) -> Option<Self> {
        let path = mount.join(format!("pkill-test-{}", std::process::id()));
        std::fs::create_dir(&path).ok().map(|()| Self(path))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}
