# SPDX-License-Identifier: GPL-2.0-only
"""Molecules for the tests of pair_style gb/obc: data files, frames for rerun, and reference values (tests/oracle/gb_obc.py)."""
import numpy as np

from harness import SOURCE

ORACLE = SOURCE / "tests/oracle"

# Coulomb constants in kcal Angstrom/mol: that of LAMMPS in units real, and those of the two GB forces of OpenMM (given in kJ
# nm/mol).
LAMMPS = 332.06371
CUSTOM_GB = 138.935485 * 10 / 4.184
NATIVE_GB = 138.935457644382 * 10 / 4.184


def oracle():
    return dict(np.load(ORACLE / "gb_obc.npz"))


def conformers():
    return np.load(ORACLE / "ala2_conformers.npz")


def charges():
    """Charges of alanine dipeptide, from the data file made by the same script as the reference."""
    text = (ORACLE / "ala2_obc.data").read_text().split("Atoms # full")[1].split("Bonds")[0]
    return np.array([float(line.split()[3]) for line in text.splitlines() if line.strip()])


class Molecule:
    """Positions, charges, radii and scale factors of one molecule; every atom may differ."""

    def __init__(self, x, q, radius, scale):
        self.x, self.q, self.radius, self.scale = (np.array(v, float) for v in (x, q, radius, scale))


def ala2(k, shift=(0.0, 0.0, 0.0)):
    o = oracle()
    return Molecule(conformers()["positions"][k] + np.array(shift), charges(), o["radius"], o["scale"])


def cloud(k, shift=(0.0, 0.0, 0.0)):
    o = oracle()
    return Molecule(o["cloud_x"][k] + np.array(shift), o["cloud_q"][k], o["cloud_radius"][k], o["cloud_scale"][k])


def coefficients(molecules):
    """pair_coeff lines, one type for each pair of radius and scale, and the types of all atoms."""
    pairs = sorted({(r, s) for m in molecules for r, s in zip(m.radius, m.scale)})
    lines = "".join(f"pair_coeff {t + 1} {t + 1} {{style}}{r!r} {s!r}\n" for t, (r, s) in enumerate(
        (float(r), float(s)) for r, s in pairs))
    types = [[pairs.index((r, s)) + 1 for r, s in zip(m.radius, m.scale)] for m in molecules]
    return lines, types


def data_file(molecules, lo, hi, tilt=None, periodic=False, shuffle=None, properties=False, length=1.0):
    """Text of a data file for atom_style full. `periodic` wraps positions into the box (orthogonal, or tilted by xy, xz, yz)
    and drops the image flags; `shuffle` is a random generator that assigns atom and molecule IDs. Returns (text, [tags])."""
    _, types = coefficients(molecules)
    lo, hi = np.array(lo, float), np.array(hi, float)
    cell = np.diag(hi - lo)
    if tilt:
        cell[1, 0], cell[2, 0], cell[2, 1] = tilt
    n = sum(len(m.q) for m in molecules)
    tags, ids = np.arange(1, n + 1), np.arange(1, len(molecules) + 1)
    if shuffle is not None:
        tags, ids = shuffle.permutation(tags), 3 * shuffle.permutation(ids) + 1
    rows, extra, dealt, first = [], [], [], 0
    for m, t, molecule in zip(molecules, types, ids):
        own = np.sort(tags[first:first + len(m.q)])
        dealt.append(own)
        first += len(m.q)
        x = m.x
        if periodic:
            s = (x - lo) @ np.linalg.inv(cell)
            x = lo + (s - np.floor(s)) @ cell
        for tag, kind, q, at, r, s in zip(own, t, m.q, x, m.radius, m.scale):
            at = " ".join(repr(float(v) * length) for v in at)
            rows.append(f"{tag} {molecule} {1 if properties else kind} {float(q)!r} {at}")
            extra.append(f"{tag} {float(r)!r} {float(s)!r}")
    if shuffle is not None:
        rows = [rows[k] for k in shuffle.permutation(n)]
    kinds = 1 if properties else max(max(t) for t in types)
    text = f"molecules for gb/obc\n\n{n} atoms\n{kinds} atom types\n"
    text += "".join(f"{a * length!r} {b * length!r} {k}lo {k}hi\n" for a, b, k in zip(lo.tolist(), hi.tolist(), "xyz"))
    if tilt:
        text += " ".join(repr(v * length) for v in tilt) + " xy xz yz\n"
    text += "\nMasses\n\n" + "".join(f"{k + 1} 12.0\n" for k in range(kinds))
    text += "\nAtoms # full\n\n" + "\n".join(rows) + "\n"
    if properties:
        text += "\nGB\n\n" + "\n".join(extra) + "\n"
    return text, dealt


def dump_file(frames, box=60.0):
    """Frames [n, atoms, 3] as a text dump for rerun."""
    lines = []
    for k, x in enumerate(frames):
        lines += ["ITEM: TIMESTEP", str(k), "ITEM: NUMBER OF ATOMS", str(len(x)), "ITEM: BOX BOUNDS ff ff ff"]
        lines += [f"{-box} {box}"] * 3 + ["ITEM: ATOMS id x y z"]
        lines += [f"{i + 1} " + " ".join(repr(float(v)) for v in at) for i, at in enumerate(x)]
    return "\n".join(lines) + "\n"


FORCE_FIELD = """
units real
atom_style full
boundary {boundary}
newton {newton}
atom_modify map array
bond_style harmonic
angle_style harmonic
dihedral_style charmm
special_bonds amber
read_data data.ala2
pair_style hybrid/overlay lj/cut/coul/cut 18.0{style}
{coefficients}
"""


def force_field(test, boundary="f f f", newton="on", options=None):
    """Script of alanine dipeptide in AMBER ff96, with gb/obc unless `options` is None. Every atom has a type of its own."""
    text = (ORACLE / "ala2_obc.data").read_text()
    head, pairs = text.split("Pair Coeffs\n\n")
    pairs, tail = pairs.split("\n\n", 1)
    test.write("data.ala2", head + tail)
    rows = [list(map(float, line.split()[1:])) for line in pairs.splitlines()]
    # Lorentz-Berthelot mixing, which hybrid/overlay does not do.
    lines = [f"pair_coeff {i + 1} {j + 1} lj/cut/coul/cut {(rows[i][0] * rows[j][0]) ** 0.5!r} {0.5 * (rows[i][1] + rows[j][1])!r}"
             for i in range(len(rows)) for j in range(i, len(rows))]
    if options is not None:
        o = oracle()
        lines += [f"pair_coeff {k + 1} {k + 1} gb/obc {float(r)!r} {float(s)!r}" for k, (r, s) in enumerate(zip(o["radius"], o["scale"]))]
    style = "" if options is None else " gb/obc " + options
    return FORCE_FIELD.format(boundary=boundary, newton=newton, style=style, coefficients="\n".join(lines))
