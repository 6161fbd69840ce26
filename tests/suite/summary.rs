//! `--summary`: one line, the same wherever the outcomes are.

use crate::support::{
    self, Run, Scene, Victim, case, check, namespace, need, one_of_two_may_be_signalled, own_pid,
};

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part);
    scene.add("b", |part| part);
    scene.add("c", |part| part.ignore(libc::SIGTERM));
    scene.add("z", |part| part);
    scene.get("z").make_zombie();
}

#[test]
fn the_outcomes_are_counted() {
    let both = "pkill -HUP --summary -x '{tag}[ab]'";
    check(
        cast,
        &[
            case("pgrep --summary {tag}").ours_only().prints("4 listed\n"),
            case("pgrep --summary {tag}x").ours_only().status(1).prints("0 listed\n"),
            case("pgrep --summary --allow-none {tag}x").ours_only().prints("0 listed\n"),
            case("pgrep --summary --max 3 {tag}")
                .ours_only()
                .status(4)
                .prints("0 listed, 4 skipped\n")
                .says("4 processes match, more than --max 3"),
            case(both)
                .ours_only()
                .prints("2 signalled\n")
                .fate("a", "killed by HUP")
                .fate("b", "killed by HUP"),
            case("pkill --summary {tag}x").ours_only().status(1).prints("0 signalled\n"),
            case("pkill --dry-run --summary {tag}").ours_only().prints("4 would be signalled\n"),
            case("pkill --wait --summary -x {a}")
                .ours_only()
                .prints("1 exited, 0 still running\n")
                .fate("a", "killed by TERM"),
            case("pkill --timeout 0.05 --summary -x '{a}|{c}' --settle 0")
                .ours_only()
                .status(5)
                .prints("1 exited, 1 still running\n")
                .says("1 process is still running: {c.pid} ")
                .fate("a", "killed by TERM"),
            case("pidwait --summary -x {z}").ours_only().prints("1 exited, 0 still running\n"),
            case("pidwait --any --summary -x '{z}|{a}'")
                .ours_only()
                .prints("1 exited, 0 still running, 1 waited for\n"),
            case("pidwait --summary {tag}x").ours_only().status(1).prints("0 exited, 0 still running\n"),
            // There is nothing to sum up.
            case("pkill --summary -F {dir}/none {tag}").ours_only().status(1).says("Unable to open pidfile"),
            case("pgrep --summary --verbose {tag}").ours_only().usage("cannot be used together"),
            case("pkill --summary -e {tag}")
                .ours_only()
                .usage("--summary and --echo cannot be used together"),
        ],
    );
}

/// The error is named by its constant.
#[test]
fn errors_are_counted_apart() {
    namespace(|| {
        if !need("setpriv") || !need("strace") {
            return;
        }
        check(
            one_of_two_may_be_signalled,
            &[
                support::shell("{as} {pkill} --summary {tag} 2>/dev/null")
                    .ours_only()
                    .prints("1 signalled, 1 refused (EPERM)\n")
                    .fate("a", "killed by TERM"),
                support::shell("{as} {pkill} --summary -x {b}")
                    .ours_only()
                    .status(1)
                    .prints("0 signalled, 1 refused (EPERM)\n")
                    .says("Operation not permitted"),
                support::shell("{as} {pkill} --summary --dry-run {tag}")
                    .ours_only()
                    .prints("1 would be signalled, 1 would be refused\n"),
                support::shell("{as} {pkill} --summary --dry-run -x {b}")
                    .ours_only()
                    .status(1)
                    .prints("0 would be signalled, 1 would be refused\n"),
            ],
        );
        let victims = [(); 3].map(|()| Victim::spec().spawn());
        let pids = victims.each_ref().map(|victim| victim.pid().to_string()).join(",");
        let strace = "strace -f -qq -o /dev/null -e trace=pidfd_send_signal -e inject=pidfd_send_signal:error=EINVAL:when=2";
        let run = Run::ours("pkill").args(["-0", "--summary", "-P", &own_pid(), "-p", &pids]);
        let output = run.through(strace.split(' ')).run();
        assert_eq!((&*output.out(), output.status), ("2 signalled, 1 failed (EINVAL)\n", 0), "{output:?}");
    });
}
