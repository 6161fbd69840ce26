//! Terminals: from names below /dev to the device numbers of proc_pid_stat(5).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{self, FileType};

/// The terminal drivers of /proc/tty/drivers (proc_tty(5)).
#[derive(Debug)]
pub(crate) struct Terminals {
    drivers: Vec<Driver>,
}

/// `/dev/pts  136 0-1048575`: the devices of this major number are named by prefix and index.
#[derive(Debug)]
struct Driver {
    prefix: String,
    major: u32,
    minors: std::ops::RangeInclusive<u32>,
}

impl Terminals {
    /// What the kernel has registered; nothing if that cannot be read.
    pub(crate) fn read() -> Terminals {
        let table = std::fs::read_to_string("/proc/tty/drivers").unwrap_or_default();
        Terminals { drivers: table.lines().filter_map(Driver::parse).collect() }
    }

    /// The device number as field 7 of proc_pid_stat(5) has it; None where no such terminal is known.
    /// By the driver table, so that terminals of another mount namespace can be named, else by the file in /dev.
    pub(crate) fn number(&self, name: &OsStr) -> Option<u32> {
        let name = Path::new(name);
        let name = name.strip_prefix("/dev").unwrap_or(name);
        if name.as_os_str().as_bytes() == b"?" {
            return Some(0);
        }
        self.drivers.iter().find_map(|driver| driver.number(name.to_str()?)).or_else(|| {
            let stat = fs::stat(Path::new("/dev").join(name)).ok()?;
            let is_device = FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice;
            is_device.then(|| encode(fs::major(stat.st_rdev), fs::minor(stat.st_rdev)))
        })
    }

    /// The name below /dev of the terminal with this device number, by the driver table.
    pub(crate) fn name(&self, number: u32) -> Option<String> {
        self.drivers.iter().find_map(|driver| driver.name(number))
    }
}

impl Driver {
    fn parse(line: &str) -> Option<Driver> {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let prefix = columns.next()?.strip_prefix("/dev/")?;
        let major = columns.next()?.parse().ok()?;
        let minors = columns.next()?;
        let (first, last) = minors.split_once('-').unwrap_or((minors, minors));
        // The pseudo-terminals' directory is the only prefix that needs a slash after it.
        let prefix = if prefix == "pts" { "pts/".to_owned() } else { prefix.to_owned() };
        Some(Driver { prefix, major, minors: first.parse().ok()?..=last.parse().ok()? })
    }

    fn number(&self, name: &str) -> Option<u32> {
        let index = name.strip_prefix(&self.prefix)?;
        if index.is_empty() || !index.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let minor = self.base().checked_add(index.parse().ok()?)?;
        self.minors.contains(&minor).then(|| encode(self.major, minor))
    }

    fn name(&self, number: u32) -> Option<String> {
        let (major, minor) = ((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
        let index = minor.checked_sub(self.base())?;
        (major == self.major && self.minors.contains(&minor)).then(|| format!("{}{index}", self.prefix))
    }

    /// The minor number of index 0. Consoles count from their minor number (tty1 is 4:1), all others from the start of
    /// their range (ttyS0 is 4:64).
    fn base(&self) -> u32 {
        if self.prefix == "tty" { 0 } else { *self.minors.start() }
    }
}

/// The kernel's `new_encode_dev` (linux/kdev_t.h).
fn encode(major: u32, minor: u32) -> u32 {
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_numbers_by_driver() {
        let table = "/dev/tty             /dev/tty        5       0 system:/dev/tty\n\
            pty_slave            /dev/pts      136 0-1048575 pty:slave\n\
            serial               /dev/ttyS       4 64-67 serial\n\
            unknown              /dev/tty        4 1-63 console\n";
        let terminals = Terminals { drivers: table.lines().filter_map(Driver::parse).collect() };
        for (name, number) in [
            ("pts/0", Some(136 << 8)),
            ("/dev/pts/3", Some((136 << 8) | 3)),
            ("pts/300", Some((136 << 8) | 44 | (1 << 20))),
            ("pts/2000000", None),
            ("pts/", None),
            ("tty1", Some((4 << 8) | 1)),
            ("ttyS1", Some((4 << 8) | 65)),
            ("ttyS9", None),
            ("?", Some(0)),
            ("no-such-terminal", None),
            ("null", Some((1 << 8) | 3)),
        ] {
            assert_eq!(terminals.number(OsStr::new(name)), number, "{name}");
        }
        for name in ["pts/0", "pts/3", "pts/300", "tty1", "ttyS1"] {
            let number = terminals.number(OsStr::new(name)).unwrap();
            assert_eq!(terminals.name(number).as_deref(), Some(name));
        }
        assert_eq!(terminals.name(1 << 8), None);
    }
}
