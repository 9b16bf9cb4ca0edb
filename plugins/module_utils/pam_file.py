# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of PAM files as libpam reads them (pam.conf(5); pam_handlers.c and pam_line.c of Linux-PAM 1.4 to 1.7)."""

from __future__ import annotations

import re
from typing import NamedTuple

FACILITIES = ("auth", "account", "password", "session")
INCLUDES = ("include", "substack")
#: Debian's directive, which takes a file's lines of every facility.
INCLUDE_ALL = "@include"
SECRET_NAME = re.compile(r"pass|pwd|pw$|secret|token|cred(?!it)|key|psk", re.IGNORECASE)
#: Options whose names look secret but whose values are paths that judges need.
PATH_OPTIONS = {("pam_google_authenticator", "secret")}


class Line(NamedTuple):
    """A configuration line: the number of its first physical line, its tokens (brackets kept), and its last line."""

    number: int
    tokens: list[str]
    last: int


def parse(text: str) -> list[Line]:
    """Return the lines of a PAM file: comments cut, continued lines joined, blank ones left out."""
    lines: list[Line] = []
    joined, first, number = "", 0, 0
    for number, raw in enumerate(text.split("\n"), 1):
        first = first or number
        code, comment, _rest = raw.partition("#")
        code = code.rstrip(" \t\r")
        # A comment ends the line, whatever stands before it (pam_line.c, _pam_str_prepare).
        if code.endswith("\\") and not comment:
            joined += code[:-1] + " "
            continue
        tokens = tokenize(joined + code)
        if tokens:
            lines.append(Line(first, tokens, number))
        joined, first = "", 0
    tokens = tokenize(joined)
    return [*lines, Line(first, tokens, number)] if tokens else lines


def tokenize(text: str) -> list[str]:
    """Split as _pam_tokenize does: at blanks, "[...]" being one token (it keeps its brackets; "\\]" stands for "]")."""
    tokens: list[str] = []
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\n\r":
            position += 1
        if position >= len(text):
            return tokens
        if text[position] == "[":
            inner, position = _bracketed(text, position + 1)
            tokens.append("[%s]" % inner)
        else:
            start = position
            while position < len(text) and text[position] not in " \t\n\r":
                position += 1
            tokens.append(text[start:position])


def _bracketed(text: str, position: int) -> tuple[str, int]:
    inner = []
    while position < len(text) and text[position] != "]":
        if text.startswith("\\]", position):
            position += 1
        inner.append(text[position])
        position += 1
    return "".join(inner), position + 1


def join(tokens: list[str]) -> str:
    """Return the line that `tokenize` takes apart into these tokens."""
    words = [_quoted(token) for token in tokens]
    return "\t".join([*words[:2], " ".join(words[2:])]).rstrip("\t")


def _quoted(token: str) -> str:
    return "[%s]" % token[1:-1].replace("]", "\\]") if token.startswith("[") else token


def facility_of(tokens: list[str]) -> str:
    """Return the facility of a line in lower case, without the "-" that lets its module be missing."""
    first = tokens[0].lower()
    return first[1:] if first.startswith("-") else first


def control_of(tokens: list[str]) -> str:
    """Return the control of a line: a keyword in lower case, or brackets as written; empty where there is none."""
    word = tokens[1] if len(tokens) > 1 else ""
    return word if word.startswith("[") else word.lower()


def module_of(tokens: list[str]) -> str:
    """Return the base name of a line's module without ".so"; empty where it names none."""
    if len(tokens) < 3:
        return ""
    name = tokens[2].rsplit("/", 1)[-1]
    return name[:-3] if name.endswith(".so") else name


def masked(name: str, arguments: list[str]) -> list[str]:
    """Return a module's arguments without secrets; of pam_exec nothing after the program it runs."""
    kept = []
    for argument in arguments:
        bare = argument[1:-1] if argument.startswith("[") else argument
        option, separator, value = bare.partition("=")
        if separator and value and SECRET_NAME.search(option) and (name, option) not in PATH_OPTIONS:
            kept.append(option + "=***")
            continue
        kept.append(bare)
        if name == "pam_exec" and bare.startswith("/"):
            break
    return kept
