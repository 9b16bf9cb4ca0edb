# SPDX-License-Identifier: GPL-3.0-or-later
"""One record's YAML file, read as plain data and nothing else: bounded, no anchors, no tags, no key twice.

Only true, false, null and whole numbers are more than text: a day stays as it is written, and yes is a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .. import bounded

#: Bytes of a file; a register of all restore tests of a large customer stays far below.
LARGEST = 1024 * 1024
DEEPEST = 16
WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RecordError(Exception):
    """A record can't be used; the text names the file, the place in it and what would be right."""


def read(path: Path) -> dict[str, Any] | None:
    """Return the mapping that a file holds, None where there is no such file; raises RecordError."""
    text = text_of(path)
    return None if text is None else parsed(path, text)


def parsed(path: Path, text: str) -> dict[str, Any]:
    """Return the mapping that the text of a file holds; raises RecordError."""
    try:
        value = _value(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RecordError("%s: line %d is no YAML: %s" % (path, line, error.problem)) from None
    except yaml.YAMLError as error:
        raise RecordError("%s is no YAML: %s" % (path, str(error).split("\n", 1)[0])) from None
    except _Refused as refusal:
        raise RecordError("%s: %s" % (path, refusal)) from None
    if not isinstance(value, dict):
        raise RecordError("%s: must hold one mapping of fields" % path)
    return value


def text_of(path: Path) -> str | None:
    """Return what a file holds, bounded, None where there is none; raises RecordError."""
    try:
        content = bounded.read(path, LARGEST)
        return None if content is None else content.decode("utf-8")
    except bounded.TooLarge as error:
        raise RecordError("%s; a record refers to documents, it doesn't hold them" % error) from None
    except bounded.FileError as error:
        raise RecordError(str(error)) from None
    except UnicodeDecodeError:
        raise RecordError("%s is no UTF-8 text" % path) from None


class _Refused(Exception):
    """The file holds what a record may not; the text names the line."""


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, value: list[Any] | dict[str, Any]) -> None:
        self.value = value
        self.key: str | None = None

    def add(self, value: Any, line: int) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not None:
            self.value[self.key] = value
            self.key = None
        elif not isinstance(value, str):
            raise _Refused("line %d: a field's name must be a word" % line)
        elif value in self.value:
            raise _Refused("line %d: the field %r stands here a second time" % (line, value[:60]))
        else:
            self.key = value


def _value(events: Iterator[Any]) -> Any:
    """Return what the events of a file come to, without recursion: how deep it nests is not for the file to say."""
    stack: list[_Open] = []
    found: list[Any] = []
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent) and found:
            raise _Refused("line %d: a second document begins; one file is one record" % line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused("line %d: anchors and aliases are not allowed; write the value out" % line)
        if getattr(event, "tag", None):
            raise _Refused("line %d: the tag %s is not allowed; leave it out" % (line, str(event.tag)[:60]))
        if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if len(stack) == DEEPEST:
                raise _Refused("line %d: nested more than %d deep" % (line, DEEPEST))
            stack.append(_Open([] if isinstance(event, yaml.SequenceStartEvent) else {}))
            continue
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            value = stack.pop().value
        else:
            continue
        if stack:
            stack[-1].add(value, line)
        else:
            found.append(value)
    return found[0] if found else None


def _scalar(event: yaml.ScalarEvent) -> Any:
    text = str(event.value)
    if not event.implicit[0]:  # quoted, or a block
        return text
    return WORDS[text] if text in WORDS else int(text) if WHOLE.fullmatch(text) else text
