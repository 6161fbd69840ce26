//! Whether a process may be signalled, and what the signal would do to it: a model of kill(2), signal(7) and
//! kernel/signal.c that works on facts read before. No system call is made here.

use std::fmt;

use crate::proc::{Description, UserNamespace};
use crate::request::Pid;
use crate::signal::{DefaultAction, Signal};

/// What decides about the sender of a signal.
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
    /// Whether one of the UIDs is the overflow UID, which stands for all that the user namespace does not map.
    pub is_overflow_uid: bool,
}

/// Why a signal may be sent, or that it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The sender's real or effective UID is the target's real UID or saved set-user-ID.
    SameUser,
    /// The sender holds CAP_KILL in the target's user namespace.
    Capability,
    /// SIGCONT may be sent to every process of the sender's session.
    SameSession,
    /// kill(2) does not allow it.
    None,
    /// What decides cannot be read: the target's user namespace, or the UID behind the overflow UID.
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
pub struct Refusal {
    /// The target's real, effective and saved UID.
    pub target: [u32; 3],
    /// The sender's real and effective UID.
    pub sender: [u32; 2],
    /// Whether the sender holds CAP_KILL, but not in the target's user namespace.
    pub has_cap_kill_elsewhere: bool,
}

impl Refusal {
    /// Why this sender may not signal this target.
    pub fn new(sender: &Sender, target: &Description) -> Refusal {
        Refusal {
            target: [target.real_uid, target.effective_uid, target.saved_uid],
            sender: [sender.real_uid, sender.effective_uid],
            has_cap_kill_elsewhere: sender.has_cap_kill,
        }
    }

    /// As a sentence, with the name of the target's owner.
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

/// What a signal would do to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Signal 0 is not delivered.
    OnlyChecks,
    /// The process has exited and waits for its parent.
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
    /// Its process group is orphaned, and the signal is TSTP, TTIN or TTOU (`get_signal`, kernel/signal.c).
    OrphanedGroup,
    /// The handler runs.
    Handled,
    /// The process ignores the signal.
    Ignored,
    /// The signal is pending until the process unblocks it, or fetches it with sigwaitinfo(2) or signalfd(2).
    Blocked,
    /// The process is stopped, and the signal is pending until it is continued.
    UntilContinued,
    /// All threads that could take the signal are in a ptrace stop.
    UntilTraced,
}

impl Effect {
    /// What the signal would do, by the process's kind, state and masks, in the order of the kernel's checks.
    ///
    /// `orphaned` answers whether its process group is orphaned; it is called only where that decides.
    pub fn of(signal: Signal, target: &Description, orphaned: impl FnOnce() -> bool) -> Effect {
        let mask = signal.mask();
        let [caught, ignored, blocked, blocked_by_main, undeliverable] =
            [target.caught, target.ignored, target.blocked, target.blocked_by_main, target.undeliverable]
                .map(|set| set & mask != 0);
        let is_traced = target.state == b't';
        let default = signal.default_action();
        let ignored_by_default = matches!(default, DefaultAction::Ignore | DefaultAction::Continue);
        let dropped = ignored || !caught && (ignored_by_default || is_init(target));
        match target.state {
            _ if signal == Signal::NONE => Effect::OnlyChecks,
            b'Z' | b'X' | b'x' => Effect::Zombie,
            _ if target.is_kernel_thread => Effect::KernelThread,
            // prepare_signal: SIGCONT continues, also where it is blocked, ignored or caught.
            b'T' if signal == Signal::CONT => Effect::Default(default),
            b'T' if default == DefaultAction::Stop => Effect::AlreadyStopped,
            // sig_ignored: a signal that the main thread blocks is kept even if it is ignored, and so is every signal
            // but KILL where a debugger has attached to the main thread.
            _ if blocked && (blocked_by_main || !dropped) => Effect::Blocked,
            _ if signal == Signal::KILL && is_init(target) && !is_below(target) => Effect::Init,
            _ if signal == Signal::KILL => Effect::Default(default),
            b'T' if undeliverable && blocked_by_main => Effect::UntilContinued,
            _ if undeliverable && (blocked_by_main || is_traced) => Effect::UntilTraced,
            _ if is_init(target) && !caught && !(signal == Signal::STOP && is_below(target)) => Effect::Init,
            // An ignored signal is dropped when it is sent, also if the process is stopped.
            _ if ignored => Effect::Ignored,
            _ if signal == Signal::CONT && !caught => Effect::NotStopped,
            _ if default == DefaultAction::Ignore && !caught => Effect::Default(default),
            b'T' => Effect::UntilContinued,
            _ if undeliverable => Effect::UntilTraced,
            _ if caught => Effect::Handled,
            _ if default == DefaultAction::Stop && signal != Signal::STOP && orphaned() => {
                Effect::OrphanedGroup
            }
            _ => Effect::Default(default),
        }
    }
}

/// The first process of a PID namespace (`SIGNAL_UNKILLABLE`).
fn is_init(target: &Description) -> bool {
    target.namespace_pids.last().copied().unwrap_or(target.pid) == 1
}

/// Whether it is in a PID namespace below that of pkill, so that KILL and STOP come from outside.
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
            | Effect::AlreadyStopped
            | Effect::OrphanedGroup => "none",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::OnlyChecks => "nothing: signal 0 only checks",
            Effect::Zombie => "nothing: it has exited and waits for its parent",
            Effect::KernelThread => "nothing: it is a kernel thread",
            Effect::Init => "nothing: it is the init of a PID namespace and has no handler",
            Effect::Default(DefaultAction::Terminate) => "terminate",
            Effect::Default(DefaultAction::Core) => "terminate with a core dump",
            Effect::Default(DefaultAction::Stop) => "stop",
            Effect::Default(DefaultAction::Continue) => "continue",
            Effect::Default(DefaultAction::Ignore) => "nothing: ignored by default",
            Effect::NotStopped => "nothing: it is not stopped",
            Effect::AlreadyStopped => "nothing: it is stopped already",
            Effect::OrphanedGroup => "nothing: its process group is orphaned",
            Effect::Handled => "its handler runs",
            Effect::Ignored => "nothing: it ignores the signal",
            Effect::Blocked => "waits until the process unblocks or fetches it",
            Effect::UntilContinued => "waits until the process is continued",
            Effect::UntilTraced => "waits for the debugger that has stopped the process",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u32 = 1000;
    const B: u32 = 1001;
    const C: u32 = 1002;
    const ALL: u64 = !0;
    const SESSION: Pid = 40;

    /// A sleeping process of A.
    fn target() -> Description {
        Description {
            pid: 42,
            parent: 41,
            session: SESSION,
            real_uid: A,
            effective_uid: A,
            saved_uid: A,
            name: b"target".to_vec(),
            arguments: vec![],
            start_time: 1,
            state: b'S',
            is_kernel_thread: false,
            namespace_pids: vec![42],
            blocked: 0,
            blocked_by_main: 0,
            undeliverable: 0,
            ignored: 0,
            caught: 0,
        }
    }

    fn with(change: impl FnOnce(&mut Description)) -> Description {
        let mut target = target();
        change(&mut target);
        target
    }

    /// One thread in this state: nothing is delivered to it while it is stopped.
    fn in_state(state: u8, change: impl FnOnce(&mut Description)) -> Description {
        with(|target| {
            target.state = state;
            target.undeliverable = if matches!(state, b'T' | b't') { ALL } else { 0 };
            change(target);
        })
    }

    fn block(target: &mut Description) {
        (target.blocked, target.blocked_by_main, target.undeliverable) = (ALL, ALL, ALL);
    }

    /// The main thread blocks all signals, another one none.
    fn main_blocks(target: &mut Description) {
        target.blocked_by_main = ALL;
    }

    /// The main thread has exited, and blocked no signals. All others block all.
    fn others_block(target: &mut Description) {
        (target.blocked, target.undeliverable) = (ALL, ALL);
    }

    fn catch(target: &mut Description) {
        target.caught = ALL;
    }

    fn ignore(target: &mut Description) {
        target.ignored = ALL;
    }

    fn init(target: &mut Description) {
        (target.pid, target.namespace_pids) = (1, vec![1]);
    }

    fn init_below(target: &mut Description) {
        target.namespace_pids = vec![42, 1];
    }

    #[test]
    fn the_effect_follows_kind_state_and_masks() {
        use DefaultAction::{Continue, Core, Ignore, Stop, Terminate};
        use Effect::*;
        fn and<const N: usize>(changes: [fn(&mut Description); N]) -> impl FnOnce(&mut Description) {
            move |target| changes.iter().for_each(|change| change(target))
        }
        let none = |_: &mut Description| {};
        // The main thread is in a ptrace stop, another one runs and blocks no signals.
        let main_traced = in_state(b't', |target| target.undeliverable = 0);
        let main_traced_ignores = in_state(b't', |target| (target.undeliverable, target.ignored) = (0, ALL));
        let other_traced = with(|target| (target.blocked_by_main, target.undeliverable) = (ALL, ALL));
        let other_traced_ignores =
            with(|target| (target.blocked_by_main, target.undeliverable, target.ignored) = (ALL, ALL, ALL));
        // The main thread has exited, and all others are in a ptrace stop.
        let rest_traced_ignores = with(|target| (target.undeliverable, target.ignored) = (ALL, ALL));
        let rest_traced = with(|target| target.undeliverable = ALL);
        let kernel_thread = with(|target| (target.is_kernel_thread, target.ignored) = (true, ALL));

        // The effects of KILL, STOP, CONT, CHLD, TERM, QUIT, TSTP.
        const SIGNALS: [i32; 7] = [
            libc::SIGKILL,
            libc::SIGSTOP,
            libc::SIGCONT,
            libc::SIGCHLD,
            libc::SIGTERM,
            libc::SIGQUIT,
            libc::SIGTSTP,
        ];
        let [kill, stop, resume, end, core, nothing] =
            [Terminate, Stop, Continue, Terminate, Core, Ignore].map(Default);
        let wait = UntilContinued;
        #[rustfmt::skip]
        let rows = [
            ("default",                   target(),                              [kill, stop, NotStopped, nothing, end, core, stop]),
            ("caught",                    with(catch),                           [kill, stop, Handled, Handled, Handled, Handled, Handled]),
            ("ignored",                   with(ignore),                          [kill, stop, Ignored, Ignored, Ignored, Ignored, Ignored]),
            ("blocked",                   with(block),                           [kill, stop, Blocked, Blocked, Blocked, Blocked, Blocked]),
            ("blocked and ignored",       with(and([block, ignore])),            [kill, stop, Blocked, Blocked, Blocked, Blocked, Blocked]),
            ("blocked by main",           with(main_blocks),                     [kill, stop, NotStopped, nothing, end, core, stop]),
            ("blocked by main, caught",   with(and([main_blocks, catch])),       [kill, stop, Handled, Handled, Handled, Handled, Handled]),
            ("blocked by others",         with(others_block),                    [kill, stop, NotStopped, nothing, Blocked, Blocked, Blocked]),
            ("blocked by others, caught", with(and([others_block, catch])),      [kill, stop, Blocked, Blocked, Blocked, Blocked, Blocked]),
            ("blocked by others, ignored", with(and([others_block, ignore])),    [kill, stop, Ignored, Ignored, Ignored, Ignored, Ignored]),
            ("zombie",                    in_state(b'Z', catch),                 [Zombie; 7]),
            ("dead",                      in_state(b'X', none),                  [Zombie; 7]),
            ("dead, traced",              in_state(b'x', none),                  [Zombie; 7]),
            ("kernel thread",             kernel_thread,                         [KernelThread; 7]),
            ("stopped",                   in_state(b'T', none),                  [kill, AlreadyStopped, resume, nothing, wait, wait, AlreadyStopped]),
            ("stopped, caught",           in_state(b'T', catch),                 [kill, AlreadyStopped, resume, wait, wait, wait, AlreadyStopped]),
            ("stopped, ignored",          in_state(b'T', ignore),                [kill, AlreadyStopped, resume, Ignored, Ignored, Ignored, AlreadyStopped]),
            ("stopped, blocked",          in_state(b'T', block),                 [kill, AlreadyStopped, resume, Blocked, Blocked, Blocked, AlreadyStopped]),
            ("stopped, blocked by main",  in_state(b'T', and([main_blocks, ignore])), [kill, AlreadyStopped, resume, wait, wait, wait, AlreadyStopped]),
            ("traced",                    in_state(b't', none),                  [kill, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced]),
            ("traced, ignored",           in_state(b't', ignore),                [kill, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced]),
            ("traced, blocked",           in_state(b't', block),                 [kill, UntilTraced, Blocked, Blocked, Blocked, Blocked, Blocked]),
            ("main thread traced",        main_traced,                           [kill, stop, NotStopped, nothing, end, core, stop]),
            ("main traced, ignored",      main_traced_ignores,                   [kill, stop, Ignored, Ignored, Ignored, Ignored, Ignored]),
            ("other traced, main blocks", other_traced,                          [kill, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced]),
            ("that, ignored",             other_traced_ignores,                  [kill, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced]),
            ("others traced",             rest_traced,                           [kill, UntilTraced, NotStopped, nothing, UntilTraced, UntilTraced, UntilTraced]),
            ("others traced, ignored",    rest_traced_ignores,                   [kill, UntilTraced, Ignored, Ignored, Ignored, Ignored, Ignored]),
            ("init",                      with(init),                            [Init; 7]),
            ("init, caught",              with(and([init, catch])),              [Init, Init, Handled, Handled, Handled, Handled, Handled]),
            ("init, blocked",             with(and([init, block])),              [Init, Init, Blocked, Blocked, Blocked, Blocked, Blocked]),
            ("init, traced",              in_state(b't', init),                  [Init, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced, UntilTraced]),
            ("init, stopped",             in_state(b'T', init),                  [Init, AlreadyStopped, resume, Init, Init, Init, AlreadyStopped]),
            ("init below",                with(init_below),                      [kill, stop, Init, Init, Init, Init, Init]),
            ("init below, caught",        with(and([init_below, catch])),        [kill, stop, Handled, Handled, Handled, Handled, Handled]),
            ("init below, stopped",       in_state(b'T', init_below),            [kill, AlreadyStopped, resume, Init, Init, Init, AlreadyStopped]),
        ];
        for (what, mut target, expected) in rows {
            // KILL and STOP are in no mask of a real process (`do_sigaction`, `set_current_blocked`).
            let unmaskable = Signal::KILL.mask() | Signal::STOP.mask();
            target.caught &= !unmaskable;
            target.ignored &= !unmaskable;
            target.blocked &= !unmaskable;
            target.blocked_by_main &= !unmaskable;
            if target.blocked != 0 && !matches!(target.state, b'T' | b't') {
                target.undeliverable &= !unmaskable;
            }
            let effects = SIGNALS.map(|number| {
                let signal = Signal::from_number(number).expect("a signal");
                Effect::of(signal, &target, || false)
            });
            assert_eq!(effects, expected, "{what}");
            assert_eq!(Effect::of(Signal::NONE, &target, || false), OnlyChecks, "{what}");
        }
    }

    #[test]
    fn only_a_terminals_stop_signals_depend_on_the_process_group() {
        let effect = |number, target: &Description| {
            let mut asked = false;
            let signal = Signal::from_number(number).expect("a signal");
            let effect = Effect::of(signal, target, || {
                asked = true;
                true
            });
            (effect, asked)
        };
        for number in [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU] {
            assert_eq!(effect(number, &target()), (Effect::OrphanedGroup, true), "{number}");
            for (target, expected) in [
                (with(catch), Effect::Handled),
                (with(ignore), Effect::Ignored),
                (with(block), Effect::Blocked),
                (in_state(b'T', |_| {}), Effect::AlreadyStopped),
                (in_state(b't', |_| {}), Effect::UntilTraced),
                (with(init_below), Effect::Init),
            ] {
                assert_eq!(effect(number, &target), (expected, false), "{number}, {expected:?}");
            }
        }
        for (number, expected) in [
            (libc::SIGSTOP, Effect::Default(DefaultAction::Stop)),
            (libc::SIGCONT, Effect::NotStopped),
            (libc::SIGTERM, Effect::Default(DefaultAction::Terminate)),
        ] {
            assert_eq!(effect(number, &target()), (expected, false), "{number}");
        }
    }

    #[test]
    fn words_and_texts_agree() {
        use DefaultAction::{Continue, Core, Ignore, Stop, Terminate};
        use Effect::*;
        for (effect, word) in [
            (OnlyChecks, "none"),
            (Zombie, "none"),
            (KernelThread, "none"),
            (Init, "none"),
            (Default(Terminate), "terminate"),
            (Default(Core), "core"),
            (Default(Stop), "stop"),
            (Default(Continue), "continue"),
            (Default(Ignore), "ignored"),
            (NotStopped, "none"),
            (AlreadyStopped, "none"),
            (OrphanedGroup, "none"),
            (Handled, "handled"),
            (Ignored, "ignored"),
            (Blocked, "blocked"),
            (UntilContinued, "pending"),
            (UntilTraced, "pending"),
        ] {
            assert_eq!(effect.word(), word, "{effect:?}");
            let says_nothing = effect.to_string().starts_with("nothing: ");
            assert_eq!(says_nothing, matches!(word, "none" | "ignored"), "{effect:?}");
        }
    }

    #[test]
    fn who_may_signal_a_process() {
        use Permission::{Capability, None, SameSession, SameUser, Unknown};
        use UserNamespace::{Below, Elsewhere, Hidden, Ours};
        let sender = |real_uid, effective_uid| Sender {
            real_uid,
            effective_uid,
            session: 7,
            has_cap_kill: false,
            is_overflow_uid: false,
        };
        let capable = |uid| Sender { has_cap_kill: true, ..sender(uid, uid) };
        let overflow = |uid| Sender { is_overflow_uid: true, ..sender(uid, uid) };
        let in_session = |sender| Sender { session: SESSION, ..sender };
        let uids = |real, effective, saved| {
            with(|target| {
                (target.real_uid, target.effective_uid, target.saved_uid) = (real, effective, saved);
            })
        };
        let below = |owner| Below { owner };
        #[rustfmt::skip]
        let rows = [
            // sender, target, its user namespace, permission for TERM, for CONT
            ("same user",                   sender(A, A),             target(),      Ours,      SameUser, SameUser),
            ("the UIDs decide first",       capable(A),               target(),      Ours,      SameUser, SameUser),
            ("another user namespace",      sender(A, A),             target(),      Elsewhere, SameUser, SameUser),
            ("real is real",                sender(A, B),             uids(A, C, C), Ours,      SameUser, SameUser),
            ("real is saved",               sender(A, B),             uids(C, C, A), Ours,      SameUser, SameUser),
            ("effective is real",           sender(B, A),             uids(A, C, C), Ours,      SameUser, SameUser),
            ("effective is saved",          sender(B, A),             uids(C, C, A), Ours,      SameUser, SameUser),
            ("only effective is effective", sender(A, A),             uids(B, A, B), Ours,      None, None),
            ("another user",                sender(B, B),             target(),      Ours,      None, None),
            ("another user, same session",  in_session(sender(B, B)), target(),      Ours,      None, SameSession),
            ("session before capability",   in_session(capable(B)),   target(),      Ours,      Capability, SameSession),
            ("capability",                  capable(B),               target(),      Ours,      Capability, Capability),
            ("capability below",            capable(B),               target(),      below(C),  Capability, Capability),
            ("owner of the namespace",      sender(C, B),             target(),      below(B),  Capability, Capability),
            ("owner, only by real UID",     sender(B, C),             target(),      below(B),  None, None),
            ("capability elsewhere",        capable(B),               target(),      Elsewhere, None, None),
            ("namespace hidden",            sender(B, B),             target(),      Hidden,    Unknown, Unknown),
            ("capable, namespace hidden",   capable(B),               target(),      Hidden,    Unknown, Unknown),
            ("hidden, same session",        in_session(sender(B, B)), target(),      Hidden,    Unknown, SameSession),
            ("overflow UID",                overflow(A),              target(),      Ours,      Unknown, Unknown),
            ("overflow UID, same session",  in_session(overflow(A)),  target(),      Ours,      Unknown, SameSession),
            ("overflow UID, another user",  overflow(B),              target(),      Ours,      None, None),
        ];
        for (what, sender, target, namespace, for_term, for_cont) in rows {
            let permission = |signal| Permission::to_signal(&sender, &target, namespace, signal);
            assert_eq!(permission(Signal::TERM), for_term, "{what}");
            assert_eq!(permission(Signal::CONT), for_cont, "{what}, CONT");
            assert_eq!(permission(Signal::NONE), for_term, "{what}, 0");
        }
    }

    #[test]
    fn a_refusal_names_the_uids_that_decide() {
        let sender = |real_uid, effective_uid, has_cap_kill| Sender {
            real_uid,
            effective_uid,
            session: 7,
            has_cap_kill,
            is_overflow_uid: false,
        };
        let target = with(|target| (target.effective_uid, target.saved_uid) = (B, C));
        for (sender, text) in [
            (
                sender(5, 5, false),
                "owned by ann (real 1000, saved 1002); you are UID 5 (real and effective) and lack CAP_KILL in its \
                 user namespace",
            ),
            (
                sender(5, 6, true),
                "owned by ann (real 1000, saved 1002); you are UID 5 (real) and 6 (effective) and hold CAP_KILL, but \
                 not in its user namespace",
            ),
        ] {
            assert_eq!(Refusal::new(&sender, &target).explain("ann"), text);
        }
    }
}
