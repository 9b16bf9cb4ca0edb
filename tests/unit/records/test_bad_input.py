# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that can't be used: each is told with file, field and remedy, and the other records are still judged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.records import gather

from .room import CUSTOMER, TODAY

KIND, OTHER = "ev-contract", "ev-raci"


def write(folder: Path, kind: str = KIND, **fields: Any) -> Path:
    """Write an example with other fields."""
    path = folder / f"{kind}.yml"
    path.write_text(dumped({**example(kind), **fields}), "utf-8")
    return path


def problem(folder: Path) -> str:
    """Return why the record can't be used, once it is sure that the other one can."""
    write(folder, OTHER)
    found = gather(folder, CUSTOMER, "", KINDS, TODAY)
    assert list(found.found) == [OTHER]
    assert str(folder / KIND) in found.problems[KIND]
    return found.problems[KIND].replace(str(folder) + "/", "")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"ownr": "Kim"}, "ev-contract.yml: ownr: there is no such field; did you mean owner?"),
        ({"date": "2026-11-25"}, 'ev-contract.yml: date: "2026-11-25" is in the future; write the day on which it'),
        ({"next_review": "2026-11-01"}, 'next_review: "2026-11-01" is before date, "2026-11-02"; correct whichever'),
        ({"start": "2028-01-01"}, 'ev-contract.yml: end: "2027-12-31" is before start, "2028-01-01"; correct'),
        ({"approved_by": {"name": "A", "party": "customer", "on": "2027-01-01"}}, 'approved_by.on: "2027-01-01" is in'),
        ({"approved_by": {"name": "A", "party": "us", "on": "2026-11-02"}}, "approved_by.party: must be customer"),
        ({"source_uri": "contract.pdf"}, 'source_uri: there is no file "contract.pdf" in the folder of records; put'),
        ({"source_uri": "../contract.pdf"}, 'source_uri: "../contract.pdf" leads out of the folder of records'),
        ({"source_uri": "/etc/shadow"}, 'source_uri: "/etc/shadow" leads out of the folder of records'),
        ({"source_uri": "a\0b"}, "ev-contract.yml: "),
        ({"customer_id": "globex"}, "customer_id: is not the one of this customer, acme; keep each customer's"),
        ({"clauses": [{"topic": "mfa", "present": True}]}, 'clauses[0].topic: "mfa" is not possible; it is one of mfa'),
        ({"clauses": [{"topic": "exit", "present": "yes"}]}, "clauses[0].present: must be true or false, without"),
        ({"owner": ""}, "ev-contract.yml: owner: is empty; it says: who answers for the record"),
    ],
)  # fmt: skip
def test_a_field_is_named_with_what_is_right(tmp_path: Path, fields: dict[str, Any], text: str) -> None:
    write(tmp_path, **fields)
    assert text in problem(tmp_path)


def test_a_day_ahead_is_the_customers_calendar(tmp_path: Path) -> None:
    write(tmp_path, date="2026-11-24", next_review="2027-01-01")
    assert KIND in gather(tmp_path, CUSTOMER, "", [KIND], TODAY).found


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"owner: &a Kim\nversion: *a\n", "line 1: anchors and aliases are not allowed; write the value out"),
        (b"owner: !!python/object/apply:os.system [id]\n", "line 1: the tag tag:yaml.org,2002:python"),
        (b"- owner\n", "must hold one mapping of fields"),
        (b"owner: Kim\nowner: Lee\n", "line 2: the field 'owner' stands here a second time"),
        (b"\xff\xfe", "is no UTF-8 text"),
        (b"a: [" * 40, "nested more than 16 deep"),
    ],
)
def test_yaml_that_is_more_than_data_is_refused(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / f"{KIND}.yml").write_bytes(content)
    assert text in problem(tmp_path)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)


@pytest.mark.parametrize(
    ("make", "text"),
    [(huge, "is larger than 1048576 bytes"), (os.mkfifo, "is no regular file"), (Path.mkdir, "is no regular file")],
)
def test_a_file_that_is_none_is_not_read(tmp_path: Path, make: Callable[[Path], None], text: str) -> None:
    make(tmp_path / f"{KIND}.yml")
    assert text in problem(tmp_path)


def test_two_records_of_one_kind_are_none(tmp_path: Path) -> None:
    (tmp_path / f"{KIND}.yaml").write_bytes(write(tmp_path).read_bytes())
    assert "two records of one kind; keep one" in problem(tmp_path)


class TestDocuments:
    def test_a_document_is_compared(self, tmp_path: Path) -> None:
        (tmp_path / "contract.pdf").write_bytes(b"signed")
        write(tmp_path, source_uri="contract.pdf", sha256=hashlib.sha256(b"signed").hexdigest())
        found = gather(tmp_path, CUSTOMER, "", [KIND], TODAY)
        assert found.documents[KIND] == 'the document "contract.pdf" has the sha256 of the record'

    def test_one_that_was_changed_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "contract.pdf").write_bytes(b"altered")
        write(tmp_path, source_uri="contract.pdf", sha256=hashlib.sha256(b"signed").hexdigest())
        text = problem(tmp_path)
        assert 'sha256: the document "contract.pdf" has another one' in text
        assert hashlib.sha256(b"altered").hexdigest() in text

    def test_what_is_not_compared_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "contract.pdf").write_bytes(b"signed")
        told = {}
        changed: dict[str, dict[str, Any]] = {
            "away": {}, "none": {"source_uri": None}, "unsummed": {"source_uri": "contract.pdf", "sha256": None}
        }  # fmt: skip
        for name, fields in changed.items():
            write(tmp_path, **fields)
            told[name] = gather(tmp_path, CUSTOMER, "", [KIND], TODAY).documents[KIND]
        assert "is not in the folder of records and was not compared" in told["away"]
        assert told["none"] == "no document is named (source_uri), so none was compared"
        assert "the record has no sha256, and now it would be " in told["unsummed"]

    @pytest.mark.parametrize("target", ["/etc/passwd", "outside"])
    def test_a_link_does_not_lead_out(self, tmp_path: Path, target: str) -> None:
        folder = tmp_path / "records"
        folder.mkdir()
        (tmp_path / "outside").write_bytes(b"secret")
        (folder / "contract.pdf").symlink_to(Path(target) if target[0] == "/" else tmp_path / target)
        write(folder, source_uri="contract.pdf")
        assert "leads out of the folder of records" in problem(folder)

    @pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
    def test_what_is_no_file_is_not_waited_for(self, tmp_path: Path, make: Callable[[Path], None]) -> None:
        make(tmp_path / "contract.pdf")
        write(tmp_path, source_uri="contract.pdf")
        assert "is no regular file; name a document" in problem(tmp_path)
