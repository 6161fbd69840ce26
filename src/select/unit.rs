//! systemd's units. A process's units are read from the names of its control groups: systemd puts the processes of a
//! unit into a group with the unit's name. The units of a user's manager are below the group of that manager, which is
//! a unit of the system: `user@UID.service` (systemd.special(7)). A user names them freely, so that one of them may
//! have the name of a system unit.

use std::borrow::Cow;
use std::collections::BTreeSet;

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

/// A unit, or several: the name may be a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// None: a unit of the system.
    manager: Option<Glob>,
    name: Glob,
}

impl Unit {
    /// A unit of the system, or `user@UID/NAME`, one of that user's manager.
    pub(crate) fn new(text: &[u8]) -> Unit {
        match text.iter().position(|&b| b == b'/') {
            Some(slash) => Unit { manager: Some(named(&text[..slash])), name: named(&text[slash + 1..]) },
            None => Unit { manager: None, name: named(text) },
        }
    }

    /// A unit of this user's manager; None: of any user's.
    pub(crate) fn of_user(name: &[u8], uid: Option<u32>) -> Unit {
        Unit { manager: Some(manager_of(uid)), name: named(name) }
    }

    fn has(&self, units: &Units<'_>) -> bool {
        match (&self.manager, units.manager()) {
            (None, _) => units.of_system().any(|name| self.name.matches(name)),
            (Some(wanted), Some(manager)) => {
                wanted.matches(manager) && units.of_user().any(|name| self.name.matches(name))
            }
            (Some(_), None) => false,
        }
    }
}

/// A name is read as systemctl(1) reads it: without a type suffix it is a service, and a pattern is matched against
/// the whole name. A template matches its instances, since a template itself has no processes.
fn named(name: &[u8]) -> Glob {
    let typed = TYPES.iter().any(|unit_type| name.ends_with(unit_type));
    let name =
        if typed || is_pattern(name) { Cow::Borrowed(name) } else { [name, b".service"].concat().into() };
    let dot = memchr::memrchr(b'.', &name).unwrap_or(name.len());
    let (stem, unit_type) = name.split_at(dot);
    let name = if stem.ends_with(b"@") { [stem, b"*", unit_type].concat().into() } else { name };
    Glob::new(&name)
}

fn manager_of(uid: Option<u32>) -> Glob {
    named(uid.map_or("user@".to_owned(), |uid| format!("user@{uid}")).as_bytes())
}

/// Whether a process with this /proc/PID/cgroup is in one of the units, or in a group below it.
pub(super) fn is_in_unit(lines: &[u8], units: &[Unit]) -> bool {
    all_units(lines).any(|group| units.iter().any(|unit| unit.has(&group)))
}

/// The system's units that a process with this /proc/PID/cgroup is in.
pub(crate) fn units_of(lines: &[u8]) -> BTreeSet<Vec<u8>> {
    let names =
        |group: Units<'_>| group.of_system().filter(|name| has_processes(name)).map(<[u8]>::to_vec).collect();
    all_units(lines).flat_map(|group| -> Vec<_> { names(group) }).collect()
}

/// The units of this user's manager, or of any user's, that a process with this /proc/PID/cgroup is in.
pub(crate) fn user_units_of(lines: &[u8], uid: Option<u32>) -> BTreeSet<Vec<u8>> {
    let wanted = manager_of(uid);
    let groups = all_units(lines).filter(|group| group.manager().is_some_and(|name| wanted.matches(name)));
    let names =
        |group: Units<'_>| group.of_user().filter(|name| has_processes(name)).map(<[u8]>::to_vec).collect();
    groups.flat_map(|group| -> Vec<_> { names(group) }).collect()
}

/// Only services, scopes and slices have processes (systemd.unit(5)).
fn has_processes(name: &[u8]) -> bool {
    let (stem, unit_type) = name.split_at(memchr::memrchr(b'.', name).unwrap_or(name.len()));
    !stem.is_empty() && [&b".service"[..], b".scope", b".slice"].contains(&unit_type)
}

/// The name of a control group as systemd has it: it puts a `_` before a name that could be taken for another file,
/// such as `cpu.service` or `_x.service` (`cg_escape` in its cgroup-util.c).
pub(super) fn unescaped(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"_").unwrap_or(name)
}

/// The names of one control group and of those above it, from the top, as systemd has them.
struct Units<'l> {
    names: Vec<&'l [u8]>,
    /// Where the manager of a user is among them.
    manager: Option<usize>,
}

impl<'l> Units<'l> {
    fn new(path: &'l [u8]) -> Self {
        let names: Vec<&[u8]> = names(path).map(unescaped).collect();
        let is_manager = |name: &&[u8]| name.starts_with(b"user@") && name.ends_with(b".service");
        let manager = names.iter().position(is_manager);
        Units { names, manager }
    }

    fn manager(&self) -> Option<&'l [u8]> {
        self.manager.map(|at| self.names[at])
    }

    fn of_system(&self) -> impl Iterator<Item = &'l [u8]> {
        self.names[..self.manager.map_or(self.names.len(), |at| at + 1)].iter().copied()
    }

    fn of_user(&self) -> impl Iterator<Item = &'l [u8]> {
        self.names[self.manager.map_or(self.names.len(), |at| at + 1)..].iter().copied()
    }
}

/// systemd manages the v2 hierarchy, or the v1 hierarchy `name=systemd`.
fn all_units(lines: &[u8]) -> impl Iterator<Item = Units<'_>> {
    let groups = memberships(lines).filter(|one| one.is_v2() || one.is_v1(b"name=systemd"));
    groups.map(|group| Units::new(group.lasting_path()))
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
            ("app.slice", user, false), // of the user's manager
            (r"app-a\x2db@7", user, false),
            ("user@1000/app.slice", user, true),
            (r"user@1000.service/app-a\x2db@7", user, true),
            (r"user@/app-a\x2db@", user, true),
            ("user@1001/app.slice", user, false),
            ("user@1000/app-a-b@7", user, false),
            ("user@1000/user-1000.slice", user, false), // of the system
            ("user@1000/user@1000", user, false),
            ("user@/nginx", system, false),
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
    fn units_of_users() {
        let lines = b"0::/user.slice/user-7.slice/user@7.service/app.slice/nginx.service\n";
        for (name, uid, expected) in [
            ("nginx", None, true),
            ("nginx", Some(7), true),
            ("nginx", Some(8), false),
            ("app.slice", Some(7), true),
            ("user@7", Some(7), false),
            ("user.slice", None, false),
        ] {
            let unit = Unit::of_user(name.as_bytes(), uid);
            assert_eq!(is_in_unit(lines, &[unit]), expected, "{name} {uid:?}");
        }
        assert_eq!(user_units_of(lines, Some(8)), BTreeSet::new());
        for uid in [None, Some(7)] {
            let units = [&b"app.slice"[..], b"nginx.service"].map(<[u8]>::to_vec);
            assert_eq!(user_units_of(lines, uid), BTreeSet::from(units));
        }
    }

    #[test]
    fn units_that_a_process_is_in() {
        for (lines, expected) in [
            ("0::/user.slice/user@7.service/app.slice/a.scope/sub\n", &["user.slice", "user@7.service"][..]),
            ("5:cpu:/x.service\n1:name=systemd:/_cpu.service/__x.slice\n", &["cpu.service", "_x.slice"]),
            ("0::/a.b/.service/_.service/x.socket\n", &[]),
            ("0::/\n", &[]),
        ] {
            let expected = expected.iter().map(|name| name.as_bytes().to_vec());
            assert_eq!(units_of(lines.as_bytes()), expected.collect(), "{lines}");
        }
    }
}
