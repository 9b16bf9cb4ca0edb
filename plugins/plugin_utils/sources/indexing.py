# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins CISA's catalogue with the distributions' CVE data, once a run: of all that these say only what is exploited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import debian_tracker, kev, ubuntu_osv
from .cve_data import LIMIT
from .exploited import Data, Exploited
from .fetching import SourceError, is_url, opened

READERS = {"debian": debian_tracker.read, "ubuntu": ubuntu_osv.read}


def index(catalogue: str, cve_data: Sequence[Mapping[str, Any]]) -> Exploited:
    """Return what is known by bulwark_kev and bulwark_cve_data; what can't be had or used says so in its `problem`."""
    feed = kev.feed(catalogue)
    return Exploited(feed, {entry["system"]: _data(entry["system"], entry["source"], feed.flaws) for entry in cve_data})


def _data(system: str, source: str, wanted: Collection[str]) -> Data:
    try:
        if system == "ubuntu" and not is_url(source) and Path(source).expanduser().is_dir():
            return ubuntu_osv.read_folder(source, wanted)
        with opened(source, LIMIT) as file:
            return READERS[system](source, file.stream, file.written, wanted)
    except SourceError as error:
        return Data(system, source, problem=str(error))


def warnings(known: Exploited) -> list[str]:
    """Return what a run has to say of its sources: what is missing, and what was left out."""
    left_out = {known.feed.source: (*known.feed.skipped, *known.feed.doubled)}
    left_out.update({data.source: data.skipped for data in known.data.values()})
    missing = [known.feed.problem, *(data.problem for data in known.data.values())]
    return [
        *filter(None, missing),
        *("%s: left out: %s" % (source, "; ".join(told)) for source, told in left_out.items() if told),
    ]
