# SPDX-License-Identifier: GPL-3.0-or-later
"""UP-01, SC-03: software that no package manager of the system updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timezone
from functools import partial
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.remote_tools import approved, differences, present
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-up-thirdparty")
def third_party(case: Case) -> Verdict:
    """Scanners find nothing with a fix, images are young, and remote tools are of their declared version."""
    reports: list[Mapping[str, Any]] = case.facts["scans"]["reports"]
    aged = list(filter(None, (too_old(case, one) for one in reports)))
    wrong, unread = gather(case, images, tools, unseen, declared, *(partial(flaws, report=one) for one in reports))
    severities = " or ".join(case.policy["bulwark_scan_severities"])
    days, image_days = case.policy["bulwark_scan_days"], case.policy["bulwark_image_days"]
    return verdict(
        f"a report of trivy or grype at most {days} days old shows no {severities} flaw with a fix; images of "
        f"containers are at most {image_days} days old; remote tools are of the version in bulwark_remote_tools",
        wrong, unread, [f"{one['path']} ({one['tool']}, {_day(one['at'])})" for one in reports if not one["problem"]],
        assurance="configured", aged=aged,
    )  # fmt: skip


def declared(case: Case) -> Iterator[Item]:
    """Raise Unread where no report is declared; yields nothing."""
    if not case.policy["bulwark_scan_reports"]:
        raise Unread("bulwark_scan_reports names no report of trivy or grype on this host")
    yield from ()


def too_old(case: Case, report: Mapping[str, Any]) -> str:
    """Return that a report is too old to go by, nothing where it isn't."""
    days = case.policy["bulwark_scan_days"]
    if report["problem"]:
        return ""
    day = _day(report["at"])
    old = day is not None and (case.today - day).days > days
    return f"{report['path']} is of {day}, older than bulwark_scan_days ({days})" if old else ""


def flaws(case: Case, report: Mapping[str, Any]) -> Iterator[Item]:
    """Yield the packages in a report that have a flaw which matters and a version without it, each once."""
    if report["problem"]:
        raise Unread(report["problem"])
    day = _day(report["at"])
    if day is None or (day - case.today).days > 1:
        raise Unread(f"{report['path']}: it has no day that can be right")
    found: dict[str, list[Mapping[str, Any]]] = {}
    for flaw in report["flaws"]:
        if flaw["severity"] in case.policy["bulwark_scan_severities"]:
            found.setdefault(flaw["package"], []).append(flaw)
    for package, open_ in found.items():
        first, more = open_[0], len(open_) - 1
        text = (
            f"{report['artifact']}: {package} {first['installed']} has {first['id']} ({first['severity']}), fixed in "
        )
        text += first["fixed"] + (f", and {more} more" if more else "")
        yield item(f"{report['artifact']}: {package}", text)
    if report["more"]:
        raise Unread(f"{report['path']}: {report['more']} more flaws than are read")


def images(case: Case) -> Iterator[Item]:
    """Yield the images that containers run from and nobody has built anew for too long."""
    days, unknown = case.policy["bulwark_image_days"], []
    for image in case.facts["scans"]["images"]:
        name = next(filter(None, image["names"]), image["id"])
        built = _day(image["created"]) if image["created"] else None
        if built is None:
            unknown.append(name)
        elif (case.today - built).days > days:
            yield item(f"image {name}", f"{image['engine']}: the image {name} was built on {built}")
    if unknown:
        raise Unread("when these images were built isn't known: %s" % ", ".join(unknown))


def unseen(case: Case) -> Iterator[Item]:
    """Raise Unread where there are containers that nobody sees into; yields nothing."""
    reasons = case.facts["scans"]["unseen"]
    if reasons:
        raise Unread("; ".join(reasons))
    yield from ()


def tools(case: Case) -> Iterator[Item]:
    """Yield the approved remote tools of another version; those nobody approved are lin-oa-remote-tools' matter."""
    found, unread = present(case)
    for presence in found:
        entry = approved(case, presence.tool)
        if entry is None:
            continue
        if entry.version is None:
            unread.append(f"{presence.tool.name}: bulwark_remote_tools doesn't say which version is to be there")
            continue
        try:
            texts = [text for text in differences(case, presence, entry) if "approved version" in text]
        except Unread as reason:
            unread.append(str(reason))
            continue
        yield from (item(f"{presence.tool.id}: {text}", f"{presence.tool.name}: {text}") for text in texts)
    if unread:
        raise Unread("; ".join(unread))


def _day(at: Any) -> date | None:
    """Return the day of an ISO 8601 text or of seconds since 1970, None where it is neither."""
    try:
        if isinstance(at, int):
            return datetime.fromtimestamp(at, timezone.utc).date()
        return date.fromisoformat(str(at)[:10])
    except (ValueError, OverflowError, OSError):
        return None
