//! Whether users other than root and the caller decide what is in a file, or which file is at a path: by writing to it,
//! or by putting another file in its place.

use std::ffi::OsString;
use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::process::{getegid, geteuid};

use crate::accounts;
use crate::proc::is_overflow_uid;

/// As many symbolic links as the kernel follows in a path (path_resolution(7)).
const LINKS_MAX: usize = 40;

/// Why a file is not trusted: the first reason on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distrust {
    /// The file, or a directory or symbolic link that leads to it.
    path: PathBuf,
    what: What,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    File,
    Directory,
    Link,
}

/// What lets others change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    OwnedBy(u32),
    WritableByGroup(u32),
    WritableByAll,
    /// It has another name, and its directory is writable by others.
    HardLink,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::File => f.write_str("it is ")?,
            What::Directory => write!(f, "directory {} is ", self.path.display())?,
            What::Link => write!(f, "symbolic link {} is ", self.path.display())?,
        }
        match self.how {
            How::OwnedBy(uid) => write!(f, "owned by user {}", accounts::user_name(uid).display()),
            How::WritableByGroup(gid) => {
                write!(f, "writable by group {}", accounts::group_name(gid).display())
            }
            How::WritableByAll => f.write_str("writable by all users"),
            How::HardLink => f.write_str("a hard link in a directory that others may write to"),
        }
    }
}

/// Which users may write to the directories on the way to a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directories {
    /// No other user: what is in the file decides what is signalled.
    OfUser,
    /// Also their groups, if other users own neither the file nor a link to it: /var/log belongs to the group of the
    /// system logger on Ubuntu.
    OfGroups,
}

impl Directories {
    /// Whether each user with write permission may replace every entry of the directory. In a sticky directory, only the
    /// owner of an entry may (unlink(2), rename(2)).
    fn forbid(self, directory: &Metadata, how: How) -> bool {
        let is_sticky = directory.mode() & libc::S_ISVTX != 0;
        !is_sticky && (self == Directories::OfUser || how == How::WritableByAll)
    }
}

/// Why this file, which was opened by this path, is not trusted.
pub(super) fn distrust(path: &Path, file: &File) -> Option<Distrust> {
    let metadata = file.metadata().ok()?;
    // A file that is no longer at its path is judged by itself.
    let on_the_way = walk(path, Directories::OfUser).unwrap_or_default();
    on_the_way.or_else(|| of_file(path, &metadata))
}

/// Why nothing should be appended to this file, which was opened by this path. A path that no longer exists, or is
/// being changed, is an error.
pub(crate) fn distrust_log(path: &Path, file: &File) -> io::Result<Option<Distrust>> {
    let metadata = file.metadata()?;
    let on_the_way = walk(path, Directories::OfGroups)?;
    Ok(on_the_way.or_else(|| of_file(path, &metadata)))
}

fn of_file(path: &Path, metadata: &Metadata) -> Option<Distrust> {
    let how = owner(metadata).or_else(|| writers(metadata))?;
    Some(Distrust { path: path.to_owned(), what: What::File, how })
}

/// Why no file should be made in this directory.
pub(crate) fn distrust_log_directory(path: &Path) -> io::Result<Option<Distrust>> {
    let on_the_way = walk(path, Directories::OfGroups)?;
    let metadata = std::fs::metadata(path)?;
    let writers = || writers(&metadata).filter(|how| Directories::OfGroups.forbid(&metadata, *how));
    let how = || owner(&metadata).filter(|_| !is_of_outside(&metadata)).or_else(writers);
    let itself = || how().map(|how| Distrust { path: path.to_owned(), what: What::Directory, how });
    Ok(on_the_way.or_else(itself))
}

/// Each directory and symbolic link on the way to the file, as the kernel resolves the path.
fn walk(path: &Path, directories: Directories) -> io::Result<Option<Distrust>> {
    let mut directory = PathBuf::from("/");
    let mut rest = reversed(&std::path::absolute(path)?);
    let mut links = 0;
    while let Some(name) = rest.pop() {
        if name == ".." {
            directory.pop();
            continue;
        }
        let above = std::fs::symlink_metadata(&directory)?;
        let entry = directory.join(&name);
        let metadata = std::fs::symlink_metadata(&entry)?;
        let is_link = metadata.is_symlink();
        if let Some(how) = owner(&above).filter(|_| !is_of_outside(&above)) {
            return Ok(Some(Distrust { path: directory, what: What::Directory, how }));
        }
        if let Some(how) = writers(&above) {
            if directories.forbid(&above, how) {
                return Ok(Some(Distrust { path: directory, what: What::Directory, how }));
            }
            // Its name may have been taken by any of them.
            if let Some(how) = owner(&metadata).filter(|_| is_link) {
                return Ok(Some(Distrust { path: entry, what: What::Link, how }));
            }
            // Unless /proc/sys/fs/protected_hardlinks is 1, a user may link to the files of others.
            if metadata.is_file() && metadata.nlink() > 1 {
                return Ok(Some(Distrust { path: entry, what: What::File, how: How::HardLink }));
            }
        }
        if is_link {
            links += 1;
            if links > LINKS_MAX {
                return Err(io::Error::from_raw_os_error(libc::ELOOP));
            }
            let target = std::fs::read_link(&entry)?;
            if target.is_absolute() {
                directory = PathBuf::from("/");
            }
            rest.extend(reversed(&target));
        } else {
            directory = entry;
        }
    }
    Ok(None)
}

/// The names in a path, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    let names = path.components().rev();
    names
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

/// The owner: that user can give all others the permission to write.
fn owner(metadata: &Metadata) -> Option<How> {
    let trusted = [0, geteuid().as_raw()];
    (!trusted.contains(&metadata.uid())).then_some(How::OwnedBy(metadata.uid()))
}

/// Whether its owner has no UID in our user namespace. There the upper directories of a container belong to the root
/// of the host.
fn is_of_outside(directory: &Metadata) -> bool {
    is_overflow_uid(directory.uid())
}

/// Which others may write. For a file with an access control list, the bits of the group are the most that any entry
/// gives (acl(5)).
fn writers(metadata: &Metadata) -> Option<How> {
    if metadata.mode() & libc::S_IWOTH != 0 {
        return Some(How::WritableByAll);
    }
    let by_group = metadata.mode() & libc::S_IWGRP != 0 && !is_trusted_group(metadata.gid());
    by_group.then_some(How::WritableByGroup(metadata.gid()))
}

/// That of root, and the caller's private one: where each user has a group of the same name, the file mode creation mask
/// is often 002 (`usergroups` of pam_umask(8)).
fn is_trusted_group(gid: u32) -> bool {
    let private =
        || gid == getegid().as_raw() && accounts::group_name(gid) == accounts::user_name(geteuid().as_raw());
    gid == 0 || private()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// As many links as the kernel follows, so that none is too many to be examined.
    #[test]
    fn every_link_that_the_kernel_follows_is_examined() {
        let name = |number| std::env::temp_dir().join(format!("pkill-trust-{}-{number}", std::process::id()));
        // Not one that was left by a run that was killed.
        let top = (0..).map(name).find(|path| std::fs::create_dir(path).is_ok()).expect("a directory");
        let everybodys = top.join("everybodys");
        std::fs::create_dir(&everybodys).expect("a directory");
        std::fs::set_permissions(&top, Permissions::from_mode(0o755)).expect("chmod");
        std::fs::write(everybodys.join("0"), "1").expect("a file");
        symlink("everybodys/0", top.join("1")).expect("a link");
        for number in 2..=LINKS_MAX {
            symlink((number - 1).to_string(), top.join(number.to_string())).expect("a link");
        }
        let [mine, open] = [0o755, 0o777].map(|mode| {
            std::fs::set_permissions(&everybodys, Permissions::from_mode(mode)).expect("chmod");
            [1, 2, LINKS_MAX - 1, LINKS_MAX].map(|number| {
                let path = top.join(number.to_string());
                // Not by the links: where the kernel begins once more, it counts them twice (do_filp_open, fs/namei.c).
                let file = File::open(everybodys.join("0")).expect("a file");
                distrust(&path, &file).map(|why| (why.path, why.how))
            })
        });
        // They may have been changed to that since the file was opened.
        symlink("circle", top.join("circle")).expect("a link");
        let circle = walk(&top.join("circle"), Directories::OfUser).map_err(|error| error.raw_os_error());
        std::fs::remove_dir_all(&top).expect("remove the directory");
        assert_eq!(circle, Err(Some(libc::ELOOP)));
        assert_eq!(mine, [None, None, None, None]);
        assert_eq!(open, [(); 4].map(|()| Some((everybodys.clone(), How::WritableByAll))));
    }
}
