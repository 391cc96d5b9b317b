# SPDX-License-Identifier: GPL-2.0-only
"""The calls that fix cgflow/mc and pair_style cgflow/pmf offer to another fix: place, refresh, stop, release; and d > 3. The fix of the
probe plugin makes the calls at the beginning of a step, before or after fix cgflow/mc acts."""
import unittest

import numpy as np

import walkers as w
from harness import PROBE, LammpsTest, read_dump

WALK = "fix walk all cgflow/mc 300.0 4711 60.0 60.0\n"
DUMP = """
compute         pe all pe/atom
compute         std all cgflow/std
thermo          1
dump            1 all custom 1 d.walkers id x y ix iy fx fy c_pe c_std f_walk
dump_modify     1 sort id format float %.17g
thermo_style    custom step pe f_walk[1] f_walk[2] f_walk[3]
thermo_modify   format float %.15g
"""


class Service(LammpsTest):
    build = PROBE

    def frames(self, orders, order, sweeps=6, ranks=1, extra=""):
        w.write_torus(self.folder / "torus.dat")
        probe = f"fix learn all cgflow/al/probe {orders}\n"
        fixes = probe + WALK if order == "before" else WALK + probe
        result = self.lammps(w.script(w.TORUS + fixes + DUMP + extra + f"run {sweeps}\n"), ranks=ranks)
        self.assertEqual(result.warnings(), [])
        return {step: {k: np.array(v) for k, v in d.items()} for step, d in read_dump(self.folder / "d.walkers")}, \
            result.thermo()

    def test_placed_walker_is_there_in_the_same_sweep(self):
        for order in ("before", "after"):
            # 180 is the same point as -180; 3 is near the top of the PMF, where a proposal would hardly be accepted.
            frames, thermo = self.frames("place 3 7 180.0 -90.0 place 3 8 3.0 89.0", order)
            after = frames[3]
            self.assertEqual((after["x"][6], after["y"][6]), (-180.0, -90.0))
            self.assertEqual((after["x"][7], after["y"][7]), (3.0, 89.0))
            for k in (6, 7):
                self.assertAlmostEqual(after["c_pe"][k], w.torus(after["x"][k], after["y"][k]), places=4)
                self.assertAlmostEqual(after["c_std"][k], w.torus_std(after["x"][k], after["y"][k]), places=4)
            # Placing a walker is not a proposal.
            self.assertEqual([int(p) for p in thermo["f_walk[2]"][:5]], [0, 200, 400, 598, 798])

    def test_placing_works_across_ranks(self):
        expected, _ = self.frames("place 3 7 -170.0 0.0 place 3 8 170.0 5.0", "after")
        found, _ = self.frames("place 3 7 -170.0 0.0 place 3 8 170.0 5.0", "after", ranks=4,
                               extra="balance 1.0 shift x 3 1.1\n")
        for column in ("x", "y", "c_pe"):
            np.testing.assert_allclose(found[3][column], expected[3][column], atol=1e-9)

    def test_refresh_gives_the_new_models_energies_at_the_same_places(self):
        plain, _ = self.frames("release 1", "before")
        for order in ("before", "after"):
            frames, thermo = self.frames("scale 4 3.0", order)
            np.testing.assert_array_equal(frames[3]["c_pe"], plain[3]["c_pe"])
            for column in ("x", "y", "ix", "iy"):
                np.testing.assert_array_equal(frames[4][column], plain[3][column])
            for column in ("c_pe", "fx", "fy"):
                np.testing.assert_allclose(frames[4][column], 3 * plain[3][column], rtol=1e-14, atol=1e-15)
            self.assertEqual([int(p) for p in thermo["f_walk[2]"][:6]], [0, 200, 400, 600, 600, 800])
            # From this step on the energies of all walkers come from the new model.
            np.testing.assert_allclose(frames[6]["c_pe"], 3 * w.torus(frames[6]["x"], frames[6]["y"]), atol=1e-3)

    def test_walkers_stop_above_the_threshold_until_released(self):
        for order in ("before", "after"):
            frames, thermo = self.frames("threshold 1 0.12 threshold 5 1e9 release 5", order, sweeps=7)
            for step in range(1, 5):
                d, following = frames[step], frames[step + 1]
                stopped = d["f_walk"] == 1
                self.assertTrue((stopped >= (d["c_std"] > 0.12)).all())
                self.assertGreater(stopped.sum(), 20)
                if step + 1 < 5:
                    for column in ("x", "y", "c_pe"):
                        np.testing.assert_array_equal(d[column][stopped], following[column][stopped])
                    proposals = thermo["f_walk[2]"][step + 1] - thermo["f_walk[2]"][step]
                    self.assertEqual(proposals, 200 - stopped.sum())
            held = frames[4]["f_walk"] == 1
            self.assertGreater((frames[7]["x"] != frames[4]["x"])[held].mean(), 0.3)
            self.assertEqual(frames[5]["f_walk"].sum(), 0)

    def test_walker_cannot_be_placed_outside(self):
        w.write_double_well(self.folder / "well.dat")
        self.assert_error(w.script(w.WELL + "fix walk all cgflow/mc 1.0 1 0.5\n"
                                   "fix learn all cgflow/al/probe place 2 7 1.4\nrun 3\n"),
                          "cgflow/mc: walker 7 is to be placed at x = 1.4, expected -1.5 to 1.3")

    def test_model_of_another_space_is_refused(self):
        w.write_double_well(self.folder / "well.dat")
        self.assert_error(w.script(w.WELL + "fix walk all cgflow/mc 1.0 1 0.5\n"
                                   "fix learn all cgflow/al/probe foreign 2\nrun 3\n"),
                          "cgflow/pmf: got a model whose CG variables, ranges or periodicity differ from those of well.dat")

    def test_upper_wall_is_a_place(self):
        w.write_double_well(self.folder / "well.dat")
        self.lammps(w.script(w.WELL + "fix walk all cgflow/mc 1.0 1 0.5\nfix learn all cgflow/al/probe place 2 7 1.3\n"
                             + "dump 1 all custom 1 d.walkers id x\ndump_modify 1 sort id\nrun 3\n"))
        self.assertAlmostEqual(read_dump(self.folder / "d.walkers")[2][1]["x"][6], 1.3, places=12)

    def test_five_variables(self):
        """F = K/2 |s|^2 in five dimensions, two of them held as properties: each variable has the variance kT/K."""
        names = ", ".join(f"{{name: s{k}, linear: {{x{k}: 1}}, range: [-6, 6]}}" for k in range(1, 6))
        self.write("five.yaml", f"cg: [{names}]\n")
        text = """
units           lj
boundary        f f f
region          cg block -6 6 -6 6 -6 6
create_box      1 cg
create_atoms    1 random 2000 4711 NULL
mass            1 1.0
pair_style      cgflow/pmf
pair_coeff      * * five.yaml
reset_atoms     id sort yes
fix             more all property/atom d_cv4 d_cv5 writedata yes
fix             walk all cgflow/mc 0.5 4711 0.5 0.5 0.5 0.5 0.5
fix             learn all cgflow/al/probe harmonic 0 2.0
compute         pe all pe/atom
thermo          500
run             500
dump            1 all custom 50 d.walkers id x y z d_cv4 d_cv5 c_pe f_walk
dump_modify     1 sort id format float %.12g
run             1000
"""
        self.lammps(text)
        frames = read_dump(self.folder / "d.walkers")
        columns = ("x", "y", "z", "d_cv4", "d_cv5")
        s = np.array([[d[c] for c in columns] for _, d in frames])    # [frame, variable, walker]
        np.testing.assert_allclose(0.5 * 2.0 * (s ** 2).sum(axis=1), [d["c_pe"] for _, d in frames], rtol=1e-9)
        # 21 frames of 2000 walkers, at least a quarter of them independent: the variance is known to 1.4 % (1 sigma).
        np.testing.assert_allclose((s ** 2).mean(axis=(0, 2)), 0.25, rtol=0.05)
        first = (self.folder / "d.walkers").read_text()
        self.lammps(text, ranks=2)
        self.assertEqual(first, (self.folder / "d.walkers").read_text())


if __name__ == "__main__":
    unittest.main()
