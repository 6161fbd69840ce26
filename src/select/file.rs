//! Files that options name, compared with those of processes.

use crate::proc::{Facts, FileId, Lookup, base_name};

/// A file that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileName {
    /// By its base name, in any directory.
    Base(Vec<u8>),
    /// By its path.
    Path {
        /// Its absolute paths: as it was typed, and without symbolic links.
        spellings: Vec<Vec<u8>>,
        /// The file that is there now, if there is one.
        file: Option<FileId>,
    },
}

/// Whether the process executes this file: by the path that the kernel reports, or as the same file under another path.
/// If the file was deleted or replaced since, the path that it had is compared.
pub(super) fn executes(process: &mut impl Facts, wanted: &FileName) -> Lookup<bool> {
    let Some(link) = process.executable()? else { return Ok(false) };
    Ok(match wanted {
        FileName::Base(name) => base_name(&link.path) == name,
        FileName::Path { spellings, .. } if spellings.contains(&link.path) => true,
        FileName::Path { file: None, .. } => false,
        FileName::Path { file, .. } => process.executable_file()? == *file,
    })
}

/// Whether the process runs this script, by its arguments. The script itself is not opened: its file system may not
/// answer, and it may have been replaced.
pub(super) fn interprets(process: &mut impl Facts, wanted: &FileName) -> Lookup<bool> {
    let names = match wanted {
        FileName::Base(name) => std::slice::from_ref(name),
        FileName::Path { spellings, .. } => spellings,
    };
    let arguments = process.arguments()?;
    if !names.iter().any(|name| memchr::memmem::find(arguments, base_name(name)).is_some()) {
        return Ok(false);
    }
    for script in process.scripts()? {
        if names.iter().any(|name| base_name(name) == base_name(&script))
            && match wanted {
                FileName::Base(_) => true,
                FileName::Path { spellings, .. } => spellings.contains(&absolute(process, &script)?),
            }
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the process works in this directory or below.
pub(super) fn works_in(process: &mut impl Facts, directory: &[u8]) -> Lookup<bool> {
    let Some(link) = process.working_directory()? else { return Ok(false) };
    Ok(is_in(&link.path, directory))
}

/// Whether the path is that of the directory or of something in it.
fn is_in(path: &[u8], directory: &[u8]) -> bool {
    let below = path.strip_prefix(directory);
    below.is_some_and(|below| below.is_empty() || below.starts_with(b"/") || directory == b"/")
}

/// A path in a process's arguments, seen from its working directory.
fn absolute(process: &mut impl Facts, path: &[u8]) -> Lookup<Vec<u8>> {
    if path.starts_with(b"/") {
        return Ok(normal(path));
    }
    let directory = process.working_directory()?.map(|link| link.path).unwrap_or_default();
    Ok(normal(&[&directory, &b"/"[..], path].concat()))
}

/// An absolute path without `.`, `..` and double slashes.
pub(crate) fn normal(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = vec![];
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    [b"/", &parts.join(&b'/')[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::{is_in, normal};

    #[test]
    fn normal_paths() {
        for (path, expected) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("//a/./b/", "/a/b"),
            ("/a/../b", "/b"),
            ("/../..", "/"),
            ("/a b/\n", "/a b/\n"),
        ] {
            assert_eq!(normal(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn a_directory_contains_itself_and_what_is_below() {
        for (path, directory, expected) in [
            ("/a", "/a", true),
            ("/a/b", "/a", true),
            ("/a/b/c", "/a", true),
            ("/ab", "/a", false),
            ("/a", "/a/b", false),
            ("/b/a", "/a", false),
            ("/", "/", true),
            ("/a", "/", true),
        ] {
            assert_eq!(is_in(path.as_bytes(), directory.as_bytes()), expected, "{path} in {directory}");
        }
    }
}
