# SPDX-License-Identifier: GPL-2.0-only
"""The command cgflow/backmap on the Mueller-Brown example: what it writes, on how many ranks, and what it refuses. Each error must
leave the files as they were."""
import re

import numpy as np

from harness import read_dump
from mueller_brown import EXAMPLE, KT, mueller_brown
from trained_model import BACKMAP, HEAD, CommandsTest, table


class Backmap(CommandsTest):
    def weights(self, name="d.lammpstrj.weights"):
        path = self.folder / name
        self.assertEqual(path.read_text().splitlines()[0], "# frame point s lnw lnW")
        return table(path)

    def test_points_with_weights(self):
        result = self.lammps(HEAD + BACKMAP + "weights yes atomistic in.mb\n")
        self.assertRegex(result.text, r"cgflow/backmap: wrote 12 structures to d.lammpstrj")
        self.assertRegex(result.text, r"cgflow/backmap: 12 energy evaluations, 0 rejected, ESS share [01]\.\d+")
        frames = read_dump(self.folder / "d.lammpstrj")
        weights = self.weights()
        self.assertEqual([step for step, _ in frames], list(range(1, 13)))
        np.testing.assert_array_equal(weights[:, 0], np.arange(1, 13))
        np.testing.assert_array_equal(weights[:, 1], np.repeat([1, 2, 3], 4))
        s = np.array([f["x"][0] - f["y"][0] for _, f in frames])
        np.testing.assert_allclose(s, weights[:, 2], atol=1e-8)
        np.testing.assert_allclose(s, np.repeat([-2.01, -0.48, 0.58], 4), atol=1e-8)
        self.assertEqual(list(frames[0][1]), ["id", "type", "x", "y", "z"])
        self.assertTrue(np.all(np.isfinite(weights[:, 3])))
        self.assertTrue(np.all(np.isnan(weights[:, 4])))
        self.assertEqual(len(set(s + 1e3 * np.array([f["x"][0] for _, f in frames]))), 12)

    def test_mean_weight_gives_the_pmf_back(self):
        self.lammps(HEAD + "cgflow/backmap m.cgflow 400 seed 3 points minima.txt dump d.lammpstrj weights yes atomistic in.mb\n")
        w = np.exp(self.weights()[:, 3]).reshape(3, 400)
        f = -np.log(w.mean(axis=1))
        error = w.std(axis=1) / w.mean(axis=1) / 20
        t = np.linspace(-4, 4, 8001)
        # dx dy = ds dt / 2 for s = x - y, t = x + y.
        exact = [-np.log(np.exp(-mueller_brown((s + t) / 2, (t - s) / 2) / KT).sum() * 1e-3 / 2) for s in (-2.01, -0.48, 0.58)]
        for k in range(3):
            self.assertLess(error[k], 0.1)
            self.assertAlmostEqual(f[k], exact[k], delta=5 * error[k])

    def test_ensemble_of_the_pmf(self):
        self.lammps(HEAD + "cgflow/backmap m.cgflow 3000 seed 3 points pmf dump d.lammpstrj weights yes atomistic in.mb\n")
        weights = self.weights()
        np.testing.assert_array_equal(weights[:, 1], np.arange(1, 3001))
        frames = read_dump(self.folder / "d.lammpstrj")
        x, y = (np.array([f[c][0] for _, f in frames]) for c in "xy")
        np.testing.assert_allclose(x - y, weights[:, 2], atol=1e-8)
        W, U = np.exp(weights[:, 4] - weights[:, 4].max()), mueller_brown(x, y)
        mean = (W * U).sum() / W.sum()
        error = np.sqrt(((W / W.sum() * (U - mean))**2).sum())
        s, t = np.meshgrid(np.linspace(-2.6, 1.2, 1501), np.linspace(-4, 4, 1501))
        exact = mueller_brown((s + t) / 2, (t - s) / 2)
        p = np.exp(-(exact - exact.min()) / KT)
        self.assertLess(error, 0.05 * KT)
        self.assertAlmostEqual(mean, (p * exact).sum() / p.sum(), delta=5 * error)

    def test_rejected_structures_have_no_weight_and_stay_in_the_dump(self):
        self.write("in.half", (EXAMPLE / "in.mb").read_text().replace("-5 5 -5 5", "-0.55 5 -5 5").replace("-0.55 1.44", "-0.5 1.44"))
        result = self.lammps(HEAD + "cgflow/backmap m.cgflow 100 seed 3 points one.txt dump d.lammpstrj weights yes atomistic in.half\n"
                             "cgflow/backmap m.cgflow 100 seed 3 points one.txt dump e.lammpstrj custom id x fx weights yes "
                             "atomistic in.half\n".replace("one.txt", self.write("one.txt", "-2.01\n").name))
        frames = read_dump(self.folder / "d.lammpstrj")
        x = np.array([f["x"][0] for _, f in frames])
        rejected = np.isneginf(self.weights()[:, 3])
        self.assertEqual(len(x), 100)
        np.testing.assert_array_equal(rejected, x < -0.55)
        self.assertGreater(rejected.sum(), 10)
        self.assertIn(f"100 energy evaluations, {rejected.sum()} rejected", result.text)
        other = read_dump(self.folder / "e.lammpstrj")
        np.testing.assert_allclose([f["x"][0] for _, f in other], x, rtol=1e-5)

    def test_other_columns_belong_to_their_frame(self):
        self.write("in.cv", (EXAMPLE / "in.mb").read_text() + "compute pe all pe/atom\n")
        self.lammps(HEAD + "cgflow/backmap m.cgflow 5 seed 3 points minima.txt dump d.custom custom id x y fx c_pe modify format float "
                    "%.10g weights yes atomistic in.cv\n")
        frames = read_dump(self.folder / "d.custom")
        self.assertEqual(len(frames), 15)
        for _, f in frames:
            x, y, h = f["x"][0], f["y"][0], 1e-5
            self.assertAlmostEqual(f["c_pe"][0], mueller_brown(x, y), delta=1e-5)
            self.assertAlmostEqual(f["fx"][0], -(mueller_brown(x + h, y) - mueller_brown(x - h, y)) / (2 * h), delta=1e-3)

    def test_other_styles_hold_the_same_structures(self):
        self.lammps(HEAD + BACKMAP + "atomistic in.mb\n" + BACKMAP.replace("d.lammpstrj", "d.xyz xyz") + "atomistic in.mb\n" +
                    BACKMAP.replace("d.lammpstrj", "d.atom atom") + "atomistic in.mb\n" +
                    BACKMAP.replace("d.lammpstrj", "d.yaml yaml id x y z") + "atomistic in.mb\n")
        frames = [[f[c][0] for c in "xyz"] for _, f in read_dump(self.folder / "d.lammpstrj")]
        lines = (self.folder / "d.xyz").read_text().splitlines()
        self.assertEqual(len(lines), 3 * 12)
        np.testing.assert_allclose([list(map(float, line.split()[1:])) for line in lines[2::3]], frames, rtol=1e-5)
        scaled = np.array([[f[c][0] for c in ("xs", "ys", "zs")] for _, f in read_dump(self.folder / "d.atom")])
        np.testing.assert_allclose(scaled * [10, 10, 1] + [-5, -5, -0.5], frames, atol=2e-5)
        rows = re.findall(r"^  - \[ 1 , (\S+) , (\S+) , (\S+), \]$", (self.folder / "d.yaml").read_text(), re.M)
        np.testing.assert_allclose(np.array(rows, float), frames, rtol=1e-5)
        self.assertFalse(list(self.folder.glob("*.weights")))
        self.assertFalse(list(self.folder.glob("tmp.*")))

    def test_rerun_reads_the_dumps(self):
        result = self.lammps("include in.mb\n" + BACKMAP + "atomistic in.mb\n" + BACKMAP.replace("d.l", "e.l") + """
thermo_style custom step pe
thermo_modify format float %.10g
thermo 1
rerun d.lammpstrj dump x y
rerun e.lammpstrj dump x y box no
""")
        frames = read_dump(self.folder / "d.lammpstrj")
        expected = [mueller_brown(f["x"][0], f["y"][0]) for _, f in frames]
        for run in (0, 1):
            np.testing.assert_allclose(result.thermo(run)["PotEng"], expected, rtol=1e-6)

    def test_without_atomistic_the_structures_are_the_same(self):
        self.lammps(HEAD + BACKMAP + "\n" + BACKMAP.replace("d.l", "e.l") + "atomistic in.mb weights yes\n")
        a, b = (read_dump(self.folder / name) for name in ("d.lammpstrj", "e.lammpstrj"))
        self.assertEqual(list(a[0][1]), ["id", "type", "x", "y", "z"])
        self.assertEqual(a[0][1]["type"], b[0][1]["type"])
        for (_, f), (_, g) in zip(a, b):
            for c in "xyz":
                np.testing.assert_allclose(f[c], g[c], rtol=1e-9, atol=1e-12)

    def test_one_and_two_ranks_write_the_same_files(self):
        commands = HEAD + BACKMAP + "weights yes atomistic in.mb\n" + BACKMAP.replace("minima.txt", "pmf").replace(
            "d.l", "e.l").replace("m.cgflow 4", "m.cgflow 35") + "weights yes atomistic in.mb\n"
        self.lammps(commands)
        one = self.digest()
        self.assertIn("e.lammpstrj.weights", one)
        self.lammps(commands, ranks=2)
        self.assertEqual(self.digest(), one)

    def test_seed_decides(self):
        self.lammps(HEAD + BACKMAP + "\n" + BACKMAP.replace("d.l", "e.l") + "\n" + BACKMAP.replace("d.l", "f.l").replace("seed 3", "seed 4"))
        d, e, f = ((self.folder / f"{name}.lammpstrj").read_text() for name in "def")
        self.assertEqual(d, e)
        self.assertNotEqual(d, f)

    def test_variables_of_the_script_reach_the_system(self):
        self.write("in.var", (EXAMPLE / "in.mb").read_text().replace("mass            1 1.0", "mass 1 ${m}"))
        self.lammps("variable m index 2.5\n" + HEAD + BACKMAP.replace("d.l", "d.x custom id mass x modify sort id format float %.3f ").replace(
            "ammpstrj", "") + "atomistic in.var\n")
        self.assertEqual(read_dump(self.folder / "d.x")[0][1]["mass"], [2.5])

    def test_refuses_wrong_arguments(self):
        for arguments, pattern in (
                ("", "missing"),
                ("m.cgflow 20000000 seed 3 points pmf dump d", r"got 20000000 structures in all \(20000000 for each of 1 points\), "
                 "expected at most 10000000"),
                ("m.cgflow 0 seed 3 points pmf dump d", "got 0 structures, expected an integer > 0"),
                ("m.cgflow 4 points pmf dump d", "keyword seed is missing"),
                ("m.cgflow 4 seed 3 dump d", "keyword points is missing"),
                ("m.cgflow 4 seed 3 points pmf", "keyword dump is missing"),
                ("m.cgflow 4 seed 0 points pmf dump d", "seed: got 0, expected an integer > 0"),
                ("m.cgflow 4 sed 3 points pmf dump d", "unknown keyword sed, expected seed, points, dump, weights or atomistic"),
                ("m.cgflow 4 seed 3 points pmf dump d weights yes", "weights yes needs keyword atomistic"),
                ("m.cgflow 4 seed 3 points pmf dump d weights", "missing argument"),
                ("m.cgflow 4 seed 3 points pmf dump d xyz", "dump style xyz needs keyword atomistic"),
                ("m.cgflow 4 seed 3 points none.txt dump d", "none.txt: No such file"),
                ("none.cgflow 4 seed 3 points pmf dump d", "none.cgflow: No such file"),
                ("example.cgflow 4 seed 3 points pmf dump d", "example.cgflow holds no PMF yet"),
                ("m.cgflow 4 seed 3 points pmf dump none/d", "Cannot write file none/d: No such file"),
                ("m.cgflow 4 seed 3 points pmf dump d.*.x", "a name with \\* or %, expected one file for all frames")):
            with self.subTest(arguments):
                self.refuse("cgflow/backmap " + arguments, pattern)
        self.refuse(BACKMAP, "trained in units lj, here they are real", head="units real\n")

    def test_refuses_systems_that_do_not_fit(self):
        self.write("two.mb", (EXAMPLE / "in.mb").read_text().replace("atomic", "molecular").replace(
            "mass ", "create_atoms 1 single 0 0 0\nset group all mol 1\nmass "))
        for weights in ("yes", "no"):
            self.refuse(BACKMAP + f"weights {weights} atomistic two.mb", "two.mb has 2 atoms, the model m.cgflow was made for 1")
        self.write("in.metal", (EXAMPLE / "in.mb").read_text().replace("units           lj", "units metal"))
        for weights in ("yes", "no"):
            self.refuse(BACKMAP + f"weights {weights} atomistic in.metal", "units metal differ from the main script's units lj")

    def test_a_dump_that_fails_leaves_the_old_files(self):
        self.lammps(HEAD + BACKMAP + "weights yes atomistic in.mb\n")
        other = BACKMAP.replace("seed 3", "seed 4")
        for style, pattern in (("nostyle", "dump d.lammpstrj: .*nostyle"),
                               ("custom id nocolumn", "nocolumn"),
                               ("custom id c_none", "none"),
                               ("custom id x modify nokeyword 3", "nokeyword"),
                               ("cfg mass type xs ys zs", "[Dd]ump cfg"),
                               ("image type type", "[Dd]ump image|wildcard")):
            with self.subTest(style):
                self.refuse(other.replace("dump d.lammpstrj", f"dump d.lammpstrj {style}") + "weights yes atomistic in.mb", pattern)
        (self.folder / "e.lammpstrj.weights").mkdir()
        self.refuse(other.replace("d.l", "e.l") + "weights yes atomistic in.mb", "Cannot write file e.lammpstrj.weights: Is a directory")
        self.refuse(other.replace("d.lammpstrj", "d.lammpstrj nostyle") + "weights yes atomistic in.mb", "nostyle", ranks=2)
