# SPDX-License-Identifier: GPL-2.0-only
"""Stock commands of LAMMPS on walkers: minimize, rerun, write_data and read_data, suffixes, info, fix_modify."""
import unittest

import numpy as np

import walkers as w
from harness import LammpsTest, read_dump

DUMP = "dump 1 all custom 1 out.dump id x y fx fy\ndump_modify 1 sort id format float %.15g\n"


class Stock(LammpsTest):
    def setUp(self):
        super().setUp()
        w.write_torus(self.folder / "torus.dat")

    def frame(self, name="out.dump", number=-1):
        return {column: np.array(values) for column, values in read_dump(self.folder / name)[number][1].items()}

    def test_minimize_ends_where_the_pmf_has_no_slope(self):
        self.lammps(w.script(w.TORUS + "min_style hftn\nmin_modify dmax 5.0\nminimize 0 1e-9 1000 10000\n" + DUMP + "run 0\n", walkers=20))
        d = self.frame()
        self.assertLess(abs(d["fx"]).max(), 1e-6)
        self.assertLess(abs(d["fy"]).max(), 1e-6)
        # Each walker is at a minimum of the function that the table was made of: no neighboring point is lower.
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            self.assertTrue((w.torus(d["x"] + 3 * dx, d["y"] + 3 * dy) > w.torus(d["x"], d["y"])).all())

    def test_rerun_gives_the_pmf_along_a_walk(self):
        script = w.script(w.TORUS + "thermo_style custom step pe\nthermo_modify format float %.12g\nthermo 1\n", walkers=20)
        walk = self.lammps(script + "fix walk all cgflow/mc 300 1 6\ndump 1 all custom 1 walk.dump id x y z ix iy iz\n"
                           "dump_modify 1 sort id format float %.17g\nrun 10\n").thermo()
        again = self.lammps(script + "rerun walk.dump dump x y ix iy\n").thermo()
        np.testing.assert_allclose(again["PotEng"], walk["PotEng"], rtol=1e-9)

    def test_write_data_and_read_data(self):
        walk = "fix walk all cgflow/mc 300 1 6\nrun 5\n"
        self.lammps(w.script(w.TORUS + walk + "write_data walkers.data nocoeff\n" + DUMP + "run 0\n", walkers=20))
        before = self.frame()
        self.lammps("units real\ndimension 2\nread_data walkers.data\npair_style cgflow/pmf\npair_coeff * * torus.dat\n" + DUMP + "run 0\n")
        after = self.frame()
        for column in before:
            np.testing.assert_allclose(after[column], before[column], rtol=1e-12, atol=1e-12)

    def test_suffixes_leave_the_styles_as_they_are(self):
        script = w.script(w.TORUS + "fix walk all cgflow/mc 300 1 6\ncompute std all cgflow/std\n" + DUMP + "run 10\n", walkers=20)
        self.lammps(script)
        plain = (self.folder / "out.dump").read_text()
        for suffix in ("omp", "opt"):
            with self.subTest(suffix):
                self.lammps(script, *(["-package", "omp", "1"] if suffix == "omp" else []), "-suffix", suffix)
                self.assertEqual((self.folder / "out.dump").read_text(), plain)

    def test_info_lists_the_styles(self):
        text = self.lammps("info styles all\n").text
        for style in ("cgflow/pmf", "gb/obc", "cgflow/mc", "cgflow/al", "mueller/brown", "cgflow/cv", "cgflow/std", "cgflow/train", "cgflow/backmap"):
            self.assertIn(style, text)

    def test_fix_modify_refuses_what_does_not_apply(self):
        self.assert_error(w.script(w.TORUS + "fix walk all cgflow/mc 300 1 6\nfix_modify walk energy yes\n", walkers=20),
                          "fix_modify|does not support|Illegal")

    def test_several_runs_and_timeouts(self):
        """A wall time limit ends a run cleanly, and the run continues from its restart file bit for bit."""
        walk = "fix walk all cgflow/mc 300 1 6\n"
        self.lammps(w.script(w.TORUS + walk + DUMP + "run 4000\n", walkers=20))
        whole = self.frame()
        cut = self.lammps(w.script(w.TORUS + "timer timeout 0:00:00 every 1\n" + walk + "run 4000\nprint 'at $(step)'\nwrite_restart walk.restart\n", walkers=20))
        at = int(cut.text.split("\nat ")[1].split()[0])
        self.assertLess(at, 4000)
        self.lammps("read_restart walk.restart\npair_style cgflow/pmf\npair_coeff * * torus.dat\n" + walk + DUMP + f"run {4000 - at}\n")
        after = self.frame()
        for column in whole:
            np.testing.assert_array_equal(after[column], whole[column])


if __name__ == "__main__":
    unittest.main()
