//! Compresses the files that `--generate` prints. All of them are in the source tree, so that a build needs nothing else.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Relative to the package. `src/generate.rs` includes each under its last component.
const FILES: &[&str] = &[
    "man/pgrep.1",
    "man/pkill.1",
    "man/pidwait.1",
    "man/pkill-patterns.7",
    "man/pkill-report.7",
    "completions/pkill.bash",
    "completions/_pkill",
    "completions/pgrep.fish",
    "completions/pkill.fish",
    "completions/pidwait.fish",
    "docs/report.schema.json",
    "docs/explanation.schema.json",
    "packaging/install",
];

/// The highest level of compression.
const LEVEL: u8 = 10;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    println!("cargo::rerun-if-changed=build.rs");
    for file in FILES.iter().map(Path::new) {
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let compressed = miniz_oxide::deflate::compress_to_vec(&text, LEVEL);
        fs::write(out.join(file.file_name().expect("a file")), compressed).expect("write to OUT_DIR");
    }
}
