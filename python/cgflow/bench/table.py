# SPDX-License-Identifier: GPL-2.0-only
"""The table of a benchmark and the JSON file that keeps its figures."""
import json

from ..errors import ToolError
from ..whole_file import write_whole
from .rows import ROWS

COLUMNS = "{:<22}{:<14}{:>12}{:>12}{:>12}{:>11}{:>12}"


def number(value):
    return "-" if value is None else f"{value:,.0f}".replace(",", " ")


def ratio(row, name):
    return f"{row['ours'] / row[name]:.2f}" if row.get(name) else "-"


def table(rows):
    """The rows {name: {figure: value}} as text; below each its other figures: percentages of time, then the rest."""
    lines = [COLUMNS.format("row", "per second", "ours", "peer", "limit", "ours/peer", "ours/limit")]
    for name, row in rows.items():
        lines.append(COLUMNS.format(name, ROWS[name].unit, *(number(row.get(key)) for key in ("ours", "peer", "limit")),
                                    ratio(row, "peer"), ratio(row, "limit")))
        percents = {key.removeprefix("percent_"): value for key, value in row.items() if key.startswith("percent_")}
        if percents:
            lines.append("    " + ", ".join(f"{key} {value:.1f} %" for key, value in percents.items()))
        others = [f"{key} {value:.4g}" for key, value in row.items()
                  if key not in ("ours", "peer", "limit", "date") and not key.startswith("percent_")]
        if others:
            lines.append("    " + ", ".join(others))
    return "\n".join(lines)


def read(path):
    """The figures of a JSON file, nothing where there is none."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise ToolError(f"{path}: not a JSON file; remove it or give another one with --json") from None


def write(path, figures):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(figures, indent=1) + "\n")
