//! `--generate`: what the programs print is what the source tree has.

use std::path::Path;

use crate::support::{Run, case, check};

/// Program, argument, file.
pub const FILES: &[(&str, &str, &str)] = &[
    ("pgrep", "man", "man/pgrep.1"),
    ("pkill", "man", "man/pkill.1"),
    ("pidwait", "man", "man/pidwait.1"),
    ("pkill", "man-patterns", "man/pkill-patterns.7"),
    ("pidwait", "man-report", "man/pkill-report.7"),
    ("pgrep", "complete-bash", "completions/pkill.bash"),
    ("pkill", "complete-zsh", "completions/_pkill"),
    ("pgrep", "complete-fish", "completions/pgrep.fish"),
    ("pkill", "complete-fish", "completions/pkill.fish"),
    ("pidwait", "complete-fish", "completions/pidwait.fish"),
    ("pkill", "schema", "docs/report.schema.json"),
    ("pgrep", "schema-explanation", "docs/explanation.schema.json"),
    ("pgrep", "install", "packaging/install"),
];

#[test]
fn each_file_is_printed_as_it_is() {
    for (program, what, path) in FILES {
        let expected = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
        let output = Run::ours(program).args(["--generate", what]).run();
        assert_eq!((output.status, output.err().as_str()), (0, ""), "{program} --generate {what}");
        assert!(output.stdout == expected, "{program} --generate {what} is not {path}");
    }
}

#[test]
fn arguments() {
    check(
        |_| (),
        &[
            case("pgrep --generate=man-report -y a b").prints_with(".Dt PKILL-REPORT 7").ours_only(),
            case("pkill --generate nosuch")
                .usage("pkill: invalid argument for --generate: nosuch\npkill: valid arguments: man, man-patterns, ")
                .ours_only(),
            case("pkill --generate").usage("pkill: option '--generate' requires an argument").ours_only(),
        ],
    );
}
