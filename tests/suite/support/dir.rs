use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A temporary directory that every user may enter; removed when dropped.
pub struct Dir(PathBuf);

impl Dir {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("pkill-test-{}-{count}", std::process::id()));
            match std::fs::create_dir(&path) {
                // Left by a run that was killed, or by a test with the same PID in another namespace.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                created => created.expect("temporary directory"),
            }
            set_mode(&path, 0o755);
            return Self(path);
        }
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file that every user may read, and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("write a file");
        set_mode(&path, 0o644);
        path
    }

    /// Writes an executable file, and returns its path.
    pub fn script(&self, name: &str, content: &str) -> PathBuf {
        let text = self.file(&format!("{name}.text"), content);
        let path = self.copy(&text, name);
        std::fs::remove_file(text).expect("remove a file");
        path
    }

    /// A copy of an executable, where every user may run it.
    pub fn executable(&self, from: &Path) -> PathBuf {
        self.copy(from, from.file_name().and_then(|name| name.to_str()).expect("file name"))
    }

    /// The same under another name.
    pub fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.0.join(name);
        // By a process of its own: a child that another thread forks meanwhile would inherit the writing
        // descriptor, and the kernel executes no file that is open for writing (ETXTBSY).
        let copied = std::process::Command::new("cp").arg(from).arg(&to).status().expect("cp");
        assert!(copied.success(), "copy an executable");
        set_mode(&to, 0o755);
        to
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set mode");
}
