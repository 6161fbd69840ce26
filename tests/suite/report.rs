//! Reports as text: `--verbose`, `--print0`, `--strict`, `--allow-none`, `--max`, `--quiet`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::support::crowd::Crowd;
use crate::support::{
    self, Run, Scene, Victim, case, check, namespace, need, one_of_two_may_be_signalled, own_pid,
};

fn two(scene: &mut Scene) {
    scene.add("a", |part| part);
    scene.add("b", |part| part);
}

#[test]
fn a_line_for_each() {
    let [mut a, mut b] = [(); 2].map(|()| Victim::spec().spawn());
    let both = format!("{},{}", a.pid(), b.pid());
    let user = Run::shell("id -un").run().out().trim().to_owned();
    let run = |program: &str, args: &[&str]| {
        Run::ours(program).args(["--verbose", "-P", &own_pid(), "-p", &both]).args(args).run()
    };
    let rows = |what: [&str; 2]| {
        let row = |victim: &Victim, what: &str| {
            let cells = [&*victim.pid().to_string(), &user, victim.name(), what, victim.name()];
            cells.into_iter().filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        vec![row(&a, what[0]), row(&b, what[1])]
    };
    for args in [&[][..], &["-l"], &["-a"], &["-d", ","]] {
        assert_eq!(run("pgrep", args).rows(), rows([""; 2]), "{args:?}");
    }
    assert!(run("pgrep", &["-c"]).out().ends_with("\n2\n"));
    assert_eq!(run("pkill", &["-0"]).rows(), rows(["signalled"; 2]));
    assert!(run("pkill", &["-0", "-c"]).out().ends_with("\n2\n"));
    let none = run("pkill", &["-0", "-x", "none"]);
    assert_eq!((none.out(), none.err(), none.status), (String::new(), String::new(), 1));
    let too_many = run("pkill", &["--max", "1"]);
    assert_eq!((too_many.rows(), too_many.status), (rows(["skipped"; 2]), 4));

    let table = run("pkill", &["-USR1", "--dry-run"]);
    assert_eq!(table.rows(), rows(["terminate"; 2]));
    assert!(table.out().lines().next().expect("a heading").contains("EFFECT OF USR1"), "{table:?}");
    let mut exited = rows(["exited after SECONDS s"; 2]);
    exited.iter_mut().for_each(|row| row[4] = format!("[{}] <defunct>", row[2]));
    assert_eq!(a.received(), Some(vec![]), "--dry-run sends nothing");

    for victim in [&mut a, &mut b] {
        victim.make_zombie(); // which still matches
    }
    let output = run("pidwait", &[]);
    // The manner is not known: they are not reaped.
    let ends: Vec<Vec<String>> =
        output.rows().iter().map(|row| row.iter().map(|cell| without_times(cell)).collect()).collect();
    assert_eq!((ends, output.err(), output.status), (exited, String::new(), 0));
}

/// Replaces each time in seconds by a word.
pub fn without_times(text: &str) -> String {
    let is_time = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let words = text.split_inclusive([' ', '(']).map(|word| match word.strip_suffix(' ') {
        Some(time) if is_time(time) => "SECONDS ",
        _ => word,
    });
    words.collect()
}

#[test]
fn items_that_end_with_a_nul_are_exact() {
    let tag = Victim::spec().tag();
    let name = [tag.as_bytes(), b"\n\xff\x1b"].concat();
    let victim = Victim::named(&name).arg(OsStr::from_bytes(b"a\nb\xfe")).arg("").arg("c").spawn();
    let other = Victim::named(format!("{tag}2")).spawn();
    let [first, second] = [&victim, &other].map(|victim| victim.pid().to_string().into_bytes());
    let line = [&name[..], b" a\nb\xfe  c"].concat();
    let second_name = format!("{tag}2").into_bytes();
    let expect = |texts: [&[u8]; 2]| {
        let item = |pid: &[u8], text: &[u8]| match text {
            b"" => [pid, b"\0"].concat(),
            text => [pid, b" ", text, b"\0"].concat(),
        };
        [item(&first, texts[0]), item(&second, texts[1])].concat()
    };
    for (args, expected) in [
        (&[][..], expect([b"", b""])),
        (&["-l"], expect([&name, &second_name])),
        (&["-a"], expect([&line, &second_name])),
        (&["-l", "-a"], expect([&line, &second_name])),
        (&["--quiet"], vec![]),
    ] {
        let output = Run::ours("pgrep").args(["--print0", "-P", &own_pid(), &tag]).args(args).run();
        assert_eq!((output.stdout, output.status), (expected, 0), "{args:?}");
    }
    let none = Run::ours("pgrep").args(["--print0", "-P", &own_pid(), "-x", &tag]).run();
    assert_eq!((none.stdout, none.status), (vec![], 1));
}

#[test]
fn allow_none() {
    check(
        two,
        &[
            case("pgrep --allow-none {tag}x").ours_only(),
            case("pgrep -c --allow-none {tag}x").ours_only().prints("0\n"),
            case("pkill --allow-none {tag}x").ours_only(),
            case("pidwait --allow-none {tag}x").ours_only(),
            case("pkill --allow-none -HUP -x {a}").ours_only().fate("a", "killed by HUP"),
            case("pkill --allow-none --strict {tag}x").ours_only(),
            case("pkill --dry-run --allow-none -x {tag}").ours_only(),
            case("pkill --dry-run -x {tag}x").ours_only().nothing(),
            case("pkill --dry-run -c -x {tag}x").ours_only().status(1).prints("0\n"),
            case("pkill --dry-run -c {tag}").ours_only().prints_with("\n2\n"),
            case("pkill --strict {tag}x").ours_only().nothing(),
        ],
    );
}

/// Of many, the first ones are described.
#[test]
fn far_too_many() {
    namespace(|| {
        let _crowd = Crowd::spawn(c"crowded", 25);
        let output = Run::ours("pkill").args(["--max", "3", "-x", "crowded"]).run();
        let err = output.err();
        let (first, rows) = err.split_once('\n').expect("a line");
        assert_eq!(first, "pkill: 25 processes match, more than --max 3, so nothing was done; 20 of them:");
        assert_eq!((rows.lines().count(), output.status), (21, 4), "{rows}");
    });
}

#[test]
fn too_many() {
    check(
        |scene| {
            for label in ["a", "b", "c", "d", "e", "f"] {
                scene.add(label, |part| part);
            }
        },
        &[
            case("pkill --max 6 -KILL -x {a}").ours_only().fate("a", "killed by KILL"),
            case("pkill --max 1 -KILL -x {a}").ours_only().fate("a", "killed by KILL"),
            case("pkill --max 5 {tag}")
                .ours_only()
                .status(4)
                .says("pkill: 6 processes match, more than --max 5, so nothing was done:\n")
                .says("  COMMAND\n")
                .says("  skipped  name  {f}\n"),
            case("pkill -e --max 2 -x '{tag}[abc]'").ours_only().status(4).says("  skipped  name  {c}\n"),
            case("pkill --dry-run --max 0 -x {a}")
                .ours_only()
                .status(4)
                .says("pkill: 1 process matches, more than --max 0, so nothing was done:\n")
                .says("  {a}  skipped  name  {a}\n"),
            case("pidwait -e --max 0 -x {a}").ours_only().status(4).says("  {a}  skipped  name  {a}\n"),
            case("pkill --quiet --max 0 -x {a}").ours_only().status(4).says("more than --max 0"),
            case("pkill --max 0 {tag}x").ours_only().nothing(),
            case("pkill --max 0 --allow-none {tag}x").ours_only(),
            case("pgrep --max 2 {tag}").ours_only().status(4).says("6 processes match, more than --max 2"),
            case("pgrep -c --max 2 {tag}").ours_only().status(4).says("6 processes match, more than --max 2"),
            case("pgrep --max 1 -x {b}").ours_only().prints("{b.pid}\n"),
            case("pidwait --max 2 {tag}").ours_only().status(4).says("6 processes match, more than --max 2"),
            // The newest is one.
            case("pgrep --max 1 -n {tag}").ours_only().prints("{f.pid}\n"),
        ],
    );
}

#[test]
fn quiet() {
    check(
        two,
        &[
            case("pgrep --quiet {tag}").ours_only(),
            case("pgrep --quiet {tag}x").ours_only().nothing(),
            case("pkill --quiet -e -c -HUP -x {b}").ours_only().prints("1\n").fate("b", "killed by HUP"),
            case("pkill --quiet -0 {tag}x").ours_only().nothing(),
            case("pidwait --quiet -e {tag}x").ours_only().nothing(),
        ],
    );
}

#[test]
fn what_excludes_each_other() {
    let no_number = "not a number:";
    check(
        two,
        &[
            case("pgrep --quiet --json {tag}")
                .ours_only()
                .usage("cannot be used together")
                .prints_with("\"kind\": \"usage\""),
            case("pkill --quiet --verbose {tag}").ours_only().usage("cannot be used together"),
            case("pidwait --json --verbose {tag}")
                .ours_only()
                .usage("cannot be used together")
                .prints_with("\"kind\": \"usage\""),
            case("pgrep --print0 -d , {tag}")
                .ours_only()
                .usage("--print0 and --delimiter cannot be used together"),
            case("pgrep --print0 -c {tag}").ours_only().usage("--print0 and --count cannot be used together"),
            case("pgrep --print0 --verbose {tag}").ours_only().usage("cannot be used together"),
            case("pgrep --json --print0 {tag}")
                .ours_only()
                .usage("cannot be used together")
                .prints_with("\"kind\": \"usage\""),
            case("pkill --dry-run --interactive {tag}")
                .ours_only()
                .usage("--dry-run and --interactive cannot be used together"),
            case("pkill --dry-run --quiet {tag}")
                .ours_only()
                .usage("--quiet and --dry-run cannot be used together"),
            case("pidwait -I {tag}").ours_only().usage("invalid option -- 'I'"),
            // Options for other programs are refused, except the reference's.
            case("pgrep --interactive {tag}").ours_only().usage("--interactive is an option of pkill only"),
            case("pgrep --dry {tag}").ours_only().usage("--dry-run is an option of pkill only"),
            case("pgrep --strict {tag}").ours_only().usage("--strict is an option of pkill only"),
            case("pgrep --timeout 1 {tag}")
                .ours_only()
                .usage("--timeout is an option of pkill and pidwait only"),
            case("pidwait --dry-run {tag}").ours_only().usage("--dry-run is an option of pkill only"),
            case("pidwait --kill-after 1 {tag}").ours_only().usage("--kill-after is an option of pkill only"),
            case("pidwait --print0 {tag}").ours_only().usage("--print0 is an option of pgrep only"),
            case("pkill --any {tag}").ours_only().usage("--any is an option of pidwait only"),
            case("pkill --wait= {tag}").ours_only().usage("invalid duration:"),
            case("pkill --max many {tag}").ours_only().usage(no_number),
            case("pkill --max -1 {tag}").ours_only().usage(no_number),
            case("pgrep --max '' {tag}").ours_only().usage(no_number),
            case("pidwait --max 99999999999999999999 {tag}").ours_only().usage(no_number),
            case("pkill --verbose").ours_only().usage("no matching criteria specified"),
        ],
    );
}

/// One target may be signalled and the other may not: a success, which `--strict` forbids.
#[test]
fn strict() {
    namespace(|| {
        if !need("setpriv") {
            return;
        }
        check(
            one_of_two_may_be_signalled,
            &[
                support::shell("{as} {pkill} {tag}")
                    .ours_only()
                    .says("pkill: killing pid {b.pid} failed: Operation not permitted\n")
                    .fate("a", "killed by TERM"),
                support::shell("{as} {pkill} --strict {tag}")
                    .ours_only()
                    .status(4)
                    .says("pkill: killing pid {b.pid} failed: Operation not permitted\n")
                    .fate("a", "killed by TERM"),
                support::shell("{as} {pkill} --strict -x {a}").ours_only().fate("a", "killed by TERM"),
                support::shell("{as} {pkill} -x {b}").ours_only().status(1).says("Operation not permitted"),
                support::shell("{as} {pkill} --allow-none -x {b}")
                    .ours_only()
                    .status(1)
                    .says("Operation not permitted"),
                support::shell("{as} {pkill} --strict --dry-run {tag} >/dev/null").ours_only().status(4),
                support::shell("{as} {pkill} --quiet -x {b}").ours_only().status(1).says("not permitted"),
            ],
        );
    });
}
