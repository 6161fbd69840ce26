//! Ports, from names of services to numbers.

use crate::error::Error;
use crate::request::{PortRef, Ports, Protocol};
use crate::services;

/// Port numbers, by the database of services where a name was given.
pub(super) fn numbers(named: &[PortRef]) -> Result<Vec<Ports>, Error> {
    let mut all = vec![];
    for entry in named {
        match entry {
            PortRef::Numbers(ports) => all.push(*ports),
            PortRef::Service { name, protocol } => all.extend(service(name, *protocol)?),
        }
    }
    Ok(all)
}

/// Without a protocol, those of each protocol that has the service: the numbers may differ.
fn service(name: &str, protocol: Option<Protocol>) -> Result<Vec<Ports>, Error> {
    let protocols = protocol.map_or(vec![Protocol::Tcp, Protocol::Udp], |one| vec![one]);
    let of = |protocol| {
        let port = services::port(name, protocol)?;
        Some(Ports { protocol: Some(protocol), first: port, last: port })
    };
    let found: Vec<Ports> = protocols.into_iter().filter_map(of).collect();
    if found.is_empty() {
        let prefix = protocol.map_or(String::new(), |one| format!("{}:", one.name()));
        let hint = "valid ports: 1 to 65535, alone or as a range, and the services of /etc/services: 80, udp:53, https";
        return Err(Error::usage(format!("invalid port: {prefix}{name}")).with_hint(Some(hint.into())));
    }
    Ok(found)
}
