//! Callers with the options that select.

use super::{cast, ours_survives, run, survives};
use crate::support::{Dir, Run, Scene, Victim, check, namespace, reference, shell};

#[test]
fn the_pattern_is_recognized_however_it_is_read() {
    check(
        cast,
        &[
            survives("pkill -x -f '.*serve {tag}.*'; echo survived"),
            survives("pkill -i -f 'serve {tag}'; echo survived"),
            survives("pkill -f '(serve|start).*{tag}'; echo survived"),
            ours_survives("pkill --fixed-strings -f 'serve {tag}'; echo survived").ours_only(),
            ours_survives("pkill -f --and=serve --and '{tag}'; echo survived").ours_only(),
            ours_survives("pkill -f serve --and={tag} --not '^pkill'; echo survived").ours_only(),
            ours_survives("pkill -f 'serve {tag}' --not survived; echo survived").ours_only(),
        ],
    );
    // The caller must have all selecting patterns.
    let hit = |line| {
        shell(line).status(143).fate("v", "killed by TERM").fate("o", "killed by TERM").says("-A").ours_only()
    };
    check(
        cast,
        &[
            hit("a={tag}; pkill -f serve --and=$a; echo survived"),
            hit("a=serve; pkill -f {tag} --and \"$a\"; echo survived"),
        ],
    );
}

/// -n and -o choose among the others; a caller is not the root of a tree or a member of a group, in any scan.
#[test]
fn a_caller_is_no_match() {
    // Until it executes its program, a child of the shell has the shell's arguments.
    const CHILD: &str = "tail -f /dev/null & until [ \"$(cat /proc/$!/comm)\" = tail ]; do :; done; ";
    let newest = "pkill -n -f 'serve {tag}'; echo survived";
    check(
        cast,
        &[
            shell(newest)
                .prints("survived\n")
                .fate("o", "killed by TERM")
                .differs("caller", reference().status(143)),
            shell("pkill -o -f 'serve {tag}'; echo survived")
                .prints("survived\n")
                .fate("v", "killed by TERM"),
            ours_survives("pkill -A -f 'serve {tag}'; echo survived"),
            ours_survives("pkill --until-none --timeout 100 -f 'serve {tag}' && echo survived").ours_only(),
            ours_survives("pkill --freeze -f 'serve {tag}' && echo survived").ours_only(),
            ours_survives("pkill --max 2 -f 'serve {tag}' && echo survived").ours_only(),
            shell("pkill -f 'serve {tag}' -p $$; echo $?")
                .prints("1\n")
                .says("nothing else matches")
                .since([4, 0, 3])
                .differs("caller", reference().status(143)),
            shell("echo $$ >{dir}/pid; pkill -f 'serve {tag}' -F {dir}/pid; echo $?")
                .prints("1\n")
                .says("nothing else matches")
                .differs("caller", reference().status(143)),
            // Without -f, it is named by its ID only.
            shell("pkill -P {self} -x sh -p $$; : {tag}").status(143).since([4, 0, 3]),
        ],
    );
    for options in ["--tree", "--whole-group", "--tree --freeze", "--tree --until-none --timeout 100"] {
        let scene = &mut Scene::new();
        cast(scene);
        let line = format!("{CHILD}pkill {options} -f 'serve {{tag}}' && kill $! && echo survived");
        let output = run(&scene.fill(&line, "")).run();
        assert_eq!((output.out().as_str(), output.status), ("survived\n", 0), "{options}: {output:?}");
        assert_eq!(scene.get("v").killed_by(), Some(libc::SIGTERM), "{options}");
    }
}

/// Under --inverse, an ancestor is not selected because of its arguments.
#[test]
fn an_ancestor_that_does_not_match_is_selected_under_inverse() {
    namespace(|| {
        check(
            |scene| {
                scene.add("v", |part| part);
            },
            &[
                shell("pkill -KILL --inverse -f '^serve {tag}'; echo survived")
                    .status(137)
                    .fate("v", "killed by KILL")
                    .says("the selection includes ancestors of pkill: sh (pid")
                    .differs("ancestor-note", reference().status(137).fate("v", "killed by KILL")),
                shell("pkill -KILL --inverse -f 'serve {tag}'; echo survived")
                    .prints("survived\n")
                    .fate("v", "killed by KILL")
                    .says("the selection includes an ancestor of pkill: ")
                    .differs("ancestor-note", reference().prints("survived\n").fate("v", "killed by KILL")),
            ],
        );
    });
}

/// The name is that of `argv[0]`, and not that of the file, which is `pgrep`.
#[test]
fn a_caller_has_the_name_that_the_program_was_called_by() {
    let dir = Dir::new();
    let link = dir.path().join("pkill");
    std::os::unix::fs::symlink(Run::ours("pgrep").program(), &link).expect("a link");
    let victim = Victim::spec().catch(libc::SIGUSR1).spawn();
    let run = |line: String| Run::shell(&line).env("PATH", dir.path()).run();
    let output = run(format!("pkill -USR1 -f '{}'; echo survived", victim.name()));
    assert_eq!(output.out(), "survived\n", "{output:?}");
    let output = run(format!(": pgrep; k=kill; p$k -USR1 -f '{}'; echo survived", victim.name()));
    assert_eq!((output.out().as_str(), output.status), ("", 128 + libc::SIGUSR1), "{output:?}");
}
