# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.unit.judges.ssh_host import facts, judge, verdict


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({}, ""),
        ({"syslogfacility": "AUTHPRIV"}, ""),
        ({"loglevel": "INFO"}, "LogLevel is INFO for every login"),
        ({"loglevel": "DEBUG1"}, "LogLevel is DEBUG1 for every login"),
        ({"syslogfacility": "LOCAL3"}, "SyslogFacility is LOCAL3"),
    ],
)
def test_the_log_names_the_key(settings: dict[str, str], wrong: str) -> None:
    status, items, _reason = judge("lin-lm-ssh-verbose", facts(settings=settings))
    assert (status, items) == (("fail", [wrong]) if wrong else ("pass", []))


def test_a_match_that_logs_less_is_found() -> None:
    quiet = {"users": ["bo"], "match": "user bo", "settings": {"loglevel": "SILENT"}}
    assert judge("lin-lm-ssh-verbose", facts(contexts=[quiet]))[0] == "fail"


def test_the_finding_says_that_offered_keys_are_no_attempts() -> None:
    """VERBOSE turns every key that an agent offers into a failure line: who counts those counts agents."""
    assert "every key an agent offers is then logged as a failure" in verdict("lin-lm-ssh-verbose", facts()).expected
