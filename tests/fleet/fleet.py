"""Hosts for the tests: each is a PID, mount and UTS namespace with an sshd, at an address of the loopback interface.

The runner is in namespaces of its own too (see `run`): what is mounted here is seen by no other process, and all hosts
end with it.
"""

import collections
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

if os.getpid() != 1:
    raise SystemExit("the tests signal processes by name, so they run in a PID namespace: use tests/fleet/run")

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
# A file system in memory, with all that the hosts need. Of it, /mnt/home is another one on each host.
SHARED = pathlib.Path("/mnt")
PROGRAMS = ("pkill", "pgrep", "pidwait")
USER = "operator"
# A pipe that is never written to.
NO_LINE, _WRITER = os.pipe()


def sh(*command, **options):
    """Runs a command that has to succeed, and returns its output."""
    options = {"check": True, "text": True, "capture_output": True, **options}
    try:
        return subprocess.run(command, **options).stdout
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"{error}\n{error.stdout}{error.stderr}") from None


def prepare(names):
    """The files that the hosts share, and those of the runner: it is the administrator's machine."""
    sh("ip", "link", "set", "lo", "up")
    sh("mount", "-t", "tmpfs", "fleet", SHARED)
    sh("mount", "-t", "tmpfs", "fleet", "/run")
    for directory in ("etc", "programs", "home"):
        (SHARED / directory).mkdir()
    for program in PROGRAMS:
        shutil.copy(pathlib.Path(os.environ["FLEET_PROGRAMS"]) / program, SHARED / "programs" / program)
    shutil.copy(HERE / "old-pkill", SHARED / "programs" / "old-pkill")
    (SHARED / "programs" / "missing").write_text("")
    addresses = "".join(f"127.0.0.{number + 10} {name}\n" for number, name in enumerate(names))
    users = f"root:x:0:0::{SHARED}/home/root:/bin/sh\n{USER}:x:20001:20001::{SHARED}/home/{USER}:/bin/sh\n"
    files = {
        "hosts": "127.0.0.1 localhost\n" + addresses,
        "passwd": users + "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
        "shadow": "".join(f"{user}:*:20000:0:99999:7:::\n" for user in ("root", USER, "sshd", "nobody")),
        "group": f"root:x:0:\n{USER}:x:20001:\nnogroup:x:65534:\n",
        "sudoers": f"root ALL=(ALL:ALL) ALL\n{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n",
    }
    for name, text in files.items():
        path = SHARED / "etc" / name
        path.write_text(text)
        path.chmod(0o440 if name in ("shadow", "sudoers") else 0o644)
        pathlib.Path("/etc", name).touch()
        sh("mount", "--bind", path, f"/etc/{name}")
    sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", SHARED / "etc/host_key")
    home = SHARED / "home/root/.ssh"
    home.mkdir(parents=True, mode=0o700)
    sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / "id_ed25519")
    shutil.copy(home / "id_ed25519.pub", SHARED / "etc/authorized_keys")
    key = (SHARED / "etc/host_key.pub").read_text()
    (home / "known_hosts").write_text("".join(f"{name} {key}" for name in names))
    (home / "config").write_text(f"CheckHostIP no\nLogLevel ERROR\nControlPath {SHARED}/%C\n")
    os.environ["HOME"] = f"{SHARED}/home/root"
    (SHARED / "etc/sshd_config").write_text(
        f"HostKey {SHARED}/etc/host_key\nAuthorizedKeysFile {SHARED}/etc/authorized_keys\nStrictModes no\nUsePAM no\n"
        "PidFile none\nUseDNS no\nPermitRootLogin yes\nMaxStartups 100\nMaxSessions 100\n"
        "Subsystem sftp internal-sftp\nLogLevel FATAL\n"
    )


class Host:
    """A host. `programs` is which pkill it has: current, procps, old or missing."""

    def __init__(self, name, programs="current"):
        self.name = name
        script = ["unshare", "--pid", "--mount", "--uts", "--fork", "--mount-proc", "--kill-child"]
        self.process = subprocess.Popen(
            [*script, "sh", str(HERE / "host"), name, programs], stdin=subprocess.DEVNULL
        )
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        self.init = int(until(lambda: pathlib.Path(children).read_text().split())[0])

    def wait_for_sshd(self):
        """Until it answers."""

        def answers():
            try:
                with socket.create_connection((self.name, 22), 5) as connection:
                    return connection.recv(4)
            except OSError:
                assert self.process.poll() is None, f"{self.name} has ended"
                return None

        until(answers)

    def enter(self, *command, user="root"):
        """The command line that runs a command on the host, without ssh."""
        enter = ["nsenter", f"--target={self.init}", "--pid", "--mount", "--uts"]
        return [*enter, "setpriv", f"--reuid={user}", "--clear-groups", "--", *command]

    def start(self, name, count=1, script=None, user="root", args=("1000",), env=None):
        """Starts processes with that name, which sleep or run a script, and waits for them. They can read no line."""
        before = self.names()[name]
        path = self.file(f"/run/fleet/{name}")
        path.parent.mkdir(exist_ok=True)
        path.parent.chmod(0o777)
        path.unlink(missing_ok=True)
        shutil.copy("/bin/bash" if script else "/usr/bin/sleep", path)
        program = [f"/run/fleet/{name}", *(["-c", script] if script else args)]
        for _ in range(count):
            sh(
                *self.enter("setsid", "--fork", *program, user=user),
                env={**os.environ, **(env or {})},
                capture_output=False,
                stdin=NO_LINE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        until(lambda: self.names()[name] == before + count, lambda: f"{self.name}: {name}: {self.names()}")

    def names(self):
        """How many processes of each name are running here, as the runner's own /proc has it."""
        return collections.Counter(
            name for namespace, name in running() if namespace == os.readlink(f"/proc/{self.init}/ns/pid")
        )

    def file(self, path):
        """A file of the host."""
        return pathlib.Path(f"/proc/{self.init}/root{path}")

    def reset(self):
        """Ends what `start` has started, and removes what that has written."""
        namespace = os.readlink(f"/proc/{self.init}/ns/pid")

        def ended():
            found = False
            for entry in processes():
                try:
                    if os.readlink(entry / "ns/pid") == namespace:
                        if os.readlink(entry / "exe").startswith("/run/fleet/"):
                            found = True
                            os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    continue
            return not found

        until(ended)
        shutil.rmtree(self.file("/run/fleet"), ignore_errors=True)


def processes():
    """The directories of all processes of the runner's namespace."""
    return [entry for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]


def running():
    """PID namespace and name of each process that is no zombie."""
    for entry in processes():
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state not in "ZX":
                yield os.readlink(entry / "ns/pid"), (entry / "comm").read_text().rstrip("\n")
        except OSError:
            continue


def until(condition, describe=lambda: "another state", limit=120):
    """Waits for a state, and returns it."""
    end = time.monotonic() + limit
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} seconds: {describe()}")
        time.sleep(0.01)
    return result


NODES = [f"node{number}" for number in range(1, 21)]
OTHERS = {"procps": "procps", "old": "old", "missing": "missing"}
_hosts = {}


def hosts():
    """All hosts, by name. They are started by the first test that needs them, and end with the runner."""
    if not _hosts:
        prepare([*NODES, *OTHERS])
        _hosts.update({name: Host(name, OTHERS.get(name, "current")) for name in [*NODES, *OTHERS]})
        for host in _hosts.values():
            host.wait_for_sshd()
    return _hosts
