//! The classic: a script that reports on HUP, catches TERM and ignores INT, so that only KILL terminates it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::support::{Dir, Run, eventually, need};

/// `cat` reads standard input: when the test exits for any reason, `cat` and the script do too.
const JOB: &str = r"
count=0
trap 'count=$((count + 1)); echo progress $count' HUP
trap 'echo I will not go' TERM
trap '' INT
exec 3<&0
cat <&3 &
until wait; do :; done
";

#[test]
fn each_signal_meets_its_disposition_and_kill_ends_with_137() {
    for (index, shell) in ["sh", "dash", "bash", "busybox"].into_iter().enumerate() {
        if !need(shell) {
            continue;
        }
        let dir = Dir::new();
        let name = format!("job{}x{index}", std::process::id());
        let which = Command::new("sh").args(["-c", r#"command -v "$0""#, shell]).output().expect("start sh");
        let shell_path = String::from_utf8(which.stdout).expect("a path in UTF-8");
        let applet = if shell == "busybox" { " sh" } else { "" };
        // Without `env`, which would give the script the shell's name.
        let path = dir.script(&name, &format!("#!{}{applet}\n{JOB}", shell_path.trim_end()));

        // The caller's own caller: a shell sees 128 + 9.
        let mut caller = Command::new("sh")
            .args(["-c", r#""$0" 2>&1; echo "status $?""#])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start a shell");
        let parent = caller.id().to_string();
        let mut lines = BufReader::new(caller.stdout.take().expect("pipe")).lines().map(Result::unwrap);
        let mut stdin = caller.stdin.take().expect("pipe");
        let mut next = || lines.next().expect("a line");
        // `cat` echoes it, and starts when all traps are set.
        stdin.write_all(b"ready\n").expect("write");
        assert_eq!(next(), "ready");

        let pkill = |args: &[&str]| {
            let output = Run::ours("pkill").args(args).args(["-P", &parent, "-x", &name]).run();
            assert_eq!((output.out(), output.err()), (String::new(), String::new()), "{shell} {args:?}");
            output.status
        };
        assert_eq!(pkill(&["-HUP"]), 0);
        assert_eq!(next(), "progress 1");
        assert_eq!(pkill(&[]), 0);
        assert_eq!(next(), "I will not go");
        assert_eq!(pkill(&["-INT"]), 0, "a signal that is ignored has been sent all the same");
        assert_eq!(pkill(&["-H", "-INT"]), 1, "-H: it does not catch INT");
        assert_eq!(pkill(&["-H", "-HUP"]), 0, "-H: it catches HUP");
        assert_eq!(next(), "progress 2");
        assert_eq!(pkill(&["-KILL"]), 0);
        let status = loop {
            let line = next();
            if !line.starts_with("Killed") {
                break line; // dash and bash print more lines
            }
        };
        assert_eq!(status, "status 137");
        eventually("reaped", || pkill(&["-0"]) == 1);
        drop(stdin);
        assert!(caller.wait().expect("wait").success());
    }
}
