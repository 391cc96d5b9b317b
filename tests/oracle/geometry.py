# SPDX-License-Identifier: GPL-2.0-only
"""Reference values of distances, angles and dihedrals from mdtraj. Writes geometry.csv in its own folder.

A line has four random positions (Angstrom), then the distance 1-2 (Angstrom), the angle 1-2-3 and the dihedral 1-2-3-4
(degrees). mdtraj computes in single precision, in nm. Needs mdtraj (pip install mdtraj). Command: python3 geometry.py
"""
import importlib.metadata
import pathlib

import mdtraj
import numpy as np

FRAMES = 100
topology = mdtraj.Topology()
residue = topology.add_residue("R", topology.add_chain())
for name in "ABCD":
    topology.add_atom(name, mdtraj.element.carbon, residue)

x = np.round(np.random.default_rng(4711).uniform(-3.0, 3.0, (FRAMES, 4, 3)), 4)
frames = mdtraj.Trajectory(x / 10.0, topology)
distance = 10.0 * mdtraj.compute_distances(frames, [[0, 1]], opt=False)
angle = np.degrees(mdtraj.compute_angles(frames, [[0, 1, 2]], opt=False))
dihedral = np.degrees(mdtraj.compute_dihedrals(frames, [[0, 1, 2, 3]], opt=False))

lines = [f"# mdtraj {importlib.metadata.version('mdtraj')}, tests/oracle/geometry.py"]
for row in np.hstack([x.reshape(FRAMES, 12), distance, angle, dihedral]):
    lines.append(" ".join(f"{value:.7g}" for value in row))
(pathlib.Path(__file__).parent / "geometry.csv").write_text("\n".join(lines) + "\n")
