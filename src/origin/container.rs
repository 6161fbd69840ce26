//! The container that a process runs in, by the names that container engines give to control groups.

use crate::proc::memberships;

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    pub engine: Engine,
    /// The ID or name: letters, digits and `-_.`.
    pub id: String,
}

/// What runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Docker,
    Podman,
    /// Another one, such as the kubelet's or LXC.
    Other,
}

impl Container {
    /// The container of a process with this /proc/PID/cgroup. Inside of the container its groups are mostly hidden
    /// (cgroup_namespaces(7)).
    pub(crate) fn of(lines: &[u8]) -> Option<Container> {
        memberships(lines).find_map(|group| {
            let names: Vec<&[u8]> = group.lasting_path().split(|&b| b == b'/').collect();
            let above = [&b""[..]].into_iter().chain(names.iter().copied());
            above.zip(&names).find_map(|(above, name)| Container::named(above, name))
        })
    }

    /// The container of the group with this name, below `above`.
    fn named(above: &[u8], name: &[u8]) -> Option<Container> {
        if let Some(name) = name.strip_prefix(b"lxc.payload.") {
            return Container::new(Engine::Other, name).filter(|_| is_name(name));
        }
        // By the systemd driver of an engine, with a prefix, or by its cgroupfs driver.
        let stem = name.strip_suffix(b".scope").unwrap_or(name);
        let (prefix, id) = match stem.iter().rposition(|&b| b == b'-') {
            Some(dash) => (&stem[..dash], &stem[dash + 1..]),
            None => (above, stem),
        };
        let engine = match prefix {
            b"docker" => Engine::Docker,
            b"libpod" | b"libpod_parent" => Engine::Podman,
            // libpod-conmon-ID.scope and the like are processes of the engine, outside of the container.
            _ if prefix.ends_with(b"conmon") => return None,
            _ => Engine::Other,
        };
        let is_id = id.len() == 64 && id.iter().all(u8::is_ascii_hexdigit);
        Container::new(engine, id).filter(|_| is_id)
    }

    fn new(engine: Engine, id: &[u8]) -> Option<Container> {
        Some(Container { engine, id: str::from_utf8(id).ok()?.to_owned() })
    }
}

fn is_name(name: &[u8]) -> bool {
    let is_valid = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    !name.is_empty() && !name.starts_with(b"-") && name.iter().all(is_valid)
}

#[cfg(test)]
mod tests {
    use super::Engine::{Docker, Other, Podman};
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn groups_of_engines() {
        for (path, expected) in [
            ("/docker/ID", Some((Docker, ID))),
            ("/docker/ID/init.scope", Some((Docker, ID))),
            ("/system.slice/docker-ID.scope", Some((Docker, ID))),
            ("/system.slice/docker-ID.scope/sub", Some((Docker, ID))),
            ("/machine.slice/libpod-ID.scope/container", Some((Podman, ID))),
            ("/libpod_parent/ID", Some((Podman, ID))),
            ("/machine.slice/libpod-conmon-ID.scope", None),
            ("/kubepods/burstable/pod12-3/ID", Some((Other, ID))),
            ("/kubepods.slice/kubepods-pod12_3.slice/cri-containerd-ID.scope", Some((Other, ID))),
            ("/lxc.payload.web-1/system.slice/a.service", Some((Other, "web-1"))),
            ("/lxc.payload.$(id)", None),
            ("/docker/0123", None),
            ("/system.slice/docker.service", None),
            ("/", None),
        ] {
            for line in [format!("0::{path}\n"), format!("4:memory:{path}\n0::/\n")] {
                let found = Container::of(line.replace("ID", ID).as_bytes());
                let expected = expected.map(|(engine, id)| Container { engine, id: id.into() });
                assert_eq!(found, expected, "{line}");
            }
        }
    }
}
