# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises what removes snapshots in the text of a unit, crontab or script. Of options only the names are kept."""

from __future__ import annotations

import re
from typing import Any

TOOLS = {"restic": ("forget", "prune", "rewrite"), "borg": ("prune", "delete", "compact")}
#: What these programs can be told to do.
COMMANDS = frozenset({
    "backup", "cache", "cat", "check", "compact", "config", "copy", "create", "delete", "diff", "dump", "export-tar",
    "extract", "find", "forget", "info", "init", "key", "list", "ls", "mount", "prune", "rebuild-index", "recreate",
    "rename", "repair", "restore", "rewrite", "serve", "snapshots", "stats", "tag", "umount", "unlock", "upgrade",
})  # fmt: skip
#: A program's name stands at the beginning of a word, perhaps behind its folder.
CALL = re.compile(r"(?:^|[\s;&|=\"'(@:+!-]|/)(restic|borg)\s([^;&|\n]*)")
KEEP = re.compile(r"--keep-[a-z-]+")
#: Ours, by which /etc/bulwark/prune/<name>.json is carried out.
PRUNER = re.compile(r"/bulwark-prune\s+\S*?/([A-Za-z0-9][A-Za-z0-9._-]*)\.json")


def removals(text: str) -> list[dict[str, Any]]:
    """Return [{tool, action, keeps: names of the options that say what stays}] of each call that removes snapshots."""
    joined = re.sub(r"\\\n", " ", text)
    found = []
    for line in joined.split("\n"):
        if line.lstrip().startswith("#"):
            continue
        for tool, rest in CALL.findall(line):
            words = rest.split()
            # A backup's paths and tags may be called so; what comes first is what is done.
            command = next((word for word in words if word in COMMANDS), "")
            if command in TOOLS[tool] and "--dry-run" not in words:
                found.append({"tool": tool, "action": command, "keeps": sorted(set(KEEP.findall(rest)))})
    return found


def guarded(text: str) -> list[str]:
    """Return the names of the configurations that bulwark-prune is called with."""
    return PRUNER.findall(text)
