# SPDX-License-Identifier: GPL-2.0-only
"""A PMF on a regular grid of one to three CG variables, and its values between the grid's points."""
import dataclasses
import functools
import math

import numpy as np

from ..errors import ToolError

CIRCLE = 360.0            # degrees
CUBIC, LINEAR = 3, 1      # orders of interpolation
INFINITE = 1e20           # an interpolated std above this is infinite


@dataclasses.dataclass
class Grid:
    """F and its std on a regular grid."""
    axes: list          # values of each dimension, ascending
    F: np.ndarray       # kT, shape: numbers of values of the axes
    std: np.ndarray     # kT, the same shape; infinite where F is unknown
    periods: list       # 360 for a periodic dimension, else 0

    @property
    def dimension(self):
        return len(self.axes)

    def covers(self, s):
        """Mask [n] of the points s [n, dimension] that lie within the grid; periodic dimensions have no limit."""
        inside = np.ones(len(s), bool)
        for axis, period, values in zip(self.axes, self.periods, s.T):
            if not period:
                inside &= (values >= axis[0] - 1e-9) & (values <= axis[-1] + 1e-9)
        return inside

    def F_at(self, s):
        """F [n] at s [n, dimension], by cubic interpolation in each dimension."""
        return interpolate(self.axes, self.periods, self.F, s, CUBIC)

    def on_lattice(self, lines):
        """F and std at the points of a lattice, given by the values of each dimension (`lines`). Interpolates like F_at()
        and std_at(); NaN outside the grid."""
        inside = [np.ones(len(values), bool) if period else (values >= axis[0] - 1e-9) & (values <= axis[-1] + 1e-9)
                  for axis, period, values in zip(self.axes, self.periods, lines)]
        covered = functools.reduce(np.logical_and.outer, inside)
        F, std = (tensor_product(self.axes, self.periods, table, lines, order)
                  for table, order in ((self.F, CUBIC), (self.finite_std(), LINEAR)))
        return np.where(covered, F, np.nan), np.where(covered, np.where(std < INFINITE, std, np.inf), np.nan)

    def finite_std(self):
        """std with large numbers instead of infinity, which can be interpolated: infinity times the weight 0 would give
        NaN."""
        return np.where(np.isfinite(self.std), self.std, 1e10 * INFINITE)

    def std_at(self, s):
        """std [n] at s [n, dimension]; infinite where a neighboring point is. Linear interpolation, since cubic
        interpolation would be negative beside a large value."""
        std = interpolate(self.axes, self.periods, self.finite_std(), s, LINEAR)
        return np.where(std < INFINITE, std, np.inf)


def make_axes(where, rows, dimension):
    """(axes, shape, rows in the order of the grid) of rows [n, columns] that begin with the CG variables. `where` names
    the rows in errors. The rows must fill a regular grid."""
    axes = [np.unique(rows[:, k]) for k in range(dimension)]
    shape = tuple(len(axis) for axis in axes)
    if math.prod(shape) != len(rows):
        raise ToolError(f"{where}: got {len(rows)} points, expected a full grid of {' x '.join(map(str, shape))}")
    for name, axis in zip("1st 2nd 3rd".split(), axes):
        steps = np.diff(axis)
        if len(axis) < 4 or steps.max() > steps.min() * 1.01:
            raise ToolError(f"{where}: the {name} column is not a regular grid of at least 4 values")
    return axes, shape, rows[np.lexsort(rows[:, :dimension].T[::-1])]


def step_of(axis):
    return (axis[-1] - axis[0]) / (len(axis) - 1)


def find_periods(axes, F):
    """[dimension]: 360 for an axis that covers a full circle, else 0. The file may contain both ends of the circle, with
    the same F, or leave the second one out."""
    periods = []
    for k, axis in enumerate(axes):
        span, slack = axis[-1] - axis[0], 1e-3 * step_of(axis)
        repeats = abs(span - CIRCLE) < slack and np.allclose(F.take(0, k), F.take(-1, k), rtol=0, atol=1e-6)
        left_out = abs(span + step_of(axis) - CIRCLE) < slack
        periods.append(CIRCLE if repeats or left_out else 0.0)
    return periods


def weights(axis, period, values, order):
    """Indices [n, order + 1] and weights [n, order + 1] of Lagrange interpolation through the nearest points of an axis."""
    step = step_of(axis)
    n = round(period / step) if period else len(axis)
    position = (values - axis[0]) / step
    first = np.floor(position).astype(int) - order // 2
    if not period:
        first = np.clip(first, 0, n - order - 1)
    t = position - first
    nodes = np.arange(order + 1)
    w = np.stack([np.prod([(t - m) / (j - m) for m in nodes if m != j], axis=0) for j in nodes], axis=1)
    at = first[:, None] + nodes
    return at % n if period else at, w


def interpolate(axes, periods, table, s, order):
    """Values [n] at s [n, dimension] of a table on a regular grid."""
    at, factors = zip(*(weights(axis, period, values, order) for axis, period, values in zip(axes, periods, s.T)))
    # Indices of dimension k vary along dimension k + 1 of `neighbors` [n, order + 1, order + 1, ...].
    neighbors = table[tuple(i.reshape(len(s), *(-1 if m == k else 1 for m in range(len(axes)))) for k, i in enumerate(at))]
    for w in reversed(factors):
        neighbors = np.einsum("n...a,na->n...", neighbors, w)
    return neighbors


def tensor_product(axes, periods, table, lines, order):
    """The same at all points of a lattice, given by the values of each dimension (`lines`). It interpolates one dimension
    after the other, which costs far less than point by point."""
    for k, (axis, period, values) in enumerate(zip(axes, periods, lines)):
        at, w = weights(axis, period, values, order)
        matrix = np.zeros((len(values), len(axis)))
        np.add.at(matrix, (np.arange(len(values))[:, None], at), w)
        table = np.moveaxis(np.tensordot(matrix, table, (1, k)), 0, k)
    return table
