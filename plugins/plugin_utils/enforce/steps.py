# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement is made of: measures decide on the controller which steps a host needs, the host carries them out.

A measure is a pure function `measure(case, arguments, control) -> steps`, registered under the name that task files
use. It only tightens: what is stricter already stays. Where it can't be done without somebody's word it raises `Left`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..evaluators.verdict import Case

#: One change of a host as JSON; `kind` says which of the functions below made it.
Step = dict[str, Any]
Measure = Callable[[Case, Any, str], list[Step]]

HEADER = "# Managed by bulwark.msp: %s\n"


class Left(Exception):
    """The control stays as it is; the text says why and names the variable or account that is needed."""


class Measures(dict[str, Measure]):
    """The measures of one topic by the name that task files call them."""

    def of(self, name: str) -> Callable[[Measure], Measure]:
        """Register the decorated function as the measure `name`."""

        def register(measure: Measure) -> Measure:
            if name in self:
                raise ValueError("there are two measures %s" % name)
            self[name] = measure
            return measure

        return register


def file(
    path: str,
    content: str,
    mode: str = "0644",
    owner: str = "root",
    group: str = "root",
    reload: Sequence[str] = (),
    restart: Sequence[str] = (),
    boot_test: bool = False,
) -> Step:
    """Return the step that makes `path` hold exactly `content`.

    mode: octal, as text. reload, restart: services that take it up, where it changed; "sshd" stands for the SSH
    server's unit, whatever it is called there. boot_test: it only shows at the next boot, so that it is tested then.
    """
    return {
        "kind": "file", "path": path, "content": content, "mode": mode, "owner": owner, "group": group,
        "reload": list(reload), "restart": list(restart), "boot_test": boot_test,
    }  # fmt: skip


def absent(path: str, reload: Sequence[str] = (), restart: Sequence[str] = ()) -> Step:
    """Return the step that takes the file `path` away."""
    return {"kind": "absent", "path": path, "reload": list(reload), "restart": list(restart)}


def mode(path: str, bits: str) -> Step:
    """Return the step that gives the file or folder `path` the permission bits `bits` (octal, as text), and no more."""
    return {"kind": "mode", "path": path, "mode": bits}


def edit(
    path: str,
    name: str,
    arguments: Mapping[str, Any],
    mode: str | None = None,
    owner: str | None = None,
    group: str | None = None,
    reload: Sequence[str] = (),
    restart: Sequence[str] = (),
    secret: bool = False,
    volatile: bool = False,
    create: str = "0644",
    reads: Sequence[str] = (),
) -> Step:
    """Return the step that changes the text of `path` by the edit `name` of module_utils/edits.

    mode, owner, group: what the file is to have; None keeps what it has. create: the mode of a file that wasn't there.
    reads: other files whose texts the edit is given as the argument `texts` ({path: text, None where it isn't there}).
    secret: its text is never shown. volatile: programs write to the file as well, so that only its lines of ours count
    when it is compared later.
    """
    return {
        "kind": "edit", "path": path, "edit": name, "arguments": dict(arguments), "mode": mode, "owner": owner,
        "group": group, "reload": list(reload), "restart": list(restart), "secret": secret, "volatile": volatile,
        "create": create, "reads": list(reads),
    }  # fmt: skip


def unit(name: str, active: bool | None = None, enabled: bool | None = None, masked: bool | None = None) -> Step:
    """Return the step that starts or stops, enables or disables, masks or unmasks a systemd unit; None leaves it."""
    return {"kind": "unit", "name": name, "active": active, "enabled": enabled, "masked": masked}


def package(name: str, provides: Sequence[str] = ()) -> Step:
    """Return the step that installs a package.

    provides: absolute paths (glob patterns) of files that other steps count on, so that they can be tried before it is
    installed.
    """
    return {"kind": "package", "name": name, "provides": list(provides)}


def program(name: str, arguments: Mapping[str, Any]) -> Step:
    """Return the step that lets the owning program change its files, or say what is in them: see safeguard/programs."""
    return {"kind": "program", "name": name, "arguments": dict(arguments)}


def ended(account: str) -> Step:
    """Return the step that ends the sessions and processes of an account, once everything else is confirmed."""
    return {"kind": "ended", "name": account}


def keeping_out(
    account: str, why: str, for_good: bool, steps: Iterable[Step], disables: bool = True, optional: bool = False
) -> list[Step]:
    """Return steps that keep somebody out of an account, marked as such.

    why: in words, for whoever restores later. for_good: no restore gives back what they take (a leaver, somebody whose
    contract is over, an intruder); otherwise it does. disables: it is the account itself that is kept out, and not only
    a key of somebody else's. optional: where one of them can't be done the others are done all the same.
    """
    label = {"account": account, "why": why, "for_good": for_good, "disables": disables}
    return [{**step, "keeps_out": label, "optional": optional} for step in steps]


def disabled(steps: Iterable[Step]) -> set[str]:
    """Return the accounts that steps are meant to disable."""
    labels = (step.get("keeps_out") for step in steps)
    return {label["account"] for label in labels if label and label["disables"]}
