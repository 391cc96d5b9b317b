# SPDX-License-Identifier: GPL-2.0-only
"""The commands cgflow/train, cgflow/pmf and cgflow/backmap on two particles."""
import numpy as np

from harness import LammpsTest, read_dump
from mueller_brown import KT
from trained_model import HEAD, table


def read_local(path):
    """The rows of a dump of style local with one row per frame."""
    lines = path.read_text().splitlines()
    return [list(map(float, lines[i + 1].split())) for i, line in enumerate(lines) if line.startswith("ITEM: ENTRIES")]


class TwoParticles(LammpsTest):
    """Cases that need more than one particle: a bonded pair on the surface, with two CG variables."""

    SYSTEM = """
units lj
dimension 2
atom_style bond
boundary f f p
comm_modify cutoff 12
region box block -5 5 -5 5 -0.5 0.5
create_box 1 box bond/types 1 extra/bond/per/atom 1
create_atoms 1 single -0.55 1.44 0
create_atoms 1 single 0.6 0.03 0
mass 1 1
set group all mol 1
pair_style zero 1.0 nocoeff
pair_coeff * *
bond_style harmonic
bond_coeff 1 20 1.82
create_bonds single/bond 1 1 2
fix surface all mueller/brown
"""
    YAML = """
cg:
  - {name: a, linear: {x1: 1, y1: -1}, range: [-3, 0]}
  - {name: b, linear: {x2: 1, y2: -1}, range: [-1, 2]}
fine: [{name: ta, linear: {x1: 1, y1: 1}}, {name: tb, linear: {x2: 1, y2: 1}}]
train: {example: {dump: two.dump}}
"""

    def setUp(self):
        super().setUp()
        self.write("in.two", self.SYSTEM)
        self.write("two.yaml", self.YAML)
        random = np.random.default_rng(3)
        frames = random.normal([-0.55, 1.44, 0.6, 0.03], 0.08, (60, 4))
        self.write("two.dump", "".join(
            f"ITEM: TIMESTEP\n{i}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS ff ff pp\n-5 5\n-5 5\n-0.5 0.5\nITEM: ATOMS id x y z\n"
            f"2 {f[2]} {f[3]} 0\n1 {f[0]} {f[1]} 0\n" for i, f in enumerate(frames)))
        self.write("points.txt", "# a b\n-2.0 0.57\n-1.9 0.5\n")

    def test_every_command_on_two_atoms_and_two_variables(self):
        self.lammps(HEAD + """
cgflow/train example two.cgflow temp 10 seed 5 from two.yaml
cgflow/train energy two.cgflow temp 10 seed 5 atomistic in.two points points.txt
cgflow/pmf two.cgflow grid 5 -2.2 -1.8 4 0.4 0.7 file two.pmf labels two.labels
cgflow/backmap two.cgflow 6 seed 3 points points.txt dump d.lammpstrj weights yes atomistic in.two
cgflow/backmap two.cgflow 40 seed 3 points pmf dump e.lammpstrj weights yes atomistic in.two
cgflow/backmap two.cgflow 6 seed 3 points points.txt dump d.dcd dcd atomistic in.two
cgflow/backmap two.cgflow 6 seed 3 points points.txt dump d.bonds local c_bond[1] c_bond[2] atomistic in.bonds
""".replace("in.bonds", self.write("in.bonds", self.SYSTEM + "compute bond all bond/local dist engpot\n").name))
        pmf = table(self.folder / "two.pmf")
        self.assertEqual(pmf.shape, (20, 5))
        np.testing.assert_allclose(pmf[:4, 1], [0.4, 0.5, 0.6, 0.7])
        np.testing.assert_allclose(pmf[::4, 0], [-2.2, -2.1, -2.0, -1.9, -1.8])
        self.assertEqual((self.folder / "two.labels").read_text().split("\n")[0].split()[:6], "# label points: a b F[epsilon]".split())
        for name, count in (("d", 12), ("e", 40)):
            frames = read_dump(self.folder / f"{name}.lammpstrj")
            weights = table(self.folder / f"{name}.lammpstrj.weights")
            self.assertEqual((len(frames), weights.shape), (count, (count, 6)))
            for (_, f), row in zip(frames, weights):
                self.assertEqual(f["id"], [1, 2])
                s = np.array(f["x"]) - np.array(f["y"])
                np.testing.assert_allclose(s, row[2:4], atol=1e-8)
        frames = read_dump(self.folder / "d.lammpstrj")
        rows = read_local(self.folder / "d.bonds")
        for (_, f), row in zip(frames, rows):
            r = np.hypot(f["x"][0] - f["x"][1], f["y"][0] - f["y"][1])
            np.testing.assert_allclose(row, [r, 20 * (r - 1.82)**2], rtol=1e-4, atol=1e-8)
        content = (self.folder / "d.dcd").read_bytes()
        self.assertEqual(int.from_bytes(content[8:12], "little"), 12)
        last = np.frombuffer(content[-3 * 16:], "<f4").reshape(3, 4)[:, 1:3]
        np.testing.assert_allclose(last, [frames[-1][1][c] for c in "xyz"], rtol=1e-5, atol=1e-6)

    def test_weights_hold_the_energy_of_the_pair(self):
        """With the same flow and point, ln w differs by -U/kT and ln q. Structures that differ in one bond differ by the energy of that bond."""
        self.write("in.soft", self.SYSTEM.replace("bond_coeff 1 20", "bond_coeff 1 5"))
        self.lammps(HEAD + "cgflow/train example two.cgflow temp 10 seed 5 from two.yaml\n" + "\n".join(
            f"cgflow/backmap two.cgflow 20 seed 3 points points.txt dump {name}.lammpstrj weights yes atomistic in.{name}"
            for name in ("two", "soft")) + "\n")
        one, two = (read_dump(self.folder / f"{name}.lammpstrj") for name in ("two", "soft"))
        w_one, w_two = (table(self.folder / f"{name}.lammpstrj.weights") for name in ("two", "soft"))
        for i, ((_, f), (_, g)) in enumerate(zip(one, two)):
            np.testing.assert_array_equal(f["x"], g["x"])
            r = np.hypot(f["x"][0] - f["x"][1], f["y"][0] - f["y"][1])
            self.assertAlmostEqual(w_one[i, 4] - w_two[i, 4], -15 * (r - 1.82)**2 / KT, delta=1e-6)
