//! argv: permutation, bundles, attached values, long options and their abbreviations, and combinations.

use crate::support::{self, Scene, case, check, reference, shell};

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.session());
    scene.add("b", |part| part.session());
}

#[test]
fn options_stand_anywhere() {
    check(
        cast,
        &[
            case("pgrep {tag} -x").nothing(),
            case("pgrep {a} -x").pids("a"),
            case("pgrep -s {a.pid} {tag} -x -l").nothing(),
            case("pgrep -l {tag} -s {a.pid}").prints("{a.pid} {a}\n"),
            case("pgrep {tag} --session {b.pid} --list-name").prints("{b.pid} {b}\n"),
            // After `--` everything is a pattern.
            case("pgrep -s {a.pid} -- {a}").pids("a"),
            case("pgrep {a} --").pids("a"),
            case("pgrep -- {a} -x").usage("{program}: only one pattern can be provided"),
            case("pgrep -s {a.pid} -- -x").nothing(),
            case("pgrep -s {a.pid} -- --").nothing(),
        ],
    );
}

#[test]
fn short_options_bundle_and_values_may_be_glued() {
    check(
        cast,
        &[
            case("pgrep -xs {a.pid} {a}").pids("a"),
            case("pgrep -xs{a.pid} {a}").pids("a"),
            case("pgrep -lxs{a.pid} {a}").prints("{a.pid} {a}\n"),
            case("pgrep -d, {tag}").prints("{a.pid},{b.pid}\n"),
            case("pgrep -ld, {tag}").prints("{a.pid} {a},{b.pid} {b}\n"),
            case("pgrep -d=, {tag}").prints("{a.pid}=,{b.pid}\n"),
            case("pgrep -u{uid} -x {a}").pids("a"),
            case("pkill -xP {self} -0 {a}"),
            case("pkill -0 -xes{a.pid} {a}").prints("{a} killed (pid {a.pid})\n"),
        ],
    );
}

#[test]
fn long_options() {
    check(
        cast,
        &[
            case("pgrep --session={a.pid} {tag}").pids("a"),
            case("pgrep --session {a.pid} {tag}").pids("a"),
            case("pgrep --sess {a.pid} {tag}").pids("a"),
            case("pgrep --ses={a.pid} {tag}").pids("a"),
            case("pgrep --delim=, {tag}").prints("{a.pid},{b.pid}\n"),
            case("pgrep --delimiter= {tag}").prints("{a.pid}{b.pid}\n"),
            case("pgrep --list-n -s {a.pid} {tag}").prints("{a.pid} {a}\n"),
            case("pgrep --ex {a}").pids("a"),
            case("pgrep --sig HUP {a}").pids("a"),
            case("pkill --sig 0 -x {a}"),
            // An exact name wins over longer names that begin with it.
            case("pgrep --ns {self} {tag}").pids("a b"),
            case("pgrep --pid {a.pid}").pids("a").since([4, 0, 5]),
            case("pgrep --uid {uid} -x {a}").pids("a"),
        ],
    );
}

/// Each abbreviation that the reference accepts stays one, whatever long options are added.
#[test]
fn every_abbreviation_that_the_reference_accepts_is_accepted() {
    check(
        cast,
        &[
            case("pgrep --c -x {a}").usage("{program}: option '--c' is ambiguous"),
            case("pgrep --co -x {a}").prints("1\n"),
            case("pgrep --cg {cgroup} -x {a}").pids("a"),
            case("pgrep --d , -x {a}").pids("a"),
            case("pgrep --eu {uid} -x {a}").pids("a"),
            case("pgrep --ec -x {a}").pids("a"),
            case("pgrep --f -x {a}").pids("a"),
            case("pgrep --g {gid} {tag}").pids("a b"),
            case("pgrep --gr {gid} -x {a}").pids("a"),
            case("pgrep --pg 0 {tag}").nothing(),
            case("pgrep --ignore-c -x {a}").pids("a"),
            case("pgrep --ignore-a -x {a}").pids("a"),
            case("pgrep --inv -r Z --count").prints_with("\n"),
            case("pgrep --li -x {a}").usage(""),
            case("pgrep --l -x {a}").usage(""),
            case("pgrep --lig -x {a}").pids("a"),
            case("pgrep --log -x {a}").usage("-L without -F makes no sense"),
            case("pgrep --ne -x {a}").pids("a"),
            case("pgrep --n -x {a}").usage(""),
            case("pgrep --oldes -x {a}").pids("a"),
            case("pgrep --olde 0 -x {a}").usage(""),
            case("pgrep --older 0 -x {a}").pids("a"),
            case("pgrep --pa {self} -x {a}").pids("a"),
            case("pgrep --run S -x {a}").pids("a"),
            // `--require-handler` came with 4.0.4.
            case("pgrep --r S -x {a}").pids("a").before([4, 0, 4]),
            case("pgrep --t nosuch -x {a}").nothing(),
            case("pgrep --u {uid} -x {a}").pids("a"),
            case("pgrep --s 0 -x {a}").usage(""),
            case("pgrep --que 1 -x {a}").pids("a"),
            case("pgrep --q 1 -x {a}").pids("a").before([4, 0, 7]),
            // Ambiguous since newer options have these names too.
            case("pgrep --r S -x {a}")
                .pids("a")
                .since([4, 0, 4])
                .differs("abbreviations", reference().usage("option '--r' is ambiguous")),
            case("pgrep --qu 1 -x {a}")
                .pids("a")
                .since([4, 0, 6])
                .differs("abbreviations", reference().usage("option '--qu' is ambiguous")),
            case("pgrep --pi {dir}/nosuch")
                .status(1)
                .says("Unable to open pidfile")
                .since([4, 0, 6])
                .differs("abbreviations", reference().usage("option '--pi' is ambiguous")),
            case("pgrep --re -x {a}").nothing().since([4, 0, 4]),
            case("pgrep --full-of -x {a}").usage("unrecognized option '--full-of'"),
        ],
    );
}

/// The reference prints the whole help on standard error, and a pointer only in some messages.
#[test]
fn a_usage_error_points_to_the_help() {
    let whole = || reference().usage("Usage:");
    check(
        cast,
        &[
            case("pgrep --nosuch").usage("Try `pgrep --help' for more").differs("usage-text", whole()),
            case("pkill -y").usage("Try `pkill --help' for more").differs("usage-text", whole()),
            case("pidwait").usage("Try `pidwait --help' for more"),
            case("pgrep -u no-such-user")
                .usage("Try `pgrep --help' for more")
                .differs("usage-text", reference().usage("invalid user name: no-such-user\n")),
        ],
    );
}

#[test]
fn what_is_repeated_means_the_same() {
    let refused = || reference().usage("");
    check(
        cast,
        &[
            case("pgrep -x -x {a}").pids("a"),
            case("pgrep -n -n -x {a}").pids("a").differs("twice", refused()),
            case("pgrep -oo -x {a}").pids("a").differs("twice", refused()),
            case("pgrep -v --inverse ''").nothing().differs("twice", refused()),
            case("pgrep -n -o -x {a}").usage(""),
        ],
    );
}

#[test]
fn usage_errors() {
    check(
        cast,
        &[
            case("pgrep").usage("{program}: no matching criteria specified"),
            case("pkill").usage("{program}: no matching criteria specified"),
            case("pidwait").usage("{program}: no matching criteria specified"),
            case("pkill -9").usage("{program}: no matching criteria specified"),
            case("pgrep -f -l -x -i -A").usage("{program}: no matching criteria specified"),
            case("pgrep --nslist pid").usage("{program}: no matching criteria specified"),
            case("pgrep {a} {b}").usage("{program}: only one pattern can be provided"),
            case("pgrep {a} -x {b}").usage("{program}: only one pattern can be provided"),
            case("pgrep --nosuch {a}").usage("{program}: unrecognized option '--nosuch'"),
            case("pkill --nosuch=5 {a}").usage("{program}: unrecognized option '--nosuch=5'"),
            case("pgrep -y {a}").usage("{program}: invalid option -- 'y'"),
            case("pgrep -xy {a}").usage("{program}: invalid option -- 'y'"),
            case("pgrep -s").usage("{program}: option requires an argument -- 's'"),
            case("pgrep --session").usage("{program}: option '--session' requires an argument"),
            case("pgrep --full=x {a}").usage("{program}: option '--full' doesn't allow an argument"),
            case("pgrep --s 0 {a}").usage("{program}: option '--s' is ambiguous"),
            case("pgrep -?").usage(""),
        ],
    );
}

/// The reference stops at the first error, and at `--help` if there is none before it.
#[test]
fn the_grammar_comes_before_the_values() {
    let invalid = || reference().usage("{program}: not a number: x");
    let unknown = "{program}: unrecognized option '--nosuch'";
    check(
        cast,
        &[
            case("pgrep --nosuch -P x").usage(unknown),
            case("pgrep -P x --nosuch").usage(unknown).differs("which-error", invalid()),
            case("pgrep -P x {a} {b}")
                .usage("{program}: only one pattern can be provided")
                .differs("which-error", invalid()),
            case("pgrep -P x --help").prints_with("Usage:").differs("which-error", invalid()),
            case("pgrep {a} {b} --help").prints_with("Usage:"),
            case("pgrep --help -P x").prints_with("Usage:"),
        ],
    );
}

#[test]
fn the_environment_does_not_change_the_grammar() {
    check(
        cast,
        &[shell("POSIXLY_CORRECT=1 pgrep {a} -l")
            .prints("{a.pid} {a}\n")
            .differs("posixly-correct", reference().usage("only one pattern can be provided"))],
    );
}

#[test]
fn new_options_are_unknown_to_the_reference() {
    check(
        cast,
        &[case("pkill --dry-run {tag}x")
            .nothing()
            .differs("new-options", reference().usage("{program}: unrecognized option '--dry-run'"))],
    );
}

/// All three programs accept each other's long options; the short ones differ.
#[test]
fn each_program_has_its_own_short_options() {
    check(
        cast,
        &[
            case("pkill -0 -l {a}").usage("{program}: invalid option -- 'l'"),
            case("pkill -0 -a {a}").usage("{program}: invalid option -- 'a'"),
            case("pkill -0 -d, {a}").usage("{program}: invalid option -- 'd'"),
            case("pkill -0 -v {a}").usage("{program}: invalid option -- 'v'"),
            case("pkill -0 -w {a}").usage("{program}: invalid option -- 'w'"),
            case("pidwait -l {a}").usage("{program}: invalid option -- 'l'"),
            case("pidwait -a {a}").usage("{program}: invalid option -- 'a'"),
            case("pidwait -d, {a}").usage("{program}: invalid option -- 'd'"),
            case("pidwait -v {a}").usage("{program}: invalid option -- 'v'"),
            case("pidwait -w {a}").usage("{program}: invalid option -- 'w'"),
            case("pidwait -q 1 {a}").usage("{program}: invalid option -- 'q'"),
            case("pidwait -m {a}").usage("{program}: invalid option -- 'm'"),
            case("pgrep -e {a}").usage("{program}: invalid option -- 'e'"),
            case("pgrep -q 1 {a}").usage("{program}: invalid option -- 'q'"),
            case("pgrep -m {a}").usage("{program}: invalid option -- 'm'"),
            case("pkill -0 --list-name -x {a}"),
            case("pkill -0 --list-full -x {a}"),
            case("pkill -0 --delimiter , -x {a}"),
            case("pgrep --echo -x {a}").pids("a"),
            case("pgrep --queue 1 -x {a}").pids("a"),
            case("pgrep --mrelease -x {a}").pids("a").since([4, 0, 6]),
            case("pidwait --list-name {tag}x").nothing(),
            case("pidwait --queue 1 {tag}x").nothing(),
            // docs/COMPATIBILITY.md, `lightweight`.
            case("pkill -0 --lightweight -x {a}").usage("").differs("lightweight", reference()),
            case("pidwait --lightweight {tag}x").usage("").differs("lightweight", reference().status(1)),
        ],
    );
}

#[test]
fn the_help_is_wrapped() {
    for program in ["pgrep", "pkill", "pidwait"] {
        for (columns, width) in [("", 80), ("60", 60), ("500", 80)] {
            let run = support::Run::ours(program).args(["--help"]).prepare(move |command| {
                command.env("COLUMNS", columns);
            });
            // Headings are not wrapped.
            for line in run.run().out().lines().filter(|line| width == 80 || line.starts_with(' ')) {
                assert!(line.chars().count() <= width, "{program}, {columns:?} columns: {line}");
            }
        }
    }
}

/// A typing error gets a second line with the most likely correction.
#[test]
fn a_slip_gets_a_hint() {
    for (line, hint) in [
        ("pkill --dry-rum x", "did you mean '--dry-run'?"),
        ("pkill -SIGTRM x", "did you mean '-SIGTERM'?"),
        ("pkill -9firefox", "did you mean '-9 firefox'?"),
        ("pkill --signal TREM x", "did you mean 'TERM'?"),
        ("pkill --signal NOSUCH x", "for the names of all signals, see pkill --list-signals"),
        ("pidwait -O 5x x", "valid durations: a number with s, m, h, d or w: 90, 1.5h, 5min, 2h30m"),
        ("pidwait --rss 5Q", "valid sizes: a number with K, M, G, T (1024) or KB, MB, GB, TB (1000)"),
        ("pidwait --port 8080/tcp", "valid ports: 80, tcp:8000-8080, udp:53, or a service: tcp:https"),
        ("pgrep -r running x", "valid states: R, S, D, T, t, Z, I"),
        ("pgrep --ns 1 --nslist network", "valid namespaces: ipc, mnt, net, pid, user, uts"),
        ("pkill --escalate KILL x", "valid steps: DURATION:SIGNAL, as in 5s:INT,10s:KILL"),
        ("pgrep --unit /var/lib", "for the unit of a path, see systemd-escape --path"),
        ("pkill firefox chrome", "to match any of them, use 'firefox|chrome'"),
        ("pkill firefox --wait 5", "to wait at most that long, use '--wait=5'"),
        ("pgrep *.log", "at character 1, '*'; for plain text, use --fixed-strings"),
        ("pidwait app[0-9", "at character 4, '['; for plain text, use --fixed-strings"),
    ] {
        let (program, args) = line.split_once(' ').expect("arguments");
        let output = support::Run::ours(program).args(args.split(' ')).run();
        let lines: Vec<String> = output.err().lines().map(str::to_owned).collect();
        assert_eq!((lines.len(), output.status), (3, 2), "{line}: {output:?}");
        assert_eq!(lines[1], format!("{program}: {hint}"), "{line}");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{line}: {output:?}");
    }
    // No hint.
    for args in [&["--xyzzy", "x"][..], &["-y"], &["a b", "c|d"], &["-u", "no-such-user", "x"]] {
        let output = support::Run::ours("pkill").args(args).run();
        assert_eq!((output.err().lines().count(), output.status), (2, 2), "{args:?}: {output:?}");
    }
}

/// The examples of `--help` are command lines of the program, and `-h` lists a part of its options.
#[test]
fn the_help_is_true() {
    for program in ["pgrep", "pkill", "pidwait"] {
        let help = |option: &str| support::Run::ours(program).args([option]).run().out();
        let (full, short) = (help("--help"), help("-h"));
        let examples = full.split_once("Examples:\n").expect("examples").1;
        let examples: Vec<&str> = examples.lines().take_while(|line| !line.is_empty()).collect();
        assert!(examples.len() >= 4, "{full}");
        for example in examples {
            let line = example.trim_start().split("  ").next().expect("a command");
            let line = line.split(" && ").next().expect("a command");
            let (name, args) = line.split_once(' ').expect("arguments");
            assert_eq!(name, program, "{example}");
            // All values are checked, and nothing is selected.
            let ours = support::Run::ours(program);
            let line = format!("{} {args} --complete pattern", ours.program().display());
            let output = support::Run::shell(&line).run();
            assert_eq!((output.err(), output.status), (String::new(), 0), "{line}");
        }
        let options = |text: &str| text.lines().filter(|line| line.contains(" --")).count();
        assert!((15..=25).contains(&options(&short)), "{short}");
        assert!(short.contains(&format!("{program} --help")) && options(&full) > 2 * options(&short) - 10);
    }
}

#[test]
fn help_and_version() {
    check(
        cast,
        &[
            case("pgrep --help").prints_with("Usage:"),
            case("pgrep --help")
                .prints_with("\nPattern:\n")
                .differs("help-text", reference().prints_with("\nOptions:\n")),
            case("pkill -h").prints_with("Usage:"),
            case("pidwait --help").prints_with("Usage:"),
            case("pgrep --help").prints_with("--list-full"),
            case("pkill --help").prints_with("--signal"),
            case("pkill --help").prints_with("--queue"),
            case("pidwait --help").prints_with("--echo"),
            case("pgrep -V")
                .prints(concat!("pgrep from pkill ", env!("CARGO_PKG_VERSION"), "\n"))
                .differs("version", reference().prints_with("pgrep from procps-ng ")),
            case("pkill --version")
                .prints(concat!("pkill from pkill ", env!("CARGO_PKG_VERSION"), "\n"))
                .differs("version", reference().prints_with("pkill from procps-ng ")),
            case("pidwait -V")
                .prints(concat!("pidwait from pkill ", env!("CARGO_PKG_VERSION"), "\n"))
                .differs("version", reference().prints_with("pidwait from procps-ng ")),
            // The first one wins.
            case("pgrep --help --nosuch").prints_with("Usage:"),
            case("pgrep --nosuch --help").usage("{program}: unrecognized option '--nosuch'"),
        ],
    );
}
