# SPDX-License-Identifier: GPL-3.0-or-later
"""report.md: whatever a host says is text on the page, and never a part of the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import EnforcedHost, Enforcement
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import markdown
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats.markdown import escaped
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.closing import totals
from ansible_collections.bulwark.msp.plugins.plugin_utils.text import clean
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NASTY = [
    "<script>alert(1)</script>",
    "<!-- x",
    "&lt;b&gt;",
    "[text](javascript:alert(1))",
    "![x](http://evil/x.png)",
    "`code`",
    "**bold** _it_ ~~gone~~",
    "# heading",
    "## heading ##",
    "- item",
    "+ item",
    "1. first",
    "1986) first",
    "===",
    "---",
    "> quote",
    "    code",
    "a | b",
    "\\| \\",
    "[ref]: http://evil",
    "http://evil.example",
    "://",
    "WWW.evil.example",
    "{{ 7*7 }}",
    "{% raw %}",
    "```\nfence",
    "line  \nbreak",
    "<http://evil>",
    "\u001b[31m\u202e",
    "|---|---|",
    ": definition",
    "&amp;",
]
hostile = (
    st.sampled_from(NASTY) | st.text(st.sampled_from("#*_`[]()<>!|~&\\-+=:/.w1 ahtp\n")) | st.text(st.characters())
)


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(hostile)
def test_a_value_shows_its_own_characters_and_nothing_else(value: str) -> None:
    for before, after, tags in (("", "\n", ["p"]), ("* ", "\n", ["ul", "li"]), ("### x: ", "\n", ["h3"])):
        page = Page(RENDERER.render(before + escaped(value) + after))
        shown = clean(value).strip()
        assert set(page.tags) <= set(tags), (before, value)
        assert page.text.strip() == (before.strip("#* ") + " " + shown).strip(), (before, value)


@given(hostile)
def test_a_value_stays_in_its_cell_of_a_table(value: str) -> None:
    page = Page(RENDERER.render("| a | b |\n|---|---|\n| %s | end |\n" % escaped(value)))
    assert page.tags.count("td") == 2
    assert page.text.split() == ["a", "b", *clean(value).split(), "end"]


@given(hostile)
def test_nothing_is_left_that_github_makes_a_link_of(value: str) -> None:
    assert not re.search(r"(?i)(?<!\\)://|www\.", escaped(value))


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "control": "lin-x", "title": "A title", "severity": "high", "effective_severity": "high", "status": "fail",
        "responsible": "nobody", "assurance": "effective", "expected": "What is expected", "actual": ["one"],
        "evidence": ["sshd -T"], "reason": "", **changes,
    }  # fmt: skip


def enforced(value: str, diff: str) -> dict[str, Any]:
    """Return an enforcement document of finding() that says `value` wherever it can."""
    change = {"kind": "file", "name": value, "diff": diff, "masked": True}
    entry = {"state": "changed", "reason": value, "before": "fail", "after": "fail",
             "tasks": [{"task": "lin-x | " + value, "changes": [change, {**change, "diff": None}]}]}  # fmt: skip
    return {"check": False, "outcome": "reverted", "reason": value, "seconds": 1, "controls": {"lin-x": entry}}


def rendered(
    findings: list[dict[str, Any]], host: str = "web", enforcement: dict[str, Any] | None = None, **about: Any
) -> str:
    document = {
        "host": host, "customer": "acme", "platform": {"system": "Debian"}, "collected_at": "2026-11-22T02:00:00Z",
        "identity": {"account": ""}, "seconds": 0.3, "errors": [], "findings": findings,
    }  # fmt: skip
    run = {
        "run": "20261122T020000Z-000000", "began": "b", "ended": "e", "warnings": [], "reasons": [],
        "coverage": {"targeted": 1, "read": 1, "unread": [], "other_platform": []}, "controls": {"left_out": []},
        **about,
    }  # fmt: skip
    summed = None
    if enforcement:
        document["enforcement"] = enforcement
        row = EnforcedHost("acme", host, enforcement["outcome"], enforcement["reason"], 1.0, {"changed": 1}, 0)
        summed = Enforcement(False, enforcement["reason"], {}, (row,), ())
    return "".join(markdown.render(run, [totals(document)], [document], summed))


@pytest.mark.parametrize("value", NASTY)
def test_the_whole_page_holds_no_more_tags_with_a_hostile_host_than_with_a_tame_one(value: str) -> None:
    tame = rendered([finding(reason="tame")], "tame", reasons=["tame"], warnings=["tame"])
    changes: dict[str, Any] = {
        "actual": [value],
        "evidence": [value],
        "expected": value,
        "reason": value,
        "title": value,
    }
    page = rendered([finding(**changes)], value, reasons=[value], warnings=[value])
    assert Page(RENDERER.render(page)).tags == Page(RENDERER.render(tame)).tags


def test_worst_first_and_what_follows_from_another_last() -> None:
    page = rendered(
        [
            finding(control="lin-low", effective_severity="low"),
            finding(control="lin-pass", status="pass"),
            finding(control="lin-follows", effective_severity="critical", caused_by="lin-high"),
            finding(control="lin-unknown", status="unknown", reason="not read"),
            finding(control="lin-high"),
        ]
    )
    assert re.findall(r"### \w+: (lin-\w+)", page) == ["lin-high", "lin-low", "lin-unknown", "lin-follows"]
    assert "Follows from lin-high." in page


@pytest.mark.parametrize("value", NASTY)
def test_what_enforcement_did_is_text_on_the_page_too(value: str) -> None:
    diff = "@@ -0,0 +1,2 @@\n+tame\n same"
    nasty = "\n".join(["@@ -0,0 +1,2 @@", *("%s%s" % (sign, line) for sign in "+- " for line in value.split("\n"))])
    tame = rendered([finding()], enforcement=enforced("tame", diff))
    page = rendered([finding()], enforcement=enforced(value, nasty))
    assert Page(RENDERER.render(page)).tags == Page(RENDERER.render(tame)).tags
    assert "Enforcement: **Changed**, still fails" in page


def test_a_fence_in_a_diff_ends_no_block() -> None:
    page = rendered([finding()], enforcement=enforced("tame", " ```\n<b>\n ````\n+end"))
    rendering = Page(RENDERER.render(page))
    assert "b" not in rendering.tags and rendering.tags.count("code") == 1
    assert "```\n<b>\n ````\n+end" in rendering.text


def test_a_run_that_enforces_nothing_says_nothing_of_it() -> None:
    assert "nforcement" not in rendered([finding()])
