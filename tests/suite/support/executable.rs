use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Once;

/// The path of a program of this crate: `pgrep`, or a link to it in the same directory, as where they are installed.
pub fn executable(name: &str) -> String {
    static LINKED: Once = Once::new();
    let pgrep = env!("CARGO_BIN_EXE_pgrep");
    let at = |name| Path::new(pgrep).with_file_name(name);
    LINKED.call_once(|| {
        for link in ["pkill", "pidwait"].map(at) {
            if std::fs::read_link(&link).is_ok_and(|target| target == Path::new("pgrep")) {
                continue;
            }
            // In one step: another test executable may do the same, or be running the program.
            let new = link.with_extension(std::process::id().to_string());
            symlink("pgrep", &new).and_then(|()| std::fs::rename(new, link)).expect("a link to pgrep");
        }
    });
    at(name).into_os_string().into_string().expect("UTF-8")
}
