# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import journal_file, scheduled, systemd_settings
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Door
from ansible_collections.bulwark.msp.plugins.module_utils.keeping import removing
from ansible_collections.bulwark.msp.plugins.module_utils.readers import journal, rotation
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

MACHINE = "0123456789abcdef0123456789abcdef"
FOLDER = "/var/log/journal/" + MACHINE
DAY = 86400
ASKED = (
    "journalctl -q --no-pager -r -n 200 -o json "
    "--output-fields=N_DROPPED,UNIT,OBJECT_SYSTEMD_UNIT,_SYSTEMD_UNIT "
    "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e _TRANSPORT=driver"
)
SAID = {"__REALTIME_TIMESTAMP": "1795420443168891", "N_DROPPED": "12", "UNIT": "web.service"}


def header(oldest: int, newest: int, entries: int = 5, written: int = 1000) -> bytes:
    """Return the first bytes of a journal file."""
    content = bytearray(journal_file.LENGTH)
    content[:8] = journal_file.SIGNATURE
    struct.pack_into("<Q", content, 136, written)
    struct.pack_into("<Q", content, 152, entries)
    struct.pack_into("<QQ", content, 184, oldest * 1000000, newest * 1000000)
    return bytes(content)


def learn(
    root: Path, files: dict[str, str], held: dict[str, bytes], said: str | Completed = ""
) -> tuple[dict[str, Any], dict[str | None, str]]:
    """Return the facts of a recorded host with these files in its journal."""
    for path, content in held.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return read(root, "journal", {"/etc/machine-id": MACHINE + "\n", **files}, {ASKED: said})


def test_what_is_on_disk_is_measured(tmp_path: Path) -> None:
    held = {
        f"{FOLDER}/system@one.journal": header(10 * DAY, 30 * DAY, written=2000),
        f"{FOLDER}/system.journal": header(30 * DAY, 40 * DAY, written=1000),
        f"{FOLDER}/user-1000.journal": header(5 * DAY, 39 * DAY, written=500),
        f"{FOLDER}/system@empty.journal": header(1, 1, entries=0, written=0),
        f"{FOLDER}/system@planted.journal": b"not one of these",
        "/var/log/journal/ffffffffffffffffffffffffffffffff/system.journal": header(1 * DAY, 40 * DAY),
    }
    facts, errors = learn(tmp_path, {}, held)
    assert not errors
    assert (facts["oldest"], facts["newest"]) == (10 * DAY, 40 * DAY)
    assert facts["persistent"]["active"] and facts["persistent"]["files"] == 4
    assert not facts["runtime"]["active"]
    assert facts["growth"]["all"] == {"bytes": 3500, "seconds": 35 * DAY}
    assert facts["growth"]["recent"]["seconds"] == 7 * DAY
    assert facts["growth"]["recent"]["bytes"] == 700 + 500 * 6 // 34


def test_a_journal_of_before_it_was_kept_in_memory_is_no_part_of_it(tmp_path: Path) -> None:
    held = {
        f"{FOLDER}/system@old.journal": header(10 * DAY, 100 * DAY, written=9000),
        f"{FOLDER}/user-1000@old.journal": header(10 * DAY, 100 * DAY, written=9000),
        f"{FOLDER}/system@one.journal": header(480 * DAY, 490 * DAY, written=1000),
        f"{FOLDER}/system.journal": header(490 * DAY, 500 * DAY, written=1000),
    }
    facts, errors = learn(tmp_path, {}, held)
    assert not errors
    assert (facts["oldest"], facts["newest"], facts["gap"]) == (480 * DAY, 500 * DAY, 100 * DAY)
    assert facts["growth"]["all"] == {"bytes": 2000, "seconds": 20 * DAY}
    assert facts["persistent"]["files"] == 4


@pytest.mark.parametrize(("in_memory", "on_disk"), [(40, 30), (30, 40)])
def test_what_journald_left_behind_is_not_written_to(tmp_path: Path, in_memory: int, on_disk: int) -> None:
    held = {
        f"{FOLDER.replace('/var/', '/run/')}/system.journal": header(20 * DAY, in_memory * DAY),
        f"{FOLDER}/system.journal": header(10 * DAY, on_disk * DAY),
    }
    facts, errors = learn(tmp_path, {}, held)
    assert not errors
    assert facts["runtime"]["active"] is (in_memory > on_disk)
    assert facts["persistent"]["active"] is (on_disk > in_memory)


def test_without_a_journal_nothing_is_held(tmp_path: Path) -> None:
    facts, errors = learn(tmp_path, {}, {})
    assert not errors
    assert (facts["oldest"], facts["growth"], facts["persistent"]["there"]) == (None, None, False)
    assert (facts["storage"], facts["limits"], facts["vacuum"]) == (None, {}, [])


def test_a_machine_without_an_identity_is_unread(tmp_path: Path) -> None:
    _facts, errors = learn(tmp_path, {"/etc/machine-id": "uninitialized\n"}, {})
    assert "holds no identity" in errors[None]


def test_drop_ins_count_by_their_names_and_the_first_folder_wins(tmp_path: Path) -> None:
    later = "[Journal]\nStorage = \\\n persistent\nSystemKeepFree=lots\nSystemMaxFiles=\n"
    files = {
        "/etc/systemd/journald.conf": "[Journal]\n#Storage=none\nSystemMaxUse=1G\n[Other]\nStorage=none\n",
        "/usr/lib/systemd/journald.conf": "[Journal]\nStorage=none\n",
        "/usr/lib/systemd/journald.conf.d/50-x.conf": "[Journal]\nSystemMaxUse=2G\n",
        "/etc/systemd/journald.conf.d/50-x.conf": "[Journal]\nSystemMaxUse=50M\nMaxRetentionSec=180d\n",
        "/run/systemd/journald.conf.d/60-y.conf": later,
    }
    facts, errors = learn(tmp_path, files, {})
    assert not errors
    assert facts["storage"] == {"value": "persistent", "place": "/run/systemd/journald.conf.d/60-y.conf:2"}
    assert facts["limits"] == {
        "max_use": {"value": 50 << 20, "place": "/etc/systemd/journald.conf.d/50-x.conf:2"},
        "retention": {"value": 180 * DAY, "place": "/etc/systemd/journald.conf.d/50-x.conf:3"},
    }


def test_what_leads_to_nothing_masks_a_drop_in(tmp_path: Path) -> None:
    files = {"/usr/lib/systemd/journald.conf.d/50-x.conf": "[Journal]\nStorage=none\n", "/dev/null": ""}
    masked = tmp_path / "etc/systemd/journald.conf.d/50-x.conf"
    masked.parent.mkdir(parents=True)
    masked.symlink_to("/dev/null")
    facts, _errors = learn(tmp_path, files, {})
    assert facts["storage"] is None


def test_what_shortens_the_journal_is_found_where_it_runs(tmp_path: Path) -> None:
    files = {
        "/etc/cron.daily/tidy": "#!/bin/sh\njournalctl --rotate && journalctl --vacuum-time=30d -q\n",
        "/etc/crontab": "0 3 * * * root /opt/tidy.sh\n# 0 4 * * * root journalctl --vacuum-size=1M\n",
        "/opt/tidy.sh": "#!/bin/sh\nfind /var/log/journal -mtime +7 -delete\nfind /var/log/journal -ls\n",
        "/etc/systemd/system/idle.service": "[Service]\nExecStart=journalctl --vacuum-files=2\n",
        "/etc/systemd/system/tidy.service": "[Service]\nExecStart=/bin/sh -c 'journalctl --vacuum-size 100M'\n",
        "/etc/systemd/system/timers.target.wants/tidy.timer": "",
        "/etc/systemd/system/timers.target.wants/their.timer": "",
        "/usr/lib/systemd/system/their.service": '[Service]\nExecStart=journalctl --vacuum-time "2 weeks"\n',
    }
    facts, _errors = learn(tmp_path, files, {})
    assert [(one["place"], one["kind"], one["value"]) for one in facts["vacuum"]] == [
        ("/etc/systemd/system/tidy.service", "size", 100 << 20),
        ("/etc/cron.daily/tidy", "time", 30 * DAY),
        ("/opt/tidy.sh", "delete", None),
        ("/usr/lib/systemd/system/their.service", "time", 14 * DAY),
    ]


def test_a_timer_starts_the_unit_that_it_names(tmp_path: Path) -> None:
    vacuums = "[Service]\nExecStart=journalctl --vacuum-time=7d\n"
    own, wants = "/etc/systemd/system/", "/etc/systemd/system/timers.target.wants/"
    files = {
        **{f"{own}{name}.service": vacuums for name in ("a", "b", "c", "d@", "e@", "f", "idle", "other")},
        f"{own}by-name.timer": "[Timer]\nOnCalendar=daily\n Unit = a.service\n",
        f"{own}by-drop-in.timer": "[Timer]\nUnit=other.service\n",
        f"{own}by-drop-in.timer.d/x.conf": "[Timer]\nUnit=b.service\n",
        f"{own}seen.path": "[Path]\nPathExists=/run/full\nUnit=c.service\n",
        f"{own}off.timer": "[Timer]\nUnit=idle.service\n",
        "/usr/lib/systemd/system/theirs.timer": "[Timer]\nUnit=really.service\n",
        "/usr/lib/systemd/system/really.service": vacuums,
        **{
            f"{wants}{name}": ""
            for name in ("by-name.timer", "by-drop-in.timer", "d@x.timer", "theirs.timer", "f.timer")
        },
        "/etc/systemd/system/paths.target.wants/seen.path": "",
        "/etc/systemd/system/multi-user.target.wants/e@x.y.service": "",
    }
    facts, errors = learn(tmp_path, files, {})
    assert not errors
    places = {one["place"].rpartition("/")[2] for one in facts["vacuum"]}
    assert places == {"a.service", "b.service", "c.service", "d@.service", "e@.service", "f.service", "really.service"}


#: As much as is read of a text that any user may have written: what is looked for in it, over and over or nearly.
HOSTILE = [
    "journalctl --vacuum-time" + " " * 262144, "journalctl --vacuum-time=" + "a " * 131072,
    "journalctl --vacuum-time=" + "1" * 262144, 'journalctl --vacuum-time "' + " " * 262144,
    "journalctl " * 23831, "journalctl --vacuum-time " * 10485,
    "rm " * 87381, "find " * 52428, "rm /var/log/journa " * 13797, "rm ;" * 65536, " " * 262144, "\n " * 131072,
    "\\\n" * 131072, "#" * 262144, "/" * 262144, "/a" * 131072, "/" + "a" * 262143,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30].strip() or repr(text[:2]))
def test_no_text_of_a_user_holds_the_reading_up(text: str) -> None:
    begun = time.monotonic()
    journal.shortens(text)
    scheduled.SCRIPT.findall(text)
    removing.removals(text)
    removing.guarded("/bulwark-prune " + text)
    list(rotation.configurations(text.replace("journalctl", "logrotate")))
    # Patterns that go back over what they have seen take minutes for one of these.
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("journalctl --vacuum-time=30d.", [("time", 30 * DAY)]),
        ("journalctl --vacuum-time ' 30d'", [("time", 30 * DAY)]),
        ("journalctl --vacuum-size=1G 30d; journalctl --vacuum-time=1w", [("size", 1 << 30), ("time", 7 * DAY)]),
        (
            "journalctl \\\n --vacuum-size=1G\n# journalctl --vacuum-size=2G\n  # \\\n--vacuum-size=3G",
            [("size", 1 << 30)],
        ),
        ("journalctl; --vacuum-time=1d", []),
        ("echo rm -r x; ls /var/log/journal", []),
        ("rm -r x /run/log/journal/*/user-1*.journal", [("delete", None)]),
        ("find /var/log/journal -exec rm {} +\nfind /var/log/journal -delete", [("delete", None)]),
        ("find /var/log/journals -delete; find /var/log/journal -ls", []),
    ],
)
def test_what_a_text_deletes(text: str, found: list[tuple[str, int | None]]) -> None:
    assert [(one["kind"], one["value"]) for one in journal.shortens(text)] == found


@given(st.integers(1, 999), st.sampled_from("smhdwy"), st.sampled_from(["=", " ", "  ", '="', "='"]), st.text('a "-;'))
def test_what_is_vacuumed_is_read_whatever_follows(number: int, unit: str, between: str, rest: str) -> None:
    said = "journalctl -q --vacuum-time%s%d%s;%s" % (between, number, unit, rest)
    assert journal.shortens(said)[0] == {"kind": "time", "value": int(systemd_settings.seconds(f"{number}{unit}") or 0)}


def test_what_journald_left_out_is_told(tmp_path: Path) -> None:
    said = "\n".join([json.dumps(SAID), "not json", "[]", json.dumps({**SAID, "UNIT": [1]}), ""])
    facts, _errors = learn(tmp_path, {}, {}, said)
    assert facts["suppressed"][0] == {"at": 1795420443, "unit": "web.service", "count": 12}
    assert len(facts["suppressed"]) == 2


def test_a_journal_that_can_not_be_searched_is_unread(tmp_path: Path) -> None:
    _facts, errors = learn(tmp_path, {}, {}, Completed(1, "", "Failed to open files"))
    assert "Failed to open files" in errors["suppressed"]
    facts, errors = learn(tmp_path, {}, {}, Completed(1, "", ""))
    assert facts["suppressed"] == [] and not errors


@pytest.mark.parametrize(
    ("text", "value"), [("500M", 500 << 20), ("1.5G", 3 << 29), ("4G 500M", (4 << 30) + (500 << 20)), ("", None),
                        ("10%", None), ("0", 0), ("x", None), ("-1", None)],
)  # fmt: skip
def test_sizes(text: str, value: int | None) -> None:
    assert systemd_settings.size(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("180d", 180 * DAY), ("6month", 6 * 2629800), ("1y 2w", 31557600 + 14 * DAY), ("90", 90),
                        ("5m", 300), ("2M", 2 * 2629800), ("infinity", float("inf")), ("soon", None), ("", None)],
)  # fmt: skip
def test_spans(text: str, value: float | None) -> None:
    assert systemd_settings.seconds(text) == value


@given(st.text(max_size=60))
def test_any_value_is_a_number_or_none(text: str) -> None:
    for parse in (systemd_settings.size, systemd_settings.seconds):
        found = parse(text)
        assert found is None or found >= 0


@given(st.text(max_size=300))
def test_any_text_of_a_configuration_is_read(text: str) -> None:
    for option, value, place in systemd_settings.parse(text, "/f", "Journal"):
        assert isinstance(option, str) and isinstance(value, str) and place.startswith("/f:")


@given(st.dictionaries(st.sampled_from(["Storage", "SystemMaxUse"]), st.sampled_from(["a", "1G", "b c"])))
def test_what_is_written_is_read(options: dict[str, str]) -> None:
    text = "[Journal]\n" + "".join("%s = %s\n" % one for one in options.items())
    assert {option: value for option, value, _place in systemd_settings.parse(text, "/f", "Journal")} == options


@given(st.binary(max_size=300))
def test_any_bytes_are_a_header_or_none(content: bytes) -> None:
    for one in (content, journal_file.SIGNATURE + content.ljust(journal_file.LENGTH, b"\xff")):
        found = journal_file.parse(one)
        assert found is None or found.oldest is None or found.newest is not None


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**8), st.integers(0, 10**10)), max_size=20))
def test_growth_is_never_more_than_what_was_written(files: list[tuple[int, int, int]]) -> None:
    found = journal.growth(journal_file.Header(one, one + more, 1, written) for one, more, written in files)
    if not files:
        assert found is None
    else:
        assert found is not None
        assert 0 <= found["recent"]["bytes"] <= found["all"]["bytes"] + 1
        assert found["recent"]["seconds"] <= found["all"]["seconds"]


@given(st.text(max_size=300))
def test_any_text_that_runs_is_looked_at(text: str) -> None:
    for one in (text, "journalctl --vacuum-time=" + text, "rm -rf /var/log/journal" + text):
        for found in journal.shortens(one):
            assert found["kind"] in ("time", "size", "files", "delete")


def test_the_door_reads_a_journal_of_this_root_alone(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    assert list(journal.journal_files(Door(str(tmp_path)), "/var/log/journal/x")) == []
