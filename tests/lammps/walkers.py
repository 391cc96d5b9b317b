# SPDX-License-Identifier: GPL-2.0-only
"""Scripts and surfaces for the tests of walkers."""
import math

import numpy as np

BOLTZ_REAL = 0.0019872067    # kcal/mol/K, LAMMPS' units real


def torus(x, y):
    """A PMF on the torus, kcal/mol, degrees: three wells of different depth. A grid of 121 points resolves all its harmonics."""
    a, b = np.radians(x), np.radians(y)
    return 0.8 * np.cos(a) + 0.5 * np.cos(2 * b - a) + 0.4 * np.sin(b)


def torus_std(x, y):
    return 0.10 + 0.05 * np.sin(np.radians(x)) * np.cos(np.radians(y))


def double_well(s):
    """A double well in units of energy 1, low at the upper wall of [-1.5, 1.3], so that the walls matter."""
    return 3.0 * (s * s - 1.0) ** 2 + 0.8 * s - 2.0 * np.exp(-((s - 1.3) / 0.1) ** 2)


def write_torus(path, n=121):
    grid = np.linspace(-180.0, 180.0, n)
    lines = ["# a table without a header: x y F std"]
    for x in grid:
        lines += [f"{x:.17g} {y:.17g} {torus(x, y):.17g} {torus_std(x, y):.17g}" for y in grid]
    path.write_text("\n".join(lines) + "\n")


def write_double_well(path, n=561):
    lines = [f"{s:.17g} {double_well(s):.17g} {0.1 + 0.01 * s:.17g}" for s in np.linspace(-1.5, 1.3, n)]
    path.write_text("\n".join(lines) + "\n")


TORUS = """
units           real
newton          ${newton}
dimension       2
boundary        p p p
processors      ${processors}
region          cg block -180 180 -180 180 -0.5 0.5
create_box      1 cg
create_atoms    1 random ${walkers} 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * torus.dat
reset_atoms     id sort yes
"""

WELL = """
units           lj
dimension       2
boundary        f p p
processors      * 1 1
region          cg block -1.5 1.3 0 1 -0.5 0.5
create_box      1 cg
create_atoms    1 random ${walkers} 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * well.dat
reset_atoms     id sort yes
"""

# The output that a user may see after each sweep, with all digits.
VISIBLE = """
compute         pe all pe/atom
compute         std all cgflow/std
compute         pmf all pair cgflow/pmf
thermo_style    custom step atoms pe evdwl c_pmf c_pmf[1] c_pmf[2] c_pmf[3]
thermo_modify   format float %.15g lost error norm no
thermo          1
"""


def script(text, **values):
    """LAMMPS script with its ${...} filled in, by default with the values below."""
    values = {"newton": "on", "processors": "* * *", "walkers": 200, **values}
    for name, value in values.items():
        text = text.replace("${%s}" % name, str(value))
    return text


def probabilities_1d(function, lo, hi, bins, kT, fine=200):
    """Exact probability of each bin by quadrature."""
    s = np.linspace(lo, hi, bins * fine, endpoint=False) + 0.5 * (hi - lo) / (bins * fine)
    weights = np.exp(-function(s) / kT)
    return weights.reshape(bins, fine).sum(axis=1) / weights.sum()


def probabilities_torus(bins, kT, fine=20):
    grid = -180.0 + 360.0 * (np.arange(bins * fine) + 0.5) / (bins * fine)
    x, y = np.meshgrid(grid, grid, indexing="ij")
    weights = np.exp(-torus(x, y) / kT)
    return weights.reshape(bins, fine, bins, fine).sum(axis=(1, 3)).ravel() / weights.sum()


def chi_square(counts, expected, samples_per_independent=1.0):
    """Pearson's chi-square over its degrees of freedom, 1 on average when the counts follow the probabilities `expected`.
    Counts of correlated samples are first divided by the number of samples per independent one."""
    counts = np.asarray(counts, float) / samples_per_independent
    total = counts.sum()
    return float(((counts - total * expected) ** 2 / (total * expected)).sum() / (len(expected) - 1))


def chi_square_limit(degrees, sigma=5.0):
    """The mean plus `sigma` standard deviations of chi-square over its degrees of freedom."""
    return 1.0 + sigma * math.sqrt(2.0 / degrees)
