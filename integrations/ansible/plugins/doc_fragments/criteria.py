# SPDX-License-Identifier: MIT OR Apache-2.0
"""The documentation of the options that both modules have."""


class ModuleDocFragment:
    """The criteria, in the order of the manual page."""

    DOCUMENTATION = r"""
options:
  executable:
    description:
      - The program, by name or by path. A name is searched for in E(PATH) and in the directories of system programs.
      - By default, V(pkill) or V(pgrep), after the module.
      - It has to be the program of the package C(pkill), version 0.2.0 or newer. That of procps-ng is refused.
    type: path
  pattern:
    description:
      - A POSIX extended regular expression, matched against the process name, or with O(full) against the command line.
      - It may begin with a hyphen. An empty pattern, which would match every process, is refused. Omit it to select by
        other criteria only.
    type: str
  full:
    description: Match patterns against the whole command line.
    type: bool
    default: false
  exact:
    description: Require the pattern to match the whole name or command line.
    type: bool
    default: false
  ignore_case:
    description: Ignore case.
    type: bool
    default: false
  fixed_strings:
    description: Take patterns as plain text.
    type: bool
    default: false
  and:
    description: Patterns that have to match too.
    type: list
    elements: str
  not:
    description: Exclude what one of these patterns matches.
    type: list
    elements: str
  inverse:
    description: Select the processes that do not match.
    type: bool
    default: false
  pid:
    description: Process IDs or identity tokens, such as RV(pkill.processes.pgrep_info#module:processes[].id).
    type: list
    elements: str
  pidfile:
    description: A file that contains the process ID or identity token.
    type: path
  logpidfile:
    description: Fail unless the file of O(pidfile) is locked.
    type: bool
    default: false
  parent:
    description: Children of these processes.
    type: list
    elements: str
  ancestor:
    description: Descendants of these processes.
    type: list
    elements: str
  pgroup:
    description: Process group IDs.
    type: list
    elements: int
  session:
    description: Session IDs.
    type: list
    elements: int
  terminal:
    description: Terminals, such as V(pts/3); V(?) selects processes without one.
    type: list
    elements: str
  euid:
    description: Effective users, by name or ID.
    type: list
    elements: str
  uid:
    description: Real users, by name or ID.
    type: list
    elements: str
  group:
    description: Real groups, by name or ID.
    type: list
    elements: str
  older:
    description: Processes at least that old, such as V(90) (seconds) or V(2h30m).
    type: str
  younger:
    description: Processes less than that old.
    type: str
  runstates:
    description: States, as ps(1) shows them, such as V(D) or V(Z).
    type: list
    elements: str
  no_zombies:
    description: Exclude zombie processes.
    type: bool
    default: false
  no_kernel_threads:
    description: Exclude kernel threads.
    type: bool
    default: false
  exe:
    description: The executable, by path or base name.
    type: str
  exe_deleted:
    description: Processes with an executable that was deleted or replaced since they were started.
    type: bool
    default: false
  script:
    description: Interpreters that run this script, by path or base name.
    type: str
  cwd:
    description: Processes with this working directory or one below it.
    type: path
  rss:
    description: Processes with at least that much resident memory, such as V(500M).
    type: str
  cpu_time:
    description: Processes that have used at least that much CPU time.
    type: str
  cgroup:
    description: Paths or patterns of control groups.
    type: list
    elements: str
  unit:
    description: Units of the system's service manager.
    type: list
    elements: str
  user_unit:
    description: Units of users' service managers.
    type: list
    elements: str
  local:
    description: Exclude the processes of containers.
    type: bool
    default: false
  port:
    description: Local ports, such as V(443), V(tcp:8000-8099) or V(udp:53).
    type: list
    elements: str
  env:
    description: Environment variables, as C(NAME) or C(NAME=VALUE).
    type: list
    elements: str
  ns:
    description: Processes in the namespaces of this process.
    type: str
  nslist:
    description: The kinds of namespaces that O(ns) compares. By default all of them.
    type: list
    elements: str
    choices: [ipc, mnt, net, pid, user, uts]
  require_handler:
    description: Only processes that catch O(signal).
    type: bool
    default: false
  ignore_ancestors:
    description:
      - Exclude the ancestors of the program.
      - The interpreter that runs the module is one of them, and so is an C(ansible-playbook) that runs on the same host
        without a connection. Unlike on the command line, this is the default.
    type: bool
    default: true
  exclude:
    description: Exclude these processes, by process ID or identity token.
    type: list
    elements: str
  newest:
    description: Only the newest match.
    type: bool
    default: false
  oldest:
    description: Only the oldest match.
    type: bool
    default: false
  tree:
    description: Add the descendants of each match.
    type: bool
    default: false
  read_timeout:
    description: Give up reading a process after that time. V(0) waits without limit.
    type: str
requirements:
  - C(pkill), C(pgrep) of the package pkill 0.2.0 or newer on the host, not of procps-ng
notes:
  - The criteria are those of pkill(1), which describes them. All of them must match; of a list, any entry.
  - At least one criterion that selects is required. O(local), O(not), O(exclude), O(ignore_ancestors), O(no_zombies),
    O(no_kernel_threads), O(newest) and O(oldest) do not select.
  - An empty string or list is refused, because a variable that is unexpectedly empty must not widen the selection. Entries
    of lists must not contain commas.
  - Arguments of processes are part of the result. They may contain secrets; set C(no_log) where they do.
"""
