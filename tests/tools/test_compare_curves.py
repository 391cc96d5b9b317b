# SPDX-License-Identifier: GPL-2.0-only
"""The curves of tools/compare: errors in the cells of a reference, and the PMFs that each method's files hold."""
import math
import unittest
from unittest import mock

import numpy as np

from sandbox import Folder
from comparisons import LINE, TORUS, histogram, torus, write_rows
from cgflow.compare import cells as reference_cells, curves, frames, metadynamics, methods
from cgflow.errors import ToolError
from cgflow.pmf.grid import Grid
from cgflow.pmf.reference import Reference


class Cells(unittest.TestCase):
    def test_a_flat_pmf_against_four_cells(self):
        # p = 1/2, 1/4, 1/8, 1/8 and q = 1/4: KLD = ln 4 - 7/4 ln 2.
        cells = reference_cells.Cells(histogram([4, 2, 1, 1]), LINE)
        kld, rms, middle = cells.measure(np.zeros(4))
        self.assertAlmostEqual(kld, math.log(4) - 1.75 * math.log(2))
        self.assertAlmostEqual(rms, np.std([0, 1, 2, 2]) * math.log(2))
        self.assertTrue(math.isnan(middle), "no cell lies between 4 and 8 kT")

    def test_errors_of_the_middle_have_the_constant_of_all(self):
        # The reference is 0, 5, 6, 9 kT; the PMF is 1 kT too high at 6. The mean error is 1/4.
        cells = reference_cells.Cells(histogram(np.exp([0.0, -5.0, -6.0, -9.0])), LINE)
        _, rms, middle = cells.measure(np.array([0.0, 5.0, 7.0, 9.0]))
        self.assertAlmostEqual(rms, math.sqrt(3) / 4)
        self.assertAlmostEqual(middle, math.sqrt((0.75**2 + 0.25**2) / 2))

    def test_frames_in_cells(self):
        cells = reference_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        cell = cells.cell_of(np.array([[0.1], [0.9], [2.5], [-0.1], [4.1]]))
        self.assertEqual(cell.tolist(), [0, 0, 2, -1, -1])
        # Two frames, one frame, and half a frame where there are none.
        np.testing.assert_allclose(np.exp(-cells.of_frames(cell, np.ones(5))), [2, 0.5, 1, 0.5])
        # Frames outside do not count, not even for the mean weight. A cell with less than half the mean weight counts that
        # half.
        np.testing.assert_allclose(np.exp(-cells.of_frames(cell, np.array([0.1, 0.1, 4, 99, 99]))), [0.7, 0.7, 4, 0.7])
        with self.assertRaisesRegex(ToolError, "no frame lies in the reference's cells"):
            cells.of_frames(cell[3:], np.ones(2))

    def test_a_circle_closes(self):
        cells = reference_cells.Cells(torus(6), TORUS)
        cell = cells.cell_of(np.array([[-179.0, -179.0], [181.0, 541.0], [179.0, -179.0]]))
        self.assertEqual(cell.tolist(), [0, 0, 30])

    def test_a_grid_is_averaged_over_cells(self):
        # F = s on a fine grid: -ln of the mean of exp(-s) at three points of each cell.
        axis = np.linspace(0, 4, 41)
        cells = reference_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        F = cells.of_grid(Grid([axis], axis.copy(), np.zeros(41), [0.0]))
        expected = [k - math.log(np.mean(np.exp(-np.array([1, 3, 5]) / 6))) for k in range(4)]
        np.testing.assert_allclose(F, expected, atol=1e-6)

    def test_points_become_cells(self):
        # p = 1 - s / 4 at 0, 1, 2, 3, 4: trapezoids of two steps hold 3/2 and 1/2.
        s = np.arange(5.0)
        p = np.maximum(1 - s / 4, 1e-300)
        merged = reference_cells.merge(Reference(s[:, None], -np.log(p), np.zeros(5)), 2)
        np.testing.assert_allclose(merged.s[:, 0], [1, 3])
        np.testing.assert_allclose(merged.probability, [0.75, 0.25])
        np.testing.assert_allclose(merged.F, [0, math.log(3)], atol=1e-12)


class Histories(Folder):
    def test_plain_md(self):
        cells = reference_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        # The first row is the start of the run. A cut last row is not read.
        write_rows(self.folder / "record.txt", [(50 * k, 0.5 + k % 4, 0.0) for k in range(9)])
        with open(self.folder / "record.txt", "a") as file:
            file.write("450 1.")
        curve = list(frames.of_md(cells, self.folder))
        self.assertEqual([n for _, n, _ in curve], [50, 100, 150, 200, 250, 300, 350, 400][:len(curve) - 1] + [400])
        np.testing.assert_allclose(np.exp(-curve[-1][2]), [2, 2, 2, 2])
        np.testing.assert_allclose(np.exp(-curve[0][2]), [0.5, 1, 0.5, 0.5])

    def test_no_file_no_points(self):
        cells = reference_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        self.assertEqual(list(frames.of_md(cells, self.folder)), [])

    def test_replicas(self):
        # U = s^2 / 2 - 2 s, kT = 0.2: a normal distribution around 2. Each exchange moves the temperatures by one replica.
        kT, random, n = 0.2, np.random.default_rng(7), 60001
        step = 100 * np.arange(n)
        attempt = np.maximum(step - 1, 0) // 1000
        after = step % 1000
        settling = (after > 0) & (after < 400)
        for k in range(4):
            factor = np.array(methods.LADDER)[(k + attempt) % 4]
            s = 2 + random.normal(size=n) * np.sqrt(kT * factor)
            s[settling] = 0.5    # must not be read
            write_rows(self.folder / f"record.{k}.txt", zip(step, s, s * s / 2 - 2 * s))
        rows = [" ".join(map(str, [1000 * j, *((k + j) % 4 for k in range(4))])) for j in range(n // 10 + 1)]
        (self.folder / "log.temper").write_text("Running on 4 partitions\nStep T0 T1 T2 T3\n" + "\n".join(rows) + "\n")
        edges = np.linspace(0, 4, 5)
        expected = np.diff([0.5 * math.erf((e - 2) / math.sqrt(2 * kT)) for e in edges])
        cells = reference_cells.Cells(histogram(expected), LINE)
        found = list(frames.of_exchange(cells, self.folder, kT, 1000, 400))
        self.assertEqual({name for name, *_ in found}, {"temper", "temper-weights"})
        for _, evaluations, F in found[-2:]:
            self.assertEqual(evaluations, 4 * 6000000)
            np.testing.assert_allclose(F - F[1], -np.log(expected / expected[1]), atol=0.1)

    def test_the_bias_is_the_sum_of_its_hills(self):
        cells = reference_cells.Cells(torus(60), TORUS)
        write_rows(self.folder / "hills", [(500, 170, 0, 10, 20, 0.1), (1000, -170, 0, 10, 20, 0.05)])
        hills = metadynamics.Hills(self.folder / "hills", TORUS)
        grid = hills.grid(hills.on_grid(slice(None)))
        # The hills are 10 degrees from 180, on either side of it.
        at = np.array([[180.0, 0.0], [-180.0, 20.0], [170.0, 0.0]])
        expected = [0.15 * math.exp(-0.5), 0.15 * math.exp(-1), 0.1 + 0.05 * math.exp(-2)]
        np.testing.assert_allclose(grid.F_at(at), expected, rtol=1e-3)
        self.assertEqual(cells.of_grid(grid).shape, (60, 60))

    def test_frames_are_weighted_with_the_bias_of_their_time(self):
        write_rows(self.folder / "hills", [(100, 2, 0.5, 1.0), (200, 2, 0.5, 0.5)])
        hills = metadynamics.Hills(self.folder / "hills", LINE)
        s = np.array([[2.0], [2.0], [2.5], [2.0]])
        # Frames before the first hill, on it, beside it, and on both hills after the last one.
        ln = metadynamics.biased_weights(hills, s, np.array([100, 150, 150, 250]), 1.0, 10.0)
        np.testing.assert_allclose(ln[1:3] - ln[0], [1.0, math.exp(-0.5)], atol=1e-9)
        flat = [s.min() for s in hills.axes]
        self.assertEqual(flat, [-2.0], "margin on both sides of the range")
        # c(t) is that of the hills before the block of frames, and there are none.
        self.assertAlmostEqual(ln[3] - ln[0], 1.5, delta=0.01)

    def test_metadynamics_has_three_estimates(self):
        reference = histogram([1, 2, 2, 1])
        cells = reference_cells.Cells(reference, LINE)
        write_rows(self.folder / "metad.colvars.wt.hills.traj", [(100 * k, 0.5 + k % 4, 0.5, 0.01) for k in range(1, 41)])
        write_rows(self.folder / "metad.colvars.traj", [(50 * k, (0.37 * k) % 4) for k in range(81)])
        found = list(metadynamics.of_metadynamics(cells, self.folder, 1.0, LINE, 10.0, 100))
        last = {name: (n, F) for name, n, F in found}
        self.assertEqual(set(last), {"metad", "metad-mean", "metad-weights"})
        self.assertEqual(last["metad"][0], 4000)
        # F is -10/9 of the bias, which has 10 hills on each cell.
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
        cells = reference_cells.Cells(histogram([1, 1, 1, 1]), LINE)
        system = mock.Mock(kT=2.0, yaml="a.yaml")
        mark = {"end": "finished", "marks": [[40, 10.0, 5.0], [100, 20.0, 11.0]], "wall": 30.0, "cpu": 21.0}
        curve, = curves.read(system, LINE, cells, "ours", 3, self.folder, mark)
        self.assertEqual([p.evaluations for p in curve.points], [40, 100], "the last iteration is the PMF file")
        # The walkers move on after the last evaluation, which also takes time.
        self.assertEqual([(p.wall, p.cpu) for p in curve.points], [(10.0, 5.0), (30.0, 21.0)])
        self.assertEqual((curve.end, curve.evaluations, curve.seed), ("evaluations spent", 100, 3))
        self.assertLess(curve.points[-1].kld, 1e-12)
        (self.folder / "a.pmf").unlink()
        mark = {"end": "wall time", "marks": [], "first": 470, "wall": 30.0, "cpu": 21.0}
        curve, = curves.read(system, LINE, cells, "ours", 3, self.folder, mark)
        self.assertEqual((curve.points, curve.evaluations, curve.end), ([], 470, "wall time spent"))


if __name__ == "__main__":
    unittest.main()
