//! `pgrep --columns`: what is asked for of each process, as text and in JSON.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use pkill::cli::COLUMNS;
use serde_json::{Value, json};

use crate::support::{
    self, NOBODY, Output, Run, Scene, Victim, case, check, document, namespace, need, need_root,
    on_terminal_of, stat_field,
};

fn run(columns: &str, victim: &Victim, options: &[&str]) -> Output {
    Run::ours("pgrep").args(["--columns", columns, "-p", &victim.pid().to_string()]).args(options).run()
}

/// The fields of the one line that is printed.
#[track_caller]
fn fields(columns: &str, victim: &Victim) -> Vec<String> {
    let output = run(columns, victim, &[]);
    let out = output.out();
    let line = out.strip_suffix('\n').unwrap_or_else(|| panic!("{output:?}"));
    line.split('\t').map(str::to_owned).collect()
}

#[track_caller]
fn members(columns: &str, victim: &Victim) -> Value {
    document(&run(columns, victim, &["--json"]))["targets"][0]["columns"].clone()
}

fn all() -> String {
    COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(",")
}

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.arg("serve").arg("it's").arg(""));
    scene.add("b", |part| part.thread("other"));
}

#[test]
fn lists() {
    check(
        cast,
        &[
            case("pgrep --columns pid,name {tag}").prints("{a.pid}\t{a}\n{b.pid}\t{b}\n").ours_only(),
            case("pgrep --columns name {tag}").prints("{a}\n{b}\n").ours_only(),
            case("pgrep --columns args -x {a}").prints("{a} serve it's\n").ours_only(),
            case("pgrep --columns pid,args -Q -x {a}")
                .prints("{a.pid}\t{a} serve 'it'\\''s' ''\n")
                .ours_only(),
            case("pgrep --columns ppid,pid -d , {tag}")
                .prints("{self}\t{a.pid},{self}\t{b.pid}\n")
                .ours_only(),
            case("pgrep --columns name,pid --print0 {tag}")
                .prints("{a}\0{a.pid}\0{b}\0{b.pid}\0")
                .ours_only(),
            case("pgrep --columns script,pid --print0 -x {b}").prints("\0{b.pid}\0").ours_only(),
            case("pgrep --columns script,pid -x {b}").prints("-\t{b.pid}\n").ours_only(),
            case("pgrep --columns pid,args -c {tag}").prints("2\n").ours_only(),
            case("pgrep --columns pid -n {tag}").prints("{b.pid}\n").ours_only(),
            case("pgrep --columns pid {tag}x").nothing().ours_only(),
            case("pgrep --columns pid --print0 {tag}x").nothing().ours_only(),
            case("pgrep --columns pid -w -x {b}").prints("{b.pid}\n").ours_only(),
            case("pgrep --columns name,threads -w -p {b.pid}").prints("{b}\t2\nother\t2\n").ours_only(),
            case("pgrep --columns pid --max 1 {tag}").status(4).says("2 processes match").ours_only(),
        ],
    );
}

#[test]
fn what_is_no_list_of_columns() {
    check(
        cast,
        &[
            case("pgrep --columns pid,argz {tag}")
                .usage("pgrep: invalid column: argz\n")
                .says("pgrep: did you mean 'args'?\n")
                .ours_only(),
            case("pgrep --columns PID {tag}")
                .usage("invalid column: PID\n")
                .says("valid columns: pid, id, ppid, ")
                .ours_only(),
            case("pgrep --columns pid,,name {tag}")
                .usage("invalid column:\n")
                .says("valid columns: ")
                .ours_only(),
            case("pgrep --columns pid, {tag}").usage("invalid column:\n").ours_only(),
            case("pgrep --columns '' {tag}").usage("invalid column:\n").ours_only(),
            case("pgrep --columns pid,pid {tag}").usage("column given twice: pid").ours_only(),
            case("pgrep --columns pid -l {tag}").usage("--columns and --list-name cannot").ours_only(),
            case("pgrep --columns pid -a {tag}").usage("--columns and --list-full cannot").ours_only(),
            case("pgrep --columns pid --id {tag}").usage("--columns and --id cannot").ours_only(),
            case("pgrep --columns pid --quiet {tag}").usage("--quiet and --columns cannot").ours_only(),
            case("pgrep --columns pid --verbose {tag}").usage("--columns and --verbose cannot").ours_only(),
            case("pkill --columns pid {tag}")
                .usage("pkill: --columns is an option of pgrep only\nTry ")
                .ours_only(),
        ],
    );
}

#[test]
fn each_value_is_that_of_the_process() {
    let victim = Victim::spec().session().arg("serve").spawn();
    support::eventually("it sleeps", || stat_field(victim.pid(), 3) == "S");
    let pid = victim.pid().to_string();
    let field = |number| stat_field(victim.pid(), number);
    let link =
        |name| std::fs::read_link(format!("/proc/{pid}/{name}")).expect("a link").display().to_string();
    let uid = rustix::process::getuid().as_raw();
    for (column, expected) in [
        ("pid", pid.clone()),
        ("ppid", field(4)),
        ("pgid", field(5)),
        ("sid", pid.clone()),
        ("ruid", uid.to_string()),
        ("tty", "-".to_owned()),
        ("state", "S".to_owned()),
        ("threads", "1".to_owned()),
        ("nice", field(19)),
        ("name", victim.name().to_owned()),
        ("fullname", victim.name().to_owned()),
        ("exe", link("exe")),
        ("cwd", link("cwd")),
        ("script", "-".to_owned()),
        ("ports", "-".to_owned()),
        ("args", format!("{} serve", victim.name())),
    ] {
        assert_eq!(fields(column, &victim), [expected], "{column}");
    }
    let numbers = members("pid,ppid,nice,threads,ports,args,tty", &victim);
    let expected = json!({
        "pid": victim.pid(), "ppid": std::process::id(), "threads": 1, "ports": [], "tty": null,
        "nice": field(19).parse::<i64>().expect("a number"), "args": [victim.name(), "serve"],
    });
    assert_eq!(numbers, expected);
}

/// What is printed can be typed for the option of that name, and selects the process.
#[test]
fn what_is_printed_selects_the_process() {
    let victim = Victim::spec().terminal().directory("/".as_ref()).spawn();
    for (column, option) in [
        ("pid", "--pid"),
        ("id", "--pid"),
        ("ppid", "--parent"),
        ("pgid", "--pgroup"),
        ("sid", "--session"),
        ("user", "--euid"),
        ("ruid", "--uid"),
        ("group", "--group"),
        ("tty", "--terminal"),
        ("state", "--runstates"),
        ("age", "--older"),
        ("cpu", "--cpu-time"),
        ("rss", "--rss"),
        ("exe", "--exe"),
        ("cwd", "--cwd"),
        ("cgroup", "--cgroup"),
    ] {
        let value = fields(column, &victim).remove(0);
        let output = Run::ours("pgrep").args([option, &value, "-x", victim.name()]).run();
        assert_eq!(output.pids(), [victim.pid()], "{option} {value}: {output:?}");
    }
}

#[test]
fn times_and_sizes() {
    let before = jiff::Timestamp::now();
    let victim = Victim::spec().spawn();
    let values = members("start,age,cpu,rss", &victim);
    let start: jiff::Timestamp = values["start"].as_str().expect("a time").parse().expect("RFC 3339");
    let slack = jiff::SignedDuration::from_millis(20); // rounded down to a hundredth of a second
    assert!(before - slack <= start && start <= jiff::Timestamp::now(), "{before} {start}");
    let age = values["age"].as_f64().expect("a number");
    assert!((0.0..support::DEADLINE.as_secs_f64()).contains(&age), "{age}");
    assert!(
        values["rss"].as_u64().is_some_and(|rss| rss % rustix::param::page_size() as u64 == 0),
        "{values}"
    );
    let text = fields("start,rss", &victim);
    assert!(text[0].parse::<jiff::Timestamp>().is_ok(), "{text:?}");
    assert!(text[1].ends_with(['K', 'M']), "{text:?}");
}

#[test]
fn a_long_name() {
    let victim = Victim::named("a-name-of-more-").arg0("/opt/a-name-of-more-than-15").spawn();
    assert_eq!(fields("name,fullname", &victim), ["a-name-of-more-", "a-name-of-more-than-15"]);
}

#[test]
fn a_script() {
    let victim = Victim::named("python3").arg("-u").arg("/opt/job.py").spawn();
    assert_eq!(fields("script", &victim), ["/opt/job.py"]);
    assert_eq!(members("script", &victim), json!({"script": "/opt/job.py"}));
}

#[test]
fn the_identity_token() {
    let victim = Victim::spec().spawn();
    let token = Run::ours("pgrep").args(["--id", "-x", victim.name()]).run().out().trim_end().to_owned();
    assert_eq!(fields("pid,id,name", &victim), [&victim.pid().to_string(), &token, victim.name()]);
    assert_eq!(members("id", &victim), json!({ "id": token }));
    let output = Run::ours("pgrep").args(["--columns", "id", "-w", "-x", victim.name()]).run();
    assert_eq!(output.out(), "-\n", "a thread has none");
}

#[test]
fn ports() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a listening socket");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let port = |address: std::io::Result<std::net::SocketAddr>| address.expect("an address").port();
    let ports = [format!("tcp:{}", port(tcp.local_addr())), format!("udp:{}", port(udp.local_addr()))];
    let victim = Victim::spec().holds(tcp).holds_also(udp).spawn();
    assert_eq!(fields("ports,pid", &victim)[0], ports.join(","));
    assert_eq!(members("ports", &victim), json!({ "ports": ports }));
}

#[test]
fn a_deleted_executable() {
    let dir = support::Dir::new();
    let path = dir.copy(&std::env::current_exe().expect("our own executable"), "program");
    let victim = Victim::spec().executable(&path).spawn();
    std::fs::remove_file(&path).expect("remove it");
    let expected = [path.as_os_str().as_bytes(), b" (deleted)\0"].concat();
    assert_eq!(run("exe", &victim, &["--print0"]).stdout, expected);
}

/// The values that have to do with the control group, which a test cannot choose without systemd.
#[test]
fn units_groups_and_containers() {
    let id = "0123456789abcdef".repeat(4);
    namespace(move || {
        if !need("mount") {
            return;
        }
        for (lines, expected) in [
            ("0::/system.slice/nginx.service/x\n", ["nginx.service", "/system.slice/nginx.service/x", "-"]),
            (
                "0::/user@7.service/a.slice/b.service\n",
                ["user@7/b.service", "/user@7.service/a.slice/b.service", "-"],
            ),
            ("0::/docker/ID\n", ["-", "/docker/ID", "0123456789ab"]),
            ("4:cpu,cpuacct:/a\n", ["-", "cpu:/a", "-"]),
            ("0::/\n", ["-", "/", "-"]),
            ("", ["-", "-", "-"]),
        ] {
            let dir = support::Dir::new();
            let file = dir.file("cgroup", lines.replace("ID", &id));
            let victim = Victim::spec().spawn();
            let path = format!("/proc/{}/cgroup", victim.pid());
            let mounted = Command::new("mount").args(["--bind"]).arg(&file).arg(&path).status();
            assert!(mounted.expect("start mount").success());
            let expected = expected.map(|text| text.replace("ID", &id));
            assert_eq!(fields("unit,cgroup,container", &victim), expected, "{lines}");
            if lines.contains("docker") {
                assert_eq!(members("container", &victim), json!({ "container": id }));
            }
        }
    });
}

/// What may not be read is no reason to drop the row.
#[test]
fn a_user_sees_what_may_be_seen() {
    if !need_root() {
        return;
    }
    let victim = Victim::spec().arg("serve").spawn();
    let row = |columns: &str, options: &[&str]| {
        let pid = victim.pid().to_string();
        let args = ["--columns", columns, "-p", &pid];
        Run::ours("pgrep").args(args).args(options).user(NOBODY, NOBODY).run()
    };
    let pid = victim.pid();
    let name = victim.name();
    for (columns, expected) in [
        ("pid,exe,cwd,ports,args", format!("{pid}\t-\t-\t-\t{name} serve\n")),
        ("exe", "-\n".to_owned()),
        ("user,exe,ruid", "root\t-\t0\n".to_owned()),
    ] {
        let output = row(columns, &[]);
        assert_eq!((output.out(), output.err(), output.status), (expected, String::new(), 0), "{columns}");
    }
    assert_eq!(row("exe,pid", &["--print0"]).stdout, format!("\0{pid}\0").into_bytes());
    let members = &document(&row("pid,exe,ports", &["--json"]))["targets"][0]["columns"];
    assert_eq!(*members, json!({ "pid": pid, "exe": null, "ports": null }));
    let document = document(&row(&all(), &["--json"]));
    assert_eq!(document["targets"][0]["columns"].as_object().map(serde_json::Map::len), Some(COLUMNS.len()));
}

#[test]
fn zombies_have_a_row() {
    let mut victim = Victim::spec().arg("lost").spawn();
    victim.make_zombie();
    let expected = format!("{}\tZ\t-\t-\t[{}] <defunct>", victim.pid(), victim.name());
    assert_eq!(fields("pid,state,exe,ports,args", &victim).join("\t"), expected);
    assert_eq!(members("args,exe", &victim), json!({ "args": [], "exe": null }));
}

#[test]
fn a_terminal_shows_a_heading_and_cuts_lines() {
    let wide = "\u{6f22}\u{5b57}".repeat(20);
    let victim = Victim::spec().arg(&wide).arg("\t\u{202e}end").spawn();
    support::eventually("it sleeps", || stat_field(victim.pid(), 3) == "S");
    let pid = victim.pid();
    let print = |columns: &str, width: u16, options: &[&str]| {
        let args = ["--columns", columns, "-p", &pid.to_string()].map(str::to_owned);
        let run = Run::ours("pgrep").args(args).args(options).env("LC_ALL", "C.UTF-8");
        on_terminal_of(width, run)
    };
    let width = |line: &str| line.chars().map(|c| if c >= '\u{3000}' { 2 } else { 1 }).sum::<usize>();
    // A terminal that does not report its width is taken for one of 80 columns.
    for columns in [0, 40, 80, 200] {
        let (text, status) = print("pid,state,args", columns, &[]);
        let lines: Vec<&str> = text.lines().collect();
        let heading = format!("{:>1$}  STATE  ARGS", "PID", pid.to_string().len());
        assert_eq!((lines[0], lines.len(), status), (&*heading, 2, 0), "{text:?}");
        assert!(lines[1].starts_with(&format!("{pid}  S      {} ", victim.name())), "{text:?}");
        let is_whole = lines[1].ends_with(&format!("{wide}  ???end"));
        assert_eq!(is_whole, columns == 200, "{text:?}");
        assert!(is_whole || lines[1].ends_with('\u{2026}'), "{text:?}");
        let most = if columns == 0 { 80 } else { columns };
        assert!(width(lines[1]) <= most.into(), "{text:?}");
    }
    // Fields for a program have no heading, wherever they go.
    assert_eq!(print("pid,state", 80, &["-d", ";"]).0, format!("{pid}\tS\n"));
}

/// A file that a process lacks, as all do without control groups in the kernel, is no sign that it has exited.
#[test]
fn a_missing_file_is_a_missing_value() {
    if !need("strace") {
        return;
    }
    let victim = Victim::spec().spawn();
    let pid = victim.pid().to_string();
    let file = format!("{pid}/cgroup");
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", &file, "-e", "inject=openat:error=ENOENT"];
    let run = Run::ours("pgrep").args(["--columns", "pid,cgroup,unit,name", "-x", victim.name()]);
    let output = run.through(strace).run();
    assert_eq!(output.out(), format!("{pid}\t-\t-\t{}\n", victim.name()), "{output:?}");
}
