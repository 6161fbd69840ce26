//! The recipes of packages are about this version.

use std::path::Path;

#[test]
fn name_this_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read =
        |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_else(|why| panic!("{path}: {why}"));
    let version = env!("CARGO_PKG_VERSION");
    for (path, line) in [
        ("packaging/debian/changelog", format!("pkill ({version}-")),
        ("packaging/pkill.spec", format!("Version:        {version}\n")),
        ("packaging/PKGBUILD", format!("pkgver={version}\n")),
        ("packaging/APKBUILD", format!("pkgver={version}\n")),
        ("packaging/package.nix", format!("version = \"{version}\";\n")),
        ("packaging/pkill.rb", format!("pkill-{version}.tar.gz\"\n")),
        ("fuzz/Cargo.lock", format!("name = \"pkill\"\nversion = \"{version}\"\n")),
    ] {
        assert!(read(path).contains(&line), "{path} has no {line:?}");
    }
}
