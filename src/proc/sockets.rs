//! Sockets that are bound to a port, and sockets that a process has open.

use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::os::fd::AsFd as _;

use procfs::net::{TcpNetEntries, TcpState, UdpNetEntries};
use procfs::{FromReadSI, current_system_info};
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
    let asked = |protocol| ports.iter().any(|ports| ports.protocol.is_none_or(|one| one == protocol));
    let mut sockets = vec![];
    if asked(Protocol::Tcp) {
        for TcpNetEntries(entries) in [table("tcp")?, table("tcp6")?].into_iter().flatten() {
            let listening = entries.into_iter().filter(|entry| entry.state == TcpState::Listen);
            sockets.extend(listening.map(|entry| Socket {
                inode: entry.inode,
                port: entry.local_address.port(),
                protocol: Protocol::Tcp,
                creator: entry.uid,
            }));
        }
    }
    if asked(Protocol::Udp) {
        for UdpNetEntries(entries) in [table("udp")?, table("udp6")?].into_iter().flatten() {
            sockets.extend(entries.into_iter().map(|entry| Socket {
                inode: entry.inode,
                port: entry.local_address.port(),
                protocol: Protocol::Udp,
                creator: entry.uid,
            }));
        }
    }
    let matches = |socket: &Socket, ports: &Ports| {
        (ports.first..=ports.last).contains(&socket.port)
            && ports.protocol.is_none_or(|protocol| protocol == socket.protocol)
    };
    // 0 is a socket that no process holds any more.
    sockets.retain(|socket| socket.inode != 0 && ports.iter().any(|ports| matches(socket, ports)));
    sockets.sort_unstable_by_key(|socket| socket.inode);
    Ok(sockets)
}

/// A table of our network namespace; None where IPv6 is switched off.
fn table<T: FromReadSI>(name: &str) -> Result<Option<T>, Error> {
    let path = format!("/proc/net/{name}");
    let why = match std::fs::read(&path) {
        Ok(text) => match T::from_read(&text[..], current_system_info()) {
            Ok(table) => return Ok(Some(table)),
            Err(_) => "unknown format".into(),
        },
        Err(error) if error.kind() == ErrorKind::NotFound && name.ends_with('6') => return Ok(None),
        Err(error) => io_error_text(&error),
    };
    Err(Error::fatal(format!("cannot read {path}: {why}")))
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
