//! The completions in the shells: each shell is asked through its own interface what it would complete.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Dir, Run, Victim, cgroup, need, need_file};

/// A shell and its user's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    Bash,
    /// With settings of a user that scripts often fail with.
    StrictBash,
    /// With bash-completion.
    LoadedBash,
    Zsh,
    Fish,
}
use Shell::*;

const SHELLS: [Shell; 5] = [Bash, StrictBash, LoadedBash, Zsh, Fish];
const BASHES: &[Shell] = &[Bash, StrictBash, LoadedBash];

const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";

impl Shell {
    fn is_there(self) -> bool {
        match self {
            Bash | StrictBash => need("bash") && need("zsh"),
            LoadedBash => need("bash") && need("zsh") && need_file(BASH_COMPLETION),
            Zsh => need("zsh"),
            Fish => need("fish"),
        }
    }

    /// Commands that run before the completion is loaded.
    fn settings(self) -> String {
        match self {
            StrictBash => "set -uf; shopt -s extglob failglob nocasematch; IFS=:".into(),
            LoadedBash => format!("source {BASH_COMPLETION}"),
            Bash | Zsh | Fish => String::new(),
        }
    }
}

/// The result of TAB at the end of a line.
#[derive(Debug)]
struct Completed {
    /// The candidates as they would be typed, without the shell's quotes.
    candidates: Vec<String>,
    /// The completed line. fish is asked for candidates only.
    line: String,
}

impl Completed {
    /// bash gives only what follows the last `=` or `:`, the others give what precedes it too.
    fn offers(&self, wanted: &str) -> bool {
        let before = |candidate: &String| candidate.strip_suffix(wanted).map(str::to_owned);
        self.candidates
            .iter()
            .filter_map(before)
            .any(|before| before.is_empty() || before.ends_with(['=', ':', '/']))
    }
}

fn completions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// One shell, started once, is asked about all lines.
fn complete(shell: Shell, lines: &[String]) -> Vec<Completed> {
    let dir = Dir::new();
    let path = dir.path().to_str().expect("UTF-8");
    dir.file("lines", lines.join("\n"));
    let programs = Path::new(Run::ours("pgrep").program()).parent().expect("a directory").to_owned();
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", "300"]).env_clear().current_dir(dir.path());
    command.env("PATH", format!("{}:{}", programs.display(), std::env::var("PATH").expect("PATH")));
    command.envs([("HOME", path), ("DIRECTORY", path), ("LC_ALL", "C.UTF-8"), ("TERM", "dumb")]);
    match shell {
        Fish => {
            dir.file("rc.fish", include_str!("rc.fish"));
            command.args(["fish", "--no-config", "rc.fish"]).env("COMPLETIONS", completions());
        }
        Zsh => {
            dir.file(".zshrc", include_str!("rc.zsh"));
            command.args(["zsh", "-f", "drive.zsh", path, "zsh", "--no-globalrcs", "-i"]);
            command.env("ZDOTDIR", path).env("COMPLETIONS", completions());
        }
        Bash | StrictBash | LoadedBash => {
            dir.file("rc.bash", include_str!("rc.bash"));
            command.args([
                "zsh",
                "-f",
                "drive.zsh",
                path,
                "bash",
                "--noprofile",
                "--rcfile",
                "rc.bash",
                "-i",
            ]);
            command.env("FILE", completions().join("pkill.bash")).env("SETTINGS", shell.settings());
        }
    }
    dir.file("drive.zsh", include_str!("drive.zsh"));
    let output = command.stdin(Stdio::null()).output().expect("start timeout");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{shell:?}: {said}");
    assert!(!dir.path().join("canary").exists(), "{shell:?} ran the name of a process");
    let read = |number: usize, what: &str| {
        let file = std::fs::read(dir.path().join(format!("{number}.{what}"))).unwrap_or_default();
        String::from_utf8(file).unwrap_or_else(|error| panic!("{shell:?} {}: {error}", lines[number - 1]))
    };
    let completed = (1..=lines.len()).map(|number| Completed {
        candidates: read(number, "candidates").lines().map(|line| plain(shell, line)).collect(),
        line: read(number, "line"),
    });
    let completed: Vec<_> = completed.collect();
    for (line, completed) in lines.iter().zip(&completed) {
        let control = |text: &str| text.contains(|c: char| c.is_control());
        assert!(
            !completed.candidates.iter().any(|c| control(c)) && !control(&completed.line),
            "{shell:?} {line}"
        );
    }
    completed
}

/// The candidate without the backslashes by which bash and zsh quote special characters.
fn plain(shell: Shell, candidate: &str) -> String {
    if shell == Fish {
        return candidate.split('\t').next().expect("a first part").to_owned();
    }
    let mut plain = String::new();
    let mut chars = candidate.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// Where, what is typed, what must be offered and what must not.
struct Row {
    shells: &'static [Shell],
    line: String,
    there: Vec<String>,
    absent: Vec<String>,
}

fn row(line: impl Into<String>) -> Row {
    Row { shells: &SHELLS, line: line.into(), there: vec![], absent: vec![] }
}

impl Row {
    fn offers<S: Into<String>>(mut self, candidates: impl IntoIterator<Item = S>) -> Self {
        self.there.extend(candidates.into_iter().map(Into::into));
        self
    }

    fn never<S: Into<String>>(mut self, candidates: impl IntoIterator<Item = S>) -> Self {
        self.absent.extend(candidates.into_iter().map(Into::into));
        self
    }

    fn only_in(mut self, shells: &'static [Shell]) -> Self {
        self.shells = shells;
        self
    }
}

fn check(rows: &[Row]) {
    let mut wrong = vec![];
    for shell in SHELLS.into_iter().filter(|shell| shell.is_there()) {
        let rows: Vec<_> = rows.iter().filter(|row| row.shells.contains(&shell)).collect();
        let lines: Vec<_> = rows.iter().map(|row| row.line.clone()).collect();
        for (row, completed) in rows.iter().zip(complete(shell, &lines)) {
            for wanted in row.there.iter().filter(|wanted| !completed.offers(wanted)) {
                let some: Vec<_> = completed.candidates.iter().take(8).collect();
                wrong.push(format!("{shell:?}: {}<TAB> does not offer {wanted:?} but {some:?}", row.line));
            }
            for unwanted in row.absent.iter().filter(|unwanted| completed.offers(unwanted)) {
                wrong.push(format!("{shell:?}: {}<TAB> offers {unwanted:?}", row.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn columns() {
    check(&[
        row("pgrep --columns ").offers(["pid", "args"]),
        row("pgrep --columns=pid,").offers(["pid,ppid", "pid,args"]).never(["pid,pid"]),
    ]);
}

#[test]
fn options() {
    check(&[
        row("pgrep -")
            .offers(["-u", "--euid", "-l", "-v", "-w"])
            .never(["-HUP", "-q", "-e", "--queue", "--wait"]),
        row("pkill -")
            .offers(["-u", "--euid", "-q", "-HUP", "-RTMIN+2"])
            .never(["-l", "-w", "-EXIT", "-0", "-32"]),
        row("pidwait -").offers(["-u", "--any", "-e"]).never(["-HUP", "-l", "-q", "--wait"]),
        row("pgrep --e").offers(["--euid", "--env", "--exact"]).never(["--echo", "--escalate"]),
        row("pgrep --list").offers(["--list-name", "--list-full"]),
        // An option that is given is not offered again, by either name, nor are those that it excludes.
        row("pgrep -u root -").offers(["-U", "--uid"]).never(["-u", "--euid"]),
        row("pgrep --euid root --").offers(["--uid"]).never(["--euid"]),
        row("pgrep --euid=root --").offers(["--uid"]).never(["--euid"]),
        row("pgrep -uroot --").offers(["--uid"]).never(["--euid"]),
        row("pgrep -xlu root --").offers(["--uid"]).never(["--euid", "--exact", "--list-name"]),
        row("pgrep -n --").offers(["--exact"]).never(["--newest", "--oldest", "--inverse"]),
        row("pgrep --quiet --").offers(["--exact"]).never(["--json", "--verbose", "--list-name"]),
        row("pkill --dry-run --").offers(["--wait"]).never(["--interactive", "--quiet"]),
        row("pkill --kill-after 5 --").never(["--escalate", "--kill-after"]),
        row("pgrep -p 1 -").offers(["-u"]).never(["-F", "--pidfile"]),
        // A value is not an option, even with a leading dash.
        row("pgrep -d -n --")
            .only_in(&[Bash, StrictBash, LoadedBash, Fish])
            .offers(["--newest", "--oldest"])
            .never(["--delimiter"]),
        row("pgrep -- -").never(["-u", "--euid"]),
        row("pkill -HUP -- -").never(["-u", "--euid", "-HUP"]),
    ]);
}

#[test]
fn signals() {
    let every = ["HUP", "KILL", "USR1", "RTMIN", "RTMIN+1", "RTMAX"];
    check(&[
        row("pkill -T").offers(["-TERM", "-TSTP"]).never(["-HUP", "TERM"]),
        row("pkill -K").offers(["-KILL"]),
        row("pkill -HU").only_in(&[Bash, StrictBash, LoadedBash, Zsh]).offers(["-HUP"]),
        row("pkill -SIGH").offers(["-SIGHUP"]),
        row("pkill -RTMAX-").offers(["-RTMAX-1"]),
        // It takes only one.
        row("pkill -TERM -").offers(["-u", "--euid"]).never(["-HUP", "-KILL"]),
        row("pkill -9 -").offers(["-u"]).never(["-HUP"]),
        row("pkill -s -T").never(["-TERM"]),
        row("pkill --signal ").offers(every).never(["EXIT", "NULL", "0", "32", "-HUP"]),
        row("pgrep -H --signal ").offers(every),
        row("pkill --signal=K").offers(["KILL"]),
        row("pkill --signal SIGT").offers(["SIGTERM"]),
        row("pkill -s").never(["-segv"]),
        row("pkill --signal te").offers(["term"]),
        row("pkill --escalate ").offers(["5s:"]),
        row("pkill --escalate 7").offers(["7:"]),
        row("pkill --escalate 5s:K").offers(["KILL"]),
        row("pkill --escalate=2:TERM,5s:K").offers(["KILL"]),
        row("pkill --wait=").offers(["5", "60"]),
        row("pgrep --json=").offers(["document", "lines"]),
        row("pkill --log-to=").offers(["journal", "syslog"]),
        row("pkill --timeout ").offers(["5", "60"]),
    ]);
}

#[test]
fn values() {
    let leader = Victim::spec().session().env("COMPLETION_TEST", "secret").spawn();
    let on_terminal = Victim::spec().terminal().spawn();
    let member = Victim::spec().group().spawn();
    let (session, group) = (leader.pid().to_string(), member.pid().to_string());
    let terminal = on_terminal.terminal();
    let own = std::process::id().to_string();
    let own_exe = std::env::current_exe().expect("our own executable").display().to_string();
    let own_dir = std::env::current_dir().expect("our own directory").display().to_string();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let _scripted = Victim::spec().arg0("perl").arg("./scripted-for-completion").spawn();
    let own_cgroup = cgroup("self").filter(|path| !path.contains([',', ':', ' ']));
    let mut rows = vec![
        row(format!("pgrep {}", &leader.name()[..9])).offers([leader.name(), member.name()]),
        row(format!("pkill -9 -x {}", &leader.name()[..9])).offers([leader.name()]),
        row(format!("pidwait -- {}", &leader.name()[..9])).offers([leader.name()]),
        row(format!("pgrep {0} {0}", leader.name())).never([leader.name()]),
        row("pgrep -s ").offers([&*session, "0"]).never([&group, leader.name()]),
        row("pgrep --session=").offers([&session]),
        row(format!("pgrep -s 0,{session},")).offers([format!("0,{session},{}", on_terminal.pid())]),
        row("pgrep -s 0,").never(["0,0"]),
        row(format!("pgrep -s{}", &session[..1])).offers([format!("-s{session}")]),
        row("pgrep -g ").offers([&group]),
        row("pgrep -P ").offers([&own]).never([&session]),
        row("pgrep -p ").offers([&session, &group]),
        row("pkill --ns ").offers([&session]),
        row("pgrep -t ").offers([terminal, "?"]),
        row("pgrep -t '?,").only_in(BASHES).offers([format!("?,{terminal}")]),
        row("pgrep -u ro").offers(["root"]).never(["0"]),
        row("pgrep -u root,").never(["root,root"]),
        row("pgrep -u root,daem").offers(["root,daemon"]),
        row("pgrep --uid=daem").offers(["daemon"]),
        row("pgrep -xuroot,daem").offers(["-xuroot,daemon"]),
        row("pgrep -G ro").offers(["root"]),
        row("pgrep --group daem").offers(["daemon"]),
        row("pgrep -r ").offers(["R", "S", "D", "T", "t", "Z", "I"]),
        row("pgrep -r R,").offers(["R,Z"]).never(["R,R"]),
        row("pgrep --nslist ").offers(["ipc", "mnt", "net", "pid", "user", "uts"]),
        row("pgrep --nslist net,").offers(["net,pid"]).never(["net,net"]),
        row("pgrep --env COMPL").offers(["COMPLETION_TEST"]).never(["COMPLETION_TEST=secret"]),
        row("pgrep -O ").offers(["3600"]),
        row("pgrep --exe ").offers([&*own_exe]),
        row("pgrep --exe /etc/pass").offers(["passwd"]),
        row("pgrep --cwd ").offers([&*own_dir]),
        row("pgrep --script ./scripted").offers(["./scripted-for-completion"]),
        row("pgrep --port ").offers([&*port]),
        row("pgrep --port tcp:").offers([&*port]).never([format!("udp:{port}")]),
        row("pgrep --younger ").offers(["60"]),
        row("pgrep --rss ").never(["1", "--exact"]),
        row("pgrep -F /etc/pass").offers(["passwd"]),
        row("pgrep --complete p").offers(["pattern", "pgroup"]).never(["exact"]),
        row("pgrep --max ").never(["1", "--exact", leader.name()]),
        row("pgrep -d ").never([leader.name()]),
    ];
    rows.extend(own_cgroup.map(|path| row("pgrep --cgroup ").offers([path])));
    check(&rows);
}

#[test]
fn patterns() {
    let tag = Victim::spec().tag();
    let long = Victim::named(format!("{tag}-and-much-longer")).spawn();
    let _dotted = Victim::named(format!("{tag}.b+")).spawn();
    let lined = Victim::spec().arg("--config=/etc/x y.conf").spawn();
    let line = format!("{} --config=/etc/x y.conf", lined.name());
    let word = Victim::spec().tag();
    let _scripted = Victim::spec().arg(format!("/opt/{word}.py")).arg("-v").spawn();
    let word_and_rest = format!("{word}.py -v");
    assert_eq!(long.comm().len(), 15);
    check(&[
        row(format!("pgrep {tag}-")).offers([format!("{tag}-and-much-longer")]),
        row(format!("pgrep {tag}")).offers([format!("{tag}.b[+]")]).never([format!("{tag}.b+")]),
        row(format!("pgrep {tag}.b")).offers([format!("{tag}.b[+]")]),
        row(format!("pgrep -f {}", &lined.name()[..10])).offers([&line]),
        row(format!("pkill -xf {}", &lined.name()[..10])).offers([&line]),
        row(format!("pgrep --full {}", &lined.name()[..10])).offers([&line]),
        row(format!("pgrep {}", &lined.name()[..10])).offers([lined.name()]).never([&line]),
        // Users type the script, not the path of its interpreter.
        row(format!("pkill -f {word}")).offers([&*word_and_rest]),
        row(format!("pkill -xf {word}"))
            .only_in(&[Bash, StrictBash, LoadedBash, Zsh]) // fish offers the whole line for any part of it
            .never([&*word_and_rest]),
        row(format!("pgrep --and {tag}-")).offers([format!("{tag}-and-much-longer")]),
        row(format!("pgrep --and x --not={tag}-")).offers([format!("{tag}-and-much-longer")]),
        row(format!("pgrep -f --and {}", &lined.name()[..10])).offers([&line]),
        row("pgrep --and x --n").offers(["--not"]),
        row("pgrep --and x --an").offers(["--and"]),
        row(format!("pgrep --fixed-strings {tag}"))
            .offers([format!("{tag}.b+")])
            .never([format!("{tag}.b[+]")]),
    ]);
}

/// Any name is completed to a line that finds the process, and nothing in it is run or interpreted by the terminal.
#[test]
fn hostile_names_are_inert() {
    let names = [
        "$(>canary)",
        "`>canary`",
        ";>canary;",
        "a b",
        "it's",
        "say\"it",
        "\\back",
        "*?[x]{1,2}",
        "~root",
        "#x",
        "!x",
        "a\tb",
        "a\nb",
        "\u{1b}[31m",
        "é=ö",
        "&|<>()",
        "a:b=c,d",
        "=ls",
        "^x$",
        "%n%B",
        "${x}",
    ];
    let victims = names.map(|name| {
        let tag = Victim::spec().tag();
        Victim::named(format!("{}{name}", &tag[5..])).spawn()
    });
    let typed: Vec<_> = victims.iter().map(|victim| format!("pgrep -x {}", &victim.name()[..6])).collect();
    for shell in SHELLS.into_iter().filter(|shell| shell.is_there()) {
        for (victim, completed) in victims.iter().zip(complete(shell, &typed)) {
            let dir = Dir::new();
            let mut command = Command::new(if shell == Fish {
                "fish"
            } else if shell == Zsh {
                "zsh"
            } else {
                "bash"
            });
            let line = if shell == Fish { completed.candidates.join("\n") } else { completed.line.clone() };
            let run = if shell == Fish { "pgrep -x $LINE" } else { &line };
            let path = format!(
                "{}:{}",
                Run::ours("pgrep").program().parent().expect("a directory").display(),
                std::env::var("PATH").expect("PATH")
            );
            let output = command
                .args(["-c", run])
                .env("LINE", &line)
                .env("PATH", path)
                .current_dir(dir.path())
                .output();
            let output = output.expect("start a shell");
            let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            assert_eq!(
                found,
                victim.pid().to_string(),
                "{shell:?} {:?}: {completed:?} {output:?}",
                victim.name()
            );
            assert!(!dir.path().join("canary").exists(), "{shell:?} ran {line:?}");
        }
    }
}

/// With compinit and no style set, signals and options have a line each: in one group, zsh would give each a line of its own and one more.
#[test]
fn signals_and_options_are_groups_in_zsh() {
    if !need("zsh") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let programs = Run::ours("pgrep").program().parent().expect("a directory").to_owned();
    let lines = |program: &str| -> usize {
        let mut command = Command::new("timeout");
        command.args(["300", "zsh", "-f"]).arg(root.join("tests/suite/completions/list.zsh"));
        command.arg(&programs).arg(root.join("completions")).arg(program);
        let output = command.stdin(Stdio::null()).output().expect("start zsh");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.trim().parse().unwrap_or_else(|_| panic!("{program}: {text:?}"))
    };
    let (signals, options) = (pkill::Signal::named().count(), lines("pgrep"));
    let most = signals + options + 20; // pkill has more options
    assert!(lines("pkill") <= most, "more than {most}");
}
