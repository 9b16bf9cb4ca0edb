# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML files of ours read strictly: each key asked for by name and type, and none left over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogueError(Exception):
    """A file of the catalogue is wrong. The text names file, entry, key and value, and says what is right."""

    def __init__(self, file: Path, entry: str, key: str, value: Any, right: str) -> None:
        place = ": ".join(part for part in ("/".join(file.parts[-3:]), entry, key) if part)
        super().__init__(f"{place}: {repr(value)[:200]} is wrong; {right}")
        self.file = file
        self.entry = entry
        self.key = key
        self.value = value
        self.right = right


def read(file: Path) -> Entry:
    """Return the one mapping that `file` holds; raises CatalogueError if it can't be read or holds something else."""
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # a safe loader by either name
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(file, "", "", str(error), "it must be a readable YAML file") from None
    return Entry(file, "", "", data)


class Entry:
    """One mapping of a file, taken apart key by key. `close()` raises CatalogueError if a key was not asked for."""

    def __init__(self, file: Path, name: str, key: str, data: Any) -> None:
        self.file = file
        self.name = name
        if not isinstance(data, dict) or not all(isinstance(each, str) for each in data):
            raise CatalogueError(file, name, key, data, "it must be a mapping with words for keys")
        self._left: dict[str, Any] = dict(data)
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def wrong(self, key: str, value: Any, right: str) -> CatalogueError:
        """Return the error that says that `value` of `key` is wrong and what is right."""
        return CatalogueError(self.file, self.name, key, value, right)

    def close(self) -> None:
        """Raise CatalogueError if a key is left that nobody asked for."""
        for key, value in self._left.items():
            raise self.wrong(key, value, f"there is no such key here, only {', '.join(self._known)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self._take(key, str, "a text", default)
        if not value and default is None:
            raise self.wrong(key, value, "it must not be empty")
        return str(value)

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """Return a text that is one of `allowed`."""
        value = self._take(key, str, f"one of {', '.join(allowed)}", None)
        if value not in allowed:
            raise self.wrong(key, value, f"it must be one of {', '.join(allowed)}")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty or not."""
        value = self._take(key, list, "a list of texts", None)
        if not all(isinstance(each, str) for each in value):
            raise self.wrong(key, value, "it must be a list of texts")
        return tuple(value)

    def number(self, key: str) -> int:
        """Return a whole number."""
        return int(self._take(key, int, "a whole number", None))

    def day(self, key: str) -> date:
        """Return a date."""
        return date.fromisoformat(str(self._take(key, date, "a date (YYYY-MM-DD)", None)))

    def flag(self, key: str) -> bool:
        """Return true or false; a key that is not there is false."""
        return bool(self._take(key, bool, "true or false", False))

    def value(self, key: str, default: Any = None) -> Any:
        """Return whatever stands there, or `default`."""
        self._known.append(key)
        return self._left.pop(key, default)

    def rest(self) -> dict[str, Any]:
        """Return all that nobody asked for yet, where any key is right."""
        rest, self._left = self._left, {}
        return rest

    def names(self) -> tuple[str, ...]:
        """Return the keys that nobody asked for yet, where any key is right."""
        return tuple(self._left)

    def entries(self, key: str) -> list[Entry]:
        """Return a list of mappings, each named by its `id`; a key that is not there is an empty list."""
        found = []
        for data in self._take(key, list, "a list of mappings", []):
            name = str(data.get("id", "")) if isinstance(data, Mapping) else self.name
            found.append(Entry(self.file, name, key, data))
        return found

    def entry(self, key: str) -> Entry:
        """Return a mapping; a key that is not there is an empty one."""
        return Entry(self.file, self.name, key, self._take(key, dict, "a mapping", {}))

    def named(self, key: str) -> Iterator[tuple[str, Entry]]:
        """Yield the name and mapping of each item of a mapping of mappings; a key that is not there has none."""
        for name, data in self._take(key, dict, "a mapping", {}).items():
            yield str(name), Entry(self.file, str(name), "", data)

    def _take(self, key: str, form: type, right: str, default: Any) -> Any:
        self._known.append(key)
        if key not in self._left:
            if default is None:
                raise self.wrong(key, None, f"the key is missing; it must be {right}")
            return default
        value = self._left.pop(key)
        if not isinstance(value, form) or (form is int and isinstance(value, bool)):
            raise self.wrong(key, value, f"it must be {right}")
        return value
