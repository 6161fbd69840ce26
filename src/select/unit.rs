//! systemd's units. A process's units are read from the names of its control groups: systemd puts the processes of a
//! unit into a group with the unit's name, and those of a user's unit below the groups of that user's manager.

use std::borrow::Cow;

use super::glob::{Glob, is_pattern, names};
use crate::proc::memberships;

/// The types of units (systemd.unit(5)).
pub(super) const TYPES: [&[u8]; 11] = [
    b".service",
    b".socket",
    b".device",
    b".mount",
    b".automount",
    b".swap",
    b".target",
    b".path",
    b".timer",
    b".slice",
    b".scope",
];

/// A unit name, which may be a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Unit(Glob);

impl Unit {
    /// A name is read as systemctl(1) reads it: without a type suffix it is a service, and a pattern is matched against
    /// the whole name. A template matches its instances, since a template itself has no processes.
    pub(crate) fn new(name: &[u8]) -> Unit {
        let typed = TYPES.iter().any(|unit_type| name.ends_with(unit_type));
        let name =
            if typed || is_pattern(name) { Cow::Borrowed(name) } else { [name, b".service"].concat().into() };
        let dot = memchr::memrchr(b'.', &name).unwrap_or(name.len());
        let (stem, unit_type) = name.split_at(dot);
        let name = if stem.ends_with(b"@") { [stem, b"*", unit_type].concat().into() } else { name };
        Unit(Glob::new(&name))
    }
}

/// Whether a process with this /proc/PID/cgroup is in one of the units, or in a group below it.
pub(super) fn is_in_unit(lines: &[u8], units: &[Unit]) -> bool {
    unit_names(lines).any(|name| units.iter().any(|unit| unit.0.matches(name)))
}

/// The units that a process with this /proc/PID/cgroup is in: only services, scopes and slices have processes
/// (systemd.unit(5)).
pub(crate) fn units_of(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    unit_names(lines).filter(|name| {
        let (stem, unit_type) = name.split_at(memchr::memrchr(b'.', name).unwrap_or(name.len()));
        !stem.is_empty() && [&b".service"[..], b".scope", b".slice"].contains(&unit_type)
    })
}

/// The names of a process's control groups as systemd has them. systemd manages the v2 hierarchy, or the v1 hierarchy
/// `name=systemd`.
fn unit_names(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let groups = memberships(lines).filter(|one| one.is_v2() || one.is_v1(b"name=systemd"));
    groups.flat_map(|group| names(group.lasting_path())).map(unescaped)
}

/// The name of a group as systemd has it: it puts a `_` before a name that could be taken for another file, such as
/// `cpu.service` or `_x.service` (`cg_escape` in its cgroup-util.c).
pub(super) fn unescaped(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"_").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let user = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db@7.service/sub\n";
        let system = "0::/system.slice/nginx.service\n";
        let getty = "0::/system.slice/system-getty.slice/getty@tty1.service\n";
        let v1 = "5:cpu:/system.slice/cpuonly.service\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n0::/\n";
        for (name, lines, expected) in [
            ("nginx", system, true),
            ("nginx.service", system, true),
            ("nginx.socket", system, false),
            ("ngin", system, false),
            ("ginx", system, false),
            ("nginx*", system, true),
            ("*.service", system, true),
            ("*nginx", system, false), // a pattern matches the whole name
            ("system.slice", system, true),
            ("system", system, false),
            ("user@1000", user, true),
            ("user@", user, true),
            ("user@.service", user, true),
            ("user@1001", user, false),
            ("app.slice", user, true),
            (r"app-a\x2db@7", user, true),
            (r"app-a\x2db@", user, true),
            ("app-a-b@7", user, false),
            ("sub", user, false),
            ("user-1000.slice", user, true),
            ("getty@tty1", getty, true),
            ("getty@", getty, true),
            ("getty@tty2", getty, false),
            ("getty", getty, false),
            ("system-getty.slice", getty, true),
            ("session-3.scope", v1, true),
            ("session-3", v1, false),
            ("cpuonly", v1, false), // not systemd's hierarchy
            ("cpu", "0::/system.slice/_cpu.service\n", true),
            ("_x", "0::/system.slice/__x.service\n", true),
            ("a.b", "0::/a.b.service\n", true),
            ("nginx", "0::/system.slice/nginx.service (deleted)\n", true),
            ("nginx", "0::/../system.slice/nginx.service\n", true),
            ("nginx", "0::/\n", false),
            ("nginx", "", false),
        ] {
            assert_eq!(
                is_in_unit(lines.as_bytes(), &[Unit::new(name.as_bytes())]),
                expected,
                "{name}: {lines}"
            );
        }
    }

    #[test]
    fn units_that_a_process_is_in() {
        for (lines, expected) in [
            (
                "0::/user.slice/user@7.service/app.slice/a.scope/sub\n",
                &["user.slice", "user@7.service", "app.slice", "a.scope"][..],
            ),
            ("5:cpu:/x.service\n1:name=systemd:/_cpu.service/__x.slice\n", &["cpu.service", "_x.slice"]),
            ("0::/a.b/.service/_.service/x.socket\n", &[]),
            ("0::/\n", &[]),
        ] {
            let units: Vec<&[u8]> = units_of(lines.as_bytes()).collect();
            assert_eq!(units, expected.iter().map(|name| name.as_bytes()).collect::<Vec<_>>(), "{lines}");
        }
    }
}
