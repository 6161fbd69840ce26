//! A process executes another program while pkill is at work.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::race::{is_look, is_signal};
use crate::support::asked::Asked;
use crate::support::clock::until_older_than_now;
use crate::support::tracer::{self, Stop, Traced};
use crate::support::{Dir, Helper, Victim, eventually, family, namespace, stat_field};

use super::{cycle, name_of, pkill, script};

const NAMES: [&str; 2] = ["flipaaa", "flipbbb"];

/// A process that executes the other program on a line of input, and then reports that.
struct Flipper {
    helper: Helper,
    is_other: bool,
}

impl Flipper {
    fn start(dir: &Dir) -> Self {
        let mut command = script(dir, NAMES[0]);
        let helper = Helper::ready(command.arg("as-aaa").process_group(0));
        until_older_than_now(helper.pid());
        Flipper { helper, is_other: false }
    }

    fn pid(&self) -> u32 {
        self.helper.pid()
    }

    fn flip(&mut self) {
        self.helper.tell("");
        self.helper.hear();
        self.is_other = !self.is_other;
    }

    fn is_stopped(&self) -> bool {
        stat_field(self.pid(), 3) == "T"
    }
}

/// The scripts of [`Flipper`]. The argument of each repeats its name.
fn flipping(dir: &Dir) {
    for (name, next, argument) in [(NAMES[0], NAMES[1], "as-bbb"), (NAMES[1], NAMES[0], "as-aaa")] {
        let next = dir.path().join(next);
        dir.script(
            name,
            &format!("#!/bin/sh\necho ready\nread line && exec {} {argument}\n", next.display()),
        );
    }
}

/// The result of one schedule.
#[derive(Debug)]
struct Seen {
    flipped: bool,
    /// System calls of pkill from the exec to the signal.
    between: usize,
    lives: bool,
    report: Value,
}

/// Runs pkill, and makes the process execute the other program at moment number `at`: before each call that reads it,
/// after each read, and before a signal. Between two of these, pkill cannot observe the moment. None if the signal is
/// sent before.
fn run(args: &str, flipper: &mut Flipper, at: usize) -> Option<Seen> {
    let mut command = tracer::ours("pkill");
    command.args(["--json"]).args(args.split(' '));
    let mut program = Traced::start(command);
    let (mut moments, mut reads, mut stopping, mut flipped) = (0, false, false, false);
    let (mut between, mut sent) = (0, false);
    loop {
        match program.next() {
            Stop::Entry(call) => {
                if sent {
                    continue;
                }
                sent = is_signal(call);
                between += usize::from(flipped);
                let has_read = reads && call.number != libc::SYS_read;
                let looks = is_look(&program, call, flipper.pid());
                reads = looks || reads && !has_read;
                let stops =
                    call.number == libc::SYS_pidfd_send_signal && call.args[1] == libc::SIGSTOP as u64;
                if !looks && !has_read && !sent && !stops {
                    continue;
                }
                if moments == at {
                    if stopping {
                        // After this it cannot.
                        eventually("it has stopped", || flipper.is_stopped());
                    } else {
                        flipper.flip();
                        flipped = true;
                    }
                }
                moments += 1;
            }
            Stop::Exit(call, 0) if call.number == libc::SYS_pidfd_send_signal => match call.args[1] as i32 {
                libc::SIGSTOP => stopping = true,
                libc::SIGCONT => stopping = false,
                _ => {}
            },
            Stop::Exit(..) => {}
            Stop::Ended(_) => break,
        }
    }
    let report = serde_json::from_str(&program.written().0).expect("a document");
    let lives = match sent {
        // It may have been sent and not have arrived yet.
        true => !eventually_ended(&mut flipper.helper),
        false => flipper.helper.lives(),
    };
    (at < moments).then_some(Seen { flipped, between, lives, report })
}

fn eventually_ended(helper: &mut Helper) -> bool {
    eventually("its end", || !helper.lives());
    true
}

/// At each system call of pkill: either the recheck finds the other program, or only the signal follows.
#[test]
fn nothing_is_signalled_as_what_it_was() {
    /// Calls for the view that is shown, and for the pidfd, after the name was read.
    const CALLS: usize = 30;
    namespace(|| {
        let dir = Dir::new();
        flipping(&dir);
        let mut flipper = Flipper::start(&dir);
        // Processes that the scan reads after this one: each costs some calls.
        let _others = [(); 12].map(|()| Victim::spec().spawn());
        for args in [
            "-x flipaaa",
            "--tree -x flipaaa",
            "--whole-group -x flipaaa",
            "--freeze -x flipaaa",
            "--tree --whole-group --freeze -x flipaaa",
        ] {
            for at in 0.. {
                let pid = flipper.pid();
                let Some(seen) = run(args, &mut flipper, at) else {
                    // Undisturbed, it was killed.
                    flipper = Flipper::start(&dir);
                    break;
                };
                let what = format!("{args} at {at}: {seen:?}");
                let targets = seen.report["targets"].as_array().expect("targets");
                assert!(targets.len() <= 1, "{what}");
                let target = targets.first();
                let outcome = target.map(|target| target["outcome"].as_str().expect("a word"));
                if let Some(target) = target {
                    let (name, arguments) = (&target["name"], &target["arguments"]);
                    let name = name.as_str().expect("a name");
                    let argument = arguments.as_array().expect("arguments").last().and_then(Value::as_str);
                    assert_eq!(argument, Some(name.replace("flip", "as-")).as_deref(), "mixed: {what}");
                }
                if seen.lives {
                    assert!(
                        seen.flipped && matches!(outcome, None | Some("no_longer_matches")),
                        "{pid}: {what}"
                    );
                    flipper.flip();
                } else {
                    assert_eq!(outcome, Some("signalled"), "{what}");
                    assert!(!seen.flipped || seen.between <= CALLS, "{what}");
                    let freezes = args.contains("--freeze");
                    assert!(!(freezes && seen.flipped), "nothing can change in a stopped process: {what}");
                    flipper = Flipper::start(&dir);
                }
            }
        }
    });
}

/// At full speed. A process that is not stopped first can change between the recheck and the signal, though rarely.
#[test]
fn at_full_speed() {
    namespace(|| {
        let dir = Dir::new();
        cycle(&dir, &NAMES, "");
        for (args, kills, of_four) in
            [("--freeze", 30, 0), ("--tree --freeze", 10, 0), ("--tree", 12, 1), ("--whole-group", 16, 2)]
        {
            let (mut killed, mut wrong) = (0, 0);
            for _ in 0..600 {
                if killed == kills {
                    break;
                }
                let mut command = script(&dir, NAMES[0]);
                let mut child =
                    command.stdin(Stdio::null()).process_group(0).spawn().expect("start a script");
                eventually("it runs", || NAMES.contains(&name_of(child.id()).as_str()));
                let output = pkill(&format!("-KILL {args} -x {}", NAMES[0])).run();
                if output.status == 0 {
                    let pid = nix::unistd::Pid::from_raw(child.id() as i32);
                    let ended = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
                    nix::sys::wait::waitid(nix::sys::wait::Id::Pid(pid), ended).expect("its exit");
                    killed += 1;
                    wrong += usize::from(name_of(child.id()) != NAMES[0]);
                }
                child.kill().expect("kill");
                let status = child.wait().expect("wait");
                assert_eq!(status.signal(), Some(libc::SIGKILL), "{args}");
            }
            println!("{args}: {wrong} of {killed} were killed as the other program");
            assert!(killed == kills && wrong * 4 <= killed * of_four, "{args}: {wrong} of {killed}");
        }
    });
}

/// A question is about one process, and the answer `a` about all. Each is rechecked before its own signal.
#[test]
fn during_a_question() {
    namespace(|| {
        let dir = Dir::new();
        cycle(&dir, &["questioned", "another"], "echo ready; read line");
        for args in [&["--tree"][..], &["--whole-group"], &["--tree", "--whole-group"], &[]] {
            let start = || {
                let mut command = Command::new(dir.path().join("questioned"));
                Helper::ready(command.process_group(0))
            };
            let mut helpers = [start(), start(), start()];
            helpers.sort_by_key(Helper::pid);
            until_older_than_now(helpers[2].pid());
            let mut asked = Asked::start(&[args, &["-x", "questioned"]].concat());
            asked.question();
            helpers[1].tell("go on");
            assert_eq!(helpers[1].hear(), "ready\n");
            assert_eq!(name_of(helpers[1].pid()), "another");
            asked.answer("a\n");
            let outcomes = ["signalled", "no_longer_matches", "signalled"].map(str::to_owned).to_vec();
            assert_eq!(asked.end(), (outcomes, 0), "{args:?}");
            eventually("the others have exited", || !helpers[0].lives() && !helpers[2].lives());
            assert!(helpers[1].lives(), "{args:?}");
        }
    });
}

/// A member of a group that no longer matches is a mere member, as long as another one matches, and so are those that
/// descend from it.
#[test]
fn a_group_during_a_question() {
    namespace(|| {
        let dir = Dir::new();
        let leaf = dir.copy("/usr/bin/sleep".as_ref(), "leaf");
        let other = dir.script("another", "#!/bin/sh\necho another\nread line\n");
        let start = format!("#!/bin/sh\n{} 1000 >/dev/null &\n", leaf.display());
        let text = format!("{start}echo $!\nread line\nexec {}\n", other.display());
        dir.script("questioned", &text);
        for tree in [false, true] {
            for all_change in [false, true] {
                let start = |group| {
                    let mut helper = Helper::start(script(&dir, "questioned").process_group(group));
                    let leaf: u32 = helper.hear().trim_end().parse().expect("a PID");
                    eventually("the child has its name", || name_of(leaf) == "leaf");
                    (helper, leaf)
                };
                let (mut first, first_leaf) = start(0);
                let group = first.pid();
                let (mut second, second_leaf) = start(group as i32);
                until_older_than_now(second_leaf);
                let args = ["--whole-group", "-x", "questioned", "--tree"];
                let mut asked = Asked::start(&args[..if tree { 4 } else { 3 }]);
                asked.question();
                for helper in [&mut second, &mut first].into_iter().take(1 + usize::from(all_change)) {
                    helper.tell("");
                    assert_eq!(helper.hear(), "another\n");
                }
                asked.answer("y\n");
                let (report, status) = asked.report();
                let targets = report["targets"].as_array().expect("targets");
                let seen = |pid: u32| {
                    let target = targets.iter().find(|target| target["pid"] == pid).expect("a target");
                    let number = |key: &str| target[key].as_u64();
                    let outcome = target["outcome"].as_str().expect("a word");
                    (outcome, number("descendant_of"), number("member_of"))
                };
                let pids = [group, second.pid(), first_leaf, second_leaf];
                let what = format!("{tree} {all_change}: {report}");
                if all_change {
                    assert_eq!(pids.map(|pid| seen(pid).0), ["no_longer_matches"; 4], "{what}");
                    assert!(status == 1 && first.lives() && second.lives(), "{what}");
                    assert_eq!(pkill("-KILL -x leaf").run().status, 0);
                } else {
                    let member = ("signalled", None, Some(u64::from(group)));
                    let descendant = ("signalled", Some(u64::from(group)), None);
                    let of_first = if tree { descendant } else { member };
                    assert_eq!(
                        pids.map(seen),
                        [("signalled", None, None), member, of_first, member],
                        "{what}"
                    );
                    eventually("both have exited", || !first.lives() && !second.lives());
                }
                eventually("the children have exited", || family::pids("leaf").is_empty());
                family::reap_orphans();
            }
        }
    });
}
