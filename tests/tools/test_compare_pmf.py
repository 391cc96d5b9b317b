# SPDX-License-Identifier: GPL-2.0-only
"""tools/compare-pmf on PMF files made here, with divergences and errors that are known exactly."""
import csv
import math
import unittest

import numpy as np

from sandbox import SOURCE, Folder
from cgflow.pmf.comparison import compare, restrict
from cgflow.pmf.files import read_pmf
from cgflow.pmf.grid import Grid, find_periods
from cgflow.pmf.reference import Reference, read_reference

KT = 0.6
HEADER = f"# kT {KT} units real T 300 domain L, trans\n# evaluations md 5 example 0 energy 70 test 0 labels 25 total 100\n# status 1\n"
CIRCLE = np.linspace(-180, 180, 101)


def radians(degrees):
    return np.pi * degrees / 180


def torus(F, std=0.05, axis=CIRCLE):
    """The text of a PMF file of (phi, psi); F(phi, psi) and std in kT."""
    blocks = ["\n".join(f"{x:.10g} {y:.10g} {KT * F(x, y):.15g} {KT * std:.15g} 1" for y in axis) for x in axis]
    return HEADER + "# phi psi F std known\n" + "\n\n".join(blocks) + "\n"


def cells(n):
    """Centers of n cells around the circle."""
    return -180 + 360 * (np.arange(n) + 0.5) / n


def table(rows, title="# phi,psi,F_kT,std_kT,probability"):
    return title + "\n" + "".join(",".join(f"{value:.15g}" for value in row) + "\n" for row in rows)


def full_table(p, std=0.0):
    """A reference of all cells from probabilities p [n, n]."""
    c = cells(len(p))
    return table([(x, y, -math.log(p[i, j]), std, p[i, j]) for i, x in enumerate(c) for j, y in enumerate(c)])


class ComparePmf(Folder):
    def test_titles_with_and_without_units(self):
        plain = torus(lambda x, y: 3.0)
        for titles in ("F std known", "F[kcal/mol] std[kcal/mol] known", "F[pg*um^2/us^2] std[pg*um^2/us^2] known"):
            self.write("a.pmf", plain.replace("F std known", titles))
            pmf = read_pmf(self.folder / "a.pmf")
            self.assertEqual(pmf.names, ["phi", "psi"])
            np.testing.assert_allclose(pmf.F, 3.0)

    def run_compare(self, *args, code=0):
        """{figure: text}, or the error."""
        text = self.run_program("compare-pmf", *args, code=code)
        return text if code else dict(line.split(":", 1) for line in text.splitlines())

    def kld(self, pmf, reference, *args):
        self.write("a.pmf", pmf)
        self.write("ref.csv", reference)
        return float(self.run_compare("a.pmf", "ref.csv", *args)["forward KLD"].split()[0])

    def test_a_flat_pmf_against_three_cells(self):
        # 6 x 6 cells, three of them visited: sum p ln(p / (1/36)) = ln 36 - 1/2 ln 2 - 2/4 ln 4 = ln 36 - 3/2 ln 2.
        rows = [(-150, -150, 0, 0, 0.5), (-90, -150, math.log(2), 0, 0.25), (-150, -90, math.log(2), 0, 0.25)]
        expected = math.log(36) - 1.5 * math.log(2)
        self.assertAlmostEqual(self.kld(torus(lambda x, y: 3.0), table(rows)), expected, delta=1e-4 * expected)
        self.assertEqual(self.run_compare("a.pmf", "ref.csv")["forward KLD"].split(" in ")[1], "36 cells of 36")
        # Probabilities need not be normalized, nor separated by commas.
        halves = table([(x, y, F, s, p / 2) for x, y, F, s, p in rows]).replace(",", " ")
        self.assertAlmostEqual(self.kld(torus(lambda x, y: 3.0), halves), expected, delta=1e-4 * expected)

    def test_the_model_is_averaged_over_cells(self):
        # exp(-F) = 1 + a cos(phi): its mean over a cell of width h is 1 + a cos(phi) sin(h / 2) / (h / 2).
        n, a = 6, 0.8
        half = radians(360 / n / 2)
        q = np.repeat((1 + a * math.sin(half) / half * np.cos(radians(cells(n))))[:, None], n, axis=1) / n**2
        pmf = torus(lambda x, y: -math.log(1 + a * math.cos(radians(x))))
        self.assertLess(self.kld(pmf, full_table(q)), 1e-7)
        uniform = -np.log(n**2 * q).mean()
        self.assertAlmostEqual(self.kld(pmf, full_table(np.full((n, n), 1 / n**2))), uniform, delta=1e-3 * uniform)
        points = np.repeat((1 + a * np.cos(radians(cells(n))))[:, None], n, axis=1) / n**2
        self.assertGreater(abs(-np.log(n**2 * points).mean() - uniform), 1e-2, "the average must matter in this test")

    def test_three_variables(self):
        # exp(-F) is a product of factors 1 + a cos(s - b), and so is its mean over a cell.
        n, a, b = 6, np.array([0.9, -0.7, 0.8]), np.array([10, 50, 90])
        axis = np.linspace(-180, 180, 41)
        F = -sum(np.log(1 + a[k] * np.cos(radians(s - b[k]))) for k, s in enumerate(np.meshgrid(*[axis] * 3, indexing="ij")))
        std = 0.1 + 0.05 * np.cos(radians(axis))[:, None, None] + 0 * F
        rows = [*(s.ravel() for s in np.meshgrid(*[axis] * 3, indexing="ij")), KT * F.ravel(), KT * std.ravel(), np.ones(F.size)]
        text = "\n".join("%.10g %.10g %.10g %.12g %.12g %d" % row for row in zip(*rows))
        pmf = HEADER + "# phi psi chi1 F std known\n" + text + "\n"
        half, c = radians(180 / n), cells(n)
        marginals = [1 + a[k] * math.sin(half) / half * np.cos(radians(c - b[k])) for k in range(3)]
        q = np.einsum("i,j,k->ijk", *marginals) / n**3
        title = "# phi psi chi1 F std probability"

        def reference(p):
            return table([(*c[list(at)], -math.log(p[at]), 0.0, p[at]) for at in np.ndindex(n, n, n)], title)

        self.assertLess(self.kld(pmf, reference(q)), 1e-7)
        found = self.run_compare("a.pmf", "ref.csv")
        self.assertTrue(found["forward KLD"].endswith("in 216 cells of 216"))
        self.assertLess(float(found["RMS error"].split()[0]), 1e-3)
        self.assertTrue(found["RMS error"].endswith("at 216 points with F <= 8 kT"))
        # The std of a cell is that of its points, weighted with their probability. Here it varies only along phi.
        t = np.linspace(-0.5, 0.5, 100001) * 360 / n + c[:, None]
        w = 1 + a[0] * np.cos(radians(t - b[0]))
        expected = np.median(np.sum(w * (0.1 + 0.05 * np.cos(radians(t))), axis=1) / np.sum(w, axis=1))
        self.assertAlmostEqual(float(found["median std"].split()[0]), expected, delta=3e-4)
        # A p without symmetry reveals exchanged variables.
        p = q * (1 + 0.5 * np.cos(radians(c))[:, None, None])
        p /= p.sum()
        expected = np.sum(p * np.log(p / q))
        self.assertAlmostEqual(self.kld(pmf, reference(p)), expected, delta=2e-3 * expected)

    def test_without_probabilities_values_are_at_points(self):
        F = lambda x, y: math.sin(radians(x)) + math.cos(radians(2 * y))  # noqa: E731
        c = cells(20)
        rows = [(x, y, F(x, y) + 3) for x in c for y in c]
        self.write("a.pmf", torus(F))
        self.write("ref.csv", table(rows, "# phi,psi,F_kT"))
        found = self.run_compare("a.pmf", "ref.csv")
        self.assertEqual(found["RMS error"].split()[0], "0.0000")
        self.assertLess(float(found["forward KLD"].split()[0]), 1e-9)

    def test_one_variable_that_is_not_periodic(self):
        # F = s, p = 1/4 in each of 4 cells of width 1: KLD = -ln 4 + mean s + ln sum exp(-s), whatever the average over a
        # cell.
        s = np.linspace(0, 4, 9)
        pmf = HEADER + "".join(f"{x} {KT * x} {KT * 0.1} 1\n" for x in s)
        centers = np.arange(4) + 0.5
        reference = table([(x, math.log(4), 0, 0.25) for x in centers], "# s F_kT std prob")
        expected = -math.log(4) + centers.mean() + math.log(np.exp(-centers).sum())
        self.assertAlmostEqual(self.kld(pmf, reference), expected, delta=1e-4 * expected)
        # Cells that extend beyond the range are left out.
        wider = table([(x, math.log(5), 0, 0.2) for x in np.arange(5) + 0.5], "# s F_kT std prob")
        self.assertAlmostEqual(self.kld(pmf, wider), expected, delta=1e-4 * expected)
        self.assertTrue(self.run_compare("a.pmf", "ref.csv")["forward KLD"].endswith("in 4 cells of 5"))
        # The range restricts p and q alike.
        centers = centers[:2]
        expected = -math.log(2) + centers.mean() + math.log(np.exp(-centers).sum())
        self.assertAlmostEqual(self.kld(pmf, reference, "--range", "0", "2"), expected, delta=1e-4 * expected)

    def test_errors_and_calibration_of_the_std(self):
        # F_ref is 9 in the left half and 0 in the right. The PMF is 1 too high in a quarter of the low cells and 5 off in
        # the high ones.
        n = 20
        c = cells(n)
        high = lambda x: x < 0                # noqa: E731
        strip = lambda x, y: x > 0 and y > 90  # noqa: E731
        rows = [(x, y, 9.0 if high(x) else -1.0 if strip(x, y) else 0.0, 0.4) for x in c for y in c]
        self.write("a.pmf", torus(lambda x, y: 14.0 if high(x) else 0.0, std=0.3, axis=np.append(c, 180 + 360 / n / 2)))
        self.write("ref.csv", table(rows, "# phi psi F std"))
        found = self.run_compare("a.pmf", "ref.csv")
        # Errors are 1 (a quarter) and 0. Minus the mean 1/4 they are 3/4 and -1/4, RMS sqrt(3)/4. The std is sqrt(0.3^2 +
        # 0.4^2) = 1/2.
        self.assertEqual(found["RMS error"].split(), f"{math.sqrt(3) / 4:.4f} kT at 200 points with F <= 8 kT".split())
        self.assertEqual(found["largest error"].split()[0], "0.7500")
        self.assertEqual(found["within 1 std"].strip(), "75.0 %")
        self.assertEqual(found["within 2 std"].strip(), "100.0 %")
        self.assertEqual(found["median std"].split()[0], "0.3000")
        self.assertEqual(found["PMF file"].split(", ", 1)[1], "100.0 % known, 100 evaluations, converged")
        self.assertTrue(self.run_compare("a.pmf", "ref.csv", "--below", "11")["RMS error"].endswith("at 400 points with F <= 11 kT"))
        half = self.run_compare("a.pmf", "ref.csv", "--range", "0", "180", "-180", "180")
        self.assertEqual(half["RMS error"], found["RMS error"])
        self.assertTrue(half["forward KLD"].endswith("in 200 cells of 200"))

    def test_the_reference_in_the_repository(self):
        # Against a flat PMF the KLD is ln(number of cells) minus the entropy of the file's probabilities.
        oracle = SOURCE / "tests" / "oracle" / "ala2_obc1_pmf.csv"
        with oracle.open() as file:
            rows = [row for row in csv.reader(file) if not row[0].startswith("#")]
        p, F = (np.array([float(row[k]) for row in rows]) for k in (4, 2))
        p /= p.sum()
        expected = math.log(3600) + np.sum(p * np.log(p))
        self.write("a.pmf", torus(lambda x, y: 0.0))
        found = self.run_compare("a.pmf", str(oracle))
        self.assertAlmostEqual(float(found["forward KLD"].split()[0]), expected, delta=1e-4 * expected)
        low = F[F <= 8]
        self.assertEqual(found["RMS error"].split()[0], f"{np.std(low):.4f}")

    def test_the_references_of_dipeptides(self):
        found = sorted((SOURCE / "tests" / "oracle" / "dipeptide_pmf").glob("*_pmf.csv"))
        self.assertGreater(len(found), 0)
        for path in found:
            d, n = (2, 36) if path.name.startswith("gly2") else (3, 18)
            reference = read_reference(path, d)
            p = reference.probability
            np.testing.assert_allclose(reference.F, np.log(p.max() / p), atol=1.1e-3)
            self.assertAlmostEqual(p.sum(), 1.0, delta=0.02, msg="cells of few frames are left out, and have little weight")
            grid = Grid([cells(40)] * d, np.zeros([40] * d), np.full([40] * d, 0.1), [360] * d)
            result = compare(grid, restrict(reference, None, None))
            p = p / p.sum()
            self.assertAlmostEqual(result.kld, d * math.log(n) + np.sum(p * np.log(p)), delta=1e-6)
            self.assertEqual(result.cells, n**d)
            self.assertEqual(result.below, 8.0)

    def test_a_circle_may_begin_anywhere_and_hold_both_ends(self):
        F = lambda x, y: math.cos(radians(x)) + math.sin(radians(x + 2 * y))  # noqa: E731
        self.write("a.pmf", torus(F))
        for ends in (np.arange(0, 361, 15), np.arange(-180, 181, 15), np.arange(15, 361, 15)):
            self.write("ref.csv", table([(x, y, F(x, y)) for x in ends for y in ends], "# phi psi F"))
            found = self.run_compare("a.pmf", "ref.csv")
            self.assertTrue(found["forward KLD"].endswith("in 576 cells of 576"))
            self.assertEqual(found["RMS error"].split(), "0.0000 kT at 576 points with F <= 8 kT".split())
        result = compare(read_pmf(self.folder / "a.pmf"),
                         read_reference(self.folder / "ref.csv", 2))
        for axis in result.cell_axes:
            np.testing.assert_allclose(axis, np.arange(-180, 180, 15))
        self.assertLess(np.abs(result.cell_error).max(), 1e-4)

    def test_another_pmf_file_is_a_reference(self):
        self.write("a.pmf", torus(lambda x, y: math.cos(radians(x + y))))
        self.write("b.pmf", torus(lambda x, y: math.cos(radians(x + y)) + 0.2 * math.sin(radians(3 * x))))
        found = self.run_compare("a.pmf", "b.pmf")
        self.assertEqual(found["RMS error"].split()[0], f"{0.2 / math.sqrt(2):.4f}")
        self.assertTrue(found["forward KLD"].endswith("in 10000 cells of 10000"), "the ends of a circle are one")
        self.write("c.pmf", HEADER + "".join(f"{x} 0 0 1\n" for x in range(5)))
        self.assertEqual(self.run_compare("a.pmf", "c.pmf", code=1), "compare-pmf: c.pmf: got 1 CG variables, the PMF has 2")

    def test_bad_input(self):
        self.write("a.pmf", torus(lambda x, y: 0.0))
        for text, message in [
                ("30 30 x\n", "r:1: got '30 30 x', expected numbers"),
                ("30 30\n", "r:1: got 2 columns, expected at least 3"),
                ("30 30 nan\n", "r: got no finite F"),
                ("30 30 1\n30 90 1\n", "r: got one value in the 1st column, expected a regular grid of cells"),
                ("0 0 1\n70 70 1\n", "r: the 1st column is not a regular grid of cells"),
                ("0 0 1\n60 60 1\n100 0 1\n", "r: the 1st column is not a regular grid of cells"),
                ("0 0 1\n60 60 1\n0 0 2\n", "r: got two rows for one cell"),
                ("# phi psi F std\n0 0 1 0\n60 60 1 -2\n", "r: got a std of -2, expected a number >= 0"),
                ("# phi psi F probability\n0 0 1 0.5\n60 60 1 nan\n", "r: got a probability of nan, expected a number >= 0"),
                ("# phi psi F probability\n0 0 1 0\n60 60 1 0\n", "the PMF and the reference have no cell in common")]:
            self.write("r", text)
            self.assertEqual(self.run_compare("a.pmf", "r", code=1), "compare-pmf: " + message)
        self.assertEqual(self.run_compare("a.pmf", "none", code=1), "compare-pmf: none: No such file or directory")
        self.assertEqual(self.run_compare("a.pmf", "r", "--below", "-1", code=1),
                         "compare-pmf: --below: got -1, expected a number of kT above 0")
        self.assertEqual(self.run_compare("a.pmf", code=1),
                         "compare-pmf: the following arguments are required: REFERENCE; see compare-pmf --help")


class Interpolation(unittest.TestCase):
    def grid(self, axis, F):
        x, y = np.meshgrid(axis, axis, indexing="ij")
        values = F(x, y)
        return Grid([axis, axis], values, np.full_like(values, 0.1), find_periods([axis, axis], values))

    def test_error_of_the_bicubic_is_that_of_theory_across_the_seam_too(self):
        # The largest error of a cubic through 4 points is 3/128 h^4 |F''''|; in two dimensions it is the sum of both.
        F = lambda x, y: 2 * np.cos(radians(3 * x)) + np.sin(radians(2 * y) + 1)  # noqa: E731
        s = np.random.default_rng(1).uniform(-180, 180, (4000, 2))
        s[:500, 0] = np.linspace(-184, -176, 500)
        for axis in (np.linspace(-180, 180, 101), np.linspace(-180, 180, 101)[:-1], cells(40)):
            h = radians(axis[1] - axis[0])
            bound = 3 / 128 * h**4 * (2 * 3**4 + 2**4)
            grid = self.grid(axis, F)
            self.assertEqual(grid.periods, [360, 360])
            error = np.abs(grid.F_at(s) - F(*s.T)).max()
            self.assertLess(error, bound)
            self.assertGreater(error, 0.5 * bound, "else the bound is not tight")

    def test_ends_that_differ_make_no_circle(self):
        grid = self.grid(np.linspace(-180, 180, 101), lambda x, y: x / 90 + 0 * y)
        self.assertEqual(grid.periods, [0, 360])
        s = np.array([[-180, 0], [-179, 190], [179.9, 0], [180, 0]])
        np.testing.assert_allclose(grid.F_at(s), s[:, 0] / 90, atol=1e-12)
        np.testing.assert_array_equal(grid.covers(np.array([[-180, 500], [181, 0]])), [True, False])

    def test_std_beside_an_unknown_point_is_unknown(self):
        axis = np.linspace(0, 10, 11)
        std = np.full(11, 0.1)
        std[5] = np.inf
        grid = Grid([axis], axis, std, [0])
        np.testing.assert_allclose(grid.std_at(np.array([[3.5], [4.0], [4.5], [5.0], [5.5], [6.0], [6.5]])),
                                   [0.1, 0.1, np.inf, np.inf, np.inf, 0.1, 0.1])

    def test_error_of_the_grid_of_a_history_is_small_beside_what_is_measured(self):
        # A surface as steep as a dipeptide's, on the 40 x 40 cells of NAME.iterations.
        def F(x, y):
            x, y = radians(x), radians(y)
            return 6 * np.cos(x - 1) + 4 * np.cos(2 * x + y) + 2 * np.sin(3 * y) + np.cos(4 * x - 3 * y)

        c = cells(60)
        x, y = np.meshgrid(c, c, indexing="ij")
        s = np.stack([x.ravel(), y.ravel()], axis=1)
        exact = Reference(s, F(x, y).ravel(), np.zeros(3600), below=8.0)
        result = compare(self.grid(cells(40), F), exact)
        self.assertLess(result.rms, 0.005)
        self.assertLess(result.kld, 1e-5)


if __name__ == "__main__":
    unittest.main()
