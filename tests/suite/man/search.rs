//! What a user searches for is found: by apropos(1), and by `/` in the page.

use std::process::Command;

use pkill::Program::{self, Pgrep, Pidwait, Pkill};

use super::render;
use crate::support::{Dir, need};

/// The page as far as the options.
fn tasks(program: Program) -> String {
    let page = render::page(program);
    let (tasks, _) = page.split_once(".Sh OPTIONS").expect("options");
    tasks.replace("\\-", "-").replace('\n', " ").to_lowercase()
}

#[test]
fn a_task_is_found_by_the_obvious_word() {
    let words_of_pkill = "sigkill force ignores preview dry-run exclude confirm reload restart respawn supervisor systemctl \
                          unit cron docker container port timeout user children tree regex memory logrotate ssh group";
    let words_of_pgrep = "daemon user regex container cron port json count script";
    for (program, words) in
        [(Pkill, words_of_pkill), (Pgrep, words_of_pgrep), (Pidwait, "wait timeout first json regex")]
    {
        let tasks = tasks(program);
        for word in words.split_whitespace() {
            assert!(tasks.contains(word), "{}: {word}", program.name());
        }
    }
    for (program, words) in [
        (Pkill, "uninterruptible|json|exit status|ignore case|child|parent|zombie|systemd|environment"),
        (Pgrep, "uninterruptible|json|exit status|ignore case|children|tree|systemctl|timeout"),
        (Pidwait, "uninterruptible|json|exit status|ignore case|children|tree|systemctl|unit|container"),
    ] {
        let page = render::page(program).replace('\n', " ").to_lowercase();
        for word in words.split('|') {
            assert!(page.contains(word), "{}: {word}", program.name());
        }
    }
}

/// With the tools of mandoc, by the names that Debian gives them.
#[test]
fn the_pages_are_found_by_apropos() {
    if !need("makewhatis") || !need("mapropos") {
        return;
    }
    let dir = Dir::new();
    for (name, page) in render::pages() {
        let section = format!("man{}", name.rsplit('.').next().expect("a section"));
        std::fs::create_dir_all(dir.path().join(&section)).expect("a directory");
        dir.file(&format!("{section}/{name}"), page);
    }
    let run = |command: &mut Command| {
        let output = command.output().expect("start a tool of mandoc");
        (String::from_utf8(output.stdout).expect("UTF-8"), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    for args in [&["-p"][..], &[]] {
        let said = run(Command::new("makewhatis").args(args).arg(dir.path()));
        assert_eq!(said, (String::new(), String::new()), "{args:?}");
    }
    for (word, pages) in [
        ("process", &["pgrep(1)", "pkill(1)", "pidwait(1)"][..]),
        ("signal", &["pkill(1)"]),
        ("wait for", &["pidwait(1)"]),
        ("regular expression", &["pkill-patterns(7)"]),
        ("json", &["pkill-report(7)"]),
    ] {
        let (found, said) = run(Command::new("mapropos").arg("-M").arg(dir.path()).arg(word));
        assert_eq!(said, "", "{word}");
        for page in pages {
            assert!(found.contains(&format!("{page} - ")), "{word}: {found}");
        }
    }
}
