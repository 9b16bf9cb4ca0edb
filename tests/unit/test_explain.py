# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that explain a control, the table of coverage, and the tool that keeps both."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import Control, load
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.waivers import LONGEST_DAYS

from tools import coverage, explain, framework_pages
from tools.control_page import EXAMPLE_DAY, page, table

PAGES = explain.ROOT / "docs" / "controls"
CATALOGUE = load()
JUDGED = [control for control in CATALOGUE.controls.values() if control.judged]


def test_every_judged_control_has_a_page_and_no_page_is_left_over() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {
        "README",
        *(control.id for control in JUDGED),
        *CATALOGUE.records,
    }


def test_the_pages_are_as_the_catalogue_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("control", JUDGED, ids=lambda control: control.id)
def test_a_page_says_everything(control: Control) -> None:
    text = page(control, CATALOGUE)
    for heading in ("Why", "What is read", "When it passes", "How it is enforced", "How to waive it", "Variables"):
        assert f"\n## {heading}\n" in text
    for name in (*control.variables, *control.recommendations, *control.touches):
        assert name in text


@pytest.mark.parametrize("control", JUDGED, ids=lambda control: control.id)
def test_the_example_of_a_waiver_is_yaml_and_lasts_no_longer_than_it_may(
    control: Control,
) -> None:
    found = re.search(r"```yaml\n(.*?)```", page(control, CATALOGUE), re.DOTALL)
    assert found
    (waiver,) = yaml.safe_load(found[1])["bulwark_waivers"]
    days = date.fromisoformat(waiver["expires"]) - EXAMPLE_DAY
    assert waiver["approved_by"]["on"] == str(EXAMPLE_DAY)
    assert (waiver["control"], days.days) == (control.id, LONGEST_DAYS[control.severity])


def test_a_control_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["lin-ic-ssh-max-tries"]) == 0
    out = capsys.readouterr().out
    assert out == (PAGES / "lin-ic-ssh-max-tries.md").read_text(encoding="utf-8")
    assert "only under commit-confirm" in out and "Not built yet" not in out


def test_a_planned_control_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["win-ic-lockout"]) == 0
    out = capsys.readouterr().out
    assert "**Planned**" in out
    assert "`LockoutBadCount` 1-5" in out
    assert "How to waive" not in out


def test_a_record_and_a_recommendation_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["ev-soc"]) == 0
    out = capsys.readouterr().out
    assert out == (PAGES / "ev-soc.md").read_text(encoding="utf-8")
    assert "review <= 35 d" in out
    assert "| `monthly` | The last review is not older than `bulwark_record_monthly_days`. | in time |" in out
    assert "| `excluded[].reason` | text | yes | Why not. |" in out
    assert explain.main(["IC-05"]) == 0
    assert "`lin-ic-faillock`" in capsys.readouterr().out


def test_an_unknown_id_suggests_close_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["lin-ic-ssh-max-trys"]) == 2
    assert "lin-ic-ssh-max-tries" in capsys.readouterr().err
    assert explain.main(["what"]) == 2
    assert "docs/controls/README.md lists them" in capsys.readouterr().err


def test_writing_mends_what_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = tmp_path / "docs" / "controls"
    assert explain.main(["--write"], tmp_path) == 0
    assert explain.main(["--check"], tmp_path) == 0
    (pages / "lin-lm-ssh-verbose.md").write_text("old", encoding="utf-8")
    (pages / "lin-gone.md").write_text("gone", encoding="utf-8")
    (tmp_path / "README.md").write_text(f"above\n{coverage.BEGIN}\nold\n{coverage.END}\nbelow\n", encoding="utf-8")
    capsys.readouterr()
    assert explain.main(["--check"], tmp_path) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "README.md",
        "docs/controls/lin-gone.md",
        "docs/controls/lin-lm-ssh-verbose.md",
    ]
    assert explain.main(["--write"], tmp_path) == 0
    assert explain.main(["--check"], tmp_path) == 0
    assert not (pages / "lin-gone.md").exists()
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("above\n")
    assert readme.endswith("\nbelow\n")
    assert "| All | 93 |" in readme


@pytest.mark.parametrize(("name", "rows"), [("recommendations.md", 93), ("statements.md", 48)])
def test_no_row_of_a_framework_is_without_an_answer(name: str, rows: int) -> None:
    text = (explain.ROOT / "docs" / "frameworks" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(lines) == rows
    for line in lines:
        controls, records, open_ = (cell.strip() for cell in line.strip("|").split("|")[-3:])
        assert controls or records or re.fullmatch(r"not yet: `.+`", open_), line
    assert "](docs/frameworks/" + name in (explain.ROOT / "README.md").read_text(encoding="utf-8")


def test_every_requirement_of_the_essential_eight_is_on_its_page() -> None:
    text = (explain.ROOT / "docs" / "frameworks" / "essential-eight.md").read_text(encoding="utf-8")
    named = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")]
    known = CATALOGUE.frameworks
    assert set(named) == {each.id for each in known.requirements}
    assert len(named) == sum(len(each.strategies) for each in known.requirements)
    assert "not yet: ISM-1412, ISM-1542" in text and "[`lin-lm-noexec`](../controls/lin-lm-noexec.md) (?)" in text


def test_what_the_pages_of_frameworks_link_to_exists() -> None:
    for text in framework_pages.pages(CATALOGUE).values():
        for path in re.findall(r"\]\(([^)#]+)", text):
            assert (explain.ROOT / "docs" / "frameworks" / path).resolve().exists(), path


def test_a_readme_without_the_marks_is_left_alone() -> None:
    assert coverage.inserted("no table here", CATALOGUE) == "no table here"


def test_the_table_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain.main(["--coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == (coverage.BEGIN, coverage.END)
    rows = [[int(cell) for cell in line.split("|")[2:-1]] for line in lines[3:-1]]
    assert [sum(column) for column in zip(*rows[:-1], strict=True)] == rows[-1]
    assert rows[-1] == [93, len(JUDGED), 157 - len(JUDGED), 100, 12, 37]


def test_a_table_escapes_what_would_end_a_cell() -> None:
    assert table(["a"], [["x|y"]]).endswith("| x\\|y |")
