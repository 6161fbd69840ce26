//! The database of services through the C library: getaddrinfo(3) and getnameinfo(3), which other threads may call too,
//! unlike getservbyname(3).

use std::ffi::{CStr, c_char};

/// The kind of socket that a service uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Stream,
    Datagram,
}

/// The port of a service. A number is one too, so the name must not be a number.
pub(crate) fn service_port(name: &CStr, transport: Transport) -> Option<u16> {
    // SAFETY: addrinfo is plain data and pointers, for which all zeros is a valid value.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = libc::AF_INET;
    hints.ai_socktype = match transport {
        Transport::Stream => libc::SOCK_STREAM,
        Transport::Datagram => libc::SOCK_DGRAM,
    };
    let mut found = std::ptr::null_mut();
    // SAFETY: the name and the hints are valid for the call. On success it stores a list with at least one address, of the
    // requested family, that belongs to the caller until freeaddrinfo(3).
    unsafe {
        if libc::getaddrinfo(std::ptr::null(), name.as_ptr(), &raw const hints, &raw mut found) != 0 {
            return None;
        }
        let address = (*found).ai_addr.cast::<libc::sockaddr_in>().read_unaligned();
        libc::freeaddrinfo(found);
        Some(u16::from_be(address.sin_port))
    }
}

/// The name of the service that has this port; the number where there is none.
pub(crate) fn service_name(port: u16, transport: Transport) -> Option<String> {
    const NI_MAXSERV: usize = 32; // netdb.h
    // SAFETY: sockaddr_in is plain data for which all zeros is a valid value.
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = libc::AF_INET as libc::sa_family_t;
    address.sin_port = port.to_be();
    let mut name: [c_char; NI_MAXSERV] = [0; NI_MAXSERV];
    let flags = match transport {
        Transport::Stream => 0,
        Transport::Datagram => libc::NI_DGRAM,
    };
    // SAFETY: address and name are valid for the call, with their sizes; no host name is requested. On success, the name
    // ends with a NUL.
    unsafe {
        let result = libc::getnameinfo(
            (&raw const address).cast(),
            size_of_val(&address) as libc::socklen_t,
            std::ptr::null_mut(),
            0,
            name.as_mut_ptr(),
            NI_MAXSERV as libc::socklen_t,
            flags,
        );
        (result == 0).then(|| CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned())
    }
}
