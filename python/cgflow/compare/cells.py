# SPDX-License-Identifier: GPL-2.0-only
"""The cells of a reference: the errors of a PMF in them, and the PMF that a grid or frames give in them."""
import dataclasses
import math

import numpy as np

from ..errors import ToolError
from ..pmf import comparison

MIDDLE = (4.0, 8.0)    # kT above the minimum: the heights of barriers and side minima


class Cells:
    """The cells of a reference and the errors of PMFs in them."""

    def __init__(self, reference, variables):
        periods = [variable.period for variable in variables]
        reference = reference.on_circles([np.array([variable.low]) for variable in variables], periods)
        self.axes, self.index = comparison.lattice(reference, periods)
        self.periods, self.reference = periods, reference
        self.shape = tuple(map(len, self.axes))
        self.widths = [axis[1] - axis[0] for axis in self.axes]
        self.probability = np.zeros(self.shape)
        self.probability[self.index] = reference.weights()
        self.height = reference.F - reference.F.min()

    def measure(self, F):
        """(KLD, RMS error, RMS error in MIDDLE) of F [shape] in kT, NaN in cells where F is not known. The best constant
        of all cells that count is subtracted."""
        known = np.isfinite(F)
        difference = F[self.index] - self.reference.F
        counted = known[self.index] & (self.height <= self.reference.below)
        if not counted.any():
            raise ToolError("a PMF and the reference have no cell in common")
        error = difference - difference[counted].mean()
        middle = counted & (self.height > MIDDLE[0]) & (self.height < MIDDLE[1])
        rms = [float(np.sqrt(np.mean(error[cells]**2))) if cells.any() else math.nan for cells in (counted, middle)]
        return comparison.divergence(self.probability[known], F[known]), *rms

    def of_grid(self, grid):
        """F [shape] of a PMF on a grid, averaged over each cell where the reference is a histogram."""
        counts = comparison.cell_points(self.reference, self.widths, self.periods)
        return comparison.model_in_cells(grid, self.axes, self.widths, counts)[0]

    def cell_of(self, s):
        """Flat index [n] of the cell of each point s [n, dimension]; -1 outside."""
        at = np.floor((s - [axis[0] for axis in self.axes]) / self.widths + 0.5).astype(int)
        inside = np.ones(len(s), bool)
        for k, (n, period) in enumerate(zip(self.shape, self.periods)):
            if period:
                at[:, k] %= n
            inside &= (at[:, k] >= 0) & (at[:, k] < n)
        return np.where(inside, np.ravel_multi_index(np.where(inside[:, None], at, 0).T, self.shape), -1)

    def of_frames(self, cell, weights):
        """F [shape] of a histogram of weighted frames, from the cell [n] and the weight [n] of each. A cell counts at
        least half a frame of mean weight, so that F is finite."""
        keep = cell >= 0
        if not weights[keep].sum() > 0:
            raise ToolError("no frame lies in the reference's cells")
        sums = np.bincount(cell[keep], weights[keep], math.prod(self.shape))
        return -np.log(np.maximum(sums, 0.5 * weights[keep].mean())).reshape(self.shape)


def merge(reference, n):
    """A reference with values at points of one variable, converted to a histogram whose cells are n steps of the points
    wide."""
    order = np.argsort(reference.s[:, 0])
    s, p = reference.s[order, 0], np.exp(reference.F.min() - reference.F[order])
    first = np.arange(0, len(s) - n, n)
    mass = np.array([np.sum((p[i:i + n] + p[i + 1:i + n + 1]) * np.diff(s[i:i + n + 1])) / 2 for i in first])
    F = -np.log(mass)
    return dataclasses.replace(reference, s=(s[first] + s[first + n])[:, None] / 2, F=F - F.min(), std=np.zeros(len(F)),
                               probability=mass / mass.sum())
