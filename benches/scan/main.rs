//! The scan against the floor, the installed procps, busybox and toybox: whole processes, from start to end,
//! over tables of idle processes in a PID namespace of their own (so it needs root).
//!
//! `cargo bench --bench scan`; all runs of a table are interleaved, and medians are printed, of the time and of the
//! CPU time. Nothing is asserted: a figure is judged by a reader. Knobs, by environment variables:
//!
//! - `SCAN_CROWD`: the size of the large table (10000)
//! - `SCAN_ROUNDS`: how often procps runs, each time followed by five of ours and five of the floor (5)
//! - `SCAN_ONLY`: only queries that contain this text, for instance `-u`

#[path = "../../tests/support/crowd.rs"]
mod crowd;
mod floor;
mod measure;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crowd::Crowd;
use measure::{Cost, median, run};

const OURS: &str = env!("CARGO_BIN_EXE_pgrep");
const PROCPS: &str = "/usr/bin/pgrep";
/// One of the crowd in a hundred belongs to this user.
const SOMEBODY: (&str, u32) = ("daemon", 1);
const RUNS_PER_ROUND: usize = 5;

/// A command line, without the program, and what is asked of it.
type Query = (&'static [&'static str], Goal);

/// What issue and README promise.
#[derive(Clone, Copy)]
enum Goal {
    /// So many times the floor, and so many times faster than procps.
    Scan { floor: f64, procps: f64 },
    /// So many milliseconds more than `true`.
    Start(f64),
}
use Goal::{Scan, Start};

const NONE: f64 = f64::INFINITY;

/// `needle` is the name of three processes; the crowd is root's and in a session of its own.
#[rustfmt::skip]
const LARGE: &[Query] = &[
    (&["needle"], Scan { floor: 1.2, procps: 10.0 }),
    (&["-x", "needle"], Scan { floor: 1.2, procps: 10.0 }),
    (&["-c", "needle"], Scan { floor: 1.2, procps: 10.0 }),
    (&["-i", "needle"], Scan { floor: 1.2, procps: 10.0 }),
    (&["^(need|noo)dle$"], Scan { floor: 1.2, procps: 10.0 }),
    (&["-s", "0", "needle"], Scan { floor: 0.8, procps: 0.0 }),
    (&["-g", "0", "needle"], Scan { floor: 0.8, procps: 0.0 }),
    (&["-u", SOMEBODY.0, "needle"], Scan { floor: 0.8, procps: 0.0 }),
    (&["-u", "root", "needle"], Scan { floor: 1.3, procps: 0.0 }),
    (&["-f", "needle"], Scan { floor: NONE, procps: 8.0 }),
    (&["-U", SOMEBODY.0], Scan { floor: NONE, procps: 8.0 }),
    (&["-G", SOMEBODY.0], Scan { floor: NONE, procps: 8.0 }),
    (&["-P", "2"], Scan { floor: NONE, procps: 8.0 }),
    (&["-n", "needle"], Scan { floor: 1.3, procps: 0.0 }),
    (&["-O", "0", "needle"], Scan { floor: 1.3, procps: 0.0 }),
    (&["-t", "tty1", "needle"], Scan { floor: 1.3, procps: 0.0 }),
    (&["-r", "S", "needle"], Scan { floor: 1.3, procps: 0.0 }),
    (&["-p", "1"], Start(1.0)),
    (&["-F", "/tmp/pkill-bench.pid"], Start(1.0)),
];

const SMALL: &[Query] = &[(&["needle"], Start(1.0)), (&["-f", "needle"], Start(1.0))];

fn main() {
    let words: Vec<String> = env::args().collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[1..] {
        ["floor"] => println!("{}", floor::floor()),
        ["table", name] => table(name),
        ["queries", name] => queries(name),
        ["threads", count] => threads(count.parse().expect("a number")),
        // What cargo passes, `--bench`, says nothing.
        _ => {
            for name in ["small", "threads", "large"] {
                in_namespace(name);
            }
        }
    }
}

fn in_namespace(name: &str) {
    if !support::need_root() || !support::need("unshare") {
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
    let status = command.arg(ourselves()).args(["table", name]).status().expect("start unshare");
    assert!(status.success());
}

fn ourselves() -> String {
    env::current_exe().expect("our own executable").to_str().expect("UTF-8").to_owned()
}

/// PID 1 of the namespace: makes the processes. The queries come from a child, so that what is
/// measured does not inherit our size, nor shares our session.
fn table(name: &str) {
    let size = match name {
        "large" => env::var("SCAN_CROWD").map_or(10_000, |size| size.parse().expect("a number")),
        _ => 100,
    };
    rustix::process::setsid().expect("PID 1 leads no process group yet");
    let somebody = size / 100;
    println!("\n{size} processes{}", if name == "threads" { ", and one with 5,000 threads" } else { "" });
    Crowd::spawn(c"idler", size - somebody - 3);
    Crowd::spawn(c"needle", 3);
    as_somebody(|| Crowd::spawn(c"idler", somebody));
    let _held = (name == "threads").then(many_threads);
    let mut queries = Command::new(ourselves()).args(["queries", name]).spawn().expect("start ourselves");
    queries.wait().expect("wait");
}

fn as_somebody<T>(body: impl FnOnce() -> T) -> T {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_res_gid, set_thread_res_uid};
    let (uid, gid) = (Uid::from_raw(SOMEBODY.1), Gid::from_raw(SOMEBODY.1));
    set_thread_res_gid(gid, gid, Gid::ROOT).expect("setresgid");
    set_thread_res_uid(uid, uid, Uid::ROOT).expect("setresuid");
    let result = body();
    set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).expect("setresuid");
    set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT).expect("setresgid");
    result
}

fn many_threads() -> Child {
    let mut command = Command::new(ourselves());
    let mut child =
        command.args(["threads", "5000"]).stdout(Stdio::piped()).spawn().expect("start ourselves");
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.as_mut().expect("a pipe"));
    std::io::BufRead::read_line(&mut stdout, &mut line).expect("read");
    child
}

fn threads(count: usize) {
    for _ in 0..count {
        let park = || loop {
            thread::park();
        };
        thread::Builder::new().stack_size(16 * 1024).spawn(park).expect("start a thread");
    }
    println!("{count}");
    let (_hold, forever) = mpsc::channel::<()>();
    let _ = forever.recv();
}

/// All queries of a table, interleaved with what they are compared with.
fn queries(name: &str) {
    rustix::process::setsid().expect("a child leads no process group");
    std::fs::write("/tmp/pkill-bench.pid", "1\n").expect("write a pidfile");
    let queries = if name == "large" { LARGE } else { SMALL };
    let only = env::var("SCAN_ONLY").unwrap_or_default();
    let rounds = env::var("SCAN_ROUNDS").map_or(5, |rounds| rounds.parse().expect("a number"));
    println!(
        "{:24} {:>14} {:>14} {:>14} {:>14} {:>7} {:>7} {:>9}   goal",
        "milliseconds wall (CPU)", "ours", "floor", "procps", "true", "x floor", "procps/", "peak KiB"
    );
    for &(args, goal) in queries.iter().filter(|(args, _)| args.join(" ").contains(&only)) {
        row(args, goal, rounds);
    }
    if name != "large" {
        for tool in ["busybox", "toybox"].into_iter().filter(|tool| has_pgrep(tool)) {
            let others: Vec<Cost> =
                (0..rounds * RUNS_PER_ROUND).map(|_| run(tool, &["pgrep", "needle"])).collect();
            println!("{:24} {}", format!("{tool} pgrep needle"), shown(Some(median(&others))));
        }
    }
    std::io::stdout().flush().expect("write");
}

/// Not every build of them has.
fn has_pgrep(tool: &str) -> bool {
    Command::new(tool).args(["pgrep", "idler"]).output().is_ok_and(|output| output.status.success())
}

fn row(args: &[&str], goal: Goal, rounds: usize) {
    let (mut ours, mut floor, mut procps, mut nothing) = (vec![], vec![], vec![], vec![]);
    let itself = ourselves();
    for _ in 0..rounds {
        for _ in 0..RUNS_PER_ROUND {
            nothing.push(run("/bin/true", &[]));
            floor.push(run(&itself, &["floor"]));
            ours.push(run(OURS, args));
        }
        if Path::new(PROCPS).exists() {
            procps.push(run(PROCPS, args));
        }
    }
    let (ours, floor, nothing) = (median(&ours), median(&floor), median(&nothing));
    let procps = (!procps.is_empty()).then(|| median(&procps));
    let ratio = |a: Cost, b: Cost| a.wall.as_secs_f64() / b.wall.as_secs_f64();
    let to_floor = ratio(ours, floor);
    let to_procps = procps.map_or(f64::NAN, |procps| ratio(procps, ours));
    let (goal, met) = match goal {
        Scan { floor, procps } => {
            let met = to_floor <= floor && (to_procps.is_nan() || to_procps >= procps);
            let bound = |value: f64, text: String| {
                if value.is_finite() && value > 0.0 { text } else { String::new() }
            };
            (
                bound(floor, format!("<= {floor} x floor "))
                    + &bound(procps, format!(">= {procps} x procps")),
                met,
            )
        }
        Start(more) => {
            let met = ours.wall.as_secs_f64() <= nothing.wall.as_secs_f64() + more / 1e3;
            (format!("<= true + {more} ms"), met)
        }
    };
    println!(
        "{:24} {} {} {} {} {:>7.2} {:>7.1} {:>9}   {} {goal}",
        args.join(" "),
        shown(Some(ours)),
        shown(Some(floor)),
        shown(procps),
        shown(Some(nothing)),
        to_floor,
        to_procps,
        ours.peak,
        if met { "ok    " } else { "MISSED" },
    );
}

fn shown(cost: Option<Cost>) -> String {
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    cost.map_or(format!("{:>14}", "-"), |cost| format!("{:>6.2} ({:>5.2})", ms(cost.wall), ms(cost.cpu)))
}
