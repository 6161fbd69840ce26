//! The preview of a finder: what `--explain` prints of the process that is highlighted.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use super::{Choosing, command, list};
use crate::support::family::{Family, pid as pid_of};
use crate::support::pids::{LAST_PID, successor, with_pid};
use crate::support::{Dir, Victim, namespace, need, need_file};

/// What each shell expands, and a finder replaces.
const HOSTILE: &str = "it's; touch P; \"$(touch P)\" `touch P` \\ {1} {q}\n>P\ttouch P\\'";

/// What fzf was started with.
struct Started {
    arguments: Vec<String>,
    /// The variable that the preview evaluates.
    explains: Vec<u8>,
    /// The key of each line after the heading.
    keys: Vec<String>,
}

impl Started {
    /// The user has cancelled it.
    fn by(program: &str, args: &[&str]) -> Self {
        Self::after("", program, args)
    }

    /// The same with this on standard input.
    fn after(stdin: &str, program: &str, args: &[&str]) -> Self {
        let dir = Dir::new();
        let path = dir.path().display();
        let script = format!(
            "#!/bin/sh\nprintf '%s\\0' \"$@\" >{path}/arguments\nprintf %s \"$PKILL_EXPLAIN\" >{path}/explains\n\
             /bin/cat >{path}/list\nexit 130\n"
        );
        dir.script("fzf", &script);
        let stdin = dir.file("stdin", stdin);
        let mut command = command(program, args);
        command.env("PATH", dir.path()).stdin(File::open(stdin).expect("a file"));
        let (out, err, status) = Choosing::on(80, command).end();
        assert_eq!((out, status), (String::new(), 1), "{err}");
        let read = |name| std::fs::read(dir.path().join(name)).expect("a file");
        let text = |name| String::from_utf8(read(name)).expect("UTF-8");
        Started {
            arguments: text("arguments").split_terminator('\0').map(str::to_owned).collect(),
            explains: read("explains"),
            keys: text("list")
                .lines()
                .skip(1)
                .map(|line| line.split_once('\t').expect("a key").0.to_owned())
                .collect(),
        }
    }

    fn preview(&self) -> &str {
        let previews = self.arguments.iter().filter_map(|argument| argument.strip_prefix("--preview="));
        let [preview] = previews.collect::<Vec<_>>()[..] else { panic!("a preview: {:?}", self.arguments) };
        preview
    }

    /// The key of this process: its token.
    fn key_of(&self, pid: u32) -> &str {
        let is_its = |key: &&String| {
            key.strip_prefix(&pid.to_string()).is_some_and(|rest| rest.starts_with([':', '@']))
        };
        self.keys.iter().find(is_its).unwrap_or_else(|| panic!("{pid} has a token: {:?}", self.keys))
    }

    /// What the preview of the line with this key prints, as a finder runs it with this shell.
    fn explained(&self, shell: &str, key: &str) -> String {
        let dir = Dir::new();
        let line = self.preview().replace("{1}", &format!("'{key}'"));
        let mut command = Command::new(shell);
        command.env_clear().env("LC_ALL", "C.UTF-8").env("PKILL_EXPLAIN", OsStr::from_bytes(&self.explains));
        let output = command.arg("-c").arg(line).current_dir(dir.path()).output().expect("a shell");
        let created: Vec<_> = dir.path().read_dir().expect("a directory").collect();
        assert!(created.is_empty(), "a text was executed: {created:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

#[test]
fn it_explains_what_is_highlighted() {
    let part = || Victim::named("x`touch P`'\"\n").arg(HOSTILE).catch(libc::SIGHUP);
    let mut victims = [part().spawn(), part().spawn()];
    victims.sort_by_key(Victim::pid);
    let pids = list(&victims);
    let childless = victims[0].pid().to_string();
    let fixed = ["--fixed-strings", "-f", HOSTILE, "-p", &pids];
    let regex = ["x`touch P`'\"", "--not", "\\$\\(touch P\\)'", "-p", &pids, "--ignore-ancestors"];
    let matched =
        ["yes  --pid", "yes  pattern it's; touch P; \"$(touch P)\" `touch P` \\ {1} {q}", "^^^^^^^"];
    for (program, args, expected) in [
        ("pkill", &fixed[..], &matched[..]),
        ("pgrep", &fixed, &matched),
        ("pidwait", &fixed, &matched),
        ("pkill", &regex, &["yes  pattern x`touch P`'\"", "yes  --not \\$\\(touch P\\)'", "yes  --pid"]),
        (
            "pgrep",
            &["-fp", &pids, "--and", "touch", "--and=P", "--", "-x|P"],
            &["--and P", "yes  pattern -x|P"],
        ),
        ("pgrep", &["--inverse", "-P", &childless, "-U", "0"], &["no   --parent", "--inverse selects"]),
        ("pkill", &["-HUP", "-H", "-p", &pids], &["yes  --require-handler"]),
        ("pgrep", &["-H", "--signal", "HUP", "-p", &pids], &["yes  --require-handler"]),
    ] {
        let started = Started::by(program, &[&["--choose"], args].concat());
        let pid = victims[1].pid();
        for shell in ["sh", "bash", "zsh", "fish"].into_iter().filter(|shell| need(shell)) {
            let text = started.explained(shell, started.key_of(pid));
            let first = format!("{pid} x`touch P`'\"?: selected\n");
            assert!(text.starts_with(&first), "{program} {args:?} {shell}: {text}");
            assert!(expected.iter().all(|part| text.contains(part)), "{program} {args:?} {shell}: {text}");
        }
    }
}

#[test]
fn it_explains_what_is_selected_otherwise() {
    namespace(|| {
        let family = Family::start(&["top mid", "mid leaf"]);
        for (args, expected) in [
            (&["--choose", "--tree", "-x", "top"][..], "--tree selects it as a descendant of"),
            (&["--choose"], "yes  --"),
            // The shell that runs the preview is newer.
            (&["--choose", "-n", "-x", "leaf|sh"], "yes  pattern leaf|sh"),
        ] {
            let started = Started::by("pkill", args);
            let text = started.explained("sh", started.key_of(pid_of("leaf")));
            assert!(text.contains("leaf: selected\n") && text.contains(expected), "{args:?}: {text}");
        }
        drop(family);
    });
}

#[test]
fn a_successor_is_not_explained() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        let part = || Victim::named("preview");
        let victim = with_pid(5000, part());
        let started = Started::by("pkill", &["--choose", "-x", "preview"]);
        let [key] = &started.keys[..] else { panic!("one: {:?}", started.keys) };
        assert!(started.explained("sh", key).starts_with("5000 preview: selected\n"));
        drop(victim);
        let _bystander = successor(5000, part);
        // The file of all three programs is pgrep.
        assert_eq!(started.explained("sh", key), "pgrep: pid 5000: no such process\n");
    });
}

/// Standard input cannot be read again, nor can a text of any length be passed on.
#[test]
fn there_may_be_none() {
    let victim = Victim::spec().spawn();
    let (pid, long) = (victim.pid().to_string(), "x".repeat(100_000));
    let long = ["--choose", "-p", &pid, "--not", &long, "--not", &long];
    for args in [&["--choose", "--pidfile", "-"][..], &long] {
        let started = Started::after(&pid, "pkill", args);
        assert_eq!((started.preview(), &started.explains[..]), ("", &b""[..]));
    }
}
