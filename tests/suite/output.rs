//! The output: `-c -l -a -d -Q -e --quiet -w`, and characters that text output never contains.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rustix::pipe::pipe;

use crate::support::{self, Program, Run, Scene, Victim, case, check, need, need_root, reference, shell};

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.arg("serve").arg("it's here").arg(""));
    scene.add("b", |part| part);
}

#[test]
fn lists() {
    check(
        cast,
        &[
            case("pgrep -l {tag}").prints("{a.pid} {a}\n{b.pid} {b}\n"),
            case("pgrep --list-name -x {b}").prints("{b.pid} {b}\n"),
            case("pgrep -a {tag}").prints("{a.pid} {a} serve it's here\n{b.pid} {b}\n"),
            case("pgrep --list-full -x {b}").prints("{b.pid} {b}\n"),
            case("pgrep -al -x {a}").prints("{a.pid} {a} serve it's here\n"),
            case("pgrep -lf '{a} serve'").prints("{a.pid} {a}\n"),
            case("pgrep -d , {tag}").prints("{a.pid},{b.pid}\n"),
            case("pgrep -d ' ' {tag}").prints("{a.pid} {b.pid}\n"),
            case("pgrep -d '' {tag}").prints("{a.pid}{b.pid}\n"),
            case("pgrep -d ' and ' -l {tag}").prints("{a.pid} {a} and {b.pid} {b}\n"),
            case("pgrep -d , -x {b}").prints("{b.pid}\n"),
            case("pgrep -d \\n {tag}").prints("{a.pid}\\n{b.pid}\n"),
            case("pgrep -l {tag}x").nothing(),
            case("pgrep -d, {tag}x").nothing(),
        ],
    );
}

#[test]
fn the_count() {
    check(
        cast,
        &[
            case("pgrep -c {tag}").prints("2\n"),
            case("pgrep --count {tag}").prints("2\n"),
            case("pgrep -c {tag}x").prints("0\n").status(1),
            case("pgrep -cl {tag}").prints("2\n"),
            case("pgrep -ca {tag}").prints("2\n"),
            case("pgrep -cd, {tag}").prints("2\n"),
            case("pkill -0 -c {tag}").prints("2\n"),
            case("pkill -c -KILL -x {b}").prints("1\n").fate("b", "killed by KILL"),
            case("pkill -0 -c {tag}x").prints("0\n").status(1),
            case("pkill -0 -ce -x {b}").prints("{b} killed (pid {b.pid})\n1\n"),
            case("pidwait -c {tag}x").prints("0\n").status(1),
        ],
    );
}

#[test]
fn shell_quoting() {
    check(
        cast,
        &[
            case("pgrep -Q {tag}").pids("a b").since([4, 0, 6]),
            case("pgrep -lQ {tag}").prints("{a.pid} {a}\n{b.pid} {b}\n").since([4, 0, 6]),
            case("pgrep -aQ -x {a}").prints("{a.pid} {a} serve 'it'\\''s here' ''\n").since([4, 0, 6]),
            case("pgrep --shell-quote --list-full -x {b}").prints("{b.pid} {b}\n").since([4, 0, 6]),
            case("pgrep -aQ -d ' ; ' {tag}")
                .prints("{a.pid} {a} serve 'it'\\''s here' '' ; {b.pid} {b}\n")
                .since([4, 0, 6]),
        ],
    );
}

#[test]
fn what_has_no_arguments_is_quoted_as_it_is_displayed() {
    check(
        |scene| {
            scene.add("z", |part| part).make_zombie();
            scene.add("n", |part| part.arg("a\nb"));
        },
        &[
            case("pgrep -aQ {z}")
                .prints("{z.pid} '[{z}] <defunct>'\n")
                .since([4, 0, 6])
                .differs("quoted-arguments", reference().prints("{z.pid} -\n")),
            case("pgrep -aQ {n}")
                .prints("{n.pid} {n} 'a b'\n")
                .since([4, 0, 6])
                .differs("quoted-arguments", reference().prints("{n.pid} {n} a b\n")),
        ],
    );
}

/// `-A` excludes whole processes.
#[test]
fn threads_of_ancestors_are_excluded_too() {
    check(
        |scene| {
            scene.dir().file("own", support::own_pid());
        },
        &[case("pgrep -w -A -F {dir}/own")
            .nothing()
            .differs("ancestor-threads", reference().prints_with("\n"))],
    );
}

#[test]
fn quiet() {
    check(
        cast,
        &[
            case("pgrep --quiet {tag}").since([4, 0, 6]),
            case("pgrep --quiet {tag}x").nothing().since([4, 0, 6]),
            case("pgrep --quiet -l {tag}")
                .usage("Cannot use --quiet and -l,--list-name options together")
                .since([4, 0, 6]),
            case("pgrep --quiet -a {tag}")
                .usage("Cannot use --quiet and -a,--list-full options together")
                .since([4, 0, 6]),
            case("pgrep -l --list-full --quiet {tag}").usage("and -a,--list-full").since([4, 0, 6]),
            case("pkill -0 --quiet --list-name {tag}").usage("and -l,--list-name").since([4, 0, 6]),
            case("pgrep --quiet -c {tag}").prints("2\n").since([4, 0, 6]),
            case("pkill --quiet -0 -c {tag}x").prints("0\n").status(1).since([4, 0, 6]),
            case("pidwait --quiet -c {tag}x").prints("0\n").status(1).since([4, 0, 6]),
            case("pgrep --quiet averylongnamethatmatchesnothing")
                .status(1)
                .says("longer than 15 characters")
                .since([4, 0, 6]),
            // The reference is quiet about the list of pgrep only.
            case("pkill --quiet -e -0 {a}")
                .since([4, 0, 6])
                .differs("quiet-echo", reference().prints("{a} killed (pid {a.pid})\n")),
        ],
    );
}

#[test]
fn echo() {
    check(
        |scene| {
            scene.add("a", |part| part.catch(libc::SIGHUP).session());
            scene.add("b", |part| part.session());
        },
        &[
            // With any signal.
            case("pkill -HUP -e -x {a}").prints("{a} killed (pid {a.pid})\n").fate("a", "HUP"),
            case("pkill -0 --echo {tag}").prints("{a} killed (pid {a.pid})\n{b} killed (pid {b.pid})\n"),
            case("pkill -e {tag}x").nothing(),
            // The reference prints the name only where a pattern made it read that.
            case("pkill -0 -e -s {a.pid}")
                .prints("{a} killed (pid {a.pid})\n")
                .differs("echo-without-pattern", reference().prints(" killed (pid {a.pid})\n")),
        ],
    );
}

#[test]
fn threads() {
    check(
        |scene| {
            let name = format!("{}xy", scene.tag());
            scene.add("w", |part| part.thread(&name).thread("other"));
            scene.add("v", |part| part);
        },
        &[
            case("pgrep {tag}").pids("w v"),
            case("pgrep -w -x {w}").pids("w"),
            case("pgrep -wc {tag}").prints("3\n"),
            case("pgrep -wc {tag}xy").prints("1\n"),
            case("pgrep {tag}xy").nothing(),
            case("pgrep -w -f {w}").prints("{w.tids}\n"),
            case("pgrep --lightweight -f {w}").prints("{w.tids}\n"),
            case("pgrep -wl -x {w}").prints("{w.pid} {w}\n"),
            case("pgrep -wl {tag}xy").prints_with(" {tag}xy\n"),
            case("pgrep -w -p {w.pid}").prints("{w.tids}\n").since([4, 0, 5]),
            case("pgrep -wnc {tag}").prints("1\n"),
        ],
    );
}

/// docs/COMPATIBILITY.md, `text-output`.
#[test]
fn control_characters_and_invalid_utf8_are_shown_as_question_marks() {
    check(
        |scene| {
            let bytes = OsStr::from_bytes(b"a\x1b[31m\xffb\n\tc\x7f");
            scene.add("c", |part| part.arg(bytes).arg("gr\u{fc}n"));
            let name = [scene.tag().as_bytes(), b"\x1b\n\xfe"].concat();
            scene.adopt("n", Victim::named(&name).arg0("x").spawn());
        },
        &[
            case("pgrep -a -x {c}")
                .prints("{c.pid} {c} a?[31m?b  c? gr\u{fc}n\n")
                .before([4, 0, 3])
                .differs("text-output", reference().prints("{c.pid} {c} a?[31m?b .c. gr??n\n")),
            case("pgrep -aQ -x {c}").prints("{c.pid} {c} 'a?[31m?b  c?' 'gr\u{fc}n'\n").ours_only(),
            case("pgrep -l {tag}[^c]").prints("{n.pid} {tag}???\n"),
            case("pkill -0 -e {tag}[^c]").prints("{tag}??? killed (pid {n.pid})\n"),
        ],
    );
}

#[test]
fn output_that_cannot_be_written_is_fatal() {
    let one = |why| reference().status(1).says(why);
    check(
        cast,
        &[
            shell("pgrep {tag} >/dev/full")
                .status(3)
                .says("pgrep: write error: No space left on device\n")
                .differs("fatal-output", one("pgrep: write error: No space left on device\n")),
            shell("pgrep {tag} >&-")
                .status(3)
                .says("pgrep: write error: Bad file descriptor\n")
                .differs("fatal-output", one("pgrep: write error: ")),
            shell("pkill -0 -e {a} >/dev/full")
                .status(3)
                .says("pkill: write error: No space left on device\n")
                .differs("fatal-output", one("pkill: write error: ")),
            // Without output, nothing can fail.
            shell("pgrep {tag}x >/dev/full").nothing(),
        ],
    );
    let victim = Victim::spec().spawn();
    let full = || std::fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = Run::ours("pgrep").args([victim.name()]).stdout(full()).run();
    assert_eq!(output.status, 3, "{}", output.err());
    assert!(output.err().starts_with("pgrep: ") && output.err().contains("No space left on device"));

    let mut victim = Victim::spec().catch(libc::SIGHUP).spawn();
    let output = Run::ours("pkill").args(["-HUP", "-e", victim.name()]).stdout(full()).run();
    assert_eq!(output.status, 3, "{}", output.err());
    assert_eq!(victim.received().expect("it lives").len(), 1, "signalled once");
}

/// Like a filter: `pgrep … | head -1`.
#[test]
fn a_closed_pipe_is_silent_and_keeps_the_status() {
    let mut victim = Victim::spec().catch(libc::SIGHUP).spawn();
    for args in [vec!["pgrep", victim.name()], vec!["pkill", "-HUP", "-e", victim.name()]] {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let output = Run::ours(args[0]).args(&args[1..]).stdout(writer).run();
        assert_eq!((output.err(), output.status), (String::new(), 0), "{args:?}");
    }
    assert_eq!(victim.received().expect("it lives").len(), 1, "signalled once");
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let output = Run::ours("pgrep").args(["-c", "-P", &victim.pid().to_string()]).stdout(writer).run();
    assert_eq!((output.err(), output.status), (String::new(), 1));
}

/// Both implementations fail without /proc.
#[test]
fn without_proc_the_run_is_fatal() {
    if !need_root() || !need("unshare") {
        return;
    }
    let hide = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"];
    for name in ["pgrep", "pkill", "pidwait"] {
        let output = Run::ours(name).args(["no-such-name"]).through(hide).run();
        assert_eq!(output.status, 3, "{}", output.err());
        assert!(output.err().contains("/proc"), "{}", output.err());
    }
    if support::installed_version().is_some() {
        let output = Run::of(Program::Installed, "pgrep").args(["no-such-name"]).through(hide).run();
        assert_ne!(output.status, 0, "{}", output.err());
    }
}
