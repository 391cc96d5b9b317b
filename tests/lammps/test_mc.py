# SPDX-License-Identifier: GPL-2.0-only
"""fix cgflow/mc: the sampled distribution, the visible state after a sweep, counts, errors."""
import unittest

import numpy as np

import walkers as w
from harness import LammpsTest, read_dump


def histogram(path, columns, edges):
    """Counts over all frames of a dump; edges per column."""
    counts = 0
    for _, frame in read_dump(path):
        counts = counts + np.histogramdd(np.array([frame[c] for c in columns]).T, bins=edges)[0]
    return counts.ravel()


class Boltzmann(LammpsTest):
    """Chi-square of histograms against exact bin probabilities. Frames lie so far apart that samples are independent to a
    few per cent; a limit of 5 standard deviations of chi-square leaves room for that, and each test
    shows that a temperature wrong by a few per cent, or walls that count wrong, go far beyond it."""

    def sample(self, text, columns, edges, sweeps, every, **values):
        self.lammps(w.script(text + f"""
run             {sweeps // 10}
dump            1 all custom {every} d.samples {' '.join(columns)}
dump_modify     1 format float %.9g
thermo          {sweeps}
run             {sweeps}
""", **values))
        return histogram(self.folder / "d.samples", columns, edges)

    def test_double_well_between_walls(self):
        w.write_double_well(self.folder / "well.dat")
        bins, kT, degrees = 40, 1.0, 39
        edges = [np.linspace(-1.5, 1.3, bins + 1)]

        def ratio(T):
            counts = self.sample(w.WELL + f"fix walk all cgflow/mc {T} 81 0.9\n", ["x"], edges, 8000, 80, walkers=2000)
            return w.chi_square(counts, w.probabilities_1d(w.double_well, -1.5, 1.3, bins, kT))

        limit = w.chi_square_limit(degrees)
        self.assertLess(ratio(1.0), limit)
        self.assertGreater(ratio(1.05), 2 * limit)
        # The bound also detects a wrong rule at walls: proposals that are drawn again until they are inside.
        exact = w.probabilities_1d(w.double_well, -1.5, 1.3, bins, kT)
        self.assertLess(w.chi_square(self.reference(edges[0], redraw=False), exact), limit)
        self.assertGreater(w.chi_square(self.reference(edges[0], redraw=True), exact), 10 * limit)

    def reference(self, edges, redraw):
        """The same sampling in numpy, which shows the power of the test."""
        random = np.random.default_rng(7)
        s = random.uniform(-1.5, 1.3, 2000)
        counts = 0
        for sweep in range(8800):
            new = s + 0.9 * random.normal(size=s.size)
            while redraw and (out := (new < -1.5) | (new >= 1.3)).any():
                new[out] = s[out] + 0.9 * random.normal(size=out.sum())
            inside = (new >= -1.5) & (new < 1.3)
            with np.errstate(over="ignore"):
                accept = inside & (random.uniform(size=s.size) < np.exp(w.double_well(s) - w.double_well(new)))
            s = np.where(accept, new, s)
            if sweep >= 800 and sweep % 80 == 0:
                counts = counts + np.histogram(s, edges)[0]
        return counts

    def test_torus(self):
        w.write_torus(self.folder / "torus.dat")
        bins, kT = 12, w.BOLTZ_REAL * 300.0
        edges = [np.linspace(-180, 180, bins + 1)] * 2
        exact = w.probabilities_torus(bins, kT)

        def ratio(T):
            counts = self.sample(w.TORUS + f"fix walk all cgflow/mc {T} 82 90 120\n", ["x", "y"], edges, 4000, 40,
                                 walkers=2000)
            return w.chi_square(counts, exact)

        limit = w.chi_square_limit(bins * bins - 1)
        self.assertLess(ratio(300.0), limit)
        self.assertGreater(ratio(330.0), 2 * limit)

    def test_stock_pair_style_gives_uniform_walkers(self):
        text = w.TORUS.replace("cgflow/pmf", "zero 30.0").replace("torus.dat", "")
        counts = self.sample(text + "fix walk all cgflow/mc 300 83 40 200\n", ["x", "y"],
                             [np.linspace(-180, 180, 7)] * 2, 2000, 50, walkers=1000)
        self.assertLess(w.chi_square(counts, np.full(36, 1 / 36)), w.chi_square_limit(35))

    def test_tempered_pmf(self):
        """hybrid/scaled 0.5 at T samples the distribution of the plain PMF at 2 T."""
        w.write_torus(self.folder / "torus.dat")
        bins = 8
        text = w.TORUS.replace("pair_style      cgflow/pmf\npair_coeff      * * torus.dat\n",
                               "pair_style hybrid/scaled 0.5 cgflow/pmf 1.0 zero 1.0\n"
                               "pair_coeff * * cgflow/pmf torus.dat\npair_coeff * * zero\n")
        counts = self.sample(text + "fix walk all cgflow/mc 300 84 120 120\n", ["x", "y"],
                             [np.linspace(-180, 180, bins + 1)] * 2, 2000, 40, walkers=2000)
        limit = w.chi_square_limit(bins * bins - 1)
        self.assertLess(w.chi_square(counts, w.probabilities_torus(bins, w.BOLTZ_REAL * 600)), limit)
        self.assertGreater(w.chi_square(counts, w.probabilities_torus(bins, w.BOLTZ_REAL * 500)), 2 * limit)

    def test_step_counts_and_acceptance(self):
        """On a flat surface every proposal inside is accepted. A formula gives the fraction that leaves [-1.5, 1.3]."""
        text = w.WELL.replace("cgflow/pmf", "zero 0.1").replace("well.dat", "")
        result = self.lammps(w.script(text + """
fix             walk all cgflow/mc 1.0 5 0.7
thermo_style    custom step f_walk[1] f_walk[2] f_walk[3]
thermo          1000
run             2000
run             0
run             1000
""", walkers=500))
        first, nothing, second = (result.thermo(k) for k in range(3))
        self.assertEqual(first["f_walk[2]"][-1], 2000 * 500)
        self.assertEqual(nothing["f_walk[2]"], [2000 * 500])
        self.assertEqual(second["f_walk[2]"][-1], 3000 * 500)
        accepted, proposals, walls = (second[f"f_walk[{k}]"][-1] for k in (1, 2, 3))
        self.assertAlmostEqual(accepted * proposals, proposals - walls, delta=0.5)
        # Fraction of s' outside for s uniform in a range of width L and a Gaussian step sigma << L: 2 sigma / (sqrt(2 pi) L).
        self.assertAlmostEqual(walls / proposals, 2 * 0.7 / (np.sqrt(2 * np.pi) * 2.8), delta=0.003)


MC = """
fix             walk all cgflow/mc 300.0 4711 70.0 180.0
variable        a equal f_walk[1]
fix             say all print 12 "acceptance $a"
"""


class VisibleState(LammpsTest):
    def compare(self, text, ranks=1, visible=w.VISIBLE, columns="id x y ix iy fx fy c_pe c_std", **values):
        """All output after each sweep equals the output of a new LAMMPS for the dumped positions."""
        dump = f"dump 1 all custom 1 d.%s {columns}\ndump_modify 1 sort id format float %%.17g\n"
        shown = self.lammps(w.script(text + visible + MC + dump % "shown" + "run 12\n", **values), ranks=ranks)
        self.assertEqual(shown.warnings(), [])
        again = self.lammps(w.script(text + visible + dump % "again" + "rerun d.shown dump x y\n", **values))
        frames, checks = read_dump(self.folder / "d.shown"), read_dump(self.folder / "d.again")
        self.assertEqual(len(frames), 13)
        self.assertEqual(len(checks), 13)
        moved = 0
        for (_, a), (_, b) in zip(frames, checks):
            for column in set(a) - {"ix", "iy"}:
                np.testing.assert_allclose(a[column], b[column], rtol=1e-12, atol=1e-13, err_msg=column)
            moved += (np.array(a["x"]) != np.array(frames[0][1]["x"])).sum()
        self.assertGreater(moved, 100)
        one, two = shown.thermo(), again.thermo()
        for column in one:
            np.testing.assert_allclose(one[column], two[column], rtol=1e-11, atol=1e-11, err_msg=column)
        acceptance = self.acceptance(shown)
        self.assertGreater(acceptance, 0.1)
        self.assertLess(acceptance, 0.9)

    def acceptance(self, result):
        return float([line.split()[1] for line in result.text.splitlines() if line.startswith("acceptance ")][-1])

    def run_style(self, style, ranks=1, **values):
        w.write_torus(self.folder / "torus.dat")
        text = w.TORUS.replace("pair_style      cgflow/pmf\npair_coeff      * * torus.dat\n", style) if style else w.TORUS
        self.compare(text, ranks, **values)

    def test_is_the_accepted_one(self):
        for ranks in (1, 2, 4):
            with self.subTest(ranks=ranks):
                self.run_style(None, ranks)

    def test_is_the_accepted_one_in_hybrid_styles(self):
        self.run_style("pair_style hybrid/scaled 0.5 cgflow/pmf 1.0 zero 30.0\n"
                       "pair_coeff * * cgflow/pmf torus.dat\npair_coeff * * zero\n")
        self.run_style("pair_style hybrid/overlay cgflow/pmf zero 30.0\n"
                       "pair_coeff * * cgflow/pmf torus.dat\npair_coeff * * zero\n", newton="off")

    def test_is_the_accepted_one_with_two_models(self):
        visible = w.VISIBLE.replace("compute         std all cgflow/std\n", "").replace(
            "compute         pmf all pair cgflow/pmf\n",
            "compute a all pair cgflow/pmf 1\ncompute b all pair cgflow/pmf 2\n").replace(
            "c_pmf c_pmf[1] c_pmf[2] c_pmf[3]", "c_a c_a[1] c_a[2] c_b c_b[1] c_b[2]")
        self.run_style("pair_style hybrid/scaled 0.25 cgflow/pmf 0.5 cgflow/pmf\npair_coeff * * cgflow/pmf 1 torus.dat\n"
                       "pair_coeff * * cgflow/pmf 2 torus.dat\n", visible=visible, columns="id x y ix iy fx fy c_pe")

    def test_image_flags_unwrap_the_path(self):
        """An accepted move is at most a few steps long in unwrapped coordinates, also across the edge."""
        w.write_torus(self.folder / "torus.dat")
        self.lammps(w.script(w.TORUS + "fix walk all cgflow/mc 300.0 4711 20.0 20.0\n"
                             "dump 1 all custom 1 d.walkers id xu yu ix iy\ndump_modify 1 sort id\nrun 200\n"))
        frames = read_dump(self.folder / "d.walkers")
        jumps = [np.abs(np.array(b["xu"]) - np.array(a["xu"])).max() for (_, a), (_, b) in zip(frames, frames[1:])]
        self.assertLess(max(jumps), 20.0 * 6)
        self.assertGreater(np.abs(frames[-1][1]["ix"]).max(), 0)


class Life(LammpsTest):
    """Restart, several runs, unfix and refix."""

    def dump_of(self, text, name, **values):
        self.lammps(w.script(text, **values))
        return (self.folder / name).read_text()

    DUMP = "dump 1 all custom 5 d.%s id x y ix iy\ndump_modify 1 sort id format float %%.17g\n"
    FIX = "fix walk all cgflow/mc 300.0 4711 60.0 60.0\n"
    THERMO = "thermo_style custom step pe f_walk[1] f_walk[2] f_walk[3]\nthermo_modify format float %.15g\n"

    def test_runs_in_parts_and_from_a_restart_are_one_run(self):
        w.write_torus(self.folder / "torus.dat")
        whole = self.lammps(w.script(w.TORUS + self.FIX + self.THERMO + "run 10\n" + self.DUMP % "whole" + "run 20\n"))
        self.lammps(w.script(w.TORUS + self.FIX + self.THERMO + "run 10\nrun 0\nrun 0\n" + self.DUMP % "parts"
                             + "run 10\nrun 10 pre no\n"))
        frames, parts = (dict(read_dump(self.folder / f"d.{n}")) for n in ("whole", "parts"))
        self.assertEqual(frames, parts)
        self.lammps(w.script(w.TORUS + self.FIX + "run 10\nwrite_restart r.10\n"))
        result = self.lammps("read_restart r.10\npair_style cgflow/pmf\npair_coeff * * torus.dat\n" + self.FIX
                             + self.THERMO + self.DUMP % "rest" + "run 20\n")
        self.assertEqual(frames, dict(read_dump(self.folder / "d.rest")))
        for column in ("f_walk[1]", "f_walk[2]", "f_walk[3]", "PotEng"):
            np.testing.assert_allclose(result.thermo()[column][-1], whole.thermo()[column][-1], rtol=1e-12)

    def test_unfix_and_refix_leave_nothing(self):
        w.write_torus(self.folder / "torus.dat")
        result = self.lammps(w.script(w.TORUS + (self.FIX + "run 3\nunfix walk\n") * 3 + self.FIX + self.THERMO
                                      + "info computes fixes\nrun 3\nclear\n"
                                      + w.TORUS + self.FIX + self.FIX + self.THERMO + "run 3\n"))
        self.assertEqual(result.thermo(-2)["f_walk[2]"], [0, 600])
        self.assertEqual(result.thermo(-1)["f_walk[2]"], [0, 600])
        self.assertEqual(result.text.count("walk_pe"), 1)
        self.assertEqual(result.warnings(), [])


class Errors(LammpsTest):
    def setUp(self):
        super().setUp()
        w.write_torus(self.folder / "torus.dat", n=25)

    def fails(self, fix, pattern, old="", new="", before="", run="run 1\n"):
        text = w.TORUS.replace(old, new) if old else w.TORUS
        if fix and not fix.startswith("fix"):
            fix = "fix walk all cgflow/mc " + fix
        self.assert_error(w.script(text + before + fix + "\n" + run, walkers=20), "cgflow/mc.*" + pattern)

    def test_arguments(self):
        self.fails("300 1", "T seed step1")
        self.fails("0 1 10 10", "got the temperature 0, expected a number > 0")
        self.fails("-3 1 10 10", "got the temperature -3, expected a number > 0")
        self.fails("300 0 10 10", "got the seed 0, expected an integer from 1 to 2147483647")
        self.fails("300 2147483648 10 10", "got the seed 2147483648, expected an integer from 1")
        self.fails("300 1 10 10 10", "got 3 step")
        self.fails("300 1 10 -10", "got -10 as step 2, expected a length > 0")
        self.fails("300 1 10 361", "got 361 as step 2, expected at most the width 360 of the range of y")
        self.fails("fix walk few cgflow/mc 300 1 10 10", "got group few.*expected group all", before="group few id 1:5\n")
        self.fails("300 1 10 10 10 10", "got 4 steps; more than 3 CG variables need pair_style cgflow/pmf",
                   old="cgflow/pmf\npair_coeff      * * torus.dat", new="zero 1.0\npair_coeff * *")

    def test_one_step_stands_for_all_variables(self):
        walks = []
        for steps in ("10", "10 10"):
            self.lammps(w.script(w.TORUS + f"fix walk all cgflow/mc 300 1 {steps}\n"
                                 "dump 1 all custom 20 walk.dump id x y\ndump_modify 1 sort id\nrun 20\n", walkers=20))
            walks.append((self.folder / "walk.dump").read_text())
        self.assertEqual(walks[0], walks[1])

    def test_companions(self):
        two = "fix a all cgflow/mc 300 1 10 10\nfix b all cgflow/mc 300 1 10 10"
        self.fails(two, "got more than one fix cgflow/mc")
        self.fails("300 1 10 10", "fix move of style nve moves the walkers too", before="fix move all nve\n")
        self.fails("300 1 10 10", "no pair style is defined",
                   old="pair_style      cgflow/pmf\npair_coeff      * * torus.dat\nreset_atoms     id sort yes", new="")
        self.fails("300 1 10 10", "got run_style respa, expected run_style verlet", run="run_style respa 2 2 pair 2\nrun 1\n")
        self.fails("300 1 10 10", "fix e of style addforce adds to the potential energy",
                   before="fix e all addforce 1 0 0\nfix_modify e energy yes\n")
        self.fails("300 1 10 10", "energy of pair style soft is not the sum of its per-atom energies",
                   old="cgflow/pmf\npair_coeff      * * torus.dat", new="soft 150.0\npair_coeff * * 0.1\nneighbor 2.0 nsq")

    def test_atoms_without_ids(self):
        text = w.TORUS.replace("region ", "atom_modify id no\nregion ", 1).replace("reset_atoms     id sort yes", "")
        self.assert_error(w.script(text + "fix walk all cgflow/mc 300 1 10 10\nrun 1\n"), "the atoms have no IDs")

        self.fails("300 1 10 10", "got pair_modify compute no", before="pair_modify compute no\n")
        self.fails("300 1 10 10", "got a bond, angle, dihedral, improper or kspace style",
                   old="region ", new="atom_style bond\nregion ", before="bond_style zero\n")

    def test_run_without_energies(self):
        self.fails("300 1 10 10", "the walkers' energies of step 5 are missing, expected a run with pre yes",
                   run="run 2\nminimize 0 0 3 3\nrun 2 pre no\n")

    def test_untrained_model(self):
        self.write("m.yaml", "cg: [{name: s, linear: {x: 1}, range: [-1.5, 1.3]}]\n")
        text = w.script(w.WELL.replace("well.dat", "m.yaml") + "fix walk all cgflow/mc 1.0 1 0.5\n")
        self.lammps(text + "run 0\n")
        self.assert_error(text + "run 1\n", "the model of m.yaml is untrained and no fix cgflow/al")

    def test_walkers(self):
        w.write_double_well(self.folder / "well.dat")
        well = w.script(w.WELL + "fix walk all cgflow/mc 1.0 1 0.5\n")
        self.assert_error(well + "set atom 7 x 1.5\nrun 1\n", "walker 7 is outside the box")
        self.assert_error(well + "fix more all deposit 5 1 1 1 region cg units box near 0.0001\nrun 3\n",
                          "got 20[0-9] atoms, but the run began with 200")
        self.assert_error(well + "fix less all evaporate 1 1 cg 49892\nrun 3\n",
                          "got 199 atoms, but the run began with 200")

        self.assert_error(well + "fix less all evaporate 1 1 cg 49892\n"
                          "fix more all deposit 5 1 1 1 region cg units box near 0.0001\nrun 3\n",
                          "an atom was created in the run")

    def test_energies_that_are_no_numbers(self):
        w.write_double_well(self.folder / "well.dat")
        text = w.WELL.replace("pair_style      cgflow/pmf\npair_coeff      * * well.dat\n", """
variable        bad equal "1.0+exp(500*step)-exp(500*step)"
pair_style      hybrid/scaled v_bad cgflow/pmf 1.0 zero 0.1
pair_coeff      * * cgflow/pmf well.dat
pair_coeff      * * zero
""")
        self.assert_error(w.script(text + "fix walk all cgflow/mc 1.0 1 0.5\nrun 5\n"),
                          "the energy of walker [0-9]+ is not a number in step 2")


if __name__ == "__main__":
    unittest.main()
