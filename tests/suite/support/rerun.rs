use std::process::Command;

/// The name of a test in the harness, from the test itself or from a closure in it:
/// `suite::module::test::{{closure}}` is `module::test`.
pub fn test_name<T>(_: &T) -> &'static str {
    let path = std::any::type_name::<T>();
    path.split_once("::").expect("a crate").1.trim_end_matches("::{{closure}}")
}

/// The arguments by which this executable runs one test and no other, and shows what it prints.
pub fn only(test: &str) -> [&str; 5] {
    ["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"]
}

/// This executable, to run that test in a process of its own.
pub fn rerun(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("our own executable"));
    command.args(only(test));
    command
}

/// Runs the command of [`rerun`], and fails if the test does, or if there is no such test.
pub fn must_pass(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    print!("{out}");
    assert!(output.status.success() && out.contains("1 passed"), "{}: {out}\n{err}", output.status);
}
