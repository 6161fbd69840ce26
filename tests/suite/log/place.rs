//! Which files are logged to: none that another user could have put there, or that is something else.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use super::{ArgLog as _, assert_signalled, kinds, records, usr1};
use crate::support::{Dir, NOBODY, Run, Victim, namespace, need};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("chmod");
}

/// What is at `path` before the run.
type Prepare = fn(&Path);

const REFUSED: &[(&str, Prepare)] = &[
    ("it is a symbolic link", |path| symlink("other", path).expect("a link")),
    ("it is not a regular file", |path| {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    }),
    ("Is a directory", |path| fs::create_dir(path).expect("a directory")),
    ("it has another name", |path| {
        File::create(path).expect("a file");
        fs::hard_link(path, path.with_extension("hard")).expect("a hard link");
    }),
    ("it has something else than lines of JSON", |path| fs::write(path, "root:x:0:0\n").expect("a file")),
    ("it is owned by user nobody", |path| {
        File::create(path).expect("a file");
        chown(path, Some(NOBODY), None).expect("chown");
    }),
    ("it is writable by all users", |path| {
        File::create(path).expect("a file");
        set_mode(path, 0o666);
    }),
    ("it is writable by group", |path| {
        File::create(path).expect("a file");
        chown(path, None, Some(NOBODY)).expect("chown");
        set_mode(path, 0o660);
    }),
    ("is writable by all users", |path| set_mode(path.parent().expect("a directory"), 0o777)),
    ("is owned by user nobody", |path| {
        chown(path.parent().expect("a directory"), Some(NOBODY), None).expect("chown");
    }),
    ("symbolic link", |path| {
        let directory = path.parent().expect("a directory");
        fs::remove_dir(directory).expect("an empty directory");
        let above = directory.parent().expect("a directory");
        set_mode(above, 0o1777);
        fs::create_dir(above.join("real")).expect("a directory");
        symlink("real", directory).expect("a link");
        std::os::unix::fs::lchown(directory, Some(NOBODY), None).expect("lchown");
    }),
    ("No such file or directory", |path| fs::remove_dir(path.parent().expect("a directory")).expect("rmdir")),
];

const ACCEPTED: &[(&str, Prepare)] = &[
    ("a new file", |_| {}),
    ("an empty file", |path| drop(File::create(path).expect("a file"))),
    ("an earlier log", |path| fs::write(path, "{\"kind\":\"summary\"}\n").expect("a file")),
    ("a log that ends in the middle of a line", |path| {
        fs::write(path, "{\"kind\":\"summary\"}").expect("a file")
    }),
    ("a sticky directory", |path| set_mode(path.parent().expect("a directory"), 0o1777)),
    ("a directory of a group", |path| {
        let directory = path.parent().expect("a directory");
        chown(directory, None, Some(NOBODY)).expect("chown");
        set_mode(directory, 0o775);
    }),
];

#[test]
fn a_dangerous_file_is_refused() {
    namespace(|| {
        let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
        for (why, prepare) in REFUSED {
            for is_required in [true, false] {
                let dir = Dir::new();
                let directory = dir.path().join("logs");
                fs::create_dir(&directory).expect("a directory");
                let log = directory.join("log");
                prepare(&log);
                let content =
                    || fs::symlink_metadata(&log).ok().filter(|it| it.is_file()).map(|_| fs::read(&log).ok());
                let before = content();
                let run = usr1(&victim);
                let output = match is_required {
                    true => run.arg_log(&log).run(),
                    false => run.env("PKILL_LOG", &log).run(),
                };
                let prefix = if is_required { "pkill: " } else { "pkill: note: PKILL_LOG: " };
                let message = format!("{prefix}cannot log to {}: ", log.display());
                assert!(
                    output.err().starts_with(&message) && output.err().contains(why),
                    "{why}: {output:?}"
                );
                assert_eq!(output.status, if is_required { 3 } else { 0 }, "{why}: {output:?}");
                assert_signalled(&mut victim, usize::from(!is_required), &output);
                assert_eq!(content(), before, "{why}");
            }
        }
    });
}

#[test]
fn a_file_of_the_user_is_accepted() {
    namespace(|| {
        let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
        for (what, prepare) in ACCEPTED {
            let dir = Dir::new();
            let directory = dir.path().join("logs");
            fs::create_dir(&directory).expect("a directory");
            let log = directory.join("log");
            prepare(&log);
            let before = records(&log).len();
            let output = usr1(&victim).arg_log(&log).run();
            assert_eq!((output.err(), output.status), (String::new(), 0), "{what}");
            assert_signalled(&mut victim, 1, &output);
            assert_eq!(kinds(&records(&log)[before..]), ["start", "target", "summary"], "{what}");
        }
    });
}

/// A user's own file, which is root's to distrust.
#[test]
fn an_ordinary_user_logs_to_files_of_its_own() {
    namespace(|| {
        let mut victim = Victim::spec().catch(libc::SIGUSR1).owned_by(NOBODY).spawn();
        let dir = Dir::new();
        let directory = dir.path().join("logs");
        fs::create_dir(&directory).expect("a directory");
        chown(&directory, Some(NOBODY), Some(NOBODY)).expect("chown");
        let log = directory.join("log");
        let output = usr1(&victim).arg_log(&log).user(NOBODY, NOBODY).run();
        assert_eq!((output.err(), output.status), (String::new(), 0));
        assert_signalled(&mut victim, 1, &output);
        assert_eq!(records(&log)[1]["uid"], NOBODY);
    });
}

/// A file that cannot grow: nothing is sent if the log is required; if it fails later, the signals are sent.
#[test]
fn a_full_disk() {
    namespace(|| {
        if !need("prlimit") {
            return;
        }
        let mut victim = Victim::spec().catch(libc::SIGUSR1).spawn();
        let dir = Dir::new();
        let log = dir.path().join("log");
        let name = victim.name().to_owned();
        let limited = |size: &str| {
            let run = Run::ours("pkill").args(["-USR1", "-x", &name]);
            run.through(["prlimit".to_owned(), format!("--fsize={size}")])
        };
        let runs = [
            (limited("10").arg_log(&log), 3, "pkill: cannot log to", 0),
            (limited("10").env("PKILL_LOG", &log), 0, "pkill: note: PKILL_LOG: cannot log to", 1),
        ];
        for (run, status, message, signals) in runs {
            let output = run.run();
            assert!(output.err().starts_with(message), "{output:?}");
            assert_eq!(output.status, status, "{output:?}");
            assert_signalled(&mut victim, signals, &output);
            fs::write(&log, "").expect("empty the file");
        }
        // The record of the start has its place, and the next one has a part of it.
        let unlimited = limited("unlimited").arg_log(&log).run();
        assert_signalled(&mut victim, 1, &unlimited);
        let text = fs::read_to_string(&log).expect("a log");
        let first = text.find('\n').expect("a line") as u64 + 1;
        fs::write(&log, "").expect("empty the file");
        let output = limited(&(first + 100).to_string()).arg_log(&log).run();
        assert_signalled(&mut victim, 1, &output);
        assert_eq!(output.status, 0, "{output:?}");
        let note =
            format!("pkill: note: 2 of 3 records could not be logged to {}: No space left", log.display());
        assert!(output.err().starts_with(&note), "{output:?}");
        // The next run begins a line of its own.
        let output = usr1(&victim).arg_log(&log).run();
        assert_eq!(output.status, 0, "{output:?}");
        let text = fs::read_to_string(&log).expect("a log");
        let lines: Vec<&str> = text.lines().collect();
        let is_record = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
        let are: Vec<bool> = lines.iter().map(is_record).collect();
        assert_eq!(are, [true, false, true, true, true], "{text}");
    });
}
