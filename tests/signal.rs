//! Which signal is sent: the word of pkill, `--signal`, and what is no signal.

mod support;

use support::{Case, Scene, case, check, reference};

/// `a` records what it gets, `t` dies as the kernel has it.
fn cast(scene: &mut Scene) {
    let caught = [libc::SIGHUP, libc::SIGUSR1, libc::SIGTERM, libc::SIGINT, libc::SIGWINCH, libc::SIGIO];
    let real_time = [libc::SIGRTMIN(), libc::SIGRTMIN() + 8, libc::SIGRTMAX() - 1, libc::SIGRTMAX()];
    scene.add("a", |part| {
        caught.iter().chain(&real_time).fold(part.session(), |part, &signal| part.catch(signal))
    });
    scene.add("t", |part| part.session());
}

fn hup(line: &'static str) -> Case {
    case(line).fate("a", "HUP")
}

#[test]
fn the_signal_word() {
    check(
        cast,
        &[
            case("pkill {a}").fate("a", "TERM"),
            case("pkill {t}").fate("t", "killed by TERM"),
            hup("pkill -1 {a}"),
            hup("pkill -HUP {a}"),
            hup("pkill -SIGHUP {a}"),
            hup("pkill -hup {a}"),
            hup("pkill -sighup {a}"),
            hup("pkill -Hup {a}"),
            hup("pkill -sigHUP {a}"),
            hup("pkill {a} -HUP"),
            hup("pkill {a} -1"),
            hup("pkill -x -HUP {a}"),
            hup("pkill {tag} -s {a.pid} -HUP"),
            case("pkill -0 {a}"),
            case("pkill {a} -0"),
            case("pkill -9 {a}").fate("a", "killed by KILL"),
            case("pkill -KILL {tag}").fate("a", "killed by KILL").fate("t", "killed by KILL"),
            case("pkill -io {a}").fate("a", "29"),
            case("pkill -POLL {a}").fate("a", "29"),
            case("pkill -WINCH {a}").fate("a", "WINCH"),
            case("pkill -RTMIN {a}").fate("a", "RTMIN+0"),
            case("pkill -RTMIN+8 {a}").fate("a", "RTMIN+8"),
            case("pkill -SIGRTMIN+8 {a}").fate("a", "RTMIN+8"),
            case("pkill -rtmin+8 {a}").fate("a", "RTMIN+8"),
            case("pkill -RTMAX {a}")
                .fate("a", "RTMIN+30")
                .before([4, 0, 3])
                .differs("rtmax", reference().usage("{program}: invalid option -- 'R'")),
            case("pkill -SIGRTMAX-1 {a}")
                .fate("a", "RTMIN+29")
                .before([4, 0, 3])
                .differs("rtmax", reference().usage("{program}: invalid option -- 'S'")),
            case("pkill -64 {a}").fate("a", "RTMIN+30"),
        ],
    );
}

#[test]
fn the_signal_option() {
    check(
        cast,
        &[
            hup("pkill --signal HUP {a}"),
            hup("pkill --signal SIGHUP {a}"),
            hup("pkill --signal hup {a}"),
            hup("pkill --signal=1 {a}"),
            hup("pkill --sig 1 {a}"),
            hup("pkill {a} --signal HUP"),
            case("pkill --signal RTMIN+8 {a}").fate("a", "RTMIN+8"),
            case("pkill --signal SIGRTMAX-1 {a}").fate("a", "RTMIN+29").since([4, 0, 3]),
            case("pkill --signal 0 {a}"),
            // The last one wins; an option is stronger than the word.
            hup("pkill --signal USR1 --signal HUP {a}"),
            hup("pkill -USR1 --signal HUP {a}"),
            hup("pkill --signal HUP -USR1 {a}"),
            // Harmless in the others.
            case("pgrep --signal KILL {a}").pids("a"),
            case("pidwait --signal KILL {tag}x").nothing(),
        ],
    );
}

#[test]
fn what_is_no_signal() {
    let unknown = "Unknown signal \"NOSUCH\".";
    check(
        cast,
        &[
            case("pkill -NOSUCH {a}").usage("{program}: invalid option -- 'N'"),
            case("pkill -0garbage {a}").usage("{program}: invalid option -- '0'"),
            case("pkill -9x {a}").usage("{program}: invalid option -- '9'"),
            case("pkill -SIG {a}").usage("{program}: invalid option -- 'S'"),
            case("pkill -HUP- {a}").usage("{program}: invalid user name: P-").since([4, 0, 4]),
            case("pkill --signal NOSUCH {a}").usage(unknown).since([4, 0, 3]),
            case("pgrep --signal NOSUCH {a}").usage(unknown).since([4, 0, 3]),
            case("pidwait --signal NOSUCH {a}").usage(unknown).since([4, 0, 3]),
            case("pkill --signal '' {a}").usage("Unknown signal \"\".").since([4, 0, 3]),
            // A second word is an unknown option.
            case("pkill -0 -0 {a}").usage("{program}: invalid option -- '0'"),
            case("pkill -0 -9 {a}").usage("{program}: invalid option -- '9'"),
            // -H, and -U with the value P.
            case("pgrep -HUP {a}")
                .usage("{program}: invalid user name: P")
                .before([4, 0, 3])
                .differs("H-in-pgrep", reference().usage("{program}: invalid option -- 'H'")),
            case("pgrep -9 {a}").usage("{program}: invalid option -- '9'"),
            case("pidwait -9 {a}").usage("{program}: invalid option -- '9'"),
        ],
    );
}

/// Decision 2: the reference lets the kernel refuse what is out of range.
#[test]
fn signal_numbers_end_at_64() {
    let refused = reference().status(1).says("{program}: killing pid {a.pid} failed: Invalid argument");
    check(
        cast,
        &[
            case("pkill --signal 65 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill --signal -1 {a}").usage(""),
            case("pkill --signal 99999999999 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill -65 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill -RTMIN+31 {a}").usage("").differs("signal-range", refused.clone()),
            case("pkill -SIGRTMIN+80 {a}").usage("").differs("signal-range", refused),
            case("pgrep --signal 65 {a}").usage("").differs("signal-range", reference().pids("a")),
        ],
    );
}

/// Decision 3.
#[test]
fn a_signal_word_is_one_only_where_an_option_may_stand() {
    let echo = "{a} killed (pid {a.pid})\n";
    check(
        cast,
        &[
            // The reference takes `-0` from behind `--`, and has no pattern then.
            case("pkill -s {a.pid} -- -0").status(1).differs("signal-word-place", reference()),
            // … and takes another option's value.
            case("pkill -e -USR1 -q -1 {a}").prints(echo).fate("a", "USR1=-1"),
            case("pkill -q -1 -USR1 {a}")
                .fate("a", "USR1=-1")
                .differs("signal-word-place", reference().fate("a", "HUP=0")),
            case("pkill -t -1 -e {a}").status(1),
            case("pkill --terminal -1 -HUP {a}").status(1),
            hup("pkill -HUP -- {a}"),
        ],
    );
}

#[test]
fn everybody_is_signalled_once() {
    check(
        cast,
        &[
            case("pkill -USR1 -f '{a}|{a}' ").fate("a", "USR1"),
            case("pkill -USR1 -u {uid},{uid} -U {uid} -s {a.pid},{a.pid} {tag}").fate("a", "USR1"),
            case("pkill -USR1 -e {a}").fate("a", "USR1").prints("{a} killed (pid {a.pid})\n"),
        ],
    );
}
