//! The text that the pattern is matched against, and how: `-x -f -i`, the empty pattern, long names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Scene, Victim, case, check, namespace, need_kernel_threads, reference, shell};

fn cast(scene: &mut Scene) {
    scene.add("a", |part| part.arg("serve").arg("two words"));
    scene.add("ab", |part| part);
}

#[test]
fn the_name() {
    check(
        cast,
        &[
            case("pgrep {tag}").pids("a ab"),
            case("pgrep {a}").pids("a ab"),
            case("pgrep {ab}").pids("ab"),
            case("pgrep ^{a}$").pids("a"),
            case("pgrep {a}b?$").pids("a ab"),
            case("pgrep {tag}[xy]").nothing(),
            case("pgrep -P {self} serve").nothing(),
            case("pgrep -x {a}").pids("a"),
            case("pgrep --exact {tag}").nothing(),
            case("pgrep -x {tag}b|{a}").pids("a"),
            case("pgrep -x {tag}.*").pids("a ab"),
            case("pgrep -- {a}").pids("a ab"),
        ],
    );
}

#[test]
fn the_command_line() {
    check(
        |scene| {
            cast(scene);
            scene.add("z", |part| part.arg("gone")).make_zombie();
        },
        &[
            case("pgrep -f '{a} serve'").pids("a"),
            case("pgrep --full '{a} serve two words'").pids("a"),
            case("pgrep -f '{tag}.*serve'").pids("a"),
            case("pgrep -xf '{a} serve two words'").pids("a"),
            case("pgrep -xf '{a} serve'").nothing(),
            case("pgrep -f '^{ab}$'").pids("ab"),
            // No arguments: the name in brackets.
            case("pgrep -f '^\\[{z}\\] <defunct>$'").pids("z"),
            case("pgrep -f '{z} gone'").nothing(),
            case("pgrep -xf '\\[{z}\\] <defunct>'").pids("z"),
            case("pgrep -a -x {z}").prints("{z.pid} [{z}] <defunct>\n"),
        ],
    );
}

#[test]
fn kernel_threads_have_a_name_in_brackets() {
    if !need_kernel_threads() {
        return;
    }
    let kthreadd = "2\n";
    check(
        |_| (),
        &[
            case("pgrep -xf '\\[kthreadd\\]'").prints(kthreadd),
            case("pgrep -x kthreadd").prints(kthreadd),
            case("pgrep -a -x kthreadd").prints("2 [kthreadd]\n"),
            case("pgrep -l -x kthreadd").prints("2 kthreadd\n"),
        ],
    );
}

#[test]
fn case_does_not_matter_under_i() {
    check(
        |scene| {
            scene.add("MiX", |part| part.arg("Word"));
        },
        &[
            case("pgrep {tag}mix").nothing(),
            case("pgrep -i {tag}mix").pids("MiX"),
            case("pgrep --ignore-case -x {tag}MIX").pids("MiX"),
            case("pgrep -if '{tag}mix WORD'").pids("MiX"),
            // The reference prints its usage on standard output and exits with 0.
            case("pgrep -i -i {tag}mix").pids("MiX").differs("i-twice", reference().prints_with("Usage:")),
        ],
    );
}

/// It matches everything, so in a namespace.
#[test]
fn the_empty_pattern_matches_every_process() {
    namespace(|| {
        check(
            cast,
            &[
                case("pgrep ''").prints("{self}\n{a.pid}\n{ab.pid}\n"),
                case("pgrep -x ''").nothing(),
                case("pgrep -Af ''").pids("a ab"),
                case("pgrep -P {self} ''").pids("a ab"),
                case("pkill -KILL -P {self} ''").fate("a", "killed by KILL").fate("ab", "killed by KILL"),
            ],
        );
    });
}

/// docs/COMPATIBILITY.md, `whole-command-line`: the reference cuts at 128 KiB.
#[test]
fn the_whole_command_line_is_seen() {
    let long = "x".repeat(100_000);
    check(
        |scene| {
            scene.add("big", |part| part.arg(&long).arg(&long).arg("the-end"));
        },
        &[
            case("pgrep -f {tag}.*the-end$").pids("big").differs("whole-command-line", reference().status(1)),
            case("pgrep -xf '{big} x* x* the-end'")
                .pids("big")
                .differs("whole-command-line", reference().status(1)),
        ],
    );
}

/// Stray bytes, control characters and letters that are cut: docs/COMPATIBILITY.md, `raw-bytes`.
fn unprintable(scene: &mut Scene) {
    let bytes = OsStr::from_bytes;
    scene.add("raw", |part| part.arg(bytes(b"M\xfcller \x01")).arg("after"));
    scene.add("line", |part| part.arg("A=mark\nsleep 98").arg("é"));
    let name = format!("{}xéé", scene.tag()); // 16 bytes
    scene.adopt("cut", Victim::named(&name).arg0("x").spawn());
    let name = [scene.tag().as_bytes(), b"-long\xfcname"].concat();
    scene.adopt("full", Victim::named(&name).spawn());
    let most = "x".repeat(100_000);
    scene.add("big", |part| part.arg(&most).arg(&most).arg(bytes(b"gr\xfcn\tend")));
}

#[test]
fn what_is_displayed_matches_and_what_is_there() {
    check(
        unprintable,
        &[
            case("pgrep -f '{raw} M.ller'").pids("raw"),
            case("pgrep -xf '{raw} M[?]ller [?] after'").pids("raw").since([4, 0, 3]),
            case("pgrep -xf '{raw} .*'").pids("raw"),
            case("pgrep -f '{tag}.* M[?]LLER'").nothing(),
            case("pgrep -if '{tag}.* M[?]LLER'").pids("raw"),
            case("pgrep -xf '{line} A=mark sleep 98 é'").pids("line"),
            case("pgrep -x '{tag}xé.*'").pids("cut"),
            case("pgrep -x '{tag}xé[?]'").pids("cut"),
            case("pgrep '^{tag}xé.$'").pids("cut"),
            case("pgrep -f '{cut}é'").nothing(),
            case("pkill -HUP -x '{tag}xé.*'").fate("cut", "killed by HUP"),
            case("pgrep '{tag}-long.name'").pids("full").ours_only(),
            case("pgrep -x '{tag}-long[?]name'").pids("full").ours_only(),
            // Beyond 128 KiB, where the reference stops.
            case("pgrep -xf '{big} x* x* gr[?]n end'").pids("big").ours_only(),
            case("pgrep -f '{tag}big' --and '[?]n end$' --and '[[:cntrl:]]'").pids("big").ours_only(),
            // As it is.
            case("pgrep -f '{tag}.*[[:cntrl:]]sleep'")
                .pids("line")
                .differs("raw-bytes", reference().status(1)),
            case("pgrep -f {tag} --and '[[:cntrl:]]' --and 'M[?]'").pids("raw").ours_only(),
            // Where neither matches.
            case("pgrep -f {tag} --not 'M[?]ller' --not 'mark sleep' --not '^x' --not 'gr.n'")
                .pids("full")
                .ours_only(),
            case("pgrep {tag} --not '^{tag}(raw|line|big|-.*|x[?]*|xé.)$'").nothing().ours_only(),
        ],
    );
}

/// The locale decides what is a letter, for the list and for the match.
#[test]
fn in_the_c_locale_letters_beyond_ascii_are_displayed_as_question_marks() {
    check(
        unprintable,
        &[
            shell("LC_ALL=C pgrep -l '{tag}x[?][?][?]'").prints("{cut.pid} {tag}x???\n"),
            shell("LC_ALL=C pgrep -x '{tag}x...'").pids("cut"),
            shell("LC_ALL=C pgrep -xf '{line} A=mark.sleep 98 [?][?]'").pids("line"),
        ],
    );
}

/// Only what is selected otherwise is affected by what no option can select: everything, so in a namespace.
#[test]
fn inverted_neither_form_matches() {
    namespace(|| {
        check(
            unprintable,
            &[
                case("pgrep -vf 'suite|M[?]ller|mark sleep|gr.n|^x'").pids("full").ours_only(),
                case("pgrep -v '^{tag}(raw|line|big)$|suite|é[?]$'").pids("full"),
            ],
        );
    });
}

/// docs/COMPATIBILITY.md, `long-names`.
#[test]
fn a_pattern_longer_than_a_name_is_tried_against_the_full_name() {
    let warning =
        "pattern that searches for process name longer than 15 characters will result in zero matches";
    let full = |scene: &mut Scene| {
        let name = format!("{}-a-long-name", scene.tag());
        let path = format!("/opt/{name}");
        // As after execve(2) of /opt/…-a-long-name: the kernel keeps the first 15 bytes of the name.
        scene.adopt("l", Victim::named(&name).arg0(path).spawn());
        let other = format!("{}-a-lother", scene.tag());
        scene.adopt("o", Victim::named(&name).arg0(other).spawn());
    };
    let of_executable = |scene: &mut Scene| {
        let name = format!("{}-a-long-name", scene.tag());
        let path = scene.dir().copy(&std::env::current_exe().expect("our own executable"), &name);
        scene.adopt("e", Victim::named(&name).executable(&path).arg0("renamed").spawn());
        // A name that was set by prctl(2) is not the beginning of another name.
        let other = format!("{}-b-lot-of-it", scene.tag());
        scene.adopt("f", Victim::named(&other).executable(&path).arg0("renamed").spawn());
    };
    check(
        of_executable,
        &[
            case("pgrep {tag}-a-long-name")
                .pids("e")
                .differs("long-names", reference().status(1).says(warning)),
            case("pgrep ^{tag}-a-long-n.me$")
                .pids("e")
                .differs("long-names", reference().status(1).says(warning)),
        ],
    );
    check(
        full,
        &[
            case("pgrep {tag}-a-l").pids("l o"),
            case("pgrep {tag}-a-long-name")
                .pids("l")
                .differs("long-names", reference().status(1).says(warning)),
            case("pgrep -x {tag}-a-long-name")
                .pids("l")
                .differs("long-names", reference().status(1).says(warning)),
            case("pgrep {tag}-a-long-nose").nothing().says(warning).says("-f"),
            case("pgrep -x {tag}-a-long").nothing().says(warning),
            case("pkill -0 {tag}-a-long-nose").nothing().says(warning).says("pkill -f"),
            case("pgrep -f /opt/{tag}-a-long-name").pids("l"),
            // With an alternative that can match a name of 15 bytes, the pattern is not a long one.
            case("pgrep {tag}-a-long-nose|{tag}-a-l").pids("l o"),
        ],
    );
}

fn texts(scene: &mut Scene) {
    let (tag, upper) = (scene.tag().to_owned(), scene.tag().to_ascii_uppercase());
    scene.define("TAG", &upper);
    scene.adopt("dot", Victim::named(format!("{tag}.x")).arg("a.c").arg("(serve").spawn());
    scene.adopt("dash", Victim::named(format!("{tag}-x")).arg("abc").arg("serve").spawn());
    scene.adopt("é", Victim::named(format!("{tag}É")).spawn());
    scene.adopt(
        "long",
        Victim::named(format!("{tag}-a.long-name")).arg0(format!("/{tag}-a.long-name")).spawn(),
    );
}

#[test]
fn plain_text() {
    check(
        texts,
        &[
            case("pgrep {tag}.x").pids("dot dash"),
            case("pgrep --fixed-strings {tag}.x").pids("dot").ours_only(),
            case("pgrep --fixed-strings ^{tag}").nothing().ours_only(),
            case("pgrep --fixed-strings -x {tag}.x").pids("dot").ours_only(),
            case("pgrep --fixed-strings -x {tag}.").nothing().ours_only(),
            case("pgrep --fixed-strings -i {TAG}.X").pids("dot").ours_only(),
            case("pgrep --fixed-strings -ix {TAG}é").pids("é").ours_only(),
            case("pgrep --fixed-strings -f '{tag}.x a.c (serve'").pids("dot").ours_only(),
            case("pgrep --fixed-strings -xf '{tag}-x abc serve'").pids("dash").ours_only(),
            // Longer than a name.
            case("pgrep --fixed-strings {tag}-a.long-name").pids("long").ours_only(),
            case("pgrep --fixed-strings {tag}-a-long-name").nothing().says("15 characters").ours_only(),
            case("pkill -KILL --fixed-strings {tag}.x").fate("dot", "killed by KILL").ours_only(),
        ],
    );
}

#[test]
fn more_patterns() {
    let missing = "{program}: no matching criteria specified";
    check(
        texts,
        &[
            case("pgrep {tag} --and x$").pids("dot dash").ours_only(),
            case("pgrep {tag} --and x$ --and -x").pids("dash").ours_only(),
            case("pgrep --and {tag} --and=x$ --not -x").pids("dot").ours_only(),
            case("pgrep {tag} --not x$ --not É").pids("long").ours_only(),
            case("pgrep {tag} --not .").nothing().ours_only(),
            // They are compiled like the pattern.
            case("pgrep {tag} --and . --fixed-strings").pids("dot long").ours_only(),
            case("pgrep {tag} --not . --fixed-strings").pids("dash é").ours_only(),
            case("pgrep {tag} -i --and é --not x").pids("é").ours_only(),
            case("pgrep -x {tag}.* --not {tag}[.-]x").pids("é long").ours_only(),
            case("pgrep -x --and {tag}.x --and .*-x").pids("dash").ours_only(),
            case("pgrep -f {tag} --and serve --not [(]").pids("dash").ours_only(),
            case("pgrep {tag} --not {tag}-a.long-name").pids("dot dash é").ours_only(),
            case("pgrep {tag} --and {tag}-a.long-name").pids("long").ours_only(),
            case("pgrep {tag} --and {tag}-a.long-nose").nothing().says("15 characters").ours_only(),
            case("pgrep -n {tag} --not long").pids("long").ours_only(),
            case("pgrep -o --not {tag}").prints("1\n").ours_only(),
            case("pkill -KILL {tag} --and x$ --not -x").fate("dot", "killed by KILL").ours_only(),
            case("pidwait -e --and {tag} --not .").nothing().ours_only(),
            case("pgrep {tag} --and (").usage("{program}: regex error: Unmatched ( or \\(").ours_only(),
            case("pgrep {tag} --not *").usage("{program}: regex error: Invalid preceding").ours_only(),
            case("pgrep {tag} --not").usage("{program}: option '--not' requires an argument").ours_only(),
            // Alone it would match nearly every process.
            case("pkill -KILL --not {tag}").usage(missing).ours_only(),
            case("pkill -KILL --inverse --not {tag}").usage(missing).ours_only(),
            case("pkill -KILL --no-zombies --no-kernel-threads --not {tag}").usage(missing).ours_only(),
            shell("pgrep -f --and {tag}zz; :").prints_with("\n").ours_only(),
            // The shell's own arguments have both.
            shell("pgrep -f {tag} --not serve; exit $?").pids("é long").ours_only(),
        ],
    );
}

#[test]
fn a_pattern_that_is_no_regular_expression() {
    check(
        cast,
        &[
            case("pgrep (").usage("{program}: regex error: Unmatched ( or \\("),
            case("pkill -0 [a").usage("{program}: regex error: Unmatched [, [^, [:, [., or [="),
            case("pidwait a{2").usage("{program}: regex error: Unmatched \\{"),
            case("pgrep [").usage("{program}: regex error: Invalid regular expression"),
            case("pgrep *").usage("{program}: regex error: Invalid preceding regular expression"),
            case("pgrep [z-a]").usage("{program}: regex error: Invalid range end"),
            case("pgrep [[:foo:]]").usage("{program}: regex error: Invalid character class name"),
            case("pgrep \\1").usage("{program}: regex error: Invalid back reference"),
            case("pgrep -x )").nothing(),
            case("pgrep (q)\\1zz")
                .usage("{program}: regex error: back-references (\\1 to \\9) are not supported")
                .differs("back-references", reference().status(1)),
        ],
    );
}

#[test]
fn the_warning_of_a_pattern_that_is_too_long() {
    let warning =
        "pattern that searches for process name longer than 15 characters will result in zero matches";
    check(
        |_| {},
        &[
            case("pgrep no-such-name-anywhere").status(1).says(warning),
            // By the shortest text that can match, not by the length of the pattern.
            case("pgrep no-such-{20}")
                .status(1)
                .says(warning)
                .differs("long-pattern-warning", reference().status(1)),
            case("pgrep ({tag})?({tag})?({tag})")
                .nothing()
                .differs("long-pattern-warning", reference().status(1).says(warning)),
        ],
    );
}

/// A process that has overwritten its arguments with NULs.
#[test]
fn arguments_of_nothing_but_nuls_are_displayed_as_a_dash() {
    check(
        |scene| {
            let overwritten = format!("{}-argument", scene.tag());
            scene.add("n", |part| part.arg(overwritten).arguments_of_nul());
        },
        &[
            case("pgrep -f {n}").nothing(),
            case("pgrep -f {tag}-argument").nothing(),
            case("pgrep {n}").pids("n"),
            case("pgrep -a {n}")
                .prints("{n.pid} -\n")
                .before([4, 0, 5])
                .differs("nul-arguments", reference().prints("{n.pid} ?\n")),
            case("pgrep -a {n}").prints("{n.pid} -\n").since([4, 0, 6]),
            case("pgrep -f -P {self} -- ^-$").pids("n").since([4, 0, 6]),
        ],
    );
}
