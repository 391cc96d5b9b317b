# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a learned PMF."""
import os
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

import pmf_compare  # noqa: E402
from pmf_files import PlotError  # noqa: E402

FINAL, TRUTH, LABEL = "#b2182b", "black", "#2166ac"


def iteration_colour(history):
    last = max([past.header["iteration"] for past in history] + [1])
    norm = matplotlib.colors.Normalize(0, last)
    return lambda number: matplotlib.colormaps["viridis"](norm(number))


def draw_curve(axes, pmf, history, reference, result, labels):
    """d = 1: F of all iterations, the last one with its error band, labels and reference moved by the best constant."""
    s, colour = pmf.axes[0], iteration_colour(history)
    for past in history[:-1]:
        if past.F is not None:
            common = np.interp(past.axes[0], s, pmf.F)
            axes.plot(past.axes[0], past.F - np.median(past.F - common), lw=0.7, color=colour(past.header["iteration"]))
    std = np.where(np.isfinite(pmf.std), pmf.std, np.nan)
    for scale, alpha in ((2, 0.2), (1, 0.3)):
        axes.fill_between(s, pmf.F - scale * std, pmf.F + scale * std, color=FINAL, alpha=alpha, lw=0)
    axes.plot(s, pmf.F, color=FINAL, lw=1.5, label=r"learned, $\pm$1 and $\pm$2 std")
    if labels is not None:
        F, error = labels[:, 1] / pmf.kT, labels[:, 2] / pmf.kT
        shift = np.median(F - pmf_compare.interpolate(pmf.axes, pmf.F, labels[:, :1]))
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
    """d = 1: the error band about 0, which is too thin to see beside F, and in it the error against the reference."""
    std = np.where(np.isfinite(pmf.std), pmf.std, np.nan)
    for scale, alpha in ((2, 0.2), (1, 0.3)):
        axes.fill_between(pmf.axes[0], -scale * std, scale * std, color=FINAL, alpha=alpha, lw=0)
    axes.axhline(0, color=FINAL, lw=0.8)
    sizes = 2.5 * std[pmf.known & np.isfinite(std)]
    if result is not None:
        axes.plot(result.s[:, 0], result.error, color=TRUTH, lw=1)
        sizes = np.append(sizes, 1.2 * np.abs(result.error).max())
    top = max(sizes.max(), 1e-3) if len(sizes) else 1.0
    axes.set_ylim(-top, top)
    axes.set_ylabel("learned - reference / kT" if result else r"$\pm$1, $\pm$2 std / kT")


def draw_points(axes, history):
    """d = 1: where each iteration put its points."""
    colour = iteration_colour(history)
    for past in history:
        number = past.header["iteration"]
        axes.plot(past.points[:, 0], np.full(len(past.points), number), "|", ms=7, color=colour(number))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("iteration: points chosen")


def draw_convergence(axes, convergence):
    for key, label, style in (("std", "std (RMS over the known region)", "o-"), ("change", "change of the PMF", "s-")):
        x, y = np.array(convergence["evaluations"]), np.array(convergence[key])
        good = np.isfinite(y) & (y > 0)
        axes.plot(x[good], y[good], style, ms=3, lw=1, label=label)
    if convergence.get("rms"):
        axes.plot(convergence["rms_evaluations"], convergence["rms"], "k^-", ms=4, lw=1, label="RMS error (reference)")
    axes.set_yscale("log")
    axes.set_xlabel("energy evaluations")
    axes.set_ylabel("kT")
    axes.grid(alpha=0.3, which="both", lw=0.4)
    axes.legend(fontsize=8)


def draw_map(axes, pmf, values, title, history, cmap, limit=None):
    """d = 2: a map with the points chosen, later ones darker."""
    top = limit if limit is not None else max(values[np.isfinite(values)], default=1.0)
    image = axes.pcolormesh(pmf.axes[0], pmf.axes[1], np.clip(values, None, top).T, cmap=cmap, shading="nearest", vmin=0, vmax=top)
    if pmf.known.any() and not pmf.known.all():
        axes.contour(pmf.axes[0], pmf.axes[1], pmf.known.T.astype(float), [0.5], colors="white", linewidths=0.8)
    for past in history:
        axes.plot(past.points[:, 0], past.points[:, 1], "o", ms=2.5, mew=0.3, mec="white",
                  color=iteration_colour(history)(past.header["iteration"]))
    axes.figure.colorbar(image, ax=axes, label=title + " / kT")
    axes.set_xlabel("s1")
    axes.set_ylabel("s2")


def make_1d(pmf, history, convergence, reference, result, labels):
    rows = 2 + bool(history) + bool(convergence["evaluations"])
    figure, axes = plt.subplots(rows, 1, figsize=(7, 3.4 + 2.3 * (rows - 1)), layout="constrained", squeeze=False,
                                height_ratios=[3.4] + [2.3] * (rows - 1))
    axes = list(axes[:, 0])
    draw_curve(axes[0], pmf, history, reference, result, labels)
    draw_error(axes[1], pmf, result)
    if history:
        draw_points(axes[2], history)
    for below in axes[1:2 + bool(history)]:
        below.sharex(axes[0])
        below.set_xlabel("s")
    if convergence["evaluations"]:
        draw_convergence(axes[-1], convergence)
    return figure


def make_2d(pmf, history, convergence, result, labels):
    panels = 2 + (result is not None) + bool(convergence["evaluations"])
    figure, axes = plt.subplots((panels + 1) // 2, 2, figsize=(10, 4.2 * ((panels + 1) // 2)), layout="constrained", squeeze=False)
    axes = list(axes.flat)
    draw_map(axes[0], pmf, pmf.F - pmf.F.min(), "F", history, "magma", min(30.0, float(np.ptp(pmf.F)) or 1.0))
    if labels is not None:
        axes[0].plot(labels[:, 0], labels[:, 1], "+", ms=4, color="white")
    draw_map(axes[1], pmf, pmf.std, "std", history, "viridis")
    used = 2
    if result is not None:
        size = max(1e-9, float(np.abs(result.error).max()))
        dots = axes[2].scatter(*result.s.T, c=result.error, s=4, cmap="coolwarm", vmin=-size, vmax=size)
        figure.colorbar(dots, ax=axes[2], label="error / kT")
        used = 3
    if convergence["evaluations"]:
        draw_convergence(axes[used], convergence)
        used += 1
    for empty in axes[used:]:
        empty.set_axis_off()
    return figure


def draw(path, pmf, history, convergence, reference, result, labels):
    """Writes the picture whole or not at all."""
    if pmf.dimension == 1:
        figure = make_1d(pmf, history, convergence, reference, result, labels)
    else:
        figure = make_2d(pmf, history, convergence, result, labels)
    figure.suptitle(pmf.line() + (f"\n{result.line()}" if result else ""), fontsize=8)
    ending = pathlib.Path(path).suffix.lstrip(".")
    if ending not in figure.canvas.get_supported_filetypes():
        raise PlotError(f"{path}: got a picture of the kind '{ending}', expected png, pdf or svg")
    temporary = f"{path}.tmp"
    try:
        figure.savefig(temporary, dpi=150, format=ending)
        os.replace(temporary, path)
    finally:
        plt.close(figure)
        if os.path.exists(temporary):
            os.unlink(temporary)
