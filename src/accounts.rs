//! The databases of users and groups: names to numbers, and back.
//!
//! A dynamically linked program asks the C library (getpwnam(3)), and through it LDAP and the other databases that
//! nsswitch.conf(5) names. A static program must not: its own copy of the C library would load the modules of the
//! system that it runs on, and with them a second C library of another version. It reads the files.

use std::ffi::OsString;

#[cfg(target_feature = "crt-static")]
use files as database;
#[cfg(not(target_feature = "crt-static"))]
use name_service as database;

pub(crate) use database::{gid, uid};

/// The name of a user, or the UID if it has no name.
pub(crate) fn user_name(uid: u32) -> OsString {
    database::user_name(uid).unwrap_or_else(|| uid.to_string().into())
}

/// The name of a group, or the GID if it has no name.
pub(crate) fn group_name(gid: u32) -> OsString {
    database::group_name(gid).unwrap_or_else(|| gid.to_string().into())
}

#[cfg(not(target_feature = "crt-static"))]
mod name_service {
    use std::ffi::{OsStr, OsString};

    /// The UID of a user.
    pub(crate) fn uid(name: &OsStr) -> Option<u32> {
        users::get_user_by_name(name).map(|user| user.uid())
    }

    /// The GID of a group.
    pub(crate) fn gid(name: &OsStr) -> Option<u32> {
        users::get_group_by_name(name).map(|group| group.gid())
    }

    /// The name of a user.
    pub(crate) fn user_name(uid: u32) -> Option<OsString> {
        users::get_user_by_uid(uid).map(|user| user.name().to_owned())
    }

    /// The name of a group.
    pub(crate) fn group_name(gid: u32) -> Option<OsString> {
        users::get_group_by_gid(gid).map(|group| group.name().to_owned())
    }
}

#[cfg(any(target_feature = "crt-static", test))]
#[cfg_attr(not(target_feature = "crt-static"), allow(dead_code))]
mod files {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    const USERS: &str = "/etc/passwd";
    const GROUPS: &str = "/etc/group";

    /// The UID of a user in passwd(5).
    pub(crate) fn uid(name: &OsStr) -> Option<u32> {
        let text = std::fs::read(USERS).ok()?;
        entries(&text).find(|&(entry, _)| entry == name.as_bytes()).map(|(_, id)| id)
    }

    /// The GID of a group in group(5).
    pub(crate) fn gid(name: &OsStr) -> Option<u32> {
        let text = std::fs::read(GROUPS).ok()?;
        entries(&text).find(|&(entry, _)| entry == name.as_bytes()).map(|(_, id)| id)
    }

    /// The name of a user in passwd(5).
    pub(crate) fn user_name(uid: u32) -> Option<OsString> {
        name(USERS, uid)
    }

    /// The name of a group in group(5).
    pub(crate) fn group_name(gid: u32) -> Option<OsString> {
        name(GROUPS, gid)
    }

    fn name(file: &str, number: u32) -> Option<OsString> {
        let text = std::fs::read(file).ok()?;
        entries(&text).find(|&(_, id)| id == number).map(|(name, _)| OsString::from_vec(name.to_owned()))
    }

    /// Names and numbers: the first and the third field of both files. Lines that are no entries are skipped: comments,
    /// and the `+` and `-` that include another database or exclude a part of it (nsswitch.conf(5)).
    pub(super) fn entries(text: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
        text.split(|&byte| byte == b'\n').filter_map(|line| {
            let mut fields = line.trim_ascii_start().split(|&byte| byte == b':');
            let name = fields.next().filter(|name| !matches!(name.first(), Some(b'#' | b'+' | b'-')))?;
            let id = std::str::from_utf8(fields.nth(1)?).ok()?.parse().ok()?;
            Some((name, id))
        })
    }
}

/// The user that `--user-unit` selects units of: the caller, as in `systemctl --user`, and for root (None) any user.
pub(crate) fn user_of_units() -> Option<u32> {
    let uid = rustix::process::getuid();
    (!uid.is_root()).then(|| uid.as_raw())
}

#[cfg(test)]
mod tests {
    use super::files::entries;

    #[test]
    fn entries_are_names_and_numbers() {
        let text =
            b"root:x:0:0:root:/root:/bin/sh\n# old:x:7:\n\n+nis:x:8:\n-gone:x:9:\n+\n adm:*:4:a,b\nshort:x\n\
                     wrong:x:four:\nhigh:x:4294967295:\nbeyond:x:4294967296:\nM\xfcller::1000:1000::/:";
        let found: Vec<(&[u8], u32)> = entries(text).collect();
        let expected: [(&[u8], u32); 4] =
            [(b"root", 0), (b"adm", 4), (b"high", u32::MAX), (b"M\xfcller", 1000)];
        assert_eq!(found, expected);
    }
}
