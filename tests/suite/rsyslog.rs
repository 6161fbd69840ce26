//! A real daemon reopens its log at a signal, as with logrotate.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Instant;

use crate::support::{DEADLINE, Dir, Run, Victim, eventually, namespace, need};

struct Rsyslogd {
    child: Child,
    log: PathBuf,
    pidfile: PathBuf,
    socket: UnixDatagram,
}

impl Rsyslogd {
    fn start(dir: &Dir) -> Self {
        let [log, pidfile, socket_path] = ["log", "pid", "socket"].map(|name| dir.path().join(name));
        let configuration = format!(
            r#"
            global(workDirectory="{dir}" processInternalMessages="on")
            module(load="imuxsock" SysSock.Use="off")
            input(type="imuxsock" Socket="{socket}")
            template(name="text" type="string" string="%msg%\n")
            *.* action(type="omfile" file="{log}" template="text")
            "#,
            dir = dir.path().display(),
            socket = socket_path.display(),
            log = log.display(),
        );
        let file = dir.file("rsyslog.conf", configuration);
        let child = Command::new("rsyslogd")
            .arg("-n")
            .args(["-f".as_ref(), file.as_os_str(), "-i".as_ref(), pidfile.as_os_str()])
            .spawn()
            .expect("start rsyslogd");
        let socket = UnixDatagram::unbound().expect("a socket");
        eventually("rsyslogd listens", || socket.connect(&socket_path).is_ok());
        let pid = child.id().to_string();
        eventually("a pidfile", || {
            std::fs::read(&pidfile).is_ok_and(|bytes| bytes.trim_ascii() == pid.as_bytes())
        });
        Self { child, log, pidfile, socket }
    }

    fn send(&self, message: &str) {
        self.socket.send(format!("<13>Jan  1 00:00:00 job: {message}").as_bytes()).expect("send a message");
    }
}

fn holds(file: &Path, message: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(|line| line.trim() == message))
}

#[test]
fn rsyslogd_reopens_its_log_after_a_rotation() {
    namespace(|| {
        if !need("rsyslogd") {
            return;
        }
        let dir = Dir::new();
        let mut daemon = Rsyslogd::start(&dir);
        let pidfile = daemon.pidfile.to_str().expect("a path in ASCII").to_owned();
        let mut namesake = Victim::named("rsyslogd").catch(libc::SIGHUP).spawn();
        for (turn, (args, namesake_too)) in [
            (vec!["-HUP", "rsyslogd"], true),
            (vec!["-HUP", "-F", &pidfile], false),
            (vec!["-x", "rsyslogd", "--signal", "hup", "--pidfile", &pidfile], false),
        ]
        .into_iter()
        .enumerate()
        {
            let rotated = dir.path().join(format!("log.{turn}"));
            let [before, between] = ["before", "between"].map(|when| format!("{when} {turn}"));
            daemon.send(&before);
            eventually("the log is written", || holds(&daemon.log, &before));
            std::fs::rename(&daemon.log, &rotated).expect("rotate");
            daemon.send(&between);
            eventually("an open file follows its new name", || holds(&rotated, &between));
            assert!(!daemon.log.exists());

            let output = Run::ours("pkill").args(&args).run();
            assert_eq!(
                (output.out(), output.err(), output.status),
                (String::new(), String::new(), 0),
                "{args:?}"
            );
            assert_eq!(namesake.received().expect("it lives").len(), usize::from(namesake_too), "{args:?}");

            // The daemon acts on the signal between two messages, and opens the file with the next one.
            let start = Instant::now();
            for count in 0.. {
                let after = format!("after {turn}.{count}");
                daemon.send(&after);
                eventually("a message arrives", || holds(&daemon.log, &after) || holds(&rotated, &after));
                if holds(&daemon.log, &after) {
                    break;
                }
                assert!(start.elapsed() < DEADLINE, "never reopened: {args:?}");
            }
        }

        drop(namesake);
        let output = Run::ours("pkill").args(["-F", &pidfile]).run();
        assert_eq!(output.status, 0, "{output:?}");
        assert!(daemon.child.wait().expect("wait").success(), "SIGTERM is how it stops in good order");
        let output = Run::ours("pkill").args(["-F", &pidfile]).run();
        assert_eq!(output.status, 1, "a daemon that stopped has removed its pidfile: {output:?}");
    });
}
