//! Runs a test in a process of its own with a limit of memory.

use nix::sys::resource::{Resource, setrlimit};

use super::rerun::{must_pass, rerun, test_name};

const CHILD: &str = "TEST_WITHIN_LIMITS";

/// Runs the body of a test within `memory` bytes of address space. Call it as the only statement of a test, with a
/// closure.
///
/// A test that needs more is killed. So is one that never returns, after a minute of CPU time, which is no
/// measure of speed: benchmarks are.
pub fn within<F: FnOnce()>(memory: u64, body: F) {
    if std::env::var_os(CHILD).is_some() {
        setrlimit(Resource::RLIMIT_CORE, 0, 0).unwrap();
        setrlimit(Resource::RLIMIT_CPU, 60, 60).unwrap();
        setrlimit(Resource::RLIMIT_AS, memory, memory).unwrap();
        return body();
    }
    must_pass(
        rerun(test_name(&body))
            .env(CHILD, "")
            .env("MALLOC_ARENA_MAX", "1") // another arena takes 64 MiB of address space, used or not
            .env("RUST_MIN_STACK", "8388608") // as the main thread has: unoptimised code takes much stack
            .env("LC_ALL", "C.UTF-8"),
    );
}
