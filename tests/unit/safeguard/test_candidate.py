# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan would make of the host, and what of it may be shown."""

from __future__ import annotations

import getpass
import grp
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Door, Missing
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import (
    aide_conf,
    candidate,
    masking,
    owners,
    places,
    programs,
)
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.candidate import Candidate
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.files import File, Files
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.host import Host
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.problem import Problem
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.staged import StagedDoor

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
Step = dict[str, Any]


def append(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """An edit that adds a line, or takes the file away, or refuses."""
    if arguments["line"] == "refuse":
        raise Refused("not this one")
    if arguments["line"] == "remove":
        return None
    line = secrets.get(arguments["line"], arguments["line"])
    return text if text and line in text.split("\n") else "%s%s\n" % (text or "", line)


@pytest.fixture(autouse=True)
def edits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate, "EDITS", {"append": append})


class Fake(Door):
    """Answers commands from a table, files from the real host."""

    def __init__(self, **answers: str) -> None:
        super().__init__()
        self.answers = {"dpkg_query": "installed here\n", **answers}

    def run(self, argv: Any, seconds: float = 0, stdin: str = "", environment: Any = None) -> Completed:
        return Completed(0, self.answers[argv[0].replace("-", "_")], "")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(Fake(), str(tmp_path))


def file(path: Path, content: str, control: str = "c1", **more: Any) -> Step:
    step = {"kind": "file", "control": control, "task": "T", "path": str(path), "content": content, "mode": "0644"}
    return {**step, **ME, **more}


def edit(path: Path, line: str, control: str = "c1", **more: Any) -> Step:
    step = {"kind": "edit", "control": control, "task": "T", "path": str(path), "edit": "append", "create": "0640"}
    return {**step, "arguments": {"line": line}, "mode": None, "owner": None, "group": None, **more}


def build(plan: list[Step], host: Host, **secrets: str) -> Candidate:
    return candidate.build(plan, {}, secrets, host)


def test_later_steps_work_on_what_earlier_ones_made(tmp_path: Path, host: Host) -> None:
    path = tmp_path / "file"
    path.write_text("0\n")
    built = build([edit(path, "1"), edit(path, "2", "c2"), edit(path, "1", "c3")], host)
    assert built.files.changed()[str(path)].content == b"0\n1\n2\n"
    shown = [(change["control"], change["before"], change["after"]) for change in built.shown({})]
    assert shown == [("c1", "0\n", "0\n1\n"), ("c2", "0\n1\n", "0\n1\n2\n")]
    assert path.read_text() == "0\n"


def test_a_refused_step_takes_its_whole_control_along(tmp_path: Path, host: Host) -> None:
    plan = [file(tmp_path / "a", "a", "c1"), edit(tmp_path / "b", "1", "c2"), edit(tmp_path / "c", "refuse", "c1")]
    built = build(plan, host)
    assert built.refused == {"c1": "not this one"}
    assert list(built.files.changed()) == [str(tmp_path / "b")]


def test_nothing_is_changed_where_all_is_so_already(tmp_path: Path, host: Host) -> None:
    path = tmp_path / "file"
    path.write_text("a")
    path.chmod(0o644)
    built = build([file(path, "a"), {**file(tmp_path / "none", ""), "kind": "absent"}], host)
    assert built.changes == []
    assert built.empty()


def test_a_new_mode_alone_is_a_change(tmp_path: Path, host: Host) -> None:
    path = tmp_path / "file"
    path.write_text("a")
    path.chmod(0o666)
    (change,) = build([file(path, "a")], host).shown({})
    assert change["before"] == change["after"] == "a"
    assert change["rights"]["before"].startswith("0666 ")


def test_a_step_that_undoes_another_leaves_no_change(tmp_path: Path, host: Host) -> None:
    path = tmp_path / "file"
    built = build([edit(path, "1"), edit(path, "remove", "c2")], host)
    assert built.files.changed() == {}


def test_bytes_that_are_no_text_stay(tmp_path: Path, host: Host) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe\n")
    assert build([edit(path, "1")], host).files.changed()[str(path)].content == b"\xff\xfe\n1\n"


def test_packages_come_first_wherever_they_stand(tmp_path: Path, host: Host) -> None:
    package = {"kind": "package", "control": "c1", "task": "T", "name": "new", "provides": ["/usr/lib/*/new.so"]}
    built = build([file(tmp_path / "a", "a"), package, {**package, "name": "here"}], host)
    assert built.packages == ["new"]
    assert built.provides == ["/usr/lib/*/new.so"]


def test_an_unknown_kind_is_a_mistake_of_the_plan(host: Host) -> None:
    with pytest.raises(Problem, match="no such kind: command"):
        build([{"kind": "command", "control": "c", "task": "T"}], host)


@pytest.mark.parametrize("path", ["relative", "/etc/../etc/shadow", "/etc/", "/etc/x\0y"])
def test_only_plain_absolute_paths(path: str) -> None:
    with pytest.raises(Refused, match="absolute path"):
        places.real(path)


def test_links_out_of_etc_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr/bin/passwd")
    with pytest.raises(Refused, match=r"could be somebody else's|neither in /etc"):
        places.real(str(tmp_path / "link"))


def test_hard_links_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("x")
    os.link(tmp_path / "one", tmp_path / "two")
    with pytest.raises(Refused, match="2 names"):
        places.real(str(tmp_path / "one"))
    with pytest.raises(Refused, match="not a regular file"):
        places.real(str(tmp_path))


@pytest.mark.parametrize(
    ("path", "mode", "text", "hidden"),
    [
        ("/etc/issue", 0o644, "hello", False),
        ("/etc/ssh/sshd_config.d/00-a.conf", 0o600, "MaxAuthTries 4", False),
        ("/etc/sudoers.d/a", 0o440, "%a ALL=(ALL) ALL", False),
        ("/etc/users.oath", 0o600, "HOTP/T30/6 a - 00", True),
        ("/etc/users.oath", 0o644, "HOTP/T30/6 a - 00", True),
        ("/etc/duo/pam_duo.conf", 0o644, "skey = abc", True),
        ("/etc/shadow", 0o640, "", True),
        ("/etc/copy", 0o644, "root:$y$j9T$salt$hash:1::::::", True),
        ("/etc/other", 0o644, "contains swordfish here", True),
    ],
)
def test_secrets_are_not_shown(path: str, mode: int, text: str, hidden: bool) -> None:
    assert masking.hidden(path, [File(text.encode(), mode)], ["swordfish"]) is hidden


def test_secret_steps_are_never_shown(tmp_path: Path, host: Host) -> None:
    built = build([edit(tmp_path / "a", "seed", secret=True), edit(tmp_path / "a", "2", "c2")], host, seed="abc")
    assert built.files.changed()[str(tmp_path / "a")].content == b"abc\n2\n"
    assert all(change["masked"] and change["after"] is None for change in built.shown({"seed": "abc"}))


def staged(tmp_path: Path, **files: str | None) -> StagedDoor:
    given = {
        str(tmp_path / "host" / name.replace("__", "/")): File(None if text is None else text.encode())
        for name, text in files.items()
    }
    return StagedDoor(str(tmp_path / "stage"), given, ["/nowhere/lib/*/security/pam_new.so", "/usr/sbin/newprogram"])


def test_the_staged_door_shows_the_candidate(tmp_path: Path) -> None:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "old").write_text("old")
    (folder / "same").write_text("same")
    door = staged(tmp_path, old=None, new="new", deep__er__file="deep")
    assert door.list(str(folder)) == ["deep", "new", "same"]
    assert door.list(str(folder / "deep")) == ["er"]
    assert door.list(str(folder / "deep" / "er")) == ["file"]
    assert door.stat(str(folder / "deep")).kind == "dir"
    assert door.read(str(folder / "new")) == "new"
    assert door.read(str(folder / "same")) == "same"
    assert not door.exists(str(folder / "old"))
    assert door.stat(str(folder / "new")).mode == 0o644
    assert door.list("/nowhere/lib/x86/security") == ["pam_new.so"]
    assert door.exists("/nowhere/lib/x86/security/pam_new.so")
    assert not door.exists("/nowhere/lib/x86/more/security/pam_new.so")
    assert door.which("newprogram") == "/usr/sbin/newprogram"


def test_the_name_services_list_the_candidates_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path("/etc/group").read_text()
    door = StagedDoor(str(tmp_path), {"/etc/group": File(b"root:x:0:\nstaff:x:50:anna\n")})
    monkeypatch.setattr(Door, "run", lambda *_arguments: Completed(0, before + "far:*:9000:anna\n", ""))
    assert door.run(["getent", "group"]).out == "root:x:0:\nstaff:x:50:anna\nfar:*:9000:anna\n"
    assert door.run(["getent", "passwd"]).out == before + "far:*:9000:anna\n"


def test_sshd_is_asked_about_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "host"
    (folder / "d").mkdir(parents=True)
    (folder / "d" / "2.conf").write_text("Two\n")
    main = folder / "sshd_config"
    main.write_text(f'# first\nInclude "{folder}/d/*.conf"\nInclude {folder}/none/*\nLast\n')
    door = staged(tmp_path, **{"d__1.conf": "One\n"})
    asked: list[list[str]] = []

    def answer(_door: Door, argv: list[str], *_more: object) -> Completed:
        asked.append(list(argv))
        return Completed(1, "", f"{tmp_path}/stage/sshd/000: line 1: Bad option")

    monkeypatch.setattr(Door, "run", answer)
    done = door.run(["sshd", "-T", "-f", str(main), "-C", "user=a"])
    copy = Path(asked[0][asked[0].index("-f") + 1])
    assert asked[0][-2:] == ["-C", "user=a"]
    lines = copy.read_text().split("\n")
    assert (lines[0], lines[2], lines[3]) == ("# first", "#", "Last")
    assert [Path(path).read_text() for path in lines[1].split()[1:]] == ["One\n", "Two\n"]
    assert done.err == f"{folder}/d/1.conf: line 1: Bad option"


def test_the_guilty_control_is_found_by_leaving_it_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refusals(built: Candidate, _door: StagedDoor) -> Iterator[tuple[str, str]]:
        if "bad" in built.touched.get("/etc/ssh/x", []):
            yield "/etc/ssh/sshd_config", "sshd refuses it"

    def rebuild(refused: Mapping[str, str]) -> tuple[Candidate, StagedDoor]:
        built = Candidate()
        built.refused = dict(refused)
        built.touched = {"/etc/ssh/x": [control for control in ("good", "bad", "fine") if control not in refused]}
        return built, StagedDoor(str(tmp_path), {})

    monkeypatch.setattr(owners, "refusals", refusals)
    built, _door = owners.check(*rebuild({}), rebuild)
    assert built.refused == {"bad": "sshd refuses it"}


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("Aide 0.16\n\nCompiled with", "database="),
        ("AIDE 0.17.4\n", "database_in="),
        ("AIDE 0.19.2\n", "database_in="),
        ("AIDE 1.0\n", "database_in="),
        (None, "database_in="),
    ],
)
def test_aide_is_configured_as_its_version_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, option: str
) -> None:
    def answer(_door: Door, argv: list[str], *_more: object) -> Completed:
        if said is None:
            raise Missing("aide is not installed")
        # Older ones say it on their standard error.
        return Completed(0, "", said)

    monkeypatch.setattr(Door, "run", answer)
    text = "database_in=file:/a/aide.db\ndatabase_out=file:/a/aide.db.new\n"
    (file,) = programs.STAGED["aide"]({"content": text}, Files(), Host(Door(), str(tmp_path))).values()
    assert (file.content or b"").decode() == text.replace("database_in=", option)
    assert file.rights() == "0600 0:0"


Answer = Callable[[list[str]], Completed]


def refused(monkeypatch: pytest.MonkeyPatch, door: StagedDoor, path: str, answer: Answer, *coming: str) -> list[str]:
    """Return what owning programs that answer so have against a candidate's file. coming: packages of its plan."""
    monkeypatch.setattr(Door, "which", lambda _door, program: "/usr/sbin/" + program)
    monkeypatch.setattr(Door, "run", lambda _door, argv, *_more: answer(argv))
    built = Candidate()
    built.files[path] = File(b"new\n")
    built.packages += coming
    built.services["nftables.service"] = "reload"
    found = list(owners.refusals(built, door))
    assert {name for name, _reason in found} <= {path}
    return [reason for _name, reason in found]


def test_aide_refuses_its_configuration_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = aide_conf.CONFIG
    door = StagedDoor(str(tmp_path), {path: File(b"database_in=file:/a\nreport_url=file:/gone/aide.log\n")})
    said = f"  ERROR: {tmp_path}/aide.conf:1: unexpected character: ':'\n"
    assert refused(monkeypatch, door, path, lambda _argv: Completed(17, "", said)) == [
        "aide refuses it: ERROR: /etc/bulwark/aide.conf:1: unexpected character: ':'"
    ]
    # It is not to open what it reports to.
    assert (tmp_path / "aide.conf").read_text() == "database_in=file:/a\n#\n"
    assert refused(monkeypatch, door, path, lambda _argv: Completed(0, "", "")) == []


def test_rsyslogd_is_asked_once_its_packages_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/etc/rsyslog.d/zz-new.conf"
    door = StagedDoor(str(tmp_path), {"/etc/rsyslog.conf": File(b""), path: File(b"new\n")})

    def answer(argv: list[str]) -> Completed:
        said = "rsyslogd: could not load module 'omrelp' [v8.2302.0]\n"
        return Completed(1, "", said) if "-f" in argv else Completed(0, "", "")

    assert refused(monkeypatch, door, path, answer, "rsyslog-relp") == []
    for coming in ((), ("chrony",)):
        assert refused(monkeypatch, door, path, answer, *coming) == [
            "rsyslogd refuses it: rsyslogd: could not load module 'omrelp'"
        ]


@pytest.mark.parametrize(
    ("holds", "reasons"),
    [
        ('{"table": {"family": "ip", "name": "a"}}', []),
        (
            '{"table": {"family": "ip", "name": "a"}}, {"table": {"family": "ip", "name": "docker"}}',
            ["to load it again flushes what others put into the kernel: table ip docker is in the kernel and not in "
             "the file"],
        ),
        ("1", ["what it would take from the kernel to load it again can't be told: nft -j list ruleset: not "
               "understood (AttributeError)"]),
    ],
)  # fmt: skip
def test_a_firewall_is_not_loaded_again_over_what_others_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: str, reasons: list[str]
) -> None:
    door = StagedDoor(str(tmp_path), {})
    monkeypatch.setattr(Door, "read", lambda _door, _path, *_more: "flush ruleset\ntable ip a {\n}\n")

    def answer(argv: list[str]) -> Completed:
        return Completed(0, '{"nftables": [%s]}' % holds if "list" in argv else "", "")

    assert refused(monkeypatch, door, "/etc/nftables.conf", answer) == reasons


def test_programs_that_cannot_be_tried(tmp_path: Path) -> None:
    """authselect and update-crypto-policies, whose hosts no container here can be: by their recorded answers."""
    host = Host(Fake(authselect="sssd with-mkhomedir\n"), str(tmp_path))
    arguments = {"features": ["with-faillock", "with-mkhomedir"]}
    assert programs.features(arguments, host) == ("sssd with-mkhomedir", "sssd with-mkhomedir with-faillock")
    assert programs.feature_commands(arguments, host) == [["authselect", "enable-feature", "with-faillock"]]
    step = {"kind": "program", "control": "c", "task": "T", "name": "authselect", "arguments": arguments}
    built = build([step], host)
    assert [change["kind"] for change in built.changes] == ["program"]
    assert not built.empty()
    assert build([{**step, "arguments": {"features": ["with-mkhomedir"]}}], host).empty()
    assert programs.policy_commands({"policy": "DEFAULT:NO-SHA1"}, host) == [
        ["update-crypto-policies", "--set", "DEFAULT:NO-SHA1"]
    ]


def test_other_programs_are_refused(host: Host) -> None:
    step = {"kind": "program", "control": "c", "task": "T", "name": "sh", "arguments": {}}
    assert build([step], host).refused == {"c": "there is no program sh"}


def test_mode_changes_permission_bits_and_nothing_else(tmp_path: Path, host: Host) -> None:
    passwd, folder = tmp_path / "passwd", tmp_path / "home"
    passwd.write_text("root\n", encoding="utf-8")
    passwd.chmod(0o666)
    folder.mkdir(mode=0o755)
    steps = [
        {"kind": "mode", "path": str(path), "mode": bits, "control": "lin-x", "task": "t"}
        for path, bits in ((passwd, "0644"), (folder, "0750"))
    ]
    built = candidate.build(steps, {}, {}, host)
    assert built.files.changed()[str(passwd)].mode == 0o644
    assert built.files.changed()[str(passwd)].content == b"root\n"
    assert built.changed_folders()[str(folder)]["mode"] == 0o750
    assert [(change["before"], change["after"]) for change in built.shown({})] == [
        ("mode 0666", "mode 0644"),
        ("mode 0755", "mode 0750"),
    ]
    gone = [{"kind": "mode", "path": str(tmp_path / "gone"), "mode": "0600", "control": "lin-x", "task": "t"}]
    assert "does not exist" in candidate.build(gone, {}, {}, host).refused["lin-x"]
