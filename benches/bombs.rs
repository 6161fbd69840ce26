//! Fork bombs, and what ends them: `pkill --until-none`, `killall` in a loop, and `cgroup.kill`, in a PID namespace (which
//! needs root).
//!
//! `cargo bench --bench bombs`; the tries take turns. A shell that has been waiting starts the program; a try lasts from
//! then on until no process of the bomb is left. Each bomb is in a cgroup of its own, so that it gets half of the CPU time
//! at most, like a session of systemd. Knobs, by environment variables:
//!
//! - `BOMBS_PROCESSES`: the sizes (`200,2000,10000`)
//! - `BOMBS_TRIES`: the number of tries (20)
//! - `BOMBS_TIMEOUT`: seconds after which a try has failed (60); what the program waits for in the kernel is printed then
//! - `BOMBS_STATIC`: a static pkill, to be measured too

#[allow(dead_code)] // it measures until the bomb has ended, not the program
#[path = "scan/measure.rs"]
mod measure;
#[allow(dead_code, unused_imports)]
#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use measure::{in_namespace, knob};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use support::bomb::{self, Kind};
use support::{Dir, eventually, executable, own_pid, stat_field_of};

const UID: u32 = 54_398;

/// `{pkill}` is ours, `{static}` that of `BOMBS_STATIC`, `{group}` the cgroup of the bomb.
const KILLERS: &[&str] = &[
    "{pkill} -KILL --until-none -x bomb",
    "{pkill} -KILL --until-none --freeze -x bomb",
    "{static} -KILL --until-none -x bomb",
    "while killall -q -9 bomb; do :; done",
    "echo 1 >{group}/cgroup.kill",
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["size", size] => tries(size.parse().expect("a number")),
        // cargo passes `--bench`, which has no meaning here.
        _ => {
            let sizes = std::env::var("BOMBS_PROCESSES").unwrap_or("200,2000,10000".into());
            sizes.split(',').for_each(|size| in_namespace(&["size", size]));
        }
    }
}

/// PID 1 of the namespace.
fn tries(size: usize) {
    let dir = Dir::new();
    let groups = Groups::new(dir.path());
    let is_there = |killer: &&str| static_pkill().is_some() || !killer.contains("{static}");
    let killers: Vec<&str> = KILLERS.iter().copied().filter(is_there).collect();
    let mut times = vec![vec![]; killers.len()];
    let number = knob("BOMBS_TRIES", 20);
    for _ in 0..number {
        for (killer, times) in killers.iter().zip(&mut times) {
            times.extend(one(killer, size, &groups));
        }
    }
    println!("\n{size} processes, {number} tries: won, median and longest time in ms");
    for (killer, times) in killers.iter().zip(&mut times) {
        times.sort_unstable();
        let ms = |time: Option<&Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        let (median, longest) = (ms(times.get(times.len() / 2)), ms(times.last()));
        println!("{killer:46} {:>3} {median:>10.1} {longest:>10.1}", times.len());
    }
}

fn static_pkill() -> Option<String> {
    std::env::var("BOMBS_STATIC").ok()
}

/// None if the bomb has won.
fn one(killer: &str, size: usize, groups: &Groups) -> Option<Duration> {
    let script = killer
        .replace("{pkill}", &executable("pkill"))
        .replace("{static}", &static_pkill().unwrap_or_default())
        .replace("{group}", groups.unified.to_str().expect("UTF-8"));
    let script = format!("read go; {script}");
    let mut shell = Command::new("sh");
    let mut shell = shell.args(["-c", &script]).stdin(Stdio::piped()).process_group(0).spawn().expect("sh");
    groups.enter();
    bomb::light(c"bomb", UID, size as u64, Kind::Plain);
    groups.leave(&own_pid());
    eventually("its first process", || bomb::count(c"bomb") > 0);
    // What reaps is not part of the bomb. A change of cgroup holds up forks, so it is made while there are few.
    let children = fs::read_to_string("/proc/self/task/1/children").expect("children");
    let is_reaper = |pid: &&str| *pid != shell.id().to_string();
    let reaper = children.split_ascii_whitespace().find(is_reaper).expect("the reaper").to_owned();
    groups.leave(&reaper);
    // A fork that fails counts for a moment, so that thousands of processes which fork remain below their limit.
    eventually("a crowd", || bomb::count(c"bomb") > size / 2);

    let start = Instant::now();
    shell.stdin.take().expect("a pipe").write_all(b"\n").expect("a shell that reads");
    let limit = Duration::from_secs(knob("BOMBS_TIMEOUT", 60) as u64);
    while !groups.is_empty() && start.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(1)); // the CPU is for what is measured
    }
    let time = start.elapsed();
    let has_won = groups.is_empty();
    if !has_won {
        println!("lost: {killer}: {}", waits(shell.id()));
        killpg(Pid::from_raw(shell.id() as i32), Signal::SIGKILL).expect("a shell, and what it has started");
        fs::write(groups.unified.join("cgroup.kill"), "1").expect("cgroup.kill");
        eventually("the end of the bomb", || groups.is_empty());
    }
    shell.wait().expect("a shell"); // pkill looks whether any of them appears again
    let reaper = Pid::from_raw(reaper.parse().expect("a process ID"));
    kill(reaper, Signal::SIGKILL).expect("the reaper");
    // It is the last one, with what it has not reaped.
    while waitpid(None, None).is_ok() {}
    has_won.then_some(time)
}

/// The threads of a process and of its children: the name, the state, and what each waits for in the kernel.
fn waits(pid: u32) -> String {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of_thread = |thread: fs::DirEntry| {
        let read = |file| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let path = format!("{pid}/task/{}", thread.file_name().to_string_lossy());
        let state = stat_field_of(&path, 3).unwrap_or_default();
        let children = read("children");
        let children = children.split_ascii_whitespace().map(|child| waits(child.parse().expect("a PID")));
        format!("{} {state} {}; {}", read("comm").trim_end(), read("wchan"), children.collect::<String>())
    };
    threads.map(of_thread).collect()
}

/// The cgroup of the bomb, which has half of the CPU time, and a file `cgroup.kill`. They are two directories where the
/// CPU controller is one of version 1.
struct Groups {
    unified: PathBuf,
    cpu: Option<PathBuf>,
}

impl Groups {
    fn new(mount_point: &Path) -> Self {
        let mounted = Command::new("mount").args(["-t", "cgroup2", "none"]).arg(mount_point).status();
        assert!(mounted.expect("mount").success());
        let name = "pkill-bombs";
        let cpu = Path::new("/sys/fs/cgroup/cpu");
        let groups = Groups {
            unified: mount_point.join(name),
            cpu: cpu.join("tasks").exists().then(|| cpu.join(name)),
        };
        for group in groups.all() {
            fs::create_dir_all(group).expect("a cgroup"); // an earlier run may have left it
        }
        groups
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        [Some(&self.unified), self.cpu.as_ref()].into_iter().flatten()
    }

    fn enter(&self) {
        self.all().for_each(|group| fs::write(group.join("cgroup.procs"), own_pid()).expect("a cgroup"));
    }

    fn leave(&self, pid: &str) {
        for group in self.all() {
            fs::write(group.join("../cgroup.procs"), pid).expect("the parent cgroup");
        }
    }

    fn is_empty(&self) -> bool {
        fs::read_to_string(self.unified.join("cgroup.events")).expect("events").contains("populated 0")
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for group in self.all() {
            let _ = fs::remove_dir(group);
        }
    }
}
