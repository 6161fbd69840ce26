# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a report means for a task: changed, failed and why."""

import base64
import unicodedata

# In the order of --summary.
OUTCOMES = (
    "listed would_be_signalled would_be_refused signalled exited still_running refused gone no_longer_matches skipped"
    " failed"
).split()
SENT = ("signalled", "exited", "still_running")
NOT_PERMITTED = ("refused", "failed", "would_be_refused")

# The daemon of the pidfile has removed it, or does not hold its lock any more: it has exited.
PIDFILE_IS_STALE = (
    "Unable to open pidfile: No such file or directory",
    "Locking check for pidfile failed",
)


def count(report, outcomes):
    """The number of processes with one of these outcomes."""
    return sum(target["outcome"] in outcomes for target in report.get("targets", ()))


def is_changed(report, check_mode):
    """Whether a process was signalled, or would be. Signal 0 sends nothing."""
    if "error" in report:
        # After a fatal error, the document does not say whether processes were signalled before it.
        return report["error"]["kind"] == "fatal" and not check_mode
    if report["signal"] and report["signal"]["number"] == 0:
        return False
    return count(report, ("would_be_signalled",) if check_mode else SENT) > 0


def is_stale_pidfile(report):
    """Whether there is no report because the process of the pidfile has exited."""
    error = report.get("error", {})
    return error.get("kind") == "nothing_to_match" and error["message"] in PIDFILE_IS_STALE


def failure(status, report, messages, absent, allow_none):
    """Why the task has failed; None if it has not."""
    if "error" in report:
        if absent and is_stale_pidfile(report):
            return None
        return error_text(report["error"])
    not_permitted = count(report, NOT_PERMITTED)
    if status == 0 and not (absent and not_permitted):
        return None
    if status == 1 and not not_permitted and not count(report, SENT):
        return None if absent or allow_none else "no process matches"
    # Notes are about the selection, unless there is nothing else. The first messages are enough of a large number.
    reasons = [message for message in messages if not message.startswith("note: ")] or messages
    more = ["and %d more messages" % (len(reasons) - 3)] if len(reasons) > 3 else []
    return "; ".join(reasons[:3] + more).rstrip(":") or "exit status %d" % status


def error_text(error):
    """What a document has instead of a report."""
    return error["message"] + (" (%s)" % error["hint"] if error.get("hint") else "")


def sentence(report):
    """The numbers of processes with each outcome, as --summary prints them."""
    counts = [(count(report, (outcome,)), outcome.replace("_", " ")) for outcome in OUTCOMES]
    return ", ".join("%d %s" % pair for pair in counts if pair[0]) or "no process matches"


def printable(value):
    """Text of a process without what could control a terminal."""
    if isinstance(value, dict):
        value = base64.b64decode(value["base64"]).decode("utf-8", "replace")
    return "".join("?" if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029\ufffd" else char for char in value)


def table(report):
    """A row for each process; empty if there are none."""
    rows = [("PID", "USER", "NAME", "OUTCOME", "COMMAND")]
    for target in report.get("targets", ()):
        outcome = target["outcome"].replace("_", " ")
        if target["explanation"]:
            outcome += ": " + target["explanation"]
        command = " ".join(printable(word) for word in target["arguments"] or ())
        rows.append((str(target["pid"]), printable(target["user"]), printable(target["name"]), outcome, command))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + [row[4]]) for row in rows]
    return "".join(line.rstrip() + "\n" for line in lines) if len(rows) > 1 else ""
