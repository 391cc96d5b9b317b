# SPDX-License-Identifier: GPL-2.0-only
"""Colours and panels that all pictures of a PMF share."""
import re

import matplotlib

matplotlib.use("Agg")
# The same input makes the same file, byte by byte.
matplotlib.rcParams["svg.hashsalt"] = "cgflow"

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

# Told apart by the colour-blind (Okabe and Ito), and by their markers.
STD, CHANGE, RMS, KLD = "#0072B2", "#E69F00", "black", "#D55E00"


GREEK = {"phi", "psi", "omega", "chi", "theta", "alpha", "beta", "gamma", "zeta"}


def name_axis(axis, pmf, k):
    """Name of a CG variable as a label; a circle has ticks each 60 degrees."""
    letters, digits = re.fullmatch(r"(.*?)(\d*)", pmf.names[k]).groups()
    name = rf"$\{letters}{'_{' + digits + '}' if digits else ''}$" if letters in GREEK else pmf.names[k].replace("$", r"\$")
    axis.set_label_text(name + (" / degrees" if pmf.periods[k] else ""))
    if pmf.periods[k]:
        axis.set_major_locator(matplotlib.ticker.MultipleLocator(60))


def iteration_colours(history):
    """Norm and colour map of iteration numbers; the map's palest end, which white paper swallows, is cut off."""
    numbers = [past.header["iteration"] for past in history] or [0]
    cmap = matplotlib.colormaps["viridis"].resampled(256)
    norm = matplotlib.colors.Normalize(min(numbers), max(max(numbers), min(numbers) + 1))
    return norm, matplotlib.colors.ListedColormap(cmap(np.linspace(0, 0.93, 256)))


def iteration_colour(history):
    norm, cmap = iteration_colours(history)
    return lambda number: cmap(norm(number))


def draw_lines(axes, convergence, lines, ylabel):
    """Curves (key of x, key of y, label, style, colour) against energy evaluations."""
    for x_key, y_key, label, style, colour in lines:
        x, y = np.array(convergence.get(x_key, [])), np.array(convergence.get(y_key, []))
        good = np.isfinite(y) & (y > 0)
        if good.any():
            axes.plot(x[good], y[good], style, color=colour, ms=4, lw=1.2, label=label)
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


# Of a normal distribution within one and two standard deviations, per cent.
HONEST = (68.27, 95.45)


def draw_calibration(axes, convergence):
    """How honest the std is at each stage: shares of cells whose error lies within one and two std. Dashed: a normal
    distribution's."""
    for key, honest, label, style, colour in (("within_1", HONEST[0], "within 1 std", "o-", STD),
                                              ("within_2", HONEST[1], "within 2 std", "s-", CHANGE)):
        axes.plot(convergence["compared"], convergence[key], style, color=colour, ms=4, lw=1.2, label=label)
        axes.axhline(honest, ls="--", lw=0.8, color=colour)
    axes.plot(convergence["compared"], convergence["known"], ":", color=RMS, lw=1.2, label="known cells")
    axes.set_ylim(0, 103)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
    axes.set_xlabel("energy evaluations")
    axes.set_ylabel("cells / %")
    axes.grid(alpha=0.3, lw=0.4)
    axes.legend(fontsize=8, loc="lower right")
