# SPDX-License-Identifier: GPL-2.0-only
"""Lennard-Jones parameters of unlike pairs: the Lorentz-Berthelot rule of AMBER, which is `pair_modify mix arithmetic` in
LAMMPS, and the geometric rule of OPLS, `pair_modify mix geometric`."""
import math

from ..errors import ToolError

RULES = {"arithmetic": lambda a, b: 0.5 * (a + b), "geometric": lambda a, b: math.sqrt(a * b)}


def mixed(first, second, rule="arithmetic"):
    """(epsilon, sigma) of a pair of atom types, each (epsilon, sigma)."""
    return math.sqrt(first[0] * second[0]), RULES[rule](first[1], second[1])


def follows(pair, rule, tolerance):
    """Whether a pair (first, second, parameters of the pair), each (epsilon, sigma), follows the rule."""
    first, second, given = pair
    epsilon, sigma = mixed(first, second, rule)
    if epsilon == 0.0 and given[0] == 0.0:
        return True
    return abs(given[0] - epsilon) <= tolerance * epsilon and abs(given[1] - sigma) <= tolerance * sigma


def find_rule(where, pairs, tolerance, rules=tuple(RULES)):
    """The rule that all pairs follow. Pairs that follow none (NBFIX terms) are refused."""
    for rule in rules:
        if all(follows(pair, rule, tolerance) for pair in pairs):
            return rule
    first, second, given = next(pair for pair in pairs if not follows(pair, rules[0], tolerance))
    epsilon, sigma = mixed(first, second)
    raise ToolError(f"{where}: an unlike pair has epsilon {given[0]:.6g}, sigma {given[1]:.6g} instead of {epsilon:.6g}, "
                    f"{sigma:.6g} of the Lorentz-Berthelot rule (NBFIX); such pairs are not converted")
