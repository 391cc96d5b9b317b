# SPDX-License-Identifier: GPL-2.0-only
"""tools/plot-pmf on PMF files made here, with errors that are known exactly."""
import os
import pathlib
import re
import struct
import subprocess
import sys
import unittest
import unittest.mock

import matplotlib.figure
import matplotlib.image
import numpy as np

from sandbox import SOURCE, Folder
from cgflow.pmf import maps
from cgflow.pmf.comparison import against_evaluations, compare, restrict
from cgflow.pmf.figure import draw
from cgflow.pmf.files import convergence, read_iterations, read_log, read_pmf
from cgflow.pmf.reference import Reference, read_reference

HEADER = "# kT 2.5 units real T 300 domain all of it\n# evaluations md 50 example 0 energy 700 test 20 labels 130 total 900\n# status 1\n"


def cubic(s):
    return 0.5 * s**3 - 2 * s**2 + s + 4


def python_without_numpy():
    """A Python that lacks numpy, or None."""
    for python in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if os.path.exists(python):
            done = subprocess.run([python, "-c", "import numpy"], stderr=subprocess.DEVNULL)
            if done.returncode:
                return python
    return None


def hatched(axes):
    return [c for c in axes.collections if any(getattr(c, "hatches", []))]


class PlotPmf(Folder):
    def pmf_1d(self, name="a.pmf", error=lambda i: 0.0, std=0.1):
        """F is the cubic plus 7 kT plus an error in kT, on 41 points in [-2, 2]; energies are 2.5 kT units."""
        s = np.linspace(-2, 2, 41)
        rows = [f"{x:.17g} {2.5 * (cubic(x) + 7 + error(i)):.17g} {2.5 * std:.17g} {int(x < 1.5)}" for i, x in enumerate(s)]
        return self.write(name, HEADER + "\n".join(rows) + "\n")

    def pmf_2d(self, name="b.pmf", std="0.25 1"):
        blocks = []
        for x in np.linspace(-180, 180, 13):
            blocks.append("\n".join(f"{x} {y} {2.5 * cubic(x / 90) + 2.5e-4 * x * y} {std}" for y in np.linspace(-90, 90, 9)))
        return self.write(name, HEADER + "\n\n".join(blocks) + "\n")

    def history(self, name="a.iterations", dimension=1):
        text = ""
        for n in range(3):
            text += f"# iteration {n} evaluations {300 * (n + 1)} labels {10 * n} std {'inf' if n == 0 else 0.5 / n} change 0.{3 - n}\n"
            text += "".join("point " + " ".join([str(0.1 * k)] * dimension) + "\n" for k in range(n))
            if dimension == 1:
                text += "".join(f"pmf {x} {2.5 * (cubic(x) + (2 - n) * 0.1 * x)} 0.25\n" for x in np.linspace(-2, 2, 21))
        return self.write(name, text)

    def run_plot(self, *args, code=0):
        """The line that the program prints, or its error."""
        text = self.run_program("plot-pmf", *args, code=code)
        self.assertEqual(len(text.splitlines()), 1)
        return text

    def assert_picture(self, name):
        data = (self.folder / name).read_bytes()
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", data[16:24])
        self.assertGreater(min(width, height), 400)
        # A label that the border cuts has ink there.
        picture = matplotlib.image.imread(self.folder / name)[..., :3]
        for border in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
            self.assertEqual(border.min(), 1.0)
        self.assertFalse((self.folder / (name + ".tmp")).exists())

    def test_without_reference(self):
        line = self.run_plot(self.pmf_1d())
        self.assertEqual(line, "a.png: 41 points, 85.4 % known, 900 evaluations, converged")
        self.assert_picture("a.png")

    def test_a_python_without_numpy_hands_over_to_the_environment(self):
        python = python_without_numpy()
        if python is None:
            self.skipTest("every Python here has numpy")
        self.pmf_1d()
        command = [python, str(SOURCE / "tools" / "plot-pmf"), "a.pmf"]
        environment = dict(os.environ, CGFLOW_PYTHON_ENV=sys.prefix)
        done = subprocess.run(command, cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith("a.png: 41 points"))
        environment["CGFLOW_PYTHON_ENV"] = "/nonexistent"
        done = subprocess.run(command, cwd=self.folder, env=environment, text=True, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^plot-pmf: no .*matplotlib in .*, expected it there or in /nonexistent\n$")

    def test_errors_are_those_put_in(self):
        # Of five points four are 0.05 too high and one is 0.2 too low: the mean error is 0, and 80 % lie within the std of
        # 0.1.
        self.pmf_1d(error=lambda i: -0.2 if i % 5 == 2 else 0.05)
        s = np.linspace(-2, 2, 41)[:40]
        self.write("ref.csv", "# s,F_kT\n" + "\n".join(f"{x},{cubic(x)}" for x in s))
        line = self.run_plot("a.pmf", "--reference", "ref.csv", "-o", "x.png")
        found = re.fullmatch(r"x.png: forward KLD (\S+), RMS error (\S+) kT, largest (\S+) kT at \((\S+)\), within 1 std 80.0 %, "
                             r"within 2 std \S+ %, 40 points", line)
        self.assertIsNotNone(found, line)
        p = np.exp(-cubic(s)) / np.sum(np.exp(-cubic(s)))
        error = np.where(np.arange(40) % 5 == 2, -0.2, 0.05)
        self.assertAlmostEqual(float(found[1]), np.sum(p * error) + np.log(np.sum(p * np.exp(-error))), delta=1e-4)
        self.assertAlmostEqual(float(found[2]), np.sqrt(0.8 * 0.05**2 + 0.2 * 0.2**2), places=4)
        self.assertAlmostEqual(float(found[3]), 0.2, places=4)
        self.assertIn(float(found[4]), np.round(s[2::5], 10))
        self.assert_picture("x.png")

    def test_range_and_limit_choose_the_points(self):
        self.pmf_1d(error=lambda i: 5.0 if i < 20 else 0.0)
        s = np.linspace(-2, 2, 41)
        self.write("ref.csv", "\n".join(f"{x} {cubic(x)}" for x in s))
        line = self.run_plot("a.pmf", "--reference", "ref.csv", "--range", "0", "2")
        self.assertIn("RMS error 0.0000 kT", line)
        self.assertTrue(line.endswith(" 21 points"), line)
        below = int(np.sum(cubic(s) - cubic(s).min() <= 3))
        self.assertTrue(self.run_plot("a.pmf", "--reference", "ref.csv", "--below", "3").endswith(f" {below} points with F <= 3 kT"))

    def test_history_log_and_labels_are_drawn(self):
        self.pmf_1d(std=0.0)
        self.history()
        self.write("ref.csv", "\n".join(f"{x} {cubic(x)}" for x in np.linspace(-1.9, 1.9, 30)))
        self.write("labels.txt", "# s F error\n" + "\n".join(f"{x} {2.5 * cubic(x)} 0.3" for x in (-1, 0, 1)))
        self.run_plot("a.pmf", "--reference", "ref.csv", "--labels", "labels.txt")
        self.assert_picture("a.png")
        with_history = (self.folder / "a.png").stat().st_size
        (self.folder / "a.iterations").unlink()
        self.run_plot("a.pmf")
        self.assertLess((self.folder / "a.png").stat().st_size, with_history)

    def test_two_variables(self):
        self.pmf_2d()
        self.history("b.iterations", dimension=2)
        centers = [(x, y) for x in np.arange(-170, 180, 20) for y in np.arange(-85, 90, 10)]
        self.write("ref.csv", "# phi,psi,F_kT,std_kT\n" + "\n".join(
            f"{x},{y},{cubic(x / 90) + 1e-4 * x * y},0.02" for x, y in centers))
        line = self.run_plot("b.pmf", "--reference", "ref.csv", "--below", "20")
        # Cubic interpolation is exact for cubics.
        self.assertRegex(line, r"b.png: forward KLD \S+, RMS error 0.0000 kT, .* within 1 std 100.0 %, .* 324 points with F <= 20 kT")
        below = sum(cubic(x / 90) + 1e-4 * x * y <= 8 + min(cubic(x / 90) + 1e-4 * x * y for x, y in centers) for x, y in centers)
        self.assertTrue(self.run_plot("b.pmf", "--reference", "ref.csv").endswith(f" {below} points with F <= 8 kT"))
        self.assert_picture("b.png")

    def torus(self, known=lambda x, y: True):
        """t.pmf, t.iterations and ref.csv: F on a torus, its history with errors of 0.8, 0.4, 0.2 kT times cos(2 phi)."""
        F = lambda x, y: 4.3 * np.cos(np.radians(x)) + 3 * np.sin(np.radians(x + y))  # noqa: E731
        s = np.linspace(-180, 180, 41)
        rows = [[f"{x} {y} {2.5 * F(x, y):.12g} {0.25 + 0.001 * abs(x)} {int(known(x, y))}" for y in s] for x in s]
        self.write("t.pmf", HEADER + "# phi psi F std known\n" + "\n\n".join("\n".join(block) for block in rows) + "\n")
        text, centers = "", np.arange(-175.5, 180, 9)
        for n, wrong in enumerate((0.8, 0.4, 0.2), 1):
            text += f"# iteration {n} evaluations {1000 * n} labels {9 * n} std {wrong} change {'nan' if n == 1 else wrong}\n"
            text += "".join(f"point {60 * k - 90} {50 * n - 100}\n" for k in range(n if n < 3 else 0))
            text += "".join(f"pmf {x} {y} {2.5 * (F(x, y) + wrong * np.cos(np.radians(2 * x)))} 0.25\n" for x in centers for y in centers)
        self.write("t.iterations", text)
        self.write("ref.csv", "# phi psi F\n" + "\n".join(
            f"{x} {y} {F(x, y)}" for x in np.arange(-175, 180, 10) for y in np.arange(-175, 180, 10)))

    def map_figure(self):
        pmf = read_pmf(self.folder / "t.pmf")
        history = read_iterations(self.folder / "t.iterations", pmf)
        reference = restrict(read_reference(self.folder / "ref.csv", 2), None, 100)
        result = compare(pmf, reference)
        curves = convergence(history)
        curves.update(against_evaluations(history, reference))
        figure = maps.make(pmf, history, curves, result, None)
        return figure, {axes.get_title() or axes.get_ylabel(): axes for axes in figure.axes}

    def test_maps_of_a_torus(self):
        self.torus(known=lambda x, y: x < 90)
        figure, axes = self.map_figure()
        maps = ["PMF, one line per kT; hatched: not known", "std of the PMF", "points chosen by each iteration", "error; line: F = 100 kT"]
        for name in maps:
            self.assertEqual((axes[name].get_xlabel(), axes[name].get_ylabel()), (r"$\phi$ / degrees", r"$\psi$ / degrees"))
            for axis in (axes[name].xaxis, axes[name].yaxis):
                ticks = axis.get_majorticklocs()
                self.assertEqual([t for t in ticks if -180 <= t <= 180], [-180, -120, -60, 0, 60, 120, 180])
        for name in maps[:2]:
            self.assertEqual(len(hatched(axes[name])), 1)
        dots = axes[maps[2]].collections[-1]
        np.testing.assert_array_equal(dots.get_offsets(), [[-90, -50], [-90, 0], [-30, 0]])
        np.testing.assert_array_equal(dots.get_array(), [1, 2, 2])
        # Every whole kT between the lowest and the highest F has a contour line, up to 15.
        pmf = read_pmf(self.folder / "t.pmf")
        highest = int(pmf.F.max() - pmf.F[pmf.known].min())
        self.assertGreater(highest, 10)
        lines = [c for c in axes[maps[0]].collections if hasattr(c, "levels") and not c.filled]
        np.testing.assert_array_equal(lines[0].levels, np.arange(1, min(15, highest) + 1))

    def test_labels_of_maps_are_whole_without_a_reference(self):
        self.torus()
        self.run_plot("t.pmf")
        self.assert_picture("t.png")
        (self.folder / "t.iterations").unlink()
        self.run_plot("t.pmf", "-o", "alone.png")
        self.assert_picture("alone.png")

    def test_nothing_is_hatched_when_all_is_known(self):
        self.torus()
        figure, axes = self.map_figure()
        self.assertEqual([hatched(a) for a in figure.axes], [[]] * len(figure.axes))

    def test_figures_against_evaluations(self):
        self.torus()
        figure, axes = self.map_figure()
        lines = {line.get_label(): line for name in ("kT", "nats") for line in axes[name].lines}
        # The error is a cosine: its RMS is amplitude / sqrt(2).
        rms = lines["RMS error (reference)"]
        np.testing.assert_array_equal(rms.get_xdata(), [1000, 2000, 3000])
        np.testing.assert_allclose(rms.get_ydata(), np.array([0.8, 0.4, 0.2]) / np.sqrt(2), rtol=0.01)
        np.testing.assert_array_equal(lines["change of the PMF"].get_xdata(), [2000, 3000])
        np.testing.assert_array_equal(lines["std (RMS over the known region)"].get_ydata(), [0.8, 0.4, 0.2])
        rows = np.loadtxt(self.folder / "ref.csv")
        p = np.exp(-rows[:, 2]) / np.exp(-rows[:, 2]).sum()
        wrong = np.outer([0.8, 0.4, 0.2], np.cos(np.radians(2 * rows[:, 0])))
        exact = wrong @ p + np.log(np.exp(-wrong) @ p)
        np.testing.assert_allclose(lines["forward KLD (reference)"].get_ydata(), exact, rtol=0.01)

    def test_calibration_against_evaluations(self):
        """The error is wrong * cos(2 phi) and the std 0.1 kT: the error is within n std where |cos(2 phi)| <= 0.1 n /
        wrong."""
        self.torus()
        figure, axes = self.map_figure()
        lines = {line.get_label(): line.get_ydata() for line in axes["cells / %"].lines}
        size = np.abs(np.cos(np.radians(2 * np.arange(-175, 180, 10))))
        for n in (1, 2):
            exact = [100 * np.mean(size <= 0.1 * n / wrong) for wrong in (0.8, 0.4, 0.2)]
            np.testing.assert_allclose(lines[f"within {n} std"], exact, atol=0.1)
        np.testing.assert_array_equal(lines["known cells"], [100, 100, 100])

    def test_calibration_is_of_what_was_known_then(self):
        self.torus()
        path = self.folder / "t.iterations"
        rows = path.read_text().splitlines()
        begin = [i for i, row in enumerate(rows) if row.startswith("#")]
        for i, threshold in zip(begin, (0.05, 0.15, 0.15)):
            rows[i] += f" threshold {threshold}"
        # In the second iteration only phi > 0 is known, and F is too high by 1 kT there, a constant that is no error.
        for i in range(begin[1], begin[2]):
            words = rows[i].split()
            if words[0] == "pmf" and float(words[1]) > 0:
                words[3] = str(float(words[3]) + 2.5)
            elif words[0] == "pmf":
                words[4] = "9"
            rows[i] = " ".join(words)
        path.write_text("\n".join(rows) + "\n")
        figure, axes = self.map_figure()
        lines = {line.get_label(): line.get_ydata() for line in axes["cells / %"].lines}
        self.assertTrue(np.isnan(lines["within 1 std"][0]))
        self.assertEqual(lines["known cells"][0], 0)
        self.assertAlmostEqual(lines["known cells"][1], 50, delta=3)
        size = np.abs(np.cos(np.radians(2 * np.arange(5, 180, 10))))
        self.assertAlmostEqual(lines["within 2 std"][1], 100 * np.mean(size <= 0.5), delta=6)
        self.assertEqual(lines["known cells"][2], 100)

    def test_the_same_input_gives_the_same_file(self):
        self.torus(known=lambda x, y: x < 90)
        for ending in ("png", "svg", "pdf"):
            for name in ("x", "y"):
                self.run_plot("t.pmf", "-o", f"{name}.{ending}")
            self.assertEqual((self.folder / f"x.{ending}").read_bytes(), (self.folder / f"y.{ending}").read_bytes(), ending)

    def test_a_picture_is_there_whole_or_not_at_all(self):
        self.write("t.png", "the picture before")
        self.torus()
        pmf = read_pmf(self.folder / "t.pmf")

        def half_written(figure, path, **options):
            pathlib.Path(path).write_text("half")
            raise OSError(28, "No space left on device", path)

        with unittest.mock.patch.object(matplotlib.figure.Figure, "savefig", half_written), self.assertRaises(OSError):
            draw(str(self.folder / "t.png"), pmf, [], {"evaluations": []}, None, None, None)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["ref.csv", "t.iterations", "t.pmf", "t.png"])
        self.assertEqual((self.folder / "t.png").read_text(), "the picture before")

    def test_history_is_read_in_kT(self):
        pmf = read_pmf(self.folder / self.pmf_1d())
        history = read_iterations(self.folder / self.history(), pmf)
        self.assertEqual([past.header["evaluations"] for past in history], [300, 600, 900])
        self.assertEqual([len(past.points) for past in history], [0, 1, 2])
        np.testing.assert_allclose(history[2].grid.F, cubic(np.linspace(-2, 2, 21)), atol=1e-12)
        np.testing.assert_allclose(history[2].grid.std, 0.1)
        reference = Reference(np.linspace(-2, 2, 21)[:, None], cubic(np.linspace(-2, 2, 21)), np.zeros(21))
        slope = np.sqrt(np.mean(np.linspace(-2, 2, 21)**2))
        self.assertAlmostEqual(compare(history[0].grid, reference).rms, 0.2 * slope)

    def test_log_gives_convergence(self):
        self.write("log.lammps", "Step f_learn[2] f_learn[4] f_learn[6]\n0 0 inf inf\n10 100 0.5 0.3\n20 100 0.5 0.3\n"
                                 "WARNING: x\nLoop time of 1\nStep Temp\n0 1\nLoop time of 1\n"
                                 "Step f_learn[2] f_learn[4] f_learn[6]\n30 250 0.2 0.1\n")
        found = read_log(self.folder / "log.lammps")
        self.assertEqual(found["evaluations"], [0, 100, 250])
        self.assertEqual(found["change"], [float("inf"), 0.3, 0.1])
        self.run_plot(self.pmf_1d(), "--log", "log.lammps")

    def test_infinite_std_is_unknown_not_wrong(self):
        self.pmf_1d(std=float("inf"))
        self.write("ref.csv", "\n".join(f"{x} {cubic(x)}" for x in np.linspace(-1.95, 1.95, 30)))
        self.assertIn("within 1 std 100.0 %", self.run_plot("a.pmf", "--reference", "ref.csv"))
        self.run_plot(self.pmf_2d(std="inf 0"))
        self.assert_picture("b.png")

    def error(self, text, *args, name="bad.pmf"):
        return self.run_plot(self.write(name, text), *args, code=1)

    def test_bad_pmf_files(self):
        self.assertEqual(self.run_plot("none.pmf", code=1), "plot-pmf: none.pmf: No such file or directory")
        self.assertEqual(self.error(""), "plot-pmf: bad.pmf: got no points, expected lines of CG variables, F, std, known")
        self.assertEqual(self.error("0 1 2 1\n"), "plot-pmf: bad.pmf: no line '# kT V units U T V domain D' with V > 0 in it")
        self.assertEqual(self.error(HEADER + "0 1 2 1\n0 1 2\n"), "plot-pmf: bad.pmf:5: got 3 columns, expected 4 as before")
        self.assertEqual(self.error(HEADER + "0 1 x 1\n"), "plot-pmf: bad.pmf:4: got '0 1 x 1', expected numbers")
        self.assertEqual(self.error(HEADER + "0 1 2\n"),
                         "plot-pmf: bad.pmf: got 3 columns, expected 1 to 3 CG variables, F, std, known")
        cube = "".join(f"{i} {j} {k} 2 3 1\n" for i in range(4) for j in range(4) for k in range(4))
        self.assertEqual(self.error(HEADER + cube), "plot-pmf: bad.png: got a PMF of 3 CG variables, pictures show 1 or 2")
        self.assertEqual(self.error(HEADER + "0 1 2 3 4 5 1\n"),
                         "plot-pmf: bad.pmf: got 7 columns, expected 1 to 3 CG variables, F, std, known")
        self.assertEqual(self.error(HEADER + "0 1 2 1\n1 1 2 1\n3 1 2 1\n4 1 2 1\n"),
                         "plot-pmf: bad.pmf: the 1st column is not a regular grid of at least 4 values")
        self.assertEqual(self.error(HEADER + "0 0 1 2 1\n1 1 1 2 1\n1 0 1 2 1\n"),
                         "plot-pmf: bad.pmf: got 3 points, expected a full grid of 2 x 2")
        self.assertEqual(self.error(HEADER + "".join(f"{k} nan 2 1\n" for k in range(5))),
                         "plot-pmf: bad.pmf: got an F that is not finite")
        (self.folder / "bad.pmf").write_bytes(b"\xff\xfe\x00")
        self.assertEqual(self.run_plot("bad.pmf", code=1), "plot-pmf: bad.pmf: got a binary file, expected text")

    def test_bad_other_files(self):
        self.pmf_1d()
        self.write("x", "# a table\n")
        self.assertEqual(self.run_plot("a.pmf", "--reference", "x", code=1),
                         "plot-pmf: x: got no numbers, expected a table of at least 2 columns")
        self.write("x", "100 1\n101 2\n")
        self.assertEqual(self.run_plot("a.pmf", "--reference", "x", code=1),
                         "plot-pmf: the PMF and the reference have no point in common")
        self.assertEqual(self.run_plot("a.pmf", "--reference", "x", "--range", "1", "2", "3", code=1),
                         "plot-pmf: --range: got 3 numbers, expected LO HI for each of 1 CG variables")
        self.write("y", "0 1\n1 2\n")
        self.assertEqual(self.run_plot("a.pmf", "--reference", "y", "--range", "3", "4", code=1),
                         "plot-pmf: --range: no point of y lies in this range")
        self.assertEqual(self.run_plot("a.pmf", "--reference", "y", "--below", "0", code=1),
                         "plot-pmf: --below: got 0, expected a number of kT above 0")
        self.assertEqual(self.run_plot("a.pmf", "--labels", "x", code=1), "plot-pmf: x:1: got 2 columns, expected at least 3")
        self.assertEqual(self.run_plot("a.pmf", "--log", "x", code=1),
                         "plot-pmf: x: no thermo table with the columns f_ID[2], f_ID[4] and f_ID[6] of fix cgflow/al")
        self.assertEqual(self.run_plot("a.pmf", "-o", "no/x.png", code=1), "plot-pmf: no/x.png.tmp: No such file or directory")
        self.assertEqual(self.run_plot("a.pmf", "-o", "x.bad", code=1),
                         "plot-pmf: x.bad: got a picture of the kind 'bad', expected png, pdf or svg")
        self.assertEqual(self.run_plot("a.pmf", "--nonsense", code=1),
                         "plot-pmf: unrecognized arguments: --nonsense; see plot-pmf --help")

    def test_bad_histories(self):
        self.pmf_1d()
        start = "# iteration 0 evaluations 1 labels 2 std 0.1 change 0.2\n"
        for text, message in [
                ("point 1\n", "a.iterations:1: got 'point' before the first '# iteration' line"),
                (start + "point 1 2\n", "a.iterations:2: got 2 numbers after 'point', expected 1"),
                (start + "pmf 1 2\n", "a.iterations:2: got 2 numbers after 'pmf', expected 3"),
                (start + "pmf 1 2 x\n", "a.iterations:2: got '1 2 x', expected numbers"),
                (start + "dot 1\n", "a.iterations:2: got 'dot', expected '# iteration', 'point' or 'pmf'"),
                (start + "pmf 1 2 3\n", "a.iterations: iteration 0: the 1st column is not a regular grid of at least 4 values"),
                ("# iteration 0 labels 2 std 0.1 change 0.2\n", "a.iterations:1: no 'evaluations' in the header, expected "
                 "# iteration V evaluations V labels V std V change V")]:
            self.write("a.iterations", text)
            self.assertEqual(self.run_plot("a.pmf", code=1), "plot-pmf: " + message)


if __name__ == "__main__":
    unittest.main()
