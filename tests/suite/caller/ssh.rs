//! A command of ssh(1), run by a server on the loopback interface.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{Dir, Helper, Output, Run, Victim, eventually, namespace, need, need_file, succeed};

const SSHD: &str = "/usr/sbin/sshd";

/// A server with a key and a configuration of its own.
struct Server {
    _sshd: Helper,
    dir: Dir,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let dir = Dir::new();
        let at = |name: &str| dir.path().join(name).display().to_string();
        for key in ["host", "user"] {
            let mut keygen = Command::new("ssh-keygen");
            succeed(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]).stdin(Stdio::null()));
        }
        // The directory where it drops its privileges.
        succeed(Command::new("mount").args(["-t", "tmpfs", "none", "/run"]));
        std::fs::create_dir("/run/sshd").expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = free.expect("a free port").port();
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\n\
             UsePAM no\nPermitRootLogin yes\n",
            at("host"),
            at("authorized")
        );
        let config = dir.file("config", config);
        let mut sshd = Command::new(SSHD);
        let sshd = Helper::start(sshd.args(["-D", "-e", "-f"]).arg(config).stderr(Stdio::null()));
        Server { _sshd: sshd, dir, port }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The key is for this command only, so that the client does not have it in its own arguments: it is no ancestor.
    fn run(&self, command: &str) -> Output {
        let key = std::fs::read_to_string(self.file("user.pub")).expect("a key");
        self.dir.file("authorized", format!("command=\"{}\" {key}", command.replace('"', "\\\"")));
        let options =
            ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
        Run::shell("exec ssh \"$@\"")
            .args(["ssh", "-F", "none", "-p", &self.port.to_string(), "-i"])
            .args([self.file("user")])
            .args(options.iter().flat_map(|option| ["-o", option]))
            .args(["root@127.0.0.1"])
            .run()
    }
}

#[test]
fn a_command_over_ssh_survives() {
    namespace(|| {
        if !need("ssh") || !need("ssh-keygen") || !need_file(SSHD) {
            return;
        }
        let server = Server::start();
        eventually("the server answers", || server.run("true").status == 0);
        let pkill = Run::ours("pkill").program().display().to_string();
        for command in [
            format!("{pkill} -f 'serve nightly'; echo survived $?"),
            format!("sh -c \"{pkill} -f 'serve nightly'; echo survived $?\""),
            format!("exec timeout 20 sh -c \"{pkill} -f 'serve nightly'; echo survived \\$?\""),
        ] {
            let mut victim = Victim::spec().arg("serve nightly").spawn();
            let output = server.run(&command);
            assert_eq!(output.out(), "survived 0\n", "{command}: {output:?}");
            assert_eq!(victim.killed_by(), Some(libc::SIGTERM), "{command}");
        }
    });
}
