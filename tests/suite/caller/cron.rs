//! A job of cron(8).

use std::process::Command;

use crate::support::{Dir, Helper, Run, Victim, eventually, namespace, need_file, succeed};

const CRON: &str = "/usr/sbin/cron";

/// Debian's cron runs a `@reboot` job when it starts.
#[test]
fn a_job_of_cron_survives() {
    namespace(|| {
        if !need_file(CRON) {
            return;
        }
        let mut victim = Victim::spec().arg("serve-nightly").spawn();
        let dir = Dir::new();
        let log = dir.path().join("log");
        let pkill = Run::ours("pkill").program().display().to_string();
        let job = format!(
            "@reboot root {pkill} -f 'serve-nightly' 2>{0}.err; echo survived $? >{0}\n",
            log.display()
        );
        dir.file("job", job);
        // Its own files, in this mount namespace.
        for place in ["/etc/cron.d", "/var/spool/cron", "/run"] {
            succeed(Command::new("mount").args(["-t", "tmpfs", "none", place]));
        }
        std::fs::create_dir("/var/spool/cron/crontabs").expect("a directory");
        succeed(Command::new("mount").args(["--bind", "/dev/null", "/etc/crontab"]));
        std::fs::copy(dir.path().join("job"), "/etc/cron.d/job").expect("a job");
        let cron = Helper::start(Command::new(CRON).arg("-f"));
        eventually("the job has run", || {
            std::fs::read_to_string(&log).is_ok_and(|text| text.ends_with('\n'))
        });
        drop(cron);
        assert_eq!(std::fs::read_to_string(&log).expect("a log"), "survived 0\n");
        assert_eq!(std::fs::read_to_string(log.with_extension("err")).expect("a log"), "", "cron mails it");
        assert_eq!(victim.killed_by(), Some(libc::SIGTERM));
    });
}
