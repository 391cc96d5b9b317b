# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a PMF of one CG variable: curves."""
import numpy as np

from .style import draw_calibration, draw_convergence, iteration_color, name_axis, subplots

FINAL, TRUTH, LABEL = "#b2182b", "black", "#2166ac"


def draw_curve(axes, pmf, history, reference, result, labels):
    """F of all iterations, the last one with its error band. Labels, reference and earlier iterations are shifted by the
    best constant."""
    s, color = pmf.axes[0], iteration_color(history)
    for past in history[:-1]:
        if past.grid is not None:
            x, F = past.grid.axes[0], past.grid.F
            axes.plot(x, F - np.median(F - np.interp(x, s, pmf.F)), lw=0.7, color=color(past.header["iteration"]))
    std = np.where(np.isfinite(pmf.std), pmf.std, np.nan)
    for scale, alpha in ((2, 0.2), (1, 0.3)):
        axes.fill_between(s, pmf.F - scale * std, pmf.F + scale * std, color=FINAL, alpha=alpha, lw=0)
    axes.plot(s, pmf.F, color=FINAL, lw=1.5, label=r"learned, $\pm$1 and $\pm$2 std")
    if labels is not None:
        F, error = labels[:, 1] / pmf.kT, labels[:, 2] / pmf.kT
        shift = np.median(F - pmf.F_at(labels[:, :1]))
        axes.errorbar(labels[:, 0], F - shift, error, fmt=".", ms=3, lw=0.8, color=LABEL, label="labels")
    if reference is not None:
        axes.plot(reference.s[:, 0], reference.F + result.constant, color=TRUTH, lw=1, ls="--", label="reference")
    low, high = pmf.F.min(), pmf.F.max()
    axes.set_ylim(low - 0.04 * (high - low) - 0.5, high + 0.04 * (high - low) + 0.5)
    axes.set_xlim(s[0], s[-1])
    if not pmf.known.all():
        edges = axes.get_xaxis_transform()
        axes.fill_between(s, 0, 1, where=~pmf.known, transform=edges, color="0.85", lw=0, zorder=0, label="not known")
    axes.set_ylabel("F / kT")
    axes.legend(fontsize=8)


def draw_error(axes, pmf, result):
    """The error band around 0, which is too thin to see beside F, and in it the error against the reference."""
    std = np.where(np.isfinite(pmf.std), pmf.std, np.nan)
    for scale, alpha in ((2, 0.2), (1, 0.3)):
        axes.fill_between(pmf.axes[0], -scale * std, scale * std, color=FINAL, alpha=alpha, lw=0)
    axes.axhline(0, color=FINAL, lw=0.8)
    sizes = 2.5 * std[pmf.known & np.isfinite(std)]
    if result is not None:
        axes.plot(result.cell_axes[0], result.cell_error, color=TRUTH, lw=1)
        sizes = np.append(sizes, 1.2 * np.abs(result.error).max())
    top = max(sizes.max(), 1e-3) if len(sizes) else 1.0
    axes.set_ylim(-top, top)
    axes.set_ylabel("learned - reference / kT" if result else r"$\pm$1, $\pm$2 std / kT")


def draw_points(axes, history):
    """The CG points that each iteration chose, one row per iteration."""
    color = iteration_color(history)
    for past in history:
        number = past.header["iteration"]
        axes.plot(past.points[:, 0], np.full(len(past.points), number), "|", ms=7, color=color(number))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("iteration: points chosen")


def make(pmf, history, convergence, reference, result, labels):
    """The figure: F, its error, the points chosen, and the convergence, as far as there are data for them."""
    ends = [panel for panel, drawn in ((draw_convergence, convergence["evaluations"]), (draw_calibration, convergence.get("kld")))
            if drawn]
    rows = 2 + bool(history) + len(ends)
    figure, axes = subplots(rows, 1, (7, 3.4 + 2.3 * (rows - 1)), height_ratios=[3.4] + [2.3] * (rows - 1))
    axes = list(axes[:, 0])
    draw_curve(axes[0], pmf, history, reference, result, labels)
    draw_error(axes[1], pmf, result)
    if history:
        draw_points(axes[2], history)
    for below in axes[1:2 + bool(history)]:
        below.sharex(axes[0])
        name_axis(below.xaxis, pmf, 0)
    for panel, place in zip(ends, axes[2 + bool(history):]):
        panel(place, convergence)
    return figure
