# SPDX-License-Identifier: GPL-2.0-only
"""A learned PMF against a reference: errors with the best constant removed, and how honest the std is."""
import dataclasses

import numpy as np

from pmf_files import PlotError, Reference


def weights(axis, values):
    """Indices [n, 4] and weights [n, 4] of cubic (4-point Lagrange) interpolation on a regular grid."""
    position = (values - axis[0]) / (axis[1] - axis[0])
    first = np.clip(np.floor(position).astype(int) - 1, 0, len(axis) - 4)
    t = position - first
    w = np.stack([-(t - 1) * (t - 2) * (t - 3) / 6, t * (t - 2) * (t - 3) / 2, -t * (t - 1) * (t - 3) / 2,
                  t * (t - 1) * (t - 2) / 6], axis=1)
    return first[:, None] + np.arange(4), w


def interpolate(axes, table, s):
    """Values [n] of a table on a regular grid at s [n, 1 or 2]."""
    i, w = weights(axes[0], s[:, 0])
    if len(axes) == 1:
        return (table[i] * w).sum(axis=1)
    j, v = weights(axes[1], s[:, 1])
    return np.einsum("nab,na,nb->n", table[i[:, :, None], j[:, None, :]], w, v)


def restrict(reference, limits, below):
    """The part of a reference inside limits [lo, hi, lo, hi ...] and at most `below` kT over its minimum."""
    dimension = reference.s.shape[1]
    keep = np.ones(len(reference.F), bool)
    if limits is not None:
        if len(limits) != 2 * dimension:
            raise PlotError(f"--range: got {len(limits)} numbers, expected LO HI for each of {dimension} CG variables")
        for k in range(dimension):
            lo, hi = limits[2 * k:2 * k + 2]
            # A reference written with few digits still ends at the limit.
            keep &= (reference.s[:, k] >= lo - 1e-9) & (reference.s[:, k] <= hi + 1e-9)
    if below is not None:
        keep &= reference.F - reference.F.min() <= below
    return Reference(reference.s[keep], reference.F[keep], reference.std[keep])


@dataclasses.dataclass
class Comparison:
    constant: float        # learned minus reference, kT
    s: np.ndarray          # [n, dimension], points compared
    error: np.ndarray      # [n], kT
    ratio: np.ndarray      # [n], |error| / std

    @property
    def rms(self):
        return float(np.sqrt(np.mean(self.error**2)))

    def line(self):
        worst = int(np.argmax(np.abs(self.error)))
        where = ", ".join(f"{value:g}" for value in self.s[worst])
        return (f"RMS error {self.rms:.4f} kT, largest {abs(self.error[worst]):.4f} kT at ({where}), "
                f"within 1 std {100 * np.mean(self.ratio <= 1):.1f} %, within 2 std {100 * np.mean(self.ratio <= 2):.1f} %, "
                f"{len(self.error)} points")


def compare(grid, reference):
    """Errors at the reference's points that the grid covers."""
    inside = np.ones(len(reference.F), bool)
    for axis, s in zip(grid.axes, reference.s.T):
        inside &= (s >= axis[0] - 1e-9) & (s <= axis[-1] + 1e-9)
    if not inside.any():
        raise PlotError("the PMF and the reference have no point in common")
    s = reference.s[inside]
    difference = interpolate(grid.axes, grid.F, s) - reference.F[inside]
    constant = difference.mean()
    error = difference - constant
    # An infinite std says "unknown"; cubic weights would make it NaN.
    finite = np.where(np.isfinite(grid.std), grid.std, 1e30)
    std = np.hypot(np.maximum(interpolate(grid.axes, finite, s), 0), reference.std[inside])
    ratio = np.divide(np.abs(error), std, out=np.where(np.abs(error) > 0, np.inf, 0.0), where=std > 0)
    return Comparison(constant, s, error, ratio)
