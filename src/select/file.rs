//! Files, as they are asked for and as processes have them.

use crate::proc::{Facts, FileId, Lookup, base_name};

/// A file that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileName {
    /// By its base name, in whatever directory.
    Base(Vec<u8>),
    /// By its path.
    Path {
        /// The absolute paths that mean it: as it was typed, and without symbolic links.
        spellings: Vec<Vec<u8>>,
        /// The file that is there now, if there is one.
        file: Option<FileId>,
    },
}

/// Whether the process executes this file: by what the kernel calls it, or because it is the same file under another
/// path. Where it was deleted or replaced since, the path that it had counts.
pub fn executes(process: &mut impl Facts, wanted: &FileName) -> Lookup<bool> {
    let Some(link) = process.executable()? else { return Ok(false) };
    Ok(match wanted {
        FileName::Base(name) => base_name(&link.path) == name,
        FileName::Path { spellings, .. } if spellings.contains(&link.path) => true,
        FileName::Path { file: None, .. } => false,
        FileName::Path { file, .. } => process.executable_file()? == *file,
    })
}

/// Whether the process runs this script. Its arguments tell; the script itself is not looked at, as it may be in a file
/// system that does not answer, and another by now.
pub fn interprets(process: &mut impl Facts, wanted: &FileName) -> Lookup<bool> {
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
pub fn works_in(process: &mut impl Facts, directory: &[u8]) -> Lookup<bool> {
    let Some(link) = process.working_directory()? else { return Ok(false) };
    let below = link.path.strip_prefix(directory);
    Ok(below.is_some_and(|below| below.is_empty() || below.starts_with(b"/") || directory == b"/"))
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
pub fn normal(path: &[u8]) -> Vec<u8> {
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
    use super::normal;

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
}
