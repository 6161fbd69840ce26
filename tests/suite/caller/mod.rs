//! With `-f`, pkill and pidwait spare a caller that has the command in its arguments: see docs/COMPATIBILITY.md, `caller`.

use std::path::Path;

use crate::support::{Case, Expect, Run, Scene, check, need, need_root, reference, shell};

mod cron;
mod notes;
mod options;
mod ssh;

/// Processes with the pattern in their arguments, in groups of their own; and the callers that run pkill with it.
fn cast(scene: &mut Scene) {
    let pattern = format!("serve {}", scene.tag());
    scene.add("v", |part| part.session().arg(&pattern));
    // An unrelated process with the whole command in its arguments.
    let command = format!("pkill -f '{pattern}'");
    scene.add("o", |part| part.session().arg(&command));
    let dir = scene.dir();
    dir.file("makefile", format!("all:\n\t@{command}; echo survived\n"));
    dir.file("script", format!("{command}; echo survived\n"));
    dir.script("job", &format!("#!/bin/sh\n{command}; echo survived\n"));
    dir.script("xpkill", "#!/bin/sh\npkill -f \"$1\"; echo survived\n");
}

/// The line, run by a shell with the programs in its `PATH`.
fn run(line: &str) -> Run {
    Run::shell(line).env("PATH", path(Run::ours("pkill").program().parent().expect("a directory")))
}

fn path(bin: &Path) -> String {
    format!("{}:/usr/bin:/bin", bin.display())
}

/// This caller survives; the reference kills it.
fn survives(line: &'static str) -> Case {
    ours_survives(line).differs("caller", killed(143))
}

/// The same, for options that the reference lacks.
fn ours_survives(line: &'static str) -> Case {
    shell(line).prints("survived\n").fate("v", "killed by TERM").fate("o", "killed by TERM")
}

fn killed(status: i32) -> Expect {
    reference().status(status).fate("v", "killed by TERM").fate("o", "killed by TERM")
}

#[test]
fn shells_survive() {
    if !need("bash") || !need("dash") {
        return;
    }
    check(
        cast,
        &[
            survives("pkill -f 'serve {tag}'; echo survived"),
            survives("pkill -f \"serve {tag}\"; echo survived"),
            survives("pkill -f serve\\.\\*{tag}; echo survived"),
            survives("pkill -f 'serve'.\"*\"{tag}; echo survived"),
            // The quotes replace a space of the pattern, so that it does not match.
            ours_survives("pkill -f serve' '{tag}; echo survived"),
            survives("cd {dir};bin/pkill -f 'serve {tag}';echo survived"),
            shell("pkill -KILL -f 'serve {tag}'; echo survived")
                .prints("survived\n")
                .fate("v", "killed by KILL")
                .fate("o", "killed by KILL")
                .differs(
                    "caller",
                    reference().status(137).fate("v", "killed by KILL").fate("o", "killed by KILL"),
                ),
            survives("out=$(pkill -f 'serve {tag}') && echo survived"),
            survives("(pkill -f 'serve {tag}'); echo survived"),
            survives("k=pkill; $k -f 'serve {tag}'; echo survived"),
            survives("exec dash -c \"pkill -f 'serve {tag}'; echo survived\""),
            survives("exec bash -c \"pkill -f 'serve {tag}'; echo survived\""),
            survives("exec bash -c \"eval 'pkill -f \\\"serve {tag}\\\"'; echo survived\""),
            // Several levels.
            survives("bash -c \"dash -c \\\"pkill -f 'serve {tag}'\\\" && echo survived\"; exit $?"),
            // A file is not in the arguments, and does not match.
            ours_survives("exec sh {dir}/script"),
            ours_survives("exec sh <{dir}/script"),
        ],
    );
}

#[test]
fn programs_that_start_others_survive() {
    if !need("make") || !need("xargs") || !need("perl") {
        return;
    }
    check(
        cast,
        &[
            // timeout passes the signal on to the reference, which may not have signalled the others by then.
            ours_survives("timeout 20 pkill -f 'serve {tag}' && echo survived").ours_only(),
            ours_survives("env A=1 timeout 20 nice pkill -f 'serve {tag}' && echo survived").ours_only(),
            survives("xargs pkill -f 'serve {tag}' </dev/null && echo survived"),
            survives("exec perl -e 'system(q(pkill -f \"serve {tag}\")); print qq(survived $?\\n)'")
                .prints("survived 0\n"),
            ours_survives("exec make -s -f {dir}/makefile").differs("caller", killed(2).says("Terminated")),
        ],
    );
}

#[test]
fn su_and_sudo_survive() {
    if !need_root() || !need("sudo") || !need("su") {
        return;
    }
    check(
        cast,
        &[
            survives("sudo -n {dir}/bin/pkill -f 'serve {tag}' && echo survived"),
            // sudo escapes what is neither a letter nor a digit.
            survives("sudo -n -s {dir}/bin/pkill -f 'serve.*{tag}' && echo survived"),
            survives("sudo -n sh -c \"{dir}/bin/pkill -f 'serve {tag}'; echo survived\"; exit $?"),
            // The message of su when its shell is killed varies.
            ours_survives(
                "su -s /bin/sh -c \"{dir}/bin/pkill -f 'serve {tag}'; echo survived\" root; exit $?",
            )
            .ours_only(),
        ],
    );
}

/// The entry point of a container, its PID 1. The kernel sends it no signal from inside that it does not handle.
#[test]
fn the_first_process_of_a_container_survives() {
    if !need_root() || !need("unshare") {
        return;
    }
    let line = "trap 'echo hit' TERM; pkill -f 'serve nothing'; echo $$ survived $?";
    let container = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let output = run(line).through(container).run();
    assert_eq!(output.out(), "1 survived 1\n", "{output:?}");
    if Path::new("/usr/bin/pkill").exists() {
        let output = Run::shell(line).through(container).env("PATH", path(Path::new("/usr/bin"))).run();
        assert_eq!(output.out(), "hit\n1 survived 0\n", "{output:?}");
    }
}

#[test]
fn what_does_not_carry_the_command_is_signalled() {
    let hit = |line| {
        shell(line)
            .status(143)
            .fate("v", "killed by TERM")
            .fate("o", "killed by TERM")
            .says("note: the pattern matches an")
            .says("-A excludes ancestors")
            .differs("ancestor-note", killed(143))
    };
    check(
        cast,
        &[
            // A job that ends itself.
            hit("exec {dir}/job --queue 'serve {tag}'"),
            // The pattern before the name, or not as it was typed.
            hit("p='serve {tag}'; pkill -f \"$p\"; echo survived"),
            // Another program's name.
            hit("{dir}/xpkill 'serve {tag}'; echo survived"),
        ],
    );
}
