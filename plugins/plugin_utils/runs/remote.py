# SPDX-License-Identifier: GPL-3.0-or-later
"""A managed host as an action reaches it: one module call at a time, unseen, and within a time limit."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ..text import clean
from .playtime import plain
from .timelimit import OutOfTime, time_limit

#: Seconds on top of a module's own limit for connecting, sending it and getting the answer back.
GRACE_SECONDS = 30
REASON_LIMIT = 300
#: What connections write in place of a reason while no_log is on.
CENSORED = "censored"
#: Seconds after which a failed connection is not tried again for its reason: it would take as long again.
SLOW_SECONDS = 5
#: sshd's client takes the first value it is given, so these go before whatever else is configured.
NO_MULTIPLEXING = "-o ControlMaster=no -o ControlPath=none"
SSH_CONNECTIONS = ("ssh", "ansible.builtin.ssh")
LOCAL_CONNECTIONS = ("local", "ansible.builtin.local")


class RemoteError(Exception):
    """The module gave no answer; the text says why, fit for a report."""


class Unreachable(RemoteError):
    """The host does not answer, so that asking it in another way is of no use."""


class Remote:
    """The host of one task. Nothing of what is sent and answered is printed, nor logged on the host."""

    def __init__(self, action: ActionBase, variables: Mapping[str, Any]) -> None:
        self._action = action
        self._variables = variables

    @property
    def escalates(self) -> bool:
        """Say whether modules run as another account than the one that logs in."""
        return self._action._connection.become is not None

    @property
    def local(self) -> bool:
        """Say whether the host is the controller itself, so that no login shows whether one still works."""
        return self._action._connection.transport in LOCAL_CONNECTIONS

    def ssh_target(self) -> list[str]:
        """Return the arguments by which ssh reaches the host the way this connection does, without account and key."""
        connection = self._action._connection
        if connection.transport not in SSH_CONNECTIONS:
            return ["localhost"]
        given = [connection.get_option(name) or "" for name in ("ssh_args", "ssh_common_args", "ssh_extra_args")]
        target = [word for text in given for word in shlex.split(text)]
        if not connection.get_option("host_key_checking"):
            target += ["-o", "StrictHostKeyChecking=no"]
        if connection.get_option("port"):
            target += ["-p", str(connection.get_option("port"))]
        return [*target, str(connection.get_option("host"))]

    def without_escalation(self) -> None:
        """From here on, run modules as the account that logs in."""
        self._action._play_context.become = False
        self._action._connection.set_become_plugin(None)

    @contextmanager
    def unescalated(self) -> Iterator[None]:
        """Run modules in the body as the account that logs in."""
        context, connection = self._action._play_context, self._action._connection
        before = (context.become, connection.become)
        self.without_escalation()
        try:
            yield
        finally:
            context.become = before[0]
            connection.set_become_plugin(before[1])

    def afresh(self) -> None:
        """Let go of the connection, so that the next call logs in anew, and alone."""
        connection = self._action._connection
        if connection.transport in SSH_CONNECTIONS:
            given = connection.get_option("ssh_args") or ""
            if NO_MULTIPLEXING not in given:
                connection.reset()
                connection.set_option("ssh_args", ("%s %s" % (NO_MULTIPLEXING, given)).strip())
            return
        connection.reset()

    def call(self, module: str, arguments: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Run a module and return its answer as plain JSON types, a failed one too.

        Raises Unreachable where the host doesn't answer, RemoteError where the module doesn't.
        """
        begun = time.monotonic()
        try:
            with self._unseen(), time_limit(seconds + GRACE_SECONDS):
                answer = self._action._execute_module(
                    module_name=module, module_args=dict(arguments), task_vars=self._variables
                )
        except AnsibleConnectionFailure as error:
            if "privilege escalation" in str(error):  # connected, but sudo never got to an answer
                raise RemoteError(brief(error)) from None
            raise Unreachable("unreachable: %s" % self._in_the_open(error, time.monotonic() - begun)) from None
        except OutOfTime:
            raise Unreachable("unreachable: no answer within %g seconds" % (seconds + GRACE_SECONDS)) from None
        except AnsibleError as error:
            raise RemoteError(brief(error)) from None
        result: dict[str, Any] = plain(answer)
        # From ansible-core 2.19 on, what broke a module off is no longer its error output but an object.
        broke_off = getattr(answer.get("exception"), "event", None)
        if broke_off is not None and "msg" not in answer:
            result["module_stderr"] = str(broke_off.msg)
        return result

    def _in_the_open(self, error: AnsibleConnectionFailure, taken: float) -> str:
        """Return why connecting failed. While answers are unseen so is that reason, so it is asked for again."""
        if CENSORED not in str(error):
            return brief(error)
        if taken > SLOW_SECONDS:
            return "connecting failed after %d seconds" % taken
        try:
            with time_limit(GRACE_SECONDS):
                self._action._low_level_execute_command("true", sudoable=False)
        except AnsibleConnectionFailure as reason:
            return brief(reason)
        except OutOfTime:
            return "no answer within %d seconds" % GRACE_SECONDS
        return "connecting failed once, and worked when tried again"

    @contextmanager
    def _unseen(self) -> Iterator[None]:
        """Keep answers off the terminal, and arguments out of the host's log.

        From -vvv on, connections print what a module answers, and every module logs its arguments.
        """
        owners = (self._action._connection._play_context, self._action._task)
        before = [owner.no_log for owner in owners]
        for owner in owners:
            owner.no_log = True
        try:
            yield
        finally:
            for owner, no_log in zip(owners, before, strict=True):
                owner.no_log = no_log


def account_of(answer: Mapping[str, Any], program: str) -> str:
    """Return what an answer that isn't one says of itself; `program` is what the module is to its users."""
    rc = answer.get("rc")
    if isinstance(rc, int) and rc > 128:
        return "the %s was killed on the host (exit status %d)" % (program, rc)
    return brief(answer.get("module_stderr") or answer.get("msg") or "the %s gave no answer" % program)


def brief(said: Any) -> str:
    """Return the last line that says something, made harmless: tracebacks and banners stay out."""
    lines = [line.strip() for line in str(said).splitlines() if line.strip()]
    return clean(lines[-1], REASON_LIMIT) if lines else "no reason given"
