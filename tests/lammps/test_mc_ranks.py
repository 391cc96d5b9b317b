# SPDX-License-Identifier: GPL-2.0-only
"""fix cgflow/mc on several ranks: walkers are the same one by one, none is lost."""
import re
import unittest

import numpy as np

import walkers as w
from harness import LammpsTest, read_dump

SWEEPS = """
fix             walk all cgflow/mc 300.0 4711 ${step} ${step}
dump            1 all custom 1 d.walkers id x y ix iy fx fy c_pe c_std f_walk
dump_modify     1 sort id format float %.17g
run             8
balance         1.0 ${balance}
run             8
write_restart   r.16
set             atom 1*50 x -179.0
run             4
write_data      data.20
run             2
"""


class Ranks(LammpsTest):
    def walk(self, ranks, comm="brick", step=180.0, balance="shift x 10 1.1", **values):
        w.write_torus(self.folder / "torus.dat", n=61)
        text = w.TORUS.replace("processors ", f"comm_style {comm}\nprocessors ")
        result = self.lammps(w.script(text + w.VISIBLE + SWEEPS, step=step, balance=balance, **values), ranks=ranks)
        self.assertEqual(result.warnings(), [])
        self.assertEqual(set(re.findall("Dangerous builds = (.*)", result.text)), {"0"})
        for run in range(4):
            self.assertEqual(set(result.thermo(run)["Atoms"]), {200.0})
        return (self.folder / "d.walkers").read_text(), [result.thermo(run) for run in range(4)]

    def same(self, one, other):
        self.assertEqual(one[0], other[0])
        for a, b in zip(one[1], other[1]):
            for column in a:
                np.testing.assert_allclose(a[column], b[column], rtol=1e-12, atol=1e-12)

    def test_walkers_are_the_same_one_by_one(self):
        one = self.walk(1)
        for ranks, values in ((2, {}), (4, {}), (4, {"processors": "4 1 1"}),
                              (4, {"processors": "1 4 1", "newton": "off"})):
            with self.subTest(ranks=ranks, **values):
                self.same(one, self.walk(ranks, **values))

    def test_short_steps(self):
        one = self.walk(1, step=15.0)
        self.same(one, self.walk(4, step=15.0, processors="4 1 1"))

    def test_tiles(self):
        one = self.walk(1, comm="tiled", balance="rcb")
        self.same(one, self.walk(4, comm="tiled", balance="rcb"))

    def test_many_sub_domains_in_a_row(self):
        one = self.walk(1, balance="shift xy 10 1.1")
        self.same(one, self.walk(6, processors="6 1 1", balance="shift xy 10 1.1"))

    def test_walls_and_balance_during_the_run(self):
        w.write_double_well(self.folder / "well.dat")
        text = w.WELL + w.VISIBLE + """
fix             walk all cgflow/mc 1.0 4711 2.8
fix             even all balance 5 1.0 shift x 10 1.05
dump            1 all custom 5 d.walkers id x c_pe f_walk
dump_modify     1 sort id format float %.9g
run             20
"""
        frames = []
        for ranks in (1, 4):
            result = self.lammps(w.script(text), ranks=ranks)
            self.assertEqual(result.warnings(), [])
            frames.append(read_dump(self.folder / "d.walkers"))
        # `shift` passes positions through box coordinates, so digits beyond the ninth may differ between grids.
        self.assertEqual(len(frames[0]), 5)
        for (_, a), (_, b) in zip(*frames):
            np.testing.assert_allclose(a["x"], b["x"], atol=1e-8)


if __name__ == "__main__":
    unittest.main()
