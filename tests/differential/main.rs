//! Random command lines, run with these programs and with the installed procps-ng, which is the reference: real signals
//! to real processes, in a PID namespace. Each difference must be explained by a row of `docs/COMPATIBILITY.md`.
//!
//! `DIFFERENTIAL_LINES=50000 DIFFERENTIAL_SEED=7 cargo test --test differential -- --nocapture` runs other lines than
//! the suite does, `DIFFERENTIAL_LINE=7000123` only that one, which a failure reports, and `PKILL_TEST_REFERENCE=DIR`
//! compares with the programs in a directory.
//!
//! It is an executable of its own, which runs while no other test does: most of its time goes to starting processes.

#[allow(dead_code, unused_imports)] // most of it is for tests/suite
#[path = "../suite/support/mod.rs"]
mod support;

mod grammar;
mod line;
mod outcome;
mod rows;
mod scene;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::{env, thread};

use crate::line::Line;
use crate::outcome::{Outcome, run};
use crate::rows::Case;
use crate::scene::Scene;
use crate::support::rerun::{rerun, test_name};
use crate::support::{Program, Run, available, installed_version, namespace, need, need_root};

const WORKER: &str = "DIFFERENTIAL_WORKER";

fn env_number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn each_difference_is_explained_by_a_row() {
    if !need_root() || !need("unshare") || !available(installed_version().is_some(), "procps") {
        return;
    }
    let workers = thread::available_parallelism().map_or(1, |count| count.get());
    let start = |number: usize| {
        let mut command = rerun(test_name(&worker));
        command.env(WORKER, format!("{number}/{workers}")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("a worker")
    };
    let started: Vec<_> = (0..workers).map(start).collect();
    let mut counts = BTreeMap::<String, usize>::new();
    let mut unexplained = vec![];
    for child in started {
        let output = child.wait_with_output().expect("a worker");
        let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(output.status.success(), "{}: {out}\n{err}", output.status);
        for line in out.lines() {
            if let Some((name, count)) = line.strip_prefix("= ").and_then(|line| line.split_once(' ')) {
                *counts.entry(name.to_owned()).or_default() += count.parse::<usize>().expect("a count");
            } else if let Some(line) = line.strip_prefix("! ") {
                unexplained.push(line.replace('\t', "\n    "));
            }
        }
    }
    for (name, count) in &counts {
        println!("{count:7} {name}");
    }
    let number = unexplained.len();
    assert!(unexplained.is_empty(), "{number} differences without a row:\n{}", unexplained.join("\n"));
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    assert!(
        count("lines") < 1000 || count("matching") > count("lines") / 5,
        "the lines are poor: {counts:?}"
    );
    assert!(count("unstable") <= 2 + count("lines") / 500, "the comparison is poor: {counts:?}");
}

/// Runs its share of the lines, and prints a line for each count and for each unexplained difference.
#[test]
#[ignore = "a part of the test above, in a namespace of its own"]
fn worker() {
    namespace(|| {
        rustix::process::setsid().expect("a session of its own");
        let share = env::var(WORKER).unwrap_or_else(|_| "0/1".into());
        let (number, workers) = share.split_once('/').expect("two numbers");
        let [number, workers] = [number, workers].map(|text| text.parse::<u64>().expect("a number"));
        let mut comparison = Comparison::new();
        println!();
        let first = env_number("DIFFERENTIAL_SEED", 1) * 1_000_000;
        match env_number("DIFFERENTIAL_LINE", 0) {
            0 => (number..env_number("DIFFERENTIAL_LINES", 2000))
                .step_by(workers as usize)
                .for_each(|at| comparison.compare(first + at)),
            line if number == 0 => comparison.compare(line),
            _ => {}
        }
        for (name, count) in comparison.counts {
            println!("= {name} {count}");
        }
    });
}

struct Comparison {
    version: [u32; 3],
    scene: Scene,
    counts: BTreeMap<&'static str, usize>,
}

impl Comparison {
    fn new() -> Self {
        let version = installed_version().expect("the reference");
        Comparison { version, scene: Scene::new(), counts: BTreeMap::new() }
    }

    fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    fn compare(&mut self, seed: u64) {
        let line = Line::new(seed, self.version);
        let [ours, theirs] = self.run(&line);
        self.count("lines");
        if ours.status == 0 {
            self.count("matching");
        }
        if let Some(names) = self.explanation(&line, &ours, &theirs) {
            if !names.is_empty() {
                self.count("differing");
                names.into_iter().for_each(|name| self.count(name));
            }
            return;
        }
        // Whether a process sleeps or runs at the moment, for example, is no difference between programs.
        let is_explained = |_| {
            let [ours, theirs] = self.run(&line);
            self.explanation(&line, &ours, &theirs).is_some()
        };
        match (0..3).any(is_explained) {
            true => self.count("unstable"),
            false => println!("! {line}   (line {seed})\tours:      {ours}\treference: {theirs}"),
        }
    }

    fn run(&mut self, line: &Line) -> [Outcome; 2] {
        [Program::Ours, Program::Installed]
            .map(|program| run(Run::of(program, line.program).program(), line, &mut self.scene))
    }

    /// The rows that explain the difference; none where there is no difference.
    fn explanation(&self, line: &Line, ours: &Outcome, theirs: &Outcome) -> Option<Vec<&'static str>> {
        match ours == theirs {
            true => Some(vec![]),
            false => Case::new(line, ours.clone(), theirs.clone(), self.version).explanation(),
        }
    }
}

#[test]
fn each_reason_is_a_row() {
    let table = include_str!("../../docs/COMPATIBILITY.md");
    for name in rows::names() {
        assert!(table.contains(&format!("| `{name}` |")), "docs/COMPATIBILITY.md has no `{name}`");
    }
}
