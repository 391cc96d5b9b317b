# SPDX-License-Identifier: GPL-2.0-only
"""Lennard-Jones parameters of unlike pairs by the Lorentz-Berthelot rule of AMBER, which is `pair_modify mix arithmetic`
in LAMMPS."""
import math

from ..errors import ToolError


def mixed(first, second):
    """(epsilon, sigma) of a pair of atom types, each (epsilon, sigma)."""
    return math.sqrt(first[0] * second[0]), 0.5 * (first[1] + second[1])


def check(where, pairs, tolerance):
    """Refuses pairs (first, second, parameters of the pair), each (epsilon, sigma), that do not follow the rule (NBFIX
    terms)."""
    for first, second, given in pairs:
        epsilon, sigma = mixed(first, second)
        if epsilon == 0.0 and given[0] == 0.0:
            continue
        if abs(given[0] - epsilon) > tolerance * epsilon or abs(given[1] - sigma) > tolerance * sigma:
            raise ToolError(f"{where}: an unlike pair has epsilon {given[0]:.6g}, sigma {given[1]:.6g} instead of {epsilon:.6g}, "
                            f"{sigma:.6g} of the Lorentz-Berthelot rule (NBFIX); such pairs are not converted")
