# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of section 12: the hunt for use of accounts that nobody uses."""

from __future__ import annotations

from ..envelope import Kind
from ..fields import choice, entries, flag, optional, past, text, texts

KINDS = {
    "ev-canary-hunt": Kind(
        "Somebody looked whether anybody tried the canary accounts, and told it outside the network",
        {
            "hunts": entries(
                "When somebody looked.",
                {
                    "date": past("The day.", "2026-10-30"),
                    "accounts": texts("The canary accounts.", "svc-legacy"),
                    "channel": text("How the result was told.", "telephone"),
                    "off_network": flag("Whether nobody in the network could listen to that.", True),
                    "query": text("What was looked for.", "logons of svc-legacy, 90 days"),
                    "result": choice("What came of it.", ["nothing", "used"], "nothing"),
                },
            ),
            "suspected": optional(past("The day a compromise was last suspected.", None)),
        },
    ),
}  # fmt: skip
