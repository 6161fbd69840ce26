//! What started a process, and so what has to be stopped to keep it from starting again: its systemd unit, its
//! container, or its parent.

mod container;

pub(crate) use container::{Container, Engine};

use crate::proc::{Facts, Lookup, LookupError, Process, own_pid};
use crate::request::Pid;
use crate::select::UnitName;

/// What is known about the start of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub unit: Option<UnitName>,
    /// None where pkill itself is in the same one.
    pub container: Option<Container>,
    /// None if it is outside of our PID namespace.
    pub parent: Option<Parent>,
    pub supervisor: Supervisor,
}

/// The parent of a process. The parent of an orphan is not the process that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    pub pid: Pid,
    pub start_time: u64,
    /// Empty if it could not be read.
    pub name: Vec<u8>,
}

/// What starts the process again, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supervisor {
    /// systemd, which runs the unit.
    Unit,
    /// The container's engine, or a process of the container.
    Container,
    /// The parent.
    Parent,
    /// The parent, which is PID 1: the process may also be an orphan.
    Init,
    Unknown,
}

/// What is read of an ancestor.
#[derive(Default)]
struct Ancestor {
    pid: Pid,
    unit: Option<UnitName>,
}

impl Origin {
    /// The origin of the selected process. Everything about the parent is read of the same process.
    pub(crate) fn read(process: &mut Process<'_>) -> Lookup<Origin> {
        let unless_undecided = |why: LookupError| if why.is_undecided() { Ok(vec![]) } else { Err(why) };
        loop {
            let start_time = process.start_time()?;
            let pid = process.parent()?;
            let lines = process.cgroups().map(<[u8]>::to_vec).or_else(unless_undecided)?;
            let mut ancestor = Process::new(process.dir());
            let parent = read_parent(&mut ancestor, pid);
            let parent_unit = unit_of(&mut ancestor, pid);
            let grandparent = match parent {
                Some(_) => ancestor.parent().unwrap_or_default(),
                None => 0,
            };
            let grandparent = Ancestor { pid: grandparent, unit: unit_of(&mut ancestor, grandparent) };
            process.forget();
            if process.start_time()? != start_time {
                return Err(LookupError::Gone);
            }
            // While it has this parent, the parent exists (PR_SET_CHILD_SUBREAPER(2const)).
            if process.parent()? != pid {
                continue;
            }
            let unit = UnitName::of(&lines);
            let container =
                Container::of(&lines).filter(|one| own_container(&mut ancestor).as_ref() != Some(one));
            let supervisor = supervisor(
                unit.as_ref(),
                container.as_ref(),
                &Ancestor { pid, unit: parent_unit },
                &grandparent,
            );
            return Ok(Origin { unit, container, parent, supervisor });
        }
    }
}

fn read_parent(process: &mut Process<'_>, pid: Pid) -> Option<Parent> {
    if pid == 0 {
        return None;
    }
    process.select(pid);
    let start_time = process.start_time().ok()?;
    Some(Parent { pid, start_time, name: process.name().map(<[u8]>::to_vec).unwrap_or_default() })
}

fn unit_of(process: &mut Process<'_>, pid: Pid) -> Option<UnitName> {
    if pid == 0 {
        return None;
    }
    process.select(pid);
    process.cgroups().ok().and_then(UnitName::of)
}

fn own_container(process: &mut Process<'_>) -> Option<Container> {
    process.select(own_pid());
    process.cgroups().ok().and_then(Container::of)
}

/// A service is started by its manager, or by its main process. The scope of a session has no supervisor.
fn supervisor(
    unit: Option<&UnitName>,
    container: Option<&Container>,
    parent: &Ancestor,
    grandparent: &Ancestor,
) -> Supervisor {
    let is_manager = |ancestor: &Ancestor| ancestor.unit.as_ref().is_some_and(UnitName::is_managers_own);
    let manages = |ancestor: &Ancestor, unit: &UnitName| {
        ancestor.unit.as_ref().is_some_and(|own| own.is_managers_own() && own.manager == unit.manager)
    };
    let by_unit = unit.filter(|unit| unit.is_service()).is_some_and(|unit| {
        manages(parent, unit) || parent.unit.as_ref() == Some(unit) && manages(grandparent, unit)
    });
    match parent.pid {
        _ if container.is_some() => Supervisor::Container,
        _ if by_unit => Supervisor::Unit,
        0 => Supervisor::Unknown,
        // systemd restarts nothing but services.
        _ if is_manager(parent) => Supervisor::Unknown,
        1 => Supervisor::Init,
        _ => Supervisor::Parent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proc::ProcDir;

    #[test]
    fn what_starts_it_again() {
        const NGINX: &str = "/system.slice/nginx.service";
        const OWN: &str = "/user.slice/user@7.service/app.slice/own.service";
        const SESSION: &str = "/user.slice/session-3.scope";
        const SYSTEMD: (Pid, &str) = (1, "/init.scope");
        const USER_MANAGER: (Pid, &str) = (70, "/user.slice/user@7.service/init.scope");
        let container = format!("/docker/{}", "ab".repeat(32));
        use Supervisor::{Container as InContainer, Init, Parent, Unit, Unknown};
        for (what, path, parent, grandparent, expected) in [
            ("the main process of a service", NGINX, SYSTEMD, (0, "/"), Unit),
            ("a worker of a service", NGINX, (50, NGINX), SYSTEMD, Unit),
            ("below a shell of a service", NGINX, (60, NGINX), (50, NGINX), Parent),
            ("of a user's service", OWN, USER_MANAGER, SYSTEMD, Unit),
            ("adopted by another manager", OWN, SYSTEMD, (0, "/"), Unknown),
            ("of a session", SESSION, (80, SESSION), (79, SESSION), Parent),
            ("an orphan of a session", SESSION, SYSTEMD, (0, "/"), Unknown),
            ("started from outside", "/", (0, "/"), (0, "/"), Unknown),
            ("by an init without units", "/", (1, "/"), (0, "/"), Init),
            ("by a shell", "/", (90, "/"), (1, "/"), Parent),
            ("in a container", &container, (90, "/"), SYSTEMD, InContainer),
            ("in a container, by its init", &container, (90, &container), (89, "/"), InContainer),
        ] {
            let lines = |path| format!("0::{path}\n");
            let ancestor = |(pid, path)| Ancestor { pid, unit: UnitName::of(lines(path).as_bytes()) };
            let found = supervisor(
                UnitName::of(lines(path).as_bytes()).as_ref(),
                Container::of(lines(path).as_bytes()).as_ref(),
                &ancestor(parent),
                &ancestor(grandparent),
            );
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn this_process() {
        let proc = ProcDir::named().expect("/proc");
        let mut process = Process::new(&proc);
        process.select(own_pid());
        let origin = Origin::read(&mut process).expect("it exists");
        let parent = process.parent().expect("it exists");
        assert_eq!(origin.parent.map_or(0, |parent| parent.pid), parent);
        assert_eq!(origin.container, None, "ours is not one to stop");
    }
}
