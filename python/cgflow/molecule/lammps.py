# SPDX-License-Identifier: GPL-2.0-only
"""Writer of a molecule as a LAMMPS data file and a script that defines the system. Numbers keep all their digits: LAMMPS
reads the same floating-point values."""
import math

from . import mixing
from .model import bond_distances

LJ = "lj/cut/coul/cut"
BOND_LENGTH = 1.6     # Angstrom, upper estimate of a bond along a stretched molecule
SKIN = 2.0            # Angstrom, LAMMPS' default skin of neighbor lists in units real


class Table:
    """Numbers distinct parameter sets from 1, in the order of their first appearance."""

    def __init__(self):
        self.rows = {}

    def number(self, key):
        return self.rows.setdefault(key, len(self.rows) + 1)


def longest_extent(molecule):
    """Upper estimate, in Angstrom, of the distance between two atoms in any conformation."""
    near = molecule.neighbors()
    return BOND_LENGTH * max(max(bond_distances(near, i).values()) for i in range(len(molecule.atoms)))


def default_cutoff(molecule):
    """A cutoff in Angstrom that no pair of the molecule exceeds, since AMBER uses none in vacuum and in implicit solvent."""
    return max(18.0, math.ceil(longest_extent(molecule)))


def box_edge(molecule, cutoff):
    """Edge in Angstrom of a periodic box in which the molecule never interacts with its images."""
    return 10.0 * math.ceil((cutoff + SKIN + 2.0 * longest_extent(molecule)) / 10.0)


def collect_torsions(molecule):
    """{(i, j, k, l): ((K, n, phase), ...)}: all terms of the same four atoms."""
    terms = {}
    for *atoms, k, n, phase in molecule.torsions:
        terms.setdefault(tuple(atoms), []).append((k, n, phase))
    return {atoms: tuple(rows) for atoms, rows in terms.items()}


def type_names(molecule, table, items):
    """A comment per type of a bonded term: the atom types of its first occurrence."""
    first = {}
    for number, atoms in items:
        first.setdefault(number, "-".join(molecule.atoms[i].kind for i in atoms))
    return [first[number] for number in range(1, len(table.rows) + 1)]


class Terms:
    """Bonded terms of one kind; rows are pairs (atoms, parameters)."""

    def __init__(self, molecule, name, rows):
        table = Table()
        self.name = name
        self.items = [(table.number(key), atoms) for atoms, key in rows]
        self.keys, self.comments = list(table.rows), type_names(molecule, table, self.items)

    def coefficients(self, line):
        """The section of coefficients; line(parameters) formats one type."""
        rows = (f"{t} {line(key)}   # {comment}" for t, (key, comment) in enumerate(zip(self.keys, self.comments), 1))
        return section(f"{self.name} Coeffs", rows)

    def topology(self):
        """The section of the terms themselves."""
        rows = (f"{n} {t} {' '.join(str(i + 1) for i in atoms)}" for n, (t, atoms) in enumerate(self.items, 1))
        return section(f"{self.name}s", rows)


def section(title, rows):
    """A section of a data file; nothing without rows."""
    rows = list(rows)
    return f"\n{title}\n\n" + "\n".join(rows) + "\n" if rows else ""


def all_terms(molecule):
    return (Terms(molecule, "Bond", (((i, j), (k, r0)) for i, j, k, r0 in molecule.bonds)),
            Terms(molecule, "Angle", (((a, b, c), (k, t0)) for a, b, c, k, t0 in molecule.angles)),
            Terms(molecule, "Dihedral", collect_torsions(molecule).items()))


def fourier(rows):
    """Coefficients of dihedral_style fourier."""
    return " ".join([str(len(rows))] + [f"{k!r} {n} {phase!r}" for k, n, phase in rows])


def numbers(key):
    return " ".join(repr(float(value)) for value in key)


def centered(positions):
    """The positions with their mean in the origin."""
    n = len(positions)
    center = [sum(p[d] for p in positions) / n for d in range(3)]
    return [[round(p[d] - center[d], 7) + 0.0 for d in range(3)] for p in positions]


def atom_types(molecule):
    """(Table of atom types, type number [n_atoms] of each atom)."""
    table = Table()
    return table, [table.number(atom.type_key()) for atom in molecule.atoms]


def atoms_of_type(molecule, types, number):
    """Names of the atoms of a type, as a comment."""
    return " ".join(f"{a.residue}-{a.name}" for a, t in zip(molecule.atoms, types) if t == number)


def data_file(molecule, origin, cutoff):
    """The text of the data file."""
    table, types = atom_types(molecule)
    bonds, angles, dihedrals = all_terms(molecule)
    half = 0.5 * box_edge(molecule, cutoff)
    head = [f"LAMMPS data file of {origin}; units real, atom_style full, fourier dihedrals (impropers among them)", ""]
    head += [f"{len(molecule.atoms)} atoms", f"{len(table.rows)} atom types"]
    for terms in (bonds, angles, dihedrals):
        head += [f"{len(terms.items)} {terms.name.lower()}s", f"{len(terms.keys)} {terms.name.lower()} types"]
    head += [""] + [f"{-half!r} {half!r} {d}lo {d}hi" for d in "xyz"]
    masses = (f"{t} {key[1]!r}   # {key[0]}: {atoms_of_type(molecule, types, t)}" for key, t in table.rows.items())
    atoms = (f"{i} 1 {t} {atom.charge!r} {numbers(x)}   # {atom.residue}-{atom.name}"
             for i, (t, atom, x) in enumerate(zip(types, molecule.atoms, centered(molecule.positions)), 1))
    return ("\n".join(head) + "\n" + section("Masses", masses) + bonds.coefficients(numbers) + angles.coefficients(numbers)
            + dihedrals.coefficients(fourier) + section("Atoms # full", atoms)
            + "".join(terms.topology() for terms in (bonds, angles, dihedrals)))


def pair_lines(molecule, born_model, cutoff):
    """The pair style and its coefficients."""
    types = list(enumerate(atom_types(molecule)[0].rows, 1))
    if born_model == "none":
        lines = [f"pair_style      {LJ} {cutoff:g}"]
        lines += [f"pair_coeff      {t} {t} {key[2]!r} {key[3]!r}   # {key[0]}" for t, key in types]
        return lines + [f"pair_modify     mix {molecule.mixing}"]
    # pair_style hybrid does not mix coefficients of a type with two styles, so that each pair is written out.
    lines = [f"pair_style      hybrid/overlay {LJ} {cutoff:g} gb/obc {born_model}"]
    for t, first in types:
        for u, second in types[t - 1:]:
            epsilon, sigma = (first[2], first[3]) if t == u else mixing.mixed(first[2:4], second[2:4], molecule.mixing)
            lines.append(f"pair_coeff      {t} {u} {LJ} {epsilon!r} {sigma!r}   # {first[0]} {second[0]}")
    return lines + [f"pair_coeff      {t} {t} gb/obc {key[4]!r} {key[5]!r}   # {key[0]}" for t, key in types]


def special_line(factors):
    """special_bonds for these (Coulomb, LJ) factors of 1-4 pairs."""
    if all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(factors, (5.0 / 6.0, 0.5))):
        return "special_bonds   amber"
    return f"special_bonds   lj 0 0 {factors[1]!r} coul 0 0 {factors[0]!r}"


def system_script(molecule, comment, data, born_model, cutoff, factors):
    """The text of the script that defines the all-atom system, for in.basin and for `atomistic` in in.al."""
    lines = [f"# {comment}", "# This script only defines the system.", "",
             "units           real", "atom_style      full", "boundary        p p p",
             "bond_style      harmonic", "angle_style     harmonic", "dihedral_style  fourier",
             special_line(factors), f"read_data       {data}", ""]
    return "\n".join(lines + pair_lines(molecule, born_model, cutoff)) + "\n"
