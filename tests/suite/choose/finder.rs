//! `--choose` with fzf(1), and with what calls itself that.

use super::{Choosing, command_on_terminal, list, signalled, victims};
use crate::support::{Dir, Victim, need};

/// What a shell expands, and fzf replaces.
const HOSTILE: &str = "it's $(touch P) `touch P` {q} {1}";

/// The preview of the first process is awaited, then that process is marked, and then the signal.
#[test]
fn fzf_marks_a_process_and_the_signal() {
    if !need("fzf") {
        return;
    }
    let mut victims = [(); 3].map(|()| Victim::spec().arg(HOSTILE).catch(libc::SIGHUP).spawn());
    victims.sort_by_key(Victim::pid);
    let dir = Dir::new();
    let pids = list(&victims);
    let args = ["-HUP", "--choose-signal", "-f", "--fixed-strings", "-p", &pids, HOSTILE];
    let mut command = command_on_terminal("pkill", &args);
    command.env("PATH", std::env::var_os("PATH").expect("a path")).current_dir(dir.path());
    let mut asking = Choosing::on(100, command);
    let explained = format!("{} {}: selected", victims[0].pid(), victims[0].name());
    let shown = asking.shown_until(|shown| shown.contains(&explained) && shown.contains("^^^^"));
    assert!(shown.contains("send a signal to:") && shown.contains("COMMAND"), "{shown:?}");
    asking.answer("\t\r");
    asking.shown_until(|shown| {
        shown.contains("send which signal:") && shown.contains("hangup of the terminal")
    });
    asking.answer("\r");
    let (out, _, status) = asking.end();
    assert_eq!((out, status), (String::new(), 0));
    assert_eq!(signalled(&mut victims), [1]);
    assert_eq!(dir.path().read_dir().expect("a directory").count(), 0, "a text was executed");
}

/// It gets a heading, and the user marks several.
#[test]
fn a_finder_that_is_installed_is_used() {
    let victims = victims::<3>();
    let dir = Dir::new();
    dir.script("fzf", "#!/bin/sh\nread -r heading\necho \"$* $heading\" >&2\nexec /usr/bin/tail -n2\n");
    let args = ["--choose", "-p", &list(&victims)];
    let (out, err, status) = Choosing::with_path(dir.path(), "pgrep", &args).end();
    assert_eq!((out, status), (format!("{}\n{}\n", victims[1].pid(), victims[2].pid()), 0), "{err}");
    for part in ["--multi", "--header-lines=1", "PID", "COMMAND"] {
        assert!(err.contains(part), "{part}: {err}");
    }
}
