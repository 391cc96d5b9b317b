# SPDX-License-Identifier: GPL-2.0-only
"""fix cgflow/mc with exchanges between walkers: each rung's distribution, ranks, restart, counts, errors."""
import unittest

import numpy as np

import walkers as w
from harness import LammpsTest, read_dump

RUNGS = 4


class Distribution(LammpsTest):
    BINS = 20

    def sample(self, exchange):
        """Counts of s by rung, for walkers that all begin in the upper well and do not cross its barrier at T = 0.25."""
        w.write_double_well(self.folder / "well.dat")
        self.lammps(w.script(w.WELL + f"""
set             group all x 1.0
fix             walk all cgflow/mc 0.25 81 0.15 {exchange}
run             3000
dump            1 all custom 200 d.samples id x
thermo          10000
run             12000
""", walkers=2000))
        edges = np.linspace(-1.5, 1.3, self.BINS + 1)
        counts = np.zeros((RUNGS, self.BINS))
        for _, frame in read_dump(self.folder / "d.samples"):
            rung = (np.array(frame["id"], int) - 1) % RUNGS
            for k in range(RUNGS):
                counts[k] += np.histogram(np.array(frame["x"])[rung == k], edges)[0]
        return counts

    def ratios(self, counts, temperatures):
        result = []
        for k, T in enumerate(temperatures):
            # Nearly empty bins would give chi-square a long tail.
            exact = w.probabilities_1d(w.double_well, -1.5, 1.3, self.BINS, T)
            kept = exact * counts[k].sum() > 10
            share = exact[kept] / exact[kept].sum()
            result.append(w.chi_square(counts[k][kept], share))
        return np.array(result)

    def test_every_rung_samples_its_temperature_although_walkers_do_not_cross(self):
        ladder = [0.25, 0.5, 1.0, 2.0]
        limit = w.chi_square_limit(self.BINS - 1, sigma=8.0)
        counts = self.sample("exchange 5 0.5 1.0 2.0")
        ratios = self.ratios(counts, ladder)
        self.assertLess(ratios.max(), limit, ratios)
        # The bound detects a temperature that is wrong by a tenth, and walkers without exchange, which stay in their well.
        self.assertGreater(self.ratios(counts, [1.1 * T for T in ladder]).min(), limit)
        self.assertGreater(self.ratios(self.sample(""), [0.25] * RUNGS).min(), 10 * limit)


class Bookkeeping(LammpsTest):
    DUMP = ("dump 1 all custom 1 d.walkers id x y ix iy fx fy c_pe c_std\n"
            "dump_modify 1 sort id format float %.17g\n")
    FIX = "fix walk all cgflow/mc 300.0 4711 40.0 90.0 exchange 3 450.0 700.0\n"

    def setUp(self):
        super().setUp()
        w.write_torus(self.folder / "torus.dat", n=61)

    def walk(self, text, ranks=1, **values):
        result = self.lammps(w.script(w.TORUS + w.VISIBLE + self.FIX + self.DUMP + text, **values), ranks=ranks)
        self.assertEqual(result.warnings(), [])
        return (self.folder / "d.walkers").read_text()

    def test_walkers_are_the_same_one_by_one_on_any_ranks(self):
        one = self.walk("run 20\n")
        for ranks, grid in ((2, "* * *"), (4, "4 1 1"), (4, "2 2 1")):
            with self.subTest(ranks=ranks, grid=grid):
                self.assertEqual(one, self.walk("run 20\n", ranks=ranks, processors=grid))

    def test_pairs_swap_places_image_flags_and_all_that_is_shown(self):
        self.walk("run 12\n")
        frames = [frame for _, frame in read_dump(self.folder / "d.walkers")]
        swapped = 0
        for sweep in (3, 6, 9, 12):
            before, after = frames[sweep - 1], frames[sweep]
            names = sorted(set(before) - {"id"})
            rows = [dict(zip(before["id"], zip(*(f[name] for name in names)))) for f in (before, after)]
            for ID, row in rows[1].items():
                # The upper walker of a pair has the next ID. Sweep 3 tries the rungs (1 2), sweep 6 the rungs (0 1), and so on in turn.
                lower = (ID - 1) % 3 == (sweep // 3) % 2
                partner = ID + 1 if lower else ID - 1
                if row == rows[0][ID]:
                    continue
                swapped += 1
                self.assertEqual(row, rows[0][partner])
                self.assertEqual(rows[1][partner], rows[0][ID])
        self.assertGreater(swapped, 100)

    def test_restart_equals_an_uninterrupted_run(self):
        self.walk("run 20\n")
        whole = [frame for step, frame in read_dump(self.folder / "d.walkers") if step > 10]
        self.walk("run 10\nwrite_restart r.10\n")
        result = self.lammps("read_restart r.10\npair_style cgflow/pmf\npair_coeff * * torus.dat\n" + w.VISIBLE + self.FIX + self.DUMP +
                             "print 'tried $(f_walk[5])'\nrun 10\n")
        self.assertEqual(whole, [frame for step, frame in read_dump(self.folder / "d.walkers") if step > 10])
        self.assertIn("\ntried 199\n", result.text)

    def test_counts(self):
        """On a flat surface every pair that is tried is exchanged: 67 groups of three walkers, the last of two."""
        text = w.TORUS.replace("cgflow/pmf", "zero 30.0").replace("torus.dat", "")
        result = self.lammps(w.script(text + self.FIX + "thermo_style custom step f_walk[2] f_walk[4] f_walk[5]\nthermo 3\nrun 9\n"),
                             ranks=2)
        t = result.thermo()
        # Sweep 3 tries the upper two rungs of 66 groups, sweep 6 the lower two of 67, sweep 9 again the upper two.
        self.assertEqual(t["f_walk[5]"], [0, 66, 133, 199])
        self.assertEqual(t["f_walk[4]"], t["f_walk[5]"])
        # A sweep of exchanges makes no other proposals.
        self.assertEqual(t["f_walk[2]"][-1], 6 * 200)


class Errors(LammpsTest):
    def test_bad_values(self):
        w.write_torus(self.folder / "torus.dat", n=13)
        for words, pattern in (
                ("exchange", "Illegal fix cgflow/mc ... exchange N T2"),
                ("exchange 10", "Illegal fix cgflow/mc ... exchange N T2"),
                ("exchange 0 400", "exchange: got every 0 sweeps, expected an integer >= 1"),
                ("exchange 10 250", "exchange: got the temperature 250 after 300, expected temperatures that rise"),
                ("exchange 10 400 400", "exchange: got the temperature 400 after 400, expected temperatures that rise"),
                ("exchange 10 -4", "got the temperature -4, expected a number > 0"),
                ("exchange 10 hot", "hot")):
            with self.subTest(words):
                self.assert_error(w.script(w.TORUS + f"fix walk all cgflow/mc 300 1 10 10 {words}\nrun 1\n", walkers=20), pattern)


if __name__ == "__main__":
    unittest.main()
