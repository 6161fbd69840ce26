//! The permission to signal, by the identities of the sender and of the target.

use super::cells::{Kind, Sender, State, check, kind};
use super::{A, B, ROOT, signals};
use crate::support::{Dir, Run, Spec, namespace, need};

/// Targets that differ in properties on which the permission depends.
fn identities() -> Vec<Kind> {
    use State::*;
    let with = |name, [r, e, s]: [u32; 3]| kind(name, Running, move |part| part.uids(r, e, s));
    let owned =
        |name, owner, uid| kind(name, Running, move |part| part.user_namespace(owner).uids(uid, uid, uid));
    vec![
        with("root", [ROOT; 3]),
        with("A", [A; 3]),
        with("B", [B; 3]),
        with("A runs a setuid-root file", [A, ROOT, ROOT]),
        with("that, with dropped rights", [A, A, ROOT]),
        with("root as effective A", [ROOT, A, ROOT]),
        with("only saved A", [ROOT, ROOT, A]),
        with("only effective A", [B, A, B]),
        with("B, saved A", [B, B, A]),
        with("A runs a setuid-B file", [A, B, B]),
        owned("A in A's user namespace", A, A),
        owned("B in A's user namespace", A, B),
        owned("B in B's user namespace", B, B),
        owned("root in A's user namespace", A, ROOT),
        owned("A in root's user namespace", ROOT, A),
        kind("A in a session of its own", Running, |part| part.session().uids(A, A, A)),
        kind("B in a session of its own", Running, |part| part.session().uids(B, B, B)),
        kind("B, stopped", Stopped, |part| part.uids(B, B, B)),
        kind("B's session, stopped", Stopped, |part| part.session().uids(B, B, B)),
        kind("A, zombie", Zombie, |part| part.uids(A, A, A)),
        kind("B, zombie", Zombie, |part| part.uids(B, B, B)),
        kind("A, init of a namespace", Running, |part| part.init().uids(A, A, A)),
        kind("root, init of a namespace", Running, Spec::init),
    ]
}

/// Sends all signals to all targets in this way.
fn sent_by(name: &'static str, wrapper: &str) {
    if !need("setpriv") {
        return;
    }
    let dir = Dir::new();
    let file = dir.executable(Run::ours("pkill").program());
    check(&[Sender::new(name, wrapper, &file)], &identities(), &signals());
    if wrapper.is_empty() {
        // PID 1 of this namespace is the test: from inside, it gets only signals that it handles.
        let sender = Sender::new(name, wrapper, &file);
        for (name, _) in signals() {
            let predicted = sender.send(name, 1, true)["targets"][0].clone();
            assert_eq!(predicted["effect"], "none", "{name}: {predicted}");
            let sent = sender.send(name, 1, false)["targets"][0].clone();
            assert_eq!(sent["outcome"], "signalled", "{name}: {sent}");
        }
    }
}

#[test]
fn sent_by_root() {
    namespace(|| sent_by("root", ""));
}

#[test]
fn sent_by_root_without_cap_kill() {
    namespace(|| sent_by("root without CAP_KILL", "setpriv --inh-caps=-kill --bounding-set=-kill"));
}

#[test]
fn sent_by_a_user() {
    namespace(|| sent_by("A", "setpriv --reuid 60001 --regid 60001 --clear-groups"));
}

#[test]
fn sent_by_another_user() {
    namespace(|| sent_by("B", "setpriv --reuid 60002 --regid 60002 --clear-groups"));
}

#[test]
fn sent_by_a_user_with_cap_kill() {
    namespace(|| {
        let user = "setpriv --reuid 60001 --regid 60001 --clear-groups --inh-caps=+kill --ambient-caps=+kill";
        sent_by("A with CAP_KILL", user);
    });
}

#[test]
fn sent_by_the_root_of_a_user_namespace() {
    namespace(|| {
        let user = "setpriv --reuid 60001 --regid 60001 --clear-groups";
        sent_by("root of A's namespace", &format!("{user} unshare --user --map-root-user"));
    });
}

#[test]
fn sent_from_a_user_namespace_that_maps_no_id() {
    namespace(|| {
        let user = "setpriv --reuid 60001 --regid 60001 --clear-groups";
        sent_by("A, unmapped", &format!("{user} unshare --user"));
    });
}
