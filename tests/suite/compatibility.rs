//! `docs/COMPATIBILITY.md` and the tests name the same differences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pkill::cli::opt::Origin;
use pkill::cli::options::OPTIONS;

use crate::architecture::sources;

/// Test file, as `age.rs` or `ere/traps.rs`, and its text.
fn test_files() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let name = |path: &Path| path.strip_prefix(&root).expect("below").to_str().expect("UTF-8").to_owned();
    sources("tests/suite").into_iter().map(|(path, text)| (name(&path), text)).collect()
}

/// Cells of the rows that begin with a name in back quotes.
fn rows() -> Vec<Vec<String>> {
    let table = include_str!("../../docs/COMPATIBILITY.md");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches(['|', ' ']).to_owned()).collect()).collect()
}

#[test]
fn each_row_names_a_test_that_exists() {
    let files = test_files();
    assert!(rows().len() > 20, "the table was found");
    for row in rows() {
        let [_, _, _, _, test] = &row[..] else { panic!("five cells: {row:?}") };
        let (file, function) = test.split_once(' ').unwrap_or_else(|| panic!("file and test: {row:?}"));
        let text = files.get(file).unwrap_or_else(|| panic!("no such file: {row:?}"));
        assert!(text.contains(&format!("fn {}()", function.trim_matches('`'))), "no such test: {row:?}");
    }
}

/// The other direction, a difference without a row, fails in the table that has it.
#[test]
fn each_difference_in_a_table_is_a_row_and_the_other_way_round() {
    let files = test_files();
    let in_tests: BTreeSet<&str> = files
        .values()
        .flat_map(|text| text.split(concat!(".diff", "ers(")).skip(1))
        .map(|rest| rest.split('"').nth(1).expect("a name"))
        .collect();
    let rows = rows();
    let in_table: BTreeSet<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    // Differences that no table of command lines can show; their rows name tests of their own.
    let shown_elsewhere = BTreeSet::from([
        "advice",
        "handle",
        "reaped-once",
        "H-signal-0",
        "closed-pipe",
        "no-proc",
        "other-proc",
        "unicode-version",
        "too-big",
        "privileges",
    ]);
    assert_eq!(in_table, in_tests.union(&shown_elsewhere).copied().collect());
}

#[test]
fn each_option_that_procps_lacks_is_named() {
    let text = include_str!("../../docs/COMPATIBILITY.md");
    let list =
        text.split("\n\n").find(|part| part.starts_with("procps-ng lacks these options")).expect("the list");
    for opt in OPTIONS {
        let is_new = opt.origin == Origin::New;
        assert_eq!(list.contains(&format!("`--{}`", opt.long)), is_new, "--{}", opt.long);
    }
}
