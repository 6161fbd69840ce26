//! Runs a test in a process of its own with as much memory as it may take, and no more.

use std::env;
use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};

const CHILD: &str = "TEST_WITHIN_LIMITS";

/// Runs `test`, which is the body of the test called `name`, within `memory` bytes of address space.
///
/// A test that asks for more dies. So does one that never ends, after a minute of processor time, which is no
/// measure of speed: benchmarks are.
pub fn within(name: &str, memory: u64, test: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).unwrap();
        setrlimit(Resource::RLIMIT_CPU, 60, 60).unwrap();
        setrlimit(Resource::RLIMIT_AS, memory, memory).unwrap();
        return test();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CHILD, "")
        .env("MALLOC_ARENA_MAX", "1") // another arena takes 64 MiB of address space, used or not
        .env("RUST_MIN_STACK", "8388608") // as the main thread has: unoptimised code takes much stack
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}:\n{text}", output.status);
    assert!(text.contains("1 passed"), "no test is called {name}:\n{text}");
}
