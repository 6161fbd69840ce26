//! systemd's units. Nobody is asked who is in one: systemd puts the processes of a unit into a control group that has
//! its name, and those of a unit of a user below the groups of that user's manager.

use std::borrow::Cow;

use super::glob::{Glob, is_pattern, names};
use crate::proc::memberships;

/// The types of units (systemd.unit(5)).
const TYPES: [&[u8]; 11] = [
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

/// A unit, or several.
#[derive(Clone, Debug)]
pub struct Unit(Glob);

impl Unit {
    /// As systemctl(1) takes a name: without a type it is a service, but a pattern is one of whole names. A template
    /// stands for its instances, as nothing runs in itself.
    pub fn new(name: &[u8]) -> Unit {
        let typed = TYPES.iter().any(|unit_type| name.ends_with(unit_type));
        let name =
            if typed || is_pattern(name) { Cow::Borrowed(name) } else { [name, b".service"].concat().into() };
        let dot = memchr::memrchr(b'.', &name).unwrap_or(name.len());
        let (stem, unit_type) = name.split_at(dot);
        let name = if stem.ends_with(b"@") { [stem, b"*", unit_type].concat().into() } else { name };
        Unit(Glob::new(&name))
    }
}

/// Whether a process with these lines in /proc/PID/cgroup is in one of the units, or in a group below it. systemd
/// keeps to v2, or to the v1 hierarchy of its name.
pub fn is_in_unit(lines: &[u8], units: &[Unit]) -> bool {
    let trees = memberships(lines).filter(|one| one.is_v2() || one.is_v1(b"name=systemd"));
    let mut groups = trees.flat_map(|one| names(one.lasting_path()));
    groups.any(|group| units.iter().any(|unit| unit.0.takes(unit_name(group))))
}

/// systemd puts a `_` before names that the kernel or systemd itself could take for something else, such as
/// `cpu.service` or `_x.service` (`cg_escape` of its cgroup-util.c).
fn unit_name(group: &[u8]) -> &[u8] {
    group.strip_prefix(b"_").unwrap_or(group)
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
            ("*nginx", system, false), // a pattern is one of whole names
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
}
