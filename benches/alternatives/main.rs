//! Other ways to the names and user IDs of all processes than a file of /proc each: how much faster is the fastest?
//! docs/PERFORMANCE.md has the figures, and why none was adopted.
//!
//! `cargo bench --bench alternatives`, as root; `ALTERNATIVES_CROWD` is the number of processes (10000),
//! `ALTERNATIVES_ROUNDS` that of the rounds (15). In a round each takes its turn; the medians are printed.

mod bpf;
#[path = "../scan/floor.rs"]
mod floor;
#[path = "../scan/measure.rs"]
mod measure;
mod pidfd;
#[allow(dead_code, unused_imports)]
#[path = "../../tests/suite/support/mod.rs"]
mod support;
mod taskstats;
mod uring;

use std::env;
use std::fs::File;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rustix::fs::{Mode, OFlags, RawDir, openat};

use measure::{Cost, in_namespace, knob, median};
use support::crowd::Crowd;

/// What it does, and how many processes it has read; an error where the kernel lacks it.
type Way = (&'static str, fn() -> Result<usize, String>);

const WAYS: &[Way] = &[
    ("comm: open, read, close", || Ok(one_by_one("comm"))),
    ("comm: the same, a thread a CPU", || Ok(floor::floor())),
    ("comm: io_uring, 64 at a time", uring::names),
    ("name: taskstats, 64 at a time", taskstats::names),
    ("name: BPF task iterator", bpf::names),
    ("UIDs: status: open, read, close", || Ok(one_by_one("status"))),
    ("UIDs: PIDFD_GET_INFO", pidfd::user_ids),
];

fn main() {
    if env::args().nth(1).as_deref() == Some("inside") {
        inside();
    } else {
        in_namespace(&["inside"]);
    }
}

fn inside() {
    let size = knob("ALTERNATIVES_CROWD", 10_000);
    Crowd::spawn(c"idler", size);
    println!("{:34} {:>9} {:>9} {:>7}   {size} processes", "milliseconds", "wall", "CPU", "ratio");
    let mut costs = vec![vec![]; WAYS.len()];
    for _ in 0..knob("ALTERNATIVES_ROUNDS", 15) {
        for ((what, way), costs) in WAYS.iter().zip(&mut costs) {
            let (start, cpu) = (Instant::now(), cpu());
            match way() {
                Ok(read) => assert!(read > size, "{what}: {read} of {size}"),
                Err(why) => {
                    println!("{what}: {why}");
                    continue;
                }
            }
            costs.push(Cost { wall: start.elapsed(), cpu: self::cpu() - cpu, peak: 0 });
        }
    }
    let first = median(&costs[0]).wall;
    for ((what, _), costs) in WAYS.iter().zip(&costs).filter(|(_, costs)| !costs.is_empty()) {
        let Cost { wall, cpu, .. } = median(costs);
        let [wall, cpu, first] = [wall, cpu, first].map(|time| time.as_secs_f64() * 1e3);
        println!("{what:34} {wall:>9.2} {cpu:>9.2} {:>7.2}", wall / first);
    }
}

/// Of this process, its threads and the kernel's workers for it.
fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage");
    let spent = usage.user_time() + usage.system_time();
    Duration::from_micros(spent.num_microseconds() as u64)
}

/// The PIDs in /proc, as text.
fn pids() -> Vec<Vec<u8>> {
    let proc = File::open("/proc").expect("open /proc");
    let mut list = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(proc, &mut list);
    let mut pids = vec![];
    while let Some(entry) = entries.next() {
        let entry = entry.expect("list /proc");
        let name = entry.file_name().to_bytes();
        if name[0].is_ascii_digit() {
            pids.push(name.to_vec());
        }
    }
    pids
}

fn number(pid: &[u8]) -> u32 {
    str::from_utf8(pid).ok().and_then(|pid| pid.parse().ok()).expect("a PID")
}

fn one_by_one(file: &str) -> usize {
    let proc = File::open("/proc").expect("open /proc");
    let mut text = [0; 2048];
    let pids = pids();
    let read = pids.iter().filter(|pid| {
        let path = [pid, b"/".as_slice(), file.as_bytes()].concat();
        let opened = openat(&proc, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        opened.and_then(|opened| rustix::io::read(opened, &mut text)).is_ok()
    });
    read.count()
}
