"""The figures of docs/FLEETS.md, section "100,000 hosts": tests/fleet/run thousand. It takes minutes."""

import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import time
import unittest

import fleet

HOSTS = int(os.environ.get("FLEET_SIMULATED", "1000"))
GATEWAYS = "node[1-4]"
COMMAND = "pkill --max 3 --allow-none --ignore-ancestors -x worker"


def clush(nodes, command, *options):
    """Output, seconds, and seconds of CPU time in all processes that it has started here."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    line = ["clush", "-f", "16", "-q", "-w", nodes, "-O", "ssh_path=/mnt/programs/simulated-ssh", *options, command]
    result = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if result.returncode != 0 or result.stderr:
        raise AssertionError(f"{line}: {result}"[:4000])
    return result.stdout, seconds, cpu


class Thousand(unittest.TestCase):
    """Simulated hosts: no network and no sshd, but a process for each, which clush runs as it runs ssh."""

    @classmethod
    def setUpClass(cls):
        fleet.hosts()
        socket.sethostname("admin")
        shutil.copy("/usr/bin/sleep", "/mnt/programs/worker")
        shutil.copy(fleet.HERE / "simulated-ssh", "/mnt/programs/simulated-ssh")
        pathlib.Path("/mnt/topology.conf").write_text(
            f"[routes]\nadmin: {GATEWAYS}\n{GATEWAYS}: sim[1-{HOSTS}]\n"
        )

    def assert_folded(self, output):
        """One answer of all hosts."""
        self.assertEqual(output.splitlines()[1::2], [f"sim[1-{HOSTS}]", "3 signalled"], output)

    def test_flat(self):
        output, seconds, cpu = clush(f"sim[1-{HOSTS}]", COMMAND + " --summary", "-b")
        self.assert_folded(output.replace("---------------\n", "-\n"))
        print(f"\nflat, folded: {seconds:.1f} s, CPU {cpu:.1f} s, {len(output)} bytes printed:\n{output}")

    def test_bytes(self):
        for form in ("--summary", "--json=lines", "--json"):
            output, seconds, _ = clush("sim[1-20]", f"{COMMAND} {form}", "-N")
            print(f"\n{form}: {len(output) / 20:.0f} bytes a host with 3 processes")

    def test_ssh(self):
        output, seconds, cpu = clush("node[1-20]", "pgrep --summary --allow-none -x worker", "-b")
        self.assertIn("0 listed", output)
        print(f"\nreal sshd: {seconds * 50:.0f} ms a host, CPU {cpu * 50:.0f} ms of clush and ssh")

    def test_tree(self):
        output, seconds, cpu = clush(
            f"sim[1-{HOSTS}]", COMMAND + " --summary", "-b", "--topology", "/mnt/topology.conf"
        )
        self.assert_folded(output.replace("---------------\n", "-\n"))
        answers = {path.name: path.stat().st_size for path in pathlib.Path("/mnt").glob("bytes.*")}
        print(f"\ntree of 4 gateways: {seconds:.1f} s, bytes from each: {answers}")


if __name__ == "__main__":
    unittest.main()
