# SPDX-License-Identifier: GPL-2.0-only
"""References and tables for the tests of tools/compare, small enough to check by hand."""
import numpy as np

from cgflow.compare import systems
from cgflow.pmf.reference import Reference

LINE = [systems.Variable("s", (), (1.0, -1.0), 0.0, 4.0)]
TORUS = [systems.Variable("phi", (1, 2, 3, 4)), systems.Variable("psi", (2, 3, 4, 5))]


def histogram(p):
    """A reference with cells of width 1, from 0 on."""
    p = np.array(p, float)
    F = -np.log(p / p.max())
    return Reference((np.arange(len(p)) + 0.5)[:, None], F, np.zeros(len(p)), p / p.sum())


def torus(n):
    """A flat reference of n x n cells."""
    c = -180 + 360 * (np.arange(n) + 0.5) / n
    s = np.array([(x, y) for x in c for y in c])
    return Reference(s, np.zeros(n * n), np.zeros(n * n), np.full(n * n, 1 / n**2))


def write_rows(path, rows):
    """A table as LAMMPS and Colvars write it."""
    path.write_text("# title\n" + "".join(" ".join(f"{x:.15g}" for x in row) + "\n" for row in rows))
