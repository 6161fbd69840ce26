//! An identifier keeps its meaning: a PID of one PID namespace is not one of another, and an ID that is
//! reused selects nothing.

use std::path::Path;
use std::process::Command;

use crate::support::tracer::{self, Call, Stop, Traced};
use crate::support::{Helper, Run, Victim, eventually, executable, namespace, need, need_file};

/// The PID that was allocated last in the caller's PID namespace: proc_sys_kernel(5), a kernel with
/// CONFIG_CHECKPOINT_RESTORE.
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// The next process of this PID namespace gets this PID, if it is free.
fn next_pid_is(pid: u32) {
    std::fs::write(LAST_PID, (pid - 1).to_string()).expect("ns_last_pid");
}

/// In a nested PID namespace with the /proc of the outer one, where pkill has the same number in both.
#[test]
fn the_proc_of_an_outer_pid_namespace_is_recognized_by_more_than_a_number() {
    namespace(|| {
        if !need_file(LAST_PID) || !need("unshare") {
            return;
        }
        const PKILL: u32 = 30_000;
        let victim = Victim::spec().spawn();
        let (pid, name) = (victim.pid(), victim.name());
        // `sleep` is the bystander: in the inner namespace, it has the victim's PID.
        let script = format!(
            "echo {} > {LAST_PID}\n\
             sleep 1000 & test $! = {pid} || exit 9\n\
             echo {} > {LAST_PID}\n\
             echo ready; read go\n\
             {} -TERM -x {name} 2>&1 & test $! = {PKILL} || exit 8\n\
             wait $!; echo \"status $?\"\n\
             kill -KILL {pid}; wait {pid}; echo \"bystander $?\"\n",
            pid - 1,
            PKILL - 1,
            executable("pkill")
        );
        let mut inside =
            Helper::ready(Command::new("unshare").args(["--pid", "--fork", "sh", "-c", &script]));
        next_pid_is(PKILL);
        inside.tell("go on");
        assert!(inside.hear().contains("/proc belongs to another PID namespace"));
        assert_eq!(
            [inside.hear(), inside.hear()],
            ["status 3\n", "bystander 137\n"],
            "bystander: SIGKILL is ours"
        );
        assert!(Path::new(&format!("/proc/{pid}")).exists());
    });
}

/// A shell that starts children, leads a session and a process group, and executes its input line by line.
const LEADER: &str = "while read line; do case $line in
    child) sleep 60 & c=$!; echo $c;;
    status) wait $c; echo $?;;
    kill) kill -KILL $c; wait $c; echo $?;;
    deaf) (trap '' USR1; exec sleep 60) & d=$!; echo $d;;
    end) kill -KILL $d; wait $d; echo ended;;
    esac; done";

/// What wait(1) of a shell prints for a child that a signal has killed.
const BY_USR1: &str = "138\n";
const BY_KILL: &str = "137\n";

fn leader(pid: u32) -> Option<Helper> {
    next_pid_is(pid);
    let leader = Helper::start(Command::new("setsid").args(["sh", "-c", LEADER]));
    (leader.pid() == pid).then_some(leader)
}

/// Makes it start a child, and waits until that is `sleep`.
fn start(leader: &mut Helper, line: &str) {
    let pid = ask(leader, line);
    let comm = format!("/proc/{}/comm", pid.trim_end());
    eventually("sleep", || std::fs::read(&comm).is_ok_and(|name| name == b"sleep\n"));
}

/// The answer to a line.
fn ask(leader: &mut Helper, line: &str) -> String {
    leader.tell(line);
    leader.hear()
}

/// The first of two named processes exits while pkill still works on the second one. Another process gets its
/// PID, and has a child.
#[test]
fn a_named_id_that_is_reused_names_nothing() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        for (at, option) in ["-P", "--ancestor", "-g", "-s"].into_iter().enumerate() {
            let pids = [20_000, 20_050].map(|pid| pid + 100 * at as u32);
            let [mut first, mut second] = pids.map(|pid| leader(pid).expect("the PID is free"));
            next_pid_is(29_000);
            start(&mut second, "deaf");
            start(&mut first, "child");
            let ids = format!("{},{}", pids[0], pids[1]);
            let args = ["-USR1", "--until-none", option, &ids, "-x", "sleep"];
            let pkill = Run::ours("pkill").args(args).start();
            assert_eq!(ask(&mut first, "status"), BY_USR1, "{option}");
            drop(first);
            let mut stranger = None;
            eventually("the PID is free", || {
                stranger = leader(pids[0]);
                stranger.is_some()
            });
            let mut stranger = stranger.expect("it has the PID");
            next_pid_is(29_100);
            start(&mut stranger, "child");
            // Each of these is found by a rescan; when the second one began, the child of the other process existed.
            for _ in 0..2 {
                ask(&mut second, "child");
                assert_eq!(ask(&mut second, "status"), BY_USR1, "{option}");
            }
            ask(&mut second, "end");
            let output = pkill.wait();
            assert_eq!((output.err(), output.status), (String::new(), 0), "{option}");
            assert_eq!(
                ask(&mut stranger, "kill"),
                BY_KILL,
                "{option}: the child of a stranger was signalled"
            );
        }
    });
}

/// After its leader has exited, a group keeps the ID.
#[test]
fn a_group_outlives_its_leader() {
    namespace(|| {
        if !need_file(LAST_PID) {
            return;
        }
        for option in ["-g", "-s"] {
            for waits in [false, true] {
                let script = "sleep 1000 & sleep 1000 & echo ready; read line";
                let leader = Helper::ready(Command::new("setsid").args(["sh", "-c", script]));
                let id = leader.pid().to_string();
                drop(leader);
                let args = if waits { &["--until-none"][..] } else { &[] };
                let output = Run::ours("pkill").args(["-ce", option, &id]).args(args).run();
                let out = output.out();
                assert!(output.status == 0 && out.lines().count() == 3, "{option} {id}: {output:?}");
            }
        }
    });
}

/// Runs pkill, and calls `at` at the entry of a system call. Returns its output and its exit status.
fn stop_at(args: &[&str], mut is_this: impl FnMut(Call) -> bool, at: impl FnOnce()) -> (String, String, i32) {
    let mut command = tracer::ours("pkill");
    command.args(args);
    let mut program = Traced::start(command);
    let mut at = Some(at);
    loop {
        match program.next() {
            Stop::Entry(call) if at.is_some() && is_this(call) => at.take().expect("it is there")(),
            Stop::Entry(_) | Stop::Exit(..) => {}
            Stop::Ended(status) => {
                let (out, err) = program.written();
                return (out, err, status);
            }
        }
    }
}

/// The kernel reuses the inode number of a namespace immediately, and /proc shows nothing else of it.
#[test]
fn a_namespace_is_no_inode_number() {
    namespace(|| {
        let part = || Victim::spec().catch(libc::SIGUSR1).unshare(&["uts"]);
        let member = part().spawn();
        let args = ["-USR1", "--ns", &member.pid().to_string(), "--nslist", "uts"];
        let mut strangers = vec![];
        let (_, err, status) = stop_at(
            &args,
            |call| call.number == libc::SYS_getdents64,
            || {
                drop(member);
                strangers.extend((0..20).map(|_| part().spawn()));
            },
        );
        assert_eq!((err.as_str(), status), ("", 1));
        for mut stranger in strangers {
            assert_eq!(stranger.received(), Some(vec![]));
        }
    });
}
