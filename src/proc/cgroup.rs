//! /proc/PID/cgroup (cgroups(7)): the control group of a process in each hierarchy.

/// A line of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Membership<'l> {
    /// The controllers of a v1 hierarchy, with commas between them, or `name=…`; empty for v2.
    pub controllers: &'l [u8],
    /// The group, seen from the root of our cgroup namespace.
    pub path: &'l [u8],
}

impl<'l> Membership<'l> {
    /// Whether the hierarchy is the one of v2, which there is one of.
    pub(crate) fn is_v2(&self) -> bool {
        self.controllers.is_empty()
    }

    /// Whether the hierarchy is the one of v1 that has this controller or this name (`name=systemd`).
    pub(crate) fn is_v1(&self, controller: &[u8]) -> bool {
        self.controllers.split(|&b| b == b',').any(|one| one == controller && !one.is_empty())
    }

    /// The path of the group without the mark that it was removed, which happens if only zombies remain in it.
    pub(crate) fn lasting_path(&self) -> &'l [u8] {
        self.path.strip_suffix(b" (deleted)").unwrap_or(self.path)
    }
}

/// The lines of the file, each `ID:CONTROLLERS:PATH`, where only the path can hold another colon.
pub(crate) fn memberships(lines: &[u8]) -> impl Iterator<Item = Membership<'_>> {
    lines.split(|&b| b == b'\n').filter_map(|line| {
        let mut fields = line.splitn(3, |&b| b == b':');
        let id = fields.next()?;
        let membership = Membership { controllers: fields.next()?, path: fields.next()? };
        (membership.is_v2() == (id == b"0")).then_some(membership)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = b"4:cpu,cpuacct:/a:b\n1:name=systemd:/c\n0::/d (deleted)\n\n3\n";
        let all: Vec<_> = memberships(text).collect();
        let expected =
            [(&b"cpu,cpuacct"[..], &b"/a:b"[..]), (b"name=systemd", b"/c"), (b"", b"/d (deleted)")];
        assert_eq!(all, expected.map(|(controllers, path)| Membership { controllers, path }));
        assert_eq!([all[0].is_v2(), all[2].is_v2()], [false, true]);
        for (controller, expected) in [("cpu", true), ("cpuacct", true), ("cp", false), ("", false)] {
            assert_eq!(all[0].is_v1(controller.as_bytes()), expected, "{controller}");
        }
        assert!(all[1].is_v1(b"name=systemd") && !all[1].is_v1(b"systemd") && !all[2].is_v1(b""));
        assert_eq!(all[2].lasting_path(), b"/d");
    }
}
