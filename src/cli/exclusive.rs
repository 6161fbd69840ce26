//! Options that cannot be used together.

use super::opt::Opt;

/// Options that are mutually exclusive.
pub(super) static EXCLUSIVE: &[&[&str]] = &[
    &["pid", "pidfile"],
    &["newest", "oldest", "inverse"],
    &["quiet", "verbose", "json", "summary"],
    &["quiet", "list-full"],
    &["quiet", "list-name"],
    &["quiet", "id"],
    &["quiet", "columns"],
    &["columns", "id"],
    &["quiet", "dry-run"],
    &["columns", "list-name"],
    &["columns", "list-full"],
    &["columns", "verbose"],
    &["columns", "choose"],
    &["dry-run", "interactive", "choose"],
    &["quiet", "choose"],
    &["print0", "delimiter"],
    &["print0", "count"],
    &["print0", "verbose", "json", "summary"],
    &["summary", "count"],
    &["summary", "echo"],
    &["summary", "list-name"],
    &["summary", "list-full"],
    &["summary", "id"],
    &["summary", "columns"],
    &["summary", "delimiter"],
    &["summary", "explain"],
    &["log-to", "explain"],
    &["kill-after", "escalate"],
    &["until-none", "mrelease"],
    &["until-none", "choose"],
    &["tree", "lightweight"],
    &["choose", "lightweight"],
    &["freeze", "interactive"],
    &["freeze", "choose"],
    &["whole-group", "choose"],
    &["dry-run", "interactive", "choose-signal"],
    &["quiet", "choose-signal"],
    &["until-none", "choose-signal"],
    &["freeze", "choose-signal"],
    &["whole-group", "choose-signal"],
    &["require-handler", "choose-signal"],
];

impl Opt {
    /// Whether the two options are mutually exclusive.
    pub fn excludes(&self, other: &Opt) -> bool {
        let both = |group: &&&[&str]| group.contains(&self.long) && group.contains(&other.long);
        self.long != other.long && EXCLUSIVE.iter().any(|group| both(&group))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::options::find;

    #[test]
    fn exclusive_options_exist() {
        for group in EXCLUSIVE {
            let unique: BTreeSet<_> = group.iter().collect();
            assert!(unique.len() == group.len() && group.len() > 1, "{group:?}");
            for name in *group {
                assert!(find(name.as_bytes()).is_some(), "--{name}");
            }
        }
    }
}
