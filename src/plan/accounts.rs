//! Users and groups, from names to numbers.

use std::ffi::OsStr;

use crate::error::Error;
use crate::request::Account;

/// UIDs, by the user database where a name was given (getpwnam(3)).
pub fn users(accounts: &[Account]) -> Result<Vec<u32>, Error> {
    resolve(accounts, "user", |name| users::get_user_by_name(name).map(|user| user.uid()))
}

/// GIDs, by the group database where a name was given (getgrnam(3)).
pub fn groups(accounts: &[Account]) -> Result<Vec<u32>, Error> {
    resolve(accounts, "group", |name| users::get_group_by_name(name).map(|group| group.gid()))
}

fn resolve(
    accounts: &[Account],
    kind: &str,
    look_up: impl Fn(&OsStr) -> Option<u32>,
) -> Result<Vec<u32>, Error> {
    let id = |account: &Account| match account {
        Account::Id(id) => Ok(*id),
        Account::Name(name) => look_up(name)
            .ok_or_else(|| Error::usage(format!("invalid {kind} name: {}", name.to_string_lossy()))),
    };
    accounts.iter().map(id).collect()
}
