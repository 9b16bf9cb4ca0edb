# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-mf-duo-secure: Duo's own configuration denies when it can't be reached, and asks everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.verdict import Case
from ...judges.mfa.provider import SECURE, UNSET_FAILMODE, duo_config, used_configs
from ..steps import Measures, Step, edit
from .people import require_break_glass

MEASURES = Measures()

SECTION = "duo"
PROXY_SECTIONS = ("radius_server", "ldap_server")
PROXY_UNIT = "duoauthproxy"
PRIVATE = "0600"


@MEASURES.of("duo_options")
def duo_options(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Set what is wrong in each of Duo's configurations in use.

    arguments: prompts (most), break_glass (a group that Duo leaves out). A filter of groups that leaves out somebody
    who has to be asked gives way to one that leaves out the break-glass group alone.
    """
    steps: list[Step] = []
    for config in used_configs(case):
        wrong = {found.identity[len(config["path"]) :].split()[0] for found in duo_config(case, config)}
        if wrong:
            steps.append(_config(config["path"], wrong, arguments))
    proxy = case.facts["factors"]["duo_proxy"]
    if proxy and any((server["failmode"] or UNSET_FAILMODE) != SECURE for server in proxy["servers"]):
        options = {"sections": PROXY_SECTIONS, "set": {"failmode": SECURE}}
        steps.append(edit(proxy["path"], "ini_options", options, secret=True, restart=[PROXY_UNIT]))
    if steps:
        require_break_glass(case, "Duo")
    return steps


def _config(path: str, wrong: set[str], arguments: Mapping[str, Any]) -> Step:
    wanted = {"failmode": SECURE, "prompts": str(arguments["prompts"]), "autopush": "no"}
    options: dict[str, Any] = {"sections": [SECTION], "set": {name: wanted[name] for name in wanted if name in wrong}}
    if "groups" in wrong:
        options["drop"] = ["group", "groups"]
        if arguments["break_glass"]:
            options["drop"] = ["group"]
            options["set"]["groups"] = "*,!%s" % arguments["break_glass"]
    return edit(path, "ini_options", options, mode=PRIVATE, secret=True)
