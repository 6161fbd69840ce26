//! Sockets of other users: a process can get a socket that it did not create.

use std::fs::Permissions;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use rustix::process::Uid;
use rustix::thread::set_thread_res_uid;

use super::{holder, pgrep, tag, tcp, udp};
use crate::support::rerun::{rerun, test_name};
use crate::support::{Dir, NOBODY, Run, Spec, Victim, namespace, need_root};

/// A socket that this user creates.
fn created_by(uid: u32, protocol: &str) -> (OwnedFd, u16) {
    let protocol = protocol.to_owned();
    let create = move || {
        // Of this thread only: in the kernel, each thread has its own credentials (nptl(7)).
        let (root, uid) = (Uid::ROOT, Uid::from_raw(uid));
        set_thread_res_uid(root, uid, root).expect("setresuid");
        match protocol.as_str() {
            "tcp" => {
                let (socket, port) = tcp();
                (OwnedFd::from(socket), port)
            }
            _ => {
                let (socket, port) = udp("127.0.0.1:0");
                (OwnedFd::from(socket), port)
            }
        }
    };
    std::thread::spawn(create).join().expect("a socket")
}

fn foreign(pid: u32, port: &str, creator: u32) -> String {
    format!(
        "note: pid {pid} holds {port}, created by UID {creator}, so it is not selected; use -p {pid} to select it\n"
    )
}

/// A socket can be passed to a process that did not bind it. It is considered if its creator is root, or may signal
/// the process anyway.
#[test]
fn a_socket_counts_where_its_creator_is_trusted() {
    if !need_root() {
        return;
    }
    const USER: u32 = 1717;
    const OTHER: u32 = 1718;
    let uids = |real, effective, saved| move |spec: Spec| spec.uids(real, effective, saved).dumpable();
    let in_namespace_of =
        |root, uid| move |spec: Spec| spec.user_namespace_of_root(root).uids(uid, uid, uid).dumpable();
    type Process = Box<dyn Fn(Spec) -> Spec>;
    let rows: [(&str, u32, Process, bool); 11] = [
        ("a daemon that has dropped its privileges", 0, Box::new(uids(USER, USER, USER)), true),
        ("a user's server", USER, Box::new(uids(USER, USER, USER)), true),
        ("a set-user-ID program that the user runs", USER, Box::new(uids(USER, 0, 0)), true),
        ("a program that is set-user-ID for the user", USER, Box::new(uids(OTHER, OTHER, USER)), true),
        ("root's process", USER, Box::new(uids(0, 0, 0)), false),
        ("root's process that acts for the user at the moment", USER, Box::new(uids(0, USER, 0)), false),
        ("another user's process", USER, Box::new(uids(OTHER, OTHER, OTHER)), false),
        ("a process of user nobody", USER, Box::new(uids(NOBODY, NOBODY, NOBODY)), false),
        ("a container, by its root", USER, Box::new(in_namespace_of(USER, OTHER)), true),
        ("a container, by another user", OTHER + 1, Box::new(in_namespace_of(USER, OTHER)), false),
        ("a container, by the root of ours", 0, Box::new(in_namespace_of(USER, OTHER)), true),
    ];
    for (what, creator, process, is_own) in rows {
        for protocol in ["tcp", "udp"] {
            let (socket, port) = created_by(creator, protocol);
            let port = format!("{protocol}:{port}");
            let holder = process(Victim::named(tag()).holds(socket)).spawn();
            let output = pgrep(&port);
            let (pids, note) = match is_own {
                true => (vec![holder.pid()], String::new()),
                false => (vec![], format!("pgrep: {}", foreign(holder.pid(), &port, creator))),
            };
            let status = i32::from(!is_own);
            assert_eq!((output.pids(), output.err(), output.status), (pids, note, status), "{what} {port}");
            // It does hold the port, so it is not among those that hold none.
            let output = Run::ours("pgrep").args(["--inverse", "-x", &tag(), "--port", &port]).run();
            assert!(!output.pids().contains(&holder.pid()), "{what} {port}: {}", output.out());
        }
    }
}

/// A note concerns only what would be selected, and names each port once, however many sockets hold it.
#[test]
fn notes_about_sockets_of_other_users() {
    if !need_root() {
        return;
    }
    let (socket, port) = created_by(NOBODY, "tcp");
    let port = format!("tcp:{port}");
    let holders: Vec<Victim> = (0..7).map(|_| holder(socket.try_clone().expect("a copy"))).collect();
    let mut pids: Vec<u32> = holders.iter().map(Victim::pid).collect();
    pids.sort_unstable();
    for more in [&[][..], &["-w"], &["--json"]] {
        let output = Run::ours("pgrep").args(["-x", &tag(), "--port", &port]).args(more).run();
        let named: String =
            pids[..5].iter().map(|&pid| format!("pgrep: {}", foreign(pid, &port, NOBODY))).collect();
        let more =
            "pgrep: note: 2 more hold ports through sockets of other users, so they are not selected\n";
        assert_eq!((output.err(), output.status), (named + more, 1));
    }
    // They do not match otherwise, or no note is wanted.
    let other = Victim::named(tag()).spawn();
    for args in [&["-x", "no-such-name"][..], &["--quiet"], &["-p", &other.pid().to_string()]] {
        let output = Run::ours("pgrep").args(["--port", &port]).args(args).run();
        assert_eq!(
            (output.out(), output.err(), output.status),
            (String::new(), String::new(), 1),
            "{args:?}"
        );
    }
    // A process that also holds a socket of its own is found by that.
    let (own, own_port) = created_by(0, "tcp");
    let both = Victim::named(tag()).holds(own).holds_also(socket).spawn();
    let ports = format!("{port},{own_port}");
    assert_eq!(pgrep(&ports).pids(), [both.pid()]);
}

/// A user passes a listening socket to a process of root's: root's `pkill --port` does not select that.
#[test]
fn a_passed_socket_frames_no_process() {
    const SOCKET: &str = "PKILL_TEST_PASS_TO";
    if let Ok(path) = std::env::var(SOCKET) {
        let broker = UnixStream::connect(path).expect("the broker");
        let (listener, port) = tcp();
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = SendAncillaryBuffer::new(&mut room);
        let passed = [listener.as_fd()];
        assert!(message.push(SendAncillaryMessage::ScmRights(&passed)));
        let bytes = port.to_ne_bytes();
        sendmsg(&broker, &[IoSlice::new(&bytes)], &mut message, SendFlags::empty()).expect("sendmsg");
        return;
    }
    namespace(|| {
        let dir = Dir::new();
        let path = dir.path().join("broker");
        let broker = UnixListener::bind(&path).expect("a socket");
        std::fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("chmod");
        std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("chmod");
        let mut sender = rerun(test_name(&a_passed_socket_frames_no_process))
            .env(SOCKET, &path)
            .uid(NOBODY)
            .gid(NOBODY)
            .stdout(Stdio::null())
            .spawn()
            .expect("the sender");
        let (client, _) = broker.accept().expect("a client");
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut message = RecvAncillaryBuffer::new(&mut room);
        let mut port = [0; 2];
        recvmsg(&client, &mut [IoSliceMut::new(&mut port)], &mut message, RecvFlags::CMSG_CLOEXEC)
            .expect("recvmsg");
        let passed = message.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut passed) => passed.next(),
            _ => None,
        });
        assert!(sender.wait().expect("wait").success());
        let port = u16::from_ne_bytes(port);
        // Now only the broker has the socket. Its worker inherits it.
        let worker = holder(passed.as_ref().expect("a socket").try_clone().expect("a copy"));
        let output = Run::ours("pkill").args(["--port", &port.to_string()]).run();
        let notes = [std::process::id(), worker.pid()]
            .map(|pid| format!("pkill: {}", foreign(pid, &format!("tcp:{port}"), NOBODY)));
        assert_eq!((output.err(), output.status), (notes.concat(), 1));
    });
}
