# SPDX-License-Identifier: GPL-2.0-only
"""compute cgflow/cv: rows, whole molecules, ranks and errors."""
import math
import random
import unittest

import numpy as np

from harness import LammpsTest

PARTICLE = """
units lj
atom_style atomic
boundary f f p
region box block -3 3 -3 3 -0.5 0.5
create_box 1 box
{atoms}
mass 1 1.0
comm_modify cutoff 0.5
"""

ONE = """cg:
  - {name: s, linear: {x: 1, y: -1}, range: [-2.6, 1.2]}
"""

DIMER = """cg:
  - {name: along, linear: {x1: -1, x2: 1}, range: [-5, 5]}
  - {name: across, linear: {y2: 1, y1: -1, z1: 0.5}, range: [-5, 5]}
"""


INTERNAL = """cg:
  - {name: phi, dihedral: [1, 2, 3, 4]}
  - {name: psi, dihedral: [2, 3, 4, 5]}
  - {name: theta, angle: [3, 4, 5], range: [1, 179]}
  - {name: r, bond: [5, 4], range: [0.1, 9]}
"""


def thermo_rows(rows, columns):
    names = " ".join(f"c_cv[{i + 1}][{j + 1}]" for i in range(rows) for j in range(columns))
    return f"thermo_style custom step {names}\nthermo_modify format float %20.15g\n"


class ComputeCV(LammpsTest):
    def values(self, result, rows, columns, frame=0):
        thermo = result.thermo()
        return [[thermo[f"c_cv[{i + 1}][{j + 1}]"][frame] for j in range(columns)] for i in range(rows)]

    def test_each_particle_is_a_molecule_and_rows_follow_the_ids(self):
        draw = random.Random(1)
        points = [(draw.uniform(-2.9, 2.9), draw.uniform(-2.9, 2.9)) for _ in range(9)]
        self.write("one.yaml", ONE)
        atoms = "\n".join(f"create_atoms 1 single {x!r} {y!r} 0 units box" for x, y in points)
        for ranks in (1, 2, 4):
            with self.subTest(ranks=ranks):
                script = PARTICLE.format(atoms=atoms) + "compute cv all cgflow/cv one.yaml\n" + thermo_rows(9, 1) + "run 0\n"
                got = self.values(self.lammps(script, ranks=ranks), 9, 1)
                for (x, y), row in zip(points, got):
                    self.assertAlmostEqual(row[0], x - y, places=12)

    def test_rows_are_those_of_the_group(self):
        self.write("one.yaml", ONE)
        atoms = "\n".join(f"create_atoms 1 single {x} 0.5 0 units box" for x in (-1, 0, 1, 2))
        script = PARTICLE.format(atoms=atoms) + "group two id 2 4\ncompute cv two cgflow/cv one.yaml\n" \
            + thermo_rows(2, 1) + "run 0\n"
        self.assertEqual(self.values(self.lammps(script), 2, 1), [[-0.5], [1.5]])

    def dimers(self):
        """Three dimers, the second across the periodic boundary in x; molecule IDs 5, 3, 9 and mixed atom IDs."""
        return """
3 molecules

6 atoms
1 atom types
-4 4 xlo xhi
-4 4 ylo yhi
-4 4 zlo zhi

Masses

1 1.0

Atoms # molecular

2 5 1 1.0 2.0 0.5 0 0 0
1 5 1 0.25 1.0 -1.0 0 0 0
3 3 1 3.5 0.0 1.0 0 0 0
6 3 1 -3.25 0.5 0.0 1 0 0
5 9 1 -1.0 -1.0 0.0 -1 2 0
4 9 1 -2.0 -2.0 2.0 -1 2 0
""".replace("\n3 molecules\n", "# dimers")

    def test_molecules_are_whole_and_sorted_on_any_number_of_ranks(self):
        self.write("dimer.yaml", DIMER)
        self.write("data.dimers", self.dimers())
        # Computed by hand. Rows are the molecules 3, 5, 9; the atom with the lower ID comes first.
        expected = [[(-3.25 + 8) - 3.5, 0.5 - 0.0 + 0.5 * 1.0], [1.0 - 0.25, 2.0 - 1.0 - 0.5], [-1.0 + 2.0, -1.0 + 2.0 + 1.0]]
        for ranks in (1, 2, 4):
            for newton in ("on", "off"):
                with self.subTest(ranks=ranks, newton=newton):
                    script = f"units lj\natom_style molecular\nnewton {newton}\nread_data data.dimers\ncomm_modify cutoff 1\n" \
                        "compute cv all cgflow/cv dimer.yaml\n" + thermo_rows(3, 2) + "run 0\n"
                    got = self.values(self.lammps(script, ranks=ranks), 3, 2)
                    for a, b in zip(expected, got):
                        for u, v in zip(a, b):
                            self.assertAlmostEqual(u, v, places=12)

    def chains(self, count, seed=7):
        """Random chains of five atoms in a small box, their data file and their CG variables by numpy."""
        draw = np.random.default_rng(seed)
        edge = np.array([6.0, 7.0, 8.0])
        rows, bonds, expected = [], [], []
        for m in range(count):
            steps = draw.normal(size=(5, 3))
            steps *= 1.4 / np.linalg.norm(steps, axis=1, keepdims=True)
            x = draw.uniform(0, 8, 3) + np.cumsum(steps, axis=0)
            # By projections on the plane normal to the middle bond, which is not the formula of the code.
            def dihedral(a, b, c, d):
                axis = (c - b) / np.linalg.norm(c - b)
                v, w = (a - b) - np.dot(a - b, axis) * axis, (d - c) - np.dot(d - c, axis) * axis
                return math.degrees(math.atan2(np.dot(np.cross(axis, v), w), np.dot(v, w)))
            u, v = x[2] - x[3], x[4] - x[3]
            theta = math.degrees(math.acos(np.dot(u, v) / np.linalg.norm(u) / np.linalg.norm(v)))
            expected.append([dihedral(*x[0:4]), dihedral(*x[1:5]), theta, 1.4])
            wrapped = x - edge * np.floor(x / edge)
            # Atom IDs increase along each chain, and the IDs of the chains are interleaved.
            ids = [1 + m + count * k for k in range(5)]
            rows += [f"{i} {m + 1} 1 {float(a)!r} {float(b)!r} {float(c)!r}" for i, (a, b, c) in zip(ids, wrapped)]
            bonds += [(ids[k], ids[k + 1]) for k in range(4)]
        draw.shuffle(rows)
        text = f"# chains\n\n{5 * count} atoms\n{4 * count} bonds\n1 atom types\n1 bond types\n1 angle types\n1 dihedral types\n" \
            f"{count * 3 if count == 1 else 0} angles\n{count * 2 if count == 1 else 0} dihedrals\n" \
            "0 6 xlo xhi\n0 7 ylo yhi\n0 8 zlo zhi\n\nMasses\n\n1 12.0\n\nAtoms # molecular\n\n" + "\n".join(rows) + "\n\nBonds\n\n" \
            + "\n".join(f"{k + 1} 1 {a} {b}" for k, (a, b) in enumerate(bonds)) + "\n"
        if count == 1:
            text += "\nAngles\n\n1 1 1 2 3\n2 1 2 3 4\n3 1 3 4 5\n\nDihedrals\n\n1 1 1 2 3 4\n2 1 2 3 4 5\n"
        return text, expected

    def test_internal_coordinates_of_many_wrapped_molecules(self):
        text, expected = self.chains(30)
        self.write("data.chains", text)
        self.write("internal.yaml", INTERNAL)
        for ranks in (1, 2, 4):
            with self.subTest(ranks=ranks):
                # No image flags in the data file: only nearest images can make these molecules whole.
                script = "units real\natom_style molecular\nbond_style zero\nread_data data.chains\nbond_coeff *\n" \
                    "comm_modify cutoff 2\ncompute cv all cgflow/cv internal.yaml\n" + thermo_rows(30, 4) + "run 0\n"
                got = self.values(self.lammps(script, ranks=ranks), 30, 4)
                np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)

    def test_internal_coordinates_are_those_of_stock_computes(self):
        self.write("internal.yaml", INTERNAL)
        for seed in (1, 2, 3):
            text, expected = self.chains(1, seed)
            self.write("data.chain", text)
            script = "units real\natom_style molecular\nbond_style zero\nangle_style zero\ndihedral_style zero\n" \
                "read_data data.chain\nbond_coeff *\nangle_coeff *\ndihedral_coeff *\ncomm_modify cutoff 2.9\n" \
                "compute cv all cgflow/cv internal.yaml\ncompute d all dihedral/local phi\ncompute a all angle/local theta\n" \
                "compute b all bond/local dist\ncompute dsum all reduce sum c_d inputs local\n" \
                "compute dmin all reduce min c_d inputs local\ncompute bmax all reduce max c_b inputs local\n" \
                "thermo_style custom step c_cv[1][1] c_cv[1][2] c_cv[1][4] c_dsum c_dmin c_bmax\n" \
                "thermo_modify format float %20.15g\nrun 0\n"
            thermo = self.lammps(script).thermo()
            phi, psi, r = (thermo[c][0] for c in ("c_cv[1][1]", "c_cv[1][2]", "c_cv[1][4]"))
            self.assertAlmostEqual(phi, expected[0][0], places=9)
            # compute dihedral/local uses the same sign.
            self.assertAlmostEqual(phi + psi, thermo["c_dsum"][0], places=8)
            self.assertAlmostEqual(min(phi, psi), thermo["c_dmin"][0], places=8)
            self.assertAlmostEqual(r, thermo["c_bmax"][0], places=9)

    def test_follows_a_run(self):
        self.write("one.yaml", ONE)
        script = PARTICLE.format(atoms="create_atoms 1 single -0.558 1.442 0 units box") + """
fix surface all mueller/brown
fix move all nve
fix bath all langevin 10 10 0.5 4711
compute cv all cgflow/cv one.yaml
variable s equal x[1]-y[1]
thermo_style custom step c_cv[1][1] v_s
thermo_modify format float %20.15g
thermo 10
timestep 0.002
run 200
"""
        script = "atom_modify map array\n" + script.replace("atom_style atomic\n", "", 1)
        script = "units lj\natom_style atomic\n" + script.replace("units lj\n", "", 1)
        thermo = self.lammps(script).thermo()
        self.assertEqual(len(thermo["v_s"]), 21)
        for a, b in zip(thermo["c_cv[1][1]"], thermo["v_s"]):
            self.assertAlmostEqual(a, b, places=12)
        self.assertGreater(max(thermo["v_s"]) - min(thermo["v_s"]), 0.1)

    def test_bad_input_is_one_error(self):
        self.write("one.yaml", ONE)
        base = PARTICLE.format(atoms="create_atoms 1 single 0 0 0 units box\ncreate_atoms 1 single 1 1 0 units box")
        self.assert_error(base + "compute cv all cgflow/cv\n", "compute cgflow/cv.*missing argument")
        self.assert_error(base + "compute cv all cgflow/cv one.yaml more\n",
                          "Compute cgflow/cv: unexpected argument more after the YAML file")
        self.assert_error(base + "compute cv all cgflow/cv none.yaml\n", "Compute cgflow/cv cv: .*none.yaml", ranks=2)
        self.write("internal.yaml", INTERNAL)
        self.assert_error(base + "compute cv all cgflow/cv internal.yaml\n",
                          "Compute cgflow/cv cv: cg 'phi': got atom 2 in dihedral, expected atom IDs from 1 to 1")
        self.assert_error(base + "group no empty\ncompute cv no cgflow/cv one.yaml\n",
                          "Compute cgflow/cv: no atoms in group no")
        self.assert_error(base + "compute cv all cgflow/cv one.yaml\ncreate_atoms 1 single 2 2 0 units box\nrun 0\n",
                          "Compute cgflow/cv cv: group all has 3 molecules of 1 atoms, but had 2 of 1 when")
        self.write("data.dimers", self.dimers().replace("4 9 1", "4 3 1"))
        self.write("dimer.yaml", DIMER)
        self.assert_error("units lj\natom_style molecular\nread_data data.dimers\ncompute cv all cgflow/cv dimer.yaml\n",
                          "Compute cgflow/cv cv: molecule 5 has 2 atoms in group all, but molecule 3 has 3")

    def test_lost_atoms_are_an_error(self):
        self.write("one.yaml", ONE)
        script = PARTICLE.format(atoms="create_atoms 1 single 2.9 0 0 units box\ncreate_atoms 1 single 0 0 0 units box") + \
            "compute cv all cgflow/cv one.yaml\nvelocity all set 1.0 0 0\nfix move all nve\ntimestep 0.01\n" \
            "neigh_modify every 1 delay 0 check no\nthermo 20\n" + thermo_rows(2, 1) + "thermo_modify lost ignore\nrun 60\n"
        self.assert_error(script, "Compute cgflow/cv cv: 1 of 2 atoms are left in group all")


if __name__ == "__main__":
    unittest.main()
