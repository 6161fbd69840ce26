//! `--json` where there is no report: the document has the error, and standard error has the usual message.

use serde_json::json;

use crate::support::{Run, document, lines, namespace, need};

#[test]
fn an_error_has_a_document() {
    for (line, kind, message, status) in [
        ("--json --verbose x", "usage", "--verbose and --json cannot be used together", 2),
        ("--json x(", "usage", "Unmatched ( or \\(", 2),
        ("--json", "usage", "no matching criteria specified", 2),
        ("--json --max x y", "usage", "not a number: x", 2),
        ("--nosuch --json x", "usage", "unrecognized option '--nosuch'", 2),
        ("--json x --nosuch", "usage", "unrecognized option '--nosuch'", 2),
        ("-u no-such-user --json", "usage", "invalid user name: no-such-user", 2),
        ("--js -F /nonexistent", "nothing_to_match", "Unable to open pidfile: No such file or directory", 1),
        ("--json --ns 99999999 x", "nothing_to_match", "", 1),
        ("--json --explain 1 -p 99999999 -u ,", "usage", "invalid empty list", 2),
    ] {
        for program in ["pgrep", "pkill", "pidwait"] {
            let run = |format: &str| {
                let line = line.replacen("--json", format, 1);
                Run::ours(program).args(line.split(' ')).run()
            };
            let output = run("--json");
            let document = document(&output);
            let error = &document["error"];
            let what = format!("{program} {line}: {document}");
            assert_eq!((&error["kind"], &error["exit_status"]), (&json!(kind), &json!(status)), "{what}");
            assert_eq!(output.status, status, "{what}");
            let said = error["message"].as_str().expect("a message");
            assert!(said.contains(message), "{what}");
            assert!(output.err().starts_with(&format!("{program}: {said}\n")), "{what}: {}", output.err());
            assert_eq!(document["argv"].as_array().expect("words").len(), line.split(' ').count() + 1);

            if line.contains("--json") {
                let output = run("--json=lines");
                let lines = lines(&output);
                assert_eq!((lines.len(), &lines[0]["kind"]), (1, &json!("error")), "{what}");
                assert_eq!((&lines[0]["error"], output.status), (error, status), "{what}");
            }
        }
    }
}

#[test]
fn a_hint_is_part_of_the_error() {
    let output = Run::ours("pkill").args(["--json", "--dry-rum", "x"]).run();
    assert_eq!(document(&output)["error"]["hint"], "did you mean '--dry-run'?");
}

/// Where `--json` is not recognized, there is no document.
#[test]
fn other_errors_are_text_only() {
    for line in ["--json=csv x", "x y -- --json", "--nosuch --jso", "--env --json"] {
        let output = Run::ours("pgrep").args(line.split(' ')).run();
        assert_eq!(output.out(), "", "{line}");
        assert_eq!(output.status, if line.starts_with("--env") { 1 } else { 2 }, "{line}: {output:?}");
    }
}

/// Exit status 3, and what is printed for it where it can be printed.
#[test]
fn fatal_errors() {
    namespace(|| {
        if !need("mount") {
            return;
        }
        let script = "mount -t tmpfs none /proc && exec \"$@\"";
        let pgrep = Run::ours("pgrep").program().to_owned();
        let output = Run::shell("exec unshare --mount sh -c \"$0\" sh \"$@\"")
            .args([script.as_ref(), pgrep.as_os_str(), "--json".as_ref(), "x".as_ref()])
            .run();
        let document = document(&output);
        assert_eq!((&document["error"]["kind"], output.status), (&json!("fatal"), 3), "{output:?}");
        assert_eq!(document["error"]["message"], "cannot read /proc: it is not a proc file system");
        assert_eq!(
            (&document["boot_id"], &document["invoker"]["parent"]["name"]),
            (&json!(null), &json!(null))
        );
    });
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = Run::ours("pgrep").args(["--json", "--nosuch"]).stdout(full).run();
    assert_eq!(output.status, 3, "{output:?}");
    for message in ["unrecognized option '--nosuch'", "write error: No space left on device"] {
        assert!(output.err().contains(message), "{output:?}");
    }
}
