# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the kernel's audit: read as they are written and as they are printed, and held against what is wanted."""

from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.audit_coverage import Gap, Wanted, gap, unsaid
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.audit_rules import (
    UNSET,
    Condition,
    Rule,
    Unparsed,
    parse,
    parse_all,
)
from hypothesis import given
from hypothesis import strategies as st

PASSWD = Wanted("passwd", path="/etc/passwd")
PAM = Wanted("pam", path="/etc/pam.d", tree=True)
PEOPLE = (Condition("auid", ">=", 1000), Condition("auid", "!=", UNSET))
RUN = Wanted("run", syscalls=frozenset({"execve"}), conditions=PEOPLE, exempt={"auid": frozenset({1001})})
ROOT = Wanted(
    "root", syscalls=frozenset({"execve"}), conditions=(Condition("euid", "=", 0),),
    compares=frozenset({("euid", "!=", "uid")}),
)  # fmt: skip
KIM = Wanted("kim", syscalls=frozenset({"execve"}), conditions=(Condition("auid", "=", 1002),), key="msp")
BOTH = ("b64", "b32")
#: What `auditctl -l` prints on Debian 13 for -F arch=b64 -F path=... -F perm=wa.
TRIXIE = (
    "open,bind,truncate,ftruncate,rename,mkdir,rmdir,creat,link,unlink,symlink,chmod,fchmod,chown,fchown,lchown,mknod,"
    "acct,swapon,quotactl,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,openat,mkdirat,mknodat,"
    "fchownat,unlinkat,renameat,linkat,symlinkat,fchmodat,fallocate,renameat2,openat2"
)


def rule(text: str) -> Rule:
    found = parse(text)
    assert found is not None
    return found


def of_both(text: str) -> list[str]:
    """Return a rule for each architecture."""
    return [text % arch for arch in BOTH]


def missing(wanted: Wanted, *lines: str) -> str:
    """Return the kind of the gap, and its rule; nothing where there is none."""
    found = gap(wanted, parse_all(lines))
    return "" if found is None else " ".join(found).strip()


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        (
            "-a always,exit -F arch=b64 -S execve -F auid>=1000 -F auid!=unset -k exec",
            "-a always,exit -F arch=b64 -S execve -F auid>=1000 -F auid!=-1 -F key=exec",
        ),
        ("-a exit,always -F path=/etc/gshadow -F perm=aw -k ident", "-w /etc/gshadow -p wa -k ident"),
        ("-w /etc/sudoers.d/ -p wa -k identity", "-w /etc/sudoers.d -p wa -k identity"),
        ("-w /etc/hosts", "-w /etc/hosts -p rwxa"),
        (
            "-a always,exit -F arch=x86_64 -S execve -C euid!=uid -F euid=0",
            "-a always,exit -F arch=b64 -S execve -C uid!=euid -F euid=0",
        ),
        (
            "-a always,exit -F arch=b64 -S connect -F a2!=110 -k msp",
            "-a always,exit -F arch=b64 -S connect -F a2!=0x6E -F key=msp",
        ),
        (
            "-a always,exit -F arch=b64 -F path=/etc/shadow -F perm=wa -k ident",
            "-a always,exit -F arch=b64 -S %s -F path=/etc/shadow -F perm=wa -F key=ident" % TRIXIE,
        ),
    ],
)
def test_a_rule_is_the_same_as_it_is_written_and_as_it_is_printed(written: str, printed: str) -> None:
    assert rule(written).same(rule(printed))


def test_what_differs_is_not_the_same() -> None:
    one = rule("-a always,exit -F arch=b64 -S execve -F auid>=1000 -k exec")
    for other in ("-a never,exit", "-a always,exit -F arch=b32", "-a always,exit -F arch=b64 -S open"):
        assert not one.same(rule(other))
    assert not one.same(rule("-a always,exit -F arch=b64 -S execve -F auid>=1000 -k other"))


@pytest.mark.parametrize("line", ["", "# a comment", "-D", "-b 8192", "-e 2", "-i", "--backlog_wait_time 60000"])
def test_a_setting_is_no_rule(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize("line", ["-a", "-a always", "-a always,never", "-F auid=1", "-x y", "-a always,exit -C a<b"])
def test_what_is_no_rule_is_not_taken_for_one(line: str) -> None:
    with pytest.raises(Unparsed):
        parse(line)


def test_a_watch_does_for_a_file_and_a_folder_does_for_what_is_in_it() -> None:
    assert missing(PASSWD, "-w /etc/passwd -p wa -k identity") == ""
    assert missing(PASSWD, "-w /etc -p rwxa") == ""
    assert missing(PAM, "-w /etc/pam.d -p wa") == ""
    assert missing(PAM, "-w /etc/pam.d/sshd -p wa") == "missing"
    assert missing(PAM, "-a always,exit -F path=/etc/pam.d -F perm=wa") == "missing"


def test_rights_may_come_from_several_rules_and_must_all_come() -> None:
    assert missing(PASSWD, "-w /etc/passwd -p w") == "missing"
    assert missing(PASSWD, "-w /etc/passwd -p w", "-w /etc/passwd -p a") == ""


def test_both_kinds_of_calls_are_wanted() -> None:
    one = "-a always,exit -F arch=%s -S all -F path=/etc/passwd -F perm=wa"
    assert missing(PASSWD, one % "b64") == "missing"
    assert missing(PASSWD, *of_both(one)) == ""


def test_calls_that_are_named_must_be_all_that_change_a_file() -> None:
    one = "-a always,exit -F arch=%s -S " + TRIXIE + " -F path=/etc/passwd -F perm=wa"
    assert missing(PASSWD, *of_both(one)) == ""
    few = "-a always,exit -F arch=%s -S open,openat,creat -F path=/etc/passwd -F perm=wa"
    assert missing(PASSWD, *of_both(few)) == "missing"


def test_a_rule_for_some_outcomes_or_accounts_does_not_do() -> None:
    for limit in ("-F success=1", "-F auid>=1000", "-F uid!=33", "-F exe=/usr/bin/vi"):
        assert missing(PASSWD, *of_both("-a always,exit -F arch=%s -F path=/etc/passwd -F perm=wa " + limit)) != ""


def test_a_never_before_hides_and_one_behind_does_not() -> None:
    watch, never = "-w /etc/passwd -p wa", "-a never,exit -F arch=b64 -S all -F uid=33"
    assert missing(PASSWD, never, watch) == "hidden " + never
    assert missing(PASSWD, watch, never) == ""
    for apart in (
        "-a never,exit -F arch=b64 -S adjtimex", "-a never,exit -F dir=/var -F perm=w", "-w /etc/hosts -p r",
        "-a never,exit -F path=/etc/passwd -F perm=r",
    ):  # fmt: skip
        assert missing(PASSWD, apart, watch) == "", apart


def test_a_never_for_automation_alone_hides_nothing() -> None:
    run = of_both("-a always,exit -F arch=%s -S execve -F auid>=1000 -F auid!=-1 -F key=exec")
    assert missing(RUN, "-a never,exit -F arch=b64 -S execve -F auid=1001", *run) == ""
    never = "-a never,exit -F arch=b64 -S execve -F auid=1002"
    assert missing(RUN, never, *run) == "hidden " + never


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("-F auid>=1000 -F auid!=-1", ""),
        ("", ""),
        ("-F auid>=500", ""),
        ("-F auid>999 -F auid!=unset -F auid!=1001", ""),
        ("-F auid>=1000 -F auid!=1002", "missing"),
        ("-F auid>=2000", "missing"),
        ("-F auid=1000", "missing"),
    ],
)
def test_login_uids_are_compared_by_what_they_leave(fields: str, kind: str) -> None:
    assert missing(RUN, *of_both("-a always,exit -F arch=%s -S execve,execveat " + fields)) == kind


def test_a_comparison_of_two_fields_has_to_be_the_wanted_one() -> None:
    assert missing(ROOT, *of_both("-a always,exit -F arch=%s -S execve -C uid!=euid -F euid=0")) == ""
    assert missing(ROOT, *of_both("-a always,exit -F arch=%s -S execve -C euid!=uid")) == ""
    assert missing(ROOT, *of_both("-a always,exit -F arch=%s -S execve -C uid=euid")) == "missing"
    assert (
        missing(ROOT, *of_both("-a always,exit -F arch=%s -S execve -C uid!=euid -F euid=0 -F auid!=-1")) == "missing"
    )


def test_a_rule_without_architecture_means_the_machine_s_own_calls() -> None:
    assert missing(RUN, "-a always,exit -S execve -F auid>=1000") == "missing"
    assert missing(RUN, "-a always,exit -S all -F auid>=1000") == ""


def test_a_key_is_the_first_rule_s() -> None:
    own = of_both("-a always,exit -F arch=%s -S execve -F auid=1002 -F key=msp")
    run = of_both("-a always,exit -F arch=%s -S execve -F auid>=1000 -F key=exec")
    assert missing(KIM, *own, *run) == ""
    assert missing(KIM, *run, *own) == "otherwise " + run[0]
    assert missing(KIM, *of_both("-a always,exit -F arch=%s -S execve -F auid=1003 -F key=exec"), *own) == ""


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("-a never,task", True),
        ("-a never,task -F uid=1001", True),
        ("-a always,exclude -F msgtype=SYSCALL", True),
        ("-a always,exclude -F msgtype=EXECVE", True),
        ("-a never,exclude -F msgtype=1309 -F auid=1002", True),
        ("-a always,exclude -F msgtype>=1300 -F msgtype<=1310", True),
        ("-a always,exclude -F auid=1001", False),
        ("-a always,exclude -F msgtype=CWD", False),
        ("-a always,exclude -F msgtype=PATH", False),
        ("-a never,user -F uid=0", False),
        ("-a never,filesystem -F fstype=tracefs", False),
    ],
)
def test_other_lists_reach_every_rule(line: str, hidden: bool) -> None:
    run = of_both("-a always,exit -F arch=%s -S execve -F auid>=1000")
    assert missing(RUN, *run, line) == ("hidden " + line if hidden else "")


def test_a_file_system_that_is_left_out_hides_its_files() -> None:
    watch, never = "-w /etc/passwd -p wa", "-a never,filesystem -F fstype=0xEF53"
    assert missing(PASSWD, watch, never) == "hidden " + never
    assert missing(PASSWD, watch, "-a never,filesystem -F fstype=tracefs") == ""


def test_what_is_not_understood_is_not_passed_over_where_it_may_drop_something() -> None:
    watch, strange = "-w /etc/passwd -p wa", "-a never,exit -Z something"
    assert gap(PASSWD, parse_all([strange, watch])) == Gap("unsure", strange)
    assert missing(PASSWD, "-a always,exit -Z something", watch) == ""
    assert missing(PASSWD, watch, strange) == ""


@pytest.mark.parametrize(
    ("line", "dropped"),
    [
        ("-a never,user", True),
        ("-a never,user -F auid=1002", True),
        ("-a never,user -F auid=1003", False),
        ("-a never,user -F subj_type=crond_t", False),
        ("-a always,exclude -F msgtype=USER_CMD", True),
        ("-a always,exclude -F msgtype=CWD", False),
        ("-a never,exit -F auid=1002", False),
    ],
)
def test_session_records_may_be_dropped_by_two_lists(line: str, dropped: bool) -> None:
    assert bool(unsaid([Condition("auid", "=", 1002)], parse_all([line]))) is dropped


WORDS = st.sampled_from(
    ["-a", "-A", "-w", "-p", "-S", "-F", "-C", "-k", "always,exit", "never,exit", "exit,never", "never,task", "wa",
     "execve", "all", "auid>=1000", "auid!=-1", "arch=b64", "arch!=b32", "key=x", "perm=wa", "path=/etc/passwd",
     "dir=/etc", "uid!=euid", "msgtype=CWD", "always,exclude", "/etc/passwd", "auid=", "-F", "exit=-EACCES", "a1&=4"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(WORDS).map(" ".join)))
def test_any_line_is_a_rule_a_setting_or_refused(line: str) -> None:
    for wanted in (PASSWD, RUN, ROOT, KIM):
        gap(wanted, parse_all([line]))
    unsaid([Condition("auid", "=", 1002)], parse_all([line]))


RULES = st.lists(
    st.sampled_from([
        "-w /etc/passwd -p wa", "-a never,exit -S all -F uid=0", "-a never,task", "-a always,exit -S all -F auid>=1000",
        "-a never,exit -F arch=b64 -S execve -F auid=1002", "-a always,exit -F arch=b32 -S execve",
    ])
)  # fmt: skip


@given(RULES, RULES)
def test_what_is_recorded_stays_so_whatever_is_put_behind_in_the_same_list(
    before: list[str], behind: list[str]
) -> None:
    behind = [line for line in behind if "task" not in line]
    for wanted in (PASSWD, RUN):
        if missing(wanted, *before) == "":
            assert missing(wanted, *before, *behind) == ""
