//! What a release build must not contain, and must have.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{cargo, need, packages, succeed};

/// Builds as the README does: dynamically linked, and static.
fn files() -> [PathBuf; 2] {
    let build = ["build", "--quiet", "--locked", "--release"];
    succeed(&mut cargo(build));
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let flags = "-C target-feature=+crt-static";
    succeed(cargo(build).args(["--target", &target]).env("RUSTFLAGS", flags));
    [packages().join("release/pgrep"), packages().join(target).join("release/pgrep")]
}

fn readelf(option: &str, file: &Path) -> String {
    let output = Command::new("readelf").args([option, "-W"]).arg(file).output().expect("readelf");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
#[ignore = "builds two releases, a minute; .ci/run does"]
fn hold_no_path_of_the_builder_and_are_hardened() {
    if !need("readelf") {
        return;
    }
    let home = std::env::var_os("HOME").unwrap_or_default();
    let cargo_home = std::env::var_os("CARGO_HOME").unwrap_or_else(|| Path::new(&home).join(".cargo").into());
    for file in files() {
        let bytes = std::fs::read(&file).expect("the program");
        let paths = [cargo_home.as_bytes(), env!("CARGO_MANIFEST_DIR").as_bytes(), b"/.cargo/", b"/.rustup/"];
        for path in paths {
            let at = memchr::memmem::find(&bytes, path);
            let around = at.map(|at| bytes[at..bytes.len().min(at + 80)].escape_ascii().to_string());
            assert_eq!(around, None, "{}", file.display());
        }
        let (header, segments, dynamic) = (readelf("-h", &file), readelf("-l", &file), readelf("-d", &file));
        assert!(header.contains("DYN ("), "position-independent: {header}");
        assert!(segments.contains("GNU_RELRO") && dynamic.contains("NOW"), "{segments}{dynamic}");
        let stack = segments.lines().find(|line| line.contains("GNU_STACK")).expect("a stack");
        assert!(!stack.contains("RWE"), "{stack}");
    }
}
