# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a PMF of two CG variables: maps and convergence."""
import matplotlib
import numpy as np

from .style import draw_calibration, draw_convergence, draw_divergence, iteration_colors, name_axis, subplots

# kT; the map has colors and one contour line per kT up to this height.
TOP = 15.0
GRAY, HATCH = "0.8", "0.55"


def color_bar(axes, image, label, **more):
    """A color bar as high as the map."""
    return axes.figure.colorbar(image, ax=axes, label=label, fraction=0.046, pad=0.03, **more)


def frame(axes, pmf, title):
    """Title, labels and limits of a map."""
    axes.set_title(title, fontsize=10)
    for axis, k in ((axes.xaxis, 0), (axes.yaxis, 1)):
        name_axis(axis, pmf, k)
    axes.set_xlim(pmf.axes[0][0], pmf.axes[0][-1])
    axes.set_ylim(pmf.axes[1][0], pmf.axes[1][-1])
    if all(pmf.periods):
        axes.set_aspect("equal")


def free_energy(pmf):
    """F above its minimum in the known region. Elsewhere F is an extrapolation that may be lower."""
    return pmf.F - (pmf.F[pmf.known] if pmf.known.any() else pmf.F).min()


def contours(axes, pmf, color):
    """One line per kT, every fifth of them thicker."""
    F = free_energy(pmf)
    levels = np.arange(1, TOP + 0.5)
    levels = levels[(levels > F.min()) & (levels < F.max())]
    if len(levels):
        axes.contour(pmf.axes[0], pmf.axes[1], F.T, levels, colors=color, linewidths=np.where(levels % 5 == 0, 1.0, 0.4))


def hide_unknown(axes, pmf):
    """Hatched gray over the points that the file marks as not known."""
    if pmf.known.all():
        return
    unknown = (~pmf.known).T.astype(float)
    axes.contourf(pmf.axes[0], pmf.axes[1], unknown, [0.5, 1.5], colors=[GRAY], alpha=0.75, zorder=3)
    hatched = axes.contourf(pmf.axes[0], pmf.axes[1], unknown, [0.5, 1.5], colors="none", hatches=["////"], zorder=3)
    hatched.set_edgecolor(HATCH)
    hatched.set_linewidth(0)


def draw_free_energy(axes, pmf, labels):
    image = axes.pcolormesh(pmf.axes[0], pmf.axes[1], free_energy(pmf).T, cmap="viridis", vmin=0, vmax=TOP, shading="nearest",
                            rasterized=True)
    contours(axes, pmf, "white")
    hide_unknown(axes, pmf)
    if labels is not None:
        axes.plot(labels[:, 0], labels[:, 1], "+", ms=3, mew=0.6, color="black", zorder=4)
    color_bar(axes, image, "F / kT", extend="max", ticks=np.arange(0, TOP + 0.5, 5))
    frame(axes, pmf, "PMF, one line per kT; hatched: not known")


def draw_std(axes, pmf):
    """The std on a logarithmic scale: it differs by orders of magnitude between known and unknown regions."""
    shown = pmf.std[pmf.known] if pmf.known.any() else pmf.std
    shown = shown[np.isfinite(shown) & (shown > 0)]
    high = shown.max() if len(shown) else 1.0
    low = min(max(shown.min() if len(shown) else 0.0, 1e-3 * high), 0.5 * high)
    norm = matplotlib.colors.LogNorm(low, high)
    std = np.clip(np.nan_to_num(pmf.std, nan=high, posinf=high), low, high)
    image = axes.pcolormesh(pmf.axes[0], pmf.axes[1], std.T, cmap="cividis", norm=norm, shading="nearest", rasterized=True)
    hide_unknown(axes, pmf)
    marks = [m * 10.0**e for e in range(-9, 4) for m in (1, 2, 3, 5)]
    bar = color_bar(axes, image, "std / kT", extend="max", format="%g", ticks=[m for m in marks if low <= m <= high])
    bar.ax.minorticks_off()
    frame(axes, pmf, "std of the PMF")


def draw_points(axes, pmf, history):
    """The chosen points in the color of their iteration, over the contours of the final PMF."""
    contours(axes, pmf, "0.75")
    norm, cmap = iteration_colors(history)
    points = np.concatenate([past.points for past in history])
    numbers = np.concatenate([np.full(len(past.points), past.header["iteration"]) for past in history])
    size = 22 if len(points) < 500 else 3
    dots = axes.scatter(*points.T, c=numbers, s=size, cmap=cmap, norm=norm, edgecolors="black",
                        linewidths=0.4 if size > 10 else 0, zorder=3)
    bar = color_bar(axes, dots, "iteration")
    bar.ax.yaxis.get_major_locator().set_params(integer=True)
    frame(axes, pmf, "points chosen by each iteration")


def draw_error(axes, pmf, result):
    """The error in each cell of the reference. The line is the F up to which errors count."""
    size = max(1e-9, 4 * result.rms)
    x, y = result.cell_axes
    image = axes.pcolormesh(x, y, result.cell_error.T, cmap="PuOr", vmin=-size, vmax=size, shading="nearest", rasterized=True)
    if np.isfinite(result.below):
        contours_of_limit(axes, pmf, result.below)
    axes.set_facecolor(GRAY)
    color_bar(axes, image, "learned - reference / kT", extend="both")
    frame(axes, pmf, f"error; line: F = {result.below:g} kT" if np.isfinite(result.below) else "error")


def contours_of_limit(axes, pmf, below):
    F = free_energy(pmf)
    if F.min() < below < F.max():
        axes.contour(pmf.axes[0], pmf.axes[1], F.T, [below], colors="black", linewidths=0.8)


def make(pmf, history, convergence, result, labels):
    """The figure: maps of F, std, points and error, and the convergence, as far as there are data for them."""
    panels = [lambda axes: draw_free_energy(axes, pmf, labels), lambda axes: draw_std(axes, pmf)]
    if history:
        panels.append(lambda axes: draw_points(axes, pmf, history))
    if result:
        panels.append(lambda axes: draw_error(axes, pmf, result))
    if convergence["evaluations"]:
        panels.append(lambda axes: draw_convergence(axes, convergence))
    if convergence.get("kld"):
        panels.append(lambda axes: draw_divergence(axes, convergence))
        panels.append(lambda axes: draw_calibration(axes, convergence))
    rows = (len(panels) + 1) // 2
    figure, axes = subplots(rows, 2, (10, 4.2 * rows))
    for panel, place in zip(panels, axes.flat):
        panel(place)
    for empty in axes.flat[len(panels):]:
        empty.set_axis_off()
    return figure
