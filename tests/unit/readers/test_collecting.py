# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import collector_files
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.collecting import MEASURES
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.network import case

from .host import read

LIST_UNITS = "systemctl list-units --type=service,socket --state=active --plain --no-legend --full"
SHOW = "systemctl show --property=%s systemd-journal-remote.%s"
PROGRAM = "/usr/lib/systemd/systemd-journal-remote"
SENDER = {"name": "web", "address": "10.0.0.2", "peer": "web.example"}
ARGUMENTS = {"senders": [SENDER], "store": "/srv/logs", "ca": "/c/ca", "certificate": "/c/c", "key": "/c/k",
             "relp_port": 2514, "tls_port": 6514}  # fmt: skip
OLD = """\
module(load="imudp")
input(type="imudp" port="514")
$ModLoad imtcp
$InputTCPServerRun 10514
template(name="each" type="string" string="/srv/all/%HOSTNAME%/x.log")
ruleset(name="in") { if $msg contains "x" then { action(type="omfile" dynaFile="each") } }
input(type="imrelp" port="20514" ruleset="in" tls="on" tls.authMode="certvalid")
"""


def ours() -> dict[str, str]:
    """Return the files that the role's entry point writes, by path."""
    areas: dict[str, Any] = {"collecting": {"writing": {"drops": [], "omfile": []}}}
    collector = case(areas, bulwark_host_functions=["collector"])
    sealed = {"store": "/srv/logs", "keep_days": 180, "free_percent": 10}
    steps = [*MEASURES["logs_received"](collector, ARGUMENTS, "c"), *MEASURES["logs_sealed"](collector, sealed, "c")]
    return {step["path"]: step["content"] for step in steps if step["kind"] == "file"}


def test_what_the_role_writes_is_what_is_read(tmp_path: Path) -> None:
    files = {"/etc/rsyslog.conf": "$IncludeConfig /etc/rsyslog.d/*.conf\n", **ours(),
             "/srv/logs/web/2026-01-01.log": "x", "/srv/logs/web/2026-01-02.log": "x"}  # fmt: skip
    (tmp_path / "owners.json").write_text(json.dumps({
        "/srv/logs": {"attributes": "a"}, "/srv/logs/web/2026-01-01.log": {"attributes": "i"},
    }))  # fmt: skip
    facts, errors = read(tmp_path, "collecting", files)
    assert errors == {}
    assert [(one["kind"], one["port"], one["tls"], one["peer_check"], one["peers"]) for one in facts["inputs"]] == [
        ("relp", "2514", True, "name", ["web.example"]), ("tcp", "6514", True, "name", ["web.example"]),
    ]  # fmt: skip
    (store,) = facts["stores"]
    assert (store["path"], store["guarded"], store["loose"]) == ("/srv/logs", True, ["/srv/logs/web/2026-01-02.log"])
    assert (facts["seal"]["settings"]["keep_days"], facts["seal"]["safe"], facts["seal"]["last"]) == (180, True, None)
    assert facts["alerts"] is None


def test_older_forms_and_other_stores(tmp_path: Path) -> None:
    facts, _errors = read(tmp_path, "collecting", {"/etc/rsyslog.conf": OLD})
    assert [(one["kind"], one["port"], one["tls"], one["peer_check"]) for one in facts["inputs"]] == [
        ("udp", "514", False, "none"), ("tcp", "10514", False, "none"), ("relp", "20514", True, "ca"),
    ]  # fmt: skip
    assert [store["path"] for store in facts["stores"]] == ["/srv/all"]


def test_where_nothing_is_taken_nothing_is_looked_for(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "collecting", {"/etc/rsyslog.conf": '# module(load="imudp")\n*.* /var/log/all\n{'})
    assert errors == {}
    writing: dict[str, Any] = {"drops": [], "omfile": []}
    assert facts == {"inputs": [], "writing": writing, "stores": [], "seal": None, "alerts": None}


def test_as_whom_and_how_rsyslog_writes(tmp_path: Path) -> None:
    configuration = """\
# $PrivDropToUser nobody, module(load="builtin:omfile")

$PrivDropToUser syslog
module(load="builtin:omfile"
       Template="RSYSLOG_TraditionalFileFormat")
$IncludeConfig /etc/rsyslog.d/*.conf
"""
    newer = 'global(privdrop.user.name="syslog")\nmodule(load="builtin:omfile" dynaFile.doNotSuspend="off")\n'
    files = {"/etc/rsyslog.conf": configuration, "/etc/rsyslog.d/20-x.conf": newer}
    facts, errors = read(tmp_path, "collecting", files)
    assert errors == {}
    assert facts["writing"] == {
        "drops": ["/etc/rsyslog.conf:3", "/etc/rsyslog.d/20-x.conf:1"],
        "omfile": [{"place": "/etc/rsyslog.conf:4", "waits": False},
                   {"place": "/etc/rsyslog.d/20-x.conf:2", "waits": True}],
    }  # fmt: skip


def test_what_was_told_as_a_number_is_read(tmp_path: Path) -> None:
    def folded(said: Any) -> Any:
        report = json.dumps({"at": 9, "broken": {}, "folded": said})
        files = {"/etc/bulwark/collector/alerts.json": "{}", "/var/lib/bulwark-log-alert/report.json": report}
        return read(tmp_path, "collecting", files)[0]["alerts"]["last"]["folded"]

    assert folded({"at": 7.5, "alerts": 180}) == {"at": 7, "alerts": 180}
    assert folded(None) is folded([1]) is folded({"at": 7}) is None


def remote(root: Path, arguments: str, sockets: str = "[::]:19532 (Stream)", conf: str = "", drop_in: str = "") -> Any:
    """Return what is read of systemd-journal-remote's inputs: (kind, port, tls, peer_check, place)."""
    files = {"/etc/systemd/journal-remote.conf": conf, "/run/systemd/journal-remote.conf.d/10-own.conf": drop_in}
    start = "{ path=%s ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] ; pid=0 }" % (PROGRAM, arguments)
    asked = {
        LIST_UNITS: "systemd-journal-remote.%s loaded active running x\n" % ("socket" if sockets else "service"),
        SHOW % ("ExecStart", "service"): "ExecStart=%s\n" % start,
        SHOW % ("Listen", "socket"): "".join("Listen=%s\n" % one for one in sockets.split(", ")),
    }  # fmt: skip
    facts, errors = read(root, "collecting", files, asked)
    assert errors == {}
    return [(one["kind"], one["port"], one["tls"], one["peer_check"], one["place"]) for one in facts["inputs"]]


USUAL = PROGRAM + " --listen-https=-3 --output=/var/log/journal/remote/"
UNIT = "systemd-journal-remote"


@pytest.mark.parametrize(
    ("arguments", "sockets", "found"),
    [
        (USUAL, "[::]:19532 (Stream)", [("https", "19532", True, "ca", UNIT)]),
        (USUAL.replace("https", "http"), "[::]:19532 (Stream)", [("http", "19532", False, "none", UNIT)]),
        (USUAL + " --trust=all", "[::]:19532 (Stream)", [("https", "19532", True, "none", UNIT)]),
        (PROGRAM + " --listen-https=0.0.0.0:443 --listen-http=19531 --listen-raw=[::]:9", "", [
            ("https", "443", True, "ca", UNIT), ("http", "19531", False, "none", UNIT),
            ("tcp", "9", False, "none", UNIT),
        ]),
        # What no option names of that systemd hands over is taken as it comes.
        (USUAL, "0.0.0.0:1 (Stream), [::]:2 (Stream)", [
            ("https", "1", True, "ca", UNIT), ("tcp", "2", False, "none", UNIT),
        ]),
    ],
)  # fmt: skip
def test_how_the_journals_of_others_are_taken_its_arguments_say(
    tmp_path: Path, arguments: str, sockets: str, found: Any
) -> None:
    assert remote(tmp_path, arguments, sockets) == found


@pytest.mark.parametrize("arguments", [
    USUAL + " --getter=cat", USUAL + " $OPTIONS", USUAL + " --tru=all", "/bin/sh -c " + USUAL, "",
    PROGRAM + " --listen-https -3", PROGRAM + " --listen-https=-4", PROGRAM + " --listen-https=/run/socket",
])  # fmt: skip
def test_arguments_that_are_not_understood_say_nothing_of_a_port(tmp_path: Path, arguments: str) -> None:
    assert remote(tmp_path, arguments) == []


def test_whom_the_journals_are_taken_from_drop_ins_say_too(tmp_path: Path) -> None:
    trust = "[Remote]\nTrustedCertificateFile=%s\n"
    place = "/run/systemd/journal-remote.conf.d/10-own.conf:2"
    assert remote(tmp_path, USUAL, drop_in=trust % "all")[0][3:] == ("none", place)
    assert remote(tmp_path, USUAL, conf=trust % "all", drop_in=trust % "/ca.pem")[0][3] == "ca"
    assert remote(tmp_path, USUAL, drop_in="[Other]\nTrustedCertificateFile=all\n")[0][3] == "ca"


@given(st.lists(st.sampled_from([PROGRAM, "--listen-http", "--listen-https", "=", "-3", "19532", " ", "--trust=all"]))
       .map("".join), st.lists(st.sampled_from(["[::]:1", "/run/x", ""]), max_size=3))  # fmt: skip
def test_any_command_is_understood_or_none(command: str, sockets: list[str]) -> None:
    for one in collector_files.journal_inputs(command.split(), sockets, None):
        assert one["tls"] is (one["kind"] == "https") and one["port"].isdigit()


DAYS = "/srv/logs/10.0.0.2/web/2026/11/%s"


def test_a_store_that_is_deeper_than_what_is_walked_is_not_known(tmp_path: Path) -> None:
    files = {"/etc/rsyslog.conf": "$IncludeConfig /etc/rsyslog.d/*.conf\n", **ours()}
    facts, errors = read(tmp_path, "collecting", {**files, DAYS % "a.log": "x"})
    assert errors == {} and facts["stores"][0]["files"] == 1
    facts, errors = read(tmp_path, "collecting", {**files, DAYS % "23/sshd.log": "x"})
    assert "stores" not in facts
    assert errors["stores"] == DAYS % "23" + ": folders deeper than 4 are not looked into"


@pytest.mark.parametrize("content", ["[]", "{", '{"rules": [], "routes": {"a": 1}}'])
def test_settings_that_are_none(tmp_path: Path, content: str) -> None:
    facts, errors = read(tmp_path, "collecting", {"/etc/bulwark/collector/alerts.json": content})
    found: Any = facts.get("alerts")
    assert errors.get("alerts") or (found["settings"]["rules"], found["settings"]["routes"]) == ({}, {})
