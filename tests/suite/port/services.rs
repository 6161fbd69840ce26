//! Names of services instead of port numbers.

use super::{holder, tag, tcp, udp};
use crate::support::{Dir, Output, Run, need, need_file, need_root};

const DATABASE: &str = "/etc/services";

/// A run with this file as the database.
fn with_database(dir: &Dir, services: &str, program: &'static str, args: &[&str]) -> Output {
    let file = dir.file("services", services);
    let bind = format!("mount --bind {} {DATABASE} && exec \"$@\"", file.display());
    Run::ours(program).args(args).through(["unshare", "--mount", "sh", "-c", &bind, "sh"]).run()
}

#[test]
fn a_name_stands_for_its_ports() {
    if !need_root() || !need("unshare") || !need_file(DATABASE) {
        return;
    }
    let dir = Dir::new();
    let ((stream, tcp_port), (datagram, udp_port)) = (tcp(), udp("127.0.0.1:0"));
    let (other, other_port) = tcp();
    let [stream, other] = [stream, other].map(holder);
    let datagram = holder(datagram);
    let [stream, datagram, other] = [stream.pid(), datagram.pid(), other.pid()];
    let services = format!(
        "# a comment\npkill-test {tcp_port}/tcp its-alias\npkill-test {udp_port}/udp\nother\t{other_port}/tcp # its-comment\n"
    );
    let tag = tag();
    let run = |ports: &str| with_database(&dir, &services, "pgrep", &["-x", &tag, "--port", ports]);
    for (ports, expected) in [
        ("pkill-test", vec![stream, datagram]),
        ("tcp:pkill-test", vec![stream]),
        ("udp:pkill-test", vec![datagram]),
        ("its-alias", vec![stream]),
        ("other,udp:pkill-test", vec![other, datagram]),
        (&format!("other,tcp:{tcp_port}"), vec![other, stream]),
    ] {
        let (output, mut expected) = (run(ports), expected);
        expected.sort_unstable();
        assert_eq!((output.pids(), output.err(), output.status), (expected, String::new(), 0), "{ports}");
    }
    for ports in ["no-such", "udp:its-alias", "tcp:no-such", "its-comment", "PKILL-TEST", "other-other"] {
        let output = run(ports);
        assert_eq!((output.out(), output.status), (String::new(), 2), "{ports}");
        let expected = format!("pgrep: invalid port: {ports}\npgrep: valid ports: ");
        assert!(output.err().starts_with(&expected) && output.err().contains(DATABASE), "{output:?}");
    }
    // It is checked, although the later option overrides it.
    let port = tcp_port.to_string();
    let args = ["-x", &tag, "--port", "no-such", "--port", &port];
    assert_eq!(with_database(&dir, &services, "pkill", &args).status, 2);
    assert_eq!(run(&port).pids(), [stream], "nothing was signalled");
}

#[test]
fn a_name_of_a_bound_port_is_completed() {
    if !need_root() || !need("unshare") || !need_file(DATABASE) {
        return;
    }
    let dir = Dir::new();
    let ((_stream, tcp_port), (_datagram, udp_port)) = (tcp(), udp("127.0.0.1:0"));
    let services = format!("pkill-test {tcp_port}/tcp its-alias\npkill-test {udp_port}/udp\n");
    let mut ports = [(tcp_port, "tcp"), (udp_port, "udp")];
    ports.sort_unstable();
    let both = ports.map(|(port, protocol)| format!("{protocol}:{port}")).join(", ");
    // The shell decides which candidates begin with the word.
    for (typed, expected) in [
        ("p", format!("pkill-test\t{both}\n")),
        ("q", format!("pkill-test\t{both}\n")),
        ("udp:pk", format!("udp:pkill-test\tudp:{udp_port}\n")),
        ("53,pk", format!("53,pkill-test\t{both}\n")),
    ] {
        let output = with_database(&dir, &services, "pgrep", &["--complete", "port", "--", typed]);
        assert_eq!(output.out(), expected, "{typed}: {output:?}");
    }
    let numbers = with_database(&dir, &services, "pgrep", &["--complete", "port"]).out();
    assert!(numbers.contains(&format!("{tcp_port}\t")) && !numbers.contains("pkill-test"), "{numbers}");
}
