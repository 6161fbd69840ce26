//! The scan against the floor, the installed procps, busybox and toybox: whole processes, from start to end,
//! over tables of idle processes in a PID namespace of their own (which needs root).
//!
//! `cargo bench --bench scan`; all runs of a table are interleaved, and medians are printed, of the time and of the
//! CPU time. Nothing is asserted. Where the machine has other work too, `chrt -f 1`
//! in front of the built benchmark gives it the CPUs. Knobs, by environment variables:
//!
//! - `SCAN_CROWD`: the sizes of the large tables, such as `1000,10000,30000` (10000)
//! - `SCAN_ROUNDS`: the number of runs of procps for each query; all others run five times as often (5)
//! - `SCAN_ONLY`: only queries that contain this text, for instance `-u`
//! - `SCAN_STATIC`: a static pgrep, for the small table

mod floor;
mod measure;
#[allow(dead_code, unused_imports)]
#[path = "../../tests/suite/support/mod.rs"]
mod support;

use std::env;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use measure::{Cost, in_namespace, knob, median, run};
use support::crowd::Crowd;

const OURS: &str = env!("CARGO_BIN_EXE_pgrep");
const PROCPS: &str = "/usr/bin/pgrep";
/// One process in a hundred of the crowd belongs to this user.
const OTHER_USER: (&str, u32) = ("daemon", 1);
const RUNS_PER_ROUND: usize = 5;

/// A command line, without the program, and its goal.
type Query = (&'static [&'static str], Goal);

/// A goal. All except the last are for ten thousand processes on two CPUs.
#[derive(Clone, Copy)]
enum Goal {
    /// At most this factor of the floor, and faster than procps by at least this factor.
    Floor(f64, f64),
    /// Faster than procps by at least this factor.
    Procps(f64),
    /// Within 10 % of the first query: a name, and nothing else.
    AsName,
    /// At most 0.4 ms more than `true`.
    Start,
}
use Goal::{AsName, Floor, Procps, Start};

/// `needle` is the name of three processes; the crowd is root's and in another session than the queries.
#[rustfmt::skip]
const LARGE: &[Query] = &[
    (&["needle"], Floor(1.1, 10.0)),
    (&["-x", "needle"], Floor(1.1, 10.0)),
    (&["-c", "needle"], Floor(1.1, 10.0)),
    (&["-i", "needle"], Floor(1.1, 10.0)),
    (&["^(need|noo)dle$"], AsName),
    (&["-s", "0", "needle"], Floor(0.8, 0.0)),
    (&["-g", "0", "needle"], Floor(0.8, 0.0)),
    (&["-u", OTHER_USER.0, "needle"], Floor(0.8, 0.0)),
    (&["-u", "root", "needle"], Floor(1.3, 0.0)),
    (&["-f", "needle"], Procps(10.0)),
    (&["-U", OTHER_USER.0], Procps(10.0)),
    (&["-G", OTHER_USER.0], Procps(10.0)),
    (&["-P", "2"], Procps(10.0)),
    (&["-n", "needle"], AsName),
    (&["-O", "0", "needle"], AsName),
    (&["-t", "tty1", "needle"], AsName),
    (&["-r", "S", "needle"], AsName),
    (&["-p", "1"], Start),
    (&["-F", "/tmp/pkill-bench.pid"], Start),
];

const SMALL: &[Query] = &[(&["needle"], Start), (&["-f", "needle"], Start)];

fn main() {
    let words: Vec<String> = env::args().collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[1..] {
        ["floor"] => println!("{}", floor::floor()),
        ["table", name, size] => table(name, size.parse().expect("a number")),
        ["queries", name] => queries(name),
        ["threads", count] => threads(count.parse().expect("a number")),
        // cargo passes `--bench`, which has no meaning here.
        _ => {
            in_namespace(&["table", "small", "100"]);
            for size in env::var("SCAN_CROWD").as_deref().unwrap_or("10000").split(',') {
                in_namespace(&["table", "large", size]);
            }
        }
    }
}

fn ourselves() -> String {
    env::current_exe().expect("our own executable").to_str().expect("UTF-8").to_owned()
}

/// PID 1 of the namespace: makes the processes. The queries come from a child, so that what is
/// measured neither inherits the size of this process nor shares its session.
fn table(name: &str, size: usize) {
    rustix::process::setsid().expect("PID 1 leads no process group yet");
    let others = size / 100;
    println!("\n{size} processes");
    Crowd::spawn(c"idler", size - others - 3);
    Crowd::spawn(c"needle", 3);
    as_other_user(|| Crowd::spawn(c"idler", others));
    let mut queries =
        Command::new(ourselves()).args(["queries", name]).spawn().expect("start this benchmark");
    queries.wait().expect("wait");
}

fn as_other_user<T>(body: impl FnOnce() -> T) -> T {
    use rustix::process::{Gid, Uid};
    use rustix::thread::{set_thread_res_gid, set_thread_res_uid};
    let (uid, gid) = (Uid::from_raw(OTHER_USER.1), Gid::from_raw(OTHER_USER.1));
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
        command.args(["threads", "5000"]).stdout(Stdio::piped()).spawn().expect("start this benchmark");
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

/// All queries of a table.
fn queries(name: &str) {
    rustix::process::setsid().expect("a child leads no process group");
    std::fs::write("/tmp/pkill-bench.pid", "1\n").expect("write a pidfile");
    let only = env::var("SCAN_ONLY").unwrap_or_default();
    println!(
        "{:24} {:>15} {:>15} {:>15} {:>15} {:>15} {:>7} {:>6}  goal",
        "milliseconds wall (CPU)", "ours", "floor", "procps", "true", "x floor", "procps", "KiB"
    );
    let mut name_alone = None;
    for &(args, goal) in if name == "large" { LARGE } else { SMALL } {
        let label = args.join(" ");
        if label.contains(&only) {
            let measured = Measured::new(args);
            let name_alone = *name_alone.get_or_insert(measured.to_floor());
            measured.print(&label, goal, name_alone);
        }
    }
    if name == "small" {
        for tool in ["busybox", "toybox"].into_iter().filter(|tool| has_pgrep(tool)) {
            let costs: Vec<Cost> = (0..runs()).map(|_| run(tool, &["pgrep", "needle"])).collect();
            println!("{:24} {}", format!("{tool} pgrep needle"), shown(Some(median(&costs))));
        }
        if let Ok(pgrep) = env::var("SCAN_STATIC") {
            let costs: Vec<Cost> = (0..runs()).map(|_| run(&pgrep, &["needle"])).collect();
            println!("{:24} {}", "static: needle", shown(Some(median(&costs))));
        }
        let mut threads = many_threads();
        Measured::new(&["needle"]).print("needle, 5,000 threads", Start, 1.0);
        threads.kill().and_then(|()| threads.wait()).expect("kill a child");
    }
}

fn runs() -> usize {
    knob("SCAN_ROUNDS", 5) * RUNS_PER_ROUND
}

/// busybox and toybox can be built without pgrep.
fn has_pgrep(tool: &str) -> bool {
    Command::new(tool).args(["pgrep", "idler"]).output().is_ok_and(|output| output.status.success())
}

/// A query, and what it is compared with: medians of interleaved runs.
struct Measured {
    ours: Cost,
    floor: Cost,
    procps: Option<Cost>,
    nothing: Cost,
}

impl Measured {
    fn new(args: &[&str]) -> Self {
        let itself = ourselves();
        let (mut ours, mut floor, mut procps, mut nothing) = (vec![], vec![], vec![], vec![]);
        for turn in 0..runs() {
            nothing.push(run("/bin/true", &[]));
            floor.push(run(&itself, &["floor"]));
            ours.push(run(OURS, args));
            if turn % RUNS_PER_ROUND == 0 && Path::new(PROCPS).exists() {
                procps.push(run(PROCPS, args));
            }
        }
        let procps = (!procps.is_empty()).then(|| median(&procps));
        Measured { ours: median(&ours), floor: median(&floor), procps, nothing: median(&nothing) }
    }

    fn to_floor(&self) -> f64 {
        self.ours.wall.as_secs_f64() / self.floor.wall.as_secs_f64()
    }

    fn print(&self, label: &str, goal: Goal, name_alone: f64) {
        let Measured { ours, floor, procps, nothing } = *self;
        let cpu_to_floor = ours.cpu.as_secs_f64() / floor.cpu.as_secs_f64();
        let faster = procps.map_or(f64::NAN, |procps| procps.wall.as_secs_f64() / ours.wall.as_secs_f64());
        let (met, goal) = match goal {
            Floor(most, least) => {
                let and = if least > 0.0 { format!(", {least} x procps") } else { String::new() };
                (
                    self.to_floor() <= most && (faster.is_nan() || faster >= least),
                    format!("{most} x floor{and}"),
                )
            }
            Procps(least) => (faster.is_nan() || faster >= least, format!("{least} x procps")),
            AsName => (self.to_floor() <= 1.1 * name_alone, "as NAME alone".to_owned()),
            Start => (ours.wall <= nothing.wall + Duration::from_micros(400), "true + 0.4 ms".to_owned()),
        };
        println!(
            "{label:24} {} {} {} {} {:>15} {faster:>7.1} {:>6}  {goal}{}",
            shown(Some(ours)),
            shown(Some(floor)),
            shown(procps),
            shown(Some(nothing)),
            format!("{:.2} ({cpu_to_floor:.2})", self.to_floor()),
            ours.peak,
            if met { "" } else { ": MISSED" },
        );
    }
}

fn shown(cost: Option<Cost>) -> String {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let text = cost.map_or("-".to_owned(), |cost| format!("{:.2} ({:.2})", ms(cost.wall), ms(cost.cpu)));
    format!("{text:>15}")
}
