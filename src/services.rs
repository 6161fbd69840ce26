//! The database of services, services(5): names to ports, and back.
//!
//! A static program reads the file, as it does for users and groups (see `accounts`).

#[cfg(target_feature = "crt-static")]
use files as database;
#[cfg(not(target_feature = "crt-static"))]
use name_service as database;

use crate::request::{Protocol, is_service_name};

/// The port of a service, by its name or an alias.
pub(crate) fn port(name: &str, protocol: Protocol) -> Option<u16> {
    database::port(name, protocol).filter(|&port| port != 0)
}

/// The name of the service that has this port.
pub(crate) fn name(port: u16, protocol: Protocol) -> Option<String> {
    database::name(port, protocol).filter(|name| is_service_name(name))
}

#[cfg(not(target_feature = "crt-static"))]
mod name_service {
    use std::ffi::CString;

    use crate::request::Protocol;
    use crate::sys::{self, Transport};

    pub(super) fn port(name: &str, protocol: Protocol) -> Option<u16> {
        sys::service_port(&CString::new(name).ok()?, transport(protocol))
    }

    pub(super) fn name(port: u16, protocol: Protocol) -> Option<String> {
        sys::service_name(port, transport(protocol))
    }

    fn transport(protocol: Protocol) -> Transport {
        match protocol {
            Protocol::Tcp => Transport::Stream,
            Protocol::Udp => Transport::Datagram,
        }
    }
}

#[cfg(any(target_feature = "crt-static", test))]
#[cfg_attr(not(target_feature = "crt-static"), allow(dead_code))]
mod files {
    use crate::request::Protocol;

    const SERVICES: &str = "/etc/services";

    pub(super) fn port(name: &str, protocol: Protocol) -> Option<u16> {
        let text = std::fs::read_to_string(SERVICES).ok()?;
        port_in(&text, name, protocol)
    }

    pub(super) fn name(port: u16, protocol: Protocol) -> Option<String> {
        let text = std::fs::read_to_string(SERVICES).ok()?;
        let mut services = services(&text);
        services
            .find(|one| (one.port, one.protocol) == (port, protocol.name()))
            .map(|one| one.name.to_owned())
    }

    pub(super) fn port_in(text: &str, name: &str, protocol: Protocol) -> Option<u16> {
        let is_named = |one: &Service<'_>| one.name == name || one.aliases.contains(&name);
        services(text).find(|one| one.protocol == protocol.name() && is_named(one)).map(|one| one.port)
    }

    struct Service<'t> {
        name: &'t str,
        port: u16,
        protocol: &'t str,
        aliases: Vec<&'t str>,
    }

    /// Lines such as `http 80/tcp www # a comment`. Others are skipped.
    fn services(text: &str) -> impl Iterator<Item = Service<'_>> {
        text.lines().filter_map(|line| {
            let mut fields = line.split('#').next()?.split_ascii_whitespace();
            let (name, port) = (fields.next()?, fields.next()?);
            let (port, protocol) = port.split_once('/')?;
            Some(Service { name, port: port.parse().ok()?, protocol, aliases: fields.collect() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_name_a_port_and_aliases() {
        use Protocol::{Tcp, Udp};
        let text = "# comment 1/tcp\nhttp\t80/tcp\twww # WorldWideWeb\nhttp 8080/tcp\ndomain 53/tcp\ndomain 53/udp\n\
                    short\nwrong x/tcp\nhigh 65536/tcp\nsctp-only 9/sctp\nlast 65535/udp";
        for (name, protocol, expected) in [
            ("http", Tcp, Some(80)),
            ("www", Tcp, Some(80)),
            ("http", Udp, None),
            ("WorldWideWeb", Tcp, None),
            ("domain", Udp, Some(53)),
            ("HTTP", Tcp, None),
            ("comment", Tcp, None),
            ("short", Tcp, None),
            ("wrong", Tcp, None),
            ("high", Tcp, None),
            ("sctp-only", Tcp, None),
            ("last", Udp, Some(65535)),
        ] {
            assert_eq!(files::port_in(text, name, protocol), expected, "{name}");
        }
    }
}
