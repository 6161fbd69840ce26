//! Files: from names to paths and to the files that exist.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, io_error_text};
use crate::proc::FileId;
use crate::select::{FileName, normal};

/// A file that is named by its path, if there is a slash in the name, or else by its base name. It need not exist any
/// more, or be accessible.
pub(super) fn file(name: &OsStr) -> Result<FileName, Error> {
    if !name.as_bytes().contains(&b'/') {
        return Ok(FileName::Base(name.as_bytes().to_vec()));
    }
    let path = Path::new(name);
    let typed = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut spellings = vec![normal(typed.as_os_str().as_bytes())];
    let resolved = resolved(path).into_os_string().into_vec();
    if spellings[0] != resolved {
        spellings.push(resolved);
    }
    let file = match fs::metadata(path) {
        Ok(file) => Some(FileId { device: file.dev(), inode: file.ino() }),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => None,
            _ => {
                let (path, why) = (path.display(), io_error_text(&error));
                return Err(Error::fatal(format!("cannot examine {path}: {why}")));
            }
        },
    };
    Ok(FileName::Path { spellings, file })
}

/// The absolute path of a file that need not exist any more, without symbolic links as far as there are directories.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for ancestor in whole.ancestors() {
        if let Ok(real) = fs::canonicalize(ancestor) {
            let rest = whole.strip_prefix(ancestor).unwrap_or(Path::new(""));
            let real = real.join(rest);
            return PathBuf::from(std::ffi::OsString::from_vec(normal(real.as_os_str().as_bytes())));
        }
    }
    whole
}
