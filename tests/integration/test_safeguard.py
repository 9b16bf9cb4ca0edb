# SPDX-License-Identifier: GPL-3.0-or-later
"""The safeguard on real hosts: a change is confirmed or gone, whatever happens in between."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.checkout import ROOT
from tests.lab.engine import Host, Lab
from tests.lab.images import host_image
from tests.lab.needed import NEEDS_CONTAINERS
from tests.lab.podman import podman

pytestmark = NEEDS_CONTAINERS

PAYLOAD = "/opt/safeguard.zip"
ROOM = "ansible_collections.bulwark.msp.plugins.module_utils.safeguard"
#: The module without AnsibleModule around it: no SSH, so that it can be called whatever became of sshd.
RUNNER = f"""
import json, resource, sys
sys.path.insert(0, "{PAYLOAD}")
from {ROOM} import call, operations, problem
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
asked = json.load(sys.stdin)
if asked["file_limit"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_limit"], asked["file_limit"]))
try:
    print(json.dumps(operations.run(call.of(asked["parameters"], asked["check"]))))
except (problem.Problem, Unreadable) as error:
    print(json.dumps({{"failed": True, "msg": str(error)}}))
"""
DEFAULTS: dict[str, Any] = {
    "run": "", "owner": "tester", "plan": [], "subjects": [], "areas": ["sshd"], "secrets": "", "leave": [],
    "to_run": "newest", "force": False, "confirm_seconds": 60.0, "keep_days": 365, "keep_runs": 20, "seconds": 60.0,
}  # fmt: skip
#: All that a change could leave: types, modes, owners, times, contents and links, units, packages.
EVERYTHING = r"""
look() {
  find /etc /var/lib /root /home \( -path /var/lib/bulwark -o -path /var/lib/dpkg -o -path /var/lib/apt \
    -o -path /var/lib/systemd \) -prune -o "$@"
}
look -type d -printf '%p %m %U:%G\n' -o -type l -printf '%p -> %l %U:%G\n' -o -type f -printf '%p %m %U:%G %T@\n' | sort
look -type f -print0 | sort -z | xargs -0 md5sum
systemctl list-unit-files --no-legend --no-pager | awk '{print $1, $2}'
systemctl list-units --no-legend --no-pager --plain --state=active --type=service,socket,timer | awk '{print $1}'
dpkg-query -W -f '${Package} ${db:Status-Status}\n'
"""
DROP_IN = "/etc/ssh/sshd_config.d/00-bulwark-tries.conf"

Answer = dict[str, Any]
Step = dict[str, Any]


def payload() -> bytes:
    """The host's side as AnsiballZ packs it: sources in a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for path in sorted((ROOT / "plugins" / "module_utils").rglob("*.py")):
            packed.write(path, f"ansible_collections/bulwark/msp/{path.relative_to(ROOT)}")
        for folder in ("", "/bulwark", "/bulwark/msp", "/bulwark/msp/plugins", "/bulwark/msp/plugins/module_utils"):
            name = f"ansible_collections{folder}/__init__.py"
            if name not in packed.namelist():
                packed.writestr(name, "")
    return buffer.getvalue()


def script(operation: str, check: bool = False, file_limit: int = 0, **parameters: Any) -> str:
    """The shell command that calls an operation. file_limit: bytes beyond which no file can be written."""
    asked = {"parameters": {**DEFAULTS, "operation": operation, **parameters}, "check": check}
    return f"exec python3 -c '{RUNNER}' <<'ASKED'\n{json.dumps({**asked, 'file_limit': file_limit})}\nASKED\n"


def ask(host: Host, operation: str, **options: Any) -> Answer:
    """Call an operation and return its answer; options as `script` takes them."""
    done = host.run(script(operation, **options), check=False)
    assert done.returncode == 0, done.stderr
    answer: Answer = json.loads(done.stdout)
    return answer


def file(path: str, content: str, control: str = "c-file", mode: str = "0644", **more: Any) -> Step:
    return {
        "kind": "file", "control": control, "task": "T", "path": path, "content": content, "mode": mode,
        "owner": "root", "group": "root", "reload": [], "restart": [], "boot_test": False, **more,
    }  # fmt: skip


def unit(name: str, control: str = "c-unit", **states: bool) -> Step:
    given = {"active": None, "enabled": None, "masked": None, **states}
    return {"kind": "unit", "control": control, "task": "T", "name": name, **given}


FIREWALL = """\
flush ruleset
table inet filter {
chain input {
type filter hook input priority filter; policy accept;
tcp dport 9 drop
}
}
"""
TRIES = file(DROP_IN, "MaxAuthTries 2\n", "c-tries", "0600", reload=["sshd"])
GONE = {"kind": "absent", "control": "c-gone", "task": "T", "path": "/etc/issue.net", "reload": [], "restart": []}
PLAN = [
    TRIES,
    file("/etc/made/deep/file", "made\n"),
    GONE,
    unit("fstrim.timer", masked=True),
    unit("dpkg-db-backup.timer", "c-stop", active=False, enabled=False),
]


def tries(host: Host) -> str:
    return host.run("sshd -T | sed -n 's/^maxauthtries //p'").stdout.strip()


def greets(host: Host) -> bool:
    """Whether the running sshd answers, by a connection from inside."""
    done = host.run("exec 3<>/dev/tcp/127.0.0.1/22; head -c4 <&3", check=False)
    return done.stdout == "SSH-"


def everything(host: Host) -> list[str]:
    return host.run(EVERYTHING).stdout.split("\n")


def changed(before: list[str], after: list[str]) -> list[str]:
    return sorted(set(before) ^ set(after))


def until(what: Any, seconds: float = 20) -> float:
    """Wait until `what()` is true; return how long it took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds, "it did not come about"
        time.sleep(0.2)
    return time.monotonic() - begun


def decided(host: Host) -> bool:
    return not ask(host, "status")["pending"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab("safeguard", tmp_path_factory.mktemp("lab"))
    yield made
    made.stop()


def fresh(lab: Lab, suite: str = "trixie") -> Host:
    host = lab.start(suite, suite)
    lab.wait_ssh([host])
    host.put(PAYLOAD, payload())
    host.run("touch -d 2020-02-02 /etc/issue.net; systemctl start fstrim.timer || true")
    return host


@pytest.fixture
def host(lab: Lab) -> Iterator[Host]:
    started = fresh(lab)
    yield started
    lab.stop([started])


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_what_is_simulated_is_what_changes_and_restore_brings_all_back(lab: Lab, suite: str) -> None:
    host = fresh(lab, suite)
    before = everything(host)
    simulated = ask(host, "simulate", plan=PLAN)
    assert everything(host) == before
    assert not host.run("ls -d /var/lib/bulwark /tmp/bulwark-*", check=False).stdout
    assert simulated["state"]["areas"]["sshd"]["settings"]["maxauthtries"] == ["2"]
    assert DROP_IN in simulated["state"]["areas"]["sshd"]["config_files"]
    assert ask(host, "apply", check=True, run="r1", plan=PLAN)["changes"] == simulated["changes"]

    applied = ask(host, "apply", run="r1", plan=PLAN)
    assert applied["armed"]
    assert applied["survives_reboot"]
    assert 50 < applied["seconds_left"] <= 60
    assert applied["changes"] == simulated["changes"]
    assert {change["control"] for change in applied["changes"]} == {"c-tries", "c-file", "c-gone", "c-unit", "c-stop"}
    assert tries(host) == "2"
    assert greets(host)
    assert ask(host, "confirm", run="r1") == {"changed": True, "confirmed": True, "still_running": []}
    assert not host.run("ls /etc/systemd/system | grep -i bulwark", check=False).stdout
    assert "bulwark" not in host.run("systemctl list-timers --all --no-pager").stdout

    again = ask(host, "apply", run="r2", plan=PLAN)
    assert not again["changed"]
    assert again["changes"] == []

    preview = ask(host, "restore", check=True, run="r3", to_run="first")
    assert preview["changed"]
    restored = ask(host, "restore", run="r3", to_run="first")
    assert restored["changes"] == preview["changes"]
    assert restored["conflicts"] == []
    assert ask(host, "confirm", run="r3")["confirmed"]
    assert changed(before, everything(host)) == []
    assert not ask(host, "restore", run="r4")["changed"]

    assert ask(host, "forget") == {"changed": True}
    assert ask(host, "forget") == {"changed": False}
    assert not host.run("find / -xdev -name '*bulwark*' -not -path '/proc/*' -print", check=False).stdout
    lab.stop([host])


def test_nobody_confirms(host: Host) -> None:
    before = everything(host)
    applied = ask(host, "apply", run="r1", plan=PLAN, confirm_seconds=8)
    returned = time.monotonic()
    assert tries(host) == "2"
    until(lambda: decided(host))
    assert time.monotonic() - returned < applied["seconds_left"] + 15
    assert changed(before, everything(host)) == []
    assert tries(host) == "6"
    assert greets(host)
    status = ask(host, "status")
    assert status["reverted"]["reason"] == "it was not confirmed in time"
    assert status["lock"] is None
    late = ask(host, "confirm", run="r1")
    assert late["failed"]
    assert "not confirmed in time" in late["msg"]
    # The same run may be tried once more.
    assert ask(host, "apply", run="r1", plan=[TRIES])["armed"]
    assert ask(host, "confirm", run="r1")["confirmed"]


def test_it_is_taken_back_when_asked(host: Host) -> None:
    before = everything(host)
    ask(host, "apply", run="r1", plan=PLAN)
    assert "waits for its confirmation" in ask(host, "forget")["msg"]
    assert DROP_IN in ask(host, "revert", run="r1")["reverted"]
    assert changed(before, everything(host)) == []
    assert ask(host, "revert", run="r1") == {"changed": False, "reverted": [], "after_reboot": []}


def test_a_reboot_before_the_confirmation(host: Host) -> None:
    before = everything(host)
    ask(host, "apply", run="r1", plan=PLAN)
    # A container keeps its boot's id when it boots anew.
    begun = int(time.time())
    podman("restart", "-t", "30", host.container)
    until(lambda: host.run("systemctl is-active ssh", check=False).stdout.strip() == "active", 30)
    units = "-u bulwark-putback.service -u ssh.service"
    order = host.run(f"journalctl --since @{begun} -o cat --no-pager {units}", check=False).stdout
    assert order.find("Put back what was changed") < order.index("Starting ssh.service")
    assert "started anew" in ask(host, "status")["reverted"]["reason"]
    assert tries(host) == "6"
    # Podman writes two of these files at each start; units of the first boot ran in the first boot only.
    lines = [line for line in changed(before, everything(host)) if line.startswith("/") or ".timer" in line]
    assert not [line for line in lines if "/etc/hosts" not in line and "/etc/resolv.conf" not in line]


def test_the_controller_is_killed_while_it_applies(host: Host) -> None:
    before = everything(host)
    # A unit that takes its time: the module is killed in the middle of its change.
    host.put("/etc/systemd/system/slow.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 30\n")
    host.run("systemctl daemon-reload")
    with_unit = everything(host)
    plan = [TRIES, unit("slow.service", active=True)]
    asked = script("apply", run="r1", confirm_seconds=10.0, plan=plan)
    applying = threading.Thread(target=lambda: host.run(asked, check=False))
    applying.start()
    until(lambda: "activating" in host.run("systemctl is-active slow.service", check=False).stdout)
    host.run("pkill -9 -f 'python3 -c'")
    applying.join()
    assert tries(host) == "2"
    until(lambda: decided(host))
    assert changed(with_unit, everything(host)) == []
    host.run("rm /etc/systemd/system/slow.service; systemctl daemon-reload")
    assert changed(before, everything(host)) == []


def test_sshd_that_does_not_come_back(host: Host) -> None:
    before = everything(host)
    # Its configuration is fine; that the port is taken shows only when it listens.
    host.run(
        "systemd-run --quiet --unit taken python3 -m http.server --bind :: 2222"
        "\nuntil ss -ltn | grep -q :2222; do sleep 0.1; done"
    )
    answer = ask(host, "apply", run="r1", plan=[file(DROP_IN, "Port 2222\n", reload=["sshd"])])
    assert answer["failed"]
    assert "everything was put back" in answer["msg"]
    assert greets(host)
    host.run("systemctl stop taken")
    assert changed(before, everything(host)) == []
    assert ask(host, "status")["pending"] is None


def test_a_full_disk(host: Host) -> None:
    before = everything(host)
    big = [file(f"/etc/big-{number}", "x" * 900_000, f"c-{number}") for number in range(3)]
    # No file may grow beyond this, so that the second write fails as it does where the disk is full.
    limited = ask(host, "apply", file_limit=600_000, run="r1", plan=[TRIES, *big])
    assert limited["failed"]
    assert "nothing was changed" in limited["msg"] or "everything was put back" in limited["msg"]
    assert changed(before, everything(host)) == []
    assert decided(host)


def test_two_runs_at_once(host: Host) -> None:
    ask(host, "apply", run="r1", owner="first@there", plan=[TRIES])
    other = ask(host, "apply", run="r2", owner="second@there", plan=PLAN)
    assert other["failed"]
    assert "r1 of first@there waits" in other["msg"]
    simulated = ask(host, "simulate", run="r2", plan=PLAN)
    assert "locked by first@there (run r1) until" in simulated["problems"][0]
    assert "not run r2" in ask(host, "revert", run="r2")["msg"]
    ask(host, "confirm", run="r1")
    assert ask(host, "apply", run="r2", plan=PLAN)["armed"]


def test_a_refused_control_is_left_out_whole(host: Host) -> None:
    wrong = [
        file("/etc/ssh/sshd_config.d/01-wrong.conf", "Nonsense yes\n", "c-wrong", "0600", reload=["sshd"]),
        file("/etc/made-by-wrong", "x\n", "c-wrong"),
        file("/etc/sudoers.d/zz-wrong", "%people ALL==\n", "c-sudo", "0440"),
        file("/root/../etc/shadow", "x\n", "c-dots"),
        file("/var/lib/bulwark/putback.py", "x\n", "c-ours"),
    ]
    host.run("ln -s /usr/bin/passwd /etc/link; install -d -o 1000 /srv/users; ln -s /etc/shadow /srv/users/file")
    wrong += [file("/etc/link", "x\n", "c-link"), file("/srv/users/file", "x\n", "c-users")]
    applied = ask(host, "apply", run="r1", plan=[TRIES, *wrong])
    assert applied["refused"] == {
        "c-wrong": f"sshd refuses it: {wrong[0]['path']}: line 1: Bad configuration option: Nonsense",
        "c-sudo": "visudo refuses it: /etc/sudoers.d/zz-wrong:1:13: syntax error",
        "c-dots": "/root/../etc/shadow is not an absolute path of a file",
        "c-ours": "/var/lib/bulwark/putback.py is the safeguard's own",
        "c-link": "/etc/link leads to /usr/bin/passwd, which is neither in /etc nor in /var/lib",
        "c-users": "/srv/users/file: the link /srv/users/file could be somebody else's than root's",
    }
    assert {change["control"] for change in applied["changes"]} == {"c-tries"}
    assert not host.run("ls /etc/made-by-wrong", check=False).stdout
    ask(host, "revert", run="r1")


def test_what_others_put_into_the_firewall_is_not_flushed(host: Host) -> None:
    host.put("/etc/nftables.conf", FIREWALL)
    host.run("systemctl start nftables")
    logs = file("/etc/nftables.conf", FIREWALL.replace("}\n}", "log\n}\n}"), "c-log", reload=["nftables.service"])
    assert ask(host, "simulate", plan=[logs])["refused"] == {}
    for more in ("rule inet filter input tcp dport 10 drop", "chain inet filter f2b", "table ip docker"):
        host.run("nft add " + more)
        assert "flushes what others put into the kernel" in ask(host, "simulate", plan=[logs])["refused"]["c-log"]
        host.run("systemctl reload nftables")
    assert ask(host, "apply", run="r1", plan=[logs])["refused"] == {}
    assert "log" in host.run("nft list ruleset").stdout.split()
    ask(host, "revert", run="r1")


def test_aide_is_asked_before_its_configuration_is_there(host: Host) -> None:
    content = "database_in=file:/gone/aide.db\nreport_url=file:/gone/aide.log\nreport_url=stdout\n/etc p+u\n"
    for said, refused in ((content, {}), ("%snonsense=file:/x\n" % content, {"c-aide": "aide refuses it: ERROR: "})):
        step = {"kind": "program", "control": "c-aide", "task": "T", "name": "aide", "arguments": {"content": said}}
        found = ask(host, "simulate", plan=[step, TRIES])
        assert {control: reason[:24] for control, reason in found["refused"].items()} == refused
        assert "c-tries" in {change["control"] for change in found["changes"]}


def test_pam_auth_update_writes_what_was_simulated(host: Host) -> None:
    host.put(
        "/usr/share/pam-configs/tester",
        "Name: Tester\nDefault: no\nPriority: 10\nAuth-Type: Additional\nAuth:\n\toptional pam_echo.so\n",
    )
    step = {"kind": "program", "control": "c-pam", "task": "T", "name": "pam-auth-update",
            "arguments": {"enable": ["tester"]}}  # fmt: skip
    before = everything(host)
    cache = host.run("md5sum /var/cache/debconf/*.dat").stdout
    applied = ask(host, "apply", run="r1", plan=[step])
    written = host.run("cat /etc/pam.d/common-* /var/lib/pam/auth").stdout
    assert "pam_echo.so" in written
    assert "/etc/pam.d/common-auth" in {change["name"] for change in applied["changes"]}
    assert host.run("md5sum /var/cache/debconf/*.dat").stdout == cache
    ask(host, "revert", run="r1")
    assert changed(before, everything(host)) == []
    # The program itself would have written the same, and finds nothing left to do.
    ask(host, "apply", run="r2", plan=[step])
    host.run("DEBIAN_FRONTEND=noninteractive pam-auth-update --package")
    assert host.run("cat /etc/pam.d/common-* /var/lib/pam/auth").stdout == written
    ask(host, "confirm", run="r2")
    host.run("sed -i '1i auth optional pam_echo.so' /etc/pam.d/common-auth; echo >>/var/lib/pam/auth")
    host.run("sed -i '/Primary/a auth optional pam_foo.so' /etc/pam.d/common-auth")
    host.run("cp /usr/share/pam-configs/tester /usr/share/pam-configs/other")
    step["arguments"] = {"enable": ["other"]}
    assert "changed by hand" in ask(host, "simulate", plan=[step])["refused"]["c-pam"]


def test_conflicts_stop_a_restore_until_forced(host: Host) -> None:
    before = everything(host)
    ask(host, "apply", run="r1", plan=PLAN)
    ask(host, "confirm", run="r1")
    host.run(f"echo 'LoginGraceTime 30' >>{DROP_IN}")
    refused = ask(host, "restore", run="r2", to_run="r1")
    assert refused["conflicts"] == [{"path": DROP_IN, "why": "somebody changed it since run r1"}]
    assert not refused["armed"]
    assert host.run("ls /etc/made/deep/file").stdout
    assert ask(host, "restore", run="r2", to_run="r1", force=True)["armed"]
    ask(host, "confirm", run="r2")
    assert changed(before, everything(host)) == []
    assert "no run nosuch" in ask(host, "restore", run="r3", to_run="nosuch")["msg"]


def test_a_restore_that_nobody_confirms_leaves_the_run_in_force(host: Host) -> None:
    ask(host, "apply", run="r1", plan=PLAN)
    ask(host, "confirm", run="r1")
    hardened = everything(host)
    ask(host, "restore", run="r2", confirm_seconds=8)
    until(lambda: decided(host))
    assert changed(hardened, everything(host)) == []
    assert tries(host) == "2"
    assert ask(host, "restore", run="r3")["armed"]


def test_going_back_through_several_runs(host: Host) -> None:
    before = everything(host)
    for run, count in (("r1", 2), ("r2", 3), ("r3", 4)):
        ask(host, "apply", run=run, keep_runs=1, plan=[{**TRIES, "content": f"MaxAuthTries {count}\n"}])
        ask(host, "confirm", run=run)
    # The second was folded into the first.
    assert [run["run"] for run in ask(host, "status")["runs"]] == ["r1", "r3"]
    ask(host, "restore", run="b1")
    ask(host, "confirm", run="b1")
    assert tries(host) == "3"
    ask(host, "restore", run="b2", to_run="first")
    ask(host, "confirm", run="b2")
    assert changed(before, everything(host)) == []


def test_packages_come_and_go(host: Host) -> None:
    before = everything(host)
    plan = [
        {"kind": "package", "control": "c-box", "task": "T", "name": "bulwark-test", "provides": ["/usr/sbin/boxd"]},
        file("/etc/boxd.conf", "ours\n", "c-box"),
        TRIES,
    ]
    simulated = ask(host, "simulate", run="r1", plan=plan)
    assert simulated["packages"] == ["bulwark-test"]
    refused = ask(host, "apply", run="r0", plan=plan)
    assert refused["refused"] == {"c-box": "package bulwark-test is not installed"}
    ask(host, "revert", run="r0")

    assert ask(host, "prepare", run="r1", plan=plan)["prepared"]
    host.run(PACKAGE)
    applied = ask(host, "apply", run="r1", plan=plan)
    assert applied["refused"] == {}
    ask(host, "confirm", run="r1")
    # Somebody's new password must survive going back, though the package added a line to the same file.
    host.run("echo 'ansible:new-password' | chpasswd")
    password = host.run("grep ^ansible: /etc/shadow").stdout
    first = ask(host, "restore", run="r2", to_run="first")
    assert first["packages"] == ["bulwark-test"]
    assert first["conflicts"] == []
    ask(host, "confirm", run="r2")
    assert host.run("cat /etc/boxd.conf").stdout == "theirs\n"
    host.run("dpkg --purge bulwark-test 2>&1")
    assert host.run("grep ^boxd: /etc/passwd", check=False).stdout, "its purge leaves the account, as many do"
    second = ask(host, "restore", run="r2", to_run="first", force=True)
    assert second["armed"]
    ask(host, "confirm", run="r2")
    assert host.run("grep ^ansible: /etc/shadow").stdout == password
    left = [line for line in changed(before, everything(host)) if "/etc/shadow" not in line]
    assert left == []
    assert ask(host, "restore", run="r2", to_run="first", force=True)["changed"] is False


#: A package as they come: a file of configuration, an account, an enabled unit, an edit of somebody else's file.
PACKAGE = r"""
work=$(mktemp -d); cd "$work"
mkdir -p p/DEBIAN p/etc p/usr/sbin p/lib/systemd/system
echo theirs >p/etc/boxd.conf; echo /etc/boxd.conf >p/DEBIAN/conffiles
printf '#!/bin/sh\n' >p/usr/sbin/boxd; chmod 0755 p/usr/sbin/boxd
printf '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n' \
  >p/lib/systemd/system/boxd.service
printf 'Package: bulwark-test\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.example>\nDescription: test\n' \
  >p/DEBIAN/control
cat >p/DEBIAN/postinst <<'POSTINST'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
useradd -r -M -s /usr/sbin/nologin boxd
systemctl enable boxd.service
echo "# boxd" >>/etc/services
POSTINST
chmod 0755 p/DEBIAN/postinst
dpkg-deb -b p bulwark-test.deb >/dev/null && dpkg -i bulwark-test.deb
"""


def test_a_boot_that_shows_what_was_wrong(host: Host) -> None:
    """An address that is not there after the boot: what changed it is put back, and the rest of the run stays."""
    host.run("ip address add 192.0.2.10/32 dev lo")
    listen = file(
        "/etc/ssh/sshd_config.d/00-bulwark-listen.conf", "ListenAddress 0.0.0.0\nListenAddress 192.0.2.10\n",
        "c-listen", "0600", restart=["sshd"], boot_test=True,
    )  # fmt: skip
    assert ask(host, "apply", run="r1", plan=[TRIES, listen])["armed"]
    ask(host, "confirm", run="r1")
    assert ask(host, "status")["boot_test"]["runs"] == ["r1"]
    host.run("sed -i 's/^BOOT_TEST_SECONDS = .*/BOOT_TEST_SECONDS = 5/' /var/lib/bulwark/putback.py")
    podman("restart", "-t", "30", host.container)
    until(lambda: "passed" in ask(host, "status")["boot_test"], 60)
    outcome = ask(host, "status")["boot_test"]
    assert not outcome["passed"]
    assert outcome["silent"] == ["192.0.2.10 port 22"]
    assert outcome["reverted"] == [listen["path"]]
    assert tries(host) == "2"
    until(lambda: greets(host))
    assert not host.run("find /etc -name '*bulwark*.service'").stdout


def test_a_boot_that_shows_nothing_wrong(host: Host) -> None:
    listen = file(DROP_IN, "ListenAddress 0.0.0.0\n", "c-listen", "0600", restart=["sshd"], boot_test=True)
    ask(host, "apply", run="r1", plan=[listen])
    ask(host, "confirm", run="r1")
    podman("restart", "-t", "30", host.container)
    until(lambda: "passed" in ask(host, "status")["boot_test"], 60)
    assert ask(host, "status")["boot_test"]["passed"]
    assert host.run(f"cat {DROP_IN}").stdout == "ListenAddress 0.0.0.0\n"


def test_a_read_only_etc_is_told_before_anything_is_touched(host: Host) -> None:
    """Containers may not mount; a private mount namespace of the calling shell may."""
    mounted = host.run("mount --bind /etc /etc && mount -o remount,bind,ro /etc", check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets no container mount")
    answer = ask(host, "simulate", plan=[TRIES])
    assert answer["problems"] == ["/etc/ssh/sshd_config.d can't be written: it is mounted read-only"]


@pytest.fixture
def lone(lab: Lab) -> Iterator[Host]:
    """A Debian 12 on which sshd runs and no systemd."""
    host = Host("lone", "safeguard-lone", "bookworm", 0)
    label = f"bulwark.lab={lab.prefix}"
    start = "mkdir -p /run/sshd; ssh-keygen -A; /usr/sbin/sshd; exec sleep infinity"
    podman("run", "-d", "--name", host.container, "--label", label, host_image("bookworm"), "bash", "-c", start)
    host.put(PAYLOAD, payload())
    until(lambda: greets(host))
    yield host
    lab.stop([host])


def test_without_systemd(lone: Host) -> None:
    """A detached process stands in for the timer, a script of sysvinit for the boot unit."""
    files = "find /etc -type f -printf '%p %m %T@\\n'"
    before = lone.run(files).stdout
    answer = ask(lone, "apply", run="r1", plan=[TRIES, unit("fstrim.timer", masked=True)], confirm_seconds=8)
    assert answer["refused"] == {"c-unit": "fstrim.timer can't be set: this host does not run systemd"}
    assert answer["survives_reboot"]
    assert greets(lone)
    assert tries(lone) == "2"
    until(lambda: decided(lone))
    assert greets(lone)
    assert lone.run(files).stdout == before

    ask(lone, "apply", run="r2", plan=[TRIES])
    lone.run("pkill -f putback.py; sh /etc/rcS.d/S99bulwark-putback start")
    assert tries(lone) == "6"
    assert "started anew" in ask(lone, "status")["reverted"]["reason"]
    assert not lone.run("find /etc -name '*bulwark*'").stdout

    ask(lone, "apply", run="r3", plan=[TRIES])
    ask(lone, "confirm", run="r3")
    until(lambda: not lone.run("pgrep -f putback.py", check=False).stdout, 5)
    assert tries(lone) == "2"
