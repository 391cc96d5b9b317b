# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of a comparison: errors against energy evaluations, and against time for cheap and for costly energies."""
import numpy as np

from ..pmf.style import save, subplots
from .table import COSTS, groups

# Distinguishable for color-blind readers (the colors of Okabe and Ito), and by their markers.
STYLES = {"md": ("black", "o"), "metad": ("#E69F00", "s"), "temper": ("#56B4E9", "^"), "grid": ("#009E73", "v"),
          "paper": ("#CC79A7", "D"), "ours": ("#D55E00", "o")}
ERRORS = (("kld", "forward KLD"), ("rms", "RMS error / kT"), ("middle", "RMS error where 4 < F < 8 kT / kT"))


def draw_panel(axes, curves, titles, x_of, error):
    """One line per run; x_of(point) gives its abscissa, `error` is the name of its ordinate."""
    for name, some in groups(curves).items():
        color, marker = STYLES[name.split("-")[0]]
        for k, curve in enumerate(some):
            if curve.points:
                axes.plot([x_of(p) for p in curve.points], [getattr(p, error) for p in curve.points], color=color, marker=marker,
                          ms=3, lw=1, alpha=0.8, label=titles[name] if k == 0 else None)
    # A logarithmic axis needs at least one positive value.
    if axes.lines:
        values = np.concatenate([line.get_ydata() for line in axes.lines])
        if (values > 0).any():
            axes.set_yscale("log")
        axes.set_xscale("log")
    axes.tick_params(axis="both", which="minor", labelsize=6)
    axes.grid(alpha=0.3, which="both", lw=0.4)


def finish(figure, path, title):
    """Adds one legend for all panels below them, where it covers no curve, and writes the file."""
    named = {label: line for panel in figure.axes for line, label in zip(*panel.get_legend_handles_labels())}
    if named:
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=len(named), fontsize=8)
    figure.suptitle(title, fontsize=9)
    save(figure, path, "png")


def draw_evaluations(path, curves, titles, title):
    figure, axes = subplots(1, 3, (13, 4.2))
    for panel, (error, label) in zip(axes[0], ERRORS):
        draw_panel(panel, curves, titles, lambda p: p.evaluations, error)
        panel.set_xlabel("energy evaluations")
        panel.set_ylabel(label)
    finish(figure, path, title)


def draw_time(path, curves, titles, title):
    figure, axes = subplots(1, 1 + len(COSTS), (4 * (1 + len(COSTS)), 4.2), sharey=True)
    panels = [("wall time as run / s", lambda p: p.wall)]
    panels += [(f"CPU time{f' + {1000 * cost:g} ms an evaluation' if cost else ' as run'} / s",
                lambda p, cost=cost: p.cpu + cost * p.evaluations) for cost in COSTS]
    for panel, (label, x_of) in zip(axes[0], panels):
        draw_panel(panel, curves, titles, x_of, "kld")
        panel.set_xlabel(label)
    axes[0, 0].set_ylabel("forward KLD")
    finish(figure, path, title)
