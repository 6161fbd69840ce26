//! How long patterns take to compile and to search, the traps of `tests/suite/ere/traps.rs` among them.
//!
//! `cargo bench --bench ere` prints medians. "cold" is the first use in a process, measured in new processes
//! of this program, because every run of pkill pays it.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use pkill::ere::{Flags, Pattern};

const COLD: &[(&str, &[&str], &str)] = &[
    ("nothing at all", &["-0"], ""),
    ("a plain name", &["sshd"], "sshd"),
    ("the same, with -i", &["-i", "sshd"], "sshd"),
    ("the same, with -x", &["-x", "sshd"], "sshd"),
    ("^(foo|bar)$", &["^(foo|bar)$"], "foo"),
    ("node.*dist-server", &["node.*dist-server"], "node"),
    ("[[:alpha:]]+[0-9]", &["[[:alpha:]]+[0-9]"], "node"),
    ("[[:alpha:]]+[0-9] on é", &["[[:alpha:]]+[0-9]"], "é"),
    ("é|ö with -i", &["-i", "é|ö"], "é"),
];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "cold") {
        return cold(&args[1..]);
    }
    println!("cold: compile and first search, median of 101 processes");
    for &(name, pattern, subject) in COLD {
        let run = || {
            let args = ["cold", subject].into_iter().chain(pattern.iter().copied());
            let output = Command::new(env::current_exe().unwrap())
                .args(args)
                .env("LC_ALL", "C.UTF-8")
                .output()
                .unwrap();
            Duration::from_nanos(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap())
        };
        print(name, median(101, run));
    }
    println!("warm: search, median of 101");
    let name = b"kworker/u8:3-ev";
    let line = "/usr/bin/node --max-old-space-size=4096 /srv/app/dist/server.js --port 3000 ".repeat(4);
    for (pattern, subject) in [
        ("sshd", &name[..]),
        ("^(foo|bar)$", name),
        ("[0-9]:[0-9]", name),
        ("dist-server", line.as_bytes()),
        ("node.*dist-server", line.as_bytes()),
    ] {
        let compiled = Pattern::new(pattern.as_bytes(), Flags::default()).unwrap();
        let search =
            || timed(|| (0..100).filter(|_| compiled.is_match(black_box(subject)).unwrap()).count()) / 100;
        print(&format!("{pattern} on {} bytes", subject.len()), median(101, search));
    }
    println!("traps: compile and search, median of 5, and the most memory");
    let ab: String =
        (0..1u32 << 20).map(|n| if n.wrapping_mul(2_654_435_761) >> 31 == 0 { 'a' } else { 'b' }).collect();
    let long = "a".repeat(100_000);
    for (name, pattern, subject) in [
        ("50,000 *", "*".repeat(50_000), ""),
        ("a and 50,000 *", format!("a{}", "*".repeat(50_000)), "a"),
        ("60,000 (", "(".repeat(60_000), ""),
        ("a{0,32767}", "a{0,32767}".into(), "b"),
        (".{32767}", ".{32767}".into(), "é"),
        ("nested {20}", "((((((a?){20}){20}){20}){20}){20}){20}".into(), "b"),
        ("(a|b)*a(a|b){16}c on 1 MiB", "(a|b)*a(a|b){16}c".into(), &ab),
        ("100,000 a on 100,000 a", long.clone(), &long),
        ("(100,000 a) on 100,000 a", format!("({long})"), &long),
    ] {
        let try_it = || {
            timed(|| {
                Pattern::new(pattern.as_bytes(), Flags::default()).map(|p| p.is_match(subject.as_bytes()))
            })
        };
        print(name, median(5, try_it));
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}

/// The child: prints how many nanoseconds the pattern took.
fn cold(args: &[String]) {
    let flags = Flags {
        ignore_case: args.contains(&"-i".to_owned()),
        whole: args.contains(&"-x".to_owned()),
        ..Flags::default()
    };
    let (subject, pattern) = (&args[0], &args[args.len() - 1]);
    if pattern == "-0" {
        return println!("{}", timed(|| ()).as_nanos());
    }
    let time = timed(|| Pattern::new(pattern.as_bytes(), flags).unwrap().is_match(subject.as_bytes()));
    println!("{}", time.as_nanos());
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    black_box(Instant::now()); // the first one is slow
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn median(times: usize, mut measure: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..times).map(|_| measure()).collect();
    all.sort();
    all[times / 2]
}

fn print(name: &str, time: Duration) {
    println!("  {name:32} {:>12.2} µs", time.as_nanos() as f64 / 1000.0);
}
