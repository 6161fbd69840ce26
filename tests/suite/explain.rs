//! `--explain`: each criterion on one process, where a pattern fits, and what decides besides.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::family::{self, Family};
use crate::support::{
    DEADLINE, NOBODY, Output, Run, Scene, Victim, case, check, document, eventually, namespace, need_root,
    on_terminal_of, own_pid, stat_field,
};

fn explain(program: &str, pid: u32, args: &[&str]) -> Output {
    Run::ours(program).args(["--explain", &pid.to_string()]).args(args).run()
}

/// The lines of a criterion: whether it is met, and what stands there of the criterion and the process.
fn lines(output: &Output) -> Vec<(String, String)> {
    let out = output.out();
    let lines = out.lines().skip(1).filter(|line| !line.trim_start().starts_with('^'));
    let part = |line: &str| {
        let (met, rest) = line.trim_start().split_once("  ").unwrap_or(("", line));
        (met.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    lines.map(part).collect()
}

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.arg("serve").arg("it"));
    scene.add("b", |part| part);
}

#[test]
fn a_process_is_selected_or_not() {
    check(
        cast,
        &[
            case("pgrep --explain {a.pid} {a}")
                .prints(
                    "{a.pid} {a}: selected\n  yes  pattern {a}  name: {a}\n                                   \
                     ^^^^^^^^^^^^\n",
                )
                .ours_only(),
            case("pgrep --explain {a.pid} {b}").prints_with("{a.pid} {a}: not selected\n").status(1).ours_only(),
            case("pgrep --explain {a.pid},{b.pid} {tag}").prints_with("{b.pid} {b}: selected\n").ours_only(),
            case("pgrep --explain {a.pid},{b.pid} {a}").prints_with("{a.pid} {a}: selected\n").status(1).ours_only(),
            case("pgrep --explain {a.pid} --quiet {a}").ours_only(),
            case("pgrep --explain {a.pid} --quiet {b}").status(1).ours_only(),
            case("pgrep --explain {a.pid} -c -l {a}").prints_with("{a.pid} {a}: selected\n").ours_only(),
            case("pgrep --explain 99999999 {a}").status(1).says("pgrep: pid 99999999: no such process").ours_only(),
            case("pgrep --explain 0 {a}").status(1).says("pid 0: no such process").ours_only(),
            case("pgrep --explain 99999999 --quiet {a}").status(1).ours_only(),
            case("pgrep --explain x {a}").usage("not a number: x").ours_only(),
            case("pgrep --explain {a.pid}").usage("no matching criteria specified").ours_only(),
            case("pgrep --explain {a.pid} '('").usage("regex error").ours_only(),
        ],
    );
}

#[test]
fn nothing_is_done() {
    check(
        cast,
        &[
            case("pkill -KILL --explain {a.pid} {tag}").prints_with("{a.pid} {a}: selected").ours_only(),
            case("pkill --until-none --freeze --explain {a.pid} {tag}").prints_with("selected").ours_only(),
            case("pkill -I --explain {a.pid} {tag}").prints_with("selected").ours_only(),
            case("pkill --dry-run --explain {a.pid} {tag}").prints_with("{a.pid} {a}: selected").ours_only(),
            case("pkill --json -KILL --explain {a.pid} {tag}").prints_with("\"selected\": true").ours_only(),
        ],
    );
    let victim = Victim::spec().spawn();
    let began = std::time::Instant::now();
    assert_eq!(explain("pidwait", victim.pid(), &["-x", victim.name()]).status, 0);
    assert!(began.elapsed() < DEADLINE, "it has waited");
}

/// In the order of the command line, each with what the process has; all are examined.
#[test]
fn each_criterion_has_a_line() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a listening socket");
    let port = socket.local_addr().expect("an address").port();
    let victim =
        Victim::spec().session().arg("serve").env("LANG", "nowhere").catch(libc::SIGHUP).holds(socket);
    let victim = victim.directory("/".as_ref()).spawn();
    eventually("it sleeps", || stat_field(victim.pid(), 3) == "S");
    let (pid, name) = (victim.pid(), victim.name());
    let link = std::fs::read_link(format!("/proc/{pid}/exe")).expect("a link").display().to_string();
    let ours = own_pid();
    let uid = rustix::process::getuid();
    let user = if uid.is_root() { "root".to_owned() } else { uid.as_raw().to_string() };
    for (args, met, line) in [
        (vec!["-p", "1"], "no", format!("--pid 1 {pid}")),
        (vec!["-P", &ours], "yes", format!("--parent {ours} {ours}")),
        (vec!["-s", "1,2"], "no", format!("--session 1,2 {pid}")),
        (vec!["-g", "1"], "no", format!("--pgroup 1 {pid}")),
        (vec!["-u", &user], "yes", format!("--euid {user} {user}")),
        (vec!["-U", "4294967294"], "no", format!("--uid 4294967294 {user}")),
        (vec!["-t", "?"], "yes", "--terminal ? -".to_owned()),
        (vec!["-r", "RZ"], "no", "--runstates RZ S".to_owned()),
        (vec!["--no-zombies"], "yes", "--no-zombies S".to_owned()),
        (vec!["--no-kernel-threads"], "yes", "--no-kernel-threads no kernel thread".to_owned()),
        (vec!["--exe", "sh"], "no", format!("--exe sh {link}")),
        (vec!["--exe-deleted"], "no", format!("--exe-deleted {link}")),
        (vec!["--cwd", "/"], "yes", "--cwd / /".to_owned()),
        (vec!["--script", "x"], "no", "--script x -".to_owned()),
        (vec!["--cpu-time", "1h"], "no", "--cpu-time 1h 0.0".to_owned()),
        (vec!["--rss", "1T"], "no", "--rss 1T ".to_owned()),
        (vec!["--older", "1h"], "no", "--older 1h ".to_owned()),
        (vec!["--younger", "1h"], "yes", "--younger 1h ".to_owned()),
        (vec!["--env", "LANG=C"], "no", "--env LANG=C LANG=nowhere".to_owned()),
        (vec!["--env", "NOSUCH"], "no", "--env NOSUCH -".to_owned()),
        (vec!["-H", "--signal", "HUP"], "yes", "--require-handler HUP".to_owned()),
        (vec!["-H", "--signal", "USR1"], "no", "--require-handler HUP".to_owned()),
        (vec!["--local"], "yes", "--local same PID namespace".to_owned()),
        (vec!["--ns", &ours, "--nslist", "pid,net"], "yes", format!("--ns {ours} same pid, same net")),
        (vec!["--port", "1"], "no", format!("--port 1 tcp:{port}")),
        (vec!["--ancestor", &ours], "yes", format!("--ancestor {ours} {ours} ")),
        (vec!["--and", "nosuch"], "no", format!("--and nosuch name: {name}")),
        (vec!["--not", "nosuch"], "yes", format!("--not nosuch name: {name}")),
        (vec!["-f", "--not", "serve"], "no", format!("--not serve command line: {name} serve")),
        (vec!["-xi", "--and", "nosuch"], "no", format!("--and nosuch -x -i name: {name}")),
        (vec!["--unit", "nosuch"], "no", "--unit nosuch ".to_owned()),
        (vec!["--cgroup", "/nosuch"], "no", "--cgroup /nosuch ".to_owned()),
    ] {
        // Before the pattern and after it.
        let before = explain("pgrep", pid, &[&args, &[name][..]].concat());
        let after = explain("pgrep", pid, &[&[name], &args[..]].concat());
        let found = lines(&before);
        let is_pattern =
            |(is_met, found): &(String, String)| is_met == "yes" && found.starts_with("pattern ");
        let is_line = |(is_met, found): &(String, String)| is_met == met && found.starts_with(&line);
        assert!(is_line(&found[0]) && is_pattern(&found[1]), "{args:?}: {before:?}");
        let found = lines(&after);
        assert!(is_line(&found[1]) && is_pattern(&found[0]), "{args:?}: {after:?}");
        assert_eq!(before.status, i32::from(met == "no"), "{before:?}");
        // As an ordinary run finds it.
        let plain = Run::ours("pgrep").args(&args).args(["-d", ",", name]).run();
        assert_eq!(plain.status, before.status, "{args:?}: {plain:?}");
    }
}

#[test]
fn the_part_that_matches_is_marked() {
    let victim = Victim::spec().arg("gr\u{fc}n").arg("\u{6f22}\u{5b57}\x1b\u{202e}").arg("end").spawn();
    let name = victim.name();
    let start = "command line: ".len() + name.len() + 1;
    for (pattern, before, length) in [
        ("gr.n", 0, 4),
        ("n .*end", 3, 14),
        ("[[:alpha:]]+ \u{6f22}", 0, 7),
        ("\u{5b57}", 7, 2),
        ("\\?\\?", 9, 2),
        ("^", -(name.len() as isize) - 1, 1),
    ] {
        let pid = victim.pid().to_string();
        let output =
            Run::ours("pgrep").args(["--explain", &pid, "-f", pattern]).env("LC_ALL", "C.UTF-8").run();
        let out = output.out();
        let lines: Vec<&str> = out.lines().collect();
        let columns = |text: &str| text.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum::<usize>();
        let place = start as isize + before;
        let label = lines[1].find("command line").map(|at| columns(&lines[1][..at])).expect("a label");
        let carets = format!("{}{}", " ".repeat(label + place as usize), "^".repeat(length));
        assert_eq!(lines[2], carets, "{out}");
    }
}

/// On a terminal, it stays visible, however long the line is, and so does the start of the line.
#[test]
fn a_terminal_is_wide_enough() {
    let (before, after) = ("before ".repeat(50), " after".repeat(50));
    let victim = Victim::spec().arg(&before).arg("needle").arg(&after).spawn();
    let pid = victim.pid().to_string();
    for (width, locale) in [(0, "C"), (40, "C.UTF-8"), (80, "C.UTF-8"), (80, "C"), (200, "C.UTF-8")] {
        let run = Run::ours("pgrep").args(["--explain", &pid, "-f", "nee.le"]).env("LC_ALL", locale);
        let (text, status) = on_terminal_of(width, run);
        let lines: Vec<&str> = text.lines().collect();
        // A narrow terminal has the text on a line of its own.
        assert_eq!((lines.len(), status), (if width == 40 { 4 } else { 3 }, 0), "{text}");
        let [.., found, mark] = lines[..] else { unreachable!() };
        let most = if width == 0 { 80 } else { width }; // not reported
        assert!(lines.iter().all(|line| line.chars().count() <= most.into()), "{width}: {text}");
        let marked: String =
            found.chars().zip(mark.chars()).filter(|(_, mark)| *mark == '^').map(|(c, _)| c).collect();
        assert_eq!(marked, "needle", "{text}");
        let sign = if locale == "C" { "..." } else { "…" };
        let start = &victim.name()[..2];
        assert!(found.contains(sign) && found.contains(&format!("command line: {start}")), "{text}");
    }
}

#[test]
fn what_decides_besides() {
    let [older, newer] = [(); 2].map(|()| Victim::named("explained-twin").spawn());
    let output = explain("pgrep", older.pid(), &["-n", "-x", "explained-twin"]);
    let expected = format!("  --newest selects {}, which matches too\n", newer.pid());
    assert!(output.status == 1 && output.out().ends_with(&expected), "{output:?}");
    assert_eq!(explain("pgrep", newer.pid(), &["-n", "-x", "explained-twin"]).status, 0);
    let output = explain("pgrep", newer.pid(), &["-o", "-x", "explained-twin"]);
    assert!(output.out().contains(&format!("--oldest selects {}", older.pid())), "{output:?}");
    let inverse = |name| explain("pgrep", older.pid(), &["--inverse", "-x", name]);
    for (name, status) in [("explained-twin", 1), ("another", 0)] {
        let output = inverse(name);
        let expected = "  --inverse selects what does not meet all conditions\n";
        assert!(output.status == status && output.out().ends_with(expected), "{output:?}");
    }
    let output = explain("pgrep", std::process::id(), &["-A", "."]);
    assert!(output.status == 1 && output.out().ends_with("it is an ancestor of pgrep, which -A excludes\n"));
    let threaded = Victim::spec().thread("other").spawn();
    let ids = threaded.threads();
    let thread: u32 =
        ids.iter().map(|id| id.parse().expect("an ID")).find(|id| *id != threaded.pid()).expect("two");
    let output = explain("pgrep", thread, &["."]);
    let expected = format!("it is a thread of process {}, and no process\n", threaded.pid());
    assert!(output.status == 1 && output.out().ends_with(&expected), "{output:?}");
    let output = explain("pgrep", thread, &["-w", "-x", "other"]);
    assert!(
        output.status == 0 && output.out().starts_with(&format!("{thread} other: selected")),
        "{output:?}"
    );
}

#[test]
fn a_process_is_named_by_its_token_too() {
    let victim = Victim::spec().spawn();
    let name = victim.name();
    let token = Run::ours("pgrep").args(["--id", "-x", name]).run().out().trim_end().to_owned();
    let explain = |named: &str| Run::ours("pgrep").args(["--explain", named, "-x", name]).run();
    let output = explain(&token);
    let expected = format!("{} {name}: selected\n", victim.pid());
    assert!(output.status == 0 && output.out().starts_with(&expected), "{token}: {output:?}");
    let output = explain(&format!("{token}1"));
    assert_eq!((output.status, output.out()), (1, String::new()), "{output:?}");
    assert!(output.err().contains("no such process"), "{output:?}");
    let pid = victim.pid().to_string();
    let output = Run::ours("pgrep").args(["--explain", &pid, "--exclude", &token, "-x", name]).run();
    assert!(output.status == 1 && output.out().ends_with("  --exclude excludes it\n"), "{output:?}");
}

#[test]
fn a_family() {
    namespace(|| {
        let family = Family::start(&["xroot xchild", "xchild xleaf"]);
        let (root, leaf) = (family.root().to_string(), family::pid("xleaf"));
        let output = explain("pkill", leaf, &["--tree", "-p", &root]);
        let says = "--tree selects it as a descendant of ";
        assert!(output.status == 0 && output.out().contains(says), "{output:?}");
        let output = explain("pkill", leaf, &["--tree", "--inverse", "-p", &root]);
        let says = "--tree: it descends from a process that meets all conditions";
        assert!(output.status == 1 && output.out().contains(says), "{output:?}");
    });
}

/// A shell that carries the command is spared by pkill, and listed by pgrep.
#[test]
fn a_caller() {
    for (program, status, says) in
        [("pkill", 1, "it is spared, as its arguments"), ("pgrep", 0, ": selected")]
    {
        let path = Run::ours(program).program().display().to_string();
        let output = Run::shell(&format!("{path} --explain $$ -f nosuchneedle; exit $?")).run();
        assert!(output.status == status && output.out().contains(says), "{output:?}");
    }
}

/// The program is PID 1 of its own namespace, so its PID is known.
#[test]
fn the_program_itself() {
    namespace(|| {
        let pgrep = Run::ours("pgrep").program().display().to_string();
        let output = Run::shell(&format!("exec {pgrep} --explain $$ .")).run();
        assert!(
            output.status == 1 && output.out().ends_with("it is pgrep itself, which never matches\n"),
            "{output:?}"
        );
    });
}

#[test]
fn what_is_hidden_from_a_user() {
    if !need_root() {
        return;
    }
    let victim = Victim::spec().env("LANG", "nowhere").spawn();
    let pid = victim.pid().to_string();
    let run = |args: &[&str]| {
        Run::ours("pgrep")
            .args(["--explain", &pid, "-x", victim.name()])
            .args(args)
            .user(NOBODY, NOBODY)
            .run()
    };
    for (args, met, line) in [
        (["--exe", "x"], "?", "--exe x hidden from this user"),
        (["--cwd", "/"], "?", "--cwd / hidden from this user"),
        (["--env", "LANG"], "no", "--env LANG hidden from this user"),
        (["-u", "root"], "yes", "--euid root root"),
    ] {
        let output = run(&args);
        assert_eq!(lines(&output)[1], (met.to_owned(), line.to_owned()), "{output:?}");
        assert_eq!(output.status, i32::from(met != "yes"), "{output:?}");
        let undecided = output.out().ends_with("  what decides cannot be read, so it is not selected\n");
        assert_eq!(undecided, met == "?", "{output:?}");
    }
    let document = document(&run(&["--exe", "x", "--json"]));
    let condition = &document["explanations"][0]["conditions"][1];
    let expected = json!({ "option": "exe", "value": "x", "met": null, "readable": false, "found": null });
    assert_eq!(*condition, expected);
}

#[test]
fn the_document_has_the_same() {
    let victim = Victim::spec().arg("serve").spawn();
    let args = ["--json", "--older", "1h", "-f", "ser.e", "--not", "x", "--no-zombies", "--ancestor", "0"];
    let output = explain("pkill", victim.pid(), &args);
    let document = document(&output);
    assert_eq!((document["program"].as_str(), document["exit_status"].as_i64()), (Some("pkill"), Some(1)));
    let explanation = &document["explanations"][0];
    let found = |member: &str| explanation[member].clone();
    assert_eq!((found("pid"), found("selected")), (json!(victim.pid()), json!(false)));
    let conditions = explanation["conditions"].as_array().expect("conditions");
    let options: Vec<&str> = conditions.iter().filter_map(|one| one["option"].as_str()).collect();
    assert_eq!(options, ["older", "pattern", "not", "no-zombies", "ancestor"]);
    let met: Vec<&Value> = conditions.iter().map(|one| &one["met"]).collect();
    assert_eq!(met, [false, true, true, true, true]);
    let line = format!("{} serve", victim.name());
    let start = victim.name().len() + 1;
    assert_eq!(conditions[1]["found"], line);
    assert_eq!(conditions[1]["matched"], json!({ "start": start, "end": start + 5 }));
    assert_eq!(conditions[4]["found"][0]["pid"], std::process::id());
    let missing = explain("pgrep", 99_999_999, &["--json", "x"]);
    let document: Value = crate::support::document(&missing);
    assert_eq!(document["explanations"][0]["exists"], false);
    assert_eq!((missing.status, missing.err().contains("no such process")), (1, true));
}
