# SPDX-License-Identifier: GPL-2.0-only
"""The scripts of the Mueller-Brown example and the claims in their comments."""
import pathlib
import re
import shutil
import tempfile

import numpy as np

from harness import LammpsTest, read_dump
from mueller_brown import EXAMPLE, KT, mueller_brown


def exact_pmf(s):
    """F/kT by quadrature over t = x + y."""
    t = np.linspace(-5, 5, 4001)
    u = mueller_brown((s[:, None] + t) / 2, (t - s[:, None]) / 2) / KT
    return u.min(axis=1) - np.log(np.exp(u.min(axis=1)[:, None] - u).sum(axis=1))


def histograms(path):
    """The fraction of each bin in each histogram of fix ave/histo: [histograms, bins]."""
    found = []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == "#":
            continue
        if len(words) == 6:
            found.append([])
        else:
            found[-1].append(float(words[3]))
    return np.array(found)


class MuellerBrown(LammpsTest):
    """Each script runs once, in the order of the README, in one folder."""

    @classmethod
    def setUpClass(cls):
        cls.run_folder = pathlib.Path(tempfile.mkdtemp(prefix="cgflow-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.run_folder, ignore_errors=True)
        for path in EXAMPLE.iterdir():
            if path.is_file():
                shutil.copy(path, cls.run_folder)
        runner = LammpsTest()
        runner.folder = cls.run_folder
        cls.results = {name: runner.lammps(cls.run_folder / f"in.{name}", "-var", "seed", "7") for name in ("basin", "al")}
        cls.pmf = np.loadtxt(cls.run_folder / "mb.pmf")

    def setUp(self):
        self.folder = self.run_folder

    def script(self, name, *variables, **options):
        return self.lammps(self.folder / f"in.{name}", "-var", "seed", "7", *variables, **options)

    def table(self, name):
        return np.loadtxt(self.folder / name)

    def test_the_molecule_runs_alone(self):
        result = self.lammps("include in.mb\nfix 1 all nve\nthermo 1\nrun 10\n")
        self.assertAlmostEqual(result.thermo()["TotEng"][0], mueller_brown(-0.55, 1.44), delta=1e-3)

    def test_data_come_from_one_basin(self):
        frames = read_dump(self.folder / "mb_basin.dump")
        self.assertEqual(len(frames), 100)
        s = np.array([f["x"][0] - f["y"][0] for _, f in frames])
        self.assertLess(s.max(), -1.5)

    def test_learning_converges_to_the_pmf(self):
        self.assertIn("status 1", self.results["al"].text)
        inside = (self.pmf[:, 0] >= -2.5) & (self.pmf[:, 0] <= 1.1)
        error = self.pmf[inside, 1] / KT - exact_pmf(self.pmf[inside, 0])
        error -= error.mean()
        # Twice the worst of seeds 1 to 5: 0.022 and 0.079.
        self.assertLess(np.sqrt(np.mean(error**2)), 0.044)
        self.assertLess(abs(error).max(), 0.158)

    def test_langevin_histogram_is_the_boltzmann_distribution_of_the_pmf(self):
        """40 histograms, joined to 10 of 16 time units, much longer than the walkers remember: their spread gives the error of
        the mean, and chi-square over its degrees of freedom has the mean 9/7 for errors from 10 samples. It varied from
        0.4 to 1.8 over eight seeds; bins that are correlated make it wide. A temperature wrong by 5 % gives more than 8."""
        self.script("langevin")
        shares = histograms(self.folder / "mb_langevin.histo")
        self.assertEqual(shares.shape, (40, 38))
        shares = shares.reshape(10, 4, 38).mean(axis=1)
        mean, error = shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(10)
        self.assertAlmostEqual(mean.sum(), 1.0, delta=1e-6)
        edges = np.linspace(-2.6, 1.2, 38 * 100 + 1)
        f = np.interp((edges[1:] + edges[:-1]) / 2, self.pmf[:, 0], self.pmf[:, 1])

        def chi_square(T):
            p = np.exp(-f / T).reshape(38, 100).sum(axis=1)
            p /= p.sum()
            return np.mean(((mean - p) / error)**2), -T / KT * np.log(mean / p)

        self.assertLess(chi_square(40.0)[0], 4.0)
        for wrong in (38.0, 42.0):
            self.assertGreater(chi_square(wrong)[0], 6.0)
        deviation = chi_square(40.0)[1]
        self.assertLess(np.sqrt(np.mean(deviation**2)), 0.1)
        self.assertLess(abs(deviation).max(), 0.3)

    def test_backmapped_structures_reweighted(self):
        self.script("backmap")
        for name, frames in (("minima", 90), ("ensemble", 2000)):
            dump = read_dump(self.folder / f"mb_{name}.lammpstrj")
            energies = self.table(f"mb_{name}.energies")
            weights = self.table(f"mb_{name}.lammpstrj.weights")
            self.assertEqual(len(dump), frames)
            np.testing.assert_array_equal(energies[:, 0], np.arange(1, frames + 1))
            np.testing.assert_array_equal(weights[:, 0], np.arange(1, frames + 1))
            x, y = (np.array([f[c][0] for _, f in dump]) for c in "xy")
            np.testing.assert_allclose(energies[:, 1], mueller_brown(x, y), rtol=1e-7)
            np.testing.assert_allclose(x - y, weights[:, 2], atol=1e-8)
        # Weighted mean energy of the whole ensemble, with energies from rerun, against quadrature over the range of s.
        W, U = np.exp(weights[:, 4] - weights[:, 4].max()), energies[:, 1]
        mean = (W * U).sum() / W.sum()
        error = np.sqrt(((W / W.sum() * (U - mean))**2).sum())
        s, t = np.meshgrid(np.linspace(-2.6, 1.2, 1501), np.linspace(-4, 4, 1501))
        exact = mueller_brown((s + t) / 2, (t - s) / 2)
        p = np.exp(-(exact - exact.min()) / KT)
        self.assertLess(error, 0.15 * KT)
        self.assertAlmostEqual(mean, (p * exact).sum() / p.sum(), delta=5 * error)
        # Given points: -kT ln of the mean weight is the free energy, up to one constant.
        weights, points = self.table("mb_minima.lammpstrj.weights"), np.loadtxt(self.folder / "minima.txt")
        w = np.exp(weights[:, 3]).reshape(3, 30)
        np.testing.assert_allclose(weights[::30, 2], points)
        difference = -np.log(w.mean(axis=1)) - np.interp(points, self.pmf[:, 0], self.pmf[:, 1]) / KT
        errors = np.hypot(w.std(axis=1, ddof=1) / w.mean(axis=1) / np.sqrt(30), np.interp(points, self.pmf[:, 0], self.pmf[:, 2]) / KT)
        self.assertLess(errors.max(), 0.1)
        difference -= difference.mean()
        self.assertTrue(np.all(abs(difference) < 5 * errors), f"{difference} against {errors}")

    def test_watch_notes_and_halts_by_the_std(self):
        worst = self.script("watch").thermo()["c_worst"]
        self.assertEqual(len(worst), 11)
        self.assertLess(max(worst), 2.0)
        # The same run with a level that about half of the sweeps exceed.
        level = float(np.median(worst[1:]))
        result = self.script("watch", "-var", "note", str(level))
        self.assertEqual(result.thermo()["c_worst"], worst)
        noted = {step: frame for step, frame in read_dump(self.folder / "mb_uncertain.dump")}
        self.assertLess(len(noted), 51, "frames without an uncertain walker are left out")
        self.assertGreater(len(noted), 5)
        for frame in noted.values():
            self.assertGreater(len(frame["id"]), 0)
            self.assertGreater(min(frame["c_std"]), level * 0.999)
        for step, value in zip(result.thermo()["Step"], worst):
            if value > level * 1.001:
                self.assertAlmostEqual(max(noted[step]["c_std"]), value, delta=1e-3 * value)
            elif value < level * 0.999:
                self.assertNotIn(step, noted)
        # The run ends when the walkers exceed the limit.
        limit = 0.9 * max(worst)
        result = self.script("watch", "-var", "limit", str(limit))
        met = re.search(r"Fix halt condition for fix-id stop met on step (\d+) with value (\S+)", result.text)
        self.assertIsNotNone(met, result.text[-2000:])
        self.assertLess(int(met[1]), 5000)
        self.assertGreater(float(met[2]), limit)

    def test_commands_follow_learning_in_one_script(self):
        """The commands work while the fix that has learned still holds a child instance."""
        self.write("in.both", (EXAMPLE / "in.al").read_text() + """
cgflow/backmap mb.cgflow 5 seed ${seed} points minima.txt dump both.lammpstrj weights yes atomistic in.mb
cgflow/pmf mb.cgflow grid 201 -2.6 1.2 file both.pmf labels both.labels
""")
        self.script("both")
        self.assertEqual(len(read_dump(self.folder / "both.lammpstrj")), 15)
        self.assertEqual((self.folder / "both.pmf").read_text(), (self.folder / "mb.pmf").read_text())

    def test_scripted_loop_agrees_with_fix_al(self):
        self.script("loop")
        loop = self.table("loop.pmf")
        inside = (loop[:, 0] >= -2.5) & (loop[:, 0] <= 1.1)
        np.testing.assert_allclose(loop[:, 0], self.pmf[:, 0], atol=1e-9)
        difference = (loop[:, 1] - self.pmf[:, 1])[inside] / KT
        difference -= difference.mean()
        combined = np.hypot(loop[:, 2], self.pmf[:, 2])[inside] / KT
        self.assertGreaterEqual(np.mean(abs(difference) < 2 * combined), 0.8)
        self.assertLess(np.sqrt(np.mean(difference**2)), 0.06)
        self.assertLess(np.median(combined), 0.06)
        error = loop[inside, 1] / KT - exact_pmf(loop[inside, 0])
        self.assertLess(np.sqrt(np.mean((error - error.mean())**2)), 0.06)
        labels = self.table("loop.labels")
        self.assertGreater(labels[:, 0].max(), 1.0)

    def test_paper_settings_start_with_an_estimate(self):
        """The first iteration runs before the first sweep."""
        text = (EXAMPLE / "in.al").read_text()
        self.assertIn("run             200000", text)
        self.write("in.paper", text.replace("run             200000", "run             1"))
        result = self.lammps(self.folder / "in.paper", "-var", "yaml", "paper.yaml")
        lines = [line for line in result.text.splitlines() if line.startswith("cgflow/al:")]
        said = re.fullmatch(r"cgflow/al: kernels run on (Serial|OpenMP), 1 thread a rank; memory of a rank up to ([\d.]+) MB for "
                            r"training, ([\d.]+) MB for labels, ([\d.]+) MB for fits and ([\d.]+) MB more for each 1000 labels, "
                            r"([\d.]+) MB for energies", lines[0])
        self.assertIsNotNone(said, lines[0])
        for megabytes in said.groups()[1:]:
            self.assertGreater(float(megabytes), 0.0)
            self.assertLess(float(megabytes), 1000.0)
        self.assertRegex(lines[1], r"about \d+ energy evaluations for the first iteration, \d+ for each later one; budget 400000")
        self.assertRegex("\n".join(lines), r"iteration 1: .* evaluations")
        self.assertTrue((self.folder / "paper.pmf").exists())
