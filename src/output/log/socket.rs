//! A socket of the system's loggers. A logger that reads nothing never blocks pkill for long.

use std::io::IoSlice;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags,
    SocketType, connect, sendmsg, socket_with,
};

/// Of systemd-journald.
pub(super) const JOURNAL: &str = "/run/systemd/journal/socket";

/// Of syslog(3).
pub(super) const SYSLOG: &str = "/dev/log";

/// How long pkill waits in one run, all together, for a logger to read. A burst of records fills the queue of a socket,
/// which holds 10 datagrams where net.unix.max_dgram_qlen has its default.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connected socket.
pub(super) struct Socket {
    path: &'static str,
    fd: OwnedFd,
    pub(super) kind: SocketType,
    patience: Duration,
}

impl Socket {
    pub(super) fn connect(path: &'static str) -> Result<Self, Errno> {
        let (fd, kind) = connected(path)?;
        Ok(Socket { path, fd, kind, patience: PATIENCE })
    }

    /// Send the bytes; to a logger that has been started anew, by a new connection.
    pub(super) fn send(&mut self, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
        match self.send_all(bytes, descriptor) {
            Err(Errno::CONNREFUSED | Errno::CONNRESET | Errno::NOTCONN | Errno::PIPE) => {
                (self.fd, self.kind) = connected(self.path)?;
                self.send_all(bytes, descriptor)
            }
            result => result,
        }
    }

    /// A stream may take them in parts.
    fn send_all(&mut self, mut bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
        loop {
            match self.send_some(bytes, descriptor) {
                Ok(sent) if sent < bytes.len() => bytes = &bytes[sent..],
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait()?,
                Err(errno) => return Err(errno),
            }
        }
    }

    fn send_some(&self, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> Result<usize, Errno> {
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let descriptors = descriptor.map(|fd| [fd]);
        if let Some(descriptors) = &descriptors {
            control.push(SendAncillaryMessage::ScmRights(descriptors));
        }
        sendmsg(&self.fd, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)
    }

    /// Wait until the logger has read something.
    fn wait(&mut self) -> Result<(), Errno> {
        let start = Instant::now();
        let timeout = self.patience.try_into().map_err(|_| Errno::INVAL)?;
        let ready = poll(&mut [PollFd::new(&self.fd, PollFlags::OUT)], Some(&timeout));
        self.patience = self.patience.saturating_sub(start.elapsed());
        match ready {
            Ok(0) => Err(Errno::TIMEDOUT),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}

/// Datagrams, or a stream where the logger wants that, as syslog(3) tries them.
fn connected(path: &str) -> Result<(OwnedFd, SocketType), Errno> {
    let address = SocketAddrUnix::new(path)?;
    let open = |kind| {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = socket_with(AddressFamily::UNIX, kind, flags, None)?;
        connect(fd.as_fd(), &address).map(|()| (fd, kind))
    };
    match open(SocketType::DGRAM) {
        Err(Errno::PROTOTYPE) => open(SocketType::STREAM),
        result => result,
    }
}
