#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lists processes with pgrep."""

DOCUMENTATION = r"""
module: pgrep_info
short_description: List processes by name and other criteria
description:
  - Runs C(pgrep --json) and returns the processes that match. No match is no failure.
version_added: 0.2.0
author: The pkill maintainers (!UNKNOWN)
extends_documentation_fragment: pkill.processes.criteria
options:
  signal:
    description: The signal that O(require_handler) refers to, by name or number. Nothing is sent.
    type: str
    default: TERM
  columns:
    description:
      - Return these columns of each process instead of the members of the report, such as V(pid), V(id), V(user), V(age),
        V(rss), V(unit), V(ports) or V(args). See pgrep(1).
    type: list
    elements: str
attributes:
  check_mode:
    description: Nothing is changed.
    support: full
"""

EXAMPLES = r"""
- name: Find what still runs an executable that an upgrade has replaced
  pkill.processes.pgrep_info:
    exe_deleted: true
    columns: [pid, user, unit, exe]
  register: outdated
  become: true

- name: Find what listens on a port
  pkill.processes.pgrep_info:
    port: tcp:8080
  register: listeners

- name: Fail if there is more than one
  ansible.builtin.assert:
    that: listeners.matched <= 1
"""

RETURN = r"""
processes:
  description:
    - The processes, in ascending order of process ID. With O(columns), an object with a member for each column.
    - Text that is not UTF-8 is an object with its base64 form.
  returned: success
  type: list
  elements: dict
  contains:
    pid:
      description: The process ID.
      type: int
    id:
      description: The identity token, which no other process has until the host is rebooted.
      type: str
    ppid:
      description: The process ID of the parent.
      type: int
    uid:
      description: The real user ID.
      type: int
    euid:
      description: The effective user ID.
      type: int
    user:
      description: The name of the effective user.
      type: str
    name:
      description: The process name, which the kernel truncates to 15 bytes.
      type: str
    arguments:
      description: The arguments, from C(argv[0]) on.
      type: list
    start_time:
      description: When it started (RFC 3339, UTC).
      type: str
matched:
  description: The number of processes.
  returned: success
  type: int
undecided:
  description: The number of processes that may match too, but could not be examined.
  returned: success
  type: int
host:
  description: The node name of the host.
  returned: success
  type: str
boot_id:
  description: The ID of the boot. A process ID with its start time is unique within it.
  returned: success
  type: str
messages:
  description: Notes of the program.
  returned: success
  type: list
  elements: str
found:
  description: What the program is, if it is not the one that is required.
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.pkill.processes.plugins.module_utils import criteria, outcome
from ansible_collections.pkill.processes.plugins.module_utils.program import Program


def main():
    """Runs pgrep once."""
    module = AnsibleModule(
        argument_spec=criteria.argument_spec(
            executable={"type": "path"},
            signal={"type": "str", "default": "TERM"},
            columns={"type": "list", "elements": "str"},
        ),
        mutually_exclusive=criteria.EXCLUSIVE,
        required_by=criteria.REQUIRED_BY,
        supports_check_mode=True,
    )
    try:
        words = criteria.words(module.params)
        signal = criteria.option("signal", criteria.checked("signal", module.params["signal"]))
        words.insert(0, signal)
        columns = module.params["columns"]
        if columns is not None:
            words.insert(0, criteria.option("columns", ",".join(criteria.entries("columns", criteria.LIST, columns))))
    except criteria.Refused as refused:
        module.fail_json(msg=str(refused))
    status, report, messages = Program(module, "pgrep").run(words)
    if "error" in report:
        module.fail_json(msg=outcome.error_text(report["error"]), exit_status=status, messages=messages)
    processes = report["targets"]
    module.exit_json(
        changed=False,
        processes=processes if columns is None else [process["columns"] for process in processes],
        matched=report["summary"]["matched"],
        undecided=report["summary"].get("undecided", 0),
        host=report["host"],
        boot_id=report["boot_id"],
        messages=messages,
    )


if __name__ == "__main__":
    main()
