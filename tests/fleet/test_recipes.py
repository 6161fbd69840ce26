"""The recipes of docs/FLEETS.md: each block of a terminal session is run, and its output compared.

RENDER_WRITE=1 writes the output instead. A block is run in a directory of its own, on hosts with the processes of the
scene that its section has here.
"""

import json
import os
import re
import subprocess
import tempfile
import unittest

import fleet

DOCUMENT = fleet.ROOT / "docs/FLEETS.md"


def workers(hosts):
    """Three workers on each node, none on node7, and more than expected on node12 and node13."""
    for name in fleet.NODES:
        count = {"node7": 0, "node12": 5, "node13": 5}.get(name, 3)
        if count:
            hosts[name].start("worker", count)


def importers(hosts):
    """Two that a cron job ends."""
    hosts["node1"].start("import", 2)


SCENES = {"ClusterShell": workers, "pdsh": workers, "parallel-ssh": workers, "cron": importers}


def blocks(text):
    """Section, and position of each block that is a session."""
    for match in re.finditer(r"^```console\n(.*?)^```$", text, re.M | re.S):
        section = re.findall(r"^## (.*)$", text[: match.start()], re.M)[-1]
        yield section, match.start(1), match.end(1)


def session(block):
    """The block as it is after its commands were run: each command, and its output."""
    commands = re.findall(r"^\$ (.*(?:\n> .*)*)\n", block, re.M)
    lines = []
    with tempfile.TemporaryDirectory() as directory:
        for command in commands:
            lines.append(f"$ {command}\n")
            script = command.replace("\n> ", "\n")
            result = subprocess.run(
                ["bash", "-c", script],
                cwd=directory,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            lines.append(result.stdout)
    return "".join(lines)


class Recipes(unittest.TestCase):
    """The document shows what really happens."""

    def setUp(self):
        self.hosts = fleet.hosts()
        for host in self.hosts.values():
            host.reset()
        self.addCleanup(lambda: [host.reset() for host in self.hosts.values()])

    def test_sessions(self):
        text = DOCUMENT.read_text()
        seen = set()
        for section, start, end in reversed(list(blocks(text))):
            with self.subTest(section):
                for host in self.hosts.values():
                    host.reset()
                SCENES[section](self.hosts)
                actual = session(text[start:end])
                if os.environ.get("RENDER_WRITE"):
                    text = text[:start] + actual + text[end:]
                else:
                    self.assertEqual(actual, text[start:end])
                seen.add(section)
        self.assertEqual(seen, set(SCENES))
        if os.environ.get("RENDER_WRITE"):
            DOCUMENT.write_text(text)

    def test_the_epilog_of_slurm(self):
        host = self.hosts["node1"]
        for job in ("17", "18"):
            host.start(f"step{job}", 2, user=fleet.USER, env={"SLURM_JOB_ID": job})
        host.start("daemon", user=fleet.USER)
        epilog = fleet.ROOT / "integrations/slurm/epilog"

        def run(**variables):
            environment = [f"{name}={value}" for name, value in {"PKILL_LOG": "/run/log", **variables}.items()]
            return subprocess.run(
                host.enter("env", *environment, str(epilog)), text=True, capture_output=True, check=False
            )

        for variables in ({"SLURM_JOB_ID": "17"}, {"SLURM_JOB_ID": "1,2", "SLURM_JOB_UID": "20001"}):
            self.assertEqual(run(**variables).returncode, 2, variables)
        self.assertEqual(run(SLURM_JOB_ID="17", SLURM_JOB_UID="0").returncode, 0)
        self.assertEqual((host.names()["step17"], host.names()["step18"]), (2, 2))
        for expected in (2, 0):
            result = run(SLURM_JOB_ID="17", SLURM_JOB_UID="20001")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
            names = host.names()
            self.assertEqual((names["step17"], names["step18"], names["daemon"]), (0, 2, 1))
            line = json.loads(host.file("/run/log").read_text().splitlines()[-1])
            self.assertEqual((line["host"], line["summary"]["matched"]), ("node1", expected))

    def test_manifests(self):
        import yaml  # a requirement of ansible-core

        manifests = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
        self.assertTrue(manifests)
        for manifest in manifests:
            self.assertTrue(list(yaml.safe_load_all(manifest)))


if __name__ == "__main__":
    unittest.main()
