//! `--port`: processes that hold a socket bound to a port.

mod creators;
mod services;
mod unreadable;

use std::cell::RefCell;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;

use nix::sched::{CloneFlags, unshare};
use rustix::net::sockopt::{set_ipv6_v6only, set_socket_reuseport};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};

use crate::support::{Output, Run, Victim, namespace, need, need_root, skipped};

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
        "no-such-service",
        "tcp:no-such-service",
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
