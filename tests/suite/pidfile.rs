//! `-F FILE` and `-L`.

use rustix::fs::{FlockOperation, fcntl_lock, flock};

use crate::support::{Scene, case, check, namespace, reference};

fn files(scene: &mut Scene) {
    let pid = scene.add("a", |part| part.catch(libc::SIGHUP)).pid();
    scene.add("b", |part| part);
    let file = |name: &str, content: String| {
        let path = scene.dir().file(name, content);
        std::fs::File::options().read(true).write(true).open(path).expect("a pidfile")
    };
    file("plain", format!("{pid}\n"));
    file("bare", format!("{pid}"));
    file("blank", format!("  {pid} and more\nand more\n"));
    file("crlf", format!("{pid}\r\n"));
    file("second", format!("\n{pid}\n"));
    file("glued", format!("{pid}x\n"));
    file("word", "pid\n".into());
    file("empty", String::new());
    file("gone", "4194305\n".into());
    file("big", "99999999999999999999\n".into());
    file("long", format!("{}\n{pid}\n", "x".repeat(300)));
    let (flocked, locked) = (file("flock", format!("{pid}\n")), file("fcntl", format!("{pid}\n")));
    flock(&flocked, FlockOperation::LockExclusive).expect("flock");
    fcntl_lock(&locked, FlockOperation::LockExclusive).expect("fcntl");
    scene.keep(flocked);
    scene.keep(locked);
}

#[test]
fn the_pid_in_a_file() {
    check(
        files,
        &[
            case("pgrep -F {dir}/plain").pids("a"),
            case("pgrep --pidfile {dir}/plain").pids("a"),
            // `--pid` is newer.
            case("pgrep --pi {dir}/plain").pids("a").before([4, 0, 3]),
            case("pgrep --pid {dir}/plain")
                .usage("{program}: not a number: {dir}/plain")
                .before([4, 0, 3])
                .differs("pid-option", reference().pids("a")),
            case("pgrep -F {dir}/bare").pids("a"),
            case("pgrep -F {dir}/blank").pids("a"),
            case("pgrep -F {dir}/crlf").pids("a"),
            case("pgrep -F {dir}/plain {a}").pids("a"),
            case("pgrep -F {dir}/plain {b}").nothing(),
            case("pgrep -F {dir}/gone").nothing(),
            case("pgrep -F -").stdin("{a.pid}\n").pids("a").since([4, 0, 3]),
            case("pgrep -F -").stdin(" {a.pid} {b.pid}").pids("a").since([4, 0, 3]),
        ],
    );
}

/// Without a pattern, so in a namespace.
#[test]
fn the_process_in_a_file_is_signalled() {
    namespace(|| {
        check(
            files,
            &[
                case("pkill -HUP -F {dir}/plain").fate("a", "HUP"),
                case("pkill -HUP -F -").stdin("{a.pid}\n").fate("a", "HUP").since([4, 0, 3]),
                case("pkill -HUP -LF {dir}/fcntl").fate("a", "HUP"),
                case("pkill -HUP -F {dir}/gone").nothing(),
            ],
        );
    });
}

#[test]
fn a_bad_pidfile_is_an_error_with_status_1() {
    let invalid = "{program}: pidfile not valid";
    check(
        files,
        &[
            case("pgrep -F {dir}/word").status(1).says(invalid),
            case("pgrep -F {dir}/empty").status(1).says(invalid),
            case("pgrep -F {dir}/glued").status(1).says(invalid),
            case("pgrep -F {dir}/big")
                .status(1)
                .says(invalid)
                .before([4, 0, 3])
                .differs("pidfile-first-line", reference().status(1)),
            case("pgrep -F -").status(1).says(invalid),
            case("pgrep -F -").stdin("x{a.pid}").status(1).says(invalid),
            case("pgrep -F {dir}/long").status(1).says(invalid),
            // 4.0.2 takes the first number wherever it is, and has one message for all.
            case("pgrep -F {dir}/second")
                .status(1)
                .says(invalid)
                .before([4, 0, 3])
                .differs("pidfile-first-line", reference().pids("a")),
            case("pgrep -F {dir}/no-such-file")
                .status(1)
                .says("{program}: Unable to open pidfile: No such file or directory")
                .before([4, 0, 3])
                .differs("pidfile-reason", reference().status(1).says(invalid)),
            case("pkill -HUP -F {dir}/no-such-file {a}")
                .status(1)
                .says("{program}: Unable to open pidfile: No such file or directory")
                .before([4, 0, 3])
                .differs("pidfile-reason", reference().status(1).says(invalid)),
            case("pgrep -F {dir}").status(1).says("{program}: "),
            case("pgrep -p 1 -F {dir}/plain")
                .status(1)
                .says("{program}: Cannot use pidfile and pid option together")
                .since([4, 0, 5]),
        ],
    );
}

#[test]
fn a_pidfile_must_be_locked_under_l() {
    check(
        files,
        &[
            case("pgrep -L -F {dir}/flock").pids("a"),
            case("pgrep -L -F {dir}/fcntl").pids("a"),
            case("pgrep --logpidfile --pidfile {dir}/flock").pids("a"),
            case("pgrep -L -F {dir}/plain")
                .status(1)
                .says("{program}: Locking check for pidfile failed")
                .before([4, 0, 3])
                .differs("pidfile-reason", reference().status(1).says("{program}: pidfile not valid")),
            case("pgrep -L {a}").usage("{program}: -L without -F makes no sense"),
            case("pkill -0 -L {a}").usage("{program}: -L without -F makes no sense"),
        ],
    );
}
