//! Every corner of the model, without a process.

use super::*;
use crate::proc::Description;
use crate::signal::{DefaultAction, Signal};

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
        arguments: None,
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
fn which_senders_may_signal_a_process() {
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
    let plain = with(|target| target.saved_uid = A);
    let mixed = with(|target| (target.effective_uid, target.saved_uid) = (B, C));
    for (sender, target, text) in [
        (sender(5, 5, false), plain, "owned by ann; you are UID 5 and lack CAP_KILL in its user namespace"),
        (
            sender(5, 6, true),
            mixed,
            "owned by ann (real 1000, saved 1002); you are UID 5 (real) and 6 (effective) and hold CAP_KILL, but \
             not in its user namespace",
        ),
    ] {
        assert_eq!(Refusal::new(&sender, &target).explain("ann"), text);
    }
}
