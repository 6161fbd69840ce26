"""Playbooks, with the real Ansible over the real sshd."""

import os
import pathlib
import re
import subprocess
import unittest

import fleet

PLAYBOOKS = fleet.HERE / "playbooks"
COLLECTION = fleet.ROOT / "integrations/ansible"

WEB = "trap 'echo HUP >>/run/fleet/hup' HUP; while :; do read -r; done"
STUBBORN = "trap '' TERM; while :; do read -r; done"
SPAWNER = "cp /usr/bin/sleep /run/fleet/fleet-child; for i in 1 2; do /run/fleet/fleet-child 1000 & done; wait"
# What runs on a host before the first run of ten.yml, by name.
VICTIMS = {
    "fleet-web": 1,
    "fleet-worker": 3,
    "fleet-stuck": 1,
    "fleet-spawner": 1,
    "fleet-child": 2,
    "fleet-stopped": 1,
    "--inverse": 1,
    "fleet-consumer": 1,
    "fleet-cron": 2,
    "fleet-batch": 1,
}


class Recap(dict):
    """The numbers of each host at the end of a run, and its output."""

    def __init__(self, result):
        super().__init__()
        self.output = result.stdout + result.stderr
        self.status = result.returncode
        for host, numbers in re.findall(r"^(\w+) +: (ok=.*)$", result.stdout, re.M):
            self[host] = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", numbers)}

    def numbers(self, name):
        """This number of each host, in order."""
        return [self[host][name] for host in sorted(self)]


def play(playbook, *options, limit=None, users=None):
    """Runs a playbook. `users` are the hosts that are entered as the ordinary user."""
    base = fleet.SHARED / "ansible"
    collection = base / "ansible_collections/pkill/processes"
    if not base.exists():
        collection.parent.mkdir(parents=True)
        collection.symlink_to(COLLECTION)
    inventory = base / "inventory"
    users = users or {}
    lines = [f"{name} {users.get(name, '')}" for name in fleet.NODES]
    inventory.write_text("\n".join(["[nodes]", *lines, "[others]", *fleet.OTHERS]) + "\n")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(base),
        "ANSIBLE_FORKS": "8",
        "ANSIBLE_PIPELINING": "true",
        # For sudo, on a machine that has more to do.
        "ANSIBLE_TIMEOUT": "120",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(base / "control"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "LC_ALL": "C.UTF-8",
    }
    limits = ["--limit", limit] if limit else []
    command = ["ansible-playbook", "-i", str(inventory), *limits, *options, str(playbook)]
    return Recap(subprocess.run(command, env=environment, text=True, capture_output=True, check=False))


class Playbooks(unittest.TestCase):
    """Each test has all hosts without processes of a test before."""

    def setUp(self):
        self.hosts = fleet.hosts()
        self.nodes = [self.hosts[name] for name in fleet.NODES]
        for host in self.hosts.values():
            host.reset()

    def running(self, name):
        """The number of these processes on each node."""
        return [host.names()[name] for host in self.nodes]


class Ten(Playbooks):
    """Ten tasks on twenty hosts, half of them with root's key, half of them with sudo."""

    def test_ten_tasks(self):
        for host in self.nodes:
            host.start("fleet-web", script=WEB)
            host.start("fleet-worker", 3)
            host.start("fleet-stuck", script=STUBBORN)
            host.start("fleet-spawner", script=SPAWNER)
            host.start("fleet-stopped", script="kill -STOP $$; read -r")
            host.start("--inverse")
            host.start("fleet-consumer", script="read -r # --queue=mail")
            host.start("fleet-cron", 2, user=fleet.USER)
            host.start("fleet-batch")
            fleet.until(lambda host=host: host.names()["fleet-child"] == 2)

        def state():
            return [{name: host.names()[name] for name in VICTIMS} for host in self.nodes]

        self.assertEqual(state(), [VICTIMS] * 20)
        become = f"ansible_user={fleet.USER} ansible_become=true"
        users = {name: become for name in fleet.NODES[10:]}
        check = play(PLAYBOOKS / "ten.yml", "--check", "--diff", users=users)
        self.assertEqual(check.status, 0, check.output)
        self.assertEqual(check.numbers("changed"), [8] * 20, check.output)
        self.assertEqual(check.output.count("would be signalled: kill"), 0)
        self.assertEqual(len(re.findall("fleet-worker +would be signalled: terminate", check.output)), 60)
        self.assertEqual(state(), [VICTIMS] * 20)

        first = play(PLAYBOOKS / "ten.yml", "--diff", users=users)
        self.assertEqual((first.status, first.numbers("ok")), (0, [10] * 20), first.output)
        self.assertEqual(first.numbers("changed"), [8] * 20, first.output)
        self.assertEqual(len(re.findall("fleet-worker +exited: ", first.output)), 60, first.output)
        left = {name: int(name == "fleet-web") for name in VICTIMS}
        self.assertEqual(state(), [left] * 20)

        second = play(PLAYBOOKS / "ten.yml", "--diff", users=users)
        self.assertEqual((second.status, second.numbers("changed")), (0, [0] * 20), second.output)
        self.assertNotIn("OUTCOME", second.output)
        self.assertEqual(state(), [left] * 20)

    def test_without_become_the_failure_has_the_reason(self):
        host = self.nodes[0]
        host.start("fleet-web")
        refused = play(PLAYBOOKS / "one.yml", limit="node1", users={"node1": f"ansible_user={fleet.USER}"})
        self.assertEqual(refused["node1"]["failed"], 1, refused.output)
        self.assertRegex(refused.output, "killing pid [0-9]+ failed: Operation not permitted")
        self.assertEqual(host.names()["fleet-web"], 1)

    def test_a_signal_is_received(self):
        for host in self.nodes[:2]:
            host.start("fleet-web", script=WEB)
        for limit, options in (("node1", []), ("node2", ["--check"])):
            self.assertEqual(play(PLAYBOOKS / "one.yml", *options, limit=limit)[limit]["changed"], 1)
        fleet.until(lambda: self.nodes[0].file("/run/fleet/hup").exists())
        self.assertFalse(self.nodes[1].file("/run/fleet/hup").exists())

    def test_hosts_without_the_program(self):
        for name in fleet.OTHERS:
            self.hosts[name].start("fleet-web")
        for options in (["--check"], []):
            run = play(PLAYBOOKS / "one.yml", *options, limit="others")
            self.assertEqual(run.numbers("failed"), [1, 1, 1], run.output)
            for message in (
                "pkill is not installed (PATH is ",
                "/usr/bin/pkill is version 0.0.9, which is too old",
                "/usr/bin/pkill is another program: --version prints 'pkill from procps-ng",
            ):
                self.assertIn(message, run.output)
        self.assertEqual([self.hosts[name].names()["fleet-web"] for name in fleet.OTHERS], [1, 1, 1])
        self.assertFalse(self.hosts["old"].file("/run/it-was-run").exists())


class Rollout(Playbooks):
    """The playbooks of the collection that stop early."""

    def workers(self, excess=()):
        """Two workers on each host, and five on those with too many."""
        for host in self.nodes:
            host.start("fleet-worker", 5 if host.name in excess else 2)

    def rollout(self, *options, playbook="rollout", **extra):
        """Runs it with the variables of the test."""
        variables = {"rollout_hosts": "nodes", "rollout_pattern": "fleet-worker", "rollout_max": 3, **extra}
        words = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
        return play(f"pkill.processes.{playbook}", *words, *options)

    def test_all_within_the_limit(self):
        self.workers()
        run = self.rollout()
        self.assertEqual((run.status, run.numbers("failed")), (0, [0] * 20), run.output)
        self.assertEqual(self.running("fleet-worker"), [0] * 20)

    def test_too_many_hosts_exceed_the_limit(self):
        self.workers(excess=("node3", "node8", "node20"))
        before = self.running("fleet-worker")
        run = self.rollout(rollout_hosts_exceeding=2)
        self.assertNotEqual(run.status, 0)
        self.assertIn("3 hosts would signal more than 3 processes: node3, node8, node20", run.output)
        self.assertEqual(self.running("fleet-worker"), before)

    def test_some_hosts_exceed_the_limit(self):
        self.workers(excess=("node3", "node8", "node20"))
        run = self.rollout(rollout_hosts_exceeding=3, rollout_max_fail_percentage=50)
        self.assertEqual(self.running("fleet-worker"), [5 if n in (3, 8, 20) else 0 for n in range(1, 21)], run.output)

    def test_a_batch_with_too_many_failures_is_the_last(self):
        self.workers(excess=("node2", "node3"))
        run = self.rollout(rollout_hosts_exceeding=5, rollout_max_fail_percentage=10)
        self.assertNotEqual(run.status, 0)
        # Batches of 1, 2 and all others: both hosts of the second one fail.
        self.assertEqual(self.running("fleet-worker"), [0, 5, 5] + [2] * 17, run.output)

    def test_the_canary(self):
        for host in self.nodes:
            host.start("fleet-web", script=WEB)
        variables = {"playbook": "canary", "rollout_pattern": "fleet-web", "rollout_signal": "HUP"}
        good = self.rollout(**variables)
        self.assertEqual((good.status, self.running("fleet-web")), (0, [1] * 20), good.output)
        fleet.until(lambda: all(host.file("/run/fleet/hup").exists() for host in self.nodes))
        # Without the handler, the signal ends the service.
        for host in self.nodes:
            host.reset()
            host.start("fleet-web")
        bad = self.rollout(**variables)
        self.assertNotEqual(bad.status, 0)
        self.assertEqual(self.running("fleet-web"), [0] + [1] * 19, bad.output)


if __name__ == "__main__":
    unittest.main()
