//! The unit that a process belongs to, by the path of its control group, as systemd reads it (`cg_path_get_unit` and
//! `cg_path_get_user_unit` in its cgroup-util.c): the first group that is no slice. What lies below is the unit's own.

use super::glob::names;
use super::unit::{TYPES, unescaped};
use crate::proc::memberships;

/// A unit that has processes: a service or a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitName {
    /// Which instance of systemd manages it.
    pub manager: Manager,
    /// The name with its type: letters, digits and `:-_.\@`.
    pub name: String,
}

/// An instance of systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    /// The one that is PID 1.
    System,
    /// The one of the user with this UID (user@.service).
    User(u32),
}

impl UnitName {
    /// The unit of a process with this /proc/PID/cgroup.
    pub(crate) fn of(lines: &[u8]) -> Option<UnitName> {
        let groups = memberships(lines).filter(|one| one.is_v2() || one.is_v1(b"name=systemd"));
        groups.filter_map(|group| UnitName::of_path(group.lasting_path())).next()
    }

    fn of_path(path: &[u8]) -> Option<UnitName> {
        // A path above the root of the cgroup namespace belongs to another one.
        let mut groups = names(path).filter(|name| *name != b"..").map(unescaped);
        let name = first_unit(&mut groups)?;
        let user = name.strip_prefix("user@").and_then(|name| name.strip_suffix(".service"));
        let of_user = user
            .and_then(|uid| uid.parse().ok())
            .and_then(|uid| Some(UnitName { manager: Manager::User(uid), name: first_unit(&mut groups)? }));
        Some(of_user.unwrap_or(UnitName { manager: Manager::System, name }))
    }

    /// Whether its manager starts its processes; those of a scope were started by others.
    pub(crate) fn is_service(&self) -> bool {
        self.name.ends_with(".service")
    }

    /// Whether the manager itself is in it.
    pub(crate) fn is_managers_own(&self) -> bool {
        self.name == "init.scope"
    }
}

/// The first that is no slice, if that is a unit.
fn first_unit<'n>(groups: &mut impl Iterator<Item = &'n [u8]>) -> Option<String> {
    let name = groups.find(|name| !(is_unit_name(name) && name.ends_with(b".slice")))?;
    let has_processes = name.ends_with(b".service") || name.ends_with(b".scope");
    let text = str::from_utf8(name).ok().filter(|_| has_processes && is_unit_name(name))?;
    Some(text.to_owned())
}

/// Whether systemd accepts the name (`unit_name_is_valid` in its unit-name.c), and systemctl(1) takes it for one and
/// not for an option: a user can give groups of its own any name.
fn is_unit_name(name: &[u8]) -> bool {
    let is_valid = |b: &u8| b.is_ascii_alphanumeric() || b":-_.\\@".contains(b);
    let has_stem = TYPES.iter().any(|one| name.len() > one.len() && name.ends_with(one));
    has_stem
        && name.len() < 256
        && !name.starts_with(b"-")
        && !name.starts_with(b"@")
        && name.iter().all(is_valid)
}

#[cfg(test)]
mod tests {
    use super::Manager::{System, User};
    use super::*;

    #[test]
    fn the_first_group_that_is_no_slice() {
        for (lines, expected) in [
            ("0::/system.slice/nginx.service\n", Some((System, "nginx.service"))),
            (
                "0::/system.slice/system-getty.slice/getty@tty1.service\n",
                Some((System, "getty@tty1.service")),
            ),
            ("0::/system.slice/nginx.service (deleted)\n", Some((System, "nginx.service"))),
            ("0::/../system.slice/nginx.service\n", Some((System, "nginx.service"))),
            ("0::/system.slice/_cpu.service\n", Some((System, "cpu.service"))),
            ("0::/system.slice/run.service/sub.service/leaf\n", Some((System, "run.service"))),
            ("0::/init.scope\n", Some((System, "init.scope"))),
            ("0::/user.slice/user-7.slice/session-3.scope\n", Some((System, "session-3.scope"))),
            ("0::/user.slice/user-7.slice/user@7.service/init.scope\n", Some((User(7), "init.scope"))),
            (
                "0::/user.slice/user-7.slice/user@7.service/app.slice/a\\x2db.service\n",
                Some((User(7), "a\\x2db.service")),
            ),
            ("0::/user.slice/user-7.slice/user@7.service/app.slice\n", Some((System, "user@7.service"))),
            ("0::/user.slice/user-7.slice/user@7.service\n", Some((System, "user@7.service"))),
            ("5:cpu:/a.service\n1:name=systemd:/b.service\n0::/\n", Some((System, "b.service"))),
            ("5:cpu:/a.service\n0::/\n", None),
            ("0::/\n", None),
            ("0::/docker/0123\n", None),
            ("0::/system.slice/x.socket\n", None),
            // Names that only a user can have made.
            ("0::/user.slice/user@7.service/--force.service\n", Some((System, "user@7.service"))),
            ("0::/user.slice/user@7.service/$(id).service\n", Some((System, "user@7.service"))),
            ("0::/user.slice/user@7.service/a b.service\n", Some((System, "user@7.service"))),
            ("0::/user.slice/user@7.service/.service\n", Some((System, "user@7.service"))),
        ] {
            let expected = expected.map(|(manager, name): (_, &str)| UnitName { manager, name: name.into() });
            assert_eq!(UnitName::of(lines.as_bytes()), expected, "{lines}");
        }
    }

    /// `UNIT_NAME_MAX` of systemd is 256 with the NUL. A longer name is that of a group which a user has made.
    #[test]
    fn a_unit_name_has_at_most_255_bytes() {
        for (length, is_name) in [(255, true), (256, false)] {
            let name = format!("{}.service", "a".repeat(length - ".service".len()));
            assert_eq!(is_unit_name(name.as_bytes()), is_name, "{length}");
        }
    }

    #[test]
    fn kinds_of_units() {
        for (name, is_service, is_managers_own) in
            [("a.service", true, false), ("session-3.scope", false, false), ("init.scope", false, true)]
        {
            let unit = UnitName { manager: System, name: name.into() };
            assert_eq!((unit.is_service(), unit.is_managers_own()), (is_service, is_managers_own), "{name}");
        }
    }
}
