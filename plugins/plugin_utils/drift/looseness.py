# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two values of a threshold is the weaker one, by the direction that the catalogue states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def weaker(value: Any, than: Any, looser: str, choices: Sequence[Any] = ()) -> bool:
    """Say whether `value` is weaker than `than`.

    looser: higher, lower or none, as catalogue.Threshold has it. A list is weaker with an entry added (higher) or taken
    out (lower), a mapping likewise and where one of its entries is, a choice further down (or up) the list of choices,
    a value in parts (10:30:60) where any part is larger (or smaller).
    """
    if looser == "none" or value == than:
        return False
    more, fewer = (value, than) if looser == "higher" else (than, value)
    return _exceeds(more, fewer, choices)


def _exceeds(more: Any, fewer: Any, choices: Sequence[Any]) -> bool:
    if isinstance(more, Mapping) and isinstance(fewer, Mapping):
        return bool(set(more) - set(fewer)) or any(
            _exceeds(more[key], fewer[key], ()) for key in set(more) & set(fewer) if more[key] != fewer[key]
        )
    if isinstance(more, (list, tuple)) and isinstance(fewer, (list, tuple)):
        return any(entry not in fewer for entry in more)
    if more in choices and fewer in choices:
        return list(choices).index(more) > list(choices).index(fewer)
    larger, smaller = _parts(more), _parts(fewer)
    if larger is None or smaller is None:
        # Two texts without an order: whoever changed one has to say why, so it is shown.
        return True
    return any(one > other for one, other in zip(larger, smaller, strict=False))


def _parts(value: Any) -> list[float] | None:
    """Return the numbers of a value, None where it has none: 4 -> [4], "10:30:60" -> [10, 30, 60]."""
    try:
        return [float(part) for part in str(value).split(":")]
    except ValueError:
        return None
