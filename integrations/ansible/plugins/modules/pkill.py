#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Signals processes with pkill, and waits for them to exit."""

DOCUMENTATION = r"""
module: pkill
short_description: Signal processes by name and other criteria, and wait until they exit
description:
  - Runs C(pkill --json), and reads its report. Each signal reaches the process that matched, or no process.
version_added: 0.2.0
author: The pkill maintainers (!UNKNOWN)
extends_documentation_fragment: pkill.processes.criteria
options:
  state:
    description:
      - V(signalled) sends the signal to all processes that match. No match is no failure, unless O(allow_none=false).
      - V(absent) sends it and waits until no process matches, including those that start in the meantime. The task fails if
        a process still matches when O(timeout) expires, or if one may not be signalled. Zombies have exited, and do not
        match. If the file of O(pidfile) does not exist, no process matches.
    type: str
    choices: [signalled, absent]
    default: signalled
  signal:
    description: The signal, by name or number. V(0) sends nothing.
    type: str
    default: TERM
  queue:
    description: A 32-bit integer that is sent with the signal (sigqueue(3)).
    type: int
  mrelease:
    description: Free the memory of killed processes immediately.
    type: bool
    default: false
  freeze:
    description: Stop all matches first, so that none can fork another.
    type: bool
    default: false
  whole_group:
    description: Signal the process group of each match.
    type: bool
    default: false
  wait:
    description: Wait until the signalled processes have exited.
    type: bool
    default: false
  timeout:
    description:
      - Stop waiting after that time, such as V(30) (seconds) or V(2min). The task fails if a process is still running.
      - It implies O(wait). With O(state=absent), the default is V(30).
    type: str
  kill_after:
    description: Send C(KILL) to the processes that are still running after that time. It implies O(wait).
    type: str
  escalate:
    description: Further signals, each as C(DURATION:SIGNAL), such as V(5:INT). It implies O(wait).
    type: list
    elements: str
  cont:
    description: Continue stopped processes, so that they can act on the signal.
    type: bool
    default: false
  until_none:
    description: Repeat until no process matches. O(state=absent) implies it, and checks the outcome too.
    type: bool
    default: false
  settle:
    description: The time for which no process may match before O(until_none) has succeeded. By default half a second.
    type: str
  max:
    description: Signal no process and fail if more processes match.
    type: int
  strict:
    description: Fail if a match was not signalled, if it could not be examined, or if a match has started since.
    type: bool
    default: false
  allow_none:
    description: Whether no match is a success. Unlike on the command line, this is the default.
    type: bool
    default: true
attributes:
  check_mode:
    description: Nothing is sent. C(pkill --dry-run) predicts for each process what would be done.
    support: full
  diff_mode:
    description: A table of the processes, with what became or would become of them.
    support: full
notes:
  - O(inverse) requires O(max), and is not possible with O(state=absent).
"""

EXAMPLES = r"""
- name: End all workers of a queue, with KILL after 5 seconds, but not more than 8
  pkill.processes.pkill:
    pattern: worker --queue=mail
    full: true
    euid: app
    state: absent
    kill_after: 5
    timeout: 20
    max: 8
  become: true

- name: Reload a daemon, which has to run and to have a handler for HUP
  pkill.processes.pkill:
    signal: HUP
    pidfile: /run/rsyslogd.pid
    logpidfile: false
    require_handler: true
    allow_none: false

- name: End what a user has left behind, and whatever it forks meanwhile
  pkill.processes.pkill:
    euid: "{{ leaver }}"
    signal: KILL
    state: absent

- name: End exactly the processes that were found before
  pkill.processes.pkill:
    pid: "{{ outdated.processes | map(attribute='id') | list }}"
    state: absent
  when: outdated.matched > 0
"""

RETURN = r"""
changed:
  description: Whether a process was signalled, or would be in check mode.
  returned: always
  type: bool
msg:
  description:
    - The number of processes with each outcome, as C(pkill --summary) prints it. It is the same on all hosts with the same
      outcomes.
    - If the task has failed, the reason.
  returned: always
  type: str
  sample: 3 exited, 1 refused
matched:
  description: The number of processes that matched.
  returned: if there is a report
  type: int
signalled:
  description: The number of processes that were signalled, or would be in check mode.
  returned: if there is a report
  type: int
report:
  description: The document that the program has printed. The manual page pkill-report(7) describes its members.
  returned: if the program was run
  type: dict
  contains:
    host:
      description: The node name of the host.
      type: str
    boot_id:
      description: The ID of the boot.
      type: str
    time:
      description: When the program was started (RFC 3339, UTC).
      type: str
    argv:
      description: The command line.
      type: list
    signal:
      description: The name and number of the signal.
      type: dict
    targets:
      description: The processes, each with C(pid), C(id), C(user), C(name), C(arguments), C(outcome), C(errno) and others.
      type: list
      elements: dict
    reappeared:
      description: Matches that have started since, and how to stop what starts them. Absent if there are none.
      type: list
      elements: dict
    summary:
      description: The number of matches and of each outcome, and the exit status.
      type: dict
    error:
      description: Why there is no report.
      type: dict
exit_status:
  description: The exit status of the program. It is not called C(rc), because Ansible takes any C(rc) but 0 for a failure.
  returned: if the program was run
  type: int
messages:
  description: Notes and error messages of the program.
  returned: if the program was run
  type: list
  elements: str
found:
  description: What the program is, if it is not the one that is required. None if there is no program.
  returned: if the program was refused
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.pkill.processes.plugins.module_utils import criteria, outcome
from ansible_collections.pkill.processes.plugins.module_utils.program import Program

FLAGS = "mrelease freeze whole_group wait cont until_none strict".split()
VALUES = "signal queue timeout kill_after settle max".split()

OPTIONS = {
    "executable": {"type": "path"},
    "state": {"type": "str", "choices": ["signalled", "absent"], "default": "signalled"},
    "signal": {"type": "str", "default": "TERM"},
    "queue": {"type": "int"},
    "mrelease": {"type": "bool", "default": False},
    "freeze": {"type": "bool", "default": False},
    "whole_group": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    "timeout": {"type": "str"},
    "kill_after": {"type": "str"},
    "escalate": {"type": "list", "elements": "str"},
    "cont": {"type": "bool", "default": False},
    "until_none": {"type": "bool", "default": False},
    "settle": {"type": "str"},
    "max": {"type": "int"},
    "strict": {"type": "bool", "default": False},
    "allow_none": {"type": "bool", "default": True},
}


def words(params, check_mode):
    """The command line without the program. The criteria are last, as the pattern has to be."""
    params = dict(params)
    if params["state"] == "absent":
        if params["inverse"] or params["signal"] == "0":
            raise criteria.Refused("state absent excludes inverse and signal 0")
        params["until_none"] = params["no_zombies"] = True
        params["timeout"] = params["timeout"] or "30"
    result = ["--dry-run"] if check_mode else []
    result += [criteria.option(name) for name in FLAGS if params[name] and not (name == "wait" and params["timeout"])]
    for name in VALUES:
        if params[name] is not None:
            result.append(criteria.option(name, criteria.checked(name, str(params[name]))))
    if params["escalate"] is not None:
        result.append(criteria.option("escalate", ",".join(criteria.entries("escalate", criteria.LIST, params["escalate"]))))
    return result + criteria.words(params)


def main():
    """Runs pkill once."""
    module = AnsibleModule(
        argument_spec=criteria.argument_spec(**OPTIONS),
        mutually_exclusive=criteria.EXCLUSIVE + [("kill_after", "escalate")],
        required_by=criteria.REQUIRED_BY,
        required_if=[("inverse", True, ("max",))],
        supports_check_mode=True,
    )
    absent = module.params["state"] == "absent"
    try:
        command = words(module.params, module.check_mode)
    except criteria.Refused as refused:
        module.fail_json(msg=str(refused))
    status, report, messages = Program(module, "pkill").run(command)
    result = {
        "changed": outcome.is_changed(report, module.check_mode),
        "report": report,
        "exit_status": status,
        "messages": messages,
    }
    if "summary" in report:
        result["matched"] = report["summary"]["matched"]
        result["signalled"] = outcome.count(report, ("would_be_signalled",) if module.check_mode else outcome.SENT)
    rows = outcome.table(report)
    if rows:
        # Not shown without --diff.
        result["diff"] = {"prepared": rows}
    failure = outcome.failure(status, report, messages, absent, module.params["allow_none"])
    if failure:
        module.fail_json(msg=failure, **result)
    for message in messages:
        module.warn(message)
    module.exit_json(msg=outcome.sentence(report), **result)


if __name__ == "__main__":
    main()
