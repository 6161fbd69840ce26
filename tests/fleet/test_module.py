"""The modules alone, without a connection: what they run, what they refuse and what they return."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import fleet

PROGRAMS = pathlib.Path(os.environ["FLEET_PROGRAMS"])


def run(module, check=False, **args):
    """The result of a module with these options."""
    args.setdefault("executable", str(PROGRAMS / module.partition("_")[0]))
    args.update(_ansible_check_mode=check, _ansible_diff=True)
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        (root / "ansible_collections/pkill").mkdir(parents=True)
        (root / "ansible_collections/pkill/processes").symlink_to(fleet.ROOT / "integrations/ansible")
        (root / "args").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": args}))
        name = f"ansible_collections.pkill.processes.plugins.modules.{module}"
        environment = {**os.environ, "PYTHONPATH": str(root)}
        command = [sys.executable, "-W", "ignore", "-m", name, str(root / "args")]
        result = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    try:
        return json.loads(result.stdout)
    except ValueError:
        raise AssertionError(f"{result}") from None


class Victims(unittest.TestCase):
    """Processes of their own for each test, which `make` starts."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.directory.chmod(0o755)

    def make(self, name, script=None, args=("1000",), **options):
        """A process with that name. It is ready: it has been executed and, with a script, has printed a line."""
        path = self.directory / name
        if not path.exists():
            path.symlink_to("/bin/bash" if script else "/usr/bin/sleep")
        words = ["-c", f"echo ready; {script}"] if script else args
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen([str(path), *words], **pipes, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if script:
            self.assertEqual(process.stdout.readline(), "ready\n")
        fleet.until(lambda: pathlib.Path(f"/proc/{process.pid}/comm").read_text() == name[:15] + "\n")
        return process


class Pkill(Victims):
    """Changed, failed and why."""

    def test_signalled_is_changed_exactly_if_a_process_was_signalled(self):
        victim = self.make("fleet-a")
        for args, changed, message in [
            ({"pattern": "fleet-none"}, False, "no process matches"),
            ({"pattern": "fleet-a", "signal": "0"}, False, "1 signalled"),
            ({"pattern": "fleet-a", "signal": "CONT"}, True, "1 signalled"),
            ({"pattern": "fleet-a", "signal": "CONT", "not": ["a"]}, False, "no process matches"),
        ]:
            result = run("pkill", **args)
            self.assertEqual((result["changed"], result["msg"]), (changed, message), args)
            self.assertFalse(result.get("failed"), args)
        self.assertIsNone(victim.poll())
        result = run("pkill", pattern="fleet-a", wait=True)
        self.assertEqual((result["changed"], result["msg"], result["signalled"]), (True, "1 exited", 1))
        self.assertEqual(victim.wait(), -signal.SIGTERM)

    def test_check_mode_sends_nothing_and_predicts_the_same(self):
        victims = [self.make("fleet-b") for _ in range(2)]
        for state in ("signalled", "absent"):
            result = run("pkill", check=True, pattern="fleet-b", state=state)
            self.assertEqual((result["changed"], result["msg"]), (True, "2 would be signalled"))
            rows = result["diff"]["prepared"].splitlines()
            self.assertEqual(rows[0].split(), ["PID", "USER", "NAME", "OUTCOME", "COMMAND"])
            self.assertEqual([row.split()[0] for row in rows[1:]], sorted(str(v.pid) for v in victims))
            self.assertIn("would be signalled: terminate", rows[1])
        self.assertEqual([victim.poll() for victim in victims], [None, None])
        self.assertFalse(run("pkill", check=True, pattern="fleet-b", signal=0)["changed"])
        self.assertIn("2 processes match", run("pkill", check=True, pattern="fleet-b", max=1)["msg"])

    def test_absent_is_idempotent(self):
        stubborn = self.make("fleet-c", "trap '' TERM; while :; do read -r; done")
        failed = run("pkill", pattern="fleet-c", state="absent", timeout="0.1")
        self.assertTrue(failed["failed"] and failed["changed"], failed)
        self.assertIn(f"still running: {stubborn.pid} fleet-c", failed["msg"])
        ended = run("pkill", pattern="fleet-c", state="absent", kill_after="0.1")
        self.assertEqual((ended["changed"], ended["msg"], stubborn.wait()), (True, "1 exited", -signal.SIGKILL))
        again = run("pkill", pattern="fleet-c", state="absent", allow_none=False)
        self.assertEqual((again["changed"], again["msg"], again["exit_status"]), (False, "no process matches", 1))
        # Ansible takes a task for failed that returns another rc than 0.
        self.assertFalse({"diff", "rc", "failed"} & set(again))

    def test_a_zombie_is_absent(self):
        zombie = self.make("fleet-d")
        zombie.kill()
        fleet.until(lambda: ") Z " in pathlib.Path(f"/proc/{zombie.pid}/stat").read_text())
        self.assertEqual(run("pkill", pattern="fleet-d", state="absent")["msg"], "no process matches")

    def test_absent_by_pidfile(self):
        victim, pidfile = self.make("fleet-e"), self.directory / "pid"
        pidfile.write_text(f"{victim.pid}\n")
        args = {"pidfile": str(pidfile), "state": "absent"}
        self.assertIn("Locking check", run("pkill", pidfile=str(pidfile), logpidfile=True)["msg"])
        self.assertFalse(run("pkill", logpidfile=True, **args)["changed"])
        self.assertTrue(run("pkill", **args)["changed"])
        victim.wait()
        for _ in range(2):
            self.assertEqual(run("pkill", **args)["msg"], "no process matches")
            pidfile.unlink(missing_ok=True)
        self.assertIn("Unable to open pidfile", run("pkill", pidfile=str(pidfile))["msg"])
        pidfile.write_text("none\n")
        self.assertEqual(run("pkill", **args)["msg"], "pidfile not valid")

    def test_limits(self):
        victims = [self.make("fleet-f") for _ in range(3)]
        for args, message in [
            ({"max": 2}, "3 processes match, more than --max 2, so nothing was done"),
            ({"max": 2, "state": "absent"}, "3 processes match, more than --max 2, so nothing was done"),
            ({"inverse": True}, "inverse is True but all of the following are missing: max"),
            ({"inverse": True, "max": 0, "state": "absent"}, "state absent excludes inverse and signal 0"),
            ({"signal": "NOSUCH"}, "Unknown signal"),
            ({"older": "soon"}, "soon"),
            ({"newest": True, "oldest": True}, "--newest"),
        ]:
            result = run("pkill", pattern="fleet-f", **args)
            self.assertTrue(result["failed"], args)
            self.assertFalse(result.get("changed"), args)
            self.assertIn(message, result["msg"], args)
        self.assertEqual([victim.poll() for victim in victims], [None] * 3)
        self.assertEqual(run("pkill", pattern="fleet-g", allow_none=False)["msg"], "no process matches")

    def test_what_may_not_be_signalled(self):
        own, other = self.make("fleet-h", user="nobody"), self.make("fleet-h")
        program = self.directory / "as-nobody"
        program.write_text(f'#!/bin/sh\nexec setpriv --reuid=nobody --clear-groups {PROGRAMS}/pkill "$@"\n')
        program.chmod(0o755)

        def become(**args):
            return run("pkill", executable=str(program), pattern="fleet-h", **args)

        partly = become(wait=True)
        self.assertEqual((partly["msg"], partly["changed"]), ("1 exited, 1 refused", True))
        self.assertIn("Operation not permitted", str(partly["warnings"]))
        self.assertEqual((own.wait(), other.poll()), (-signal.SIGTERM, None))
        for args in ({}, {"state": "absent"}, {"strict": True}):
            result = become(**args)
            self.assertTrue(result["failed"] and not result["changed"], result)
            self.assertIn(f"killing pid {other.pid} failed: Operation not permitted", result["msg"])


class Words(Victims):
    """No value of an option is more than this value on the command line."""

    def test_injection(self):
        victim = self.make("-KILL")
        bystander = self.make("fleet-i")
        for args, message in [
            ({}, "no criterion selects processes"),
            ({"no_zombies": True, "local": True, "not": ["x"], "newest": True}, "no criterion selects"),
            ({"exclude": ["1"], "tree": True}, "no criterion selects"),
            ({"full": True, "exact": True}, "no criterion selects"),
            ({"pattern": ""}, "pattern is empty"),
            ({"pattern": "", "euid": ["root"]}, "pattern is empty"),
            ({"pattern": "x\0y"}, "NUL"),
            ({"pattern": "fleet-i", "euid": []}, "euid is an empty list"),
            ({"pattern": "fleet-i", "euid": [""]}, "euid is empty"),
            ({"pattern": "fleet-i", "exe": ""}, "exe is empty"),
            ({"pattern": "fleet-i", "not": [""]}, "not is empty"),
            ({"euid": ["daemon,root"]}, "contains a comma"),
            ({"pid": ["-"]}, "neither a process ID nor an identity token"),
            ({"pid": ["1 --inverse"]}, "neither a process ID nor an identity token"),
            ({"pid": ["1\n"]}, "neither a process ID nor an identity token"),
            ({"pidfile": "-"}, "standard input"),
            ({"pid": ["1"], "pidfile": "/x"}, "mutually exclusive"),
            ({"pattern": "fleet-i", "signal": "KILL --inverse"}, "Unknown signal"),
            ({"pattern": "fleet-i", "signal": ""}, "signal is empty"),
            ({"pattern": "fleet-i", "max": -1}, "not a number: -1"),
            ({"pattern": "fleet-i", "nosuch": 1}, "Unsupported parameters"),
        ]:
            result = run("pkill", **args)
            self.assertTrue(result.get("failed"), f"{args}: {result}")
            self.assertIn(message, result["msg"], args)
        for pattern in ("--inverse", "-v", "--", "--signal=KILL", "-", "$(touch x)", "; exit"):
            report = run("pkill", pattern=pattern, fixed_strings=True, check=True)["report"]
            self.assertEqual(report["criteria"]["pattern"], pattern)
            self.assertNotIn("inverse", report["criteria"])
            self.assertEqual(report["signal"]["name"], "TERM")
            for target in report["targets"]:
                self.assertIn(pattern, target["name"])
        for value in ("--inverse", "-v", "x y", "'*\""):
            texts = {name: value for name in ("exe", "script")}
            lists = {name: [value] for name in ("cgroup", "unit", "env", "terminal", "and")}
            report = run("pkill", pattern="fleet-i", fixed_strings=True, check=True, **texts, **lists)["report"]
            for name, expected in {**texts, **lists}.items():
                self.assertIn(report["criteria"][name], (expected, value))
            self.assertNotIn("inverse", report["criteria"])
        result = run("pkill", pattern="-KILL", exact=True, wait=True)
        self.assertEqual((result["msg"], victim.wait(), bystander.poll()), ("1 exited", -signal.SIGTERM, None))

    def test_every_option_reaches_the_program(self):
        args = {
            "pattern": "fleet-none", "full": True, "exact": True, "ignore_case": True, "fixed_strings": True,
            "and": ["a", "b"], "not": ["c"], "inverse": False, "pid": ["1", "2"], "parent": [1], "ancestor": ["1"],
            "pgroup": [1, 2], "session": [1], "terminal": ["?"], "euid": ["root", "1"], "uid": ["0"], "group": ["0"],
            "older": "1s", "younger": "2h", "runstates": ["S", "R"], "no_zombies": True, "no_kernel_threads": True,
            "exe": "sleep", "exe_deleted": True, "script": "x.py", "cwd": "/", "rss": "1K", "cpu_time": "0.1",
            "cgroup": ["/a"], "unit": ["b"], "user_unit": ["c"], "local": True, "port": ["tcp:1"], "env": ["A=b"],
            "ns": "1", "nslist": ["net", "pid"], "require_handler": True, "ignore_ancestors": True, "exclude": ["3"],
            "newest": True, "tree": True, "read_timeout": "0.5",
        }
        sending = {
            "signal": "USR1", "queue": -5, "freeze": True, "whole_group": True, "timeout": "1", "escalate": ["1:INT"],
            "cont": True, "settle": "0", "max": 3, "strict": True,
        }
        for module, options in (("pkill", {**args, **sending}), ("pgrep_info", args)):
            result = run(module, **options)
            self.assertFalse(result.get("failed"), result)
        argv = run("pkill", **args, **sending)["report"]["argv"]
        for name, value in {**args, **sending}.items():
            if name in ("pattern", "inverse"):
                continue
            for entry in value if name in ("and", "not") else [value]:
                joined = ",".join(map(str, entry)) if isinstance(entry, list) else str(entry)
                word = "--" + name.replace("_", "-") + ("" if entry is True else "=" + joined)
                self.assertIn(word, argv)
        self.assertEqual(argv[-2:], ["--", "fleet-none"])
        for name in ("mrelease", "wait", "until_none"):
            argv = run("pkill", pattern="fleet-none", **{name: True})["report"]["argv"]
            self.assertIn("--" + name.replace("_", "-"), argv)

    def test_names_of_processes_are_inert(self):
        self.make("fleet\x1b[2J\u202e\n", "read -r # \x1b]0;x\x07")
        result = run("pkill", pattern="fleet.*2J", check=True)
        self.assertIn("fleet?[2J?", result["diff"]["prepared"])
        self.assertEqual(result["diff"]["prepared"].count("\n"), 2)
        self.assertNotRegex(result["diff"]["prepared"], "[\x00-\x09\x0b-\x1f\u202e]")


class Info(Victims):
    """pgrep_info."""

    def test_processes_are_returned(self):
        victim = self.make("fleet-j")
        result = run("pgrep_info", pattern="fleet-j", check=True)
        (process,) = result["processes"]
        self.assertEqual((process["pid"], process["name"], result["matched"]), (victim.pid, "fleet-j", 1))
        self.assertFalse(result["changed"])
        columns = run("pgrep_info", pattern="fleet-j", columns=["pid", "rss"])["processes"]
        self.assertEqual(sorted(columns[0]), ["pid", "rss"])
        self.assertEqual(run("pgrep_info", pattern="fleet-k")["processes"], [])
        self.assertIn("nosuch", run("pgrep_info", pattern="x", columns=["nosuch"])["msg"])
        self.assertIn("no criterion", run("pgrep_info")["msg"])
        self.assertTrue(run("pkill", pid=[process["id"]], state="absent")["changed"])
        self.assertEqual(victim.wait(), -signal.SIGTERM)


class Programs(Victims):
    """Which program is run."""

    def fake(self, version, document="{}"):
        path = self.directory / "pkill"
        path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && {{ {version}; exit; }}\necho '{document}'\n")
        path.chmod(0o755)
        return str(path)

    def test_other_programs_are_refused(self):
        for executable, found, message in [
            ("/usr/bin/pkill", "pkill from procps-ng", "is another program"),
            (str(PROGRAMS / "pgrep"), "pgrep from pkill", "is pgrep, not pkill"),
            (self.fake("echo pkill from pkill 0.0.9"), "pkill from pkill 0.0.9", "is version 0.0.9, which is too old"),
            ("nosuch-pkill", None, "nosuch-pkill is not installed (PATH is"),
            ("/nosuch/pkill", None, "/nosuch/pkill is not an executable file"),
            ("/etc/passwd", None, "/etc/passwd is not an executable file"),
            ("/bin/false", "", "is another program"),
        ]:
            for check in (False, True):
                result = run("pkill", check=check, pattern="fleet-none", executable=executable)
                self.assertTrue(result["failed"], executable)
                self.assertIn(message, result["msg"])
                self.assertIn("pkill of the package pkill, 0.2.0 or newer, is required", result["msg"])
                self.assertTrue((result["found"] or "").startswith(found or ""), result)

    def test_the_collection_has_the_version_of_the_package(self):
        versions = [
            re.search(r"^version(?::| =) \"?([0-9.]+)", (fleet.ROOT / path).read_text(), re.M).group(1)
            for path in ("Cargo.toml", "integrations/ansible/galaxy.yml")
        ]
        self.assertEqual(*versions)

    def test_other_reports_are_refused(self):
        for document, message in [
            ('{"schema": 3}', "reports in format 3, and this version of the collection reads format 2"),
            ("Terminated", "has printed no report, exit status 0"),
        ]:
            executable = self.fake("echo 'pkill from pkill 7.0.0'", document)
            self.assertIn(message, run("pkill", pattern="x", executable=executable)["msg"])


if __name__ == "__main__":
    unittest.main()
