# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers at first sight: what makes a report look better without anything being mended is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import Delta, HostGap, Kind, View
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats.glance import Answer, answers

from tests.unit.formats import sample


def better(counts: dict[Kind, int], gone: tuple[HostGap, ...] = ()) -> Answer:
    """Return the answer to "is it better" for a page with these changes and no loosened threshold."""
    view: View = sample.model().fleet
    delta: Delta = replace(view.delta, counts={**dict.fromkeys(view.delta.counts, 0), **counts}, no_longer_seen=gone,
                           not_looked_at=())  # fmt: skip
    policy = replace(view.policy, thresholds=())
    (found,) = [each for each in answers(replace(view, delta=delta, policy=policy)) if "better" in each.question]
    return found


GONE = HostGap("acme", "acme-db", "20261120T020000Z-000001", date(2026, 11, 20), 9)


@pytest.mark.parametrize(
    ("counts", "gone", "answer", "tone"),
    [
        ({"fixed": 2, "new": 1}, (), "Better: 2 fixed, 1 opened", "good"),
        ({"fixed": 1, "new": 1, "back": 1}, (), "Worse: 1 fixed, 2 opened", "bad"),
        ({}, (), "As before: 0 fixed, 0 opened", "plain"),
        ({"fixed": 1}, (GONE,), "Better: 1 fixed, 0 opened; but 1 host no longer looked at", "warn"),
        ({"fixed": 1, "newly_unknown": 3}, (), "Better: 1 fixed, 0 opened; but 3 newly unknown", "warn"),
        ({}, (GONE,), "As before: 0 fixed, 0 opened; but 1 host no longer looked at", "plain"),
    ],
)
def test_better_is_what_was_mended(counts: dict[Kind, int], gone: tuple[HostGap, ...], answer: str, tone: str) -> None:
    found = better(counts, gone)
    assert (found.answer, found.tone) == (answer, tone)
