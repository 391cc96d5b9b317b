# SPDX-License-Identifier: GPL-2.0-only
"""The command cgflow/pmf on the Mueller-Brown example: what it writes, on how many ranks, and what it refuses. Each error must
leave the files as they were."""
import os
import shutil

import numpy as np

from mueller_brown import KT
from trained_model import BACKMAP, HEAD, CommandsTest


class Pmf(CommandsTest):
    def test_any_grid_shows_the_same_surface(self):
        whole, labels = self.pmf(grid="39 -2.6 1.2")
        np.testing.assert_allclose(whole[:, 0], np.linspace(-2.6, 1.2, 39), atol=1e-12)
        self.assertEqual(whole[:, 1].min(), 0.0)
        np.testing.assert_array_equal(whole[:, 3], whole[:, 2] <= 0.2 * KT)
        part, _ = self.pmf(grid="3 -0.6 0.4")
        np.testing.assert_allclose(part[:, 0], [-0.6, -0.1, 0.4], atol=1e-12)
        rows = [np.argmin(abs(whole[:, 0] - s)) for s in part[:, 0]]
        np.testing.assert_allclose(np.diff(part[:, 1]), np.diff(whole[rows, 1]), atol=1e-8)
        np.testing.assert_allclose(part[:, 2], whole[rows, 2], rtol=1e-8)
        outside, _ = self.pmf(grid="2 1.2 3.0")
        self.assertEqual(outside[1, 2], np.inf)
        self.assertEqual(outside[1, 3], 0)
        text = (self.folder / "out.pmf").read_text().splitlines()
        self.assertEqual(text[0], "# kT 10 units lj T 10 domain all")
        self.assertRegex(text[1], r"# evaluations md 2500 example 0 energy 1024 test \d+ labels \d+ total \d+")
        self.assertEqual(text[2], "# status 0")
        self.assertEqual(text[3], "# s F[epsilon] std[epsilon] known")
        self.assertEqual((self.folder / "out.labels").read_text().splitlines()[0], "# label points: s F[epsilon] error[epsilon] n ess_share")

    def test_labels_lie_on_the_pmf(self):
        _, labels = self.pmf()
        self.assertEqual(labels.shape[1], 5)
        self.assertEqual(labels[:, 1].min(), 0.0)
        self.assertEqual(set(labels[:, 3]), {16})
        fine, _ = self.pmf(grid="2001 -2.6 1.2")
        difference = labels[:, 1] - np.interp(labels[:, 0], fine[:, 0], fine[:, 1])
        weight = 1 / (labels[:, 2]**2 + 0.01)
        difference -= (weight * difference).sum() / weight.sum()
        self.assertLess(np.sqrt(np.mean((difference / np.hypot(labels[:, 2], 0.1))**2)), 2.0)

    def test_one_and_two_ranks_write_the_same_files(self):
        self.pmf()
        one = self.digest()
        self.lammps(HEAD + "cgflow/pmf m.cgflow grid 39 -2.6 1.2 file out.pmf labels out.labels\n", ranks=2)
        self.assertEqual(self.digest(), one)

    def test_models_are_found_among_the_potentials(self):
        self.pmf()
        one = self.digest()
        (self.folder / "potentials").mkdir()
        shutil.move(self.folder / "m.cgflow", self.folder / "potentials" / "m.cgflow")
        command = HEAD + "cgflow/pmf m.cgflow grid 39 -2.6 1.2 file out.pmf labels out.labels\n"
        self.assert_error(command, "m.cgflow: No such file")
        os.environ["LAMMPS_POTENTIALS"] = str(self.folder / "potentials")
        self.addCleanup(os.environ.pop, "LAMMPS_POTENTIALS")
        self.lammps(command + BACKMAP + "\n" + "cgflow/train example n.cgflow temp 10 seed 5 epochs 1 from m.cgflow\n")
        self.assertEqual(self.digest()["out.pmf"], one["out.pmf"])
        self.assertTrue((self.folder / "d.lammpstrj").exists())
        self.assertTrue((self.folder / "n.cgflow").exists())

    def test_pair_style_reads_the_table(self):
        self.pmf(grid="201 -2.6 1.2")
        text = HEAD + """
boundary f p p
region cg block -2.6 1.2 -0.5 0.5 -0.5 0.5
create_box 1 cg
create_atoms 1 single 0.61 0 0
mass 1 1
pair_style cgflow/pmf
pair_coeff * * %s
thermo_style custom step pe fmax
thermo_modify norm no format float %%.10g
run 0
displace_atoms all move -2.5 0 0
run 0
"""
        differences = []
        for name in ("m.cgflow", "out.pmf"):
            result = self.lammps(text % name)
            differences.append(result.thermo(1)["PotEng"][0] - result.thermo(0)["PotEng"][0])
        self.assertAlmostEqual(differences[0], differences[1], delta=0.02)

    def test_refuses_wrong_arguments(self):
        for arguments, pattern in (
                ("", "missing"), ("m.cgflow", "missing"),
                ("m.cgflow grid 10 -2 1", "keyword file is missing"),
                ("m.cgflow file out.pmf", "keyword grid is missing"),
                ("m.cgflow file out.pmf grid", "missing argument"),
                ("m.cgflow grid file out.pmf", "keyword grid is missing, or no number follows it"),
                ("m.cgflow grid 10 -2 file out.pmf", "got 2 numbers, expected n lo hi for each of the 1 CG variables of m.cgflow"),
                ("m.cgflow grid 10 -2 1 10 -2 1 file out.pmf", "got 6 numbers"),
                ("m.cgflow grid 1 -2 1 file out.pmf", "got 1 -2 1 for s, expected at least 2 points and lo < hi"),
                ("m.cgflow grid 10 1 -2 file out.pmf", "got 10 1 -2 for s"),
                ("m.cgflow grid 100000000 -2 1 file out.pmf", "got 100000000 points in all, expected at most 10000000"),
                ("m.cgflow grid 10 -2 1 file out.pmf label l", "unknown keyword label, expected grid, file or labels"),
                ("m.cgflow grid 10 -2 1 fiel out.pmf", "unknown keyword fiel, expected grid, file or labels"),
                ("m.cgflow grid 10 -2 end file out.pmf", "Expected floating point parameter instead of 'end'"),
                ("none.cgflow grid 10 -2 1 file out.pmf", "none.cgflow: No such file"),
                ("minima.txt grid 10 -2 1 file out.pmf", "minima.txt.*not a cgflow"),
                ("example.cgflow grid 10 -2 1 file out.pmf", "example.cgflow holds no PMF yet, train it by energy"),
                ("m.cgflow grid 10 -2 1 file none/out.pmf", "Cannot write file none/out.pmf: No such file"),
                ("m.cgflow grid 10 -2 1 file out.pmf labels none/l", "Cannot write file none/l: No such file")):
            with self.subTest(arguments):
                self.refuse("cgflow/pmf " + arguments, pattern)
        self.refuse("cgflow/pmf m.cgflow grid 10 -2 1 file out.pmf", "trained in units lj, here they are metal", head="units metal\n")
