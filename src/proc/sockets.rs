//! Sockets that are bound to a port, and sockets that a process has open.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;

use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;
use rustix::path::DecInt;

use super::ProcDir;
use super::dir::next_numbers;
use super::facts::HeldSocket;
use crate::error::{Error, io_error_text};
use crate::request::{Ports, Protocol};

/// A socket that is bound to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    /// Its inode number, which is unique over all namespaces.
    pub inode: u64,
    pub port: u16,
    pub protocol: Protocol,
    /// The UID that created it (or got it by fchown(2)), as our user namespace maps it. The process that holds it may
    /// have another: sockets are passed on by fork(2), execve(2) and `SCM_RIGHTS` (unix(7)).
    pub creator: u32,
}

/// The sockets of our network namespace that are bound to certain ports: TCP sockets that listen, and UDP sockets. A
/// port belongs to a network namespace, so ports of other namespaces, which may have the same number, are ignored.
#[derive(Debug)]
pub(crate) struct Sockets {
    ports: Vec<Ports>,
    /// In ascending order of inode number.
    bound: Vec<Socket>,
}

impl Sockets {
    /// Read the tables of sockets (proc_pid_net(5)).
    pub(crate) fn new(ports: &[Ports]) -> Result<Sockets, Error> {
        Ok(Sockets { ports: ports.to_vec(), bound: bound(ports)? })
    }

    /// The sockets that are bound to the same ports now.
    pub(crate) fn renewed(&self) -> Result<Sockets, Error> {
        Sockets::new(&self.ports)
    }

    /// Those that a process holds, with the descriptor.
    pub(crate) fn among(&self, held: &[HeldSocket]) -> Vec<(i32, Socket)> {
        let find = |inode: u64| self.bound.binary_search_by_key(&inode, |socket| socket.inode).ok();
        held.iter().filter_map(|held| Some((held.descriptor, self.bound[find(held.inode)?]))).collect()
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Socket] {
        &self.bound
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }
}

fn bound(ports: &[Ports]) -> Result<Vec<Socket>, Error> {
    let mut sockets = vec![];
    for (protocol, tables) in [(Protocol::Tcp, ["tcp", "tcp6"]), (Protocol::Udp, ["udp", "udp6"])] {
        let is_of_protocol = |ports: &&Ports| ports.protocol.is_none_or(|one| one == protocol);
        let ports: Vec<&Ports> = ports.iter().filter(is_of_protocol).collect();
        if ports.is_empty() {
            continue;
        }
        for table in tables {
            read_table(table, |Row { port, state, creator, inode }| {
                let is_bound = protocol == Protocol::Udp || state == LISTENS;
                let is_asked = || ports.iter().any(|ports| (ports.first..=ports.last).contains(&port));
                // 0 is a socket that no process holds any more.
                if is_bound && inode != 0 && is_asked() {
                    sockets.push(Socket { inode, port, protocol, creator });
                }
            })?;
        }
    }
    sockets.sort_unstable_by_key(|socket| socket.inode);
    Ok(sockets)
}

/// `TCP_LISTEN`, net/tcp_states.h.
const LISTENS: u8 = 10;

/// What is needed of a row.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    /// The local one.
    port: u16,
    state: u8,
    creator: u32,
    inode: u64,
}

impl Row {
    /// The fields are the number of the row, the local and the other address, the state, two queues, a timer, a counter,
    /// the UID, a time-out and the inode number (proc_pid_net(5)).
    fn parse(line: &[u8]) -> Option<Row> {
        let mut fields = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
        let (_, port) = fields.nth(1)?.split_once(':')?;
        let state = fields.nth(1)?;
        Some(Row {
            port: u16::from_str_radix(port, 16).ok()?,
            state: u8::from_str_radix(state, 16).ok()?,
            creator: fields.nth(3)?.parse().ok()?,
            inode: fields.nth(1)?.parse().ok()?,
        })
    }
}

/// Read a table of our network namespace row by row: it can have any number. Where IPv6 is switched off, its tables are
/// missing.
fn read_table(name: &str, mut take: impl FnMut(Row)) -> Result<(), Error> {
    let path = format!("/proc/net/{name}");
    let failed = |why: &str| Error::fatal(format!("cannot read {path}: {why}"));
    let io_failed = |error: io::Error| failed(&io_error_text(&error));
    let mut table = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound && name.ends_with('6') => return Ok(()),
        Err(error) => return Err(io_failed(error)),
    };
    let mut line = vec![];
    table.read_until(b'\n', &mut line).map_err(io_failed)?; // the heading
    loop {
        line.clear();
        if table.read_until(b'\n', &mut line).map_err(io_failed)? == 0 {
            return Ok(());
        }
        take(Row::parse(&line).ok_or_else(|| failed("unknown format"))?);
    }
}

/// The sockets that a process holds.
#[derive(Default)]
pub(super) struct OpenSockets {
    pub known: bool,
    pub held: Vec<HeldSocket>,
    descriptors: Vec<i32>,
}

impl OpenSockets {
    /// Whether nothing is open, sockets or other files.
    pub(super) fn has_no_descriptors(&self) -> bool {
        self.descriptors.is_empty()
    }

    /// Forget what was read.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.descriptors.clear();
    }

    /// Read each descriptor: the link of a socket leads to `socket:[INODE]` (proc_pid_fd(5)).
    pub(super) fn read(&mut self, proc: &ProcDir, path: &[u8]) -> Result<(), Errno> {
        self.clear();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = fs::openat(proc.base(), path, flags, Mode::empty())?;
        while next_numbers(dir.as_fd(), &mut self.descriptors)? {}
        for &descriptor in &self.descriptors {
            let mut target = [MaybeUninit::uninit(); 32];
            match fs::readlinkat_raw(&dir, DecInt::new(descriptor), &mut target) {
                Ok((target, _)) => {
                    self.held.extend(socket_inode(target).map(|inode| HeldSocket { descriptor, inode }));
                }
                Err(Errno::NOENT) => {} // closed meanwhile
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }
}

fn socket_inode(target: &[u8]) -> Option<u64> {
    let inode = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(inode).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_local_port_the_state_the_user_and_the_inode() {
        for (line, expected) in [
            (
                &b"   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1076 1 \
                   000000007ae6c96c 100 0 0 10 0                      \n"[..],
                Some(Row { port: 2024, state: LISTENS, creator: 0, inode: 1076 }),
            ),
            (
                b" 9123: 00000000000000000000000001000000:FFFF 00000000000000000000000000000000:0000 07 \
                  00000000:00000000 00:00000000 00000000 65534        0 18446744073709551615 2 0000000012345678 0\n",
                Some(Row { port: u16::MAX, state: 7, creator: 65534, inode: u64::MAX }),
            ),
            (b"   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0", None),
            (b"   0: 0100007F 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1076", None),
            (b"", None),
        ] {
            assert_eq!(Row::parse(line), expected, "{}", line.escape_ascii());
        }
    }
}
