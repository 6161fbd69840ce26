//! `--port`: processes that hold a socket bound to a port.

use std::cell::RefCell;
use std::fs::Permissions;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use nix::sched::{CloneFlags, unshare};
use rustix::net::sockopt::{set_ipv6_v6only, set_socket_reuseport};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, bind, listen, recvmsg, sendmsg, socket_with,
};
use rustix::process::Uid;
use rustix::thread::set_thread_res_uid;

use crate::support::rerun::{rerun, test_name};
use crate::support::{
    Dir, NOBODY, Output, Run, Spec, Victim, hide_processes, namespace, need, need_root, own_pid, skipped,
};

thread_local! {
    /// The name of the victims of this test: other tests have ports with the same number, of another protocol or
    /// address.
    static TAG: RefCell<String> = RefCell::new(Victim::spec().tag());
}

fn tag() -> String {
    TAG.with_borrow(String::clone)
}

/// The victims of this test that pgrep finds, with an empty standard error.
fn held(port: impl std::fmt::Display) -> Vec<u32> {
    let output = pgrep(port);
    assert_eq!(output.err(), "");
    output.pids()
}

fn pgrep(port: impl std::fmt::Display) -> Output {
    Run::ours("pgrep").args(["-x", &tag(), "--port", &port.to_string()]).run()
}

fn tcp() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listening socket");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

fn udp(address: &str) -> (UdpSocket, u16) {
    let socket = UdpSocket::bind(address).expect("a bound socket");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

fn holder(socket: impl Into<OwnedFd>) -> Victim {
    Victim::named(tag()).holds(socket).spawn()
}

/// A listening IPv6 socket; None where there is no IPv6.
fn listen6(address: &str, only_v6: bool) -> Option<(OwnedFd, u16)> {
    let listening = || {
        let socket = socket_with(AddressFamily::INET6, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        set_ipv6_v6only(&socket, only_v6)?;
        bind(&socket, &format!("{address}:0").parse::<SocketAddr>().expect("an address"))?;
        listen(&socket, 1)?;
        Ok::<_, rustix::io::Errno>(socket)
    };
    let Ok(socket) = listening() else {
        skipped("IPv6");
        return None;
    };
    let listener = TcpListener::from(socket);
    let port = listener.local_addr().expect("an address").port();
    Some((listener.into(), port))
}

#[test]
fn protocols_and_ranges() {
    let (socket, port) = tcp();
    let listener = holder(socket);
    let (socket, udp_port) = udp("127.0.0.1:0");
    let bound = holder(socket);
    let [listener, bound] = [listener.pid(), bound.pid()];
    for (ports, expected) in [
        (format!("{port}"), vec![listener]),
        (format!("+{port}"), vec![listener]),
        (format!("tcp:{port}"), vec![listener]),
        (format!("udp:{port}"), vec![]),
        (format!("{udp_port}"), vec![bound]),
        (format!("udp:{udp_port}"), vec![bound]),
        (format!("tcp:{udp_port}"), vec![]),
        (format!("{port},{udp_port}"), vec![listener, bound]),
        (format!("tcp:{port},udp:{udp_port}"), vec![listener, bound]),
        (format!(",udp:{port},,tcp:{port}-{port},"), vec![listener]),
        (format!("tcp:{}-{port}", port - 1), vec![listener]),
        ("tcp:1-65535".into(), vec![listener]),
        ("udp:1-65535".into(), vec![bound]),
        ("1-65535".into(), vec![listener, bound]),
    ] {
        let mut expected = expected;
        expected.sort_unstable();
        // Ranges include ports of other processes, which may be hidden.
        assert_eq!(pgrep(&ports).pids(), expected, "{ports}");
    }
}

#[test]
fn what_is_no_port() {
    for ports in [
        "http",
        "0",
        "-1",
        "65536",
        "80-",
        "-80",
        "90-80",
        "tcp:",
        ":80",
        "sctp:80",
        "TCP:80",
        "tcp:80-90-100",
        "8 0",
        "0-80",
        "é",
    ] {
        let output = pgrep(ports);
        assert_eq!(output.status, 2, "{ports}");
        assert!(output.err().starts_with(&format!("pgrep: invalid port: {ports}\n")), "{output:?}");
    }
    assert!(pgrep(",").err().starts_with("pgrep: invalid empty list\n"));
}

/// A socket that is only connected, or that was accepted, does not hold a port.
#[test]
fn connections_do_not_count() {
    let (socket, port) = tcp();
    let client = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let (server, _) = socket.accept().expect("a connection");
    let client_port = client.local_addr().expect("an address").port();
    let [client, _server] = [OwnedFd::from(client), server.into()].map(holder);
    assert!(held(client_port).is_empty());
    let listener = holder(socket);
    assert_eq!(held(port), [listener.pid()]);
    drop(client);
    // A connected UDP socket is bound as well.
    let (socket, port) = udp("127.0.0.1:0");
    socket.connect(("127.0.0.1", port)).expect("an address to send to");
    let connected = holder(socket);
    assert_eq!(held(port), [connected.pid()]);
}

/// Each process that has the socket open holds the port, however it got the socket, and however many there are.
#[test]
fn every_holder_counts() {
    let (socket, port) = tcp();
    let second = holder(socket.try_clone().expect("a copy"));
    let first = holder(socket);
    let bystander = Victim::named(tag()).spawn();
    let mut both = [first.pid(), second.pid()];
    both.sort_unstable();
    assert_eq!(held(port), both);
    // All criteria must hold.
    let second_pid = second.pid().to_string();
    let output = Run::ours("pgrep").args(["--port", &port.to_string(), "-p", &second_pid]).run();
    assert_eq!((output.pids(), output.err()), (vec![second.pid()], String::new()));
    // Inverted, all others.
    let output = Run::ours("pgrep").args(["--inverse", "-x", &tag(), "--port", &port.to_string()]).run();
    let others = output.pids();
    assert!(others.contains(&bystander.pid()) && both.iter().all(|pid| !others.contains(pid)), "{others:?}");
}

#[test]
fn sockets_that_share_a_port_all_count() {
    let shared = |port: u16| {
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .expect("a socket");
        set_socket_reuseport(&socket, true).expect("SO_REUSEPORT");
        bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port))).expect("the port");
        listen(&socket, 1).expect("a listening socket");
        TcpListener::from(socket)
    };
    let one = shared(0);
    let port = one.local_addr().expect("an address").port();
    let mut holders = [holder(one), holder(shared(port))].map(|victim| (victim.pid(), victim));
    holders.sort_unstable_by_key(|(pid, _)| *pid);
    assert_eq!(held(port), holders.map(|(pid, _victim)| pid));
}

#[test]
fn ipv6() {
    for (address, only_v6) in
        [("[::1]", true), ("[::]", true), ("[::]", false), ("[::ffff:127.0.0.1]", false)]
    {
        let Some((socket, port)) = listen6(address, only_v6) else { return };
        let victim = holder(socket);
        assert_eq!(held(format!("tcp:{port}")), [victim.pid()], "{address} {only_v6}");
    }
    let (socket, port) = udp(&format!("[{}]:0", Ipv6Addr::LOCALHOST));
    let victim = holder(socket);
    assert_eq!(held(format!("udp:{port}")), [victim.pid()]);
}

/// The replacement of `kill $(lsof -t -i:PORT)`.
#[test]
fn the_holder_is_signalled() {
    let (socket, port) = tcp();
    let mut listener = holder(socket);
    let mut bystander = Victim::named(tag()).catch(libc::SIGTERM).spawn();
    let output = Run::ours("pkill").args(["-x", &tag(), "--port", &port.to_string()]).run();
    assert_eq!((output.err(), output.status), (String::new(), 0));
    assert_eq!(listener.killed_by(), Some(libc::SIGTERM));
    assert_eq!(bystander.received(), Some(vec![]));
    let output = pgrep(port);
    assert_eq!(
        (output.out(), output.err(), output.status),
        (String::new(), String::new(), 1),
        "no process listens"
    );
}

/// Each network namespace has its own ports: a container's are not the host's.
#[test]
fn another_network_has_ports_of_its_own() {
    if !need_root() {
        return;
    }
    let (socket, port) = tcp();
    let ours = holder(socket);
    let tag = tag();
    let there = std::thread::spawn(move || {
        TAG.set(tag);
        unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace");
        let socket = TcpListener::bind(("0.0.0.0", port)).expect("the same port");
        let theirs = holder(socket.try_clone().expect("a copy"));
        // A socket remains in the namespace in which it was created.
        (held(port), theirs, socket)
    });
    let (found_there, theirs, socket) = there.join().expect("the other network");
    let traveller = holder(socket);
    assert_eq!(found_there, [theirs.pid()]);
    assert_eq!(held(port), [ours.pid()]);
    drop(traveller);
}

/// Ordinary users find their own processes, and get a note about the others.
#[test]
fn a_port_of_another_user_is_reported() {
    if !need_root() {
        return;
    }
    let user = |port: u16| Run::ours("pgrep").user(NOBODY, NOBODY).args(["--port", &port.to_string()]);
    let note = |port| {
        format!(
            "pgrep: note: no readable process holds tcp:{port}, so the result may be incomplete; run as root to see more\n"
        )
    };
    let (socket, port) = tcp();
    let own = Victim::spec().holds(socket.try_clone().expect("a copy")).owned_by(NOBODY).spawn();
    let roots = holder(socket);
    let output = user(port).run();
    // A holder is found, so the port needs no note.
    assert_eq!((output.pids(), output.err(), output.status), (vec![own.pid()], String::new(), 0));
    drop(own);
    let output = user(port).run();
    assert_eq!((output.pids(), output.err(), output.status), (vec![], note(port), 1));
    let output = user(port).args(["--quiet"]).run();
    assert_eq!((output.out(), output.err(), output.status), (String::new(), String::new(), 1));
    // Whether root's process holds it is not known, so it is not among the others either.
    let output = user(port).args(["--inverse", "-x", roots.name()]).run();
    assert!(!output.pids().contains(&roots.pid()), "{}", output.out());
    assert!(output.err().contains("could not be examined"), "{}", output.err());
    // The note does not depend on the other criteria: some process holds the port.
    let output = user(port).args(["-x", "no-such-name"]).run();
    assert_eq!((output.err(), output.status), (note(port), 1));
    // Without a holder there is no note.
    drop(roots);
    let output = user(port).run();
    assert_eq!((output.err(), output.status), (String::new(), 1));
}

/// proc(5): with hidepid=2 the processes of others are hidden, but their ports are not.
#[test]
fn a_port_of_a_hidden_process_is_reported() {
    namespace(|| {
        hide_processes();
        let (socket, port) = tcp();
        let victim = holder(socket);
        let output = Run::ours("pgrep").user(NOBODY, NOBODY).args(["--port", &port.to_string()]).run();
        assert_eq!((output.out(), output.status), (String::new(), 1), "{}", output.err());
        assert!(output.err().contains(&format!("no readable process holds tcp:{port}")), "{}", output.err());
        assert_eq!(held(port), [victim.pid()]);
    });
}

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

/// A server that starts another one with a new socket before it exits: the tables are read again.
#[test]
fn a_process_that_reopens_the_port_is_found_by_a_rescan() {
    const SERVER: &str = r#"
        use Socket;
        sub serve {
            socket(S, PF_INET, SOCK_STREAM, 0);
            setsockopt(S, SOL_SOCKET, 15, 1);       # SO_REUSEPORT
            bind(S, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) && listen(S, 1) or die;
        }
        serve();
        $| = 1;
        eval { local $SIG{TERM} = sub { die }; print "ready\n"; sleep while 1 };
        pipe(R, W);
        if (fork) { close W; readline(R); exit }
        close S;
        serve();
        close W;
        sleep while 1;
    "#;
    namespace(|| {
        if !need("perl") {
            return;
        }
        let (socket, port) = tcp();
        drop(socket);
        let mut server = std::process::Command::new("perl")
            .args(["-e", SERVER, &port.to_string()])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("start perl");
        let mut ready = String::new();
        let mut stdout = std::io::BufReader::new(server.stdout.take().expect("a pipe"));
        std::io::BufRead::read_line(&mut stdout, &mut ready).expect("read");
        assert_eq!(ready, "ready\n");
        let reaper = std::thread::spawn(move || server.wait());
        let port = port.to_string();
        let output = Run::ours("pkill").args(["--until-none", "--verbose", "--port", &port]).run();
        reaper.join().expect("a thread").expect("wait");
        let rows = output.rows();
        let [_, last] = &rows[..] else { panic!("two rows: {output:?}") };
        let note = format!("perl (pid {}) has started in the meantime: its parent is PID 1", last[0]);
        assert_eq!((output.err(), output.status), (format!("pkill: note: {note}\n"), 0));
        assert_eq!(Run::ours("pgrep").args(["--port", &port]).run().status, 1);
    });
}

/// Ports are known only from the tables. Without IPv6 two of them are missing.
#[test]
fn tables_that_cannot_be_read_are_reported() {
    if !need_root() {
        return;
    }
    let (socket, port) = tcp();
    let victim = holder(socket);
    let found = format!("{}\n", victim.pid());
    for (tables, protocol, out, err) in [
        ("tcp tcp6 udp udp6", "", &found[..], ""),
        ("tcp udp", "", &found, ""),
        ("tcp", "tcp:", &found, ""), // tables of other protocols are not read
        ("tcp", "", "", "pgrep: cannot read /proc/net/udp: No such file or directory\n"),
        ("", "", "", "pgrep: cannot read /proc/net/tcp: No such file or directory\n"),
    ] {
        // The remaining tables are copies; the shell executes pgrep, so "self" stays the same process.
        let line = format!(
            "cd /proc/self/net && mount -t tmpfs none /mnt && for table in {tables}; do cat $table > /mnt/$table; done && \
             mount --bind /mnt . && exec {} -P {} --port {protocol}{port}",
            env!("CARGO_BIN_EXE_pgrep"),
            own_pid()
        );
        let output = Run::shell(&line).through(["unshare", "--mount"]).run();
        assert_eq!((output.out().as_str(), output.err().as_str()), (out, err), "{tables} {protocol}");
        assert_eq!(output.status, if err.is_empty() { 0 } else { 3 }, "{tables}");
    }
}
