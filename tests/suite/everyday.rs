//! What users really type: lines from scripts, manuals and answers, with the names of the victims in
//! them.

use crate::support::{self, Scene, Victim, case, check, namespace, shell};

/// A daemon that rereads its configuration at SIGHUP, its worker that does not, and one that waits on a
/// terminal.
fn cast(scene: &mut Scene) {
    let long = format!("node --flag /srv/{}/dist-server", scene.tag());
    let name = format!("{}d", scene.tag());
    scene.adopt(
        "d",
        Victim::named(&name)
            .catch(libc::SIGHUP)
            .catch(libc::SIGRTMIN() + 8)
            .catch(libc::SIGRTMIN() + 24)
            .session()
            .spawn(),
    );
    scene.add("n", |part| part.arg0("node").arg(long).session());
    scene.add("t", |part| part.terminal());
}

#[test]
fn signals_to_daemons() {
    check(
        cast,
        &[
            shell("pkill -HUP {d} || true").fate("d", "HUP"),
            shell("pkill -HUP {tag}no || true"),
            shell("pkill --ns $$ {d} -HUP").fate("d", "HUP"),
            shell("set -- $(id -un); pkill -KILL --ns $$ --nslist pid,mnt -u \"$1\" {n}")
                .fate("n", "killed by KILL"),
            shell("pkill -9 -f \"node.*{tag}/dist-server\"; exit $?")
                .fate("n", "killed by KILL")
                .differs("caller", support::reference().status(137).fate("n", "killed by KILL")),
            case("pkill -9 -f \"node.*{tag}/dist-server\"").fate("n", "killed by KILL"),
            shell("PID={self}; pkill -xP \"$PID\" {n}").fate("n", "killed by TERM"),
            shell("pkill -0 {d}"),
            shell("pkill -0 {tag}none").nothing(),
            case("pkill --signal 9 --list-name {n}").fate("n", "killed by KILL"),
            case("pkill -RTMIN+8 {d}").fate("d", "RTMIN+8"),
            case("pkill --signal SIGRTMIN+24 {d}").fate("d", "RTMIN+24"),
            shell("pkill -STOP {n} || pkill -CONT {n}").fate("n", "stopped"),
            case("pkill -f '[n]ode.*{tag}'").fate("n", "killed by TERM"),
        ],
    );
}

/// Lines without a victim's name, so in a namespace. `sleep` is the shell's child, and -P restricts the signal
/// to it.
#[test]
fn signals_by_other_means() {
    namespace(|| {
        check(
            cast,
            &[
                shell("echo {d.pid} >{dir}/x.pid; pkill -HUP -F {dir}/x.pid").fate("d", "HUP"),
                case("pkill -9 -t {t.tty}").fate("t", "killed by KILL"),
                shell("PID=$$; sleep 60 & until pgrep -P $$ -x sleep >{dir}/pid; do :; done; pkill -xP \"$PID\" sleep; wait $! 2>/dev/null; echo $?").prints("143\n"),
                shell("sleep 60 & until pgrep -P $$ -x sleep >{dir}/pid; do :; done; pkill -P $$ -x sleep; wait $! 2>/dev/null; echo $?").prints("143\n"),
                shell("P=$$; sleep 60 & pkill -TERM -P $P; wait; pkill -KILL -P $P; echo $?").prints("1\n"),
                shell("sleep 60 & until pgrep -P $$ -x sleep >{dir}/pid; do :; done; while pkill -0 -P $$ -x sleep; do kill -9 $!; wait $! 2>/dev/null; done; echo over")
                    .prints("over\n"),
            ],
        );
    });
}

#[test]
fn questions() {
    check(
        cast,
        &[
            shell("p={tag}; pgrep -cf \"$p\" -O 0 >{dir}/count; exit $?"),
            case("pgrep -cf {tag} -O 0").prints("3\n"),
            shell("[ $(pgrep -c {d}) -gt 0 ]"),
            shell("[ $(pgrep -c {tag}none) -gt 0 ]").status(1),
            shell("echo top -p $(pgrep -d, {tag})").prints("top -p {d.pid},{n.pid},{t.pid}\n"),
            shell("PAT={d}; pgrep -a -- \"$PAT\"").prints("{d.pid} {d}\n"),
            case("pgrep -fa -- {tag}/dist").prints_with("{n.pid} node node --flag"),
            case("pgrep -o -f '^{d}$'").pids("d"),
            shell("pgrep '{d}' >/dev/null || echo start"),
            shell("pgrep '{tag}none' >/dev/null || echo start").prints("start\n"),
            // The classic: the shell matches itself, and nothing is started.
            shell("pgrep -f '{tag}/none' >/dev/null || echo start"),
            shell("pgrep -Af '{tag}/none' >/dev/null || echo start").prints("start\n"),
        ],
    );
}

#[test]
fn waits() {
    check(
        |scene| {
            cast(scene);
            scene.add("z", |part| part).make_zombie();
        },
        &[
            // It exits when pidwait waits for it: its pidfd is in the list of an epoll instance (proc_pid_fdinfo(5)). That of
            // the parent is only held.
            shell("p=$$; sleep 60 & s=$!; until pgrep -P $p -x sleep >{dir}/pid; do :; done; pidwait -P $p -x sleep & until grep -qs ^tfd: /proc/$!/fdinfo/*; do :; done; kill $s; wait $!; echo $?")
                .prints("0\n"),
            shell("PID={z.pid}; echo $PID | pidwait -F -").since([4, 0, 3]),
            shell("echo 4194305 | pidwait -F -").status(1).since([4, 0, 3]),
        ],
    );
}

/// All processes of a user, so in a namespace.
#[test]
fn the_end_of_a_session() {
    namespace(|| {
        check(
            |scene| {
                scene.add("u", |part| part.uids(1, 1, 1));
                scene.add("r", |part| part);
            },
            &[
                shell("user=daemon; pkill -KILL -u \"$user\"").fate("u", "killed by KILL"),
                shell("set -- daemon; pkill --ns $$ --nslist pid,mnt -u \"$1\"").fate("u", "killed by TERM"),
                shell("pkill -STOP --inverse -u 0").fate("u", "stopped"),
            ],
        );
    });
}
