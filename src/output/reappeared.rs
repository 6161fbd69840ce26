//! Matches that have started since the first scan: what started them, and what to do about it.

use serde::Serialize;

use super::exact::{Exact, wall_clock};
use super::notes::{first, grouped};
use super::printable::shown;
use super::writer::Output;
use crate::origin::{Container, Engine, Origin, Supervisor};
use crate::report::{Reappeared, Report};
use crate::request::{Pid, Request, Style};
use crate::select::{Manager, UnitName};

/// How many are named.
const NAMED_MAX: usize = 5;

/// The characters of a container's ID that its engine accepts for all of it.
const CONTAINER_ID_LEN: usize = 12;

impl Output {
    /// A line for all that have the same origin, where a user reads it or the exit status needs an explanation.
    pub(super) fn reappeared(&mut self, request: &Request, report: &Report) {
        if report.reappeared.is_empty() && report.unsettled.is_none() {
            return;
        }
        let explains_status = request.strict || report.unsettled.is_some();
        let is_asked_for =
            request.sending().is_some_and(|sending| sending.settle.is_some() && !sending.until_none);
        let is_quiet = matches!(request.style, Style::Quiet);
        let is_read = request.style == Style::Verbose
            || request.style == Style::Plain && (is_asked_for || self.is_watched());
        if is_quiet || !explains_status && !is_read {
            return;
        }
        let origins = grouped(report.reappeared.iter().map(|one| (advice(&one.origin), one)));
        for (advice, all) in origins.iter().take(NAMED_MAX) {
            let named = all.iter().map(|one| format!("{} (pid {})", shown(&one.name), one.pid));
            let (has, of) = if all.len() == 1 { ("has", "") } else { ("have", "processes ") };
            let named = first(NAMED_MAX, named);
            let advice = advice.as_ref().map_or_else(String::new, |advice| format!(": {advice}"));
            self.error(&format!("note: {of}{named} {has} started in the meantime{advice}"));
        }
        if let Some(time) = report.unsettled {
            let time = time.as_secs_f64();
            self.error(&format!("the timeout expired before {time} s had passed without a match (--settle)"));
        }
    }
}

/// What starts the process again, and the command that stops it.
pub(super) fn advice(origin: &Origin) -> Option<String> {
    let Origin { unit, container, parent, supervisor } = origin;
    match supervisor {
        Supervisor::Unit => {
            unit.as_ref().map(|unit| format!("systemd may restart it; use {}", stop_unit(unit)))
        }
        Supervisor::Container => container.as_ref().map(stop_container),
        Supervisor::Parent => parent.as_ref().map(|parent| {
            format!("its parent is {} (pid {}), which may restart it", shown(&parent.name), parent.pid)
        }),
        Supervisor::Init => Some("its parent is PID 1".to_owned()),
        Supervisor::Unknown => None,
    }
}

/// The command that stops the unit: systemctl(1).
fn stop_unit(unit: &UnitName) -> String {
    let quoted = if unit.name.contains('\\') { format!("'{}'", unit.name) } else { unit.name.clone() };
    match unit.manager {
        Manager::System => format!("systemctl stop {quoted}"),
        Manager::User(uid) if uid == rustix::process::getuid().as_raw() => {
            format!("systemctl --user stop {quoted}")
        }
        Manager::User(uid) => format!("systemctl --user --machine={uid}@ stop {quoted}"),
    }
}

fn stop_container(Container { engine, id }: &Container) -> String {
    let short = &id[..id.len().min(CONTAINER_ID_LEN)];
    match engine {
        Engine::Docker => format!("it runs in a container; use docker stop {short}"),
        Engine::Podman => format!("it runs in a container; use podman stop {short}"),
        Engine::Other => format!("it runs in container {short}"),
    }
}

/// The same in JSON.
#[derive(Serialize)]
pub(super) struct ReappearedView<'a> {
    pid: Pid,
    name: Exact<'a>,
    start_time: String,
    /// Whether it was signalled too.
    signalled: bool,
    unit: Option<&'a str>,
    /// The user of the service manager that runs the unit.
    unit_uid: Option<u32>,
    container: Option<&'a str>,
    parent: Option<ParentView<'a>>,
    advice: Option<String>,
}

#[derive(Serialize)]
struct ParentView<'a> {
    pid: Pid,
    name: Exact<'a>,
}

impl<'a> ReappearedView<'a> {
    pub(super) fn new(one: &'a Reappeared) -> Self {
        let Origin { unit, container, parent, .. } = &one.origin;
        ReappearedView {
            pid: one.pid,
            name: Exact(&one.name),
            start_time: wall_clock(one.start_time),
            signalled: one.is_signalled,
            unit: unit.as_ref().map(|unit| unit.name.as_str()),
            unit_uid: unit.as_ref().and_then(|unit| match unit.manager {
                Manager::System => None,
                Manager::User(uid) => Some(uid),
            }),
            container: container.as_ref().map(|container| container.id.as_str()),
            parent: parent.as_ref().map(|parent| ParentView { pid: parent.pid, name: Exact(&parent.name) }),
            advice: advice(&one.origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Parent;

    #[test]
    fn what_is_advised() {
        let unit = |manager, name: &str| Some(UnitName { manager, name: name.into() });
        let container = |engine| Some(Container { engine, id: "0123456789abcdef".repeat(4) });
        let parent = Some(Parent { pid: 7, start_time: 1, name: b"run\x1bsv".to_vec() });
        let origin =
            |unit, container, supervisor| Origin { unit, container, parent: parent.clone(), supervisor };
        let own = rustix::process::getuid().as_raw();
        let user = Manager::User(own);
        let other =
            format!("systemd may restart it; use systemctl --user --machine={}@ stop a.service", own + 1);
        for (origin, expected) in [
            (
                origin(unit(Manager::System, "nginx.service"), None, Supervisor::Unit),
                "systemd may restart it; use systemctl stop nginx.service",
            ),
            (
                origin(unit(user, "a\\x2db.service"), None, Supervisor::Unit),
                "systemd may restart it; use systemctl --user stop 'a\\x2db.service'",
            ),
            (origin(unit(Manager::User(own + 1), "a.service"), None, Supervisor::Unit), &*other),
            (
                origin(None, container(Engine::Docker), Supervisor::Container),
                "it runs in a container; use docker stop 0123456789ab",
            ),
            (
                origin(None, container(Engine::Podman), Supervisor::Container),
                "it runs in a container; use podman stop 0123456789ab",
            ),
            (
                origin(None, container(Engine::Other), Supervisor::Container),
                "it runs in container 0123456789ab",
            ),
            (origin(None, None, Supervisor::Parent), "its parent is run?sv (pid 7), which may restart it"),
            (origin(None, None, Supervisor::Init), "its parent is PID 1"),
        ] {
            assert_eq!(advice(&origin).as_deref(), Some(expected));
        }
        assert_eq!(advice(&origin(None, None, Supervisor::Unknown)), None);
    }
}
