//! Users and groups, from names to numbers.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use crate::accounts;
use crate::error::Error;
use crate::request::Account;

/// UIDs, by the user database where a name was given.
pub(super) fn users(named: &[Account]) -> Result<BTreeSet<u32>, Error> {
    resolve(named, "user", accounts::uid)
}

/// GIDs, by the group database where a name was given.
pub(super) fn groups(named: &[Account]) -> Result<BTreeSet<u32>, Error> {
    resolve(named, "group", accounts::gid)
}

fn resolve(
    named: &[Account],
    kind: &str,
    look_up: impl Fn(&OsStr) -> Option<u32>,
) -> Result<BTreeSet<u32>, Error> {
    let id = |account: &Account| match account {
        Account::Id(id) => Ok(*id),
        Account::Name(name) => look_up(name)
            .ok_or_else(|| Error::usage(format!("invalid {kind} name: {}", name.to_string_lossy()))),
    };
    named.iter().map(id).collect()
}
