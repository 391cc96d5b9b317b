# SPDX-License-Identifier: GPL-2.0-only
"""Comparison of a learned PMF with a reference: forward Kullback-Leibler divergence (KLD), errors after the best constant is
subtracted, and the calibration of the std."""
import dataclasses
import math

import numpy as np

from ..errors import ToolError

# Points per dimension over which exp(-F) is averaged in a cell: at least this many, and for an angle at most this far apart.
CELL_POINTS, CELL_DEGREES = 3, 2.5
# kT above the minimum, by the number of CG variables: wide maps contain regions that no simulation visits.
DEFAULT_BELOW = {1: math.inf, 2: 8.0, 3: 8.0}
REFERENCE_HELP = ("reference PMF: a table with columns s ..., F in kT, or another PMF file. A column named std... is the error of F. "
                  "With a column named prob... the table is a histogram, and exp(-F) of the PMF is averaged over its cells")


def add_options(parser):
    """The options of all programs that compare with a reference."""
    parser.add_argument("--range", nargs="+", type=float, metavar=("LO", "HI"), help="compare only in this range: LO HI of each CG "
                        "variable in turn")
    parser.add_argument("--below", type=float, metavar="KT", help="count errors only where the reference is at most this many kT above "
                        "its minimum (default: 8 for two or three CG variables, no limit for one)")


def restrict(reference, limits, below):
    """The part of a reference inside limits [lo, hi, lo, hi ...], or all of it for None. Errors count where F is at most
    `below` kT above its minimum, None for the default. The KLD is over the whole part."""
    dimension = reference.s.shape[1]
    keep = np.ones(len(reference.F), bool)
    if limits is not None:
        if len(limits) != 2 * dimension:
            raise ToolError(f"--range: got {len(limits)} numbers, expected LO HI for each of {dimension} CG variables")
        for k in range(dimension):
            lo, hi = limits[2 * k:2 * k + 2]
            # The tolerance includes the last point of a reference that was written with few digits.
            keep &= (reference.s[:, k] >= lo - 1e-9) & (reference.s[:, k] <= hi + 1e-9)
    if not keep.any():
        raise ToolError(f"--range: no point of {reference.path} lies in this range")
    below = DEFAULT_BELOW[dimension] if below is None else below
    if not below > 0:
        raise ToolError(f"--below: got {below:g}, expected a number of kT above 0")
    return dataclasses.replace(reference.rows(keep), whole=reference.whole and limits is None, below=below)


@dataclasses.dataclass
class Comparison:
    constant: float         # kT, mean of learned minus reference, which the errors do not contain
    s: np.ndarray           # [n, dimension], points whose errors count
    error: np.ndarray       # [n], kT
    std: np.ndarray         # [n], kT, of the learned PMF
    ratio: np.ndarray       # [n], |error| / sqrt(std^2 + std of the reference^2)
    below: float            # kT, infinite where all points count
    kld: float              # nats
    cells: int              # number of cells in the KLD
    cell_axes: list         # centers of the cells of each dimension
    cell_error: np.ndarray  # [cells of each dimension], kT; NaN where the reference has no row

    @property
    def rms(self):
        return float(np.sqrt(np.mean(self.error**2)))

    def percent_within(self, stds):
        """Percentage of the errors within this many std."""
        return 100 * float(np.mean(self.ratio <= stds))

    def largest(self):
        """The largest error and its place, as text."""
        worst = int(np.argmax(np.abs(self.error)))
        return f"{abs(self.error[worst]):.4f} kT at ({', '.join(f'{value:g}' for value in self.s[worst])})"

    def where(self):
        """The number of points whose errors count, as text."""
        return f"{len(self.error)} points" + (f" with F <= {self.below:g} kT" if np.isfinite(self.below) else "")

    def line(self):
        """All figures in one line."""
        return (f"forward KLD {self.kld:.2e}, RMS error {self.rms:.4f} kT, largest {self.largest()}, within 1 std "
                f"{self.percent_within(1):.1f} %, within 2 std {self.percent_within(2):.1f} %, {self.where()}")


def lattice(reference, periods):
    """(axes, index): the centers of all cells of the reference in each dimension, including cells that its file leaves
    out, and the index [n] of the cell of each row in each dimension. Cells have equal widths."""
    axes, index = [], []
    for name, values, period in zip("1st 2nd 3rd".split(), reference.s.T, periods):
        steps = np.diff(np.unique(values))
        steps = steps[steps > 1e-6 * (values.max() - values.min())]
        if not len(steps):
            raise ToolError(f"{reference.path}: got one value in the {name} column, expected a regular grid of cells")
        position = (values - values.min()) / steps.min()
        at = np.round(position).astype(int)
        # A reference of the full circle has cells all around, also where it never visited any of a whole row.
        n = round(period / steps.min()) if period and reference.whole else at.max() + 1
        if np.abs(position - at).max() > 0.05 or at.max() > n or (period and reference.whole and
                                                                  abs(n * steps.min() - period) > 0.05 * steps.min()):
            raise ToolError(f"{reference.path}: the {name} column is not a regular grid of cells")
        width = period / n if period and reference.whole else (values.max() - values.min()) / at.max()
        axes.append(values.min() + width * np.arange(n))
        index.append(at % n)
    return axes, tuple(index)


def cell_points(reference, widths, periods):
    """[dimension]: points per cell over which a PMF is averaged; 1 where the F of the reference are values at points."""
    if reference.probability is None:
        return [1] * len(widths)
    return [max(CELL_POINTS, math.ceil(width / CELL_DEGREES)) if period else CELL_POINTS for width, period in zip(widths, periods)]


def model_in_cells(grid, axes, widths, counts):
    """F and std [cells of each dimension] of a PMF in cells; NaN in cells that its grid does not cover. F is -ln of the
    mean of exp(-F) over counts[k] points per cell in dimension k. std is the mean of the points' std with the weights
    exp(-F): neighboring points have the same error."""
    lines = [(axis[:, None] + ((np.arange(n) + 0.5) / n - 0.5) * width).ravel() for axis, width, n in zip(axes, widths, counts)]
    inside = tuple(range(1, 2 * len(axes), 2))
    F, std = (values.reshape([n for pair in zip(map(len, axes), counts) for n in pair]) for values in grid.on_lattice(lines))
    low = F.min(axis=inside, keepdims=True)
    weights = np.exp(low - F)
    mean_std = np.sum(weights * np.where(weights > 0, std, 0), axis=inside) / np.sum(weights, axis=inside)
    return low.squeeze(inside) - np.log(np.mean(weights, axis=inside)), mean_std


def divergence(p, F):
    """Forward KLD in nats: the sum of p ln(p/q) over cells, p and q = exp(-F) both normalized over these cells."""
    low = F.min()
    ln_q = low - F - np.log(np.sum(np.exp(low - F)))
    p = p / p.sum()
    seen = p > 0
    # Rounding may make a divergence of zero slightly negative.
    return max(0.0, float(np.sum(p[seen] * (np.log(p[seen]) - ln_q[seen]))))


def compare(grid, reference, threshold=math.inf):
    """The Comparison of a PMF with a reference, over the cells of the reference that the grid covers. For a histogram (a
    reference with probabilities) the PMF is averaged over its cells; otherwise both are values at points. Errors count
    where the std is at most `threshold` kT."""
    if not grid.covers(reference.s).any():
        raise ToolError("the PMF and the reference have no point in common")
    reference = reference.on_circles(grid.axes, grid.periods)
    axes, index = lattice(reference, grid.periods)
    shape = tuple(map(len, axes))
    widths = [axis[1] - axis[0] for axis in axes]
    F, std = model_in_cells(grid, axes, widths, cell_points(reference, widths, grid.periods))
    if len(np.unique(np.ravel_multi_index(index, shape))) != len(reference.F):
        raise ToolError(f"{reference.path}: got two rows for one cell")

    p = np.zeros(shape)
    p[index] = reference.weights()
    covered = np.isfinite(F)
    counted = covered[index] & (reference.F - reference.F.min() <= reference.below) & (grid.std_at(reference.s) <= threshold)
    if not counted.any() or p[covered].sum() == 0:
        raise ToolError("the PMF and the reference have no cell in common")
    difference = F[index] - reference.F
    constant = difference[counted].mean()
    error = difference[counted] - constant
    s = reference.s[counted]
    std = std[index][counted]
    both = np.hypot(std, reference.std[counted])
    ratio = np.divide(np.abs(error), both, out=np.where(np.abs(error) > 0, np.inf, 0.0), where=both > 0)
    cell_error = np.full(shape, np.nan)
    cell_error[index] = difference - constant
    return Comparison(constant, s, error, std, ratio, reference.below, divergence(p[covered], F[covered]),
                      int(covered.sum()), axes, cell_error)


def calibration(grid, reference, threshold, every):
    """Percentages (errors within 1 std, errors within 2 std, cells whose errors count), over the cells where the std is
    at most `threshold` kT, with the best constant of these cells. `every` is the Comparison of all cells. The first two
    are NaN where no cell counts."""
    try:
        known = compare(grid, reference, threshold)
    except ToolError:
        return math.nan, math.nan, 0.0
    return known.percent_within(1), known.percent_within(2), 100 * len(known.error) / len(every.error)


def against_evaluations(history, reference):
    """{compared, rms, kld, within_1, within_2, known: lists} over the iterations whose PMF is in the history. `compared`
    are energy evaluations; the last three come from calibration() with the threshold of the iteration."""
    past = [iteration for iteration in history if iteration.grid is not None]
    results = [compare(iteration.grid, reference) for iteration in past]
    percents = [calibration(iteration.grid, reference, iteration.header["threshold"], result) for iteration, result in zip(past, results)]
    within_1, within_2, known = (list(column) for column in zip(*percents)) if percents else ([], [], [])
    return {"compared": [iteration.header["evaluations"] for iteration in past], "rms": [r.rms for r in results],
            "kld": [r.kld for r in results], "within_1": within_1, "within_2": within_2, "known": known}
