//! Each ability against the programs that are used for it otherwise: whole processes, from start to end, in a PID and
//! network namespace of their own (which needs root).
//!
//! `cargo bench --bench peers`; the runs of a row are interleaved, and medians are printed. Nothing is asserted. A
//! program that is not installed, or cannot do it, is skipped. `floor` does no more than what every program has to do.
//! Knobs, by environment variables:
//!
//! - `PEERS_PROCESSES`: the number of processes of the largest table (30000)
//! - `PEERS_ROUNDS`: the number of runs of each program (5)
//! - `PEERS_ONLY`: only tables with this name: `sockets`, `files`, `targets`, `chain`, `children`, `forest`

mod floor;
#[path = "../scan/measure.rs"]
mod measure;
#[path = "../scan/floor.rs"]
mod names;
#[allow(dead_code, unused_imports)]
#[path = "../../tests/suite/support/mod.rs"]
mod support;

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use measure::{Cost, in_namespace, knob, median, run};
use nix::sched::{CloneFlags, unshare};
use support::crowd::{Crowd, chain};
use support::{Dir, Random, eventually, executable};

/// The program, its arguments, and the command lines that do the same or less.
type Row = (&'static str, &'static str, &'static [&'static str]);

/// 20,000 listening sockets; port 10005 is one of them.
const SOCKETS: &[Row] = &[
    (
        "pgrep",
        "--port tcp:10005",
        &[
            "lsof -nP -t -i tcp:10005",
            "fuser 10005/tcp",
            "ss -Hnltp sport = :10005",
            "floor links",
            "floor descriptors",
        ],
    ),
    ("pgrep", "--port 1-65535", &["lsof -nP -t -i", "ss -Hnltp"]),
];

/// `{}` is a directory; one process of the crowd's number works in it, and executes a copy of sleep or of a script there.
const FILES: &[Row] = &[
    ("pgrep", "--exe {}/sleeper", &["killall -0 {}/sleeper", "fuser {}/sleeper", "floor executables"]),
    ("pgrep", "--script {}/script", &["pidof -x {}/script"]),
    ("pgrep", "--cwd {}", &["fuser {}", "lsof -t +d {}"]),
    ("pgrep", "--env PEERS=1", &["/usr/bin/pgrep --env PEERS=1"]),
    ("pgrep", "--cgroup /", &["/usr/bin/pgrep --cgroup /", "systemd-cgls --no-pager"]),
    ("pgrep", "--unit none", &["/usr/bin/pgrep --cgroup /none"]),
    (
        "pgrep",
        "-x sleeper",
        &["pidof sleeper", "/usr/bin/pgrep -x sleeper", "toybox pgrep -x sleeper", "floor names"],
    ),
];

/// A third of the processes are targets, which handle the signal.
const TARGETS: &[Row] = &[
    ("pkill", "-HUP -x target", &["/usr/bin/pkill -HUP -x target", "killall -HUP target", "floor target"]),
    ("pkill", "-HUP --freeze -x target", &["killall -HUP target"]),
];

/// `{}` is the first process of a tree.
const TREES: &[Row] = &[
    ("pgrep", "-x none", &["/usr/bin/pgrep -x none"]),
    ("pgrep", "--tree -p {}", &["pstree -p {}", "ps -e --forest"]),
    ("pgrep", "--ancestor {}", &["pstree -p {}", "ps -e --forest"]),
    ("pgrep", "-c --inverse --tree -p {}", &["pstree -p {}", "ps -e --forest"]),
    ("pgrep", "-A -x none", &["/usr/bin/pgrep -A -x none"]),
    ("pkill", "-0 --tree -p {}", &[]),
];

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["table", name, size] => table(name, size.parse().expect("a number")),
        ["rows", name, word] => rows(name, word),
        ["floor", which] => floor::floor(which),
        ["hold", first, count] => hold(first.parse().expect("a port"), count.parse().expect("a number")),
        // cargo passes `--bench`, which has no meaning here.
        _ => {
            let only = env::var("PEERS_ONLY").unwrap_or_default();
            let most = knob("PEERS_PROCESSES", 30_000);
            for (name, size) in [
                ("sockets", most / 3),
                ("files", most / 3),
                ("targets", most / 3),
                ("chain", most / 3),
                ("chain", most / 3 * 2),
                ("children", most / 2),
                ("children", most),
                ("forest", most / 2),
                ("forest", most),
            ] {
                if name.contains(&only) {
                    in_namespace(&["table", name, &size.to_string()]);
                }
            }
        }
    }
}

/// PID 1 of the namespace: makes the processes. What is measured is started by a child, so that it does not inherit the
/// size of this process.
fn table(name: &str, size: usize) {
    unshare(CloneFlags::CLONE_NEWNET).expect("unshare");
    let dir = Dir::new();
    let mut children = vec![];
    let mut word = dir.path().to_str().expect("UTF-8").to_owned();
    let crowd = match name {
        "sockets" => {
            let crowd = Crowd::spawn(c"idler", size);
            children.extend((0..20).map(|part| holder(10_000 + part * size / 10, size / 10)));
            crowd
        }
        "files" => {
            children.extend(workers(&dir));
            Crowd::spawn(c"idler", size)
        }
        "targets" => {
            let (crowd, _) = Crowd::counting(c"target", size / 3);
            Crowd::spawn(c"idler", size - crowd.pids.len());
            crowd
        }
        _ => Crowd::forest(c"member", &parents(name, size), false),
    };
    if !["sockets", "files", "targets"].contains(&name) {
        word = crowd.pids[0].to_string();
    }
    println!("\n{name}: {size} processes");
    let rows = Command::new(ourselves()).args(["rows", name, &word]).status();
    assert!(rows.expect("start this benchmark").success());
    for mut child in children {
        child.kill().and_then(|()| child.wait()).expect("kill a child");
    }
}

fn parents(shape: &str, size: usize) -> Vec<Option<usize>> {
    let mut random = Random::new(1);
    match shape {
        "chain" => chain(size),
        "children" => (0..size).map(|number| (number > 0).then_some(0)).collect(),
        _ => (0..size).map(|number| (number > 0).then(|| random.below(number))).collect(),
    }
}

fn ourselves() -> String {
    env::current_exe().expect("our own executable").to_str().expect("UTF-8").to_owned()
}

/// A process that listens on that many ports.
fn holder(first: usize, count: usize) -> Child {
    let words = ["hold".to_owned(), first.to_string(), count.to_string()];
    let mut child =
        Command::new(ourselves()).args(words).stdout(Stdio::piped()).spawn().expect("start this benchmark");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("read");
    child
}

fn hold(first: u16, count: u16) {
    let limit = rustix::process::Resource::Nofile;
    let maximum = rustix::process::getrlimit(limit).maximum;
    rustix::process::setrlimit(limit, rustix::process::Rlimit { current: maximum, maximum })
        .expect("setrlimit");
    let bind = |port| TcpListener::bind(("0.0.0.0", port)).expect("a free port");
    let _sockets: Vec<TcpListener> = (first..first + count).map(bind).collect();
    println!("{count}");
    std::thread::park();
}

/// A process that executes a copy of sleep, and one that runs a script.
fn workers(dir: &Dir) -> [Child; 2] {
    let sleeper = dir.copy("/usr/bin/sleep".as_ref(), "sleeper");
    let script = dir.script("script", "#!/bin/sh\nread line\n");
    let mut sleeper = Command::new(sleeper);
    sleeper.arg("1000000").current_dir(dir.path()).env("PEERS", "1");
    let mut script = Command::new(script);
    script.stdin(Stdio::piped());
    let children = [sleeper, script].map(|mut command| command.spawn().expect("start a process"));
    let name =
        |child: &Child| std::fs::read_to_string(format!("/proc/{}/comm", child.id())).unwrap_or_default();
    eventually("they have executed it", || {
        name(&children[0]).trim_end() == "sleeper" && name(&children[1]).trim_end() == "script"
    });
    children
}

fn rows(name: &str, word: &str) {
    let rows = match name {
        "sockets" => SOCKETS,
        "files" => FILES,
        "targets" => TARGETS,
        _ => TREES,
    };
    for &(program, args, peers) in rows {
        let ours = format!("{program} {args}").replace("{}", word);
        let peers: Vec<String> = peers.iter().map(|peer| peer.replace("{}", word)).collect();
        let peers: Vec<&String> = peers.iter().filter(|peer| can(peer)).collect();
        let mut costs: Vec<Vec<Cost>> = vec![vec![]; peers.len() + 1];
        for _ in 0..knob("PEERS_ROUNDS", 5) {
            for (at, command) in [&ours].into_iter().chain(peers.iter().copied()).enumerate() {
                costs[at].push(cost(command));
            }
        }
        let medians: Vec<Cost> = costs.iter().map(|costs| median(costs)).collect();
        let label = ours.replace(word, "{}");
        println!("{label:44} {:>10.2} ms, CPU {:>10.2} ms", ms(medians[0].wall), ms(medians[0].cpu));
        for (peer, cost) in peers.into_iter().zip(&medians[1..]) {
            let factor = cost.wall.as_secs_f64() / medians[0].wall.as_secs_f64();
            let (label, wall, cpu) = (peer.replace(word, "{}"), ms(cost.wall), ms(cost.cpu));
            println!("    {label:40} {wall:>10.2} ms, CPU {cpu:>10.2} ms, x {factor:.1}");
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn words(command: &str) -> (String, Vec<&str>) {
    let (program, args) = command.split_once(' ').expect("arguments");
    let program = match program {
        "pgrep" | "pkill" => executable(program),
        "floor" => return (ourselves(), command.split(' ').collect()),
        other => other.to_owned(),
    };
    (program, args.split(' ').collect())
}

fn cost(command: &str) -> Cost {
    let (program, args) = words(command);
    run(&program, &args)
}

/// Whether it is installed, and does what is asked for within a minute: 1 means that nothing was found.
fn can(command: &str) -> bool {
    let (program, args) = words(command);
    let is_there = program.starts_with('/') && Path::new(&program).exists()
        || env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(&program).is_file());
    let output = || Command::new("timeout").arg("60").arg(&program).args(&args).stdin(Stdio::null()).output();
    is_there && output().is_ok_and(|output| output.status.code().is_some_and(|code| code <= 1))
}
