//! Taskstats over generic netlink (the kernel's Documentation/accounting/taskstats.rst), with many questions a
//! system call. It needs CAP_NET_ADMIN.
#![allow(unsafe_code)] // netlink(7) sockets

use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

const AT_ONCE: usize = 64;
const NLMSG_ERROR: u16 = 2;
/// Of the generic netlink controller: its ID, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME and CTRL_ATTR_FAMILY_ID.
const CONTROLLER: (u16, u8, u16, u16) = (16, 3, 2, 1);
/// TASKSTATS_CMD_GET and TASKSTATS_CMD_ATTR_PID.
const GET: (u8, u16) = (1, 1);
/// Headers of the message, of generic netlink, and of two attributes; TASKSTATS_TYPE_PID with its header.
const STATISTICS: usize = 16 + 4 + 4 + 8 + 4;
/// Of `ac_comm` in struct taskstats.
const NAME: usize = 80;

pub fn names() -> Result<usize, String> {
    // SAFETY: numbers only; the descriptor is new and owned here.
    let socket = unsafe {
        let socket = libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_GENERIC);
        if socket < 0 {
            return Err(format!("netlink: {}", std::io::Error::last_os_error()));
        }
        OwnedFd::from_raw_fd(socket)
    };
    let (controller, get_family, family_name, family_id) = CONTROLLER;
    send(&socket, &message(controller, get_family, family_name, b"TASKSTATS\0"));
    let mut answer = [0_u8; 4096];
    let answer = receive(&socket, &mut answer);
    let family = attribute(&answer[20..], family_id).ok_or("no taskstats")?;
    let family = u16::from_ne_bytes([family[0], family[1]]);
    let mut read = 0;
    for pids in super::pids().chunks(AT_ONCE) {
        let questions = pids.iter().map(|pid| {
            let number = super::number(pid).to_ne_bytes();
            message(family, GET.0, GET.1, &number)
        });
        send(&socket, &questions.collect::<Vec<_>>().concat());
        for _ in pids {
            let mut answer = [0_u8; 4096];
            let answer = receive(&socket, &mut answer);
            if u16::from_ne_bytes([answer[4], answer[5]]) == NLMSG_ERROR {
                let error = i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]);
                if error == -libc::ESRCH {
                    continue;
                }
                return Err(format!("taskstats: {}", std::io::Error::from_raw_os_error(-error)));
            }
            read += usize::from(answer[STATISTICS + NAME] != 0);
        }
    }
    Ok(read)
}

/// A request with one attribute.
fn message(family: u16, command: u8, attribute: u16, value: &[u8]) -> Vec<u8> {
    let padded = value.len().next_multiple_of(4);
    let length = 16 + 4 + 4 + padded;
    let mut message = Vec::with_capacity(length);
    message.extend((length as u32).to_ne_bytes());
    message.extend(family.to_ne_bytes());
    message.extend((libc::NLM_F_REQUEST as u16).to_ne_bytes());
    message.extend([0; 8]); // sequence number, port
    message.extend([command, 1, 0, 0]);
    message.extend((4 + value.len() as u16).to_ne_bytes());
    message.extend(attribute.to_ne_bytes());
    message.extend(value);
    message.resize(length, 0);
    message
}

fn attribute(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    while attributes.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([attributes[0], attributes[1]]));
        if u16::from_ne_bytes([attributes[2], attributes[3]]) == wanted {
            return attributes.get(4..length);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
    None
}

fn send(socket: &OwnedFd, bytes: &[u8]) {
    // SAFETY: the bytes live during the call.
    let sent = unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
    assert_eq!(sent, bytes.len() as isize, "{}", std::io::Error::last_os_error());
}

fn receive<'a>(socket: &OwnedFd, into: &'a mut [u8]) -> &'a [u8] {
    // SAFETY: the kernel writes no more than the length of the buffer.
    let length = unsafe { libc::recv(socket.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), 0) };
    assert!(length > 0, "{}", std::io::Error::last_os_error());
    &into[..length as usize]
}
