//! May we signal a process, and what would the signal do to it? Both are told from facts, as kill(2) and signal(7)
//! have them and `kernel/signal.c` does it; nothing is asked of the kernel here.

use std::fmt;

use crate::proc::{Description, UserNamespace};
use crate::request::Pid;
use crate::signal::{DefaultAction, Signal};

/// What counts about whoever sends a signal.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// The real UID.
    pub real_uid: u32,
    /// The effective UID.
    pub effective_uid: u32,
    /// The session ID.
    pub session: Pid,
    /// Whether CAP_KILL is effective.
    pub has_cap_kill: bool,
    /// Whether one of the UIDs is the one that stands for all that our user namespace does not map.
    pub is_overflow_uid: bool,
}

/// Why a signal may be sent, or that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The sender's real or effective UID is the target's real UID or saved set-user-ID.
    SameUser,
    /// The sender holds CAP_KILL in the target's user namespace.
    Capability,
    /// SIGCONT may go to every process of one's own session.
    SameSession,
    /// kill(2) does not allow it.
    None,
    /// What decides is hidden from us: the target's user namespace, or whose UID is behind one that is not mapped.
    Unknown,
}

impl Permission {
    /// kill(2)'s rule (`check_kill_permission`).
    pub fn to_signal(
        sender: &Sender,
        target: &Description,
        namespace: UserNamespace,
        signal: Signal,
    ) -> Permission {
        let ids = [sender.real_uid, sender.effective_uid];
        let same_user = ids.contains(&target.real_uid) || ids.contains(&target.saved_uid);
        if same_user && !sender.is_overflow_uid {
            return Permission::SameUser;
        }
        // Sessions outside of our PID namespace are all 0; there is rarely more than the one that we came from.
        if signal == Signal::CONT && target.session == sender.session {
            return Permission::SameSession;
        }
        if same_user {
            return Permission::Unknown;
        }
        match namespace {
            UserNamespace::Ours if sender.has_cap_kill => Permission::Capability,
            UserNamespace::Below { owner } if sender.has_cap_kill || owner == sender.effective_uid => {
                Permission::Capability
            }
            // Without CAP_KILL too: we may own that namespace.
            UserNamespace::Hidden => Permission::Unknown,
            _ => Permission::None,
        }
    }
}

/// Why the kernel refuses, in terms of kill(2): whose the target is, who the sender is, and what that one lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The target's real, effective and saved UID.
    pub target: [u32; 3],
    /// The sender's real and effective UID.
    pub sender: [u32; 2],
    /// Whether the sender holds CAP_KILL, though not where it counts.
    pub has_cap_kill_elsewhere: bool,
}

impl Refusal {
    /// Of this target to this sender.
    pub fn new(sender: &Sender, target: &Description) -> Refusal {
        Refusal {
            target: [target.real_uid, target.effective_uid, target.saved_uid],
            sender: [sender.real_uid, sender.effective_uid],
            has_cap_kill_elsewhere: sender.has_cap_kill,
        }
    }

    /// In a sentence, with the name of the target's owner.
    pub fn explain(&self, owner: &str) -> String {
        let [real, _, saved] = self.target;
        let you = match self.sender {
            [real, effective] if real == effective => format!("UID {real} (real and effective)"),
            [real, effective] => format!("UID {real} (real) and {effective} (effective)"),
        };
        let capability = if self.has_cap_kill_elsewhere {
            "hold CAP_KILL, but not in its user namespace"
        } else {
            "lack CAP_KILL in its user namespace"
        };
        format!("owned by {owner} (real {real}, saved {saved}); you are {you} and {capability}")
    }
}

/// What a signal would do to a process that it is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Signal 0 does nothing to anybody.
    OnlyChecks,
    /// It has ended already and waits for its parent.
    Zombie,
    /// Kernel threads take no signals.
    KernelThread,
    /// The init process of a PID namespace gets only signals that it has handlers for; KILL and STOP do reach it
    /// from outside (pid_namespaces(7)).
    Init,
    /// The default action.
    Default(DefaultAction),
    /// SIGCONT, and there is nothing to continue.
    NotStopped,
    /// It is stopped, and SIGCONT discards what would stop it again (signal(7)).
    AlreadyStopped,
    /// Its handler runs.
    Handled,
    /// It ignores the signal.
    Ignored,
    /// It waits until the process unblocks it, or fetches it with sigwaitinfo(2) or signalfd(2).
    Blocked,
    /// The process is stopped, and the signal waits until it is continued.
    UntilContinued,
    /// The process is stopped by a debugger, which gets to see the signal first.
    UntilTraced,
}

impl Effect {
    /// What the signal would do, by the process's kind, state and masks, in the order in which the kernel looks.
    pub fn of(signal: Signal, target: &Description) -> Effect {
        let mask = signal.mask();
        let [caught, ignored, blocked, blocked_by_main] =
            [target.caught, target.ignored, target.blocked, target.blocked_by_main]
                .map(|set| set & mask != 0);
        let irresistible = signal == Signal::KILL || signal == Signal::STOP;
        let default = signal.default_action();
        let ignored_by_default = matches!(default, DefaultAction::Ignore | DefaultAction::Continue);
        let dropped = ignored || !caught && (ignored_by_default || is_init(target));
        match target.state {
            _ if signal == Signal::NONE => Effect::OnlyChecks,
            b'Z' | b'X' | b'x' => Effect::Zombie,
            _ if target.is_kernel_thread => Effect::KernelThread,
            // prepare_signal: SIGCONT continues, whatever else becomes of it
            b'T' if signal == Signal::CONT => Effect::Default(default),
            b'T' if default == DefaultAction::Stop => Effect::AlreadyStopped,
            // sig_ignored: what the main thread blocks is kept, even if it is ignored, and what is traced is too.
            _ if blocked && (blocked_by_main || !dropped) => Effect::Blocked,
            b't' if signal != Signal::KILL => Effect::UntilTraced,
            _ if is_init(target) && !caught && !(irresistible && is_below(target)) => Effect::Init,
            // What is ignored is dropped when it is sent, stopped or not.
            _ if ignored => Effect::Ignored,
            _ if signal == Signal::CONT && !caught => Effect::NotStopped,
            _ if default == DefaultAction::Ignore && !caught => Effect::Default(default),
            b'T' if signal != Signal::KILL => Effect::UntilContinued,
            _ if caught => Effect::Handled,
            _ => Effect::Default(default),
        }
    }
}

/// The first process of a PID namespace (`SIGNAL_UNKILLABLE`).
fn is_init(target: &Description) -> bool {
    target.namespace_pids.last().copied().unwrap_or(target.pid) == 1
}

/// Whether it is in a PID namespace below ours, so that KILL and STOP from us are from outside.
fn is_below(target: &Description) -> bool {
    target.namespace_pids.len() > 1
}

impl Effect {
    /// One word, for programs.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Default(DefaultAction::Terminate) => "terminate",
            Effect::Default(DefaultAction::Core) => "core",
            Effect::Default(DefaultAction::Stop) => "stop",
            Effect::Default(DefaultAction::Continue) => "continue",
            Effect::Handled => "handled",
            Effect::Ignored | Effect::Default(DefaultAction::Ignore) => "ignored",
            Effect::Blocked => "blocked",
            Effect::UntilContinued | Effect::UntilTraced => "pending",
            Effect::OnlyChecks
            | Effect::Zombie
            | Effect::KernelThread
            | Effect::Init
            | Effect::NotStopped
            | Effect::AlreadyStopped => "none",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::OnlyChecks => "nothing: signal 0 only checks",
            Effect::Zombie => "nothing: it has ended and waits for its parent",
            Effect::KernelThread => "nothing: it is a kernel thread",
            Effect::Init => "nothing: it is the init of a PID namespace and has no handler",
            Effect::Default(DefaultAction::Terminate) => "terminate",
            Effect::Default(DefaultAction::Core) => "terminate with a core dump",
            Effect::Default(DefaultAction::Stop) => "stop",
            Effect::Default(DefaultAction::Continue) => "continue",
            Effect::Default(DefaultAction::Ignore) => "nothing: ignored by default",
            Effect::NotStopped => "nothing: it is not stopped",
            Effect::AlreadyStopped => "nothing: it is stopped already",
            Effect::Handled => "its handler runs",
            Effect::Ignored => "nothing: it ignores the signal",
            Effect::Blocked => "waits until the process unblocks or fetches it",
            Effect::UntilContinued => "waits until the process is continued",
            Effect::UntilTraced => "waits for the debugger that has stopped the process",
        })
    }
}
