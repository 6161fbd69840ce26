//! What usual commands cost, compared with what `costs.txt` has: in a PID namespace with a fixed number of processes, and
//! by one thread. A change that makes one of them more expensive, or cheaper, shows in that file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::count::{Counter, Counting};
use crate::support::crowd::Crowd;
use crate::support::{namespace, skipped};

/// Their name is `process`.
const CROWD: usize = 200;

const COMMANDS: &[&str] = &[
    "pgrep -x process",
    "pgrep -c -i PROCESS",
    "pgrep -f --read-timeout 60 none",
    "pgrep -l -n process",
    "pgrep -u 0 -g 0 process",
    "pgrep -r Z -x process",
    "pgrep --cwd /none -x process",
    "pgrep --cgroup /none",
    "pgrep --tree -p 1",
    "pgrep -p 1",
    "pkill -0 -x process",
];

/// The dynamic linker and the C library make some calls more or less from version to version. One call more for each
/// process is out of reach.
const CALLS: u64 = 8;

/// In percent.
const INSTRUCTIONS: u64 = 10;

/// How often a thread waits for another one depends on the load.
const BY_CHANCE: [&str; 3] = ["futex", "restart_syscall", "sched_yield"];

const FILE: &str = "tests/suite/costs.txt";

type Costs = BTreeMap<String, u64>;

/// The compiler, and the costs of each command.
struct Record {
    compiler: String,
    costs: BTreeMap<String, Costs>,
}

impl Record {
    fn parse(text: &str) -> Self {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let compiler = lines.next().unwrap_or_default().to_owned();
        let mut costs = BTreeMap::<String, Costs>::new();
        let mut command = "";
        for line in lines {
            match line.strip_prefix("  ").and_then(|line| line.split_once(' ')) {
                None => command = line,
                Some((name, count)) => {
                    let count = count.parse().expect("a number");
                    costs.entry(command.to_owned()).or_default().insert(name.to_owned(), count);
                }
            }
        }
        Record { compiler, costs }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# The system calls and instructions of commands among {CROWD} processes, and the compiler.\n\
             # RENDER_WRITE=1 cargo test --test suite costs\n\n{}\n",
            self.compiler
        );
        for command in COMMANDS {
            let _ = writeln!(text, "\n{command}");
            for (name, count) in &self.costs[*command] {
                let _ = writeln!(text, "  {name} {count}");
            }
        }
        text
    }
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("-V").output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// What is wrong with these costs.
fn difference(recorded: &Costs, costs: &Costs, compares_instructions: bool) -> String {
    let names: BTreeSet<&String> = recorded.keys().chain(costs.keys()).collect();
    let mut differences = String::new();
    for name in names {
        let [before, now] = [recorded, costs].map(|costs| costs.get(name).copied().unwrap_or(0));
        let most = match &**name {
            "instructions" if !compares_instructions => continue,
            "instructions" => before * INSTRUCTIONS / 100,
            _ => CALLS,
        };
        if before.abs_diff(now) > most {
            let _ = write!(differences, " {name}: {now} instead of {before};");
        }
    }
    differences
}

#[test]
fn usual_commands_cost_what_is_recorded() {
    namespace(|| {
        let Some(counting) = Counting::new() else { return };
        let _crowd = Crowd::spawn(c"process", CROWD);
        let cost = |command: &&str| {
            let (program, args) = command.split_once(' ').expect("arguments");
            let args: Vec<&str> = args.split(' ').collect();
            let mut costs = counting.count(Counter::Calls, program, &args);
            costs.retain(|name, _| !BY_CHANCE.contains(&&**name));
            costs.extend(counting.count(Counter::Instructions, program, &args));
            ((*command).to_owned(), costs)
        };
        let now = Record { compiler: compiler(), costs: COMMANDS.iter().map(cost).collect() };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        if std::env::var_os("RENDER_WRITE").is_some() {
            std::fs::write(&path, now.text()).expect("write the record");
        }
        let recorded = Record::parse(&std::fs::read_to_string(&path).unwrap_or_default());
        let is_same_compiler = recorded.compiler == now.compiler;
        if !is_same_compiler {
            skipped(&format!("{}, to compare instructions", recorded.compiler));
        }
        let difference = |command: &&str| {
            let nothing = Costs::new();
            let before = recorded.costs.get(*command).unwrap_or(&nothing);
            let difference = difference(before, &now.costs[*command], is_same_compiler);
            (!difference.is_empty()).then(|| format!("{command}:{difference}"))
        };
        let differences: Vec<String> = COMMANDS.iter().filter_map(difference).collect();
        assert!(
            differences.is_empty(),
            "costs differ from {FILE} (RENDER_WRITE=1 cargo test --test suite costs): {differences:#?}"
        );
    });
}

/// One call more for each process, or a tenth more instructions.
#[test]
fn what_costs_more_is_found() {
    let costs =
        |calls, instructions| Costs::from([("read".into(), calls), ("instructions".into(), instructions)]);
    let before = costs(200, 1000);
    for (now, compares_instructions, expected) in [
        (costs(200 + CALLS, 1100), true, ""),
        (costs(200 - CALLS, 900), true, ""),
        (costs(400, 1000), true, " read: 400 instead of 200;"),
        (costs(0, 1000), true, " read: 0 instead of 200;"),
        (costs(200, 1101), true, " instructions: 1101 instead of 1000;"),
        (costs(200, 2000), false, ""),
    ] {
        assert_eq!(difference(&before, &now, compares_instructions), expected);
    }
    let costs = COMMANDS.iter().map(|command| ((*command).to_owned(), before.clone())).collect();
    let record = Record { compiler: "rustc".into(), costs };
    let parsed = Record::parse(&record.text());
    assert_eq!((parsed.compiler, parsed.costs), (record.compiler, record.costs));
}
