# SPDX-License-Identifier: GPL-2.0-only
"""Positions of the 201 conformers in ala2_conformers.npz (OpenMM 8; see ala2_conformers.py) as text for the unit tests, with
phi and psi of each from compute_dihedrals of mdtraj (IUPAC sign, degrees).

python3 ala2_positions.py > ala2_positions.txt     needs numpy, mdtraj
"""
import numpy as np
import mdtraj

x = np.load("ala2_conformers.npz")["positions"]
top = mdtraj.Topology()
residue = top.add_residue("ALA", top.add_chain())
for i in range(22):
    top.add_atom(str(i), mdtraj.element.carbon, residue)
# mdtraj computes in single precision, which is enough for the sign and four digits.
cv = np.degrees(mdtraj.compute_dihedrals(mdtraj.Trajectory(0.1 * x, top), [[4, 6, 8, 14], [6, 8, 14, 16]], opt=False))
print("# phi psi (degrees, mdtraj", mdtraj.__version__ + "), then x y z of atoms 1 to 22 (Angstrom), a conformer a line")
for c, p in zip(cv, x):
    print("%.3f %.3f" % tuple(c), " ".join("%.12g" % v for v in p.ravel()))
