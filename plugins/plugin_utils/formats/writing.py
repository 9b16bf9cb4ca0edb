# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page and format of a run, written from the report's model; each may be rendered anew and is under no seal."""

from __future__ import annotations

from ..catalogue.catalogue import Catalogue
from ..drift import delta
from ..drift.model import ReportModel
from ..results import Run
from . import contract_schedule, html, markdown, morning, outcomes_csv, questions


def write(run: Run, model: ReportModel, known: Catalogue) -> None:
    """Write the pages of the fleet and of each customer; raises ResultsError."""
    html.write(model, known, run.folder)
    documents = ({**page.document, "enforcement": page.enforcement} for page in model.documents())
    fleet = model.fleet
    report = markdown.render(
        model.about, model.totals, documents, fleet.enforcement, fleet.outcomes, fleet.signed, fleet.policy.waivers
    )
    run.write_page("report.md", report)
    run.write_page("morning.md", (line + "\n" for line in morning.lines(model)))
    for view in (model.fleet, *model.customers):
        run.write_page("delta.json", delta.written(view.delta, model.about, view.customer), view.customer)
        for name, pieces in outcomes_csv.files(view, model.run.date):
            run.write_page(name, pieces, view.customer)
    for view in model.customers:
        run.write_page("questions.md", questions.render(view, model.run), view.customer)
        run.write_page("contract-schedule.md", contract_schedule.render(view, model.run), view.customer)
