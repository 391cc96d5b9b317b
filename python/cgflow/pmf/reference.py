# SPDX-License-Identifier: GPL-2.0-only
"""Reference PMFs to compare with: a table of F in kT, or another PMF file."""
import dataclasses
import math
import pathlib

import numpy as np

from . import files
from ..errors import ToolError


@dataclasses.dataclass
class Reference:
    s: np.ndarray                    # [n, dimension], points, or centers of the cells of a histogram
    F: np.ndarray                    # [n], kT
    std: np.ndarray                  # [n], kT; 0 where the file has none
    probability: np.ndarray = None   # [n], probability of each cell; None where F are values at points
    path: str = "reference"          # name in messages
    whole: bool = True               # False for a part, a range of the CG variables
    below: float = math.inf          # kT; errors count where F is at most this far above its minimum

    def rows(self, keep):
        """The Reference of the rows in a mask."""
        probability = None if self.probability is None else self.probability[keep]
        return dataclasses.replace(self, s=self.s[keep], F=self.F[keep], std=self.std[keep], probability=probability)

    def weights(self):
        """[n], proportional to the probability of each row."""
        return np.exp(self.F.min() - self.F) if self.probability is None else self.probability

    def on_circles(self, axes, periods):
        """This reference with each periodic variable in the range of its axis, and with the second end of the circle
        dropped where the table contains both. A part of a reference is not wrapped, so that it stays in one piece."""
        keep, s = np.ones(len(self.F), bool), self.s.copy()
        for k, (axis, period) in enumerate(zip(axes, periods)):
            if not period:
                continue
            keep &= s[:, k] < s[:, k].min() + period * (1 - 1e-9)
            if self.whole:
                # The small shift keeps a point at the beginning of the axis there in spite of rounding.
                s[:, k] -= period * np.floor((s[:, k] - axis[0]) / period + 1e-9)
        return dataclasses.replace(self, s=s).rows(keep)


def read_reference(path, dimension):
    """The Reference of a file with columns s ..., F in kT. A later column named std... is the error of F, and one named
    prob... makes the table a histogram. Also reads PMF files."""
    lines = files.lines_of(path)
    if any(line.split()[:2] == ["#", "kT"] and " units " in line for line in lines):
        return from_pmf(path, dimension)
    rows = files.read_table(path, dimension, 1)
    titles = [line[1:].replace(",", " ").split() for line in lines if line.startswith("#")]
    columns = {}
    for names in titles:
        if len(names) > dimension and names[dimension].startswith("F"):
            for kind in ("std", "prob"):
                found = [k for k, name in enumerate(names[:rows.shape[1]]) if k > dimension and name.startswith(kind)]
                columns.update({kind: found[0]} if found else {})
    rows = rows[np.isfinite(rows[:, dimension])]
    if not len(rows):
        raise ToolError(f"{path}: got no finite F")
    std = rows[:, columns["std"]] if "std" in columns else np.zeros(len(rows))
    probability = rows[:, columns["prob"]] if "prob" in columns else None
    for name, values in (("std", std), ("probability", probability)):
        if values is not None and (np.isnan(values).any() or values.min() < 0):
            raise ToolError(f"{path}: got a {name} of {values[~(values >= 0)][0]:g}, expected a number >= 0")
    return Reference(rows[:, :dimension], rows[:, dimension], std, probability, pathlib.Path(path).name)


def from_pmf(path, dimension):
    """The Reference of a PMF file, whose energies are not in kT."""
    pmf = files.read_pmf(path)
    if pmf.dimension != dimension:
        raise ToolError(f"{path}: got {pmf.dimension} CG variables, the PMF has {dimension}")
    s = np.stack([values.ravel() for values in np.meshgrid(*pmf.axes, indexing="ij")], axis=1)
    return Reference(s, pmf.F.ravel(), pmf.std.ravel(), path=pathlib.Path(path).name)
