# SPDX-License-Identifier: GPL-2.0-only
"""Reader of AMBER topologies (prmtop) and coordinates (inpcrd, text). Format: https://ambermd.org/FileFormats.php"""
import math
import re

from . import box, mixing
from ..errors import ToolError
from .model import Atom, Molecule

CHARGE_UNIT = 18.2223    # AMBER's charges are in units of e divided by this
SECTIONS = ("POINTERS", "ATOM_NAME", "CHARGE", "MASS", "ATOM_TYPE_INDEX", "NUMBER_EXCLUDED_ATOMS", "NONBONDED_PARM_INDEX",
            "RESIDUE_LABEL", "RESIDUE_POINTER", "BOND_FORCE_CONSTANT", "BOND_EQUIL_VALUE", "ANGLE_FORCE_CONSTANT",
            "ANGLE_EQUIL_VALUE", "DIHEDRAL_FORCE_CONSTANT", "DIHEDRAL_PERIODICITY", "DIHEDRAL_PHASE", "LENNARD_JONES_ACOEF",
            "LENNARD_JONES_BCOEF", "BONDS_INC_HYDROGEN", "BONDS_WITHOUT_HYDROGEN", "ANGLES_INC_HYDROGEN",
            "ANGLES_WITHOUT_HYDROGEN", "DIHEDRALS_INC_HYDROGEN", "DIHEDRALS_WITHOUT_HYDROGEN", "EXCLUDED_ATOMS_LIST",
            "AMBER_ATOM_TYPE")
OPTIONAL = ("ATOMIC_NUMBER", "SCEE_SCALE_FACTOR", "SCNB_SCALE_FACTOR", "RADII", "SCREEN", "BOX_DIMENSIONS")
SYMBOLS = {1: "H", 6: "C", 7: "N", 8: "O", 16: "S"}
# Sections with terms that the LAMMPS scripts written here have no style for.
FOREIGN = {"CMAP_COUNT": "CMAP torsion corrections", "CHARMM_CMAP_COUNT": "CMAP torsion corrections",
           "CHARMM_UREY_BRADLEY_COUNT": "Urey-Bradley terms", "CHARMM_NUM_IMPROPERS": "harmonic impropers",
           "LENNARD_JONES_CCOEF": "12-6-4 Lennard-Jones terms", "LENNARD_JONES_14_ACOEF": "1-4 Lennard-Jones terms of their own",
           "AMOEBA_FORCEFIELD": "AMOEBA", "POLARIZABILITY": "polarizabilities"}
# Entries of the section POINTERS that must be 0.
POINTERS = {20: "perturbation (IFPERT)", 29: "a solvent cap (IFCAP)", 30: "extra points (virtual sites)"}
IFBOX = 27


def read_text(path):
    """The lines of a text file."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().splitlines()
    except UnicodeDecodeError:
        raise ToolError(f"{path}: got a binary file, expected text (NetCDF restarts: convert them with cpptraj)") from None


class Prmtop:
    """Sections of a prmtop file as lists of words, integers or floats."""

    def __init__(self, path):
        self.path, self.sections = path, {}
        self.read(read_text(path))
        if "CTITLE" in self.sections or " ".join(self.sections.get("FORCE_FIELD_TYPE", [])).find("CHARMM") >= 0:
            raise ToolError(f"{path}: is a CHARMM (chamber) topology, expected one of an AMBER force field. LAMMPS files of a CHARMM "
                            "force field (from CHARMM-GUI, with fix cmap) can be used as they are: Howto_cgflow_atomistic")
        for flag in SECTIONS:
            if flag not in self.sections:
                raise ToolError(f"{path}: no section %FLAG {flag}; expected an AMBER 7 topology (prmtop)")

    def read(self, lines):
        flag = width = convert = None
        for number, line in enumerate(lines, 1):
            if line.startswith("%FLAG"):
                flag, width = line[5:].strip(), None
                self.sections[flag] = []
            elif line.startswith("%FORMAT"):
                match = re.match(r"%FORMAT\(\s*\d*([aIEFi])(\d+)(?:\.\d+)?\s*\)", line)
                if not match and flag in SECTIONS + OPTIONAL:
                    raise ToolError(f"{self.path}:{number}: got '{line.strip()}', expected a format such as (5E16.8)")
                # Sections that are not used may have mixed formats, such as (i2,a78): text.
                width = int(match[2]) if match else 80
                convert = {"a": str.strip, "I": int, "i": int, "E": float, "F": float}[match[1]] if match else str.strip
            elif line.startswith("%") or flag is None or width is None:
                continue
            else:
                self.sections[flag] += self.fields(number, line, width, convert)

    def fields(self, number, line, width, convert):
        # Names may touch each other: fields have a fixed width. Blanks at the end of a line are not fields.
        line = line.rstrip()
        words = [line[i:i + width] for i in range(0, len(line), width)]
        try:
            return [convert(word) for word in words]
        except ValueError:
            raise ToolError(f"{self.path}:{number}: got '{line.strip()}', expected numbers in fields of {width}") from None

    def get(self, flag, size=None):
        """The values of a section, None where the file lacks it; checks their number."""
        values = self.sections.get(flag)
        if values is not None and size is not None and len(values) != size:
            raise ToolError(f"{self.path}: %FLAG {flag} has {len(values)} values, expected {size}")
        return values

    def groups(self, flag, size):
        """The bonds, angles or torsions, each `size` integers: atom indices times 3, and the type."""
        for kind in ("INC_HYDROGEN", "WITHOUT_HYDROGEN"):
            values = self.get(f"{flag}_{kind}")
            if len(values) % size:
                raise ToolError(f"{self.path}: %FLAG {flag}_{kind} has {len(values)} values, expected groups of {size}")
            for i in range(0, len(values), size):
                yield values[i:i + size]


def refuse_foreign(top):
    """Refuses terms that the LAMMPS scripts cannot express."""
    for flag, what in FOREIGN.items():
        values = top.get(flag)
        if values and any(value != 0 for value in values):
            raise ToolError(f"{top.path}: has {what} (%FLAG {flag}); allowed are harmonic bonds and angles, torsions, "
                            "Coulomb, Lennard-Jones and generalized Born")
    for index, what in POINTERS.items():
        if len(top.get("POINTERS")) > index and top.get("POINTERS")[index]:
            raise ToolError(f"{top.path}: has {what}; allowed is one molecule of ordinary atoms")


def read_lennard_jones(top, n_types):
    """[n_types, n_types]: coefficients (A, B) of A/r^12 - B/r^6."""
    index = top.get("NONBONDED_PARM_INDEX", n_types * n_types)
    if min(index) < 1:
        raise ToolError(f"{top.path}: has 10-12 hydrogen bond terms; allowed is Lennard-Jones 12-6")
    a, b = top.get("LENNARD_JONES_ACOEF"), top.get("LENNARD_JONES_BCOEF")
    return [[(a[k - 1], b[k - 1]) for k in index[n_types * i:n_types * (i + 1)]] for i in range(n_types)]


def epsilon_sigma(a, b):
    """(epsilon, sigma) of A/r^12 - B/r^6."""
    return (b * b / (4.0 * a), (a / b) ** (1.0 / 6.0)) if a > 0.0 and b > 0.0 else (0.0, 1.0)


def read_atoms(top):
    n, n_types = top.get("POINTERS")[:2]
    table = read_lennard_jones(top, n_types)
    own = [epsilon_sigma(*table[i][i]) for i in range(n_types)]
    types = [t - 1 for t in top.get("ATOM_TYPE_INDEX", n)]
    used = sorted(set(types))
    # The coefficients have nine digits, so epsilon has a relative error of about 1e-8.
    rule = mixing.find_rule(top.path, [(own[i], own[j], epsilon_sigma(*table[i][j])) for i in used for j in used], 1e-6)
    names, kinds = top.get("ATOM_NAME", n), top.get("AMBER_ATOM_TYPE", n)
    starts, labels = top.get("RESIDUE_POINTER"), top.get("RESIDUE_LABEL")
    radii, scales = top.get("RADII", n), top.get("SCREEN", n)
    elements = top.get("ATOMIC_NUMBER", n)
    atoms = []
    for i in range(n):
        residue = max(r for r, start in enumerate(starts) if start <= i + 1)
        epsilon, sigma = own[types[i]]
        atoms.append(Atom(names[i], f"{labels[residue]}{residue + 1}", kinds[i], top.get("MASS", n)[i],
                          top.get("CHARGE", n)[i] / CHARGE_UNIT, epsilon, sigma,
                          radii[i] if radii and scales else None, scales[i] if radii and scales else None,
                          SYMBOLS.get(elements[i], "?") if elements else ""))
    return atoms, rule


def read_torsions(top, molecule):
    """Torsions and their 1-4 pairs. A negative third atom means that the pair is counted elsewhere, a negative fourth one
    an improper."""
    force, period, phase = (top.get(f"DIHEDRAL_{name}") for name in ("FORCE_CONSTANT", "PERIODICITY", "PHASE"))
    scee = top.get("SCEE_SCALE_FACTOR") or [1.2] * len(force)
    scnb = top.get("SCNB_SCALE_FACTOR") or [2.0] * len(force)
    for i, j, k, l, t in top.groups("DIHEDRALS", 5):
        at = [abs(x) // 3 for x in (i, j, k, l)]
        n = abs(period[t - 1])
        if n != int(n):
            raise ToolError(f"{top.path}: torsion {molecule.label(*at)} has periodicity {n}, expected 0, 1, 2, 3, ...")
        # Periodicity 0 is a constant of the energy (OPLS by Ryckaert-Bellemans terms), which changes no PMF.
        if force[t - 1] != 0.0 and n > 0:
            molecule.torsions.append((*at, force[t - 1], int(n), math.degrees(phase[t - 1])))
        if k >= 0 and l >= 0:
            pair = (min(at[0], at[3]), max(at[0], at[3]))
            molecule.scaled[pair] = (1.0 / scee[t - 1], 1.0 / scnb[t - 1])


def read_excluded(top, n):
    """Pairs (i, j), i < j, without non-bonded energy, the 1-4 pairs among them."""
    excluded, rest = set(), iter(top.get("EXCLUDED_ATOMS_LIST"))
    for i, count in enumerate(top.get("NUMBER_EXCLUDED_ATOMS", n)):
        excluded |= {(i, j - 1) for j in (next(rest) for _ in range(count)) if j > 0}
    return excluded


def read_inpcrd(path, n):
    """[n, 3] Angstrom from a text restart or coordinate file: 12 columns per number, 6 numbers per line. And what follows them:
    velocities, which have the same number, and the three edges of a box, or its edges and angles."""
    lines = read_text(path)
    try:
        count = int(lines[1].split()[0])
    except (IndexError, ValueError):
        raise ToolError(f"{path}:2: expected the number of atoms") from None
    if count != n:
        raise ToolError(f"{path}: has {count} atoms, the topology {n}")
    try:
        values = [float(line[i:i + 12]) for line in lines[2:] for i in range(0, len(line.rstrip()), 12)]
    except ValueError:
        raise ToolError(f"{path}: expected numbers in fields of 12 after line 2") from None
    if len(values) < 3 * n:
        raise ToolError(f"{path}: has {len(values)} coordinates, expected {3 * n}")
    return [values[3 * i:3 * i + 3] for i in range(n)], values[3 * n:]


def read_cell(top, rest, n):
    """Vectors of the periodic cell: from the numbers after the coordinates, or from the topology."""
    size = len(rest) - 3 * n if len(rest) >= 3 * n else len(rest)
    if size in (3, 6):
        lengths, angles = rest[-size:][:3], rest[-3:] if size == 6 else None
    else:
        values = top.get("BOX_DIMENSIONS", 4)    # beta and the edges
        lengths, angles = values[1:] if values else [], None
    if angles is None:
        values = top.get("BOX_DIMENSIONS", 4)
        angles = [values[0] if values else 90.0] * 3 if top.get("POINTERS")[IFBOX] == 2 else [90.0] * 3
    if len(lengths) != 3 or not min(lengths) > 0.0 or not all(0.0 < angle < 180.0 for angle in angles):
        raise ToolError(f"{top.path}: has a periodic box (IFBOX) of edges {lengths} and angles {angles}, expected positive ones")
    return box.cell_vectors(lengths, angles)


def drop_box(top, molecule, rest):
    """Makes the molecule whole across the faces of its box. Solvent is refused later, as a second molecule."""
    before = molecule.positions
    box.make_whole(molecule, read_cell(top, rest, len(before)))
    moved = sum(any(abs(a - b) > 1e-3 for a, b in zip(*pair)) for pair in zip(before, molecule.positions))
    molecule.notes.append(f"{top.path}: the periodic box (IFBOX={top.get('POINTERS')[IFBOX]}) is left out; the molecule is learned alone"
                          + (f"; {moved} of its atoms were across a face of the box" if moved else ""))


def read(prmtop, inpcrd):
    """The Molecule of two AMBER files."""
    top = Prmtop(prmtop)
    refuse_foreign(top)
    atoms, rule = read_atoms(top)
    positions, rest = read_inpcrd(inpcrd, len(atoms))
    molecule = Molecule(" ".join(top.get("TITLE") or []).strip(), atoms, positions, mixing=rule)
    k, r0 = top.get("BOND_FORCE_CONSTANT"), top.get("BOND_EQUIL_VALUE")
    molecule.bonds = [(i // 3, j // 3, k[t - 1], r0[t - 1]) for i, j, t in top.groups("BONDS", 3)]
    k, theta0 = top.get("ANGLE_FORCE_CONSTANT"), top.get("ANGLE_EQUIL_VALUE")
    molecule.angles = [(a // 3, b // 3, c // 3, k[t - 1], math.degrees(theta0[t - 1])) for a, b, c, t in top.groups("ANGLES", 4)]
    read_torsions(top, molecule)
    molecule.excluded = read_excluded(top, len(atoms)) - set(molecule.scaled)
    if len(top.get("POINTERS")) > IFBOX and top.get("POINTERS")[IFBOX]:
        drop_box(top, molecule, rest)
    return molecule
