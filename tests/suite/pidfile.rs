//! `-F FILE` and `-L`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::path::Path;

use rustix::fs::{FlockOperation, fcntl_lock, flock};

use crate::support::{NOBODY, Run, Scene, Victim, available, case, check, namespace, need_root, reference};

fn files(scene: &mut Scene) {
    let pid = scene.add("a", |part| part.catch(libc::SIGHUP)).pid();
    scene.add("b", |part| part);
    let file = |name: &str, content: String| {
        let path = scene.dir().file(name, content);
        std::fs::File::options().read(true).write(true).open(path).expect("a pidfile")
    };
    file("plain", format!("{pid}\n"));
    file("bare", format!("{pid}"));
    file("blank", format!("  {pid} and more\nand more\n"));
    file("crlf", format!("{pid}\r\n"));
    file("second", format!("\n{pid}\n"));
    file("glued", format!("{pid}x\n"));
    file("word", "pid\n".into());
    file("empty", String::new());
    file("gone", "4194305\n".into());
    file("big", "99999999999999999999\n".into());
    file("nul", format!("{pid}\0"));
    file("zero", "0\n".into());
    file("negative", "-5\n".into());
    file("long", format!("{}\n{pid}\n", "x".repeat(300)));
    let (flocked, locked) = (file("flock", format!("{pid}\n")), file("fcntl", format!("{pid}\n")));
    flock(&flocked, FlockOperation::LockExclusive).expect("flock");
    fcntl_lock(&locked, FlockOperation::LockExclusive).expect("fcntl");
    scene.keep(flocked);
    scene.keep(locked);
}

#[test]
fn the_pid_in_a_file() {
    check(
        files,
        &[
            case("pgrep -F {dir}/plain").pids("a"),
            case("pgrep --pidfile {dir}/plain").pids("a"),
            // `--pid` exists in newer versions.
            case("pgrep --pi {dir}/plain").pids("a").before([4, 0, 3]),
            case("pgrep --pid {dir}/plain")
                .usage("{program}: not a number: {dir}/plain")
                .before([4, 0, 3])
                .differs("pid-option", reference().pids("a")),
            case("pgrep -F {dir}/bare").pids("a"),
            case("pgrep -F {dir}/blank").pids("a"),
            case("pgrep -F {dir}/crlf").pids("a"),
            case("pgrep -F {dir}/plain {a}").pids("a"),
            case("pgrep -F {dir}/plain {b}").nothing(),
            case("pgrep -F {dir}/gone").nothing(),
            case("pgrep -F {dir}/nul").pids("a"),
            case("pgrep -F -").stdin("{a.pid}\n").pids("a").since([4, 0, 3]),
            case("pgrep -F -").stdin(" {a.pid} {b.pid}").pids("a").since([4, 0, 3]),
        ],
    );
}

/// Without a pattern, so in a namespace.
#[test]
fn the_process_in_a_file_is_signalled() {
    namespace(|| {
        check(
            files,
            &[
                case("pkill -HUP -F {dir}/plain").fate("a", "HUP"),
                case("pkill -HUP -F -").stdin("{a.pid}\n").fate("a", "HUP").since([4, 0, 3]),
                case("pkill -HUP -LF {dir}/fcntl").fate("a", "HUP"),
                case("pkill -HUP -F {dir}/gone").nothing(),
            ],
        );
    });
}

#[test]
fn a_bad_pidfile_is_an_error_with_status_1() {
    let invalid = "{program}: pidfile not valid";
    check(
        files,
        &[
            case("pgrep -F {dir}/word").status(1).says(invalid),
            case("pgrep -F {dir}/empty").status(1).says(invalid),
            case("pgrep -F {dir}/glued").status(1).says(invalid),
            case("pgrep -F {dir}/big")
                .status(1)
                .says(invalid)
                .before([4, 0, 3])
                .differs("pidfile-first-line", reference().status(1)),
            case("pgrep -F -").status(1).says(invalid),
            case("pgrep -F -").stdin("x{a.pid}").status(1).says(invalid),
            case("pgrep -F {dir}/long").status(1).says(invalid),
            // 4.0.2 takes the first number anywhere, and has one message for all errors.
            case("pgrep -F {dir}/second")
                .status(1)
                .says(invalid)
                .before([4, 0, 3])
                .differs("pidfile-first-line", reference().pids("a")),
            case("pgrep -F {dir}/no-such-file")
                .status(1)
                .says("{program}: Unable to open pidfile: No such file or directory")
                .before([4, 0, 3])
                .differs("pidfile-reason", reference().status(1).says(invalid)),
            case("pkill -HUP -F {dir}/no-such-file {a}")
                .status(1)
                .says("{program}: Unable to open pidfile: No such file or directory")
                .before([4, 0, 3])
                .differs("pidfile-reason", reference().status(1).says(invalid)),
            case("pgrep -F -")
                .stdin("{a.pid}")
                .pids("a")
                .before([4, 0, 5])
                .differs("pidfile-stdin", reference().status(1).says(invalid)),
            case("pgrep -F {dir}").status(1).says("{program}: "),
            case("pgrep -F {dir}/zero")
                .status(1)
                .says(invalid)
                .since([4, 0, 5])
                .differs("pidfile-number", reference().status(1)),
            case("pgrep -F {dir}/negative")
                .status(1)
                .says(invalid)
                .since([4, 0, 5])
                .differs("pidfile-number", reference().status(1)),
            case("pgrep --inverse -F {dir}/zero").status(1).says(invalid).ours_only(),
            case("pgrep -p 1 -F {dir}/plain")
                .status(1)
                .says("{program}: Cannot use pidfile and pid option together")
                .since([4, 0, 5]),
        ],
    );
}

#[test]
fn a_pidfile_must_be_locked_under_l() {
    check(
        files,
        &[
            case("pgrep -L -F {dir}/flock").pids("a"),
            case("pgrep -L -F {dir}/fcntl").pids("a"),
            case("pgrep --logpidfile --pidfile {dir}/flock").pids("a"),
            case("pgrep -L -F {dir}/plain")
                .status(1)
                .says("{program}: Locking check for pidfile failed")
                .before([4, 0, 3])
                .differs("pidfile-reason", reference().status(1).says("{program}: pidfile not valid")),
            case("pgrep -L {a}").usage("{program}: -L without -F makes no sense"),
            case("pkill -0 -L {a}").usage("{program}: -L without -F makes no sense"),
        ],
    );
}

/// Neither a FIFO without a writer nor a terminal without input blocks, and no data is consumed.
#[test]
fn a_pidfile_is_a_regular_file() {
    check(
        |scene| {
            files(scene);
            let terminal = Victim::named(format!("{}t", scene.tag())).terminal().spawn();
            let device = format!("/dev/{}", terminal.terminal());
            scene.define("device", &device);
            scene.adopt("t", terminal);
            let dir = scene.dir().path();
            nix::unistd::mkfifo(&dir.join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
            symlink(dir.join("plain"), dir.join("link")).expect("a link");
        },
        &[
            case("pgrep -F {dir}/link").pids("a"),
            case("pgrep -F {dir}/fifo").status(1).says("{program}: pidfile not valid"),
            case("pgrep -F {dir}/fifo")
                .status(1)
                .says("{program}: pidfile not valid: {dir}/fifo is a FIFO or pipe, not a regular file")
                .ours_only(),
            case("pkill -0 -LF {dir}/fifo {a}").status(1).says("{program}: pidfile not valid"),
            case("pgrep -F {device}").status(1).says("{program}: pidfile not valid"),
            case("pgrep -F {device}")
                .status(1)
                .says("{program}: pidfile not valid: {device} is a character device, not a regular file")
                .ours_only(),
            case("pgrep -F /dev/null").status(1).says("{program}: pidfile not valid"),
            case("pgrep -F {dir}").status(1).says("{dir} is a directory, not a regular file").ours_only(),
        ],
    );
}

/// A session leader without a terminal gets the first one that it opens without `O_NOCTTY` (open(2)).
#[test]
fn a_pidfile_never_becomes_the_controlling_terminal() {
    namespace(|| {
        let terminal = rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY)
            .expect("a pseudo-terminal");
        rustix::pty::grantpt(&terminal).expect("grantpt");
        rustix::pty::unlockpt(&terminal).expect("unlockpt");
        let path = rustix::pty::ptsname(&terminal, vec![]).expect("ptsname").into_string().expect("ASCII");
        // strace prints the flags of the call; the leader of the session does not matter.
        if !crate::support::need("strace") {
            return;
        }
        let dir = crate::support::Dir::new();
        let trace = dir.path().join("trace");
        let trace = trace.to_str().expect("UTF-8");
        let wrapper = ["setsid", "strace", "-qq", "-o", trace, "-P", &path, "-e", "trace=open,openat"];
        let output = Run::ours("pgrep").args(["-F", &path]).through(wrapper).run();
        assert_eq!(output.status, 1, "{output:?}");
        let trace = fs::read_to_string(trace).expect("a trace");
        assert!(trace.contains("O_NOCTTY") && trace.contains("O_NONBLOCK"), "{trace}");
    });
}

/// The files of [`untrusted`], and the reason in the note.
const UNTRUSTED: [(&str, &str); 7] = [
    ("of-nobody", "it is owned by user nobody"),
    ("for-group", "it is writable by group daemon"),
    ("for-all", "it is writable by all users"),
    ("nobodys/pidfile", "directory {dir}/nobodys is owned by user nobody"),
    ("open/pidfile", "directory {dir}/open is writable by all users"),
    ("sticky/link", "symbolic link {dir}/sticky/link is owned by user nobody"),
    ("sticky/hard", "it is a hard link in a directory that others may write to"),
];

fn untrusted(scene: &mut Scene) {
    files(scene);
    let dir = scene.dir().path().to_owned();
    let pid = scene.get("a").pid();
    let write = |name: &str, mode: u32, uid: u32| {
        let path = dir.join(name);
        fs::write(&path, format!("{pid}\n")).expect("a pidfile");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
        chown(&path, Some(uid), Some(if name == "for-group" { 1 } else { 0 })).expect("chown");
    };
    let directory = |name: &str, mode: u32, uid: u32| {
        let path = dir.join(name);
        fs::create_dir(&path).expect("a directory");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
        chown(&path, Some(uid), None).expect("chown");
    };
    write("of-nobody", 0o600, NOBODY);
    write("for-group", 0o664, 0);
    write("for-root", 0o664, 0);
    write("for-all", 0o646, 0);
    directory("nobodys", 0o755, NOBODY);
    write("nobodys/pidfile", 0o644, 0);
    directory("open", 0o777, 0);
    write("open/pidfile", 0o644, 0);
    directory("sticky", 0o1777, 0);
    write("sticky/pidfile", 0o644, 0);
    write("other", 0o644, 0);
    fs::hard_link(dir.join("other"), dir.join("sticky/hard")).expect("a link");
    for (name, uid) in [("link", NOBODY), ("own", 0)] {
        let link = dir.join("sticky").join(name);
        symlink(dir.join("plain"), &link).expect("a link");
        lchown(&link, Some(uid), None).expect("chown");
    }
    symlink("../nobodys/../plain", dir.join("sticky/around")).expect("a link");
}

#[test]
fn a_pidfile_that_others_may_write_gets_a_note() {
    namespace(|| {
        if !need_root() {
            return;
        }
        check(
            untrusted,
            &[
                case("pgrep -F {dir}/plain").pids("a"),
                case("pgrep -F {dir}/for-root").pids("a"),
                case("pgrep -F {dir}/sticky/pidfile").pids("a"),
                case("pgrep -F {dir}/sticky/own").pids("a"),
                case("pkill -HUP --strict -F {dir}/plain").fate("a", "HUP").ours_only(),
                case("pgrep -F {dir}/of-nobody")
                    .pids("a")
                    .says(
                        "{program}: note: pidfile {dir}/of-nobody is not trusted: it is owned by user nobody",
                    )
                    .differs("pidfile-note", reference().pids("a")),
                case("pkill -HUP -F {dir}/of-nobody")
                    .fate("a", "HUP")
                    .says("is not trusted")
                    .differs("pidfile-note", reference().fate("a", "HUP")),
                case("pkill -HUP --quiet -F {dir}/of-nobody").fate("a", "HUP").ours_only(),
                case("pkill -HUP --strict --quiet -F {dir}/for-all")
                    .status(4)
                    .says("pkill: pidfile {dir}/for-all refused by --strict: it is writable by all users")
                    .ours_only(),
                // The owner of a directory cannot change what `..` is.
                case("pgrep -F {dir}/sticky/around").pids("a"),
            ],
        );
        for (file, why) in UNTRUSTED {
            let mut scene = Scene::new();
            untrusted(&mut scene);
            let path = scene.dir().path().join(file).display().to_string();
            let why = scene.fill(why, "");
            let run = |args: &[&str]| Run::ours("pkill").args(args).args(["-HUP", "-F", &path]).run();
            let output = run(&[]);
            let note = format!("pkill: note: pidfile {path} is not trusted: {why}\n");
            assert_eq!((output.err(), output.status), (note, 0));
            let output = run(&["--strict"]);
            let refused = format!("pkill: pidfile {path} refused by --strict: {why}\n");
            assert_eq!((output.err(), output.status), (refused, 4));
            assert_eq!(scene.get("a").received().expect("it lives").len(), 1, "{path}");
        }
    });
}

/// A user trusts itself, root, and its own group without other members.
#[test]
fn a_users_own_pidfile_is_trusted_by_the_user() {
    namespace(|| {
        let dir = crate::support::Dir::new();
        let victim = Victim::spec().owned_by(NOBODY).spawn();
        let own = dir.file("own", format!("{}\n", victim.pid()));
        chown(&own, Some(NOBODY), Some(NOBODY)).expect("chown");
        let run = |path: &Path, uid| {
            Run::ours("pgrep").args(["-F".as_ref(), path.as_os_str()]).user(uid, uid).run()
        };
        let output = run(&own, NOBODY);
        assert_eq!((output.pids(), output.err()), (vec![victim.pid()], String::new()));
        let output = run(&own, 1);
        assert!(output.err().contains("owned by user nobody"), "{output:?}");
        let roots = dir.file("roots", format!("{}\n", victim.pid()));
        let output = run(&roots, NOBODY);
        assert_eq!((output.pids(), output.err()), (vec![victim.pid()], String::new()));
    });
}

/// Where each user has a group of the same name, that one may write to what the user creates (umask 002). So may the
/// group of root, but not one that the user shares with others, and not another user's private one.
#[test]
fn the_private_group_of_the_user_is_trusted() {
    namespace(|| {
        let dir = crate::support::Dir::new();
        const USER: u32 = 1; // `daemon` or `bin`, and its group has the same name
        let victim = Victim::spec().owned_by(USER).spawn();
        // The group of the caller, and that of the file.
        for (own, group, is_trusted) in
            [(USER, USER, true), (USER, 0, true), (USER, 2, false), (2, 2, false), (2, USER, false)]
        {
            let file = dir.file("pid", format!("{}\n", victim.pid()));
            chown(&file, Some(USER), Some(group)).expect("chown");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664)).expect("chmod");
            let output = Run::ours("pgrep").args(["-F".as_ref(), file.as_os_str()]).user(USER, own).run();
            assert_eq!(output.pids(), [victim.pid()]);
            assert_eq!(output.err().is_empty(), is_trusted, "{own} {group}: {output:?}");
            assert!(is_trusted || output.err().contains("writable by group"), "{output:?}");
        }
    });
}

/// In a container, the upper directories belong to the root of the host, which has no UID there.
#[test]
fn directories_of_the_host_are_trusted_in_a_user_namespace() {
    namespace(|| {
        let unshare = ["unshare", "--user", "--map-root-user"];
        let can = Run::shell("exec unshare --user --map-root-user true").user(NOBODY, NOBODY).run();
        if !available(can.status == 0, "user namespaces") {
            return;
        }
        let dir = crate::support::Dir::new();
        let victim = Victim::spec().owned_by(NOBODY).spawn();
        let own = dir.file("own", format!("{}\n", victim.pid()));
        chown(&own, Some(NOBODY), Some(NOBODY)).expect("chown");
        let run = Run::ours("pgrep").args(["-F".as_ref(), own.as_os_str()]);
        let output = run.user(NOBODY, NOBODY).through(unshare).run();
        assert_eq!((output.pids(), output.err()), (vec![victim.pid()], String::new()));
    });
}
