//! `--max`: more match than the user expects, so none is signalled. What they are is what the user asks next.

use super::pidfd::PidFd;
use super::target::Targets;
use super::verify::{Scope, verify};
use crate::plan::Plan;
use crate::proc::{ProcDir, Process, ReadTimeout};
use crate::request::{Action, Request, Style};
use crate::scan::Match;

/// How many are described.
const DESCRIBED_MAX: usize = 20;

/// Read what a table shows of the first ones. What has exited or changed since, or cannot be read, stays as it is.
pub(super) fn describe(request: &Request, plan: &Plan, targets: &Targets, found: &mut [Match]) {
    if request.style != Style::Plain || matches!(request.action, Action::List(_)) {
        return;
    }
    let plan = Plan { detail: plan.detail.with_row().without_origin(), ..plan.clone() };
    let timeout = request.read_timeout.map(ReadTimeout::new);
    let Ok(proc) = ProcDir::named().map(|proc| proc.with_timeout(timeout.as_ref())) else { return };
    let mut process = Process::new(&proc);
    for found in found.iter_mut().take(DESCRIBED_MAX) {
        if let Ok(pidfd) = PidFd::open(found.pid) {
            let _ = verify(&plan, &mut process, targets, &pidfd, found, Scope::All);
        }
    }
}
