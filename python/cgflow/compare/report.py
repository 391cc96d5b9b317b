# SPDX-License-Identifier: GPL-2.0-only
"""The results of a comparison: tables, curves as JSON, and pictures."""
import dataclasses
import datetime
import json
import math

from . import curves, jobs, table
from ..machine import machine
from ..whole_file import write_whole
from .methods import METHODS

TITLES = {**{name: method.title for name, method in METHODS.items()},
          "metad-mean": "well-tempered metadynamics, mean bias", "metad-weights": "well-tempered metadynamics, weighted frames",
          "temper-weights": "temperature replica exchange, all weighted"}
FILES = ("table.txt", "table.rst", "curves.json", "evaluations.png", "time.png")


def conditions(system, at_once, reference, all_jobs):
    """Lines that say what was compared: system, reference, date, machine and budgets."""
    budgets = {}
    for job in all_jobs:
        evaluations = table.number(job.evaluations) if job.evaluations else "its own stopping criterion"
        budgets[job.method] = f"{METHODS[job.method].title}: {evaluations}, {table.duration(job.wall)}"
    here = f"{datetime.date.today()}, {machine()}, {at_once} runs at once"
    return [f"System {system.name}, reference {reference.path}, {here}.",
            "Budgets of a run, energy evaluations and wall time: " + "; ".join(budgets.values()) + "."]


def as_json(value):
    """JSON text; numbers that are not finite become null, since JSON has no word for them."""
    def finite(part):
        if isinstance(part, dict):
            return {key: finite(item) for key, item in part.items()}
        if isinstance(part, list):
            return [finite(item) for item in part]
        return None if isinstance(part, float) and not math.isfinite(part) else part
    return json.dumps(finite(value), indent=1)


def write(system, at_once, targets, results, cells, all_jobs):
    """Writes FILES into the folder `results`; returns the tables as text."""
    found = []
    for job in all_jobs:
        folder = jobs.folder_of(results, job)
        found += curves.read(system, system.variables(), cells, job.method, job.seed, folder, jobs.read_mark(folder))
    lines = conditions(system, at_once, cells.reference, all_jobs)
    text, rst = table.write(lines, found, TITLES, system.published, targets, cells.reference.below)
    for name, content in (("table.txt", text), ("table.rst", rst),
                          ("curves.json", as_json({"facts": lines, "curves": [dataclasses.asdict(c) for c in found]}))):
        write_whole(results / name, content)
    # Matplotlib takes a second to import. Wrong input is reported before that.
    from . import figure
    shown = table.best_estimators(found)
    figure.draw_evaluations(results / "evaluations.png", shown, TITLES, lines[0])
    figure.draw_time(results / "time.png", shown, TITLES, lines[0])
    return text
