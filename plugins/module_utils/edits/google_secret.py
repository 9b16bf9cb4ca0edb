# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives out and tightens the secret files of pam_google_authenticator, to which the module writes what was used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..factor_files import google_options
from .refused import Refused
from .seeds import packed

SEED = re.compile(r"[A-Z2-7]{16,}=*")
#: What google-authenticator(1) writes first: codes by time and not by a counter.
BY_TIME = "TOTP_AUTH"
BY_COUNTER = "HOTP_COUNTER"


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the file with its codes limited; one that isn't there is made only where a `seed` is named.

    seed: what the base32 seed is called among the secrets; a file that holds another one is written anew. rate:
    "tries:seconds". window: most codes that are accepted at a time.
    Raises Refused where the file is none of the module's.
    """
    seed = packed(secrets, arguments["seed"]) if arguments.get("seed") else ""
    if seed and (text is None or text.split("\n")[0].strip().upper().rstrip("=") != seed):
        text = '%s\n" %s\n' % (seed, BY_TIME)
    if text is None:
        return None
    first, *lines = text.split("\n")
    if not SEED.fullmatch(first.strip()):
        raise Refused("its first line is no seed")
    present = google_options(text)
    window = '" WINDOW_SIZE %d' % arguments["window"]
    if present.get("WINDOW_SIZE", [0])[:1] > [arguments["window"]]:
        lines = [window if line.startswith('" WINDOW_SIZE') else line for line in lines]
    missing = []
    if "RATE_LIMIT" not in present:
        missing.append('" RATE_LIMIT %s %s' % tuple(arguments["rate"].split(":")))
    if "WINDOW_SIZE" not in present:
        missing.append(window)
    if "DISALLOW_REUSE" not in present and BY_COUNTER not in present:
        missing.append('" DISALLOW_REUSE')
    return "\n".join([first, *missing, *lines])
