// Included by the doc tests of the library: a process for them to find.

/// A child with this name (`comm`). It is killed by handle, also if the test fails.
pub struct Named(std::process::Child);

pub fn start(name: &str) -> std::io::Result<Named> {
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    let script = r#"printf %s "$0" >/proc/$$/comm; echo; read line"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, name]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = Named(command.spawn()?);
    // It has set its name when it writes a line.
    child.0.stdout.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?.read_exact(&mut [0])?;
    Ok(child)
}

impl std::ops::Deref for Named {
    type Target = std::process::Child;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl std::ops::DerefMut for Named {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
