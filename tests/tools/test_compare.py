# SPDX-License-Identifier: GPL-2.0-only
"""tools/compare: what its curves, tables and jobs are, on data that can be counted by hand; LAMMPS is a stand-in but in the reduced
comparison at the end."""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

SOURCE = pathlib.Path(os.environ.get("CGFLOW_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tools"))

import compare_cells  # noqa: E402
import compare_curves  # noqa: E402
import compare_frames  # noqa: E402
import compare_jobs  # noqa: E402
import compare_metadynamics  # noqa: E402
import compare_methods  # noqa: E402
import compare_systems  # noqa: E402
import compare_table  # noqa: E402
import numpy as np  # noqa: E402
from pmf_grid import Grid, PlotError  # noqa: E402
from pmf_reference import Reference  # noqa: E402

LINE = [compare_systems.Variable("s", (), (1.0, -1.0), 0.0, 4.0)]
TORUS = [compare_systems.Variable("phi", (1, 2, 3, 4)), compare_systems.Variable("psi", (2, 3, 4, 5))]


def histogram(p):
    """A reference of cells of width 1 from 0 on."""
    p = np.array(p, float)
    F = -np.log(p / p.max())
    return Reference((np.arange(len(p)) + 0.5)[:, None], F, np.zeros(len(p)), p / p.sum())


def torus(n):
    """A flat reference of n x n cells."""
    c = -180 + 360 * (np.arange(n) + 0.5) / n
    s = np.array([(x, y) for x in c for y in c])
    return Reference(s, np.zeros(n * n), np.zeros(n * n), np.full(n * n, 1 / n**2))


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cgflow test ")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, rows):
        (self.folder / name).write_text("# title\n" + "".join(" ".join(f"{x:.15g}" for x in row) + "\n" for row in rows))


class Cells(unittest.TestCase):
    def test_a_flat_pmf_against_four_cells(self):
        # p = 1/2, 1/4, 1/8, 1/8 and q = 1/4: KLD = ln 4 - 7/4 ln 2.
        cells = compare_cells.Cells(histogram([4, 2, 1, 1]), LINE)
        kld, rms, middle = cells.measure(np.zeros(4))
        self.assertAlmostEqual(kld, math.log(4) - 1.75 * math.log(2))
        self.assertAlmostEqual(rms, np.std([0, 1, 2, 2]) * math.log(2))
        self.assertTrue(math.isnan(middle), "no cell is from 4 to 8 kT")

    def test_errors_of_the_middle_have_the_constant_of_all(self):
        # Reference 0, 5, 6, 9 kT; the model is 1 too high at 6. Mean error 1/4.
        cells = compare_cells.Cells(histogram(np.exp([0.0, -5.0, -6.0, -9.0])), LINE)
        _, rms, middle = cells.measure(np.array([0.0, 5.0, 7.0, 9.0]))
        self.assertAlmostEqual(rms, math.sqrt(3) / 4)
        self.assertAlmostEqual(middle, math.sqrt((0.75**2 + 0.25**2) / 2))

    def test_frames_in_cells(self):
        cells = compare_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        cell = cells.cell_of(np.array([[0.1], [0.9], [2.5], [-0.1], [4.1]]))
        self.assertEqual(cell.tolist(), [0, 0, 2, -1, -1])
        # Two frames, one frame, and half a frame where there is none.
        np.testing.assert_allclose(np.exp(-cells.of_frames(cell, np.ones(5))), [2, 0.5, 1, 0.5])
        # Frames outside do not count, neither for the mean weight; little weight is no better than none.
        np.testing.assert_allclose(np.exp(-cells.of_frames(cell, np.array([0.1, 0.1, 4, 99, 99]))), [0.7, 0.7, 4, 0.7])
        with self.assertRaisesRegex(PlotError, "no frame lies in the reference's cells"):
            cells.of_frames(cell[3:], np.ones(2))

    def test_a_circle_closes(self):
        cells = compare_cells.Cells(torus(6), TORUS)
        cell = cells.cell_of(np.array([[-179.0, -179.0], [181.0, 541.0], [179.0, -179.0]]))
        self.assertEqual(cell.tolist(), [0, 0, 30])

    def test_a_grid_is_averaged_over_cells(self):
        # F = s on a fine grid: -ln of the mean of exp(-s) at three points of each cell.
        axis = np.linspace(0, 4, 41)
        cells = compare_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        F = cells.of_grid(Grid([axis], axis.copy(), np.zeros(41), [0.0]))
        expected = [k - math.log(np.mean(np.exp(-np.array([1, 3, 5]) / 6))) for k in range(4)]
        np.testing.assert_allclose(F, expected, atol=1e-6)

    def test_points_become_cells(self):
        # p = 1 - s / 4 at 0, 1, 2, 3, 4: trapezoids of two steps hold 3/2 and 1/2.
        s = np.arange(5.0)
        p = np.maximum(1 - s / 4, 1e-300)
        merged = compare_cells.merge(Reference(s[:, None], -np.log(p), np.zeros(5)), 2)
        np.testing.assert_allclose(merged.s[:, 0], [1, 3])
        np.testing.assert_allclose(merged.probability, [0.75, 0.25])
        np.testing.assert_allclose(merged.F, [0, math.log(3)], atol=1e-12)


class Histories(Folder):
    def test_plain_md(self):
        cells = compare_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        # The first line is the start; a broken last line is not read.
        self.write("record.txt", [(50 * k, 0.5 + k % 4, 0.0) for k in range(9)])
        with open(self.folder / "record.txt", "a") as file:
            file.write("450 1.")
        curve = list(compare_frames.of_md(cells, self.folder))
        self.assertEqual([n for _, n, _ in curve], [50, 100, 150, 200, 250, 300, 350, 400][:len(curve) - 1] + [400])
        np.testing.assert_allclose(np.exp(-curve[-1][2]), [2, 2, 2, 2])
        np.testing.assert_allclose(np.exp(-curve[0][2]), [0.5, 1, 0.5, 0.5])

    def test_no_file_no_points(self):
        cells = compare_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        self.assertEqual(list(compare_frames.of_md(cells, self.folder)), [])

    def test_replicas(self):
        # U = s^2 / 2 - 2 s, kT = 0.2: a normal distribution about 2. At each attempt the temperatures move on by one replica.
        kT, random, n = 0.2, np.random.default_rng(7), 60001
        step = 100 * np.arange(n)
        attempt = np.maximum(step - 1, 0) // 1000
        after = step % 1000
        settling = (after > 0) & (after < 400)
        for k in range(4):
            factor = np.array(compare_methods.LADDER)[(k + attempt) % 4]
            s = 2 + random.normal(size=n) * np.sqrt(kT * factor)
            s[settling] = 0.5    # must not be looked at
            self.write(f"record.{k}.txt", zip(step, s, s * s / 2 - 2 * s))
        rows = [" ".join(map(str, [1000 * j, *((k + j) % 4 for k in range(4))])) for j in range(n // 10 + 1)]
        (self.folder / "log.temper").write_text("Running on 4 partitions\nStep T0 T1 T2 T3\n" + "\n".join(rows) + "\n")
        edges = np.linspace(0, 4, 5)
        expected = np.diff([0.5 * math.erf((e - 2) / math.sqrt(2 * kT)) for e in edges])
        cells = compare_cells.Cells(histogram(expected), LINE)
        found = list(compare_frames.of_exchange(cells, self.folder, kT, 1000, 400))
        self.assertEqual({name for name, *_ in found}, {"temper", "temper-weights"})
        for _, evaluations, F in found[-2:]:
            self.assertEqual(evaluations, 4 * 6000000)
            np.testing.assert_allclose(F - F[1], -np.log(expected / expected[1]), atol=0.1)

    def test_the_bias_is_the_sum_of_its_hills(self):
        cells = compare_cells.Cells(torus(60), TORUS)
        self.write("hills", [(500, 170, 0, 10, 20, 0.1), (1000, -170, 0, 10, 20, 0.05)])
        hills = compare_metadynamics.Hills(self.folder / "hills", TORUS)
        grid = hills.grid(hills.on_grid(slice(None)))
        # Both are 10 degrees off 180, on either side of it.
        at = np.array([[180.0, 0.0], [-180.0, 20.0], [170.0, 0.0]])
        expected = [0.15 * math.exp(-0.5), 0.15 * math.exp(-1), 0.1 + 0.05 * math.exp(-2)]
        np.testing.assert_allclose(grid.F_at(at), expected, rtol=1e-3)
        self.assertEqual(cells.of_grid(grid).shape, (60, 60))

    def test_frames_are_weighted_with_the_bias_of_their_time(self):
        self.write("hills", [(100, 2, 0.5, 1.0), (200, 2, 0.5, 0.5)])
        hills = compare_metadynamics.Hills(self.folder / "hills", LINE)
        s = np.array([[2.0], [2.0], [2.5], [2.0]])
        # Before the first hill; on the first; beside the first; on both, after the last.
        ln = compare_metadynamics.biased_weights(hills, s, np.array([100, 150, 150, 250]), 1.0, 10.0)
        np.testing.assert_allclose(ln[1:3] - ln[0], [1.0, math.exp(-0.5)], atol=1e-9)
        flat = [s.min() for s in hills.axes]
        self.assertEqual(flat, [-2.0], "room on both sides of the range")
        # c(t) is that of the hills before the block of frames: none.
        self.assertAlmostEqual(ln[3] - ln[0], 1.5, delta=0.01)

    def test_metadynamics_has_three_estimates(self):
        reference = histogram([1, 2, 2, 1])
        cells = compare_cells.Cells(reference, LINE)
        self.write("metad.colvars.wt.hills.traj", [(100 * k, 0.5 + k % 4, 0.5, 0.01) for k in range(1, 41)])
        self.write("metad.colvars.traj", [(50 * k, (0.37 * k) % 4) for k in range(81)])
        found = list(compare_metadynamics.of_metadynamics(cells, self.folder, 1.0, LINE, 10.0, 100))
        last = {name: (n, F) for name, n, F in found}
        self.assertEqual(set(last), {"metad", "metad-mean", "metad-weights"})
        self.assertEqual(last["metad"][0], 4000)
        # F = -10/9 of the bias: 10 hills on each cell.
        bias = 0.1 * sum(np.exp(-0.5 * ((np.array([0.5, 1.5]) - c) / 0.5)**2) for c in (0.5, 1.5, 2.5, 3.5))
        difference = last["metad"][1][1] - last["metad"][1][0]
        self.assertAlmostEqual(difference, -10 / 9 * (bias[1] - bias[0]), delta=0.02)

    def test_learning(self):
        header = "# kT 2 units lj T 2 domain all\n# evaluations md 0 example 0 energy 80 test 0 labels 20 total 100\n# status 2\n"
        (self.folder / "a.pmf").write_text(header + "".join(f"{x} 2 0.1 1\n" for x in np.linspace(0, 4, 9)))
        block = "# iteration {} evaluations {} labels 5 std 0.1 change 0.1\n"
        block += "".join(f"pmf {x} {{}} 0.1\n" for x in np.linspace(0, 4, 9))
        text = block.format(1, 40, *[3] * 9) + block.format(2, 100, *[3] * 9)
        (self.folder / "a.iterations").write_text(text)
        cells = compare_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        system = mock.Mock(kT=2.0, yaml="a.yaml")
        mark = {"end": "finished", "marks": [[40, 10.0, 5.0], [100, 20.0, 11.0]], "wall": 30.0, "cpu": 21.0}
        curve, = compare_curves.read(system, LINE, cells, "ours", 3, self.folder, mark)
        self.assertEqual([p.evaluations for p in curve.points], [40, 100], "the last iteration is the PMF file")
        # After the last evaluation it walked for a while, which is time, too.
        self.assertEqual([(p.wall, p.cpu) for p in curve.points], [(10.0, 5.0), (30.0, 21.0)])
        self.assertEqual((curve.end, curve.evaluations, curve.seed), ("evaluations spent", 100, 3))
        self.assertLess(curve.points[-1].kld, 1e-12)
        (self.folder / "a.pmf").unlink()
        mark = {"end": "wall time", "marks": [], "first": 470, "wall": 30.0, "cpu": 21.0}
        curve, = compare_curves.read(system, LINE, cells, "ours", 3, self.folder, mark)
        self.assertEqual((curve.points, curve.evaluations, curve.end), ([], 470, "wall time spent"))


def curve(method, seed, rows, end="converged"):
    points = [compare_curves.Point(n, n / 10, n / 20, kld, rms, rms) for n, kld, rms in rows]
    n = rows[-1][0] if rows else 0
    return compare_curves.Curve(method, seed, end, n, n / 10, n / 20, points)


class Table(unittest.TestCase):
    TITLES = {"md": "plain MD", "metad": "metadynamics", "metad-mean": "mean bias", "paper": "paper", "ours": "ours"}

    def test_numbers(self):
        words = {0: "0", 0.01234: "0.0123", 999.9: "1000", 12345: "12345", 2e7: "2.0e7", 1.5e-3: "1.5e-3", math.nan: "-"}
        self.assertEqual({x: compare_table.number(x) for x in words}, words)
        times = {1.5: "1.5 s", 119: "119 s", 120: "2 min", 7200: "2 h", 86400 * 3: "3 d"}
        self.assertEqual({x: compare_table.duration(x) for x in times}, times)
        self.assertEqual(compare_table.spread([3, 1, 2]), "2 (1 to 3)")
        self.assertEqual(compare_table.spread([3, math.nan]), "3")
        self.assertEqual(compare_table.spread([]), "-")

    def test_results(self):
        curves = [curve("ours", k, [(10, 0.5, 1.0), (100 * k, 0.01 * k, 0.1)]) for k in (1, 2, 3)]
        curves.append(curve("paper", 1, [], end="wall time spent"))
        head, rows = compare_table.results(curves, self.TITLES, {"paper": "6.0e6"})
        row = dict(zip(head, rows[0]))
        self.assertEqual((row["method"], row["runs"], row["ended"]), ("ours", "3", "converged"))
        self.assertEqual((row["evaluations"], row["KLD"]), ("200 (100 to 300)", "0.02 (0.01 to 0.03)"))
        self.assertEqual(row["RMS error / kT"], "0.1 (0.1 to 0.1)")
        self.assertEqual((row["wall time"], row["CPU time"]), ("20 s (10 s to 30 s)", "10 s (5 s to 15 s)"))
        row = dict(zip(head, rows[1]))
        self.assertIn("wall time spent, no PMF yet", row["ended"])
        self.assertEqual((row["KLD"], row["published"]), ("-", "6.0e6"))

    def test_a_target_is_reached_for_good(self):
        some = curve("ours", 1, [(10, 0.009, 1), (20, 0.02, 1), (30, 0.01, 1), (40, 0.001, 1)])
        self.assertEqual(compare_table.reached(some, 0.01).evaluations, 30)
        self.assertIsNone(compare_table.reached(some, 1e-4))
        head, rows = compare_table.costs([some, curve("ours", 2, [(10, 0.5, 1)])], self.TITLES, [0.01])
        # 1.5 s of CPU and 30 evaluations of 1, 10 and 100 ms.
        self.assertEqual(rows, [["0.01", "ours", "1 of 2", "30", "1.5 s", "1.53 s", "1.8 s", "4.5 s"]])
        self.assertEqual(len(head), len(rows[0]))

    def test_the_best_estimate_of_a_method_is_shown(self):
        curves = [curve("metad", 1, [(10, 0.2, 1)]), curve("metad-mean", 1, [(10, 0.1, 1)]), curve("ours", 1, [])]
        self.assertEqual([c.method for c in compare_table.best_estimators(curves)], ["metad-mean", "ours"])

    def test_text_and_rst(self):
        self.assertEqual(compare_table.as_text(["a", "b"], [["1", "22"], ["333", "4"]]), "a    b\n1    22\n333  4\n")
        self.assertEqual(compare_table.as_rst(["a", "b"], [["1", "2"]]),
                         ".. list-table::\n   :header-rows: 1\n\n   * - a\n     - b\n   * - 1\n     - 2\n")
        text, rst = compare_table.write(["Facts."], [curve("md", 1, [(10, 0.2, 1)])], self.TITLES, {}, [0.1], 8.0)
        self.assertIn("reference is below 8 kT", text)
        self.assertIn("Computed, not run", rst)
        self.assertEqual(rst.count(".. list-table::"), 2)


STAND_IN = """#!/bin/sh
echo "$*" >> calls
case "$*" in
  *in.slow*) echo "about 70 energy evaluations for the first iteration, 80 for each; budget 90"
             echo "iteration 1: 5 new points, 40 evaluations, RMS"; echo $$ >> pid; sleep 30;;
  *in.fail*) exit 3;;
  *"seed 1 "*in.x*|*in.x*"seed 1 "*) exit 3;;
esac
"""


class Jobs(Folder):
    def setUp(self):
        super().setUp()
        program = self.folder / "lmp"
        program.write_text(STAND_IN)
        program.chmod(0o755)
        patch = mock.patch.object(compare_jobs, "LMP", program)
        patch.start()
        self.addCleanup(patch.stop)
        self.said = []

    def job(self, *scripts, **more):
        steps = [["-in", f"in.{name}", "-var", "seed", "1", "-log", f"log.{name}"] for name in scripts]
        return compare_methods.Job("md", more.pop("seed", 1), {"in.a": "run 1\n"}, steps, 100, more.pop("wall", 60), **more)

    def run_all(self, *jobs, at_once=1):
        compare_jobs.run_all(list(jobs), self.folder, at_once, self.said.append)

    def calls(self, seed=1):
        return (self.folder / "md" / str(seed) / "calls").read_text().splitlines()

    def mark(self):
        return json.loads((self.folder / "md" / "1" / "job.json").read_text())

    def test_what_has_ended_is_not_run_again(self):
        job = self.job("a", "b")
        self.run_all(job)
        self.run_all(job)
        self.assertEqual(len(self.calls()), 2)
        self.assertEqual((self.mark()["end"], self.mark()["step"]), ("finished", 2))
        self.assertIn("1 runs, 1 of them there already", self.said)
        # Another script, another run.
        job.files["in.a"] = "run 2\n"
        self.run_all(job)
        self.assertEqual(len(self.calls()), 2)
        self.assertEqual((self.folder / "md" / "1" / "in.a").read_text(), "run 2\n")

    def test_learning_goes_on_and_dynamics_begins_anew(self):
        for resumable in (True, False):
            job = self.job("a", "slow", resumable=resumable)
            job.files["in.a"] = f"{resumable}\n"
            folder = self.folder / "md" / "1"
            lock = compare_jobs.lock_of(self.folder)
            work = compare_jobs.Running(job, folder, lock)
            while not (folder / "pid").exists():
                work.poll()
                time.sleep(0.02)
            work.poll()
            with self.assertRaisesRegex(PlotError, "is still at work there"):
                compare_jobs.lock_of(self.folder)
            work.stop()
            os.close(lock)
            spent = self.mark()
            self.assertGreater(spent["wall"], 0)
            self.assertEqual([n for n, *_ in spent["marks"]], [40] if resumable else [])
            # The second step is quick this time.
            compare_jobs.LMP.write_text(STAND_IN.replace("sleep 30", "true"))
            self.run_all(job)
            self.assertEqual(len(self.calls()), 3 if resumable else 2)
            if resumable:
                self.assertGreater(self.mark()["wall"], spent["wall"])
            compare_jobs.LMP.write_text(STAND_IN)

    def test_what_learning_says(self):
        screen = self.folder / "screen.txt"
        self.assertEqual(compare_jobs.counts_of(screen), (0, 0))
        screen.write_text("cgflow/al: about 9728 energy evaluations for the first iteration, 3584 for each later one; budget 60000\n"
                          "cgflow/al: starts from the structure at phi -180, psi 180, 123 energy evaluations for it\n")
        self.assertEqual(compare_jobs.counts_of(screen), (0, 9728))
        with screen.open("a") as file:
            file.write("cgflow/al: iteration 1: 1 new points, rejected 0, 96 labels, 9933 evaluations, RMS std 0.105 kT\n"
                       "cgflow/al: consolidated the flow on 2048 points, flow KL 0.107 kT, 13844 evaluations\n"
                       "cgflow/al: the budget of 60000 energy evaluations is spent (51789 so far, the next step needs 16384)\n")
        self.assertEqual(compare_jobs.counts_of(screen), (13844, 9728))

    def test_a_run_ends_when_its_wall_time_is_spent(self):
        job = self.job("slow", wall=0.3)
        self.run_all(job)
        self.assertEqual(self.mark()["end"], "wall time")
        self.assertLess(self.mark()["wall"], 20)
        self.run_all(job)
        self.assertEqual(len(self.calls()), 1)
        # The processes are gone.
        pid = int((self.folder / "md" / "1" / "pid").read_text())
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_another_plugin_learns_anew(self):
        for resumable in (True, False):
            job = self.job("a", resumable=resumable)
            before = compare_jobs.fingerprint(job)
            with mock.patch.object(compare_jobs, "plugin_digest", lambda: "another"):
                self.assertEqual(compare_jobs.fingerprint(job) != before, resumable)

    def test_an_error_of_lammps(self):
        with self.assertRaisesRegex(PlotError, r"md, seed 1: LAMMPS ended with code 3; its text is in .*/md/1/screen.txt"):
            self.run_all(self.job("fail"), self.job("a", seed=2))
        self.assertNotIn("end", self.mark())
        self.assertEqual(len(self.calls(2)), 1, "the others are run all the same")

    def test_first_data_may_be_tried_twice(self):
        self.run_all(self.job("x", "a", retry=True))
        self.assertEqual([re.search(r"in\.\w seed|seed \d+", call)[0] for call in self.calls()], ["seed 1", "seed 1001", "seed 1"])
        with self.assertRaisesRegex(PlotError, "ended with code 3"):
            self.run_all(self.job("fail", "a", retry=True, seed=2))
        self.assertEqual(len(self.calls(2)), 2)

    def test_so_many_at_once_and_a_large_one_alone(self):
        # Each waits until the number of runs beside it is what it should be, or for ever.
        compare_jobs.LMP.write_text("#!/bin/sh\ntouch ../../here.$$\nwhile [ $(ls ../../here.* | wc -l) -lt $4 ]; do sleep 0.05; done\n"
                                    "ls ../../here.* | wc -l >> ../../counts\nsleep 0.5\nrm ../../here.$$\n")
        jobs = [self.job("a", seed=seed) for seed in (1, 2)] + [self.job("a", seed=3, **{"ranks": 4})]
        for job, beside in zip(jobs, "221"):
            job.steps = [["-in", "in.a", "-var", beside]]
        self.run_all(*jobs, at_once=2)
        self.assertEqual((self.folder / "counts").read_text().split(), ["2", "2", "1"])

    def test_cpu_time_is_counted(self):
        compare_jobs.LMP.write_text("#!/bin/sh\ni=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done\n")
        self.run_all(self.job("a"))
        self.assertGreater(self.mark()["cpu"], 0.01)
        self.assertLess(self.mark()["cpu"], self.mark()["wall"] + 0.5)


IN_AL = "fix learn all cgflow/al 300.0 1 mol.yaml atomistic in.mol threshold 0.2\n"
CG = "cg:\n  - {name: phi, dihedral: [5, 7, 9, 15]}   # A-B\n  - {name: psi, dihedral: [7, 9, 15, 17]}\ncoordinates: {omega: full}\n"
YAML = "# What is learned\n" + CG


class Systems(Folder):
    def imported(self):
        for name, text in (("in.al", IN_AL), ("in.mol", "units real\nread_data mol.data\n"), ("mol.data", "data\n"),
                           ("mol.yaml", YAML), ("in.basin", "dump frames all custom 10 mol_basin.dump id x\n")):
            (self.folder / name).write_text(text)
        return compare_systems.find(str(self.folder))

    def test_those_of_the_repository(self):
        for name, system in compare_systems.SYSTEMS.items():
            self.assertIs(compare_systems.find(name), system)
            self.assertEqual(len(system.variables()), 1 if name == "mueller-brown" else 2)
            for method in compare_methods.METHODS.values():
                for job in compare_methods.jobs(system, method, 2, None, None, True):
                    text = "".join(job.files.values())
                    self.assertIn(system.script, text + " ".join(job.files))
        vacuum = compare_systems.SYSTEMS["alanine-dipeptide-vacuum"]
        self.assertIn("include         in.vacuum", vacuum.text("in.basin"))
        self.assertEqual(vacuum.dump, "ala2_basin.dump")

    def test_a_folder_of_import_molecule(self):
        system = self.imported()
        self.assertEqual([v.atoms for v in system.variables()], [(5, 7, 9, 15), (7, 9, 15, 17)])
        job, = compare_methods.jobs(system, compare_methods.METHODS["paper"], 1, 500, None, False)
        self.assertEqual(job.files["paper.yaml"], CG + "paper: true\ntrain: {example: {dump: mol_basin.dump}}\nbudget: 500\n")
        self.assertEqual(set(job.files), {"in.mol", "mol.data", "paper.yaml", "in.al", "in.basin"})
        self.assertEqual([step[step.index("-in") + 1] for step in job.steps], ["in.basin", "in.al"])
        job, = compare_methods.jobs(system, compare_methods.METHODS["ours"], 1, None, None, False)
        self.assertEqual(job.files["mol.yaml"], YAML)
        job, = compare_methods.jobs(system, compare_methods.METHODS["metad"], 1, 1000, 60, False)
        self.assertIn("group4 { atomNumbers 17 }", job.files["bias.colvars"])
        self.assertRegex(job.files["in.metad"],
                         r"(?s)langevin 300 300 1000 \$\{seed\} gjf vfull\nfix +move all nve\n.*fix +bias all colvars")
        for name in job.files:
            self.assertNotIn("zero yes", job.files[name])
        job, = compare_methods.jobs(system, compare_methods.METHODS["temper"], 1, 9000, None, False)
        self.assertRegex(job.files["in.temper"], r"world 300 378 477 600\n(?s:.*)temper +2000 1000 \$T bath \$\{seed\} \$\{seed\}\n")
        self.assertEqual(job.steps[0][:2] + job.steps[0][-2:], ["-np", "4", "-partition", "4x1"])

    def test_what_is_no_system(self):
        with self.assertRaisesRegex(PlotError, "SYSTEM is 'none', expected mueller-brown, .* or a folder of tools/import-molecule"):
            compare_systems.find("none")
        with self.assertRaisesRegex(PlotError, "no in.al with 'atomistic in.NAME' in it"):
            compare_systems.find(str(self.folder))
        system = self.imported()
        (self.folder / "mol.yaml").write_text("cg:\n  - {name: d, bond: [1, 2]}\n")
        with self.assertRaisesRegex(PlotError, "mol.yaml: got 'name: d, bond: .1, 2.', expected 'name: N, dihedral: .I, J, K, L.'"):
            system.variables()
        (self.folder / "mol.yaml").unlink()
        with self.assertRaisesRegex(PlotError, "no mol.yaml in it"):
            compare_systems.find(str(self.folder))


class Program(Folder):
    def run_compare(self, *args, code=0):
        command = [sys.executable, str(SOURCE / "tools" / "compare"), *args, "--results", str(self.folder / "out")]
        done = subprocess.run(command, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if code:
            self.assertEqual((done.stdout, len(done.stderr.splitlines())), ("", 1), done.stderr)
            return done.stderr.strip()
        return done.stdout

    def test_bad_usage_is_one_line(self):
        methods = "md,metad,temper,grid,paper,ours"
        for args, message in [
                (["nobody"], "SYSTEM is 'nobody', expected mueller-brown, alanine-dipeptide, alanine-dipeptide-vacuum or a folder of "
                             "tools/import-molecule"),
                (["mueller-brown", "--methods", "md,x"], f"--methods: got 'x', expected some of {methods}; see compare --help"),
                (["mueller-brown", "--seeds", "md=0"],
                 f"argument --seeds: got 'md=0', expected METHOD=N, N from 1, METHOD one of {methods}; see compare --help"),
                (["mueller-brown", "--jobs", "0"], "--jobs: got 0, expected a number from 1; see compare --help"),
                (["mueller-brown", "--target", "0"], "--target: got 0, expected numbers above 0; see compare --help"),
                (["mueller-brown", "--reference", "none.csv"], "none.csv: No such file or directory")]:
            self.assertEqual(self.run_compare(*args, code=1), "compare: " + message)
        self.assertFalse((self.folder / "out").exists(), "nothing may be begun before the options are read")

    def test_reduced_comparison(self):
        args = ["mueller-brown", "--reduced", "--jobs", "1", "--methods", "md,metad,ours", "--target", "0.01"]
        text = self.run_compare(*args)
        out = self.folder / "out" / "mueller-brown"
        for name in ("table.txt", "table.rst", "curves.json", "evaluations.png", "time.png"):
            self.assertGreater((out / name).stat().st_size, 100, name)
        self.assertEqual((out / "evaluations.png").read_bytes()[:4], b"\x89PNG")
        curves = {c["method"]: c for c in json.loads((out / "curves.json").read_text())["curves"]}
        self.assertEqual(set(curves), {"md", "metad", "metad-mean", "metad-weights", "ours"})
        for name, some in curves.items():
            self.assertGreaterEqual(len(some["points"]), 3, name)
            counts = [point["evaluations"] for point in some["points"]]
            self.assertEqual(counts, sorted(counts))
            self.assertGreater(some["cpu"], 0.0)
        self.assertEqual(curves["md"]["evaluations"], 200000)
        self.assertLessEqual(curves["ours"]["evaluations"], 20000)
        # Of one basin MD knows nothing else in so few steps; learning and metadynamics do.
        final = {name: some["points"][-1] for name, some in curves.items()}
        self.assertLess(final["ours"]["kld"], 1e-3)
        self.assertLess(final["ours"]["rms"], 0.05)
        self.assertLess(final["metad"]["kld"], 0.1)
        self.assertGreater(final["md"]["rms"], final["metad"]["rms"])
        self.assertIn("active learning", text)
        again = self.run_compare(*args)
        self.assertIn("3 runs, 3 of them there already", again)
        self.assertEqual(again.split("\n\n", 1)[1], text.split("\n\n", 1)[1])


if __name__ == "__main__":
    unittest.main()
