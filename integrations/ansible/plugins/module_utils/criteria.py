# SPDX-License-Identifier: MIT OR Apache-2.0
"""The options that select processes: one table for the argument specification and for the command line."""

import re

# How an option is typed, and how it becomes words of the command line.
FLAG = "flag"  # --name
VALUE = "value"  # --name=VALUE
PATH = "path"  # the same, after ~ and variables were expanded
LIST = "list"  # --name=ENTRY,...
NUMBERS = "numbers"  # the same, of integers
PROCESSES = "processes"  # the same, of PIDs and identity tokens
REPEATED = "repeated"  # --name=VALUE for each entry

CRITERIA = {
    "full": FLAG,
    "exact": FLAG,
    "ignore_case": FLAG,
    "fixed_strings": FLAG,
    "and": REPEATED,
    "not": REPEATED,
    "inverse": FLAG,
    "pid": PROCESSES,
    "pidfile": PATH,
    "logpidfile": FLAG,
    "parent": PROCESSES,
    "ancestor": PROCESSES,
    "pgroup": NUMBERS,
    "session": NUMBERS,
    "terminal": LIST,
    "euid": LIST,
    "uid": LIST,
    "group": LIST,
    "older": VALUE,
    "younger": VALUE,
    "runstates": LIST,
    "no_zombies": FLAG,
    "no_kernel_threads": FLAG,
    "exe": VALUE,
    "exe_deleted": FLAG,
    "script": VALUE,
    "cwd": PATH,
    "rss": VALUE,
    "cpu_time": VALUE,
    "cgroup": LIST,
    "unit": LIST,
    "user_unit": LIST,
    "local": FLAG,
    "port": LIST,
    "env": LIST,
    "ns": VALUE,
    "nslist": LIST,
    "require_handler": FLAG,
    "ignore_ancestors": FLAG,
    "exclude": PROCESSES,
    "newest": FLAG,
    "oldest": FLAG,
    "tree": FLAG,
    "read_timeout": VALUE,
}

# Of these, one is required besides the pattern or instead of it: all others only modify or exclude.
SELECTIVE = (
    "pattern and pid pidfile parent ancestor pgroup session terminal euid uid group older younger runstates exe"
    " exe_deleted script cwd rss cpu_time cgroup unit user_unit port env ns require_handler"
).split()

# Only options without a default can be listed here; the program refuses the other combinations.
EXCLUSIVE = [("pid", "pidfile")]
REQUIRED_BY = {"nslist": ("ns",)}

TYPES = {
    FLAG: {"type": "bool", "default": False},
    VALUE: {"type": "str"},
    PATH: {"type": "path"},
    LIST: {"type": "list", "elements": "str"},
    NUMBERS: {"type": "list", "elements": "int"},
    PROCESSES: {"type": "list", "elements": "str"},
    REPEATED: {"type": "list", "elements": "str"},
}

PROCESS = re.compile(r"[0-9]+([:@][0-9]+)?\Z")


class Refused(Exception):
    """A value that would not mean on the command line what it means in the task."""


def argument_spec(**others):
    """The specification of the criteria, and of the options of one module."""
    spec = {name: dict(TYPES[kind]) for name, kind in CRITERIA.items()}
    spec["pattern"] = {"type": "str"}
    # The module's own interpreter, and an ansible-playbook on the same host, are ancestors.
    spec["ignore_ancestors"]["default"] = True
    spec["nslist"]["choices"] = ["ipc", "mnt", "net", "pid", "user", "uts"]
    spec.update(others)
    return spec


def option(name, value=None):
    """The word for an option. The value is part of the word, so it is never read as an option."""
    word = "--" + name.replace("_", "-")
    return word if value is None else "%s=%s" % (word, value)


def checked(name, value):
    """The value, unless it is empty, as that of an undefined variable often is, or no word at all."""
    if value == "":
        raise Refused("%s is empty: omit the option if it is not to select" % name)
    if "\0" in value:
        raise Refused("%s contains a NUL character" % name)
    return value


def entries(name, kind, values):
    """The entries of a list, each of which is one entry of the command line too."""
    if not values:
        raise Refused("%s is an empty list: omit the option if it is not to select" % name)
    values = [checked(name, str(value)) for value in values]
    for value in values:
        if kind != REPEATED and "," in value:
            raise Refused("%s: %r contains a comma: write each value as an entry of its own" % (name, value))
        if kind == PROCESSES and not PROCESS.match(value):
            raise Refused("%s: %r is neither a process ID nor an identity token" % (name, value))
    return values


def words(params):
    """The criteria as words of the command line, the pattern last."""
    if all(params.get(name) in (None, False) for name in SELECTIVE):
        raise Refused("no criterion selects processes: one of these is required: %s" % ", ".join(SELECTIVE))
    if params.get("pidfile") == "-":
        raise Refused("pidfile is '-', which is standard input")
    result = []
    for name, kind in CRITERIA.items():
        value = params.get(name)
        if value is None or value is False:
            continue
        if kind == FLAG:
            result.append(option(name))
        elif kind == REPEATED:
            result.extend(option(name, entry) for entry in entries(name, kind, value))
        elif kind in (LIST, NUMBERS, PROCESSES):
            result.append(option(name, ",".join(entries(name, kind, value))))
        else:
            result.append(option(name, checked(name, value)))
    if params.get("pattern") is not None:
        result.extend(["--", checked("pattern", params["pattern"])])
    return result
