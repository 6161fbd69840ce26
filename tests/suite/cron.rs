//! A cleanup job as cron runs it: no terminal, no environment, standard streams closed.

use crate::support::{NOBODY, Run, Victim, eventually, namespace};

/// A year: more than the age of what a test starts.
const AGES: &str = "31536000";

#[test]
fn a_cleanup_job_ends_the_old_processes_of_one_user() {
    namespace(|| {
        for streams in ["<&-", "<&- >&-", "<&- >&- 2>&-"] {
            let mut stale = Victim::spec().gids(NOBODY, NOBODY, NOBODY).uids(NOBODY, NOBODY, NOBODY).spawn();
            let name = stale.name().to_owned();
            let mut ours = Victim::named(&name).catch(libc::SIGTERM).spawn();
            eventually("old enough", || {
                Run::ours("pgrep").args(["-O", "1", "-u", "nobody", &name]).run().pids() == [stale.pid()]
            });

            let job = |age: &str| {
                let script = format!(r#"exec "$@" {streams}"#);
                Run::ours("pkill")
                    .args(["-TERM", "-O", age, "-u", "nobody", &name])
                    .through(["env", "-i", "setsid", "--wait", "sh", "-c", &script, "sh"])
                    .run()
            };
            let output = job(AGES);
            assert_eq!(
                (output.out(), output.err(), output.status),
                (String::new(), String::new(), 1),
                "{streams}"
            );
            assert_eq!(stale.received(), Some(vec![]), "too young");

            let output = job("1");
            assert_eq!(
                (output.out(), output.err(), output.status),
                (String::new(), String::new(), 0),
                "{streams}"
            );
            assert_eq!(stale.killed_by(), Some(libc::SIGTERM));
            assert_eq!(ours.received(), Some(vec![]), "root's");
        }
    });
}
