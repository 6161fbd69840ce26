//! What a run costs, counted: system calls by strace(1), and instructions in user mode by valgrind(1).
//!
//! Both counts are the same on an idle and on a busy machine. A virtual machine seldom has the counters that perf(1)
//! reads (`PERF_COUNT_HW_INSTRUCTIONS`), and where they exist, they count other instructions than valgrind, so that
//! recorded numbers could not be compared. valgrind runs everywhere, and takes half a second for each run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};

use super::{Dir, Run, need, succeed};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// By name.
    Calls,
    /// All together.
    Instructions,
}

/// Runs programs, and counts.
pub struct Counting {
    dir: Dir,
}

impl Counting {
    /// None where a tool is missing. From now on, this thread and what it starts have one CPU, so that a scan has one
    /// thread, and the counts do not depend on the machine.
    pub fn new() -> Option<Self> {
        if !need("strace") || !need("valgrind") || !need("strip") {
            return None;
        }
        let mut cpus = CpuSet::new();
        cpus.set(sched_getcpu());
        sched_setaffinity(None, &cpus).expect("sched_setaffinity");
        Some(Self { dir: Dir::new() })
    }

    /// The command line that runs a program, counts, and writes the result to [`Self::result`].
    pub fn command(&self, counter: Counter, program: &str, args: &[&str]) -> Vec<String> {
        let words =
            counter.words().iter().map(|word| word.replace("{}", self.file().to_str().expect("UTF-8")));
        let program = self.program(program).to_str().expect("UTF-8").to_owned();
        words.chain([program]).chain(args.iter().map(|arg| (*arg).to_owned())).collect()
    }

    /// What the last run has cost.
    pub fn result(&self, counter: Counter) -> BTreeMap<String, u64> {
        counter.parse(&std::fs::read_to_string(self.file()).expect("a result"))
    }

    /// What this run costs.
    pub fn count(&self, counter: Counter, program: &str, args: &[&str]) -> BTreeMap<String, u64> {
        let words = self.command(counter, program, args);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::null());
        command
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // Without a deadline: a busy machine can take minutes.
        let output = command.output().expect("start it");
        assert!(output.status.code().is_some_and(|code| code < 2), "{program} {args:.200?}: {output:?}");
        self.result(counter)
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("count")
    }

    /// A copy without symbols, which valgrind would read.
    fn program(&self, name: &str) -> PathBuf {
        let copy = self.dir.path().join(name);
        if !copy.exists() {
            succeed(Command::new("strip").arg("-o").arg(&copy).arg(Run::ours(name).program()));
        }
        copy
    }
}

impl Counter {
    fn words(self) -> &'static [&'static str] {
        match self {
            Counter::Calls => &["strace", "-f", "-qq", "-c", "-U", "calls,name", "-o", "{}"],
            Counter::Instructions => &[
                "valgrind",
                "--tool=cachegrind",
                "--cache-sim=no",
                "--smc-check=none",
                "--cachegrind-out-file=/dev/null",
                "--log-file={}",
            ],
        }
    }

    fn parse(self, text: &str) -> BTreeMap<String, u64> {
        let number = |word: &str| word.trim().replace(',', "").parse().ok();
        let row = |line: &str| match self {
            Counter::Calls => {
                let (calls, name) = line.trim().split_once(' ')?;
                Some((name.to_owned(), number(calls)?)).filter(|(name, _)| name != "total")
            }
            Counter::Instructions => {
                let (_, count) = line.split_once("I   refs:")?;
                Some(("instructions".to_owned(), number(count)?))
            }
        };
        let counts: BTreeMap<String, u64> = text.lines().filter_map(row).collect();
        assert!(!counts.is_empty(), "no count: {text}");
        counts
    }
}
