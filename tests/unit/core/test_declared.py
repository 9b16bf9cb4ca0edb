# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares: every list counts, every problem is told at its own place, nothing crashes."""

from __future__ import annotations

import contextlib
from datetime import date
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import (
    Declaration,
    DeclarationError,
    declare,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.merging import MERGED
from hypothesis import given, settings
from hypothesis import strategies as st

KNOWN = catalogue.load()
TODAY = date(2026, 11, 22)
EVE = {"name": "eve", "kind": "person", "party": "customer"}
KIM = {"name": "kim", "kind": "person", "party": "msp:north"}
BACKUP = {"name": "data", "tool": "restic", "repository": "/srv/backup", "scope": ["/etc"], "rpo": "24h",
          "key_file": "/etc/backup.key"}  # fmt: skip
CONTRACT = {"id": "c1", "party": "msp:north", "start": "2026-01-01", "end": "2026-12-31"}


def declared(**variables: Any) -> Declaration:
    return declare(variables, KNOWN, TODAY)


def problems(**variables: Any) -> list[str]:
    with pytest.raises(DeclarationError) as error:
        declared(**variables)
    return [str(problem) for problem in error.value.problems]


class TestWhatCounts:
    def test_nothing_declared_is_the_baseline_and_no_register(self) -> None:
        nothing = declared()
        assert nothing.values == {}
        assert nothing.policy == KNOWN.defaults("baseline")
        assert nothing.registers.accounts is None
        assert nothing.registers.customer == "_none"

    def test_an_empty_register_is_something_else_than_none(self) -> None:
        assert declared(bulwark_accounts=[]).registers.accounts == ()

    def test_two_groups_that_contribute_to_one_register_both_count(self) -> None:
        both = declared(bulwark_accounts_acme=[EVE], bulwark_accounts_web=[{**EVE, "name": "bob"}], bulwark_accounts=[])
        assert [account.name for account in both.registers.accounts or ()] == ["eve", "bob"]

    def test_secrets_are_kept_out_of_policy_and_registers(self) -> None:
        seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        probes = [{"name": "probe", "key": "~/.ssh/probe", "password": "hunter2", "totp_seed": seed}]
        found = declared(bulwark_totp_seeds={"eve": seed}, bulwark_probe_accounts=probes)
        assert found.secrets["bulwark_totp_seeds"] == {"eve": seed}
        assert found.secrets["bulwark_probe_accounts"][0]["password"] == "hunter2"
        assert found.registers.seeded == {"eve"}
        for part in (found, found.values, found.policy, found.registers):
            assert seed not in repr(part)
            assert "hunter2" not in repr(part)

    def test_a_proposed_entry_is_kept_apart(self) -> None:
        registers = declared(bulwark_accounts=[{**EVE, "status": "proposed"}]).registers
        assert registers.account("eve") is None
        assert registers.proposed_accounts == ("eve",)

    def test_a_proposal_declares_nothing_in_any_register(self) -> None:
        proposed = {"status": "proposed"}
        registers = declared(
            bulwark_zones=[{"name": "lan", "cidrs": ["10.0.0.0/8"], **proposed}],
            bulwark_services=[{"name": "x.service", **proposed}],
            bulwark_remote_tools=[{"name": "anydesk", **proposed}],
        ).registers
        assert (registers.zones, registers.services, registers.remote_tools) == ((), (), ())

    def test_a_backup_has_its_times_in_hours_and_a_unit_of_its_own(self) -> None:
        dump = {"name": "shop", "kind": "postgresql", "database": "shop"}
        entry = {**BACKUP, "rpo": "30m", "rto": "2d", "escrow": "2026-10-01", "dumps": [dump]}
        (made,) = declared(bulwark_backups=[entry]).registers.backups or ()
        assert (made.rpo, made.rto, made.escrow) == (0.5, 48.0, date(2026, 10, 1))
        assert (made.unit, made.user, made.dumps[0].target) == ("bulwark-backup-data.service", "root", "shop")
        assert declared(bulwark_backups=[]).registers.backups == ()
        assert declared().registers.backups is None

    def test_a_password_in_a_repository_is_refused_and_not_repeated(self) -> None:
        (told,) = problems(bulwark_backups=[{**BACKUP, "repository": "rest:https://web:hunter2@backup/web"}])
        assert told.startswith("bulwark_backups[0].repository: holds a password")
        assert "hunter2" not in told

    def test_an_account_works_under_the_contract_it_names_or_the_last_of_its_party(self) -> None:
        later = {**CONTRACT, "id": "c2", "end": "2027-12-31"}
        registers = declared(
            bulwark_contracts=[CONTRACT, later], bulwark_accounts=[KIM, {**KIM, "name": "ola", "contract": "c1"}, EVE]
        ).registers
        contracts = [registers.contract_of(account) for account in registers.accounts or ()]
        assert [contract and contract.id for contract in contracts] == ["c2", "c1", None]
        assert (
            contracts[0] and contracts[0].in_force(date(2027, 12, 31)) and not contracts[0].in_force(date(2028, 1, 1))
        )

    def test_the_times_of_a_work_order_are_utc_unless_they_say_otherwise(self) -> None:
        order = {"ticket": "T", "accounts": ["kim"], "start": "2026-01-01T10:00", "end": "2026-01-01T12:00+01:00"}
        (made,) = declared(bulwark_work_orders=[order]).registers.work_orders or ()
        assert (made.start.isoformat(), made.end.isoformat()) == (
            "2026-01-01T10:00:00+00:00",
            "2026-01-01T11:00:00+00:00",
        )

    def test_the_profile_sets_the_thresholds_and_a_value_of_ones_own_goes_before(self) -> None:
        policy = declared(bulwark_profile="strict", bulwark_ssh_max_auth_tries="5").policy
        assert policy["bulwark_rsa_bits"] == KNOWN.defaults("strict")["bulwark_rsa_bits"]
        assert policy["bulwark_ssh_max_auth_tries"] == 5

    def test_modes_and_names_as_they_are_meant(self) -> None:
        modes = {"sudoers": "0440", "passwd": "644"}
        names = {"msp:north": ["north-*", "*@north.example"], "vendor:acme": []}
        policy = declared(bulwark_file_modes=modes, bulwark_msp_names=names).policy
        assert (policy["bulwark_file_modes"], policy["bulwark_msp_names"]) == (modes, names)

    def test_lists_as_the_command_line_gives_them(self) -> None:
        assert declared(bulwark_sections="mfa,initial_access").policy["bulwark_sections"] == ["mfa", "initial_access"]

    def test_an_empty_key_of_an_entry_is_none(self) -> None:
        accounts = declared(bulwark_accounts=[{**EVE, "tier": None, "factors": None}]).registers.accounts or ()
        assert (accounts[0].tier, accounts[0].factors) == (None, ())

    def test_results_of_the_playbooks_own_are_no_declarations(self) -> None:
        assert declared(bulwark_run={"run": 1}, other="x").values == {}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"bulwark_acounts": []},
         "bulwark_acounts: this collection has no such variable; did you mean bulwark_accounts?"),
        ({"bulwark_accounts": {}}, "bulwark_accounts: must be a list, found a dictionary"),
        ({"bulwark_accounts_acme": "x"}, 'bulwark_accounts_acme: must be a list, found "x"'),
        ({"bulwark_accounts": None}, "bulwark_accounts: is empty; give it a value or leave it out"),
        ({"bulwark_accounts": [7]}, "bulwark_accounts[0]: must be a dictionary with name, kind, party, person, admin,"),
        ({"bulwark_accounts_b": [EVE, {**EVE, "name": "x", "kind": "robot"}]},
         'bulwark_accounts_b[1].kind: "robot" is not possible; it is one of person, service, shared,'),
        ({"bulwark_accounts": [{**EVE, "part": 1}]},
         "bulwark_accounts[0].part: there is no such key; did you mean party?"),
        ({"bulwark_accounts": [{"name": "x", "kind": "person"}]}, "bulwark_accounts[0].party: is missing"),
        ({"bulwark_accounts": [{"name": "x", "party": "customer"}]},
         "bulwark_accounts[0].kind: is missing; it is one of person, service, shared, automation, break_glass"),
        ({"bulwark_accounts": [{**EVE, "name": True}]},
         "bulwark_accounts[0].name: must be text, found true; put it in quotes"),
        ({"bulwark_accounts": [{**EVE, "name": ["x"]}]}, "bulwark_accounts[0].name: must be text, found a list"),
        ({"bulwark_accounts": [{**EVE, "admin": "maybe"}]},
         'bulwark_accounts[0].admin: must be true or false, found "maybe"'),
        ({"bulwark_accounts": [{**EVE, "party": "MSP"}]},
         'bulwark_accounts[0].party: "MSP" is no party; write customer, msp:<id> or vendor:<id>'),
        ({"bulwark_accounts": [{**EVE, "expires": "soon"}]},
         'bulwark_accounts[0].expires: "soon" is no date; write it as YYYY-MM-DD'),
        ({"bulwark_accounts": [{**EVE, "expires": "2026-02-30"}]},
         'bulwark_accounts[0].expires: "2026-02-30" is no date'),
        ({"bulwark_accounts": [{**EVE, "sources": ["10.0.0.0/8", "10.0.0.0/33"]}]},
         'bulwark_accounts[0].sources[1]: "10.0.0.0/33" is no network or address; write it as 192.0.2.0/24'),
        ({"bulwark_accounts": [{**EVE, "keys": [{"fingerprint": "MD5:aa"}]}]},
         'bulwark_accounts[0].keys[0].fingerprint: "MD5:aa" is no fingerprint; write it as ssh-keygen -lf prints it'),
        ({"bulwark_accounts": [{**EVE, "keys": [{"since": "x"}]}]},
         "bulwark_accounts[0].keys[0].fingerprint: is missing"),
        ({"bulwark_accounts_a": [EVE], "bulwark_accounts_b": [EVE]},
         "bulwark_accounts_b[0]: eve is declared in bulwark_accounts_a[0] already; keep one of them"),
        ({"bulwark_listeners": [{"proto": "tcp", "port": 0}]}, "bulwark_listeners[0].port: 0 is no port; 1 to 65535"),
        ({"bulwark_listeners": [{"proto": "tcp", "port": "ssh"}]},
         'bulwark_listeners[0].port: must be a whole number, found "ssh"'),
        ({"bulwark_listeners": [{"proto": "tcp", "port": 22, "zone": "lam"}],
          "bulwark_zones": [{"name": "lan", "cidrs": ["10.0.0.0/8"]}]},
         'bulwark_listeners[0].zone: bulwark_zones has no "lam"'),
        ({"bulwark_host_tier": 7}, "bulwark_host_tier: 7 is not possible; it is one of 0, 1, 2"),
        ({"bulwark_host_functions": ["webb"]},
         'bulwark_host_functions[0]: "webb" is not possible; it is one of internet_'),
        ({"bulwark_ssh_max_auth_tries": "many"}, 'bulwark_ssh_max_auth_tries: must be a whole number, found "many"'),
        ({"bulwark_ssh_max_auth_tries": True}, "bulwark_ssh_max_auth_tries: must be a whole number, found true"),
        ({"bulwark_ssh_max_auth_tries": -1}, "bulwark_ssh_max_auth_tries: must not be negative, found -1"),
        ({"bulwark_ssh_max_auth_tries": None}, "bulwark_ssh_max_auth_tries: is empty; give it a value or leave it out"),
        ({"bulwark_ssh_max_startups": "ten"}, 'bulwark_ssh_max_startups: must be in parts like 10:30:60, found "ten"'),
        ({"bulwark_read_seconds": 0}, "bulwark_read_seconds: must be at least 1"),
        ({"bulwark_mfa_modules": {"a": 1}}, "bulwark_mfa_modules: must be a list, found a dictionary"),
        ({"bulwark_sections": ["mfaa"]}, 'bulwark_sections[0]: there is no section "mfaa"; did you mean mfa?'),
        ({"bulwark_controls": ["!lin-ic-ssh-no-rot"]},
         'bulwark_controls[0]: there is no control "lin-ic-ssh-no-rot"; did you mean lin-ic-ssh-no-root?'),
        ({"bulwark_staged": ["x"]}, 'bulwark_staged[0]: there is no control "x"'),
        ({"bulwark_contracts": [{"party": "msp:n", "start": "2026-01-01", "end": "2027-01-01",
                                 "windows": [{"start": 480, "end": "18:00"}]}]},
         'bulwark_contracts[0].windows[0].start: "480" is no time; write it as HH:MM, in quotes'),
        ({"bulwark_contracts": [CONTRACT], "bulwark_accounts": [{**KIM, "contract": "c2"}]},
         'bulwark_accounts[0].contract: bulwark_contracts has no id "c2"'),
        ({"bulwark_contracts": [CONTRACT], "bulwark_accounts": [{**EVE, "contract": "c1"}]},
         'bulwark_accounts[0].contract: contract "c1" is with "msp:north", the account is of "customer"'),
        ({"bulwark_contracts": [{**CONTRACT, "end": "2025-12-31"}]},
         'bulwark_contracts[0].end: "2025-12-31" lies before its start, "2026-01-01"'),
        ({"bulwark_accounts": [{**EVE, "members": [{"person": "x", "until": "soon"}]}]},
         'bulwark_accounts[0].members[0].until: "soon" is no date'),
        ({"bulwark_accounts": [{**EVE, "reviewed_by": "us"}]}, 'bulwark_accounts[0].reviewed_by: "us" is no party'),
        ({"bulwark_leavers_hr": [{"person": "x", "left": "today"}]},
         'bulwark_leavers_hr[0].left: "today" is no date; write it as YYYY-MM-DD'),
        ({"bulwark_work_orders": [{"ticket": "T1", "accounts": ["kim"], "start": "now", "end": "2026-01-01T10:00Z"}]},
         'bulwark_work_orders[0].start: "now" is no time; write it as YYYY-MM-DDTHH:MM, with Z or an offset'),
        ({"bulwark_work_orders": [
            {"ticket": "T1", "accounts": ["kim"], "start": "2026-01-01T12:00", "end": "2026-01-01T12:30+01:00"}]},
         "bulwark_work_orders[0].end: \"2026-01-01T12:30+01:00\" lies before its start"),
        ({"bulwark_backups": [{**BACKUP, "name": "My data"}]},
         'bulwark_backups[0].name: "My data" must be of a-z, 0-9, dot, dash and underscore'),
        ({"bulwark_backups_a": [BACKUP], "bulwark_backups_b": [BACKUP]},
         "bulwark_backups_b[0]: data is declared in bulwark_backups_a[0] already; keep one of them"),
        ({"bulwark_backups": [{**BACKUP, "tool": "tar"}]},
         'bulwark_backups[0].tool: "tar" is not possible; it is one of restic, borg, command'),
        ({"bulwark_backups": [{**BACKUP, "rpo": "daily"}]},
         'bulwark_backups[0].rpo: "daily" is no length of time; write it as 30m, 24h or 7d'),
        ({"bulwark_backups": [{**BACKUP, "scope": ["/srv", "etc"]}]},
         'bulwark_backups[0].scope[1]: "etc" is no absolute path'),
        ({"bulwark_log_store": "logs"},
         'bulwark_log_store: "logs" is no absolute path of letters, digits and ._@+-'),
        ({"bulwark_log_store": "/var/log"}, 'bulwark_log_store: "/var/log" is a folder of the system\'s'),
        ({"bulwark_log_store": "/var/./lib"}, 'bulwark_log_store: "/var/./lib" is a folder of the system\'s'),
        ({"bulwark_log_store": "/etc/logs"}, 'bulwark_log_store: "/etc/logs" is a folder of the system\'s'),
        ({"bulwark_log_senders": [{"name": "web", "address": "web.example", "peer": "web.example"}]},
         'bulwark_log_senders[0].address: "web.example" is no IP address; write the one that its connections come'),
        ({"bulwark_log_senders": [{"name": "web", "address": "fe80::1%eth0", "peer": "web.example"}]},
         'bulwark_log_senders[0].address: "fe80::1%eth0" is no IP address'),
        ({"bulwark_log_senders": [{"name": "web", "address": "FD00::9", "peer": "web.example"},
                                  {"name": "db", "address": "fd00:0::9", "peer": "db.example"}]},
         'bulwark_log_senders[1].address: "fd00:0::9" is the address of bulwark_log_senders[0] too'),
        ({"bulwark_log_senders": [{"name": "../x", "address": "10.0.0.2", "peer": "web.example"}]},
         'bulwark_log_senders[0].name: "../x" must be of a-z, 0-9, dot, dash and underscore'),
        ({"bulwark_log_senders": [{"name": "web", "address": "10.0.0.2", "peer": "*.example"}]},
         'bulwark_log_senders[0].peer: "*.example" is no name that a certificate bears'),
        ({"bulwark_soc_routes": [{"name": "soc", "kind": "webhook", "url_file": "~/url"}]},
         'bulwark_soc_routes[0].url_file: "~/url" is no absolute path of letters, digits and ._@+-'),
        ({"bulwark_backups": [{**BACKUP, "scope": []}]}, "bulwark_backups[0].scope: must name one path at least"),
        ({"bulwark_backups": [{**BACKUP, "tool": "command"}]}, "bulwark_backups[0].command: is missing"),
        ({"bulwark_backups": [{**BACKUP, "command": "/x"}]}, "bulwark_backups[0].command: restic is read by itself"),
        ({"bulwark_backups": [{**BACKUP, "key_file": None}]}, "bulwark_backups[0].key_file: is missing; restic opens"),
        ({"bulwark_backups": [{**BACKUP, "escrow": "last week"}]}, 'bulwark_backups[0].escrow: "last week" is no date'),
        ({"bulwark_backups": [{**BACKUP, "dumps": [{"name": "shop", "kind": "postgresql"}]}]},
         "bulwark_backups[0].dumps[0].database: is missing; say which database postgresql dumps"),
        ({"bulwark_zones": [{"name": "lan", "cidrs": [], "status": "approved", "approved_on": "2026-01-01"}]},
         "bulwark_zones[0].approved_by: is missing; say who approved it, or leave status out"),
        ({"bulwark_services": [{"name": "x", "approved_on": "soon"}]},
         'bulwark_services[0].approved_on: "soon" is no date'),
        ({"bulwark_responsibilities": {"default": {"party": "us"}}},
         'bulwark_responsibilities.default.party: "us" is no party; write customer, msp:<id> or vendor:<id>'),
        ({"bulwark_responsibilities": {"sections": {"mfaa": {"party": "both"}}}},
         'bulwark_responsibilities.sections: there is no section "mfaa"; did you mean mfa?'),
        ({"bulwark_msp_managed": ["North"]}, 'bulwark_msp_managed[0]: "North" is no party'),
        ({"bulwark_admin_cidrs_b": ["x"]}, 'bulwark_admin_cidrs_b[0]: "x" is no network or address'),
        ({"bulwark_file_modes": {"sudoers": "0440", "shadow": 0o640}},
         'bulwark_file_modes.shadow: must be a mode such as "0640", in quotes, found 416'),
        ({"bulwark_file_modes": {"home": "u=rwx"}},
         'bulwark_file_modes.home: must be a mode such as "0640", in quotes, found "u=rwx"'),
        ({"bulwark_msp_names": {"north": ["north-*"]}},
         'bulwark_msp_names.north: "north" is no provider or vendor; write msp:<id> or vendor:<id>'),
        ({"bulwark_msp_names": {"customer": ["x"]}}, 'bulwark_msp_names.customer: "customer" is no provider or vendor'),
        ({"bulwark_msp_names": {"msp:north": "north-*"}},
         'bulwark_msp_names.msp:north: must be a list of patterns such as [north-*], found "north-*"'),
        ({"bulwark_msp_names": {"msp:north": ["north-*", 7]}},
         "bulwark_msp_names.msp:north[1]: must be a pattern of names, found 7"),
        ({"bulwark_msp_names": {"vendor:acme": [""]}},
         'bulwark_msp_names.vendor:acme[0]: must be a pattern of names, found ""'),
    ],
)  # fmt: skip
def test_a_problem_names_variable_index_key_value_and_what_is_right(variables: dict[str, Any], told: str) -> None:
    (only,) = problems(**variables)
    assert only.startswith(told)


def test_all_problems_are_told_at_once_whatever_their_kind() -> None:
    found = problems(
        bulwark_acounts=[],
        bulwark_accounts_a=[{**EVE, "kind": "robot", "admin": "maybe"}],
        bulwark_accounts_b=[{**EVE, "party": "MSP", "expires": "soon"}],
        bulwark_sections=["nope", "neither"],
        bulwark_host_tier=9,
    )
    assert [text.split(": ")[0] for text in found] == [
        "bulwark_accounts_a[0].kind", "bulwark_accounts_a[0].admin", "bulwark_acounts", "bulwark_host_tier",
        "bulwark_accounts_b[0].expires", "bulwark_accounts_b[0].party", "bulwark_sections[0]", "bulwark_sections[1]",
    ]  # fmt: skip


def test_a_secret_is_never_quoted() -> None:
    (only,) = problems(bulwark_fingerprint_key={"key": "hunter2"})
    assert only == "bulwark_fingerprint_key: must be text, found a dictionary"


def test_a_long_value_is_cut() -> None:
    (only,) = problems(bulwark_accounts=[{**EVE, "party": "x" * 50_000_000}])
    assert len(only) < 300


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1e999", "Infinity"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SPECIFICATION = KNOWN.argument_spec()


@st.composite
def nearly(draw: st.DrawFn, option: dict[str, Any]) -> Any:
    """A value that fits its option, or nearly."""
    if draw(st.integers(0, 9)) == 0:
        return draw(json_values)
    if option.get("options"):
        entry = {
            key: draw(nearly(inner))
            for key, inner in option["options"].items()
            if inner.get("required") or draw(st.booleans())
        }
        return [entry] if option["type"] == "list" else entry
    if option.get("choices"):
        value = draw(st.sampled_from(option["choices"]))
        return [value] if option["type"] == "list" else value
    usual = {
        "int": st.integers(-1, 70000),
        "bool": st.booleans(),
        "list": st.lists(st.sampled_from(["10.0.0.0/8", "mfa", "lin-x", "msp:n"]) | json_values, max_size=3),
        "dict": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    }
    texts = st.sampled_from(["2026-01-01", "customer", "msp:n", "08:00", "SHA256:x", "2026-W01-1", "2026-99-99"])
    return draw(usual.get(option.get("type", "str"), texts | st.text(max_size=8)))


variables = st.dictionaries(st.sampled_from(sorted(SPECIFICATION)), st.none(), max_size=6).flatmap(
    lambda names: st.fixed_dictionaries({name: nearly(SPECIFICATION[name]) for name in names})
)
strange = st.dictionaries(
    st.sampled_from([*SPECIFICATION, *(f"{name}_x" for name in MERGED), "bulwark_nothing"]), json_values, max_size=4
)


@settings(max_examples=300)
@given(variables | strange)
def test_arbitrary_values_are_declared_or_refused_and_nothing_else(given_variables: dict[str, Any]) -> None:
    try:
        made = declare(given_variables, KNOWN, TODAY)
    except DeclarationError as error:
        assert error.problems
        assert all(problem.variable and problem.text for problem in error.problems)
    else:
        assert set(made.values) <= set(SPECIFICATION)


@pytest.mark.parametrize("name", sorted(SPECIFICATION))
def test_a_variable_of_any_type_can_be_checked(name: str) -> None:
    with contextlib.suppress(DeclarationError):
        declare({name: "x"}, KNOWN, TODAY)


def test_a_list_of_networks_may_be_given_as_text() -> None:
    """As `-e bulwark_admin_cidrs=192.0.2.0/24,198.51.100.7` gives it."""
    declared_here = declare({"bulwark_admin_cidrs": "192.0.2.0/24,198.51.100.7"}, KNOWN, TODAY)
    assert declared_here.registers.admin_cidrs == ("192.0.2.0/24", "198.51.100.7")


@pytest.mark.parametrize("seed", ["no seed!", "GEZDGNBV", 234567, ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]])
def test_a_bad_seed_is_named_and_not_told(seed: Any) -> None:
    (told,) = problems(bulwark_totp_seeds={"eve": seed})
    assert told.startswith("bulwark_totp_seeds.eve: ")
    assert str(seed) not in told
    (told,) = problems(bulwark_probe_accounts=[{"name": "probe", "totp_seed": "no seed!"}])
    assert told == "bulwark_probe_accounts[0].totp_seed: is no base32"
    (told,) = problems(bulwark_totp_seeds=["hunter2"])
    assert told == "bulwark_totp_seeds: must be a dictionary"


class TestSourcesOfExploitedFlaws:
    @pytest.mark.parametrize("source", ["/srv/kev.json", "kev.json", "https://feeds.example/kev.json?x=1"])
    def test_a_path_or_a_url(self, source: str) -> None:
        data = [{"system": "debian", "source": source}, {"system": "ubuntu", "source": source}]
        assert declared(bulwark_kev=source, bulwark_cve_data=data).policy["bulwark_cve_data"] == data

    @pytest.mark.parametrize("source", ["http://feeds.example/k", "https://u:p@feeds.example/k", "ftp://x/k"])
    def test_another_url_is_a_problem(self, source: str) -> None:
        data = [{"system": "debian", "source": source}] * 2
        told = problems(bulwark_kev=source, bulwark_cve_data=data)
        wrong = "must be a path or an https URL without user and password"
        assert told[:2] == [f"bulwark_kev: {wrong}", f"bulwark_cve_data[0].source: {wrong}"]
        assert told[-1] == "bulwark_cve_data: names two sources for debian; give one"
