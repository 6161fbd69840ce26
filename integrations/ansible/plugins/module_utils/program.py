# SPDX-License-Identifier: MIT OR Apache-2.0
"""Finds the program, makes sure that it is the right one, runs it and reads its document."""

import json
import os
import re

# The oldest version with all options of the modules, and the version of the document that they read.
OLDEST = (0, 2, 0)
SCHEMA = 2

VERSION = re.compile(r"(\w+) from pkill ([0-9]+)\.([0-9]+)\.([0-9]+)")


class Program:
    """A program of the package, by name or path."""

    def __init__(self, module, name):
        self.module = module
        self.name = name
        # Messages are compared, and patterns are UTF-8.
        module.run_command_environ_update = {"LC_ALL": "C.UTF-8"}
        self.path = self._find(module.params["executable"] or name)
        self.version = self._check_version()

    def _fail(self, found, why):
        needed = "%s of the package pkill, %s or newer, is required" % (self.name, dotted(OLDEST))
        self.module.fail_json(msg="%s; %s" % (why, needed), found=found)

    def _find(self, executable):
        if "/" in executable:
            if not os.path.isfile(executable) or not os.access(executable, os.X_OK):
                self._fail(None, "%s is not an executable file" % executable)
            return executable
        path = self.module.get_bin_path(executable)
        if path is None:
            self._fail(None, "%s is not installed (PATH is %s)" % (executable, os.environ.get("PATH")))
        return path

    def _check_version(self):
        """Before anything else: another pkill may take the same words for something else."""
        status, out, err = self.module.run_command([self.path, "--version"])
        found = ((out or err).strip().splitlines() or [""])[0]
        match = VERSION.match(out) if status == 0 else None
        if match is None:
            self._fail(found, "%s is another program: --version prints %r" % (self.path, found))
        if match.group(1) != self.name:
            self._fail(found, "%s is %s, not %s" % (self.path, match.group(1), self.name))
        version = tuple(int(number) for number in match.groups()[1:])
        if version < OLDEST:
            self._fail(found, "%s is version %s, which is too old" % (self.path, dotted(version)))
        return dotted(version)

    def run(self, words):
        """The exit status, the document, and the messages on standard error without the program's name."""
        command = [self.path, "--json"] + words
        status, out, err = self.module.run_command(command)
        prefix = self.name + ": "
        messages = [line[len(prefix):] for line in err.splitlines() if line.startswith(prefix)]
        try:
            document = json.loads(out)
        except ValueError:
            self.module.fail_json(
                msg="%s has printed no report, exit status %d: %s" % (self.path, status, err.strip()),
                cmd=command,
                exit_status=status,
            )
        if document.get("schema") != SCHEMA:
            self._fail(
                "%s %s" % (self.name, self.version),
                "%s reports in format %s, and this version of the collection reads format %d"
                % (self.path, document.get("schema"), SCHEMA),
            )
        return status, document, messages


def dotted(version):
    """A version as it is printed."""
    return ".".join(str(number) for number in version)
