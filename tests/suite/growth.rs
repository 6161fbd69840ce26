//! How the cost of a run grows with what an ordinary user can make large: at most linearly.
//!
//! Each row is counted at N and at 2 N, without what a run costs that finds nothing. What is quadratic costs nearly four
//! times as much at 2 N, if it is not small beside the rest: so N is as large as it has to be.

use std::any::Any;
use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use nix::sched::{CloneFlags, unshare};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::count::{Counter, Counting};
use crate::support::crowd::{Crowd, chain};
use crate::support::{Random, Victim, namespace};

/// How many times as much twice the quantity may cost.
const LIMIT: f64 = 2.2;

/// So few calls may be more by chance: buffers grow.
const CHANCE: u64 = 20;

/// What a run is done among.
struct Scene {
    /// `{}` in the command.
    word: String,
    crowd: Option<Crowd>,
    kept: Vec<Box<dyn Any>>,
}

impl Scene {
    fn new(word: impl Into<String>) -> Self {
        Scene { word: word.into(), crowd: None, kept: vec![] }
    }

    /// The word is the ID of the first process.
    fn crowd(crowd: Crowd) -> Self {
        Scene::new(crowd.pids[0].to_string()).among(crowd)
    }

    fn among(mut self, crowd: Crowd) -> Self {
        self.crowd = Some(crowd);
        self
    }

    fn keeping(mut self, kept: impl Any) -> Self {
        self.kept.push(Box::new(kept));
        self
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.crowd.iter().for_each(Crowd::end);
    }
}

struct Row {
    quantity: &'static str,
    command: &'static str,
    n: usize,
    scene: fn(usize) -> Scene,
}

const fn row(quantity: &'static str, command: &'static str, n: usize, scene: fn(usize) -> Scene) -> Row {
    Row { quantity, command, n, scene }
}

const PROCESSES: &[Row] = &[
    row("generations", "pgrep --ancestor {}", 500, generations),
    row("generations", "pgrep --inverse --tree -p {}", 500, generations),
    row("generations", "pkill -0 --tree -p {}", 150, generations),
    row("children", "pkill -CONT --tree --freeze -p {}", 120, children),
    row("a forest", "pgrep --tree -p {}", 500, forest),
    row("process groups", "pkill -0 --whole-group -x leader", 400, groups),
    row("threads", "pgrep -w -x thread", 500, threads),
    row("sockets and descriptors", "pgrep --port udp:10000-60000", 500, sockets),
    row("arguments", "pgrep -fa {}", 500, arguments),
];

const COMMAND_LINES: &[Row] = &[
    row("a pattern", "pgrep -f {}", 500, |n| {
        Scene::new("[ab]".repeat(n) + "|" + &joined(n, "|", |number| format!("a{number}b*")))
    }),
    row(
        "values",
        "pgrep -u {},0 -g {},0 -s {},0 -P {},1 --ancestor {},1 --exclude {} -x process",
        500,
        other_ids,
    ),
    row("targets", "pkill -0 --json -p {}", 100, own_ids),
    row("criteria", "pgrep {}", 300, |n| {
        Scene::new(joined(n, " ", |number| format!("--not {number}x --env V{number} --cgroup /{number}")))
    }),
];

/// Each one is the child of the one before.
fn generations(n: usize) -> Scene {
    Scene::crowd(Crowd::forest(c"generation", &chain(n), false))
}

fn children(n: usize) -> Scene {
    let parents: Vec<Option<usize>> = (0..=n).map(|number| (number > 0).then_some(0)).collect();
    Scene::crowd(Crowd::forest(c"child", &parents, false))
}

fn forest(n: usize) -> Scene {
    let mut random = Random::new(7);
    let parents: Vec<Option<usize>> =
        (0..n).map(|number| (number > 0).then(|| random.below(number))).collect();
    Scene::crowd(Crowd::forest(c"branch", &parents, false))
}

fn groups(n: usize) -> Scene {
    Scene::crowd(Crowd::forest(c"leader", &vec![None; n], true))
}

fn crowd(n: usize) -> Crowd {
    Crowd::spawn(c"process", n)
}

fn own_ids(n: usize) -> Scene {
    let crowd = crowd(n);
    Scene::new(joined(n, ",", |number| crowd.pids[number].to_string())).among(crowd)
}

/// Of none of the processes, which are as many.
fn other_ids(n: usize) -> Scene {
    Scene::new(joined(n, ",", |number| (1_000_000 + number).to_string())).among(crowd(n))
}

/// Of the test.
fn threads(n: usize) -> Scene {
    let (hold, end) = channel::<()>();
    let end = Arc::new(Mutex::new(end));
    let start = |_| {
        let end = Arc::clone(&end);
        let wait = move || drop(end.lock().map(|end| end.recv()));
        Builder::new().name("thread".into()).stack_size(64 << 10).spawn(wait).expect("start a thread")
    };
    let threads = (0..n).map(start).collect();
    Scene::new("").keeping(Threads { hold: Some(hold), threads })
}

/// They end when they are dropped.
struct Threads {
    hold: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.hold.take();
        self.threads.drain(..).for_each(|thread| thread.join().expect("it ends"));
    }
}

/// Each has a descriptor of the test.
fn sockets(n: usize) -> Scene {
    Scene::new("").keeping((0..n).map(|number| socket(10_000 + number as u16)).collect::<Vec<_>>())
}

fn socket(port: u16) -> UdpSocket {
    UdpSocket::bind(("0.0.0.0", port)).expect("a free port")
}

/// N times 100 bytes.
fn arguments(n: usize) -> Scene {
    let victim = (0..n).fold(Victim::spec(), |spec, _| spec.arg("x".repeat(99))).spawn();
    Scene::new(victim.name()).keeping(victim)
}

fn joined(n: usize, separator: &str, word: impl Fn(usize) -> String) -> String {
    (0..n).map(word).collect::<Vec<_>>().join(separator)
}

/// The system calls and the instructions of a run.
type Cost = [u64; 2];

fn cost(count: impl Fn(Counter) -> BTreeMap<String, u64>) -> Cost {
    [Counter::Calls, Counter::Instructions].map(|counter| count(counter).into_values().sum())
}

fn check(what: &str, nothing: Cost, n: Cost, twice: Cost) {
    for (at, name) in ["system calls", "instructions"].into_iter().enumerate() {
        let [n, twice] = [n[at], twice[at]].map(|count| count.saturating_sub(nothing[at]));
        println!("{what}: {n} and {twice} {name}, {:.2}", twice as f64 / n.max(1) as f64);
        assert!(twice as f64 <= n as f64 * LIMIT + CHANCE as f64, "{what}: {n}, twice {twice} {name}");
    }
}

fn check_rows(rows: &[Row]) {
    let Some(counting) = Counting::new() else { return };
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("setrlimit");
    // All ports are free in a network namespace of its own.
    unshare(CloneFlags::CLONE_NEWNET).expect("unshare");
    let of_command = |command: &str| {
        let (program, args) = command.split_once(' ').expect("arguments");
        let args: Vec<&str> = args.split(' ').collect();
        cost(|counter| counting.count(counter, program, &args))
    };
    let nothing = of_command("pgrep -x none");
    for Row { quantity, command, n, scene } in rows {
        let at = |n| {
            let scene = scene(n);
            of_command(&command.replace("{}", &scene.word))
        };
        check(&format!("{quantity}, {command}"), nothing, at(*n), at(2 * n));
    }
}

#[test]
fn of_processes_is_linear() {
    namespace(|| check_rows(PROCESSES));
}

#[test]
fn of_command_lines_is_linear() {
    namespace(|| check_rows(COMMAND_LINES));
}

/// Above pgrep itself.
#[test]
fn of_ancestors_is_linear() {
    namespace(|| {
        let Some(counting) = Counting::new() else { return };
        let below = |generations| {
            cost(|counter| {
                let command = counting.command(counter, "pgrep", &["-A", "-x", "none"]);
                Crowd::above(generations, &command).end();
                counting.result(counter)
            })
        };
        check("pgrep -A", below(1), below(500), below(1000));
    });
}
