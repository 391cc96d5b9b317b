# SPDX-License-Identifier: GPL-2.0-only
"""Requirements on a molecule, so that the LAMMPS scripts written here give its energy."""
from ..errors import ToolError
from .model import bond_distances


def check_connected(molecule, where):
    """Refuses anything but one molecule of 4 or more atoms."""
    if len(molecule.atoms) < 4:
        raise ToolError(f"{where}: has {len(molecule.atoms)} atoms; a molecule of 4 or more is needed")
    reached = bond_distances(molecule.neighbors(), 0)
    missing = [i for i in range(len(molecule.atoms)) if i not in reached]
    if missing:
        raise ToolError(f"{where}: bonds do not connect {molecule.label(missing[0])} with {molecule.label(0)}; one molecule "
                        "is allowed (strip solvent and ions)")


def check_terms(molecule, where):
    """Refuses angle terms that do not follow the bonds, such as Urey-Bradley terms."""
    near = [set(n) for n in molecule.neighbors()]
    for i, j, k, *_ in molecule.angles:
        if i not in near[j] or k not in near[j]:
            raise ToolError(f"{where}: angle term of {molecule.label(i, j, k)}, which are not bonded in a row")


def acting(a, b):
    """Whether two atoms have a Coulomb and a Lennard-Jones energy at all: a factor of none is not compared."""
    return a.charge * b.charge != 0.0, a.epsilon * b.epsilon != 0.0


def special_factors(molecule, where):
    """(Coulomb, LJ) factors of 1-4 pairs for special_bonds. LAMMPS finds 1-2, 1-3 and 1-4 pairs from the bonds, along the
    shortest path. Refuses force fields with other exceptions."""
    near, factors = molecule.neighbors(), [None, None]
    for i in range(len(molecule.atoms)):
        distance = bond_distances(near, i)
        for j in range(i + 1, len(molecule.atoms)):
            bonds = distance.get(j, 9)
            given = "excluded" if (i, j) in molecule.excluded else "scaled" if (i, j) in molecule.scaled else "full"
            expected = "excluded" if bonds <= 2 else "scaled" if bonds == 3 else "full"
            if given != expected:
                raise ToolError(f"{where}: the non-bonded pair {molecule.label(i, j)} is {given} though {bonds} bonds apart; "
                                f"special_bonds of LAMMPS can only have it {expected}")
            if given != "scaled":
                continue
            for k, matters in enumerate(acting(molecule.atoms[i], molecule.atoms[j])):
                if not matters:
                    continue
                factors[k] = factors[k] or (molecule.scaled[i, j][k], (i, j))
                if abs(factors[k][0] - molecule.scaled[i, j][k]) > 1e-6:
                    raise ToolError(f"{where}: 1-4 factors differ, {molecule.scaled[i, j]} for {molecule.label(i, j)} and "
                                    f"{molecule.scaled[factors[k][1]]} for {molecule.label(*factors[k][1])}; special_bonds of LAMMPS "
                                    "has one of each")
    return tuple(factor[0] if factor else 1.0 for factor in factors)


def check_born(molecule, where, model):
    """Refuses atoms without usable parameters for a generalized Born model."""
    if model == "none":
        return
    if not molecule.has_born():
        raise ToolError(f"{where}: has no generalized Born radii, which --implicit {model} needs; allowed is --implicit none")
    for i, atom in enumerate(molecule.atoms):
        # The Born radius is undefined for radii up to the dielectric offset, 0.09 Angstrom.
        if not atom.radius > 0.09 or not atom.scale >= 0.0:
            raise ToolError(f"{where}: {molecule.label(i)} has Born radius {atom.radius:g} and scale {atom.scale:g}; allowed "
                            "are radii above 0.09 Angstrom and scales of 0 or more")


def check(molecule, where, born_model):
    """Refuses molecules that LAMMPS scripts cannot express; returns the (Coulomb, LJ) factors of 1-4 pairs."""
    check_connected(molecule, where)
    check_terms(molecule, where)
    check_born(molecule, where, born_model)
    return special_factors(molecule, where)
