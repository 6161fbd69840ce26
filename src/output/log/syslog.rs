//! The system logger, in the form of syslog(3), except for the time, which the receiver adds (RFC 3164, 4.3.2).

use std::io;

use rustix::io::Errno;
use rustix::net::SocketType;
use serde::Serialize;

use super::socket::Socket;
use crate::output::json::write_line;

/// LOG_AUTHPRIV of syslog(3): its messages are for the administrator only, as command lines may have secrets.
pub(super) const FACILITY: u8 = 10;

/// rsyslogd truncates longer messages by default (maxMessageSize).
const MESSAGE_MAX: usize = 8000;

/// Send a line of JSON, which has no control characters. The cookie before it is that of the common event expression
/// (CEE), which rsyslog's mmjsonparse and others look for.
pub(super) fn send(socket: &mut Socket, severity: u8, line: &impl Serialize) -> Result<(), Errno> {
    let priority = FACILITY * 8 + severity;
    let mut message = format!("<{priority}>pkill[{}]: @cee: ", std::process::id()).into_bytes();
    write_line(&mut message, line).map_err(|_: io::Error| Errno::INVAL)?;
    message.pop();
    if message.len() > MESSAGE_MAX {
        let is_start = |at: &usize| message[*at] & 0xc0 != 0x80; // no continuation byte of UTF-8
        message.truncate((0..=MESSAGE_MAX).rev().find(is_start).unwrap_or(MESSAGE_MAX));
        message.extend_from_slice(b"...");
    }
    if socket.kind == SocketType::STREAM {
        message.push(0);
    }
    socket.send(&message, None)
}
