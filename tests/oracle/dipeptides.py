# SPDX-License-Identifier: GPL-2.0-only
"""Structures of Ace-Gly-Nme, Ace-Val-Nme, Ace-Thr-Nme (2S,3R) and Ace-Phe-Nme, L and trans, minimized in amber96 with OBC2.
Writes glycine-dipeptide/gly2.pdb, valine-dipeptide/val2.pdb, threonine-dipeptide/thr2.pdb and
phenylalanine-dipeptide/phe2.pdb in the example folder. Heavy atoms are placed with ideal bond lengths and angles; OpenMM
adds hydrogens and minimizes.

Needs openmm 8.6.1 and numpy. Run: python3 dipeptides.py
"""
import io
import pathlib
import random

import numpy as np
from openmm import LangevinMiddleIntegrator, Platform, app, unit

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "USER-CGFLOW"
PHI, PSI, CHI1 = -80.0, 150.0, 180.0
CHI1_THR, CHI1_PHE, CHI2_PHE = 60.0, -60.0, 90.0
# Name, residue, atoms of the bond, angle and dihedral, bond length (Angstrom), angle and dihedral (degrees), element.
BACKBONE = [
    ("CH3", "ACE", None, 0, 0, 0, "C"), ("C", "ACE", ["ACE CH3"], 1.52, 0, 0, "C"),
    ("O", "ACE", ["ACE C", "ACE CH3"], 1.23, 120.5, 0, "O"),
    ("N", "X", ["ACE C", "ACE CH3", "ACE O"], 1.34, 116.5, 180.0, "N"),
    ("CA", "X", ["X N", "ACE C", "ACE CH3"], 1.45, 122.0, 180.0, "C"),
    ("C", "X", ["X CA", "X N", "ACE C"], 1.52, 110.5, PHI, "C"),
    ("O", "X", ["X C", "X CA", "X N"], 1.23, 120.5, PSI + 180.0, "O"),
    ("N", "NME", ["X C", "X CA", "X N"], 1.34, 116.5, PSI, "N"),
    ("C", "NME", ["NME N", "X C", "X CA"], 1.45, 122.0, 180.0, "C"),
]
# Chirality L: along N-CA, the dihedral of CB is 120 degrees below that of C.
CB = ("CB", "X", ["X CA", "X N", "ACE C"], 1.53, 110.0, PHI - 120.0, "C")
SIDE = {"GLY": [],
        "VAL": [CB, ("CG1", "X", ["X CB", "X CA", "X N"], 1.53, 110.5, CHI1, "C"),
                ("CG2", "X", ["X CB", "X CA", "X N"], 1.53, 110.5, CHI1 + 122.0, "C")],
        # Chirality R at CB: the dihedral of CG2 is 120 degrees below that of OG1.
        "THR": [CB, ("OG1", "X", ["X CB", "X CA", "X N"], 1.43, 109.5, CHI1_THR, "O"),
                ("CG2", "X", ["X CB", "X CA", "X N"], 1.53, 110.5, CHI1_THR - 120.0, "C")],
        "PHE": [CB, ("CG", "X", ["X CB", "X CA", "X N"], 1.51, 113.0, CHI1_PHE, "C"),
                ("CD1", "X", ["X CG", "X CB", "X CA"], 1.39, 120.0, CHI2_PHE, "C"),
                ("CD2", "X", ["X CG", "X CB", "X CA"], 1.39, 120.0, CHI2_PHE + 180.0, "C"),
                ("CE1", "X", ["X CD1", "X CG", "X CB"], 1.39, 120.0, 180.0, "C"),
                ("CE2", "X", ["X CD2", "X CG", "X CB"], 1.39, 120.0, 180.0, "C"),
                ("CZ", "X", ["X CE1", "X CD1", "X CG"], 1.39, 120.0, 0.0, "C")]}


def place(at, bond, angle, dihedral):
    """Position with a bond to at[0], an angle with at[1] and a dihedral with at[2] (fewer at the start)."""
    angle, dihedral = np.radians(angle), np.radians(dihedral)
    if len(at) == 1:
        return at[0] + [bond, 0, 0]
    u = at[0] - at[1]
    u /= np.linalg.norm(u)
    if len(at) == 2:
        return at[0] + bond * np.array([-np.cos(angle) * u[0], np.sin(angle), 0.0])
    normal = np.cross(at[1] - at[2], u)
    normal /= np.linalg.norm(normal)
    in_plane = np.cross(normal, u)
    return at[0] + bond * (-np.cos(angle) * u + np.sin(angle) * (np.cos(dihedral) * in_plane + np.sin(dihedral) * normal))


def heavy_atoms(residue):
    """Topology and positions without hydrogens."""
    where = {}
    for name, chain, base, bond, angle, dihedral, _ in BACKBONE + SIDE[residue]:
        at = [where[b] for b in base] if base else []
        where[f"{chain} {name}"] = place(at, bond, angle, dihedral) if base else np.zeros(3)
    topology = app.Topology()
    chain, positions = topology.addChain(), []
    for part, label in (("ACE", "ACE"), ("X", residue), ("NME", "NME")):
        home = topology.addResidue(label, chain)
        for name, of, *_, element in BACKBONE + SIDE[residue]:
            if of == part:
                topology.addAtom(name, app.Element.getBySymbol(element), home)
                positions.append(where[f"{part} {name}"])
    topology.createStandardBonds()
    return topology, np.array(positions) * unit.angstrom


def build(residue, path):
    """Writes the minimized structure as a PDB file."""
    field = app.ForceField("amber96.xml", "amber96_obc.xml")
    modeller = app.Modeller(*heavy_atoms(residue))
    random.seed(1)
    modeller.addHydrogens(field, platform=Platform.getPlatformByName("Reference"))
    system = field.createSystem(modeller.topology, nonbondedMethod=app.NoCutoff, constraints=None, solventDielectric=78.5)
    simulation = app.Simulation(modeller.topology, system, LangevinMiddleIntegrator(300, 1, 0.001),
                                Platform.getPlatformByName("Reference"))
    simulation.context.setPositions(modeller.positions)
    simulation.minimizeEnergy(tolerance=0.01)
    state = simulation.context.getState(getPositions=True, getEnergy=True)
    text = io.StringIO()
    app.PDBFile.writeFile(modeller.topology, state.getPositions(), text)
    with open(path, "w") as file:    # the first line of OpenMM contains the date
        file.write("REMARK   1 AMBER96 WITH OBC2, MINIMISED BY DIPEPTIDES.PY\n" + text.getvalue().split("\n", 1)[1])
    print(path, state.getPotentialEnergy())


build("GLY", EXAMPLES / "glycine-dipeptide" / "gly2.pdb")
build("VAL", EXAMPLES / "valine-dipeptide" / "val2.pdb")
build("THR", EXAMPLES / "threonine-dipeptide" / "thr2.pdb")
build("PHE", EXAMPLES / "phenylalanine-dipeptide" / "phe2.pdb")
