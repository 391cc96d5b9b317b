# SPDX-License-Identifier: GPL-2.0-only
"""Colors and panels that all pictures of a PMF share, and how a picture becomes a file."""
import re

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from ..whole_file import replacing

# Distinguishable for color-blind readers (the colors of Okabe and Ito), and by their markers.
STD, CHANGE, RMS, KLD = "#0072B2", "#E69F00", "black", "#D55E00"

GREEK = {"phi", "psi", "omega", "chi", "theta", "alpha", "beta", "gamma", "zeta"}
# The program that drew a picture and the time would make two files of the same content differ.
METADATA = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


def subplots(rows, columns, size, **options):
    """(figure, axes [rows, columns]) for a file alone, without a window; size in inches."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def save(figure, path, kind):
    """Writes a png, pdf or svg file, whole or not at all. The same input gives the same bytes. The picture ends where its content
    does: beside maps of equal scales, labels of axes can lie outside of the figure."""
    with replacing(path) as temporary, matplotlib.rc_context({"svg.hashsalt": "cgflow"}):
        figure.savefig(temporary, dpi=150, format=kind, metadata=METADATA[kind], bbox_inches="tight", pad_inches=0.05)


def name_axis(axis, pmf, k):
    """Labels an axis with CG variable k. The axis of an angle has a tick every 60 degrees."""
    letters, digits = re.fullmatch(r"(.*?)(\d*)", pmf.names[k]).groups()
    name = rf"$\{letters}{'_{' + digits + '}' if digits else ''}$" if letters in GREEK else pmf.names[k].replace("$", r"\$")
    axis.set_label_text(name + (" / degrees" if pmf.periods[k] else ""))
    if pmf.periods[k]:
        axis.set_major_locator(matplotlib.ticker.MultipleLocator(60))


def iteration_colors(history):
    """Norm and color map of iteration numbers. The palest end of the map is left out, because it vanishes on white paper."""
    numbers = [past.header["iteration"] for past in history] or [0]
    cmap = matplotlib.colormaps["viridis"].resampled(256)
    norm = matplotlib.colors.Normalize(min(numbers), max(max(numbers), min(numbers) + 1))
    return norm, matplotlib.colors.ListedColormap(cmap(np.linspace(0, 0.93, 256)))


def iteration_color(history):
    """A function from an iteration number to its color."""
    norm, cmap = iteration_colors(history)
    return lambda number: cmap(norm(number))


def draw_lines(axes, convergence, lines, ylabel):
    """Curves (key of x, key of y, label, style, color) against energy evaluations."""
    for x_key, y_key, label, style, color in lines:
        x, y = np.array(convergence.get(x_key, [])), np.array(convergence.get(y_key, []))
        good = np.isfinite(y) & (y > 0)
        if good.any():
            axes.plot(x[good], y[good], style, color=color, ms=4, lw=1.2, label=label)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
    axes.set_xlabel("energy evaluations")
    axes.set_ylabel(ylabel)
    axes.grid(alpha=0.3, which="both", lw=0.4)
    if axes.lines:
        axes.legend(fontsize=8)


def draw_convergence(axes, convergence):
    draw_lines(axes, convergence, [("evaluations", "std", "std (RMS over the known region)", "o-", STD),
                                   ("evaluations", "change", "change of the PMF", "s-", CHANGE),
                                   ("compared", "rms", "RMS error (reference)", "^-", RMS)], "kT")


def draw_divergence(axes, convergence):
    draw_lines(axes, convergence, [("compared", "kld", "forward KLD (reference)", "D-", KLD)], "nats")


# Percentages of a normal distribution within one and within two standard deviations.
NORMAL = (68.27, 95.45)


def draw_calibration(axes, convergence):
    """Calibration of the std at each iteration: the percentages of cells whose error lies within one and within two std.
    Dashed lines are the values of a normal distribution."""
    for key, expected, label, style, color in (("within_1", NORMAL[0], "within 1 std", "o-", STD),
                                               ("within_2", NORMAL[1], "within 2 std", "s-", CHANGE)):
        axes.plot(convergence["compared"], convergence[key], style, color=color, ms=4, lw=1.2, label=label)
        axes.axhline(expected, ls="--", lw=0.8, color=color)
    axes.plot(convergence["compared"], convergence["known"], ":", color=RMS, lw=1.2, label="known cells")
    axes.set_ylim(0, 103)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
    axes.set_xlabel("energy evaluations")
    axes.set_ylabel("cells / %")
    axes.grid(alpha=0.3, lw=0.4)
    axes.legend(fontsize=8, loc="lower right")
