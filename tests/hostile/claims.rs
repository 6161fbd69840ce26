//! Processes that claim to have gigabytes of arguments or environment: reading them must not take as much memory.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::support::{Dir, Helper, NOBODY, Output, Run, namespace, need, skipped};

use super::{build, bystander};

/// A gigabyte, and more than the memory of any machine.
const CLAIMS: [(&str, &str); 2] = [("arguments", "64000000000000"), ("environment", "1000000000")];

/// Far less than the smallest claim.
const ADDRESS_SPACE: u64 = 512 << 20;

/// Runs the program with little memory, and returns its peak resident set in KiB too.
fn run(program: &str, args: &[&str], dir: &Dir) -> (Output, u64) {
    let peak = dir.path().join("peak");
    let peak = peak.to_str().expect("UTF-8");
    let limit = format!("--as={ADDRESS_SPACE}:{ADDRESS_SPACE}");
    let wrapper = ["prlimit", &limit, "perl", "-e", PEAK, peak];
    let output = Run::ours(program).args(args).through(wrapper).run();
    let kib = std::fs::read_to_string(peak).ok().and_then(|text| text.trim().parse().ok());
    (output, kib.unwrap_or(0))
}

/// Runs a program, writes its peak resident set (`ru_maxrss` of wait4(2)) to a file, and exits with its status.
const PEAK: &str = r#"
    my $file = shift; my $pid = fork // die;
    if (!$pid) { exec @ARGV or die }
    my $usage = "\0" x 256;
    my $status = "\0" x 4;
    syscall(61, $pid, $status, 0, $usage);
    open my $out, '>', $file or die; print $out (unpack 'q*', $usage)[4]; close $out;
    my $code = unpack 'i', $status;
    exit($code & 127 ? 128 + ($code & 127) : $code >> 8);
"#;

#[test]
fn a_claim_takes_no_memory() {
    namespace(|| {
        // wait4(2) is 61 on this architecture only.
        if !need("gcc") || !need("perl") || !need("prlimit") || std::env::consts::ARCH != "x86_64" {
            return;
        }
        let dir = Dir::new();
        let claim = build(&dir, "claim");
        let mut victim = bystander();
        for (what, size) in CLAIMS {
            let mut claimant = Helper::start(Command::new(&claim).args([what, size]).uid(NOBODY).gid(NOBODY));
            if claimant.hear().trim() == "unsupported" {
                skipped("CONFIG_CHECKPOINT_RESTORE");
                return;
            }
            let found = victim.pid().to_string();
            for (program, args, wanted) in [
                ("pgrep", &["-Af", "wanted-argument"][..], true),
                ("pgrep", &["--env", "WANTED=yes"], true),
                ("pgrep", &["-x", "claimant-of-much-more"], false),
                ("pgrep", &["-a", "claimant"], false),
                ("pgrep", &["--script", "wanted-argument"], false),
                ("pgrep", &["--json", "-Af", "wanted|claimed"], true),
                ("pgrep", &["-f", "--complete", "pattern"], false),
                ("pgrep", &["--complete", "pattern"], false),
                ("pgrep", &["--complete", "script"], false),
                ("pgrep", &["--complete", "env"], false),
                ("pkill", &["-USR1", "--dry-run", "-Af", "wanted|claimed"], true),
                ("pkill", &["-0", "--verbose", "-Af", "wanted|claimed"], true),
            ] {
                let (output, peak) = run(program, args, &dir);
                let what = format!("{what} {size} {args:?}: {peak} KiB, status {}", output.status);
                let text = output.out();
                assert!(output.status <= 2, "{what}: {}", output.err());
                assert!(!wanted || text.contains(&found), "{what}: {}", output.err());
                // Without a claim a debug build takes 10 MiB. The arguments of one process may be kept and printed, as
                // many as execve(2) accepts: 6 MiB.
                let printed = output.stdout.len() as u64 / 1024;
                assert!(peak > 0 && peak < 18 * 1024 + 2 * printed, "{what}, {printed} KiB printed");
            }
            let (output, _) = run("pkill", &["-USR1", "-Af", "wanted-argument"], &dir);
            assert_eq!(output.status, 0, "{output:?}");
            assert_eq!(victim.received().expect("it lives").len(), 1);
        }
    });
}
