# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.forwarding import rsyslog, rules, syslog_ng, ways
from ansible_collections.bulwark.msp.plugins.module_utils.readers.forwarding import handed_on
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

CONF = "/etc/rsyslog.conf"
DEBIAN = """\
module(load="imuxsock") # provides support for local system logging
module(load="imklog")
$FileOwner root
$WorkDirectory /var/spool/rsyslog
$IncludeConfig /etc/rsyslog.d/*.conf
*.*;auth,authpriv.none		-/var/log/syslog
auth,authpriv.*			/var/log/auth.log
*.emerg				:omusrmsg:*
"""
LIST_UNITS = "systemctl list-units --type=service,socket --state=active --plain --no-legend --full"
SYSLOG_NG = """\
@version: 3.38
@include "scl.conf"
# a comment with "a quote
source s_src { system(); internal(); };
source s_audit { file("/var/log/audit/audit.log" flags(no-parse)); };
destination d_net { network("logs.example" port(6514) transport("tls")
  tls(ca-file("/ca.pem") cert_file("/c.pem") key-file("/k.pem"))
  disk-buffer(disk_buf_size(200000) reliable(yes))); };
destination d_udp { udp("192.0.2.1" port(514)); };
filter f_auth { facility(auth, authpriv) and not filter(f_debug); };
filter f_debug { level(debug); };
%s
"""


def sent(text: str, forwarded: int = rules.ALL) -> list[dict[str, Any]]:
    """Return the destinations of Debian's rsyslog with one file more."""
    statements = rsyslog.parse(CONF, DEBIAN, lambda _pattern: [("/etc/rsyslog.d/a.conf", text)])
    return ways.destinations(statements, forwarded)[0]


def taken(text: str, source: str = "system") -> set[str]:
    """Return the facilities of which info and worse surely go to the first destination."""
    found = sent(text)
    return {name for name, level in (found[0]["takes"] if found else {}).get(source, {}).items() if level >= 6}


def by_ng(paths: str) -> list[dict[str, Any]]:
    return syslog_ng.destinations("/etc/syslog-ng/syslog-ng.conf", SYSLOG_NG % paths, lambda _pattern: [])


def test_the_older_form() -> None:
    one = sent("*.* @@(o)logs.example:6514;RSYSLOG_SyslogProtocol23Format\n")[0]
    assert (one["protocol"], one["address"], one["port"], one["tls"]) == ("tcp", "logs.example", 6514, False)
    assert one["place"] == "/etc/rsyslog.d/a.conf:1"
    assert sent("*.* @[2001:db8::1]\n")[0]["address"] == "2001:db8::1"
    assert sent("*.* @192.0.2.1\n")[0]["protocol"] == "udp"
    assert sent("*.* /var/log/all\n*.* |/dev/xconsole\n*.* root,ana\n") == []


def test_directives_shape_the_next_action_alone() -> None:
    text = (
        "$DefaultNetstreamDriver gtls\n$DefaultNetstreamDriverCAFile /ca.pem # ours\n$ActionSendStreamDriverMode 1\n"
        "$ActionSendStreamDriverAuthMode x509/name\n$ActionSendStreamDriverPermittedPeer one\n"
        "$ActionQueueType LinkedList\n$ActionQueueFileName q\n$ActionResumeRetryCount -1\n*.* @@a:1\n*.* @@b:2\n"
    )
    first, second = sent(text)
    assert (first["tls"], first["peers"], first["ca"]) == (True, ["one"], "/ca.pem")
    assert (first["queue"]["type"], first["queue"]["filename"], first["queue"]["retries"]) == ("linkedlist", "q", "-1")
    # The names of one action are not those of the next, whose own name counts then.
    assert (second["tls"], second["peers"], second["queue"]["type"]) == (True, ["b"], "direct")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ('tls="on" tls.authMode="name" tls.permittedPeer=["a","b"]', (True, "name", ["a", "b"])),
        ('tls="on" tls.authMode="fingerprint" tls.permittedPeer="SHA1:AA"', (True, "fingerprint", ["SHA1:AA"])),
        ('tls="on" tls.authMode="certvalid"', (True, "certvalid", [])),
        ('tls="on"', (True, "none", [])),
        ('tls.authMode="name"', (False, "name", [])),
    ],
)
def test_relp(parameters: str, expected: tuple[bool, str, list[str]]) -> None:
    one = sent('module(load="omrelp")\naction(type="omrelp" target="h" port="2514" %s)\n' % parameters)[0]
    assert (one["tls"], one["peer_check"], one["peers"]) == expected
    assert one["protocol"] == "relp"


def test_names_are_compared_where_no_mode_is_given() -> None:
    one = sent('action(type="omfwd" target="h" protocol="tcp" streamDriver="ossl" streamDriverMode="1")\n')[0]
    assert (one["tls"], one["peer_check"], one["peers"]) == (True, "name", ["h"])
    two = sent('action(type="omfwd" target="h" protocol="tcp" streamDriver="ossl" streamDriverMode="0")\n')[0]
    assert (two["tls"], two["peer_check"]) == (False, "none")


@pytest.mark.parametrize(
    ("rule", "lost"),
    [
        ("", set()),
        ("auth.* stop\n", {"auth"}),
        ("auth,authpriv.*\t\t~\n", {"auth", "authpriv"}),
        ('if $syslogfacility-text == "auth" then stop\n', {"auth"}),
        ("if ($syslogfacility-text == ['auth', 'cron']) then { stop }\n", {"auth", "cron"}),
        ('if prifilt("auth.debug") and not ($syslogseverity <= 4) then stop\n', {"auth"}),
        ('if $syslogfacility-text == "auth" and $syslogseverity == 7 then stop\n', set()),
        ('if $programname == "sshd" then stop\n', {"auth", "authpriv"}),
        ('if $programname == "haproxy" then stop\n', set()),
        (":programname, startswith, \"sud\" ~\n", {"auth", "authpriv"}),
        (":programname, !isequal, \"sshd\" stop\n", set(rules.FACILITIES)),
        ("auth.* /var/log/auth.log\n& stop\n", {"auth"}),
        ("auth.* { action(type=\"omfile\" file=\"/a\") stop }\n", {"auth"}),
        ('if $syslogfacility-text == "auth" then { call gone } else { set $.x = "then stop"; }\n'
         'ruleset(name="gone") { stop }\n', {"auth"}),
        ('template(name="t" type="list") { constant(value="} stop") }\n/* auth.* stop */ # auth.* stop\n', set()),
        ("*.*;\\\n  auth.none stop\n", set(rules.FACILITIES) - {"auth"}),
    ],
)  # fmt: skip
def test_what_ends_a_way(rule: str, lost: set[str]) -> None:
    assert set(rules.FACILITIES) - taken(rule + "*.* @@h\n") == lost


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ('module(load="imjournal")\ninput(type="imudp" port="514")\n', ["imudp"]),
        ("$ModLoad imudp\n$UDPServerRun 514\n$InputTCPServerRun 514\n", ["imtcp", "imudp"]),
        ('input(type="imuxsock" Socket="/var/spool/postfix/dev/log")\n', ["imuxsock"]),
        ("$AddUnixListenSocket /var/lib/haproxy/dev/log\n", ["imuxsock"]),
        ('input(type="imfile" file="/var/log/nginx/access.log" tag="nginx:")\n', ["/var/log/nginx/access.log"]),
        ("$InputFileName /var/log/app.log\n$InputFileTag app:\n$InputRunFileMonitor\n", ["/var/log/app.log"]),
        ('module(load="impstats")\n', ["impstats"]),
        ('module(load="impstats" log.syslog="off" log.file="/x")\n', []),
        ('ruleset(name="far") { stop }\ninput(type="imudp" port="514" ruleset="far")\n', []),
        ('ruleset(name="far") { stop }\n$InputUDPServerBindRuleset far\n$UDPServerRun 514\n', []),
        ('input(type="imudp" port="514" ruleset="gone")\n', ["imudp"]),
        ('input(type="imudp" port="514")\nif $inputname == "imudp" then stop\n', []),
        ('input(type="imudp" port="514")\nif $programname == "sshd" then stop\n', ["imudp"]),
        ('input(type="imudp" port="514")\nif not ($programname == "web") then continue else stop\n', ["imudp"]),
    ],
)
def test_what_goes_along_beside_the_journal(text: str, names: list[str]) -> None:
    assert sent(text + "*.* @192.0.2.9\n")[0]["beside"] == names


def test_a_condition_on_words_makes_it_unclear() -> None:
    for rule in (':msg, contains, "x" stop\n', 'if $msg contains "x" then stop\n', "call_indirect $.x;\n", "!prog\n"):
        one = sent(rule + "*.* @@h\n")[0]
        assert (one["takes"], one["unclear"]) == ({}, ["/etc/rsyslog.d/a.conf:1"])
        assert one["may"]["system"]["auth"] == 7
    behind = sent(':msg, contains, "x" @@h\n')[0]
    assert (behind["takes"], behind["unclear"]) == ({}, ["/etc/rsyslog.d/a.conf:1"])
    # Both sides of it lead there.
    both = sent('if $msg contains "x" then { set $.y = "1"; } else { call none }\n*.* @@h\n')[0]
    assert both["takes"]["system"]["auth"] == 7


def test_a_ruleset_that_nothing_calls_sends_nothing() -> None:
    ruleset = 'ruleset(name="out") { action(type="omfwd" target="h" protocol="tcp") }\n'
    assert sent(ruleset) == []
    assert len(sent(ruleset + "call out\n")) == 1
    assert sent("$RuleSet remote\n*.* @@h\n$RuleSet RSYSLOG_DefaultRuleset\n") == []


def test_what_an_action_can_t_send_waits_in_the_queue_of_its_ruleset() -> None:
    queue = 'queue.type="Disk" queue.filename="q" queue.saveOnShutdown="on" queue.maxDiskSpace="1g"'
    text = 'ruleset(name="out" %s) { if $msg contains "x" then { action(type="omfwd" target="h" %s) } }\ncall out\n'
    (one,) = sent(text % (queue, 'action.resumeRetryCount="-1"'))
    assert one["queue"] == {"type": "disk", "filename": "q", "save": True, "space": "1g", "retries": "-1"}
    (own,) = sent(text % (queue, 'queue.type="LinkedList"'))
    assert (own["queue"]["type"], own["queue"]["filename"]) == ("linkedlist", None)


def test_files_go_by_their_own_ruleset() -> None:
    text = (
        'input(type="imfile" file="/var/log/audit/audit.log" tag="audit:" facility="local6" ruleset="out")\n'
        'ruleset(name="out") { action(type="omfwd" target="h" protocol="tcp") }\n'
    )
    assert sent(text)[0]["takes"] == {"/var/log/audit/audit.log": {"local6": 7}}
    older = "$InputFileName /var/log/x.log\n$InputFileTag x:\n$InputRunFileMonitor\n%s @@h\n"
    assert sent(older % "local0.*")[0]["takes"]["/var/log/x.log"] == {"local0": 7}
    # Its lines are notices.
    assert "/var/log/x.log" not in sent(older % "*.err")[0]["takes"]


def test_what_journald_keeps_to_itself_goes_nowhere() -> None:
    assert set(sent("*.* @@h\n", 0)[0]["takes"]["system"]) == {"kern"}
    assert taken('module(load="imjournal")\n*.* @@h\n') == set(rules.FACILITIES)


def test_a_standby_gets_nothing_for_sure() -> None:
    text = '*.* @@a\naction(type="omfwd" target="b" protocol="tcp" action.execOnlyWhenPreviousIsSuspended="on")\n'
    assert [bool(one["takes"]) for one in sent(text)] == [True, False]


@pytest.mark.parametrize(
    "said",
    ['action.execOnlyEveryNthTime="10"', 'action.execOnlyOnceEveryInterval="60"', 'queue.samplingInterval="5"',
     'action.execOnlyOnceEveryInterval="?"'],
)  # fmt: skip
def test_what_an_action_does_now_and_then_is_nothing_for_sure(said: str) -> None:
    (one,) = sent('action(type="omfwd" target="h" protocol="tcp" %s)\n' % said)
    assert (one["takes"], one["may"]["system"]["auth"], len(one["unclear"])) == ({}, 7, 1)
    (whole,) = sent('action(type="omfwd" target="h" protocol="tcp" %s="0")\n' % said.partition("=")[0])
    assert whole["takes"]["system"]["auth"] == 7


def test_what_the_older_form_does_now_and_then() -> None:
    nth = sent("$ActionExecOnlyEveryNthTime 10\n*.* @@a\n*.* @@b\n")
    assert [bool(one["takes"]) for one in nth] == [False, True], "it holds for one action"
    for name, on, off in (("OnceEveryInterval", "60", "0"), ("WhenPreviousIsSuspended", "on", "off")):
        text = "$ActionExecOnly{0} {1}\n*.* @@a\n*.* @@b\n$ActionExecOnly{0} {2}\n*.* @@c\n"
        assert [bool(one["takes"]) for one in sent(text.format(name, on, off))] == [False, False, True], name


STOPS = 'ruleset(name="remote"%s) { action(type="omfwd" target="a" protocol="tcp") stop }\ncall remote\n*.* @@b\n'


@pytest.mark.parametrize(
    ("queue", "goes_on"),
    [("", False), (' queue.type="Direct"', False), (' queue.type="direct" queue.size="9"', False),
     (' queue.type="LinkedList"', True), (' queue.type="Disk" queue.filename="q"', True), (' queue.size="9"', True)],
)  # fmt: skip
def test_what_a_ruleset_with_a_queue_stops_is_its_own_copy(queue: str, goes_on: bool) -> None:
    found = sent(STOPS % queue)
    assert [one["address"] for one in found] == (["a", "b"] if goes_on else ["a"])
    assert all(one["takes"]["system"]["auth"] == 7 and not one["unclear"] for one in found)


def test_a_queue_that_the_older_form_makes() -> None:
    text = "$RuleSet remote\n%s*.* @@a\n*.* stop\n$RuleSet RSYSLOG_DefaultRuleset\ncall remote\n*.* @@b\n"
    assert [one["address"] for one in sent(text % "$RulesetCreateMainQueue on\n")] == ["a", "b"]
    assert [one["address"] for one in sent(text % "$RulesetCreateMainQueue off\n")] == ["a"]


def test_a_doubt_in_a_ruleset_with_a_queue_stays_there() -> None:
    inner = '{ if $msg contains "x" then stop\naction(type="omfwd" target="a" protocol="tcp") }\ncall remote\n*.* @@b\n'
    first, second = sent('ruleset(name="remote" queue.type="LinkedList") ' + inner)
    assert (first["takes"], len(first["unclear"])) == ({}, 1)
    assert (second["takes"]["system"]["auth"], second["unclear"]) == (7, [])


@given(st.lists(st.sampled_from(["stop\n", "*.* @@a\n", "auth.* stop\n", "call none\n"]), max_size=5).map("".join))
def test_nothing_that_a_ruleset_with_a_queue_does_is_seen_by_its_caller(body: str) -> None:
    found = sent('ruleset(name="r" queue.type="LinkedList") { %s }\ncall r\n*.* @@last\n' % body)
    assert found[-1]["address"] == "last" and found[-1]["takes"] == sent("*.* @@last\n")[0]["takes"]


@pytest.mark.parametrize(
    "text", ["if $x then\n", "ruleset(name=\"a\") {\n", "}\n", "action(type=\"omfwd\n", "& stop\n", "what\n",
             "if " * 100 + "\n", "auth.* " + "{ auth.* " * 100]
)  # fmt: skip
def test_what_is_no_configuration_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable, match=r"/etc/rsyslog\.d/a\.conf:\d+: "):
        sent(text)


@pytest.mark.parametrize(
    "head", [":msg, ", ":msg", ":", "*.* ", "if $msg ", "input(", "input(a=", "*.* :omrelp:", "*.* @"]
)
@pytest.mark.parametrize("piece", [" ", "a", "a;", "a,", "!", "("])
def test_a_long_text_is_gone_through_once(head: str, piece: str) -> None:
    begun = time.monotonic()
    with suppress(Unreadable):
        rsyslog.parse(CONF, head + piece * 200000 + "~", lambda _pattern: [])
    assert time.monotonic() - begun < 10


def test_property_filters() -> None:
    for text, condition in (
        (':msg, contains, "x" stop', "msg\0\0contains\0x"), (":Msg , ! isequal , \"x\" stop", "msg\0!\0isequal\0x"),
        (':msg,!regex,"x" stop', "msg\0!\0regex\0x"), (":msg, isempty stop", "msg\0\0isempty\0"),
    ):  # fmt: skip
        assert rsyslog.parse(CONF, text, lambda _pattern: [])[0].condition == condition


def test_files_that_include_each_other_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="include each other"):
        rsyslog.parse(CONF, "$IncludeConfig a\n", lambda _pattern: [("/a", 'include(file="a")\n')])


PIECES = st.sampled_from(
    ["if ", "then ", "else ", "{", "}", "(", ")", "$programname", " == ", '"a"', "'", '"', "\\", "\n", "*.*", " @@h",
     "auth.", "stop", "call x", "action(type=", "ruleset(name=", "&", "~", "$IncludeConfig a", "[", "]", ",", " ", "#",
     "/*", "set $.a", ";", ":msg, contains, ", "not ", "and ", "prifilt(", "source s {", "log {", "filter(", "};"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_read_or_unreadable(text: str) -> None:
    for attempt in (sent, by_ng):
        with suppress(Unreadable):
            json.dumps(attempt(text))


@given(st.sampled_from(["selector", "property", "expression"]), st.text(max_size=80))
def test_any_condition_splits_without_overlap(kind: str, text: str) -> None:
    condition = "msg\0\0contains\0" + text if kind == "property" else text
    split = rules.test(kind, condition)(rules.Cell("imuxsock", "auth", "sshd"))
    assert split.passes & split.fails == 0


@given(
    st.lists(st.tuples(st.sampled_from(rules.FACILITIES), st.sampled_from(rules.SEVERITIES)), min_size=1, max_size=6)
)
def test_selectors_pass_what_they_name(pairs: list[tuple[str, str]]) -> None:
    masks = rules.selected(";".join("%s.%s" % pair for pair in pairs))
    for facility, mask in masks.items():
        wanted = [rules.SEVERITIES.index(severity) for name, severity in pairs if name == facility]
        assert mask == (rules.mask_up_to(max(wanted)) if wanted else 0)


def test_syslog_ng() -> None:
    both = "log { source(s_src); source(s_audit); destination(d_net); };"
    one = by_ng(both)[0]
    assert (one["protocol"], one["address"], one["port"], one["peer_check"]) == ("tls", "logs.example", 6514, "name")
    assert (one["ca"], one["certificate"], one["queue"]["type"], one["queue"]["space"]) == (
        "/ca.pem", "/c.pem", "disk", "200000",
    )  # fmt: skip
    assert one["takes"]["system"]["auth"] == 7
    assert one["takes"]["/var/log/audit/audit.log"] == {"kern": 7}
    udp = by_ng("log { source(s_src); filter(f_auth); destination(d_udp); };")[0]
    assert (udp["tls"], udp["takes"]) == (False, {"system": {"auth": 6, "authpriv": 6}})


def test_a_final_path_of_syslog_ng_keeps_its_messages() -> None:
    out = "log { source(s_src); destination(d_net); };"
    gone = by_ng("log { source(s_src); filter(f_auth); flags(final); };" + out)[0]
    assert "auth" not in gone["takes"]["system"]
    assert gone["takes"]["system"]["kern"] == 7
    words = by_ng('log { source(s_src); filter { match("x"); }; flags(final); };' + out)[0]
    assert (words["takes"], len(words["unclear"])) == ({}, 1)


def test_the_host(tmp_path: Path) -> None:
    files = {
        CONF: DEBIAN,
        "/usr/sbin/rsyslogd": "",
        "/etc/rsyslog.d/b.conf": "*.* @@h:6514\n",
        "/etc/rsyslog.d/.hidden.conf": "*.* @@secret\n",
        "/etc/rsyslog.d/b.conf.bak": "*.* @@old\n",
        "/etc/systemd/journald.conf": "[Journal]\n#ForwardToSyslog=yes\n",
        "/etc/systemd/system/multi-user.target.wants/rsyslog.service": "",
        "/etc/systemd/journal-upload.conf": "[Upload]\nURL=https://logs.example\nTrustedCertificateFile=-\n",
    }
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/rsyslogd").touch(0o755)
    facts, errors = read(tmp_path, "forwarding", files, {LIST_UNITS: "rsyslog.service loaded active running x\n"})
    assert errors == {}
    assert [(one["program"], one["address"], one["active"]) for one in facts["destinations"]] == [
        ("rsyslog", "h", True),
        ("journal-upload", "logs.example", False),
    ]
    upload = facts["destinations"][1]
    assert (upload["port"], upload["tls"], upload["peer_check"]) == (19532, True, "none")
    assert facts["modules"] == {"imuxsock": CONF, "imklog": CONF}


SHOW_UPLOAD = "systemctl show --property=ExecStart systemd-journal-upload.service"


def uploaded(root: Path, arguments: str, url: str = "https://logs.example", trust: str = "/ca.pem") -> Any:
    """Return what is read where systemd-journal-upload runs with these arguments."""
    conf = "[Upload]\nURL=%s\nTrustedCertificateFile=%s\n" % (url, trust)
    start = "{ path=/x ; argv[]=%s ; ignore_errors=no ; start_time=[n/a] ; pid=0 }\n" % arguments
    asked = {LIST_UNITS: "systemd-journal-upload.service loaded active running x\n", SHOW_UPLOAD: "ExecStart=" + start}
    enabled = "/etc/systemd/system/multi-user.target.wants/systemd-journal-upload.service"
    return read(root, "forwarding", {"/etc/systemd/journal-upload.conf": conf, enabled: ""}, asked)


UPLOAD = "/usr/lib/systemd/systemd-journal-upload --save-state"


@pytest.mark.parametrize(("trust", "check"), [("/ca.pem", "name"), ("", "name"), ("-", "none"), ("all", "none")])
def test_an_upload_that_trusts_anybody_checks_no_name(tmp_path: Path, trust: str, check: str) -> None:
    facts, errors = uploaded(tmp_path, UPLOAD, trust=trust)
    assert errors == {}
    assert [(one["peer_check"], one["active"]) for one in facts["destinations"]] == [(check, True)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(UPLOAD + " --url=http://u:secret@other.example", "is started with --url, "),
     (UPLOAD + " -u http://u:secret@x", "is started with -u, "),
     (UPLOAD + " -uhttp://u:secret@x", "is started with -u, "),
     (UPLOAD + " --trust=all", "is started with --trust, "), (UPLOAD + " --file=/x", "is started with --file, "),
     (UPLOAD + " -D /x", "is started with -D, "), (UPLOAD + " --user", "is started with --user, "),
     (UPLOAD + " $MORE", "is started with words of its own, "),
     ("/usr/bin/sleep infinity", "starts /usr/bin/sleep, which is not known"), ("", "starts nothing")],
)  # fmt: skip
def test_an_upload_with_arguments_that_overrule_its_configuration_is_not_known(
    tmp_path: Path, arguments: str, told: str
) -> None:
    for url in ("https://logs.example", ""):
        facts, errors = uploaded(tmp_path, arguments, url)
        assert "destinations" not in facts
        assert errors["destinations"].startswith("systemd-journal-upload.service " + told)
        assert "secret" not in json.dumps([facts, errors["destinations"]])
    assert uploaded(tmp_path, UPLOAD + "=/x --merge")[1] == {}


def test_a_url_that_is_not_understood_is_no_silence(tmp_path: Path) -> None:
    facts, errors = uploaded(tmp_path, UPLOAD, "http://u:secret@logs.example")
    assert "destinations" not in facts and errors["destinations"].endswith("the URL is not understood")


def test_a_broken_configuration_makes_destinations_unread(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/rsyslogd").touch(0o755)
    facts, errors = read(tmp_path, "forwarding", {CONF: "if x\n"}, {LIST_UNITS: ""})
    assert "destinations" not in facts
    assert errors["destinations"].startswith("/etc/rsyslog.conf:")


@pytest.mark.parametrize(
    ("files", "mask"),
    [
        ({}, 0),
        ({"/etc/systemd/journald.conf": "#ForwardToSyslog=yes\n"}, 0xFF),
        ({"/etc/systemd/journald.conf": "[Journal]\n#ForwardToSyslog=yes\nForwardToSyslog=no\n"}, 0),
        (
            {"/usr/lib/systemd/journald.conf.d/syslog.conf": "[Journal]\nForwardToSyslog=yes\nMaxLevelSyslog=info\n"},
            0x7F,
        ),
    ],
)
def test_what_journald_hands_on(tmp_path: Path, files: dict[str, str], mask: int) -> None:
    for path, text in files.items():
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True)
        place.write_text(text)
    assert handed_on(Door(str(tmp_path))) == mask


def test_of_an_agent_only_the_lines_asked_for_are_told(tmp_path: Path) -> None:
    place = tmp_path / "etc/shipper.conf"
    place.parent.mkdir()
    place.write_text("[OUTPUT]\n   tls   On\npassword hunter2\n")
    (tmp_path / "commands.json").write_text(json.dumps({LIST_UNITS: {"stdout": ""}}))
    asked = {
        "name": "shipper", "unit": "shipper.service", "collector": "siem", "config": "/etc/shipper.conf",
        "lines": ["tls On", "tls.verify On"], "keeps": [], "carries": ["auth", "/var/log/audit/audit.log"],
    }  # fmt: skip
    facts, errors = Reading(Door(str(tmp_path)), AREAS, log_agents=[asked]).state(["forwarding"], 20)
    one = facts["forwarding"]["destinations"][0]
    assert (one["tls"], one["lacks"], one["collector"]) == (False, ["tls.verify On"], "siem")
    assert one["takes"] == {"system": {"auth": 7}, "/var/log/audit/audit.log": {"agent": 7}}
    assert "hunter2" not in json.dumps([facts, errors])


def test_red_hat_reads_the_journal() -> None:
    text = """\
global(workDirectory="/var/lib/rsyslog")
module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")
module(load="imuxsock" 	  # it's for local logging (e.g. via "logger")
       SysSock.Use="off") # Turn off message reception via local log socket;
module(load="imjournal" 	    # provides access to the systemd journal
       UsePid="system" # PID number is retrieved
       StateFile="imjournal.state") # File to store the position in the journal
include(file="/etc/rsyslog.d/*.conf" mode="optional")
*.info;mail.none;authpriv.none;cron.none                /var/log/messages
uucp,news.crit                                          /var/log/spooler
"""
    statements = rsyslog.parse(CONF, text, lambda _pattern: [("/etc/rsyslog.d/a.conf", "*.info @@h\n")])
    (one,) = ways.destinations(statements, 0)[0]
    assert one["takes"]["system"] == dict.fromkeys(rules.FACILITIES, 6)
    assert ways.load(statements).files["imjournal"] == CONF
