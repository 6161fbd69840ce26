//! Control groups, as `--cgroup` names them.

use super::glob::{PathGlob, is_pattern};
use crate::proc::{Membership, memberships};

/// A control group, or several.
#[derive(Clone, Debug)]
pub(crate) struct Cgroup {
    /// A controller or the name of the v1 hierarchy; None is v2.
    hierarchy: Option<Vec<u8>>,
    /// Exactly this path matches too, even if it is a pattern, as in procps-ng.
    path: Vec<u8>,
    glob: Option<PathGlob>,
}

impl Cgroup {
    /// `/PATH` in v2 or `CONTROLLER:/PATH` in v1. The path may be a pattern; a slash at its end adds all groups
    /// below, except to the root group `/`.
    pub(crate) fn new(text: &[u8]) -> Cgroup {
        let colon = memchr::memmem::find(text, b":/").filter(|_| !text.starts_with(b"/"));
        let (hierarchy, path) = match colon {
            Some(colon) => (Some(text[..colon].to_vec()), &text[colon + 1..]),
            None => (None, text),
        };
        let several = is_pattern(path) || path.ends_with(b"/") && path != b"/";
        Cgroup { hierarchy, path: path.to_vec(), glob: several.then(|| PathGlob::new(path)) }
    }

    fn contains(&self, membership: &Membership<'_>) -> bool {
        let same_hierarchy = match &self.hierarchy {
            None => membership.is_v2(),
            Some(controller) => membership.is_v1(controller),
        };
        let below = |glob: &PathGlob| glob.matches(membership.lasting_path());
        same_hierarchy && (self.path == membership.path || self.glob.as_ref().is_some_and(below))
    }
}

/// Whether a process with these lines in /proc/PID/cgroup is in one of the groups.
pub(super) fn is_in_cgroup(lines: &[u8], groups: &[Cgroup]) -> bool {
    memberships(lines).any(|membership| groups.iter().any(|group| group.contains(&membership)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        let lines = b"4:cpu,cpuacct:/x/y\n2:name=systemd:/user.slice\n0::/system.slice/a\\x2db.service\n";
        let gone = b"0::/a (deleted)\n";
        let odd = b"0::/a*/[b]\n";
        for (group, lines, expected) in [
            (r"/system.slice/a\x2db.service", &lines[..], true),
            ("/system.slice/a-b.service", lines, false),
            ("/system.slice", lines, false),
            ("/system.slice/", lines, true),
            ("/system.slice/*", lines, true),
            (r"/system.slice/a\x2d*", lines, true),
            ("/*", lines, false),
            ("/*/*.service", lines, true),
            ("/**/*.service", lines, true),
            ("/*.slice/", lines, true),
            ("/", lines, false),
            ("/", b"0::/\n", true),
            ("/**", lines, true),
            ("system.slice/", lines, true),
            ("/user.slice", lines, false),
            ("name=systemd:/user.slice", lines, true),
            ("name=systemd:/*.slice", lines, true),
            ("systemd:/user.slice", lines, false),
            ("cpu:/x/y", lines, true),
            ("cpuacct:/x/y", lines, true),
            ("cpu:/x/", lines, true),
            ("cpu:/", lines, false),
            ("cpu:/**", lines, true),
            ("memory:/x/y", lines, false),
            (":/x/y", lines, false),
            ("cpu", lines, false),
            ("/a (deleted)", gone, true),
            ("/a", gone, false), // as in procps-ng
            ("/a/", gone, true),
            ("/?", gone, true),
            ("/a*/[b]", odd, true),
            ("/a*/b", odd, false),
            ("/a:/b", b"0::/a:/b\n", true),
            ("/x", b"", false),
        ] {
            let compiled = Cgroup::new(group.as_bytes());
            assert_eq!(is_in_cgroup(lines, &[compiled]), expected, "{group}: {}", lines.escape_ascii());
        }
    }
}
