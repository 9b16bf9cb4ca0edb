# SPDX-License-Identifier: GPL-3.0-or-later
"""Values against the roles' argument specs: what is wrong, at its own place, with what would be right.

ansible-core's validator stops at the first error of an entry and doesn't say which entry it was.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.validation import check_type_bool, check_type_int, check_type_list

#: Values in parts, such as sshd's MaxStartups 10:30:60.
PARTS = re.compile(r"\d+(:\d+)+")
SHOWN_LIMIT = 60


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what is declared: the variable (with index and key) and what would be right."""

    variable: str
    text: str

    def __str__(self) -> str:
        return "%s: %s" % (self.variable, self.text)


def problems_in(place: str, option: Mapping[str, Any], value: Any) -> Iterator[Problem]:
    """Yield what is wrong with `value` under `option`, an entry of an argument spec; `place` names it."""
    if value is None:
        yield Problem(place, "is empty; give it a value or leave it out")
        return
    kind = option.get("type", "str")
    if option.get("no_log"):
        if kind == "str" and not isinstance(value, (str, int, float)):
            yield Problem(place, "must be text, found %s" % _kind(value))
        elif kind == "dict" and not isinstance(value, Mapping):
            yield Problem(place, "must be a dictionary")
    elif kind == "list":
        yield from _list(place, option, value)
    elif kind == "dict":
        yield from _dict(place, option.get("options"), value)
    else:
        yield from _scalar(place, option, value)


def holds_secrets(option: Mapping[str, Any]) -> bool:
    """Say whether a variable is secret, or any key of its entries."""
    return bool(option.get("no_log")) or any(map(holds_secrets, (option.get("options") or {}).values()))


def near(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean x?" where a name resembles one that exists, else nothing."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.75)
    return "; did you mean %s?" % found[0] if found else ""


def shown(value: Any) -> str:
    """Return a value as the reader wrote it, more or less, and never more than a line."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= SHOWN_LIMIT else text[: SHOWN_LIMIT - 1] + "\u2026"


def _list(place: str, option: Mapping[str, Any], value: Any) -> Iterator[Problem]:
    elements = option.get("elements", "str")
    if not isinstance(value, list):
        if elements == "dict" or isinstance(value, (Mapping, bool)):
            yield Problem(place, "must be a list, found %s" % _kind(value))
            return
        value = check_type_list(value)  # "a,b", as -e name=a,b gives it
    element = {key: option[key] for key in ("options", "choices") if key in option}
    for index, entry in enumerate(value):
        yield from problems_in("%s[%d]" % (place, index), {"type": elements, **element}, entry)


def _dict(place: str, options: Mapping[str, Any] | None, value: Any) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        text = "must be a dictionary%s, found %s" % (" with " + ", ".join(options) if options else "", _kind(value))
        yield Problem(place, text)
        return
    if options is None:
        return
    for key in value:
        if key not in options:
            hint = near(str(key), options) or _one_of(options)
            yield Problem("%s.%s" % (place, key), "there is no such key%s" % hint)
    for key, option in options.items():
        if value.get(key) is not None:
            yield from problems_in("%s.%s" % (place, key), option, value[key])
        elif option.get("required"):
            yield Problem("%s.%s" % (place, key), "is missing%s" % _wanted(option))


def _scalar(place: str, option: Mapping[str, Any], value: Any) -> Iterator[Problem]:
    convert, wanted = _SCALARS[option.get("type", "str")]
    choices = option.get("choices")
    if isinstance(value, bool) and choices:
        value = _as_written(value, choices)
    try:
        value = convert(value)
    except (TypeError, ValueError, ArithmeticError):
        hint = "; put it in quotes" if isinstance(value, bool) and convert is _text else ""
        yield Problem(place, "must be %s, found %s%s" % (wanted, _kind(value), hint))
        return
    if choices and value not in choices:
        yield Problem(place, "%s is not possible%s" % (shown(value), _one_of(choices)))
    elif convert is _whole and value < 0:
        yield Problem(place, "must not be negative, found %s" % shown(value))
    elif PARTS.fullmatch(str(option.get("default"))) and not _alike(str(option["default"]), str(value)):
        yield Problem(place, "must be in parts like %s, found %s" % (option["default"], shown(value)))


def _text(value: Any) -> str:
    if isinstance(value, (bool, Mapping, list)):
        raise TypeError
    return str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    return int(check_type_int(value))


_SCALARS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "str": (_text, "text"),
    "int": (_whole, "a whole number"),
    "bool": (check_type_bool, "true or false"),
}


def _as_written(value: bool, choices: Iterable[Any]) -> Any:
    """Return the one choice that YAML reads as this boolean (an unquoted no), as ansible-core's validator does."""
    words = ("yes", "on", "true") if value else ("no", "off", "false")
    found = [choice for choice in choices if str(choice).lower() in words]
    return found[0] if len(found) == 1 else value


def _alike(default: str, value: str) -> bool:
    return bool(PARTS.fullmatch(value)) and value.count(":") == default.count(":")


def _wanted(option: Mapping[str, Any]) -> str:
    return _one_of(option["choices"]) if option.get("choices") else ""


def _one_of(names: Iterable[Any]) -> str:
    return "; it is one of %s" % ", ".join(str(name) for name in names)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, list) else shown(value)
