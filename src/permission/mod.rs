//! Whether a process may be signalled, and what the signal would do to it: a model of kill(2), signal(7) and
//! kernel/signal.c that works on facts read before. No system call is made here.

mod effect;
#[cfg(test)]
mod tests;

pub(crate) use effect::Effect;

use crate::proc::{Description, UserNamespace};
use crate::request::Pid;
use crate::signal::Signal;

/// The facts about the sender of a signal that decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub real_uid: u32,
    pub effective_uid: u32,
    pub session: Pid,
    /// Whether CAP_KILL is effective.
    pub has_cap_kill: bool,
    /// Whether one of the UIDs is the overflow UID, which stands for all that the user namespace does not map.
    pub is_overflow_uid: bool,
}

/// Why a signal may be sent, or that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// The sender's real or effective UID is the target's real UID or saved set-user-ID.
    SameUser,
    /// The sender holds CAP_KILL in the target's user namespace.
    Capability,
    /// SIGCONT may be sent to every process of the sender's session.
    SameSession,
    /// kill(2) does not allow it.
    None,
    /// What decides cannot be read: the target's user namespace, or the UID that the overflow UID replaces.
    Unknown,
}

impl Permission {
    /// kill(2)'s rule (`check_kill_permission`).
    pub(crate) fn to_signal(
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
        // Sessions outside of the PID namespace are all 0; there is rarely more than the one that pkill came from.
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
            // Without CAP_KILL too: the sender may own that namespace.
            UserNamespace::Hidden => Permission::Unknown,
            _ => Permission::None,
        }
    }
}

/// Why the kernel refuses, in terms of kill(2): the target's owner, the sender's UIDs, and what the sender lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The target's real, effective and saved UID.
    pub target: [u32; 3],
    /// The sender's real and effective UID.
    pub sender: [u32; 2],
    /// Whether the sender holds CAP_KILL, but not in the target's user namespace.
    pub has_cap_kill_elsewhere: bool,
}

impl Refusal {
    /// Why this sender may not signal this target.
    pub(crate) fn new(sender: &Sender, target: &Description) -> Refusal {
        Refusal {
            target: [target.real_uid, target.effective_uid, target.saved_uid],
            sender: [sender.real_uid, sender.effective_uid],
            has_cap_kill_elsewhere: sender.has_cap_kill,
        }
    }

    /// As a sentence, with the name of the target's owner.
    pub(crate) fn explain(&self, owner: &str) -> String {
        let owner = match self.target {
            [real, effective, saved] if [real, saved] == [effective; 2] => owner.to_owned(),
            [real, _, saved] => format!("{owner} (real {real}, saved {saved})"),
        };
        let you = match self.sender {
            [real, effective] if real == effective => format!("UID {real}"),
            [real, effective] => format!("UID {real} (real) and {effective} (effective)"),
        };
        let capability = if self.has_cap_kill_elsewhere {
            "hold CAP_KILL, but not in its user namespace"
        } else {
            "lack CAP_KILL in its user namespace"
        };
        format!("owned by {owner}; you are {you} and {capability}")
    }
}
