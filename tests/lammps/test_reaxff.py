# SPDX-License-Identifier: GPL-2.0-only
"""A force field without bonds: hydrogen peroxide in ReaxFF (ffield.reax.cho, which LAMMPS brings along), from its bonds alone."""
import re
import sys
import unittest

import numpy as np

from harness import SOURCE, LammpsTest

sys.path.insert(0, str(SOURCE / "python"))
from cgflow.pmf import files as pmf_files  # noqa: E402

ATOMS = "1 1 1 0 -0.7 0.0 0.0\n2 1 1 0 0.7 0.0 0.0\n3 1 2 0 -0.9 0.94 0.0\n4 1 2 0 0.9 -0.3 0.9\n"
BONDS = "\nBonds\n\n1 1 1 2\n2 1 1 3\n3 1 2 4\n"
DATA = """hydrogen peroxide

4 atoms
%s2 atom types
%s
-20 20 xlo xhi
-20 20 ylo yhi
-20 20 zlo zhi

Masses

1 15.999
2 1.008

Atoms # full

"""
SYSTEM = """units           real
atom_style      full
read_data       data.h2o2
%s
pair_style      reaxff NULL
pair_coeff      * * ffield.reax.cho O H
fix             q all qeq/reaxff 1 0.0 10.0 1.0e-8 reaxff
"""
NO_TERMS = "bond_style      zero\nbond_coeff      *\nspecial_bonds   lj/coul 1 1 1"
YAML = """
cg:
  - {name: t, dihedral: [3, 1, 2, 4]}
flow: {layers: [rotor, affine], hidden: [24, 24], harmonics: 2}
pmf: {members: 5}
train: {energy: {points: 256}, labels: {points: 64}}
explore: {quiet: 2000}
budget: 20000
"""
LEARN = """units           real
dimension       2
processors      * 1 1
region          cg block -180 180 -0.5 0.5 -0.5 0.5
create_box      1 cg
create_atoms    1 random 50 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * t.yaml
reset_atoms     id sort yes
fix             walk all cgflow/mc 300.0 4711 8.0
fix             learn all cgflow/al 300.0 4711 t.yaml atomistic in.h2o2 threshold 0.2
run             30000
"""
# The energy with the torsion held at each angle and all else relaxed.
SCAN = """include in.h2o2
variable a loop 0 12
label next
variable angle equal 15*$a
fix hold all restrain dihedral 3 1 2 4 2000.0 2000.0 $(v_angle-180.0)
fix_modify hold energy yes
minimize 0.0 1e-6 2000 20000
unfix hold
run 0 post no
variable e equal pe
print "scan ${angle} ${e}"
next a
jump SELF next
"""


class Reactive(LammpsTest):
    def setUp(self):
        super().setUp()
        if "reaxff" not in self.lammps("", "-h").text.split():
            self.skipTest("this LAMMPS has no ReaxFF")

    def furnish(self, bonds=True, terms=NO_TERMS):
        counts = ("3 bonds\n", "1 bond types\n") if bonds else ("", "")
        self.write("data.h2o2", DATA % counts + ATOMS + (BONDS if bonds else ""))
        self.write("in.h2o2", SYSTEM % terms)
        self.write("t.yaml", YAML)

    def test_learns_with_bonds_of_style_zero(self):
        self.furnish()
        result = self.lammps(LEARN)
        self.assertIn("status 1", result.text)
        # The box is 1 thick along y, and the skin of LAMMPS 2.
        self.assertNotIn("lost atoms", result.text)
        self.assertRegex(result.text, "the molecule cannot be copied with fix .*; conformers are evaluated one at a time")
        pmf = pmf_files.read_pmf(str(self.folder / "t.pmf"))
        scan = np.array(re.findall(r"^scan (\d+) (\S+)$", self.lammps(SCAN).text, re.M), dtype=float)
        self.assertEqual(len(scan), 13)
        # Five stiff coordinates integrated out change F little: 0.2 kT of 16.
        scan[:, 1] = (scan[:, 1] - scan[-1, 1]) / pmf.kT
        np.testing.assert_allclose(np.interp(scan[:, 0], pmf.axes[0], pmf.F), scan[:, 1], atol=0.8)
        self.assertGreater(scan[0, 1], 10.0)

    def test_without_bonds_the_error_says_what_to_write(self):
        self.furnish(bonds=False, terms="")
        self.assert_error(LEARN, "its 4 atoms have no bonds, which define its coordinates; .* with bond_style zero and special_bonds lj/coul 1 1 1")
        self.furnish(terms=NO_TERMS.replace("1 1 1", "0 0 0.5"))
        self.assert_error(LEARN, "pair_style reaxff needs all pairs of atoms, .*; write special_bonds lj/coul 1 1 1")


if __name__ == "__main__":
    unittest.main()
